//! Measures what was named, many files at a time; the order of the result is the order of the arguments.

use super::VerifyArgs;
use crate::cli::effort::in_parts;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use vouchsafe::artifact::{Algorithm, name};
use vouchsafe::audit::SubjectReport;
use vouchsafe::gather::{self, Effort, Subject, evidence, subjects};

/// What became of one file that was named.
pub(super) enum Measurement {
    /// It was measured.
    Subject(Box<Subject>),
    /// It could not be.
    Trouble(Box<SubjectReport>),
    /// An attestation in a folder: evidence, not a subject.
    LeftOut(PathBuf),
}

/// Measures every argument.
pub(super) fn measure(args: &VerifyArgs, effort: &Effort<'_>) -> Vec<Measurement> {
    let found = subjects(&args.subjects, &[Algorithm::Sha256], effort);
    let threads = args.effort.threads();
    args.subjects.iter().zip(found).flat_map(|(argument, found)| one(argument, found, threads)).collect()
}

fn one(argument: &OsStr, found: Result<Vec<Subject>, gather::Error>, threads: usize) -> Vec<Measurement> {
    let bytes = name::bytes(argument);
    let trouble = |error: &gather::Error| {
        let line = SubjectReport::trouble(&name::lossless(&bytes), error);
        vec![Measurement::Trouble(Box::new(SubjectReport { name_hex: name::not_utf8_hex(&bytes), ..line }))]
    };
    let found = match found {
        Err(error) => return trouble(&error),
        Ok(found) => found,
    };
    let folder = Path::new(argument).is_dir();
    let sort = |part: Vec<Subject>| part.into_iter().map(|subject| sort(subject, folder)).collect::<Vec<_>>();
    let sorted: Vec<Measurement> = in_parts(found, threads, sort).into_iter().flatten().collect();
    if sorted.iter().all(|m| matches!(m, Measurement::LeftOut(_))) {
        return trouble(&gather::Error::NothingToHash(argument.into()));
    }
    sorted
}

fn sort(subject: Subject, in_folder: bool) -> Measurement {
    match &subject.path {
        Some(path) if in_folder && evidence::is_evidence(path) => Measurement::LeftOut(path.clone()),
        _ => Measurement::Subject(Box::new(subject)),
    }
}
