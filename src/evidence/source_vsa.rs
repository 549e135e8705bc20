//! SLSA verification summary of a source revision: which source level a verifier found. Signed, and nothing is believed
//! before the signature is.

use super::provenance::normal;
use super::signed::{self, text};
use super::{Code, Extracted, Fault, Target};
use crate::attestation::{SubjectRef, Subjects};
use crate::encoding::duration::{instant, rfc3339};
use serde_json::Value;
use std::io::Read;

/// What the predicate calls itself.
const TYPE: &str = "https://slsa.dev/verification_summary/v1";

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let opened = signed::open(name, input, target)?;
    let found = opened.of_type(name, TYPE)?;
    let mut out = Extracted::default();
    out.fact(&["signatureValid"], !found.is_empty());
    let Some(wanted) = target.revision else { return Ok(out) };
    if found.is_empty() {
        return Ok(out);
    }
    let about = |(subjects, predicate): &&(&Subjects, &Value)| is_about(subjects, predicate, wanted, target.source);
    let about: Vec<_> = found.iter().filter(about).collect();
    let [(_, predicate)] = about.as_slice() else {
        let got = match about.len() {
            0 => revisions(&found),
            n => format!("{n} summaries of it"),
        };
        let code = if about.is_empty() { Code::OtherBuild } else { Code::Malformed };
        return Err(Fault::new(code, name, format!("one summary of the source at revision {wanted}"), got));
    };
    out.revision = Some(wanted.to_ascii_lowercase());
    if let Some(verifier) = text(predicate, &["verifier", "id"]).filter(|id| !id.is_empty()) {
        out.fact(&["verifier"], verifier);
        out.produced_by = Some((verifier.to_owned(), None));
    }
    if let Some(at) = text(predicate, &["timeVerified"]).and_then(|at| instant(at).ok()) {
        out.fact(&["verifiedAt"], rfc3339(at));
        out.produced_at = Some(at);
    }
    if let Some(result) = text(predicate, &["verificationResult"]) {
        out.fact(&["result"], result);
        if let Some(level) = level(predicate).filter(|_| result == "PASSED") {
            out.fact(&["sourceLevel"], level);
        }
    }
    Ok(out)
}

/// Whether a summary is about this revision, and about no other; and about this repository, where one is known.
fn is_about(subjects: &Subjects, predicate: &Value, revision: &str, source: Option<&str>) -> bool {
    let commits: Vec<&str> = subjects.iter().filter_map(|s| s.digest.get("gitCommit")).collect();
    let place = text(predicate, &["resourceUri"]);
    !commits.is_empty()
        && commits.len() == subjects.len()
        && commits.iter().all(|commit| commit.eq_ignore_ascii_case(revision))
        && source.is_none_or(|source| place.is_some_and(|place| normal(place) == normal(source)))
}

/// The revisions and places that summaries are about, for people.
fn revisions(found: &[(&Subjects, &Value)]) -> String {
    let commit = |s: SubjectRef<'_>| s.digest.get("gitCommit").map(str::to_owned);
    let commits: Vec<String> =
        found.iter().flat_map(|(subjects, _)| subjects.iter().filter_map(commit)).take(4).collect();
    let places: Vec<&str> = found.iter().filter_map(|(_, p)| text(p, &["resourceUri"])).take(4).collect();
    format!("revision {}, of {}", commits.join(", "), places.join(", "))
}

/// The largest N of `SLSA_SOURCE_LEVEL_N`.
fn level(predicate: &Value) -> Option<u64> {
    let levels = predicate.get("verifiedLevels").and_then(Value::as_array)?;
    let number = |level: &str| {
        let digits = level.strip_prefix("SLSA_SOURCE_LEVEL_")?;
        digits.parse().ok().filter(|n: &u64| n.to_string() == digits && *n <= 9)
    };
    levels.iter().filter_map(Value::as_str).filter_map(number).max()
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    signed::seems(head, TYPE) && signed::seems(head, "gitCommit")
}
