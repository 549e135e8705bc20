//! Measures, gathers and decides, subject by subject; whatever fails becomes a line of the report.

use super::VerifyArgs;
use crate::cli::trouble::Trouble;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use vouchsafe::artifact::{Algorithm, Measured};
use vouchsafe::audit::{Report, SubjectReport, ViewShown};
use vouchsafe::gather::trust::Held;
use vouchsafe::gather::{self, Finder, Subject, evidence, subjects, tree};
use vouchsafe::verify::{AsOf, Candidate, Evidence, Policy, Refusal, Verified, exact_set, verify};

/// A subject, or why there is none.
type Measurement = Result<Subject, SubjectReport>;

/// Decides on every subject asked for.
pub(super) fn report(args: &VerifyArgs, held: &Held, policy: &Policy, now: Timestamp) -> Result<Report, Trouble> {
    let mut finder = Finder::new(&args.bundle)?;
    let mut lines = Vec::new();
    let mut release: Vec<(Subject, Verified)> = Vec::new();
    for measurement in measure(args) {
        match measurement {
            Err(line) => lines.push(line),
            Ok(subject) => match decide(subject, &mut finder, held, policy, now) {
                Ok((subject, decision)) => {
                    lines.push(SubjectReport::decided(&subject.name, &subject.measured, &decision, policy));
                    release.extend(decision.ok().map(|verified| (subject, verified)));
                }
                Err(line) => lines.push(*line),
            },
        }
    }
    if args.exact_set && release.len() == lines.len() {
        let set: Vec<(&str, &Measured, &Verified)> =
            release.iter().map(|(s, v)| (s.name.as_str(), &s.measured, v)).collect();
        if let Err(refusal) = exact_set(&set) {
            for line in &mut lines {
                let digest = line.digest.take();
                *line =
                    SubjectReport { digest, measured: line.measured, ..SubjectReport::trouble(&line.name, &refusal) };
            }
        }
    }
    let view = ViewShown::of(&AsOf::of(&held.registry, now), now, &held.source);
    Report::new(view, policy, lines)
        .ok_or_else(|| Trouble::undecided("nothing-asked", "there is nothing to verify", "name at least one artifact"))
}

fn decide(
    mut subject: Subject,
    finder: &mut Finder,
    held: &Held,
    policy: &Policy,
    now: Timestamp,
) -> Result<(Subject, Result<Verified, Refusal>), Box<SubjectReport>> {
    let found = finder.candidates(&subject).map_err(|e| Box::new(SubjectReport::trouble(&subject.name, &e)))?;
    if Finder::wants_sha512(&found)
        && let Some(path) = &subject.path
    {
        subject.measured = tree::measure_file(path, &Algorithm::ALL)
            .map_err(|e| Box::new(SubjectReport::trouble(&subject.name, &e)))?;
    }
    let candidates =
        found.into_iter().map(|f| Candidate { source: f.source, envelope: f.envelope, time: f.time }).collect();
    let evidence = Evidence { name: subject.name.clone(), candidates };
    let decision = verify(&subject.measured, evidence, &held.registry, policy, now);
    Ok((subject, decision))
}

/// Measures every argument, several at a time; the order of the result is the order of the arguments.
fn measure(args: &VerifyArgs) -> Vec<Measurement> {
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN).get();
    let done: Mutex<BTreeMap<usize, Vec<Measurement>>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((n, argument)) = {
            let n = next.fetch_add(1, Ordering::Relaxed);
            args.subjects.get(n).map(|a| (n, a))
        } {
            let measured = measure_one(argument);
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(n, measured);
        }
    };
    if jobs.min(args.subjects.len()) <= 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            (0..jobs.min(args.subjects.len())).for_each(|_| {
                scope.spawn(work);
            })
        });
    }
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().flatten().collect()
}

/// A folder's own attestations are evidence, not subjects.
fn measure_one(argument: &OsStr) -> Vec<Measurement> {
    let name = argument.to_string_lossy().into_owned();
    match subjects(argument, &[Algorithm::Sha256]) {
        Err(error) => vec![Err(SubjectReport::trouble(&name, &error))],
        Ok(found) => {
            let folder = found.len() > 1 || std::path::Path::new(argument).is_dir();
            let wanted = |s: &Subject| {
                !(folder && s.path.as_deref().is_some_and(|p| evidence::is_container(p) && evidence::reads(p)))
            };
            let kept: Vec<Measurement> = found.into_iter().filter(wanted).map(Ok).collect();
            if kept.is_empty() {
                return vec![Err(SubjectReport::trouble(&name, &gather::Error::NothingToHash(argument.into())))];
            }
            kept
        }
    }
}
