//! Measures what was named, several arguments at a time; the order of the result is the order of the arguments.

use super::VerifyArgs;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use vouchsafe::artifact::{Algorithm, name};
use vouchsafe::audit::SubjectReport;
use vouchsafe::gather::{self, Subject, evidence, subjects};

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
pub(super) fn measure(args: &VerifyArgs) -> Vec<Measurement> {
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN).get();
    let done: Mutex<BTreeMap<usize, Vec<Measurement>>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let take = || {
        let n = next.fetch_add(1, Ordering::Relaxed);
        args.subjects.get(n).map(|argument| (n, argument))
    };
    let work = || {
        while let Some((n, argument)) = take() {
            let measured = one(argument);
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(n, measured);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs.min(args.subjects.len()) {
            scope.spawn(work);
        }
        work();
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().flatten().collect()
}

fn one(argument: &OsStr) -> Vec<Measurement> {
    let bytes = name::bytes(argument);
    let trouble = |error: &gather::Error| {
        let line = SubjectReport::trouble(&name::lossless(&bytes), error);
        vec![Measurement::Trouble(Box::new(SubjectReport { name_hex: name::not_utf8_hex(&bytes), ..line }))]
    };
    let found = match subjects(argument, &[Algorithm::Sha256]) {
        Err(error) => return trouble(&error),
        Ok(found) => found,
    };
    let folder = Path::new(argument).is_dir();
    let sorted: Vec<Measurement> = found.into_iter().map(|subject| sort(subject, folder)).collect();
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
