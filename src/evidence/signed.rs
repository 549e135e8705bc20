//! Evidence that is signed: opened with the accepted keys first, believed only then.
//!
//! Unsigned is not the same as unreadable: an envelope that no accepted key vouches for yields the one fact that it
//! does not, and nothing of what is in it.

use super::{Code, Fault, Target, bounded};
use crate::artifact::Algorithm;
use crate::attestation::{Envelope, OpenError, Predicate, Statement, SubjectRef, Subjects, read_container};
use crate::encoding::base64;
use crate::key::Quorum;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;
use std::num::NonZeroUsize;

/// The most bytes of one file of envelopes.
const LIMIT: usize = 16 << 20;
/// How much of a payload is looked at to tell what it seems to be.
const PEEK: usize = 48 << 10;

/// What a file of envelopes held.
#[derive(Debug, Default)]
pub(super) struct Opened {
    /// Statements that an accepted key signed.
    pub(super) statements: Vec<Statement>,
    /// How many envelopes there were.
    pub(super) envelopes: usize,
}

/// Opens every envelope of a file. Those that no accepted key signed are counted and stay shut.
pub(super) fn open(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Opened, Fault> {
    let bytes = bounded::some(input, LIMIT, name)?;
    let envelopes = read_container(&bytes)?.envelopes;
    let keys = target.keys.iter().map(|key| (key.id().as_str().to_owned(), key.clone()));
    // One principal for each key: none can be listed for two.
    let quorum = Quorum::new(keys, NonZeroUsize::MIN)
        .map_err(|e| Fault::new(Code::Malformed, name, "keys of one owner each", e.to_string()))?;
    let mut opened = Opened { statements: Vec::new(), envelopes: envelopes.len() };
    for envelope in envelopes {
        match open_one(&envelope?, &quorum) {
            Ok(statement) => opened.statements.push(statement),
            Err(OpenError::Unsigned | OpenError::Shortfall(_)) => {}
            Err(OpenError::Malformed(error)) => return Err(error.into()),
        }
    }
    Ok(opened)
}

fn open_one(envelope: &Envelope, quorum: &Quorum) -> Result<Statement, OpenError> {
    envelope.open::<Statement>(quorum).map(|authentic| authentic.into_parts().0)
}

impl Opened {
    /// The predicates of one type, each with the subjects it is about.
    ///
    /// # Errors
    /// If there are signed statements, and none of them is of that type.
    pub(super) fn of_type(&self, name: &str, wanted: &str) -> Result<Vec<(&Subjects, &Value)>, Fault> {
        let of_type = |s: &&Statement| s.predicate_type() == wanted;
        let found: Vec<_> = self
            .statements
            .iter()
            .filter(of_type)
            .filter_map(|statement| match statement.predicate() {
                Predicate::Other(value) => Some((statement.subjects(), value)),
                Predicate::Practices(_) => None,
            })
            .collect();
        match (self.statements.first(), found.is_empty()) {
            (Some(other), true) => Err(Fault::new(Code::Unsupported, name, wanted, other.predicate_type())),
            _ => Ok(found),
        }
    }
}

/// How subjects compare with the digests of the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// At least one is of the release, and none of these contradicts itself.
    Same,
    /// None is of the release.
    None,
    /// A subject has one digest of the release and another that is not: somebody is lying.
    Contradicts,
}

/// The digests of the release, and which kinds of them there are.
pub(super) struct Release<'a> {
    all: Option<&'a BTreeSet<String>>,
    lengths: BTreeSet<usize>,
}

impl<'a> Release<'a> {
    /// What evidence is held against.
    pub(super) fn of(target: &Target<'a>) -> Self {
        let lengths = target.digests.into_iter().flatten().map(String::len).collect();
        Self { all: target.digests, lengths }
    }

    /// Compares by digest, never by name, in the accepted algorithms alone.
    pub(super) fn compare<'s>(&self, subjects: impl IntoIterator<Item = SubjectRef<'s>>) -> Match {
        let mut same = false;
        for subject in subjects {
            let (mut hit, mut miss) = (false, false);
            for (digest, known) in self.digests(subject) {
                hit |= known;
                // A release that was not measured in an algorithm cannot be contradicted in it.
                miss |= !known && self.lengths.contains(&digest.len());
            }
            match (hit, miss) {
                (true, true) => return Match::Contradicts,
                (true, false) => same = true,
                _ => {}
            }
        }
        if same { Match::Same } else { Match::None }
    }

    /// The digests of these subjects that are digests of the release.
    pub(super) fn known<'s>(&self, subjects: impl IntoIterator<Item = SubjectRef<'s>>) -> BTreeSet<String> {
        let digests = subjects.into_iter().flat_map(|subject| self.digests(subject));
        digests.filter_map(|(digest, known)| known.then_some(digest)).collect()
    }

    /// The digests of a subject in the accepted algorithms, and whether each is one of the release.
    fn digests(&self, subject: SubjectRef<'_>) -> impl Iterator<Item = (String, bool)> {
        Algorithm::ALL.into_iter().filter_map(move |algorithm| {
            let digest = subject.digest.get(algorithm.as_str())?.to_ascii_lowercase();
            let known = self.all.is_some_and(|all| all.contains(&digest));
            Some((digest, known))
        })
    }
}

/// The text at a path of objects, if there is one.
pub(super) fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(value, |at, key| at.get(*key)).and_then(Value::as_str)
}

/// Whether a file that begins so seems to be a file of envelopes with this in the first payload. Nothing is believed.
pub(super) fn seems(head: &[u8], inside: &str) -> bool {
    payload(head).is_some_and(|payload| String::from_utf8_lossy(&payload).contains(inside))
}

/// Whether a file that begins so seems to be a file of envelopes.
pub(super) fn seems_envelope(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    text.trim_start().starts_with('{')
        && (text.contains("\"dsseEnvelope\"") || (text.contains("\"payloadType\"") && text.contains("\"payload\"")))
}

/// What can be decoded of the first payload.
fn payload(head: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(head);
    let (_, after) = text.split_once("\"payload\"")?;
    let after = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let encoded: String = after.chars().take_while(|c| *c != '"').take(PEEK).collect();
    let whole = encoded.len().checked_sub(encoded.len().checked_rem(4)?)?;
    base64::decode(encoded.get(..whole)?, "payload").ok()
}
