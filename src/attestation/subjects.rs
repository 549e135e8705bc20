//! The subjects of a statement, as places in the bytes that were signed: of a hundred thousand no name and no digest is
//! copied.

use super::signed::SharedPayload;
use super::statement::Subject;
use crate::artifact::{Algorithm, Basis, Measured};
use crate::encoding::json;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The artifacts a statement is about, in its order.
#[derive(Clone, Debug)]
pub struct Subjects {
    texts: Texts,
    all: Vec<Entry>,
    digests: Vec<Stated>,
}

/// Texts of a document.
#[derive(Clone, Debug)]
struct Texts {
    payload: SharedPayload,
    /// Those that were written with escapes stand here, as if it were behind the payload.
    unescaped: String,
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: u32,
    length: u32,
}

/// A subject: its digests are those from where the one before ends to here.
#[derive(Clone, Copy, Debug)]
struct Entry {
    name: Place,
    end: u32,
}

#[derive(Clone, Copy, Debug)]
struct Stated {
    algorithm: Place,
    hex: Place,
}

impl Texts {
    fn of(payload: &SharedPayload) -> Self {
        Self { payload: payload.clone(), unescaped: String::new() }
    }
    fn text(&self, place: Place) -> &str {
        std::str::from_utf8(self.bytes(place)).unwrap_or_default()
    }
    fn bytes(&self, place: Place) -> &[u8] {
        let (payload, start, length) = (self.payload.bytes(), place.start as usize, place.length as usize);
        let (all, start) = match start.checked_sub(payload.len()) {
            Some(behind) => (self.unescaped.as_bytes(), behind),
            None => (payload, start),
        };
        all.get(start..start.saturating_add(length)).unwrap_or_default()
    }
    fn place<E: Error>(start: usize, text: &str) -> Result<Place, E> {
        match (u32::try_from(start), u32::try_from(text.len())) {
            (Ok(start), Ok(length)) => Ok(Place { start, length }),
            _ => Err(E::custom("longer than 4 GiB")),
        }
    }
}

/// Reads a text, and says where it stands.
struct Text<'t>(&'t mut Texts);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = Place;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Place, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = Place;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Place, E> {
        match json::place(self.0.payload.bytes(), text) {
            Some(place) => Texts::place(place.start, text),
            None => self.visit_str(text),
        }
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Place, E> {
        let start = self.0.payload.bytes().len().saturating_add(self.0.unescaped.len());
        self.0.unescaped.push_str(text);
        Texts::place(start, text)
    }
}

/// Reads the list of subjects.
pub(super) struct List(pub(super) SharedPayload);

impl<'de> DeserializeSeed<'de> for List {
    type Value = Subjects;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Subjects, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = Subjects;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Subjects, A::Error> {
        // Most have one.
        let (all, digests) = (Vec::with_capacity(1), Vec::with_capacity(1));
        let mut subjects = Subjects { texts: Texts::of(&self.0), all, digests };
        while list.next_element_seed(One(&mut subjects))?.is_some() {}
        // A list that grew has room to grow: of a hundred thousand, a megabyte.
        subjects.all.shrink_to_fit();
        subjects.digests.shrink_to_fit();
        Ok(subjects)
    }
}

/// Reads one subject (in-toto ResourceDescriptor).
struct One<'s>(&'s mut Subjects);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Name,
    Digest,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct Subject")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let (mut name, mut digests) = (Place::default(), None);
        while let Some(field) = fields.next_key()? {
            match field {
                Field::Name => name = fields.next_value_seed(Text(&mut self.0.texts))?,
                Field::Digest => digests = Some(fields.next_value_seed(Digests(self.0))?),
                Field::Other => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        let end = digests.ok_or_else(|| A::Error::missing_field("digest"))?;
        self.0.all.push(Entry { name, end });
        Ok(())
    }
}

/// Reads the digests of one subject, and says where they end.
struct Digests<'s>(&'s mut Subjects);

impl<'de> DeserializeSeed<'de> for Digests<'_> {
    type Value = u32;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Digests<'_> {
    type Value = u32;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u32, A::Error> {
        let Subjects { texts, digests, .. } = self.0;
        let before = digests.len();
        while let Some(algorithm) = map.next_key_seed(Text(texts))? {
            digests.push(Stated { algorithm, hex: map.next_value_seed(Text(texts))? });
        }
        if let Some(own @ [_, _, ..]) = digests.get_mut(before..) {
            own.sort_unstable_by(|a, b| texts.bytes(a.algorithm).cmp(texts.bytes(b.algorithm)));
        }
        u32::try_from(digests.len()).map_err(|_| A::Error::custom("too many digests"))
    }
}

impl Subjects {
    /// How many.
    pub fn len(&self) -> usize {
        self.all.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
    /// The one at a place.
    pub fn get(&self, at: usize) -> Option<SubjectRef<'_>> {
        let Entry { name, end } = *self.all.get(at)?;
        let begin = at.checked_sub(1).and_then(|before| self.all.get(before)).map_or(0, |before| before.end);
        let stated = self.digests.get(begin as usize..end as usize).unwrap_or_default();
        Some(SubjectRef { name: self.texts.text(name), digest: DigestRef { texts: &self.texts, stated } })
    }
    /// The first.
    pub fn first(&self) -> Option<SubjectRef<'_>> {
        self.get(0)
    }
    /// Each.
    pub fn iter(&self) -> impl Iterator<Item = SubjectRef<'_>> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
    /// The first without a digest.
    pub(super) fn bare(&self) -> Option<SubjectRef<'_>> {
        let before = std::iter::once(0).chain(self.all.iter().map(|entry| entry.end));
        self.get(before.zip(&self.all).position(|(before, entry)| before == entry.end)?)
    }
    /// Every digest as it was written, and the place of the subject that states it.
    pub(crate) fn digests(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let mut at = 0;
        self.digests.iter().zip(0_u32..).map(move |(stated, n)| {
            while self.all.get(at).is_some_and(|entry| entry.end <= n) {
                at += 1;
            }
            (at, self.texts.bytes(stated.hex))
        })
    }
}

impl PartialEq for Subjects {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// The same subjects, wherever their names and digests lie.
impl PartialEq<[Subject]> for Subjects {
    fn eq(&self, other: &[Subject]) -> bool {
        self.iter().eq(other)
    }
}

/// One subject of a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SubjectRef<'a> {
    /// A name for people; it identifies nothing.
    pub name: &'a str,
    /// What identifies it. Algorithms we do not know are ignored.
    pub digest: DigestRef<'a>,
}

impl PartialEq<&Subject> for SubjectRef<'_> {
    fn eq(&self, other: &&Subject) -> bool {
        self.name == other.name && self.digest.iter().eq(other.digest.iter())
    }
}

/// Digests by the name of their algorithm, in the order of the names, as [`DigestSet`](super::DigestSet) holds them.
#[derive(Clone, Copy)]
pub struct DigestRef<'a> {
    texts: &'a Texts,
    stated: &'a [Stated],
}

impl<'a> DigestRef<'a> {
    /// The digest of an algorithm, as it was written.
    pub fn get(self, algorithm: &str) -> Option<&'a str> {
        let stated = self.stated.iter().find(|stated| self.texts.bytes(stated.algorithm) == algorithm.as_bytes())?;
        Some(self.texts.text(stated.hex))
    }
    /// Algorithms and digests.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.stated.iter().map(move |stated| (self.texts.text(stated.algorithm), self.texts.text(stated.hex)))
    }
    /// The digests.
    pub fn values(self) -> impl Iterator<Item = &'a str> {
        self.iter().map(|(_, hex)| hex)
    }
    /// How many.
    pub fn len(self) -> usize {
        self.stated.len()
    }
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.stated.is_empty()
    }
}

impl PartialEq for DigestRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for DigestRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// How a subject compares with measured bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectMatch {
    /// Every accepted algorithm both sides know agrees, and there is at least one.
    Same,
    /// At least one accepted algorithm disagrees, even if another agrees.
    Different,
    /// One accepted algorithm agrees and another disagrees: somebody is lying.
    Contradicts,
    /// Nothing to compare: no accepted algorithm, or one that the bytes were not measured in.
    Incomparable,
}

impl SubjectRef<'_> {
    /// Compares with measured bytes: by digest, never by name. Every accepted algorithm the subject lists has to
    /// agree; only where a bare digest was taken on somebody's word do the others stay unchecked.
    pub fn compare(&self, measured: &Measured) -> SubjectMatch {
        let (mut agree, mut differ, mut unmeasured) = (false, false, false);
        for algorithm in Algorithm::ALL {
            let Some(hex) = self.digest.get(algorithm.as_str()) else { continue };
            match measured.digest(algorithm) {
                Some(found) if found.is_hex(hex) => agree = true,
                Some(_) => differ = true,
                None => unmeasured = matches!(measured.basis(), Basis::Bytes { .. }),
            }
        }
        match (agree, differ) {
            (true, true) => SubjectMatch::Contradicts,
            (false, true) => SubjectMatch::Different,
            (true, false) if !unmeasured => SubjectMatch::Same,
            _ => SubjectMatch::Incomparable,
        }
    }
}
