//! The audit as one table (RFC 4180): artifacts, findings, releases with a column per practice, and what was not checked.

use super::mark::Mark;
use super::words::{visible, word};
use crate::audit::Outcome;
use crate::audit::export::csv_cell;
use std::collections::BTreeSet;
use std::io::{self, Write};

const HEAD: [&str; 16] = [
    "record",
    "path",
    "digest",
    "verdict",
    "severity",
    "code",
    "member",
    "product",
    "practice",
    "message",
    "expected",
    "got",
    "tier",
    "date",
    "valid until",
    "release",
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
    message: &'a str,
    expected: &'a str,
    got: &'a str,
    tier: &'a str,
    date: &'a str,
    valid_until: &'a str,
    release: &'a str,
}

/// The table, with as many columns after those of [`HEAD`] as there are practices.
struct Table<'a> {
    out: &'a mut dyn Write,
    practices: BTreeSet<String>,
}

impl Table<'_> {
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.start(row)?;
        write!(self.out, "{}\r\n", ",".repeat(self.practices.len()))
    }

    fn start(&mut self, row: &Row<'_>) -> io::Result<()> {
        let cells = [
            row.record,
            row.path,
            row.digest,
            row.verdict,
            row.severity,
            row.code,
            row.member,
            row.product,
            row.practice,
            row.message,
            row.expected,
            row.got,
            row.tier,
            row.date,
            row.valid_until,
            row.release,
        ];
        write!(self.out, "{}", cells.map(cell).join(","))
    }
}

fn cell(text: &str) -> String {
    if text.is_empty() { String::new() } else { csv_cell(&visible(text)) }
}

/// Writes the audit as CSV. No cell is a formula.
///
/// # Errors
/// What `out` or the outcome says.
pub fn csv(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    let mut practices = BTreeSet::new();
    outcome.releases(&mut |release| {
        for id in release.practices.keys().filter(|id| !practices.contains(*id)).cloned().collect::<Vec<_>>() {
            practices.insert(id);
        }
        Ok(())
    })?;
    write!(out, "{}", HEAD.join(","))?;
    for id in &practices {
        write!(out, ",{}", cell(id))?;
    }
    write!(out, "\r\n")?;
    let mut table = Table { out, practices };
    artifacts(outcome, &mut table)?;
    findings(outcome, &mut table)?;
    releases(outcome, &mut table)?;
    outcome.not_checked(&mut |file| {
        table.row(&Row { record: "not checked", path: &file.path, message: &file.why, ..Row::default() })
    })
}

fn text(field: Option<&String>) -> &str {
    field.map_or("", String::as_str)
}

fn artifacts(outcome: &dyn Outcome, table: &mut Table<'_>) -> io::Result<()> {
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
            tier: text(artifact.tier.as_ref()),
            release: text(artifact.release.as_ref()),
            ..Row::default()
        };
        table.row(&row)
    })
}

fn findings(outcome: &dyn Outcome, table: &mut Table<'_>) -> io::Result<()> {
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
        table.row(&row)
    })
}

/// A release, with how it stands on each practice; in brackets where the policy does not ask for it.
fn releases(outcome: &dyn Outcome, table: &mut Table<'_>) -> io::Result<()> {
    outcome.releases(&mut |release| {
        let row = Row {
            record: "release",
            path: &release.source,
            member: &release.members.join(" "),
            product: &release.product,
            message: &format!("{} of {} artifacts verified", release.verified, release.artifacts),
            date: text(release.attested.as_ref()),
            valid_until: text(release.valid_until.as_ref()),
            release: &release.id,
            ..Row::default()
        };
        table.start(&row)?;
        for id in &table.practices {
            let words = release.practices.get(id).map(|claim| match (Mark::of(claim).meaning(), &claim.status) {
                (meaning, Some(_)) => meaning.to_owned(),
                (meaning, None) => format!("({meaning})"),
            });
            write!(table.out, ",{}", cell(&words.unwrap_or_default()))?;
        }
        write!(table.out, "\r\n")
    })
}
