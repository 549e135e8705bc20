//! One file after the other: measured, its attestations found, decided on, and what is to be said about it.

use super::error::AuditError;
use super::findings;
use super::index::{Index, Row, Waiting};
use super::question::Question;
use super::row;
use super::stamp::{Stamp, is_fresh};
use super::walk::Item;
use crate::artifact::{Algorithm, Measured};
use crate::attestation::{Envelope, Payload as _, Statement};
use crate::encoding::text::shown_path;
use crate::encoding::{Explain, Malformed};
use crate::gather::evidence::{self, Found};
use crate::gather::{self, Finder, Subject, proofs, reports, subject, tree};
use crate::verify::{Batch, Candidate, Code, Evidence, Policy, Refusal, Remade, Verified};
use jiff::Timestamp;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// So many files of attestations are remembered; neighbours often share one.
const REMEMBERED: usize = 8;

/// What one worker decides with.
pub(super) struct Judge<'a> {
    pub(super) question: &'a Question<'a>,
    index: &'a Index,
    batch: Batch<'a>,
    /// The same, asking for no basis.
    weaker: Option<Batch<'a>>,
    registry_until: Timestamp,
    containers: RefCell<BTreeMap<PathBuf, Container>>,
    replayed: RefCell<BTreeMap<String, Option<Remade>>>,
    /// What the last file was decided on: its neighbour often rests on the same.
    last: RefCell<(Vec<Rc<Stated>>, Evidence)>,
    /// Whether an attestation of this file was written to too lately for its stamp to say anything.
    fresh: Cell<bool>,
}

/// A file of attestations, and whether it was written to a moment before it was read.
type Container = (Rc<Vec<Rc<Stated>>>, bool);

/// An attestation, with what it would be costly to find out for every file it is about.
struct Stated {
    found: Found,
    id: Option<String>,
    until: OnceCell<Timestamp>,
}

/// Several attestations.
type Several = Vec<Rc<Stated>>;

/// What was decided on the attestations of one file.
pub(super) struct Decided {
    pub(super) subject: Subject,
    pub(super) decision: Result<Verified, Refusal>,
    /// The attestation that decided: its id, and where it was read.
    pub(super) by: Option<(String, String)>,
    pub(super) weaker: Option<Verified>,
    pub(super) absent: Vec<String>,
    pub(super) until: Timestamp,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        question: &'a Question<'a>,
        index: &'a Index,
        weaker: Option<&'a Policy>,
        registry_until: Timestamp,
    ) -> Self {
        let batch = |policy| Batch::new(question.trust, policy, question.at);
        Self {
            question,
            index,
            batch: batch(question.policy),
            weaker: weaker.map(batch),
            registry_until,
            containers: RefCell::default(),
            replayed: RefCell::default(),
            last: RefCell::default(),
            fresh: Cell::new(false),
        }
    }

    /// The answer about one file. What cannot be read is an answer too.
    pub(super) fn answer(&self, waiting: &Waiting) -> Result<Row, AuditError> {
        let item = &waiting.item;
        let fresh = std::fs::metadata(&item.path).is_ok_and(|about| is_fresh(&about));
        self.fresh.set(false);
        let (done, evidence) = match self.decide(waiting) {
            Ok((decided, evidence)) => (Ok(decided), evidence),
            Err(AuditError::Gather(error)) => (Err(error), None),
            Err(error) => return Err(error),
        };
        Ok(match done {
            Ok(decided) => {
                Row { fresh: fresh || self.fresh.get(), evidence, ..row::decided(self.question, item, decided) }
            }
            // Whatever the world says now, it may say otherwise in a moment.
            Err(error) => Row { fresh: true, ..row::trouble(item, &error) },
        })
    }

    fn decide(&self, waiting: &Waiting) -> Result<(Decided, Option<Stamp>), AuditError> {
        let item = &waiting.item;
        let mut subject = measure(item)?;
        let (first, more, stamp) = self.candidates(item, &subject)?;
        let mut decided = self.on(&mut subject, &first, waiting)?;
        if decided.decision.is_err() && !more.is_empty() {
            let all: Vec<Rc<Stated>> = first.into_iter().chain(more).collect();
            decided = self.on(&mut subject, &all, waiting)?;
        }
        Ok((decided, Some(stamp)))
    }

    /// Attestations to look at first, and those to look at if these do not do.
    fn candidates(&self, item: &Item, subject: &Subject) -> Result<(Several, Several, Stamp), AuditError> {
        let explicit = !self.question.bundles.is_empty();
        if let Some((path, stamp)) = item.beside.as_ref().filter(|_| !explicit) {
            if path.metadata().is_ok_and(|about| !about.is_file()) {
                let kind = "a pipe, a device or a folder";
                return Err(gather::Error::NotAFile { path: path.clone(), kind }.into());
            }
            return Ok((self.container(path)?.to_vec(), Vec::new(), stamp.clone()));
        }
        let hex = subject.measured.sha256().map(|digest| digest.hex()).unwrap_or_default();
        let gathered = self.index.gathered(&hex, &item.path, explicit)?;
        let read = |paths: &[PathBuf], all: bool| {
            let mut found = Vec::new();
            for path in paths {
                let Ok(container) = self.container(path) else { continue };
                found.extend(container.iter().filter(|s| all || s.found.is_about(subject)).cloned());
            }
            found
        };
        let few = explicit && gathered.first.is_empty();
        Ok((read(&gathered.first, false), read(&gathered.more, few), gathered.stamp))
    }

    /// A file of attestations, read once for its neighbours.
    fn container(&self, path: &Path) -> Result<Rc<Several>, gather::Error> {
        if let Some((known, fresh)) = self.containers.borrow().get(path) {
            self.fresh.set(self.fresh.get() || *fresh);
            return Ok(Rc::clone(known));
        }
        let is_there = |path: &Path| std::fs::metadata(path).ok().map(|about| is_fresh(&about));
        let mut proofs = (1..=proofs::MAX_PROOFS).map_while(|nth| is_there(&proofs::place(path, nth)));
        let fresh = is_there(path).unwrap_or(true) || proofs.any(|fresh| fresh);
        let stated = |found: Found| {
            let id = found.envelope.as_ref().ok().map(Envelope::payload_sha256);
            Rc::new(Stated { until: OnceCell::new(), id, found })
        };
        let read: Rc<Several> = Rc::new(evidence::read(path)?.into_iter().map(stated).collect());
        self.fresh.set(self.fresh.get() || fresh);
        let mut remembered = self.containers.borrow_mut();
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(path.to_owned(), (Rc::clone(&read), fresh));
        Ok(read)
    }

    fn on(&self, subject: &mut Subject, stated: &[Rc<Stated>], waiting: &Waiting) -> Result<Decided, AuditError> {
        if stated.iter().any(|s| Finder::wants_sha512(std::slice::from_ref(&s.found)))
            && let Some(path) = subject.path()
        {
            subject.measured = tree::measure_file(path, &Algorithm::ALL)?;
        }
        let mut last = self.last.borrow_mut();
        let same = last.0.len() == stated.len() && last.0.iter().zip(stated).all(|(a, b)| Rc::ptr_eq(a, b));
        if !same {
            let candidates = stated.iter().map(|s| self.candidate(&s.found)).collect::<Result<_, _>>()?;
            *last = (stated.to_vec(), Evidence { name: String::new(), candidates });
        }
        last.1.name.clone_from(&subject.name);
        let evidence = &last.1;
        let decision = self.batch.verify(&subject.measured, evidence);
        let decision = decision.map_err(|refusal| corrupt(refusal, waiting));
        let by = self.decisive(&subject.measured, evidence, &decision);
        let short = matches!(&decision, Err(r) if [Code::PracticesNotMet, Code::TierNotReached].contains(&r.code));
        let weaker = self.weaker.as_ref().filter(|_| short);
        let weaker = weaker.and_then(|batch| batch.verify(&subject.measured, evidence).ok());
        let absent = by.and_then(|n| evidence.candidates.get(n)).map(absent).unwrap_or_default();
        let by = by.and_then(|n| stated.get(n)).and_then(|s| Some((s.id.clone()?, s.found.source.clone())));
        let moment = matches!(&decision, Err(refusal) if super::until::names_the_moment(refusal.code));
        let ends = self.ends(stated, decision.as_ref().ok());
        let until = if moment { self.question.at } else { ends };
        Ok(Decided { subject: subject.clone(), decision, by, weaker, absent, until })
    }

    fn candidate(&self, found: &Found) -> Result<Candidate, gather::Error> {
        let replay = self.replay(found)?;
        Ok(Candidate {
            source: found.source.clone(),
            envelope: found.envelope.clone(),
            time: found.time.clone(),
            replay,
        })
    }

    /// Facts made again from evidence, once for each attestation that a registered key signed.
    fn replay(&self, found: &Found) -> Result<Option<Remade>, gather::Error> {
        let (Some(folder), Ok(envelope)) = (self.question.evidence, &found.envelope) else { return Ok(None) };
        let id = envelope.payload_sha256();
        if let Some(known) = self.replayed.borrow().get(&id) {
            return Ok(known.clone());
        }
        let Ok(signed) = envelope.open::<Statement>(self.question.trust.keyring()) else { return Ok(None) };
        let remade = reports::replay(signed.value(), folder)?.into_iter();
        let told = remade.map(|(id, facts)| (id, facts.map_err(|fault| format!("{fault} [{}]", fault.code()))));
        let remade: Remade = told.collect();
        let mut remembered = self.replayed.borrow_mut();
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(id, Some(remade.clone()));
        Ok(Some(remade))
    }

    /// Until when all of these are looked at as they are now. What a lone one says is known if something was verified by it.
    fn ends(&self, stated: &[Rc<Stated>], verified: Option<&Verified>) -> Timestamp {
        let alone = verified.filter(|_| stated.len() == 1).map(Verified::statement);
        let until = |one: &Rc<Stated>| *one.until.get_or_init(|| self.until(&one.found.envelope, alone));
        stated.iter().map(until).min().unwrap_or(Timestamp::MAX).min(self.registry_until)
    }

    /// Until when an attestation is looked at as it is now, whoever it is by.
    fn until(&self, envelope: &Result<Envelope, Malformed>, known: Option<&Statement>) -> Timestamp {
        let Ok(envelope) = envelope else { return Timestamp::MAX };
        let claims = |statement: &Statement| statement.practices().map(|claimed| self.question.until(claimed));
        let (_, payload) = envelope.inspect_unverified("to know when it has to be looked at again");
        let claims = match known {
            Some(statement) => claims(statement),
            None => Statement::parse(payload).ok().as_ref().and_then(claims),
        };
        claims.unwrap_or(Timestamp::MAX).min(super::until::of_proofs(envelope.proofs(), self.question.at))
    }

    /// Which of several attestations gave the answer: the first that gives it alone.
    fn decisive(
        &self,
        measured: &Measured,
        evidence: &Evidence,
        decision: &Result<Verified, Refusal>,
    ) -> Option<usize> {
        if evidence.candidates.len() <= 1 {
            return (!evidence.candidates.is_empty()).then_some(0);
        }
        evidence.candidates.iter().position(|candidate| {
            let alone = Evidence { name: evidence.name.clone(), candidates: vec![candidate.clone()] };
            match (self.batch.verify(measured, &alone), decision) {
                (Ok(_), Ok(_)) => true,
                (Err(one), Err(all)) => one == *all,
                _ => false,
            }
        })
    }
}

/// The evidence that an attestation rests on and that was not there to be read again.
fn absent(candidate: &Candidate) -> Vec<String> {
    let (Some(remade), Ok(envelope)) = (&candidate.replay, &candidate.envelope) else { return Vec::new() };
    let (_, payload) = envelope.inspect_unverified("its signatures were checked before its evidence was read");
    let statement = Statement::parse(payload).ok();
    let evidence = statement.as_ref().and_then(Statement::practices).map(|p| p.evidence.as_slice()).unwrap_or_default();
    let gone = evidence.iter().filter(|e| e.facts.is_some() && !remade.contains_key(&e.id));
    gone.map(|e| e.name.clone()).collect()
}

/// A file that is named like an attestation and is none is told as that, unless something vouches for it.
fn corrupt(refusal: Refusal, waiting: &Waiting) -> Refusal {
    match &waiting.fault {
        Some(fault) if refusal.code == Code::AttestationMissing => {
            let (expected, path) = ("what its name says: an attestation, or a proof", shown_path(&waiting.item.path));
            Refusal::new(Code::AttestationMalformed, path, expected, fault)
        }
        _ => refusal,
    }
}

fn measure(item: &Item) -> Result<Subject, gather::Error> {
    if let Some((list, entry)) = &item.listed {
        return subject::entry_of(list, entry.clone(), &[Algorithm::Sha256]);
    }
    let measured = tree::measure_file(&item.path, &[Algorithm::Sha256])?;
    Ok(Subject::file(item.path.clone(), measured))
}

/// A finding about what the world did not let us look at.
pub(super) fn finding(error: &dyn Explain, path: &str) -> super::Finding {
    findings::of_trouble(error, path)
}
