//! Whether verified files are exactly the release: no file more, none fewer.

use super::refusal::{Code, Refusal};
use super::verified::Verified;
use crate::artifact::{Algorithm, Digest, Measured};
use crate::attestation::{SubjectRef, SubjectSet};
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
    let whole = first.statement().subjects();
    if let Some((name, _, _)) = release.iter().find(|(_, _, v)| !first.same_statement(v)) {
        return refuse(name, "one attestation for all files".into(), "another attestation".into());
    }
    // Each file takes one subject away: two equal files of a release are two files, and swapped names are no release.
    let mut left: BTreeMap<&str, Vec<SubjectRef<'_>>> = BTreeMap::new();
    for subject in whole.iter() {
        left.entry(subject.digest.get("sha256").unwrap_or_default()).or_default().push(subject);
    }
    for (name, measured, _) in release {
        let hex = measured.digest(Algorithm::Sha256).map(Digest::hex).unwrap_or_default();
        let same = left
            .get_mut(hex.as_str())
            .map(|subjects| (subjects.iter().position(|s| is_called(name, s.name)), subjects));
        match same {
            Some((Some(at), subjects)) => drop(subjects.remove(at)),
            _ => {
                return refuse(
                    name,
                    "a file of the release, under its own name".into(),
                    "a copy, or another name".into(),
                );
            }
        }
    }
    let missing: Vec<&str> = left.values().flatten().map(|s| s.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let all = format!("all {} files of the release", whole.len());
    refuse(&missing.join(", "), all, format!("{} missing", missing.len()))
}

/// Whether the user knows a file under the name it was attested by. The first folder of an attested name is that of
/// the machine that attested; what has no name of its own (standard input, a bare digest) goes by its digest.
fn is_called(asked: &str, attested: &str) -> bool {
    let nameless = asked == "-" || asked.starts_with("sha256:") || asked.starts_with("sha512:");
    let tail = attested.split_once('/').map_or(attested, |(_, inside)| inside);
    nameless || asked.strip_suffix(tail).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
}
