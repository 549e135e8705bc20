//! Checkpoints that a known log signed and enough witnesses cosigned, and what was included in them.

use super::checkpoint::Checkpoint;
use super::hash::Hash;
use super::logproof::Proof;
use super::note::Note;
use super::notekey::{NoteKey, Signed};
use super::policy::{LogPolicy, Met};
use super::proof::{is_consistent, root_of_inclusion};
use super::refusal::{Code, Refusal};
use super::time::TrustedTime;
use crate::encoding::Malformed;
use crate::encoding::text::shown;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How far ahead a witness's clock may run.
const SKEW: SignedDuration = SignedDuration::from_secs(300);

/// A checkpoint that a log of the policy signed, with as many cosignatures as the policy asks for. Only
/// [`LogPolicy::trust`] makes one:
///
/// ```compile_fail,E0451
/// fn forge(checkpoint: vouchsafe::transparency::Checkpoint) -> vouchsafe::transparency::TrustedCheckpoint {
///     vouchsafe::transparency::TrustedCheckpoint { checkpoint, cosigned: Vec::new(), time: None }
/// }
/// ```
///
/// ```
/// fn size(c: &vouchsafe::transparency::TrustedCheckpoint) -> u64 { c.checkpoint().size }
/// ```
#[derive(Clone, Debug)]
pub struct TrustedCheckpoint {
    checkpoint: Checkpoint,
    cosigned: Vec<Cosigned>,
    time: Option<TrustedTime>,
}

/// A witness that cosigned a checkpoint, and when it says it did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cosigned {
    /// What the log policy calls the witness.
    pub witness: String,
    /// When.
    pub at: Timestamp,
}

/// An entry that is in a log. Only [`TrustedCheckpoint::includes`] makes one:
///
/// ```compile_fail,E0451
/// fn forge(at: vouchsafe::transparency::TrustedCheckpoint) -> vouchsafe::transparency::Included {
///     vouchsafe::transparency::Included { at, index: 0 }
/// }
/// ```
///
/// ```
/// fn index(i: &vouchsafe::transparency::Included) -> u64 { i.index() }
/// ```
#[derive(Clone, Debug)]
pub struct Included {
    at: TrustedCheckpoint,
    index: u64,
}

fn malformed(error: Malformed) -> Refusal {
    Refusal::new(Code::Malformed, "", format!("a well-formed {}", error.what), error.why)
}

/// What a note says of a key: signed, with what time, or not at all.
fn signed_by(key: &NoteKey, note: &Note) -> Result<Option<Option<Timestamp>>, Refusal> {
    match key.signed(note) {
        Signed::Not => Ok(None),
        Signed::Good(time) => Ok(Some(time)),
        Signed::Bad => {
            let expected = format!("a good signature by {}", shown(key.name()));
            Err(Refusal::new(Code::CheckpointForged, "", expected, "one that does not verify"))
        }
    }
}

/// The checkpoint in a note that the log signed with this key.
///
/// # Errors
/// [`Code::Malformed`], [`Code::OriginUnknown`], [`Code::CheckpointUnsigned`], [`Code::CheckpointForged`].
pub fn signed_checkpoint(note: &Note, log: &NoteKey) -> Result<Checkpoint, Refusal> {
    possible(by_one_of(note, std::iter::once(log))?)
}

fn possible(checkpoint: Checkpoint) -> Result<Checkpoint, Refusal> {
    if checkpoint.is_possible() {
        return Ok(checkpoint);
    }
    let expected = format!("the root of the empty tree, {}", Hash::of_nothing());
    Err(Refusal::new(Code::Malformed, shown(&checkpoint.origin), expected, checkpoint.root.to_string()))
}

/// The same of any of these keys, and of an empty tree with whatever root.
pub(super) fn by_one_of<'k>(note: &Note, logs: impl Iterator<Item = &'k NoteKey>) -> Result<Checkpoint, Refusal> {
    let checkpoint = Checkpoint::parse(note.text()).map_err(malformed)?;
    let (own, others): (Vec<&NoteKey>, Vec<&NoteKey>) = logs.partition(|key| key.name() == checkpoint.origin);
    if own.is_empty() {
        let known: Vec<String> = others.iter().map(|key| shown(key.name())).collect();
        return Err(Refusal::new(Code::OriginUnknown, "", known.join(" or "), shown(&checkpoint.origin)));
    }
    let mut signed = false;
    for key in own {
        signed |= signed_by(key, note)?.is_some();
    }
    if !signed {
        let expected = format!("a signature by {}", shown(&checkpoint.origin));
        let names: Vec<String> = note.signatures().iter().map(|s| shown(&s.name)).collect();
        return Err(Refusal::new(Code::CheckpointUnsigned, "", expected, names.join(", ")));
    }
    Ok(checkpoint)
}

impl LogPolicy {
    /// Believes a checkpoint if a log of this policy signed it and its quorum cosigned it. Cosignatures dated more
    /// than five minutes after `now` do not count.
    ///
    /// # Errors
    /// As [`signed_checkpoint`]; [`Code::WitnessesMissing`].
    pub fn trust(&self, note: &Note, now: Timestamp) -> Result<TrustedCheckpoint, Refusal> {
        let checkpoint = possible(by_one_of(note, self.logs().iter().map(|log| &log.key))?)?;
        let latest = now.checked_add(SKEW).unwrap_or(now);
        let mut times: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for witness in self.witnesses() {
            if let Some(Some(at)) = signed_by(&witness.key, note)?.map(|t| t.filter(|at| *at <= latest)) {
                times.insert(&witness.name, at);
            }
        }
        let because = |names: &BTreeMap<&str, Timestamp>| {
            let names: Vec<&str> = names.keys().copied().collect();
            format!("cosigned in {} by {}", checkpoint.origin, names.join(", "))
        };
        let time = match self.met(&times) {
            Met::NothingAsked => None,
            Met::Since(at) => Some(TrustedTime::witnessed(at, because(&times))),
            Met::No => {
                let names: Vec<String> = times.keys().map(|n| shown(n)).collect();
                let got = if names.is_empty() { "no cosignature of theirs".into() } else { names.join(", ") };
                return Err(Refusal::new(Code::WitnessesMissing, "", self.demand(), got));
            }
        };
        let cosigned = times.into_iter().map(|(name, at)| Cosigned { witness: name.to_owned(), at }).collect();
        Ok(TrustedCheckpoint { checkpoint, cosigned, time })
    }

    /// Whether an entry, by its leaf hash, is in a log that this policy believes.
    ///
    /// # Errors
    /// As [`LogPolicy::trust`] and [`TrustedCheckpoint::includes`].
    pub fn includes(&self, leaf: Hash, proof: &Proof, now: Timestamp) -> Result<Included, Refusal> {
        self.trust(&proof.note, now)?.includes(leaf, proof)
    }
}

impl TrustedCheckpoint {
    /// What it says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
    /// Which witnesses cosigned it.
    pub fn cosigned(&self) -> &[Cosigned] {
        &self.cosigned
    }
    /// By when it existed, on the word of the quorum; None if the policy asks for no witness.
    pub fn time(&self) -> Option<&TrustedTime> {
        self.time.as_ref()
    }

    /// Whether an entry is in it.
    ///
    /// # Errors
    /// [`Code::InclusionWrong`].
    pub fn includes(self, leaf: Hash, proof: &Proof) -> Result<Included, Refusal> {
        let root = root_of_inclusion(leaf, proof.index, self.checkpoint.size, &proof.hashes);
        if root != Some(self.checkpoint.root) {
            let got = root.map_or_else(|| "no proof for a tree of this size".into(), |r| r.to_string());
            return Err(Refusal::new(Code::InclusionWrong, "", format!("the root {}", self.checkpoint.root), got));
        }
        Ok(Included { at: self, index: proof.index })
    }
}

/// Whether a log only grew between two of its checkpoints.
///
/// # Errors
/// [`Code::OriginUnknown`] if they are of two logs; [`Code::LogRolledBack`], [`Code::LogForked`].
pub fn only_grew(old: &Checkpoint, new: &Checkpoint, proof: &[Hash]) -> Result<(), Refusal> {
    if old.origin != new.origin {
        return Err(Refusal::new(Code::OriginUnknown, "", shown(&old.origin), shown(&new.origin)));
    }
    if new.size < old.size {
        let expected = format!("at least {} entries, as seen before", old.size);
        return Err(Refusal::new(Code::LogRolledBack, shown(&new.origin), expected, new.size.to_string()));
    }
    if !is_consistent((old.size, old.root), (new.size, new.root), proof) {
        let expected = format!("a tree of {} entries that begins with the {} of root {}", new.size, old.size, old.root);
        let got = format!("another one, of root {}", new.root);
        return Err(Refusal::new(Code::LogForked, shown(&new.origin), expected, got));
    }
    Ok(())
}

impl Included {
    /// The checkpoint it was proven against.
    pub fn checkpoint(&self) -> &TrustedCheckpoint {
        &self.at
    }
    /// Its place in the log.
    pub fn index(&self) -> u64 {
        self.index
    }
    /// By when it existed, on the word of the witnesses; None if nobody was asked.
    pub fn time(&self) -> Option<&TrustedTime> {
        self.at.time()
    }
}
