//! Which lines of which files were run: the same line told twice, by two tests or two classes, is one line.

use crate::encoding::Malformed;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The most bytes of all names of files, and the most groups of 64 lines; together less than 64 MiB.
const MAX_NAMES: usize = 16 << 20;
const MAX_GROUPS: usize = 1 << 19;
const MAX_FILES: usize = 100_000;

/// Lines that could be run and lines that were, 64 to a group.
type Group = (u64, u64);

#[derive(Debug)]
pub(super) struct Coverage {
    what: &'static str,
    names: HashMap<Box<str>, u32>,
    bytes: usize,
    groups: HashMap<(u32, u64), Group>,
    /// The group last touched, kept out of the map: lines come in order.
    last: Option<((u32, u64), Group)>,
    pub(super) branches: Tally,
    pub(super) functions: Tally,
}

/// How many there are, and how many of them were run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) total: u64,
    pub(super) covered: u64,
}

impl Tally {
    pub(super) fn add(&mut self, total: u64, covered: u64) {
        self.total = self.total.saturating_add(total);
        self.covered = self.covered.saturating_add(covered.min(total));
    }

    fn facts(self) -> Option<Value> {
        if self.total == 0 {
            return None;
        }
        let covered = self.covered.min(self.total);
        let mut facts = Map::new();
        facts.insert("total".into(), self.total.into());
        facts.insert("covered".into(), covered.into());
        facts.insert("ratio".into(), ratio(covered, self.total).into());
        Some(facts.into())
    }
}

/// A share, rounded down to six digits: never more than there is.
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    let millionths = u128::from(part).saturating_mul(1_000_000).checked_div(u128::from(whole)).unwrap_or(0);
    u32::try_from(millionths).map_or(1.0, |n| f64::from(n) / 1e6)
}

impl Coverage {
    pub(super) fn new(what: &'static str) -> Self {
        Self {
            what,
            names: HashMap::new(),
            bytes: 0,
            groups: HashMap::new(),
            last: None,
            branches: Tally::default(),
            functions: Tally::default(),
        }
    }

    /// The number of a file.
    pub(super) fn file(&mut self, name: &str) -> Result<u32, Malformed> {
        if let Some(number) = self.names.get(name) {
            return Ok(*number);
        }
        self.bytes = self.bytes.saturating_add(name.len());
        if self.bytes > MAX_NAMES || self.names.len() >= MAX_FILES {
            return Err(Malformed::new(self.what, "too many files"));
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.insert(name.into(), number);
        Ok(number)
    }

    /// A line that could be run, and whether it was.
    pub(super) fn line(&mut self, file: u32, line: u64, run: bool) -> Result<(), Malformed> {
        let (key, bit) = ((file, line >> 6), 1_u64 << (line & 63));
        if self.last.is_none_or(|(last, _)| last != key) {
            self.put_back();
            if !self.groups.contains_key(&key) && self.groups.len() >= MAX_GROUPS {
                return Err(Malformed::new(self.what, "too many lines, or too far apart"));
            }
            self.last = Some((key, self.groups.get(&key).copied().unwrap_or_default()));
        }
        if let Some((_, (found, hit))) = &mut self.last {
            *found |= bit;
            *hit |= if run { bit } else { 0 };
        }
        Ok(())
    }

    fn put_back(&mut self) {
        if let Some((key, group)) = self.last.take() {
            self.groups.insert(key, group);
        }
    }

    /// The facts; None if no line could be run.
    pub(super) fn facts(mut self) -> Option<Map<String, Value>> {
        self.put_back();
        let mut lines = Tally::default();
        for (found, hit) in self.groups.values() {
            lines.add(u64::from(found.count_ones()), u64::from(hit.count_ones()));
        }
        let mut facts = Map::new();
        facts.insert("lines".into(), lines.facts()?);
        facts.insert("files".into(), self.names.len().into());
        for (name, tally) in [("branches", self.branches), ("functions", self.functions)] {
            if let Some(value) = tally.facts() {
                facts.insert(name.into(), value);
            }
        }
        Some(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_told_twice_is_one_line() {
        let mut coverage = Coverage::new("test");
        let a = coverage.file("a").unwrap();
        for (line, run) in [(1, false), (64, true), (1, true), (2, false)] {
            coverage.line(a, line, run).unwrap();
        }
        assert_eq!(coverage.file("a").unwrap(), a);
        let facts = Value::Object(coverage.facts().unwrap());
        assert_eq!(facts["lines"], serde_json::json!({"total": 3, "covered": 2, "ratio": 0.666_666}));
    }

    #[test]
    fn lines_far_apart_are_too_many() {
        let mut coverage = Coverage::new("test");
        assert!((0..2_000_000).any(|n| coverage.line(0, n << 6, true).is_err()));
        assert_eq!(ratio(u64::MAX, u64::MAX), 1.0);
        assert_eq!(ratio(599_999_999, 1_000_000_000), 0.599_999, "never rounded up to a floor");
    }
}
