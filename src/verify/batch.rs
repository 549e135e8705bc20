//! Many artifacts, one registry, one policy: the signatures of an attestation are checked once, however many files it
//! is about. The answers are those of [`super::verify`], which is a batch of one.

use super::cosigners::Endorsers;
use super::decision::{Candidate, Evidence, authentic, decide};
use super::logged::Logged;
use super::policy::Policy;
use super::refusal::Refusal;
use super::verified::Verified;
use crate::artifact::Measured;
use crate::attestation::{Envelope, Statement, Subject};
use crate::encoding::Malformed;
use crate::key::Signers;
use crate::registry::{Recorded, TrustedRegistry};
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// So many opened attestations are remembered; a release has one, a folder of releases one each.
const REMEMBERED: usize = 64;

/// Decisions that share a registry, a policy and a moment.
pub struct Batch<'a> {
    pub(super) trust: &'a TrustedRegistry,
    pub(super) policy: &'a Policy,
    pub(super) now: Timestamp,
    opened: RefCell<BTreeMap<String, Rc<Opened>>>,
    pub(super) endorsed: RefCell<BTreeMap<String, Endorsers>>,
}

/// An envelope whose signatures were checked against the registry of its batch, or why it did not open.
pub(super) struct Opened {
    envelope: Result<Envelope, Malformed>,
    result: Result<(Arc<Statement>, Signers), Refusal>,
    payload: Option<String>,
    logged: Logged,
    by_digest: HashMap<String, Vec<usize>>,
}

impl<'a> Batch<'a> {
    /// Decisions against this registry and policy, at this moment.
    pub fn new(trust: &'a TrustedRegistry, policy: &'a Policy, now: Timestamp) -> Self {
        Self { trust, policy, now, opened: RefCell::default(), endorsed: RefCell::default() }
    }

    /// Whether all signatures of this can be checked in reasonable time; if not, [`Batch::verify`] refuses it unchecked.
    pub fn is_affordable(&self, evidence: &Evidence) -> bool {
        super::decision::affordable(evidence, self.trust).is_ok()
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
    pub(super) fn open(&self, candidate: &Candidate) -> Rc<Opened> {
        let mut remembered = self.opened.borrow_mut();
        if let Some(known) = remembered.get(&candidate.source).filter(|o| o.envelope == candidate.envelope) {
            return Rc::clone(known);
        }
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        let opened = Rc::new(Opened::new(candidate, self.trust, self.now));
        remembered.insert(candidate.source.clone(), Rc::clone(&opened));
        opened
    }
}

impl Opened {
    fn new(candidate: &Candidate, trust: &TrustedRegistry, now: Timestamp) -> Self {
        let result = authentic(candidate, trust).map(|authentic| {
            let (statement, signers) = authentic.into_parts();
            (Arc::new(statement), signers)
        });
        let mut by_digest: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, subject) in result.iter().flat_map(|(statement, _)| statement.subjects()).enumerate() {
            for hex in subject.digest.values() {
                by_digest.entry(hex.to_ascii_lowercase()).or_default().push(at);
            }
        }
        let payload = candidate.envelope.as_ref().ok().map(Envelope::payload_sha256);
        let logged = match (&candidate.envelope, &result) {
            (Ok(envelope), Ok((_, signers))) => Logged::of(envelope, signers, trust, now),
            _ => Logged::default(),
        };
        Self { envelope: candidate.envelope.clone(), result, payload, logged, by_digest }
    }

    /// The statement and who signed it.
    pub(super) fn statement(&self) -> Result<(&Arc<Statement>, &Signers), Refusal> {
        self.result.as_ref().map(|(statement, signers)| (statement, signers)).map_err(Clone::clone)
    }

    /// What its proofs of being in a log show.
    pub(super) fn logged(&self) -> &Logged {
        &self.logged
    }

    /// The notices about it in a registry.
    pub(super) fn notices<'t>(&self, trust: &'t TrustedRegistry) -> &'t [Recorded] {
        self.payload.as_ref().map_or(&[], |digest| trust.notices_about(digest))
    }

    /// The subjects that state one of the artifact's digests, in any algorithm, in their order.
    pub(super) fn sharing<'s>(
        &self,
        statement: &'s Statement,
        artifact: &Measured,
    ) -> impl Iterator<Item = &'s Subject> {
        let places = artifact.digests().iter().filter_map(|d| self.by_digest.get(&d.hex())).flatten();
        let places: std::collections::BTreeSet<usize> = places.copied().collect();
        places.into_iter().filter_map(|at| statement.subjects().get(at))
    }
}
