//! An audit for people: the first line is the answer, then what has to be looked at, then what it rests on.

use crate::cli::context::Context;
use crate::cli::trouble::harmless;
use std::collections::BTreeMap;
use std::io::{self, Write};
use vouchsafe::audit::{Finding, Outcome, Severity, Summary, Verdict};
use vouchsafe::encoding::duration::Span;
use vouchsafe::encoding::text::{count, shown};

/// So many files that were not checked are named for each reason; the others are counted.
const NAMED: usize = 5;

/// Releases, artifacts and verified artifacts of a member.
type Sums = BTreeMap<String, (usize, usize, usize)>;

/// Writes it, in lines of at most `width` characters if that is given.
pub(super) fn write(
    outcome: &dyn Outcome,
    context: &Context,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    headline(outcome.summary(), context, out)?;
    members(outcome, width, out)?;
    let mut last = None;
    outcome.findings(&mut |finding| {
        if last.replace(finding.severity) != Some(finding.severity) {
            writeln!(out, "{}", paint(finding.severity, context))?;
        }
        writeln!(out, "{}", cut(&line(finding), width))
    })?;
    not_checked(outcome, width, out)?;
    footer(outcome.summary(), width, out)
}

fn headline(summary: &Summary, context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let (word, colour) = match summary.verdict {
        Verdict::Verified => ("VERIFIED", 32),
        Verdict::Refused => ("REFUSED", 31),
        Verdict::Undecided => ("UNDECIDED", 33),
    };
    let totals = summary.totals;
    let mut parts = vec![format!("{} of {} verified", totals.verified, count(totals.requested, "artifact"))];
    parts.extend((totals.refused > 0).then(|| format!("{} refused", totals.refused)));
    parts.extend((totals.undecided > 0).then(|| format!("{} undecided", totals.undecided)));
    parts.push(count(summary.releases, "attestation"));
    let findings: usize = summary.findings.values().sum();
    parts.push(if findings == 0 { "no findings".to_owned() } else { count(findings, "finding") });
    writeln!(out, "{}  {}", context.paint(colour, word), parts.join(", "))
}

fn paint(severity: Severity, context: &Context) -> String {
    let colour = match severity {
        Severity::High => 31,
        Severity::Medium => 33,
        Severity::Low => 36,
    };
    context.paint(colour, severity.as_str())
}

/// A table: member, attestations, artifacts, verified.
fn members(outcome: &dyn Outcome, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let mut sums = Sums::new();
    outcome.releases(&mut |release| {
        let whose = if release.members.is_empty() { "nobody's".to_owned() } else { release.members.join("+") };
        let sum = sums.entry(whose).or_default();
        sum.0 = sum.0.saturating_add(1);
        sum.1 = sum.1.saturating_add(release.artifacts);
        sum.2 = sum.2.saturating_add(release.verified);
        Ok(())
    })?;
    if sums.is_empty() {
        return Ok(());
    }
    let names = sums.keys().map(|name| shown(name).chars().count()).max().unwrap_or(0).clamp(6, 40);
    writeln!(out, "  {:<names$}  {:>12}  {:>9}  {:>8}", "member", "attestations", "artifacts", "verified")?;
    for (name, (releases, artifacts, verified)) in &sums {
        let line = format!("  {:<names$}  {releases:>12}  {artifacts:>9}  {verified:>8}", shown(name));
        writeln!(out, "{}", cut(&line, width))?;
    }
    Ok(())
}

fn line(finding: &Finding) -> String {
    let about = finding.path.as_deref().or(finding.member.as_deref()).map(harmless).unwrap_or_default();
    format!("  {:<20}  {about}  {}", finding.code.as_str(), harmless(&finding.message))
}

fn not_checked(outcome: &dyn Outcome, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    outcome.not_checked(&mut |left| {
        let (n, named) = reasons.entry(left.why.clone()).or_default();
        *n = n.saturating_add(1);
        if named.len() < NAMED {
            named.push(left.path.clone());
        }
        Ok(())
    })?;
    for (why, (n, named)) in &reasons {
        let names: Vec<String> = named.iter().map(|name| harmless(name)).collect();
        let more = n.saturating_sub(names.len());
        let more = if more > 0 { format!(" and {more} more (--format json names all)") } else { String::new() };
        let line = format!("  not checked  {}: {}{more}", harmless(why), names.join(", "));
        writeln!(out, "{}", cut(&line, width))?;
    }
    Ok(())
}

fn footer(summary: &Summary, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let (view, again) = (&summary.as_of, &summary.reproduce);
    let age = Span::seconds(view.age_seconds);
    let forum = shown(&view.forum);
    let source = shown(&view.source);
    let held = format!("{forum}, registry version {}, {age} old ({source})", view.registry_version);
    writeln!(out, "{}", cut(&format!("  as of     {}, from {held}", view.at), width))?;
    writeln!(out, "{}", cut(&format!("  policy    {}", shown(&summary.policy.name)), width))?;
    if let Some(log) = &again.log {
        writeln!(out, "{}", cut(&format!("  log       {}, {} entries", shown(&log.origin), log.size), width))?;
    }
    // To be copied, so never cut.
    writeln!(out, "  again     {}", again.command)
}

/// Keeps a line to a width, and shows that it did.
fn cut(line: &str, width: Option<usize>) -> String {
    match width {
        Some(width) if line.chars().count() > width => {
            line.chars().take(width.saturating_sub(1)).chain(std::iter::once('…')).collect()
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_line_fits_the_terminal_and_is_whole_elsewhere() {
        assert_eq!(cut("abcdef", Some(4)), "abc…");
        assert_eq!(cut("abcd", Some(4)), "abcd");
        assert_eq!(cut("abcdef", None), "abcdef");
    }
}
