//! A report for people: the first line is the answer.

use crate::cli::context::Context;
use crate::cli::effort::in_parts;
use crate::cli::trouble::harmless;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use vouchsafe::audit::{GroundsShown, LogLine, Report, SubjectReport, Verdict};
use vouchsafe::encoding::duration::Span;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::verify::Effect;

/// Lines are made by so many at a time in a thread, and written when there are so many more: a hundred thousand of them are
/// not all held.
const PART: usize = 64;
const WRITTEN: usize = 256 * PART;

/// Writes the report as text, whose lines so many threads may make.
pub(super) fn render(
    report: &Report,
    context: &Context,
    threads: usize,
    to: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    let mut out = String::new();
    let one = report.subjects.len() == 1;
    if !one {
        let t = report.totals;
        let mut parts = vec![format!("{} of {} verified", t.verified, t.requested)];
        parts.extend((t.refused > 0).then(|| format!("{} refused", t.refused)));
        parts.extend((t.undecided > 0).then(|| format!("{} undecided", t.undecided)));
        let _ = writeln!(out, "{}  {}", word(report.verdict, context), parts.join(", "));
    }
    to.write_all(out.as_bytes())?;
    for many in report.subjects.chunks(WRITTEN) {
        let mut parts: Vec<&[SubjectReport]> = many.chunks(PART).collect();
        for text in in_parts(&mut parts, threads, |parts| lines(parts.iter().copied().flatten(), one, context)) {
            to.write_all(text.as_bytes())?;
        }
    }
    out.clear();
    if !report.left_out.is_empty() {
        let names: Vec<String> = report.left_out.iter().map(|n| shown(n)).collect();
        let _ = writeln!(out, "  left out  {}: evidence, not verified itself", names.join(", "));
    }
    let view = &report.as_of;
    let age = Span::seconds(view.age_seconds);
    let _ = writeln!(
        out,
        "  as of     {}, registry version {}, {age} old ({})",
        shown(&view.forum),
        view.registry_version,
        shown(&view.source)
    );
    let _ = writeln!(out, "  policy    {}", shown(&report.policy.name));
    to.write_all(out.as_bytes())
}

/// What is said of each subject; all of it, if there is but one.
fn lines<'a>(subjects: impl Iterator<Item = &'a SubjectReport>, one: bool, context: &Context) -> String {
    let (mut out, mut said) = (String::new(), Said::default());
    for subject in subjects {
        headline(&mut out, subject, &mut said, context);
        if one || subject.verdict != Verdict::Verified {
            details(&mut out, subject);
        }
        notices(&mut out, subject);
    }
    out
}

fn word(verdict: Verdict, context: &Context) -> String {
    match verdict {
        Verdict::Verified => context.paint(32, "VERIFIED"),
        Verdict::Refused => context.paint(31, "REFUSED"),
        Verdict::Undecided => context.paint(33, "UNDECIDED"),
    }
}

/// What was said of the verified file before: of all files of a release it is the same.
#[derive(Default)]
struct Said {
    of: Arc<GroundsShown>,
    sentence: String,
}

impl Said {
    fn sentence(&mut self, subject: &SubjectReport) -> &str {
        if self.sentence.is_empty() || !Arc::ptr_eq(&self.of, &subject.grounds) {
            *self = Self { of: Arc::clone(&subject.grounds), sentence: sentence(subject) };
        }
        &self.sentence
    }
}

fn headline(out: &mut String, subject: &SubjectReport, said: &mut Said, context: &Context) {
    let word = word(subject.verdict, context);
    // Bytes are known by digest: the file may be called anything, and only this name was in the member's scope.
    let asked = if subject.name_hex.is_some() { subject.name.clone() } else { shown(&subject.name) };
    let name = match &subject.attested_as {
        Some(attested) => format!("{asked} (attested as {})", shown(attested)),
        None => asked,
    };
    let _ = match (subject.code(), subject.message()) {
        (Some(code), Some(message)) => writeln!(out, "{word}  {name}  {message} [{code}]"),
        _ => writeln!(out, "{word}  {name}  {}", said.sentence(subject)),
    };
}

/// `Acme Corp, member since 2019, attested 2026-10-03: base profile, 34 of 34 practices met (…)`.
fn sentence(subject: &SubjectReport) -> String {
    let grounds = &subject.grounds;
    let mut text = String::with_capacity(160);
    for signer in &grounds.signers {
        let (and, year) = (if text.is_empty() { "" } else { "; " }, begin(&signer.since, 4));
        let _ = write!(text, "{and}{}, member since {year}", shown(&signer.name));
    }
    if let Some(attested) = &grounds.attested {
        let _ = write!(text, ", attested {}", begin(attested, 10));
    }
    let _ = match (&grounds.summary, &grounds.predicate_type) {
        (Some(summary), _) => write!(text, ": {summary}"),
        (None, Some(kind)) => write!(text, ": signed {}; no practices were asked for", shown(kind)),
        (None, None) => write!(text, ": "),
    };
    text
}

/// The beginning of an instant: its year, its day.
fn begin(instant: &str, length: usize) -> &str {
    instant.get(..length).unwrap_or(instant)
}

/// `disputed by globex on 2026-10-03: not what we saw (TST-01)`.
fn notices(out: &mut String, subject: &SubjectReport) {
    for notice in &subject.grounds.notices {
        let practices = match notice.practices.join(", ") {
            all if all.is_empty() => all,
            some => format!(" ({some})"),
        };
        let other = notice.superseded_by.as_ref().map(|other| format!("; now sha256:{other}")).unwrap_or_default();
        let ignored = if notice.effect == Effect::Ignored { "; ignored: no signer of this attestation" } else { "" };
        let (by, day) = (shown(&notice.by), begin(&notice.at, 10));
        let reason = shown(&notice.reason);
        let _ = writeln!(out, "  notice    {} by {by} on {day}: {reason}{practices}{other}{ignored}", notice.action);
    }
}

/// `member acme by advisory/cisa, advisory/nist; catalogue forum-fp@2026.1 by advisory/cisa`.
fn endorsed(subject: &SubjectReport) -> String {
    let mut by: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for seat in &subject.grounds.cosigners {
        by.entry(&seat.endorses).or_default().push(format!("{}/{}", shown(&seat.group), shown(&seat.seat)));
    }
    by.iter().rev().map(|(what, seats)| format!("{what} by {}", seats.join(", "))).collect::<Vec<_>>().join("; ")
}

/// What is said where nobody but the signer says when it was signed.
const UNWITNESSED: &str = "the signer's word: no witness or timestamp authority confirms when it was signed";

/// `entry 17 of forum.example/log, cosigned by cisa, nist, at 2026-10-03T10:00:00Z or before`.
fn logged(entry: &LogLine) -> String {
    let place = format!("entry {} of {}", entry.index, shown(&entry.origin));
    let names: Vec<String> = entry.witnesses.iter().map(|w| shown(&w.witness)).collect();
    match &entry.time {
        Some(time) => format!("{place}, cosigned by {}, logged by {time}", names.join(", ")),
        None => format!("{place}, on the word of its operator alone: the forum asks for no witness"),
    }
}

/// How deeply the claims were verified, in words.
fn tier(subject: &SubjectReport) -> String {
    let absent: Vec<String> = subject.grounds.not_replayed.iter().map(|name| shown(name)).collect();
    match (subject.grounds.tier, absent.is_empty()) {
        (None, _) => String::new(),
        (Some("recomputed"), true) => "recomputed: checks were run again on the signed facts".to_owned(),
        (Some("replayed"), _) => "replayed: facts were made again from the evidence".to_owned(),
        (Some(tier), true) => format!("{tier}: claims are the member's word"),
        (Some(tier), false) => format!("{tier}; not there to be read again: {}", absent.join(", ")),
    }
}

fn details(out: &mut String, subject: &SubjectReport) {
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "  {name:<9} {value}");
        }
    };
    let (expected, got) = subject.compared().unwrap_or_default();
    line("expected", &harmless(expected));
    line("got", &harmless(got));
    if subject.verdict == Verdict::Verified {
        let digest = subject.digest.as_ref().map(ToString::to_string).unwrap_or_default();
        let how = if subject.measured { "" } else { " (as given; the bytes were not read)" };
        line("digest", &format!("{digest}{how}"));
        for signer in &subject.grounds.signers {
            line("signer", &format!("{}, key {} ({})", shown(&signer.member), signer.keyid, signer.key_status));
        }
        line("endorsed", &endorsed(subject));
        line("tier", &tier(subject));
        line("product", &subject.grounds.product.as_deref().map(shown).unwrap_or_default());
        let skipped: Vec<&str> =
            subject.grounds.checks.iter().filter(|c| c.status == "SKIPPED").map(|c| c.id).collect();
        if !skipped.is_empty() {
            line("SKIPPED", &format!("{} (not asked for by the policy)", skipped.join(", ")));
        }
        for entry in &subject.grounds.log {
            line("log", &logged(entry));
        }
        let witnessed = subject.grounds.log.iter().any(|entry| entry.time.is_some());
        line("time", if witnessed { "" } else { UNWITNESSED });
        let outside = subject.grounds.claims.iter().filter(|c| c.status.is_none()).count();
        if outside > 0 {
            line("also", &format!("{} not asked for", count(outside, "claim")));
        }
    } else {
        line("next", subject.hint().unwrap_or_default());
    }
}
