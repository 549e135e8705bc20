//! JUnit XML, in the dialects of its many writers: Surefire, pytest, nextest, Jest, Gradle, googletest.
//!
//! What counts is the test cases that stand in the report; what its attributes say of them is held against it, and
//! where the two differ, the worse one is the fact.

mod suite;

use super::xml::{self, Doctype, Node, Tag};
use super::{Code, Extracted, Fault, Target};
use crate::encoding::{Malformed, duration};
use jiff::Timestamp;
use std::io::Read;
use suite::{Case, Counts, Declared, Suite, tags_security};

const WHAT: &str = "JUnit report";

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    let mut report = Report::default();
    xml::read(input, WHAT, Doctype::Refused, |node| match node {
        Node::Open(tag) => report.open(&tag),
        Node::Close => {
            report.close();
            Ok(())
        }
    })?;
    if let Some(root) = report.foreign {
        return Err(Fault::new(Code::Unsupported, name, "<testsuites> or <testsuite>", format!("<{root}>")));
    }
    let (worst, agree) = (report.all.worse(&report.declared), report.agree && report.all.agrees(&report.declared));
    if report.all.tests == 0 {
        return Err(Fault::new(Code::Empty, name, "tests that ran", "no test case"));
    }
    let mut out = Extracted { produced_at: report.at, ..Extracted::default() };
    out.fact(&["tests"], worst.tests);
    out.fact(&["failures"], worst.failures);
    out.fact(&["errors"], worst.errors);
    out.fact(&["skipped"], worst.skipped);
    let none_ran = worst.tests == 0 || worst.skipped >= worst.tests;
    out.fact(&["skippedRatio"], if none_ran { 1.0 } else { share(worst.skipped, worst.tests) });
    out.fact(&["flaky"], worst.flaky);
    out.fact(&["countsAgree"], agree);
    out.fact(&["suites", "total"], report.suites);
    out.fact(&["suites", "security"], report.security);
    out.fact(&["suites", "security.failed"], report.security_failed);
    Ok(out)
}

/// A share, rounded up to six digits: never less than it is.
fn share(part: u64, whole: u64) -> f64 {
    let millionths = u128::from(part).saturating_mul(1_000_000).div_ceil(u128::from(whole.max(1)));
    u32::try_from(millionths).map_or(1.0, |n| f64::from(n) / 1e6)
}

/// An element that is open.
#[derive(Debug)]
enum Open {
    Suite(Box<Suite>),
    Case(Case),
    Properties,
    Other,
}

struct Report {
    open: Vec<Open>,
    /// A root that is no JUnit.
    foreign: Option<String>,
    all: Counts,
    /// What the outermost elements with totals say.
    declared: Declared,
    agree: bool,
    at: Option<Timestamp>,
    suites: u64,
    security: u64,
    security_failed: u64,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            foreign: None,
            all: Counts::default(),
            declared: Declared::default(),
            agree: true,
            at: None,
            suites: 0,
            security: 0,
            security_failed: 0,
        }
    }
}

impl Report {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), Malformed> {
        if self.open.is_empty() && !matches!(tag.name, "testsuites" | "testsuite") {
            self.foreign = Some(tag.name.chars().take(60).collect());
        }
        let open = match (tag.name, self.open.last_mut()) {
            ("testsuites", None) => self.suite(tag, false),
            ("testsuite", None | Some(Open::Suite(_))) => self.suite(tag, true),
            ("testcase", Some(Open::Suite(_))) => Open::Case(Case::of(tag)),
            ("testcase" | "testsuite" | "testsuites", Some(_)) => {
                return Err(Malformed::new(WHAT, format!("<{}> where none can be", tag.name)));
            }
            ("properties", Some(Open::Suite(_) | Open::Case(_))) => Open::Properties,
            ("property", Some(Open::Properties)) => {
                self.property(tag);
                Open::Other
            }
            (outcome, Some(Open::Case(case))) => {
                case.outcome(outcome);
                Open::Other
            }
            ("failure" | "error", Some(Open::Suite(suite))) => {
                suite.own.errors = suite.own.errors.saturating_add(1);
                Open::Other
            }
            _ => Open::Other,
        };
        self.open.push(open);
        Ok(())
    }

    fn suite(&mut self, tag: &Tag<'_>, counts: bool) -> Open {
        let at = tag.get("timestamp").and_then(|text| duration::instant(text).ok());
        // The oldest part of a report is its age.
        self.at = self.at.into_iter().chain(at).min();
        self.suites = self.suites.saturating_add(u64::from(counts));
        let inherited = matches!(self.open.last(), Some(Open::Suite(parent)) if parent.security);
        Open::Suite(Box::new(Suite::of(tag, inherited)))
    }

    /// A property of the suite or of the case it stands in.
    fn property(&mut self, tag: &Tag<'_>) {
        if !tags_security(tag) {
            return;
        }
        match self.open.iter_mut().rev().find(|open| !matches!(open, Open::Properties | Open::Other)) {
            Some(Open::Suite(suite)) => suite.security = true,
            Some(Open::Case(case)) => case.security = true,
            _ => {}
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Case(case)) => {
                if let Some(Open::Suite(suite)) = self.open.last_mut() {
                    suite.own.case(&case);
                    suite.security |= case.security;
                }
            }
            Some(Open::Suite(suite)) => self.close_suite(&suite),
            _ => {}
        }
    }

    fn close_suite(&mut self, suite: &Suite) {
        let all = suite.own.plus(&suite.inner);
        // A suite's totals are of itself alone, or of the suites in it too.
        let alone = !all.agrees(&suite.declared) && suite.own.agrees(&suite.declared);
        self.agree &= alone || all.agrees(&suite.declared);
        // A suite that has run nothing has tested nothing, whatever it is called.
        if suite.security && suite.own.tests > suite.own.skipped {
            let failed = suite.own.failed() || suite.declared.failed();
            self.security = self.security.saturating_add(1);
            self.security_failed = self.security_failed.saturating_add(u64::from(failed));
        }
        let inner = &suite.inner_declared;
        let declared = if alone { suite.declared.plus(inner) } else { suite.declared.or(inner).worse(inner) };
        match self.open.last_mut() {
            Some(Open::Suite(parent)) => {
                parent.inner = parent.inner.plus(&all);
                parent.inner_declared = parent.inner_declared.plus(&declared);
            }
            _ => {
                self.all = all;
                self.declared = declared;
            }
        }
    }
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    matches!(xml::root(head), Some("testsuites" | "testsuite"))
}
