//! The verdicts of an audit as JUnit XML, for CI: a suite per verdict, a case per artifact.
//!
//! Refused is a failure, undecided an error, a file that was not checked is skipped. Suites are written in three passes
//! over the artifacts, since a suite says first how many cases it has.

use super::words::{marked_up, sentence, word};
use crate::audit::{ArtifactLine, Outcome, Verdict};
use std::io::{self, Write};

/// Writes the verdicts as JUnit XML.
///
/// # Errors
/// What `out` or the outcome says.
pub fn junit(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    let summary = outcome.summary();
    let totals = summary.totals;
    let all = totals.requested.saturating_add(summary.not_checked);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {} -->", sentence(summary))?;
    let counts = [all, totals.refused, totals.undecided, summary.not_checked];
    let name = marked_up(&format!("audit of {}", summary.as_of.forum));
    writeln!(out, "<testsuites name=\"{name}\" {}>", numbers(counts))?;
    suite(outcome, out, Verdict::Refused, [totals.refused, totals.refused, 0, 0])?;
    suite(outcome, out, Verdict::Undecided, [totals.undecided, 0, totals.undecided, 0])?;
    suite(outcome, out, Verdict::Verified, [totals.verified, 0, 0, 0])?;
    not_checked(outcome, out)?;
    writeln!(out, "</testsuites>")
}

/// Cases, failures, errors and skipped ones, as attributes.
fn numbers([tests, failures, errors, skipped]: [usize; 4]) -> String {
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

fn suite(outcome: &dyn Outcome, out: &mut dyn Write, verdict: Verdict, counts: [usize; 4]) -> io::Result<()> {
    let at = marked_up(&outcome.summary().reproduce.at);
    // JUnit's instants have no zone; ours are UTC.
    let at = at.trim_end_matches('Z');
    writeln!(out, "<testsuite name=\"{}\" {} timestamp=\"{at}\">", word(verdict), numbers(counts))?;
    properties(outcome, out)?;
    outcome.artifacts(&mut |line| if line.verdict == verdict { case(line, out) } else { Ok(()) })?;
    writeln!(out, "</testsuite>")
}

fn properties(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<properties>")?;
    for (name, value) in super::words::reproduce(outcome.summary()) {
        writeln!(out, "<property name=\"{name}\" value=\"{}\"/>", marked_up(&value))?;
    }
    writeln!(out, "</properties>")
}

fn case(line: &ArtifactLine, out: &mut dyn Write) -> io::Result<()> {
    let element = match line.verdict {
        Verdict::Verified => return writeln!(out, "<testcase {}/>", named(&line.path)),
        Verdict::Refused => "failure",
        Verdict::Undecided => "error",
    };
    let code = marked_up(line.code.as_deref().unwrap_or_default());
    writeln!(out, "<testcase {}>", named(&line.path))?;
    write!(out, "<{element} type=\"{code}\" message=\"{}\">", marked_up(&line.message))?;
    for (what, text) in [("expected", &line.expected), ("got", &line.got), ("next", &line.hint)] {
        if let Some(text) = text {
            writeln!(out, "{what}: {}", marked_up(text))?;
        }
    }
    writeln!(out, "</{element}>\n</testcase>")
}

fn not_checked(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    let count = outcome.summary().not_checked;
    writeln!(out, "<testsuite name=\"not checked\" {}>", numbers([count, 0, 0, count]))?;
    outcome.not_checked(&mut |file| {
        writeln!(out, "<testcase {}><skipped message=\"{}\"/></testcase>", named(&file.path), marked_up(&file.why))
    })?;
    writeln!(out, "</testsuite>")
}

/// The path is the name of the case, its folder the class, by which CI groups them.
fn named(path: &str) -> String {
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    format!("classname=\"{}\" name=\"{}\"", marked_up(folder), marked_up(path))
}
