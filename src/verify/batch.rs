//! Many artifacts, one registry, one policy: the signatures of an attestation are checked once, however many files it
//! is about. The answers are those of [`super::verify`], which is a batch of one.

use super::cosigners::Endorsers;
use super::decision::{Candidate, Evidence, authentic, decide};
use super::logged::Logged;
use super::policy::Policy;
use super::practices::RequiredOf;
use super::refusal::Refusal;
use super::replay::Remade;
use super::signers::Counted;
use super::subjects::Subjects;
use super::verified::{AsOf, Grounds, Verified};
use crate::artifact::Measured;
use crate::attestation::{Envelope, SharedPayload, Statement, SubjectRef};
use crate::encoding::Malformed;
use crate::key::Signers;
use crate::registry::{Recorded, TrustedRegistry};
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// So many opened attestations are remembered: as many as are all tried for one file. A release has one, a folder of
/// releases one each; what is not asked about again shall make room while it is still near.
const REMEMBERED: usize = 16;

/// Decisions that share a registry, a policy and a moment.
pub struct Batch<'a> {
    pub(super) trust: &'a TrustedRegistry,
    pub(super) policy: &'a Policy,
    pub(super) now: Timestamp,
    /// With the source of each, the oldest first.
    opened: Mutex<VecDeque<(String, Arc<Opened>)>>,
    pub(super) endorsed: Mutex<BTreeMap<String, Endorsers>>,
    pub(super) view: OnceLock<Result<Arc<AsOf>, Refusal>>,
    pub(super) required: Mutex<RequiredOf>,
}

/// An envelope whose signatures were checked against the registry of its batch, or why it did not open.
pub(super) struct Opened {
    envelope: Result<Envelope, Malformed>,
    result: Result<(Said, Signers), Refusal>,
    logged: Logged,
    subjects: Subjects,
    known: Mutex<Option<Known>>,
}

/// A statement, and the bytes that were signed.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) statement: Arc<Statement>,
    pub(super) payload: SharedPayload,
}

/// What was decided for the file before, and on what: who may speak, and which facts were made again.
struct Known {
    counted: Counted,
    replay: Option<Remade>,
    grounds: Result<Arc<Grounds>, Refusal>,
}

impl<'a> Batch<'a> {
    /// Decisions against this registry and policy, at this moment.
    pub fn new(trust: &'a TrustedRegistry, policy: &'a Policy, now: Timestamp) -> Self {
        let (opened, endorsed, required) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { trust, policy, now, opened, endorsed, view: OnceLock::new(), required }
    }

    /// Whether all signatures of this can be checked in reasonable time; if not, [`Batch::verify`] refuses it unchecked.
    pub fn is_affordable(&self, evidence: &Evidence) -> bool {
        super::decision::affordable(evidence, self.trust).is_ok()
    }

    /// Checks the signatures of a candidate that is going to be asked about. Changes no answer.
    pub fn prepare(&self, candidate: Candidate) {
        let evidence = Evidence { name: String::new(), candidates: vec![candidate] };
        if self.is_affordable(&evidence) {
            evidence.candidates.iter().for_each(|candidate| drop(self.open(candidate)));
        }
    }

    /// Decides whether an artifact is vouched for, as [`super::verify`] does.
    ///
    /// # Errors
    /// A [`Refusal`], which is an answer, not a malfunction.
    pub fn verify(&self, artifact: &Measured, evidence: &Evidence) -> Result<Verified, Refusal> {
        decide(self, artifact, evidence)
    }

    /// Opens a candidate, or finds it opened. Where it was found is only where to look: what is remembered counts
    /// if it is the same envelope, byte for byte.
    pub(super) fn open(&self, candidate: &Candidate) -> Arc<Opened> {
        let lock = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |(source, opened): &&(String, Arc<Opened>)| {
            *source == candidate.source && opened.envelope == candidate.envelope
        };
        if let Some((_, known)) = lock().iter().find(is_it) {
            return Arc::clone(known);
        }
        // Others go on meanwhile.
        let opened = Arc::new(Opened::new(candidate, self.trust, self.now));
        let mut remembered = lock();
        let oldest = if remembered.len() < REMEMBERED { None } else { remembered.pop_front() };
        remembered.push_back((candidate.source.clone(), Arc::clone(&opened)));
        // Whatever it takes to forget one, nobody waits for it.
        drop(remembered);
        drop(oldest);
        opened
    }
}

impl Opened {
    fn new(candidate: &Candidate, trust: &TrustedRegistry, now: Timestamp) -> Self {
        let result = authentic(candidate, trust).map(|(authentic, payload)| {
            let (statement, signers) = authentic.into_parts();
            (Said { statement: Arc::new(statement), payload }, signers)
        });
        let logged = match (&candidate.envelope, &result) {
            (Ok(envelope), Ok((_, signers))) => Logged::of(envelope, signers, trust, now),
            _ => Logged::default(),
        };
        Self {
            envelope: candidate.envelope.clone(),
            result,
            logged,
            subjects: Subjects::default(),
            known: Mutex::default(),
        }
    }

    /// What was signed, and who signed it.
    pub(super) fn said(&self) -> Result<(&Said, &Signers), Refusal> {
        self.result.as_ref().map(|(said, signers)| (said, signers)).map_err(Clone::clone)
    }

    /// The statement and who signed it.
    pub(super) fn statement(&self) -> Result<(&Statement, &Signers), Refusal> {
        self.said().map(|(said, signers)| (&*said.statement, signers))
    }

    /// What was decided when the same signers counted, and the same facts had been made again; else decides.
    pub(super) fn grounds(
        &self,
        candidate: &Candidate,
        counted: Counted,
        decide: impl FnOnce(Counted) -> Result<Arc<Grounds>, Refusal>,
    ) -> Result<Arc<Grounds>, Refusal> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().as_ref().filter(|k| k.counted == counted && k.replay == candidate.replay) {
            return known.grounds.clone();
        }
        let grounds = decide(counted.clone());
        *lock() = Some(Known { counted, replay: candidate.replay.clone(), grounds: grounds.clone() });
        grounds
    }

    /// What its proofs of being in a log show.
    pub(super) fn logged(&self) -> &Logged {
        &self.logged
    }

    /// The notices about it in a registry, which name it by what was signed.
    pub(super) fn notices<'t>(&self, trust: &'t TrustedRegistry) -> &'t [Recorded] {
        self.result.as_ref().map_or(&[], |(said, _)| trust.notices_about(|| said.payload.sha256()))
    }

    /// The subjects that state one of the artifact's digests, in any algorithm, in their order. Of several that state
    /// exactly the same digests, the first.
    pub(super) fn sharing<'s>(
        &self,
        statement: &'s Statement,
        artifact: &Measured,
    ) -> impl Iterator<Item = SubjectRef<'s>> {
        self.subjects.sharing(statement, artifact).into_iter().filter_map(|at| statement.subjects().get(at))
    }
}
