//! Measures what was named, many files at a time; the order of the result is the order of the arguments.

use super::VerifyArgs;
use crate::cli::effort::{EffortArgs, in_parts};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use vouchsafe::artifact::{Algorithm, name};
use vouchsafe::audit::SubjectReport;
use vouchsafe::gather::{self, Effort, Named, Subject, evidence, subjects, tree};

/// What a file is measured with before anybody has looked whether more is stated of it.
const ALGORITHMS: &[Algorithm] = &[Algorithm::Sha256];

/// What has become of one file that was named. There may be a hundred thousand: each lies where it is from the
/// measurement to the answer.
#[allow(clippy::large_enum_variant, reason = "nearly all are the large one in the end")]
pub(super) enum Asked {
    /// It was measured, and is to be decided on.
    Subject(Subject),
    /// A file in a folder that is called like an attestation; whether it is one, nobody has looked.
    Perhaps(PathBuf),
    /// It was decided on, or could not be.
    Answered(SubjectReport),
    /// An attestation in a folder: evidence, not a subject.
    LeftOut(PathBuf),
}

/// Measures every argument.
pub(super) fn measure(args: &VerifyArgs, effort: &Effort<'_>) -> Vec<Asked> {
    let make = |named| match named {
        Named::Subject(subject) => Asked::Subject(subject),
        Named::LikeEvidence(path) => Asked::Perhaps(path),
    };
    let found = subjects(&args.subjects, ALGORITHMS, effort, make);
    let mut all = Vec::new();
    for (argument, found) in args.subjects.iter().zip(found) {
        let mut found = match found {
            Err(error) => vec![Asked::trouble(argument, &error)],
            Ok(found) => sorted(argument, found, &args.effort),
        };
        // Of one argument, the list stays where it is.
        if all.is_empty() { all = found } else { all.append(&mut found) }
    }
    all
}

/// Of a folder that seems to hold attestations alone, it is known at once whether it does.
fn sorted(argument: &OsStr, mut found: Vec<Asked>, effort: &EffortArgs) -> Vec<Asked> {
    if !found.is_empty() && found.iter().all(|asked| matches!(asked, Asked::Perhaps(_))) {
        let look = |part: &mut [Asked]| part.iter_mut().for_each(|asked| asked.look(evidence::is_evidence));
        in_parts(&mut found, effort.threads(), look);
        if found.iter().all(|asked| matches!(asked, Asked::LeftOut(_))) {
            return vec![Asked::trouble(argument, &gather::Error::NothingToHash(argument.into()))];
        }
    }
    found
}

impl Asked {
    /// Looks at a file that is called like an attestation: what is none is measured as all others are.
    pub(super) fn look(&mut self, is_evidence: impl Fn(&Path) -> bool) {
        let Self::Perhaps(path) = self else { return };
        let path = std::mem::take(path);
        *self = if is_evidence(&path) {
            Self::LeftOut(path)
        } else {
            match tree::measure_below(&path, ALGORITHMS) {
                Ok(measured) => Self::Subject(Subject::file(path, measured)),
                Err(error) => Self::trouble(path.as_os_str(), &error),
            }
        };
    }

    fn trouble(name: &OsStr, error: &gather::Error) -> Self {
        let bytes = name::bytes(name);
        let line = SubjectReport::trouble(name::lossless(&bytes), error);
        Self::Answered(SubjectReport { name_hex: name::not_utf8_hex(&bytes).map(String::into_boxed_str), ..line })
    }
}
