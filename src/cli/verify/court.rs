//! Decides on many subjects with all cores, and answers in the order they were asked in.

use super::measure::{self, Measurement};
use super::replay::Replay;
use crate::cli::effort::in_parts;
use std::path::PathBuf;
use vouchsafe::artifact::Algorithm;
use vouchsafe::audit::{SubjectReport, Teller};
use vouchsafe::gather::evidence::Found;
use vouchsafe::gather::{self, Finder, Subject, tree};
use vouchsafe::verify::{Batch, Candidate, Evidence, Policy, Refusal, Verified};

/// So many files ahead are looked at, whether they are attestations.
const AHEAD: usize = 128;

/// A subject that was verified.
pub(super) type Released = (Subject, Verified);

/// What is kept of a verdict that is yes: nobody but exports and `--exact-set` asks for more than the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// The line of the report.
    Lines,
    /// The verdict, too.
    Verdicts,
}

/// What all subjects are decided with.
#[derive(Clone, Copy)]
pub(super) struct Court<'a> {
    pub(super) batch: &'a Batch<'a>,
    pub(super) finder: &'a Finder,
    pub(super) policy: &'a Policy,
    pub(super) keep: Keep,
}

/// What became of the subjects, in their order.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) lines: Vec<SubjectReport>,
    pub(super) release: Vec<Released>,
    pub(super) left_out: Vec<PathBuf>,
}

impl Court<'_> {
    /// Answers all. The first is decided on alone: the others find opened what they share with it.
    pub(super) fn answers(self, all: Vec<Measurement>, replay: &mut Replay<'_>, threads: usize) -> Answers {
        let mut all = all.into_iter();
        let mut answers = self.some(all.by_ref().take(1), replay);
        if threads < 2 {
            answers.extend(self.some(all, replay));
            return answers;
        }
        let nothing = replay.none();
        let parts = in_parts(all.collect(), threads, |part| self.some(part.into_iter(), &mut nothing.none()));
        answers.lines.reserve_exact(parts.iter().map(|part| part.lines.len()).sum());
        parts.into_iter().for_each(|part| answers.extend(part));
        answers
    }

    fn some(self, mut some: impl ExactSizeIterator<Item = Measurement>, replay: &mut Replay<'_>) -> Answers {
        let (mut answers, mut teller) = (Answers::default(), Teller::default());
        answers.lines.reserve_exact(some.len());
        loop {
            // What is read of an attestation beside a file, to know that it is one, is what that file is decided with.
            let next: Vec<_> = some.by_ref().take(AHEAD).map(|measurement| self.looked_at(measurement)).collect();
            if next.is_empty() {
                return answers;
            }
            for measurement in next {
                match measurement {
                    Measurement::Subject(subject) | Measurement::Perhaps(subject) => {
                        self.one(subject, replay, &mut teller, &mut answers);
                    }
                    Measurement::LeftOut(path) => answers.left_out.push(path),
                    Measurement::Trouble(line) => answers.lines.push(*line),
                }
            }
        }
    }

    fn looked_at(self, measurement: Measurement) -> Measurement {
        match measurement {
            Measurement::Perhaps(subject) => measure::looked_at(subject, |path| self.finder.is_evidence(path)),
            other => other,
        }
    }

    fn one(self, mut subject: Subject, replay: &mut Replay<'_>, teller: &mut Teller, answers: &mut Answers) {
        let decision = self.decide(&mut subject, replay);
        if let (Keep::Verdicts, Ok(Ok(verified))) = (self.keep, &decision) {
            answers.release.push((subject.clone(), verified.clone()));
        }
        let name_hex = subject.name_hex().map(str::to_owned);
        let line = match decision {
            Err(error) => SubjectReport::trouble(subject.name, &error),
            Ok(decision) => teller.decided(subject.name, &subject.measured, &decision, self.policy),
        };
        answers.lines.push(SubjectReport { name_hex, ..line });
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

impl Answers {
    fn extend(&mut self, more: Self) {
        self.lines.extend(more.lines);
        self.release.extend(more.release);
        self.left_out.extend(more.left_out);
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
