//! The identifier of a practice: three capital letters, a hyphen, two digits.

use crate::encoding::Malformed;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An identifier such as `TST-01`. Never reused: a practice whose meaning changes gets a new one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PracticeId([u8; 6]);

impl PracticeId {
    /// Reads `AAA-00`, exactly.
    ///
    /// # Errors
    /// [`Malformed`] for anything else, lower case included.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bad =
            || Malformed::new("practice id", format!("expected three capitals, a hyphen and two digits, got {text:?}"));
        let bytes: [u8; 6] = text.as_bytes().try_into().map_err(|_| bad())?;
        let [a, b, c, hyphen, d, e] = bytes;
        let well_formed =
            [a, b, c].iter().all(u8::is_ascii_uppercase) && hyphen == b'-' && d.is_ascii_digit() && e.is_ascii_digit();
        if well_formed { Ok(Self(bytes)) } else { Err(bad()) }
    }
    /// As a number, which is compared at once, in the order of the text.
    fn number(self) -> u64 {
        let [a, b, c, d, e, f] = self.0;
        u64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Ord for PracticeId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.number().cmp(&other.number())
    }
}

impl PartialOrd for PracticeId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Display for PracticeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::fmt::Debug for PracticeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for PracticeId {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

impl Serialize for PracticeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for PracticeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Id;
        impl Visitor<'_> for Id {
            type Value = PracticeId;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a practice id")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<PracticeId, E> {
                PracticeId::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Id)
    }
}

#[cfg(test)]
mod tests {
    use super::PracticeId;

    #[test]
    fn one_form_only() {
        let id = |text| PracticeId::parse(text).unwrap();
        assert_eq!(id("TST-01").as_str(), "TST-01");
        assert!(id("TST-01") < id("TST-10") && id("TST-10") < id("TSU-01") && id("AZZ-99") < id("BAA-00"));
        for bad in ["", "TST-1", "tst-01", "TST-001", "TST_01", "TST-0a", " TST-01", "TST-01\n", "ÄST-1", "TST-٠١"] {
            assert!(PracticeId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
