//! Whether verified files are exactly the release: no file more, none fewer.

use super::refusal::{Code, Refusal};
use super::verified::Verified;
use crate::artifact::{Algorithm, Digest, Measured};
use crate::attestation::{Subject, SubjectSet};
use std::collections::BTreeMap;

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
    let hex = |m: &Measured| m.digest(Algorithm::Sha256).map(Digest::hex);
    // Counted, not merely looked up: two equal files of a release are two files.
    let mut have: BTreeMap<String, usize> = BTreeMap::new();
    for digest in release.iter().filter_map(|(_, m, _)| hex(m)) {
        *have.entry(digest).or_default() += 1;
    }
    let mut take = |subject: &&Subject| match subject.digest.get("sha256").and_then(|h| have.get_mut(h)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    let missing: Vec<&str> = whole.iter().filter(|s| take(s)).map(|s| s.name.as_str()).collect();
    if !missing.is_empty() {
        return refuse(
            &missing.join(", "),
            format!("all {} files of the release", whole.len()),
            format!("{} missing", missing.len()),
        );
    }
    let added = have.into_iter().find(|(_, left)| *left > 0).map(|(digest, _)| digest);
    let named = |digest: &String| release.iter().rev().find(|(_, m, _)| hex(m).as_ref() == Some(digest));
    match added.as_ref().and_then(named) {
        Some((name, _, _)) => {
            refuse(name, format!("{} files", whole.len()), format!("{}, one of them a copy", release.len()))
        }
        None => Ok(()),
    }
}
