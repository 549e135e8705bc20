//! A log that is written to: what is there already is found, what is new is committed in batches and published.

use super::blobs::{Blobs, Head};
use super::edge::Edge;
use super::error::Error;
use super::index::Index;
use super::publishing::Cosigner;
use super::sequencer::{Committed, Sequencer};
use super::staged::{MAX_BATCH, MAX_BATCH_BYTES};
use crate::encoding::Malformed;
use crate::signer::Signer;
use crate::store;
use crate::transparency::{Checkpoint, Hash, LogPolicy, MAX_ENTRY, Note, NoteKey, Proof, Tree, signed_checkpoint};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A log on any driver.
#[derive(Debug)]
pub struct Log<B, H> {
    pub(super) sequencer: Sequencer<B, H>,
    policy: Option<LogPolicy>,
    pub(super) memory: Mutex<Memory>,
}

/// What is kept between appends; all of it can be read again.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) index: Index,
    edge: Option<Edge>,
    stopped: bool,
}

/// An entry and its hash.
type Leaf<'e> = (Hash, &'e [u8]);

/// What was logged: where, and the checkpoint that holds it.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The place of each entry, in their order.
    pub places: Vec<u64>,
    /// The checkpoint that was published, with all its cosignatures.
    pub note: Note,
}

impl<B: Blobs, H: Head> Log<B, H> {
    /// A log whose index is gone when it is closed.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn new(public: B, state: B, head: H, key: NoteKey, policy: Option<LogPolicy>) -> Result<Self, Error> {
        Ok(Self::with(Sequencer { public, state, head, key }, policy, Index::in_memory()?))
    }

    pub(super) fn with(sequencer: Sequencer<B, H>, policy: Option<LogPolicy>, index: Index) -> Self {
        let memory = Memory { index, edge: None, stopped: false };
        Self { sequencer, policy, memory: Mutex::new(memory) }
    }

    /// Its key; the name is its origin.
    pub fn key(&self) -> &NoteKey {
        &self.sequencer.key
    }
    /// Which witnesses it asks, if any.
    pub fn policy(&self) -> Option<&LogPolicy> {
        self.policy.as_ref()
    }
    pub(super) fn set_policy(&mut self, policy: Option<LogPolicy>) {
        self.policy = policy;
    }

    /// Begins it: commits the empty tree, and publishes that if no witness has to be asked.
    ///
    /// # Errors
    /// [`store::Error::Exists`] if entries were committed already; [`Error`].
    pub fn begin(&self, signer: &dyn Signer, now: Timestamp) -> Result<(), Error> {
        self.check_key(signer)?;
        let _held = self.sequencer.head.lock()?;
        let nothing = Committed::nothing(self.key(), signer)?;
        let before = self.sequencer.head.load()?;
        // What an interrupted beginning left may be written over; what was committed may not.
        if let Some(head) = &before
            && Checkpoint::parse(Note::parse(head)?.text())?.size > 0
        {
            return Err(store::Error::Exists("head".into()).into());
        }
        self.sequencer.head.swap(before.as_deref(), nothing.bytes())?;
        if !self.policy.as_ref().is_some_and(LogPolicy::asks_for_witnesses) {
            self.sequencer.publish(&nothing, self.policy(), &[], now)?;
        }
        Ok(())
    }

    /// Logs entries, each once however often it is given, and proves each against the checkpoint that was published.
    ///
    /// # Errors
    /// As [`Log::log`].
    pub fn append(
        &self,
        entries: &[Vec<u8>],
        signer: &dyn Signer,
        witnesses: &[&dyn Cosigner],
        now: Timestamp,
    ) -> Result<Vec<Proof>, Error> {
        let logged = self.log(entries, signer, witnesses, now)?;
        self.proofs(&logged)
    }

    /// Proofs of what was logged.
    ///
    /// # Errors
    /// What reading the tiles says.
    pub fn proofs(&self, logged: &Logged) -> Result<Vec<Proof>, Error> {
        let checkpoint = signed_checkpoint(&logged.note, self.key())?;
        let reader = self.sequencer.reader();
        let tree = Tree::new(&reader, checkpoint.size);
        let proof =
            |place: &u64| Ok(Proof { index: *place, hashes: tree.inclusion(*place)?, note: logged.note.clone() });
        logged.places.iter().map(proof).collect()
    }

    /// Logs entries. When this returns, they are in the published checkpoint and in every later one.
    ///
    /// # Errors
    /// [`Error`]; of [`crate::transparency::Code::WitnessesMissing`] the entries stay committed, and logging them
    /// again finishes the job.
    pub fn log(
        &self,
        entries: &[Vec<u8>],
        signer: &dyn Signer,
        witnesses: &[&dyn Cosigner],
        now: Timestamp,
    ) -> Result<Logged, Error> {
        self.check_key(signer)?;
        if let Some(entry) = entries.iter().find(|e| e.len() > MAX_ENTRY) {
            let why = format!("{} bytes, the limit is {MAX_ENTRY}", entry.len());
            return Err(Malformed::new("log entry", why).into());
        }
        let mut memory = self.remembered()?;
        let _held = self.sequencer.head.lock()?;
        let logged = self.log_held(&mut memory, entries, signer, |committed| {
            self.sequencer.publish(committed, self.policy(), witnesses, now)
        });
        if logged.is_err() {
            memory.edge = None;
        }
        memory.stopped = logged.as_ref().is_err_and(Error::is_fatal);
        logged
    }

    fn log_held(
        &self,
        memory: &mut Memory,
        entries: &[Vec<u8>],
        signer: &dyn Signer,
        publish: impl FnOnce(&Committed) -> Result<Note, Error>,
    ) -> Result<Logged, Error> {
        let mut committed = self.sequencer.recover()?;
        let reader = self.sequencer.reader();
        memory.index.reach(&reader, &committed.checkpoint)?;
        let mut edge = match memory.edge.take() {
            Some(edge) if (edge.size(), edge.root()) == (committed.checkpoint.size, committed.checkpoint.root) => edge,
            _ => Edge::read(&reader, committed.checkpoint.size, committed.checkpoint.root)?,
        };
        let (places, new) = self.sort(memory, &committed, entries)?;
        let mut new = new.as_slice();
        while !new.is_empty() {
            let (batch, rest) = new.split_at_checked(batch_of(new)).unwrap_or((new, &[]));
            let bytes: Vec<&[u8]> = batch.iter().map(|(_, bytes)| *bytes).collect();
            let first = edge.size();
            (committed, edge) = self.sequencer.commit(&committed, &edge, &bytes, signer)?;
            let leaves: Vec<(Hash, u64)> = batch.iter().map(|(leaf, _)| *leaf).zip(first..).collect();
            memory.index.add(&leaves, &committed.checkpoint)?;
            new = rest;
        }
        let note = publish(&committed)?;
        memory.edge = Some(edge);
        Ok(Logged { places, note })
    }

    /// Where each entry is or will be, and those that are new, each once.
    fn sort<'e>(
        &self,
        memory: &mut Memory,
        committed: &Committed,
        entries: &'e [Vec<u8>],
    ) -> Result<(Vec<u64>, Vec<Leaf<'e>>), Error> {
        let leaves: Vec<Hash> = entries.iter().map(|entry| Hash::leaf(entry)).collect();
        let known = memory.index.find(&leaves, &self.sequencer.reader(), &committed.checkpoint)?;
        let (mut places, mut new, mut next) = (Vec::new(), Vec::new(), committed.checkpoint.size);
        let mut fresh: BTreeMap<Hash, u64> = BTreeMap::new();
        for ((leaf, entry), known) in leaves.into_iter().zip(entries).zip(known) {
            let known = known.or_else(|| fresh.get(&leaf).copied());
            places.push(known.unwrap_or(next));
            if known.is_none() {
                fresh.insert(leaf, next);
                new.push((leaf, entry.as_slice()));
                next = next.saturating_add(1);
            }
        }
        Ok((places, new))
    }

    /// The proof of a leaf against the checkpoint that is published; None if that does not hold it.
    ///
    /// # Errors
    /// [`Error`].
    pub fn prove(&self, leaf: &Hash) -> Result<Option<Proof>, Error> {
        let mut memory = self.remembered()?;
        let _held = self.sequencer.head.lock()?;
        let committed = self.sequencer.recover()?;
        let Some(note) = self.sequencer.published()? else { return Ok(None) };
        let size = signed_checkpoint(&note, self.key())?.size;
        let reader = self.sequencer.reader();
        memory.index.reach(&reader, &committed.checkpoint)?;
        let place = memory.index.find(&[*leaf], &reader, &committed.checkpoint)?.pop().flatten();
        let Some(place) = place.filter(|place| *place < size) else { return Ok(None) };
        Ok(self.proofs(&Logged { places: vec![place], note })?.pop())
    }

    /// The checkpoint that is published, its signature by this log checked.
    ///
    /// # Errors
    /// [`Error`]; a log whose witnesses never cosigned has none.
    pub fn checkpoint(&self) -> Result<Note, Error> {
        let note =
            self.sequencer.published()?.ok_or_else(|| store::Error::NotFound(super::blobs::CHECKPOINT.into()))?;
        signed_checkpoint(&note, self.key())?;
        Ok(note)
    }

    pub(super) fn remembered(&self) -> Result<MutexGuard<'_, Memory>, Error> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.stopped { Err(Error::Stopped) } else { Ok(memory) }
    }

    fn check_key(&self, signer: &dyn Signer) -> Result<(), Error> {
        let given = NoteKey::new(self.key().name(), crate::transparency::Scheme::Ed25519(signer.public().clone()));
        match given {
            Ok(key) if key.to_string() == self.key().to_string() => Ok(()),
            _ => Err(Error::OtherKey {
                origin: self.key().name().to_owned(),
                expected: self.key().to_string(),
                got: signer.public().id().to_string(),
            }),
        }
    }
}

/// How many entries go into the next batch: at least one.
fn batch_of(entries: &[Leaf<'_>]) -> usize {
    let mut bytes = 0_usize;
    let fits = entries.iter().take(MAX_BATCH).take_while(|(_, entry)| {
        bytes = bytes.saturating_add(entry.len());
        bytes <= MAX_BATCH_BYTES
    });
    fits.count().max(1)
}
