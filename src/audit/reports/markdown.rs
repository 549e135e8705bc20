//! The audit as Markdown: the answer, findings, releases, artifacts, what was not checked, how to reproduce it.

use super::mark::Mark;
use super::words::{sentence, visible, word};
use crate::audit::export::inert;
use crate::audit::{Outcome, Severity, Summary};
use std::io::{self, Write};

/// Writes the audit as Markdown. Words from outside stand in tables only, and have no effect there.
///
/// # Errors
/// What `out` or the outcome says.
pub fn markdown(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    let summary = outcome.summary();
    writeln!(out, "# Audit of {}\n\n{}\n", plain(&summary.as_of.forum), sentence(summary))?;
    totals(summary, out)?;
    findings(outcome, out)?;
    releases(outcome, out)?;
    artifacts(outcome, out)?;
    writeln!(out, "\n## Not checked ({})\n", summary.not_checked)?;
    table(out, ["file", "why"])?;
    outcome.not_checked(&mut |file| row(out, [&file.path, &file.why]))?;
    reproduce(summary, out)
}

fn plain(text: &str) -> String {
    inert(&visible(text))
}

fn table<const N: usize>(out: &mut dyn Write, head: [&str; N]) -> io::Result<()> {
    writeln!(out, "| {} |\n|{}", head.join(" | "), " --- |".repeat(N))
}

fn row<const N: usize>(out: &mut dyn Write, cells: [&str; N]) -> io::Result<()> {
    writeln!(out, "| {} |", cells.map(plain).join(" | "))
}

fn totals(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    table(out, ["artifacts", "verified", "refused", "undecided", "releases", "not checked"])?;
    let totals = summary.totals;
    let numbers = [totals.requested, totals.verified, totals.refused, totals.undecided, summary.releases];
    let numbers = numbers.map(|n| n.to_string());
    writeln!(out, "| {} | {} |", numbers.join(" | "), summary.not_checked)
}

fn findings(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    let by = &outcome.summary().findings;
    let of = |severity: Severity| by.get(&severity).copied().unwrap_or(0);
    let (high, medium, low) = (of(Severity::High), of(Severity::Medium), of(Severity::Low));
    writeln!(out, "\n## Findings ({high} high, {medium} medium, {low} low)\n")?;
    table(out, ["severity", "code", "where", "member", "practice", "what", "due"])?;
    outcome.findings(&mut |f| {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let (path, member, practice, due) = (text(&f.path), text(&f.member), text(&f.practice), text(&f.due));
        row(out, [f.severity.as_str(), f.code.as_str(), &path, &member, &practice, &f.message, &due])
    })
}

fn releases(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Releases ({})\n", outcome.summary().releases)?;
    let head = ["release", "members", "attested", "valid until", "verified", "practices"];
    table(out, head)?;
    outcome.releases(&mut |release| {
        let marks: Vec<Mark> = release.practices.values().map(Mark::of).collect();
        let count = |mark: Mark| marks.iter().filter(|m| **m == mark).count();
        let counts = Mark::ALL.iter().filter(|m| count(**m) > 0).map(|m| format!("{} {}", count(*m), m.meaning()));
        let counts: Vec<String> = counts.collect();
        let verified = format!("{} of {}", release.verified, release.artifacts);
        let (attested, until) = (release.attested.as_deref(), release.valid_until.as_deref());
        let (attested, until) = (attested.unwrap_or_default(), until.unwrap_or_default());
        row(out, [&release.product, &release.members.join(", "), attested, until, &verified, &counts.join(", ")])
    })
}

fn artifacts(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Artifacts ({})\n", outcome.summary().totals.requested)?;
    table(out, ["artifact", "verdict", "code", "what", "digest"])?;
    outcome.artifacts(&mut |a| {
        let (code, digest) = (a.code.as_deref().unwrap_or_default(), a.digest.as_deref().unwrap_or_default());
        row(out, [&a.path, word(a.verdict), code, &a.message, digest])
    })
}

fn reproduce(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## How to come to the same answer\n")?;
    table(out, ["what", "value"])?;
    for (what, value) in super::words::reproduce(summary) {
        row(out, [what, &value])?;
    }
    Ok(())
}
