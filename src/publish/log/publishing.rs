//! The end of the order: witnesses are asked, the checkpoint is published; only then is anything acknowledged.

use super::blobs::{Blobs, CHECKPOINT, Head, WITNESSES};
use super::error::Error;
use super::sequencer::{Committed, Sequencer};
use crate::encoding::text::shown;
use crate::encoding::{MAX_SMALL, json};
use crate::transparency::witness::AddCheckpoint;
use crate::transparency::{LogPolicy, Note, NoteKey, Signature, Signed, Tree, between, signed_checkpoint};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A witness that can be asked.
pub trait Cosigner {
    /// What the log policy calls it.
    fn name(&self) -> &str;
    /// Its key.
    fn key(&self) -> &NoteKey;
    /// Asks for cosignatures on a checkpoint. They are checked before anything is done with them.
    ///
    /// # Errors
    /// [`NotAsked`].
    fn ask(&self, request: &AddCheckpoint) -> Result<Vec<Signature>, NotAsked>;
}

/// Why a witness did not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    /// The tree it cosigned last has this size, not the one that was said.
    #[error("it has cosigned {0} entries before")]
    Conflict(u64),
    /// It says no; in its words.
    #[error("it refuses: {0}")]
    Refused(String),
    /// It cannot be reached.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}

/// schemas/log-witnesses-v1.json: what is known of earlier publications. A cache: what is wrong in it costs a question.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    schema: String,
    /// How many entries the checkpoint had that was published last.
    pub(super) published: u64,
    /// How many entries each witness cosigned last, by its key.
    cosigned: BTreeMap<String, u64>,
}

impl Known {
    const SCHEMA: &'static str = "vouchsafe-log-witnesses/v1";

    pub(super) fn read<B: Blobs>(state: &B) -> Self {
        let bytes = state.read(WITNESSES, MAX_SMALL).ok().flatten().unwrap_or_default();
        let known: Option<Self> = json::parse(&bytes, MAX_SMALL, "witness state").ok();
        known.filter(|k| k.schema == Self::SCHEMA).unwrap_or_default()
    }

    fn write<B: Blobs>(mut self, state: &B) {
        Self::SCHEMA.clone_into(&mut self.schema);
        let _ = state.replace(WITNESSES, &json::pretty(&self));
    }
}

impl<B: Blobs, H: Head> Sequencer<B, H> {
    /// Publishes what was committed, cosigned as the policy asks. What is published already is left as it is.
    pub(super) fn publish(
        &self,
        committed: &Committed,
        policy: Option<&LogPolicy>,
        witnesses: &[&dyn Cosigner],
        now: Timestamp,
    ) -> Result<Note, Error> {
        let before = self.published()?.filter(|note| signed_checkpoint(note, &self.key).is_ok());
        if let Some(note) = before.as_ref().filter(|note| note.text() == committed.note.text())
            && policy.is_none_or(|p| p.trust(note, now).is_ok())
        {
            return Ok(note.clone());
        }
        let mut known = Known::read(&self.state);
        let (note, reasons) = self.gather(committed, witnesses, &mut known)?;
        if let Some(policy) = policy {
            policy.trust(&note, now).map_err(|mut refusal| {
                refusal.got = std::iter::once(refusal.got).chain(reasons).collect::<Vec<_>>().join("; ");
                refusal
            })?;
        }
        // Asking takes long. Somebody who wrote meanwhile, against all locks, has published more than this.
        if self.head.load()?.as_deref() != Some(committed.bytes()) {
            return Err(Error::Overtaken);
        }
        self.public.replace(CHECKPOINT, note.to_string().as_bytes())?;
        let old = before.and_then(|n| signed_checkpoint(&n, &self.key).ok()).map_or(0, |c| c.size);
        self.clear(old, committed.checkpoint.size);
        known.published = committed.checkpoint.size;
        known.write(&self.state);
        Ok(note)
    }

    /// Asks every witness: the note with all that verifies, and in words what went wrong.
    fn gather(
        &self,
        committed: &Committed,
        witnesses: &[&dyn Cosigner],
        known: &mut Known,
    ) -> Result<(Note, Vec<String>), Error> {
        let (mut note, mut reasons) = (committed.note.clone(), Vec::new());
        for witness in witnesses {
            match self.ask(*witness, committed, known)? {
                Ok(signature) => note.add(signature),
                Err(why) => reasons.push(format!("{}: {}", shown(witness.name()), shown(&why))),
            }
        }
        Ok((note, reasons))
    }

    fn ask(
        &self,
        witness: &dyn Cosigner,
        committed: &Committed,
        known: &mut Known,
    ) -> Result<Result<Signature, String>, Error> {
        let (size, name) = (committed.checkpoint.size, witness.key().to_string());
        let reader = self.reader();
        let tree = Tree::new(&reader, size);
        let request = |old: u64| -> Result<AddCheckpoint, Error> {
            Ok(AddCheckpoint { old, proof: tree.consistency(old)?, note: committed.note.clone() })
        };
        let old = known.cosigned.get(&name).copied().filter(|old| *old <= size).unwrap_or(0);
        let answer = match witness.ask(&request(old)?) {
            Err(NotAsked::Conflict(other)) if other != old && other <= size => witness.ask(&request(other)?),
            other => other,
        };
        let signatures = match answer {
            Ok(signatures) => signatures,
            Err(why) => return Ok(Err(why.to_string())),
        };
        // One line of each witness: many would make a checkpoint that nobody can read.
        let good = signatures.into_iter().find(|s| is_good(witness.key(), &committed.note, s));
        let Some(good) = good else { return Ok(Err("its answer holds no good cosignature".into())) };
        known.cosigned.insert(name, size);
        Ok(Ok(good))
    }

    /// Removes unfinished tiles whose full ones were published. Readers of older checkpoints take the full ones.
    fn clear(&self, old: u64, new: u64) {
        for tile in between(old, new).into_iter().filter(|tile| tile.is_full()) {
            let _ = self.public.remove(&format!("{}.p", tile.path()));
        }
    }
}

/// Whether a signature is this witness's own, on this checkpoint.
fn is_good(key: &NoteKey, note: &Note, signature: &Signature) -> bool {
    let mut alone = note.only(|_| false);
    alone.add(signature.clone());
    key.is_named_by(signature) && matches!(key.signed(&alone), Signed::Good(Some(_)))
}
