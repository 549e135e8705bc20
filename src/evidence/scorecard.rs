//! OpenSSF Scorecard's JSON: the flat findings of its probes, and the scores of its checks.

use super::revision::{Stands, other, stands};
use super::{Code, Extracted, Fault, Target};
use crate::encoding::elements::{Limits, elements};
use crate::encoding::{Malformed, duration, json};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Number;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Read;

const WHAT: &str = "Scorecard report";
/// The most probes and checks; Scorecard has a hundred.
const MAX_NAMES: usize = 1000;

/// Probes that ask for something bad: `True` is the bad answer.
const ASK_FOR_BAD: &[&str] = &[
    "archived",
    "createdRecently",
    "hasBinaryArtifacts",
    "hasDangerousWorkflowScriptInjection",
    "hasDangerousWorkflowUntrustedCheckout",
    "hasOSVVulnerabilities",
    "hasUnverifiedBinaryArtifacts",
    "unsafeblock",
];

/// A report without its findings and checks.
#[derive(Deserialize)]
struct Report<'a> {
    #[serde(default, borrow)]
    date: Option<Cow<'a, str>>,
    #[serde(borrow)]
    repo: Repo<'a>,
    #[serde(default, borrow)]
    scorecard: Option<Version<'a>>,
    #[serde(default)]
    score: Option<Number>,
    #[serde(default)]
    findings: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    checks: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct Repo<'a> {
    #[serde(default, borrow)]
    commit: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Version<'a> {
    #[serde(default, borrow)]
    version: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Finding<'a> {
    #[serde(borrow)]
    probe: Cow<'a, str>,
    outcome: Outcome,
}

#[derive(Deserialize)]
struct Check<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    score: i64,
}

/// What a probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Outcome {
    True,
    False,
    NotAvailable,
    Error,
    NotSupported,
    NotApplicable,
    /// Of several findings, some say yes and some no, of a probe that is not known here.
    #[serde(skip)]
    Mixed,
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let limits = Limits::default();
    let (mut probes, mut checks) = (BTreeMap::new(), BTreeMap::new());
    let in_findings = Cell::new(false);
    let wanted = |path: &[&str]| {
        in_findings.set(path == ["findings"]);
        path == ["findings"] || path == ["checks"]
    };
    let rest = elements(input, limits, WHAT, wanted, |bytes| {
        if in_findings.get() {
            let finding: Finding<'_> = json::parse(bytes, limits.element, WHAT)?;
            let probe = plain(&finding.probe)?;
            let outcome = probes.get(probe).map_or(finding.outcome, |before| worse(probe, *before, finding.outcome));
            probes.insert(probe.to_owned(), outcome);
        } else {
            let check: Check<'_> = json::parse(bytes, limits.element, WHAT)?;
            if checks.insert(plain(&check.name)?.to_owned(), check.score).is_some() {
                return Err(Malformed::new(WHAT, "a check stands there twice"));
            }
        }
        if probes.len().max(checks.len()) > MAX_NAMES { Err(Malformed::new(WHAT, "too many probes")) } else { Ok(()) }
    })?;
    let report: Report<'_> = json::parse(&rest, limits.rest, WHAT)?;
    if report.findings.is_none() && report.checks.is_none() {
        return Err(Fault::new(Code::Unsupported, name, "the probe or JSON format of Scorecard 4 or 5", "neither"));
    }
    if probes.is_empty() && checks.is_empty() {
        return Err(Fault::new(Code::Empty, name, "findings of probes or scores of checks", "none"));
    }
    facts(name, &report, probes, checks, target)
}

fn facts(
    name: &str,
    report: &Report<'_>,
    probes: BTreeMap<String, Outcome>,
    checks: BTreeMap<String, i64>,
    target: &Target<'_>,
) -> Result<Extracted, Fault> {
    let commit = report.repo.commit.as_deref().unwrap_or_default();
    // A scan of a folder has no commit, and says so by a word.
    let named = commit.len() >= 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
    let stand = if named { stands(commit, target) } else { Stands::Unknown };
    if stand == Stands::Other {
        return Err(other(commit, target, name));
    }
    let mut out = Extracted::default();
    out.fact(&["commitMatches"], stand == Stands::Same);
    if let Some(score) = report.score.clone().filter(|s| s.as_f64().is_some_and(|s| (0.0..=10.0).contains(&s))) {
        out.fact(&["score"], score);
    }
    for (probe, outcome) in probes {
        out.fact(&["probe", &probe], format!("{outcome:?}"));
    }
    // A score below zero says that there is none.
    for (check, score) in checks.into_iter().filter(|(_, score)| (0..=10).contains(score)) {
        out.fact(&["check", &check], score);
    }
    out.revision = named.then(|| commit.to_ascii_lowercase());
    out.produced_at = report.date.as_deref().and_then(|date| duration::instant(date).ok());
    let version = report.scorecard.as_ref().and_then(|s| s.version.as_deref()).map(str::to_owned);
    out.produced_by = Some(("scorecard".into(), version));
    Ok(out)
}

/// A name that can be part of a fact's.
fn plain(name: &str) -> Result<&str, Malformed> {
    let fits = (1..=100).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if fits { Ok(name) } else { Err(Malformed::new(WHAT, format!("{name:?} is no name of a probe or a check"))) }
}

/// The worse of two outcomes of a probe: the bad answer, then what was not found out, then the good answer. What does
/// not apply is not counted where something does.
fn worse(probe: &str, a: Outcome, b: Outcome) -> Outcome {
    let bad = if ASK_FOR_BAD.contains(&probe) { Outcome::True } else { Outcome::False };
    let unknown = !known(probe);
    if a == b {
        return a;
    }
    let yes_and_no = [Outcome::True, Outcome::False];
    if unknown && (a == Outcome::Mixed || b == Outcome::Mixed || (yes_and_no.contains(&a) && yes_and_no.contains(&b))) {
        return Outcome::Mixed;
    }
    let rank = |outcome: Outcome| match outcome {
        Outcome::Mixed => 0,
        is if is == bad && !unknown => 1,
        Outcome::Error => 2,
        Outcome::NotAvailable => 3,
        Outcome::NotSupported => 4,
        Outcome::NotApplicable => 6,
        Outcome::True | Outcome::False => 5,
    };
    if rank(a) <= rank(b) { a } else { b }
}

/// Whether it is known which answer of a probe is the bad one. Those that are named after what they have, and after
/// nothing dangerous, are not.
fn known(probe: &str) -> bool {
    ASK_FOR_BAD.contains(&probe) || GOOD_STARTS.iter().any(|start| probe.starts_with(start))
}

/// How the names of probes begin that ask for something good.
const GOOD_STARTS: &[&str] = &[
    "blocks",
    "branch",
    "codeApproved",
    "codeReview",
    "dependencyUpdateTool",
    "dismisses",
    "fuzzed",
    "hasNo",
    "hasRecentCommits",
    "jobLevelPermissions",
    "packagedWith",
    "pinsDependencies",
    "releases",
    "requires",
    "runsStatusChecks",
    "sastTool",
    "securityPolicy",
    "testsRunInCI",
    "topLevelPermissions",
    "webhooksUseSecrets",
];

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    let mentions = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
    head.trim_ascii_start().starts_with(b"{")
        && mentions(b"\"scorecard\"")
        && mentions(b"\"repo\"")
        && (mentions(b"\"findings\"") || mentions(b"\"checks\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_answer_depends_on_the_question() {
        use Outcome as O;
        for (probe, a, b, want) in [
            ("hasUnverifiedBinaryArtifacts", O::False, O::True, O::True),
            ("codeApproved", O::True, O::False, O::False),
            ("codeApproved", O::True, O::NotAvailable, O::NotAvailable),
            ("codeApproved", O::NotApplicable, O::True, O::True),
            ("codeApproved", O::Error, O::False, O::False),
            ("unheardOf", O::True, O::False, O::Mixed),
            ("unheardOf", O::Mixed, O::Error, O::Mixed),
            ("unheardOf", O::True, O::Error, O::Error),
            ("unheardOf", O::True, O::True, O::True),
        ] {
            assert_eq!(worse(probe, a, b), want, "{probe} {a:?} {b:?}");
            assert_eq!(worse(probe, b, a), want, "{probe} {b:?} {a:?}");
        }
    }
}
