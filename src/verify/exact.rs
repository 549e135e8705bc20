//! Whether verified files are exactly the release: no file more, none fewer.

use super::refusal::{Code, Refusal};
use super::verified::Verified;
use crate::artifact::{Algorithm, Measured};
use crate::attestation::SubjectSet;
use std::collections::BTreeSet;

/// Checks that these artifacts, verified one by one, are the whole set their one statement is about. In-toto
/// subjects stand alone, so the statement itself has to say that they are a set.
///
/// # Errors
/// [`Code::SetMismatch`].
pub fn exact_set(release: &[(&str, &Measured, &Verified)]) -> Result<(), Refusal> {
    let refuse =
        |detail: &str, expected: String, got: String| Err(Refusal::new(Code::SetMismatch, detail, expected, got));
    let Some((_, _, first)) = release.first() else {
        return refuse("", "at least one file".into(), "none".into());
    };
    let says_so = first.statement().practices().is_some_and(|p| p.subject_set == Some(SubjectSet::Exact));
    if !says_so {
        return refuse("", "an attestation made with --exact-set".into(), "one whose subjects stand alone".into());
    }
    let subjects = |v: &Verified| v.statement().subjects().to_vec();
    let whole = subjects(first);
    if let Some((name, _, _)) = release.iter().find(|(_, _, v)| subjects(v) != whole) {
        return refuse(name, "one attestation for all files".into(), "another attestation".into());
    }
    let have: BTreeSet<String> =
        release.iter().filter_map(|(_, m, _)| m.digest(Algorithm::Sha256).map(|d| d.hex())).collect();
    let missing: Vec<&str> = whole
        .iter()
        .filter(|s| s.digest.get("sha256").is_none_or(|h| !have.contains(h)))
        .map(|s| s.name.as_str())
        .collect();
    if !missing.is_empty() {
        return refuse(
            &missing.join(", "),
            format!("all {} files of the release", whole.len()),
            format!("{} missing", missing.len()),
        );
    }
    Ok(())
}
