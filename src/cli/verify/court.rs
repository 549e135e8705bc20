//! Decides on many subjects with all cores, and answers in the order they were asked in.

use super::measure::Asked;
use super::replay::Replay;
use crate::cli::effort::in_parts;
use std::path::PathBuf;
use vouchsafe::artifact::Algorithm;
use vouchsafe::audit::{SubjectReport, Teller};
use vouchsafe::gather::evidence::Found;
use vouchsafe::gather::proofs::Beside;
use vouchsafe::gather::{self, Finder, Subject, tree};
use vouchsafe::verify::{Batch, Candidate, Evidence, Policy, Refusal, Verified};

/// So many files ahead are looked at, whether they are attestations: those of a file come soon behind it.
const AHEAD: usize = 64;

/// A subject that was verified.
pub(super) type Released = (Subject, Verified);

/// What is kept of a verdict that is yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// The line of each of several files, as people read it.
    Lines,
    /// All that a report says: documents have it.
    Grounds,
    /// The verdict, too, for exports and `--exact-set`.
    Verdicts,
}

/// What all subjects are decided with.
#[derive(Clone, Copy)]
pub(super) struct Court<'a> {
    pub(super) batch: &'a Batch<'a>,
    pub(super) finder: &'a Finder,
    pub(super) policy: &'a Policy,
    pub(super) keep: Keep,
    /// What is known of proofs beside the attestations in folders.
    pub(super) proofs: Beside,
}

/// What became of the subjects, in their order.
pub(super) struct Answers {
    pub(super) lines: Vec<SubjectReport>,
    pub(super) release: Vec<Released>,
    pub(super) left_out: Vec<PathBuf>,
}

impl Court<'_> {
    /// Answers all. The first is decided on alone, with the attestations around it: the others find opened what they share
    /// with it.
    pub(super) fn answers(self, mut all: Vec<Asked>, replay: &mut Replay<'_>, threads: usize) -> Answers {
        let subjects = all.iter().enumerate().filter(|(_, asked)| matches!(asked, Asked::Subject(_))).map(|(at, _)| at);
        let alone = subjects.clone().nth(1).unwrap_or(all.len()).min(AHEAD);
        // A line alone is followed by all there is to say, and what may be an attestation may come to no line.
        let lines = subjects.count() + all.iter().filter(|asked| matches!(asked, Asked::Answered(_))).count();
        let briefly = self.keep == Keep::Lines && lines > 1;
        let teller = || if briefly { Teller::briefly() } else { Teller::default() };
        let (first, rest) = all.split_at_mut(alone);
        let mut release = self.some(first, teller(), replay);
        if threads < 2 {
            release.extend(self.some(rest, teller(), replay));
        } else {
            let nothing = replay.none();
            let some = |part: &mut [Asked]| self.some(part, teller(), &mut nothing.none());
            release.extend(in_parts(rest, threads, some).into_iter().flatten());
        }
        let mut left_out = Vec::new();
        let line = |asked| match asked {
            Asked::Answered(line) => Some(line),
            // All are decided on by now; what were not would be here.
            Asked::Subject(mut subject) => Some(self.one(&mut subject, replay, &mut Teller::default(), &mut release)),
            Asked::LeftOut(path) | Asked::Perhaps(path) => {
                left_out.push(path);
                None
            }
        };
        let lines = all.into_iter().filter_map(line).collect();
        Answers { lines, release, left_out }
    }

    /// Answers some where they lie, and returns what is kept of those that were verified.
    fn some(self, some: &mut [Asked], mut teller: Teller, replay: &mut Replay<'_>) -> Vec<Released> {
        let mut release = Vec::new();
        for at in 0..some.len().saturating_add(AHEAD) {
            // What is read of an attestation beside a file, to know that it is one, is what that file is decided with.
            if let Some(ahead) = some.get_mut(at) {
                ahead.look(|path| self.finder.is_evidence(path, self.proofs));
            }
            if let Some(asked) = at.checked_sub(AHEAD).and_then(|at| some.get_mut(at))
                && let Asked::Subject(subject) = asked
            {
                let line = self.one(subject, replay, &mut teller, &mut release);
                *asked = Asked::Answered(line);
            }
        }
        release
    }

    fn one(
        self,
        subject: &mut Subject,
        replay: &mut Replay<'_>,
        teller: &mut Teller,
        release: &mut Vec<Released>,
    ) -> SubjectReport {
        let decision = self.decide(subject, replay);
        if let (Keep::Verdicts, Ok(Ok(verified))) = (self.keep, &decision) {
            release.push((subject.clone(), verified.clone()));
        }
        let name = std::mem::take(&mut subject.name);
        let line = match decision {
            Err(error) => SubjectReport::trouble(name, &error),
            Ok(decision) => teller.decided(name, &subject.measured, &decision, self.policy),
        };
        SubjectReport { name_hex: subject.name_hex().map(Box::from), ..line }
    }

    /// Finds what there is about a subject and decides on it. Measures again where SHA-512 is stated.
    fn decide(
        self,
        subject: &mut Subject,
        replay: &mut Replay<'_>,
    ) -> Result<Result<Verified, Refusal>, gather::Error> {
        let found = self.finder.candidates(subject)?;
        if let Some(path) = subject.path()
            && Finder::wants_sha512(&found)
        {
            subject.measured = tree::measure_file(path, &Algorithm::ALL)?;
        }
        let candidates = found.into_iter().map(candidate).collect();
        let mut evidence = Evidence { name: subject.name.clone(), candidates };
        read_again(self.batch, &mut evidence, replay)?;
        Ok(self.batch.verify(&subject.measured, &evidence))
    }
}

pub(super) fn candidate(found: Found) -> Candidate {
    Candidate { source: found.source, envelope: found.envelope, time: found.time, replay: None }
}

/// Has the evidence of attestations read again, unless there are so many signatures that none is looked at.
pub(super) fn read_again(
    batch: &Batch<'_>,
    evidence: &mut Evidence,
    replay: &mut Replay<'_>,
) -> Result<(), gather::Error> {
    if batch.is_affordable(evidence) {
        for candidate in &mut evidence.candidates {
            candidate.replay = replay.of(candidate)?;
        }
    }
    Ok(())
}
