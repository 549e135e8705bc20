//! Versions of catalogues, and ranges of them.
//!
//! A version is numbers separated by dots, with an optional `-suffix` that sorts before the same version
//! without one: `2026.1-draft` < `2026.1-rc.2` < `2026.1-rc.10` < `2026.1` = `2026.1.0` < `2026.2` < `2026.10`.

use crate::encoding::Malformed;
use std::cmp::Ordering;

/// The version of a catalogue.
#[derive(Clone, Debug)]
pub struct Version {
    text: String,
    numbers: Vec<u64>,
    suffix: Option<String>,
}

impl Version {
    /// Reads a version; at most 8 numbers and 64 characters.
    ///
    /// # Errors
    /// [`Malformed`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bad = || {
            Malformed::new(
                "version",
                format!("expected numbers separated by dots, such as 2026.1 or 2026.2-draft, got {text:?}"),
            )
        };
        let (head, suffix) = match text.split_once('-') {
            Some((head, suffix)) => (head, Some(suffix)),
            None => (text, None),
        };
        let in_suffix = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if text.len() > 64 || suffix.is_some_and(|s| s.is_empty() || !s.chars().all(in_suffix)) {
            return Err(bad());
        }
        let mut numbers = Vec::new();
        for part in head.split('.') {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(bad());
            }
            numbers.push(part.parse().map_err(|_| bad())?);
        }
        if numbers.len() > 8 {
            return Err(bad());
        }
        Ok(Self { text: text.to_owned(), numbers, suffix: suffix.map(str::to_owned) })
    }
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A part of a suffix: numbers compare as numbers and come before words.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Number(u64),
    Word(&'a str),
}

impl<'a> Part<'a> {
    fn of(text: &'a str) -> Self {
        text.parse().map_or(Self::Word(text), Self::Number)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let longest = self.numbers.len().max(other.numbers.len());
        let number = |v: &Self, i: usize| v.numbers.get(i).copied().unwrap_or(0);
        let by_number = (0..longest).map(|i| number(self, i).cmp(&number(other, i))).find(|o| o.is_ne());
        by_number.unwrap_or_else(|| match (&self.suffix, &other.suffix) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => a.split('.').map(Part::of).cmp(b.split('.').map(Part::of)),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.text)
    }
}

/// Bounds that a version must all be within: `>=2026.1, <2027`; a bare version means exactly that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRange {
    text: String,
    bounds: Vec<(Bound, Version)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    AtLeast,
    AtMost,
    Above,
    Below,
    Exactly,
}

impl VersionRange {
    /// Reads bounds separated by commas, each one of `>= <= > < =` and a version.
    ///
    /// # Errors
    /// [`Malformed`] for anything else; an empty range is not "any version".
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bound = |part: &str| {
            let part = part.trim();
            let operators = [
                (">=", Bound::AtLeast),
                ("<=", Bound::AtMost),
                (">", Bound::Above),
                ("<", Bound::Below),
                ("=", Bound::Exactly),
            ];
            let found =
                operators.into_iter().find_map(|(sign, bound)| part.strip_prefix(sign).map(|rest| (bound, rest)));
            let (bound, rest) = found.unwrap_or((Bound::Exactly, part));
            let version = Version::parse(rest.trim());
            version
                .map(|v| (bound, v))
                .map_err(|e| Malformed::new("version range", format!("expected >=2026.1, <2027; {}", e.why)))
        };
        Ok(Self { text: text.to_owned(), bounds: text.split(',').map(bound).collect::<Result<_, _>>()? })
    }
    /// Whether `version` is within every bound.
    pub fn contains(&self, version: &Version) -> bool {
        self.bounds.iter().all(|(bound, limit)| match bound {
            Bound::AtLeast => version >= limit,
            Bound::AtMost => version <= limit,
            Bound::Above => version > limit,
            Bound::Below => version < limit,
            Bound::Exactly => version == limit,
        })
    }
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for VersionRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.text)
    }
}
