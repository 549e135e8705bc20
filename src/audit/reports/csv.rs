//! The audit as one table (RFC 4180): artifacts, findings, releases with their claims, and what was not checked.

use super::words::{visible, word};
use crate::audit::Outcome;
use crate::audit::export::csv_cell;
use std::io::{self, Write};

const HEAD: [&str; 17] = [
    "record", "path", "digest", "verdict", "severity", "code", "member", "product", "practice", "result", "basis",
    "status", "message", "expected", "got", "date", "release",
];

/// A row; what a record does not have is an empty cell.
#[derive(Default)]
struct Row<'a> {
    record: &'a str,
    path: &'a str,
    digest: &'a str,
    verdict: &'a str,
    severity: &'a str,
    code: &'a str,
    member: &'a str,
    product: &'a str,
    practice: &'a str,
    result: &'a str,
    basis: &'a str,
    status: &'a str,
    message: &'a str,
    expected: &'a str,
    got: &'a str,
    date: &'a str,
    release: &'a str,
}

impl Row<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let cells = [
            self.record,
            self.path,
            self.digest,
            self.verdict,
            self.severity,
            self.code,
            self.member,
            self.product,
            self.practice,
            self.result,
            self.basis,
            self.status,
            self.message,
            self.expected,
            self.got,
            self.date,
            self.release,
        ];
        let cells = cells.map(|text| csv_cell(&visible(text)));
        write!(out, "{}\r\n", cells.join(","))
    }
}

/// Writes the audit as CSV. No cell is a formula.
///
/// # Errors
/// What `out` or the outcome says.
pub fn csv(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{}\r\n", HEAD.join(","))?;
    artifacts(outcome, out)?;
    findings(outcome, out)?;
    releases(outcome, out)?;
    outcome.not_checked(&mut |file| {
        Row { record: "not checked", path: &file.path, message: &file.why, ..Row::default() }.write(out)
    })
}

fn text(field: Option<&String>) -> &str {
    field.map_or("", String::as_str)
}

fn artifacts(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    outcome.artifacts(&mut |artifact| {
        let members: Vec<&str> = artifact.signers.iter().map(|s| s.member.as_str()).collect();
        let row = Row {
            record: "artifact",
            path: &artifact.path,
            digest: text(artifact.digest.as_ref()),
            verdict: word(artifact.verdict),
            code: text(artifact.code.as_ref()),
            member: &members.join(" "),
            message: &artifact.message,
            expected: text(artifact.expected.as_ref()),
            got: text(artifact.got.as_ref()),
            release: text(artifact.release.as_ref()),
            ..Row::default()
        };
        row.write(out)
    })
}

fn findings(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    outcome.findings(&mut |finding| {
        let row = Row {
            record: "finding",
            path: text(finding.path.as_ref()),
            severity: finding.severity.as_str(),
            code: finding.code.as_str(),
            member: text(finding.member.as_ref()),
            practice: text(finding.practice.as_ref()),
            message: &finding.message,
            date: text(finding.due.as_ref()),
            release: text(finding.release.as_ref()),
            ..Row::default()
        };
        row.write(out)
    })
}

/// A release, then a line for each of its practices.
fn releases(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    outcome.releases(&mut |release| {
        let member = release.members.join(" ");
        let message = format!("{} of {} artifacts verified", release.verified, release.artifacts);
        let head = || Row { member: &member, product: &release.product, release: &release.id, ..Row::default() };
        let path = release.source.as_str();
        Row { record: "release", path, message: &message, date: text(release.attested.as_ref()), ..head() }
            .write(out)?;
        for (practice, cell) in &release.practices {
            let row = Row {
                record: "claim",
                practice,
                result: cell.result.as_deref().unwrap_or("unclaimed"),
                basis: text(cell.basis.as_ref()),
                status: cell.status.as_deref().unwrap_or("not asked for"),
                date: text(release.valid_until.as_ref()),
                ..head()
            };
            row.write(out)?;
        }
        Ok(())
    })
}
