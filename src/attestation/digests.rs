//! Digest sets as in-toto writes them: algorithm names, and digests in hexadecimal.
//!
//! A statement may have a hundred thousand, nearly all of one SHA-256: that one lies in place, and a name that everybody
//! uses is not copied.

use crate::artifact::Measured;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// Names that are not copied.
const KNOWN: [&str; 4] = ["sha256", "sha512", "gitCommit", "sha1"];

type Entry = (Name, Hex);

/// Digests by the name of their algorithm, in the order of the names. Names that we do not know are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DigestSet(Held);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Held {
    #[default]
    Nothing,
    One(Entry),
    Many(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    /// The n-th of those.
    Known(u8),
    Other(Box<str>),
}

impl Name {
    fn as_str(&self) -> &str {
        match self {
            Self::Known(n) => KNOWN.get(usize::from(*n)).copied().unwrap_or_default(),
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        let known = (0..).zip(KNOWN).find(|(_, known)| *known == name);
        known.map_or_else(|| Self::Other(name.into()), |(n, _)| Self::Known(n))
    }
}

/// What is written of a digest; as long as a SHA-256, it lies in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hex(Digits);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Digits {
    Short([u8; 64]),
    Other(Box<str>),
}

impl Hex {
    fn as_str(&self) -> &str {
        match &self.0 {
            Digits::Short(text) => std::str::from_utf8(text).unwrap_or_default(),
            Digits::Other(text) => text,
        }
    }
}

impl From<&str> for Hex {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().try_into().map_or_else(|_| Digits::Other(text.into()), Digits::Short))
    }
}

impl From<String> for Hex {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl DigestSet {
    /// Of one digest.
    pub fn one(algorithm: &str, hex: impl Into<Hex>) -> Self {
        Self(Held::One((Name::from(algorithm), hex.into())))
    }
    /// Of bytes that were measured.
    pub fn of(measured: &Measured) -> Self {
        let mut set = Self::default();
        measured.digests().iter().for_each(|d| d.with_hex(|hex| set.insert(d.algorithm().as_str(), hex)));
        set
    }
    fn entries(&self) -> &[Entry] {
        match &self.0 {
            Held::Nothing => &[],
            Held::One(entry) => std::slice::from_ref(entry),
            Held::Many(entries) => entries,
        }
    }
    /// The digest of an algorithm, as it was written.
    pub fn get(&self, algorithm: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == algorithm).map(|(_, hex)| hex)
    }
    /// Adds a digest, or takes it in place of the one that is there.
    pub fn insert(&mut self, algorithm: &str, hex: impl Into<Hex>) {
        self.put((Name::from(algorithm), hex.into()));
    }
    fn put(&mut self, entry: Entry) {
        let mut entries = match std::mem::take(&mut self.0) {
            Held::Nothing => {
                self.0 = Held::One(entry);
                return;
            }
            Held::One(first) => vec![first],
            Held::Many(entries) => entries,
        };
        match entries.binary_search_by(|(name, _)| name.as_str().cmp(entry.0.as_str())) {
            Ok(at) => entries.iter_mut().skip(at).take(1).for_each(|known| known.1.clone_from(&entry.1)),
            Err(at) => entries.insert(at, entry),
        }
        // One digest has one form, so that equal sets compare as equal.
        self.0 = match <[Entry; 1]>::try_from(entries) {
            Ok([one]) => Held::One(one),
            Err(several) => Held::Many(several),
        };
    }
    /// Algorithms and digests.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries().iter().map(|(name, hex)| (name.as_str(), hex.as_str()))
    }
    /// The digests.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(_, hex)| hex)
    }
    /// How many.
    pub fn len(&self) -> usize {
        self.entries().len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Serialize for DigestSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for DigestSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Set;
        impl<'de> Visitor<'de> for Set {
            type Value = DigestSet;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DigestSet, A::Error> {
                let mut set = DigestSet::default();
                while let Some((name, hex)) = map.next_entry::<Name, Hex>()? {
                    set.put((name, hex));
                }
                Ok(set)
            }
        }
        deserializer.deserialize_map(Set)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(PhantomData))
    }
}

/// Takes text over, without a copy of it in between.
struct Text<T>(PhantomData<T>);

impl<T: for<'a> From<&'a str>> Visitor<'_> for Text<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok(T::from(text))
    }
}

#[cfg(test)]
mod tests {
    use super::DigestSet;

    fn read(text: &str) -> DigestSet {
        crate::encoding::json::parse(text.as_bytes(), 1000, "test").unwrap()
    }

    #[test]
    fn it_is_the_map_it_was() {
        for text in ["{}", r#"{"sha256":"aa"}"#, r#"{"x":"1","y":"2"}"#] {
            assert_eq!(serde_json::to_string(&read(text)).unwrap(), text);
        }
        let mut set = read(r#"{"z":"3","a":"1","sha256":"2"}"#);
        assert_eq!(set.iter().collect::<Vec<_>>(), [("a", "1"), ("sha256", "2"), ("z", "3")]);
        set.insert("a", "4");
        assert_eq!((set.get("a"), set.get("b"), set.len()), (Some("4"), None, 3));
    }

    #[test]
    fn equal_sets_are_equal_however_they_came() {
        let mut set = DigestSet::one("sha256", "aa");
        set.insert("sha256", "bb");
        assert_eq!(set, read(r#"{"sha256":"bb"}"#));
        let refused = ["[]", r#"{"sha256":1}"#, r#"{"a":"1","a":"1"}"#, r#"{"a":null}"#, "null"];
        for text in refused {
            assert!(crate::encoding::json::parse::<DigestSet>(text.as_bytes(), 100, "test").is_err(), "{text}");
        }
    }
}
