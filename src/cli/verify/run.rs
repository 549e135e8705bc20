//! Gathers and decides, subject by subject; whatever fails becomes a line of the report.

use super::VerifyArgs;
use super::court::{self, Answers, Court, Keep, Released};
use super::measure::{Asked, measure};
use super::replay::Replay;
use crate::cli::context::Context;
use crate::cli::effort::{at_the_end, count};
use crate::cli::trouble::Trouble;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;
use vouchsafe::artifact::{Measured, name};
use vouchsafe::audit::{Report, SubjectReport, Verdict, ViewShown};
use vouchsafe::encoding::text::shown_path;
use vouchsafe::gather::evidence::{self, Bundles, Found};
use vouchsafe::gather::proofs::{self, Beside};
use vouchsafe::gather::trust::Held;
use vouchsafe::gather::{self, Finder};
use vouchsafe::verify::{AsOf, Batch, Code, Evidence, Policy, Refusal, Verified, exact_set};

/// Decides on every subject asked for: the report, and for each of its lines the verdict, if it is yes.
pub(super) fn report(
    args: &VerifyArgs,
    context: &Context,
    bundles: Bundles,
    held: &Held,
    policy: &Policy,
    now: Timestamp,
    keep: Keep,
) -> Result<(Report, Vec<Option<Verified>>), Trouble> {
    let batch = Batch::new(&held.registry, policy, now);
    let mut replay = Replay::new(args.evidence_dir.clone().filter(|_| args.replay), &held.registry);
    let measured = || args.effort.spend(context, || count(&args.subjects), |effort| measure(args, effort));
    let (finder, measured) = at_once(args, bundles, &batch, measured)?;
    let proofs = proofs_in_folders(&measured);
    let court = Court { batch: &batch, finder: &finder, policy, keep, proofs };
    // To ask how many cores there are takes longer than to decide on one file.
    let threads = if args.replay || measured.len() < 2 { 1 } else { args.effort.threads() };
    let Answers { mut lines, release, left_out } = court.answers(measured, &mut replay, threads);
    if args.exact_set
        && release.len() == lines.len()
        && let Err(refusal) = check_set(&release, &left_out, &batch, &mut replay)
    {
        for line in &mut lines {
            let (digest, measured, name_hex) = (line.digest.take(), line.measured, line.name_hex.take());
            *line = SubjectReport { digest, measured, name_hex, ..SubjectReport::trouble(&line.name, &refusal) };
        }
    }
    let mut yes = release.into_iter().map(|(_, verified)| verified);
    let verified = match keep {
        Keep::Lines | Keep::Grounds => Vec::new(),
        Keep::Verdicts => {
            lines.iter().map(|l| (l.verdict == Verdict::Verified).then(|| yes.next()).flatten()).collect()
        }
    };
    at_the_end((batch, finder));
    let view = ViewShown::of(&AsOf::of(&held.registry, now), now, &held.source);
    let left_out = left_out.iter().map(|p| name::lossless(&name::bytes(p.as_os_str()))).collect();
    Report::new(view, policy, lines, left_out)
        .map(|report| (report, verified))
        .ok_or_else(|| Trouble::undecided("nothing-asked", "there is nothing to verify", "name at least one artifact"))
}

/// Whether any folder that was walked may hold a proof. Where names ignore case, one may be found that is not called so.
fn proofs_in_folders(found: &[Asked]) -> Beside {
    let is_one = |asked: &Asked| matches!(asked, Asked::Perhaps(path) if proofs::is_proof(path));
    let told = cfg!(any(windows, target_os = "macos")) || found.iter().any(is_one);
    if told { Beside::Perhaps } else { Beside::None }
}

/// A file of attestations larger than this is read while something else is done.
const LARGE: u64 = 1 << 20;

/// Has the attestations that were named read while it is found out whom to trust, if that takes long.
pub(super) fn bundles(args: &VerifyArgs) -> Bundles {
    let lengths = args.bundle.iter().map(|path| Some(path.metadata().ok()?.len()));
    let large = lengths.collect::<Option<Vec<u64>>>().is_some_and(|all| all.into_iter().any(|length| length > LARGE));
    if large && args.effort.threads() > 1 { Bundles::begin(&args.bundle) } else { Bundles::Named(args.bundle.clone()) }
}

/// Has read the attestations that were named, and checks the signatures of one that is alone, while artifacts are measured.
/// That there are none is told before anything is measured.
fn at_once<T>(
    args: &VerifyArgs,
    bundles: Bundles,
    batch: &Batch<'_>,
    measured: impl FnOnce() -> T,
) -> Result<(Finder, T), gather::Error> {
    let one = args.subjects.len() == 1 && !args.subjects.iter().any(|subject| Path::new(subject).is_dir());
    if one || matches!(bundles, Bundles::Named(_)) {
        return Ok((bundles.finder()?, measured()));
    }
    let bundles = Mutex::new(Some(bundles));
    let read = || -> Result<Finder, gather::Error> {
        let bundles = bundles.lock().unwrap_or_else(PoisonError::into_inner).take();
        let finder = bundles.map_or_else(|| Finder::new(&args.bundle), Bundles::finder)?;
        finder.only().into_iter().for_each(|found| batch.prepare(court::candidate(found.clone())));
        Ok(finder)
    };
    std::thread::scope(|scope| {
        let Ok(reading) = Builder::new().spawn_scoped(scope, read) else { return Ok((read()?, measured())) };
        let measured = measured();
        Ok((reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?, measured))
    })
}

/// With `--exact-set`: the verified files are the whole release, and every attestation that lies among them is one of
/// it. A file that is only named and shaped like an attestation would otherwise be a file more.
fn check_set(
    release: &[Released],
    left_out: &[PathBuf],
    batch: &Batch<'_>,
    replay: &mut Replay<'_>,
) -> Result<(), Refusal> {
    let set: Vec<(&str, &Measured, &Verified)> =
        release.iter().map(|(s, v)| (s.name.as_str(), &s.measured, v)).collect();
    exact_set(&set)?;
    // A proof vouches for nothing by itself, and says nothing but what it proves.
    for path in left_out.iter().filter(|path| !proofs::is_proof(path)) {
        let found = evidence::read(path).unwrap_or_default();
        let mut vouches = |f: &Found| {
            let mut evidence = Evidence { name: String::new(), candidates: vec![court::candidate(f.clone())] };
            let read = court::read_again(batch, &mut evidence, replay).is_ok();
            read && release.iter().any(|(s, _)| batch.verify(&s.measured, &evidence).is_ok())
        };
        if found.is_empty() || !found.iter().all(&mut vouches) {
            let (expected, got) = ("an attestation of this release", "a file that holds something else");
            return Err(Refusal::new(Code::SetMismatch, shown_path(path), expected, got));
        }
    }
    Ok(())
}
