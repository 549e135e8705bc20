//! Measures what was named, many files at a time; the order of the result is the order of the arguments.

use super::VerifyArgs;
use crate::cli::effort::{EffortArgs, in_parts};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use vouchsafe::artifact::{Algorithm, name};
use vouchsafe::audit::SubjectReport;
use vouchsafe::gather::{self, Effort, Subject, evidence, subjects};

/// What became of one file that was named.
#[allow(clippy::large_enum_variant, reason = "nearly all are the large one, and there may be a hundred thousand")]
pub(super) enum Measurement {
    /// It was measured.
    Subject(Subject),
    /// It could not be.
    Trouble(Box<SubjectReport>),
    /// A file in a folder that is called like an attestation; whether it is one, nobody has looked.
    Perhaps(Subject),
    /// An attestation in a folder: evidence, not a subject.
    LeftOut(PathBuf),
}

/// Measures every argument.
pub(super) fn measure(args: &VerifyArgs, effort: &Effort<'_>) -> Vec<Measurement> {
    let found = subjects(&args.subjects, &[Algorithm::Sha256], effort);
    args.subjects.iter().zip(found).flat_map(|(argument, found)| one(argument, found, &args.effort)).collect()
}

fn one(argument: &OsStr, found: Result<Vec<Subject>, gather::Error>, effort: &EffortArgs) -> Vec<Measurement> {
    let bytes = name::bytes(argument);
    let trouble = |error: &gather::Error| {
        let line = SubjectReport::trouble(name::lossless(&bytes), error);
        vec![Measurement::Trouble(Box::new(SubjectReport { name_hex: name::not_utf8_hex(&bytes), ..line }))]
    };
    let found = match found {
        Err(error) => return trouble(&error),
        Ok(found) => found,
    };
    let folder = Path::new(argument).is_dir();
    let perhaps = |subject: &Subject| folder && subject.path().is_some_and(evidence::is_named_like_evidence);
    if !found.iter().all(perhaps) {
        let sort = |subject: Subject| match perhaps(&subject) {
            true => Measurement::Perhaps(subject),
            false => Measurement::Subject(subject),
        };
        return found.into_iter().map(sort).collect();
    }
    let look = |part: Vec<Subject>| part.into_iter().map(|s| looked_at(s, evidence::is_evidence)).collect::<Vec<_>>();
    let sorted: Vec<Measurement> = in_parts(found, effort.threads(), look).into_iter().flatten().collect();
    if sorted.iter().all(|m| matches!(m, Measurement::LeftOut(_))) {
        return trouble(&gather::Error::NothingToHash(argument.into()));
    }
    sorted
}

/// A file that is called like an attestation, once it is known whether it is one.
pub(super) fn looked_at(subject: Subject, is_evidence: impl Fn(&Path) -> bool) -> Measurement {
    match subject.path().filter(|path| is_evidence(path)) {
        Some(path) => Measurement::LeftOut(path.to_owned()),
        None => Measurement::Subject(subject),
    }
}
