//! Cobertura XML, of Cobertura itself, gcovr, coverage.py, istanbul, tarpaulin, coverlet. Lines are counted from the lines
//! of the classes, not taken from the rates above them; a line that stands there for several classes of a file is one.

use super::coverage::Coverage;
use super::xml::{self, Doctype, Node, Tag};
use super::{Code, Extracted, Fault, Target};
use crate::encoding::Malformed;
use jiff::Timestamp;
use std::io::Read;

const WHAT: &str = "Cobertura report";

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    let mut report = Report { open: Vec::new(), coverage: Coverage::new(WHAT), file: None, method: None, at: None };
    xml::read(input, WHAT, Doctype::Named, |node| match node {
        Node::Open(tag) => report.open(&tag),
        Node::Close => {
            report.close();
            Ok(())
        }
    })?;
    let produced_at = report.at;
    let facts = report.coverage.facts();
    let facts = facts.ok_or_else(|| Fault::new(Code::Empty, name, "a class with lines that could be run", "none"))?;
    Ok(Extracted { facts, produced_at, ..Extracted::default() })
}

/// An element that matters, and any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Class,
    Method,
    Lines,
    Other,
}

struct Report {
    open: Vec<Open>,
    coverage: Coverage,
    file: Option<u32>,
    /// The method that is open: whether it has lines, and whether one was run.
    method: Option<(bool, bool)>,
    at: Option<Timestamp>,
}

impl Report {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), Malformed> {
        let bad = |why: &str| Malformed::new(WHAT, why);
        let is = match (tag.name, self.open.last()) {
            ("coverage", None) => {
                self.at = tag.get("timestamp").and_then(timestamp);
                Open::Other
            }
            (_, None) => return Err(bad("the root is no <coverage>")),
            ("class", Some(Open::Other)) => {
                let name = tag.get("filename").ok_or_else(|| bad("a class without filename"))?;
                self.file = Some(self.coverage.file(name)?);
                Open::Class
            }
            ("method", Some(_)) => {
                self.method = Some((false, false));
                Open::Method
            }
            ("lines", Some(Open::Class | Open::Method)) => Open::Lines,
            ("line", Some(Open::Lines)) => {
                self.line(tag)?;
                Open::Other
            }
            _ => Open::Other,
        };
        self.open.push(is);
        Ok(())
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Class) => self.file = None,
            Some(Open::Method) => {
                if let Some((true, run)) = self.method.take() {
                    self.coverage.functions.add(1, u64::from(run));
                }
            }
            _ => {}
        }
    }

    fn line(&mut self, tag: &Tag<'_>) -> Result<(), Malformed> {
        let bad = |why: &str| Malformed::new(WHAT, format!("a line with {why}"));
        let number = tag.get("number").and_then(|n| n.parse().ok()).ok_or_else(|| bad("no number"))?;
        let hits = tag.get("hits").filter(|h| h.bytes().all(|b| b.is_ascii_digit()) && !h.is_empty());
        let run = hits.ok_or_else(|| bad("no count of hits"))?.bytes().any(|b| b != b'0');
        // The lines of a method stand under its class once more.
        if let Some((any, some_run)) = &mut self.method {
            *any = true;
            *some_run |= run;
            return Ok(());
        }
        let file = self.file.ok_or_else(|| bad("no class"))?;
        if let Some(condition) = tag.get("condition-coverage") {
            let (covered, total) = branches(condition).ok_or_else(|| bad("a condition-coverage that is none"))?;
            self.coverage.branches.add(total, covered);
        }
        self.coverage.line(file, number, run)
    }
}

/// `50% (1/2)`.
fn branches(text: &str) -> Option<(u64, u64)> {
    let (_, rest) = text.split_once('(')?;
    let (covered, total) = rest.split_once(')')?.0.split_once('/')?;
    Some((covered.trim().parse().ok()?, total.trim().parse().ok()?))
}

/// Seconds since 1970, or milliseconds: seconds that many are not before the year 5138.
fn timestamp(text: &str) -> Option<Timestamp> {
    let number: i64 = text.parse().ok()?;
    let at =
        if number > 100_000_000_000 { Timestamp::from_millisecond(number) } else { Timestamp::from_second(number) };
    at.ok().filter(|_| number > 0)
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    let mentions = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
    xml::root(head) == Some("coverage") && (mentions(b"line-rate") || mentions(b"cobertura"))
}
