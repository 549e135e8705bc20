//! The one order in which a log is written, whatever it is kept on: stage, sign, swap the head (which commits), apply,
//! sync. What comes after, cosignatures and publication, is `publishing`'s business.

use super::blobs::{Blobs, CHECKPOINT, Head, Swap};
use super::edge::{Edge, wrong};
use super::error::Error;
use super::staged::{Batch, MAX_STAGED, STAGED};
use crate::signer::{Signer, sign_checked};
use crate::transparency::{Checkpoint, Hash, MAX_NOTE, Note, NoteKey, Tile, Tiles, Tree, only_grew, signed_checkpoint};

/// What the head says.
#[derive(Clone, Debug)]
pub(super) struct Committed {
    bytes: Vec<u8>,
    /// Signed by the log alone.
    pub(super) note: Note,
    pub(super) checkpoint: Checkpoint,
}

impl Committed {
    fn of(bytes: Vec<u8>, key: &NoteKey) -> Result<Self, Error> {
        let note = Note::parse(&bytes)?;
        let checkpoint = signed_checkpoint(&note, key)?;
        Ok(Self { bytes, note, checkpoint })
    }

    /// The first: of an empty tree.
    pub(super) fn nothing(key: &NoteKey, signer: &dyn Signer) -> Result<Self, Error> {
        Self::sign(Checkpoint::new(key.name(), 0, Hash::of_nothing()), key, signer)
    }

    fn sign(checkpoint: Checkpoint, key: &NoteKey, signer: &dyn Signer) -> Result<Self, Error> {
        let mut note = Note::unsigned(checkpoint.to_text())?;
        note.add(key.line(sign_checked(signer, note.text().as_bytes())?));
        Self::of(note.to_string().into_bytes(), key)
    }

    /// As the head holds it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The files of a log, and its key.
#[derive(Debug)]
pub(super) struct Sequencer<B, H> {
    /// What everybody may read.
    pub(super) public: B,
    /// What only the log itself reads.
    pub(super) state: B,
    pub(super) head: H,
    pub(super) key: NoteKey,
}

/// Reads tiles from the public objects.
#[derive(Debug)]
pub(super) struct Reader<'b, B>(pub(super) &'b B);

impl<B: Blobs> Tiles for Reader<'_, B> {
    type Error = Error;
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Error> {
        if let Some(bytes) = self.0.read(&tile.path(), tile.max_bytes())? {
            return Ok(bytes);
        }
        // Unfinished tiles are cleared away when they are full.
        let full = self.0.read(&tile.full().path(), tile.full().max_bytes())?;
        let begin = full.and_then(|bytes| tile.beginning(&bytes).map(<[u8]>::to_vec));
        begin.ok_or_else(|| wrong(&tile.path(), "a file".into(), "nothing").into())
    }
}

impl<B: Blobs, H: Head> Sequencer<B, H> {
    /// The tree at a size.
    pub(super) fn reader(&self) -> Reader<'_, B> {
        Reader(&self.public)
    }

    /// What was committed last.
    pub(super) fn committed(&self) -> Result<Committed, Error> {
        Committed::of(self.head.load()?.ok_or(Error::NoHead)?, &self.key)
    }

    /// What was committed last, with everything it committed in place: a commit that was interrupted is finished.
    pub(super) fn recover(&self) -> Result<Committed, Error> {
        let committed = self.committed()?;
        let at = &committed.checkpoint;
        for name in self.state.list(STAGED)? {
            let Some(batch) = Batch::named(&name) else { continue };
            if (batch.new, batch.root) == (at.size, at.root) {
                self.replay(&committed, batch)?;
            }
            // A larger one may be about to be committed by somebody else; any other never will be.
            if batch.new <= at.size {
                self.state.remove(&batch.path())?;
            }
        }
        self.check_published(&committed)?;
        Ok(committed)
    }

    fn replay(&self, committed: &Committed, batch: Batch) -> Result<(), Error> {
        let Some(blob) = self.state.read(&batch.path(), MAX_STAGED)? else { return Ok(()) };
        // That the head can be read does not say that it is on the disk: it is written once more.
        if self.head.swap(Some(committed.bytes()), committed.bytes())? == Swap::Lost {
            return Err(Error::Overtaken);
        }
        self.apply(&batch.read(&blob)?)
    }

    fn apply(&self, objects: &[(Tile, Vec<u8>)]) -> Result<(), Error> {
        for (tile, bytes) in objects {
            self.public.create(&tile.path(), bytes)?;
        }
        Ok(self.public.sync()?)
    }

    /// The head decides, but a head that is older than what was published, or another, is never built upon.
    fn check_published(&self, committed: &Committed) -> Result<(), Error> {
        let Some(published) = self.published()? else { return Ok(()) };
        let (old, new) = (signed_checkpoint(&published, &self.key)?, &committed.checkpoint);
        let proof = match old.size {
            size if size < new.size => Tree::new(&self.reader(), new.size).consistency(size)?,
            _ => Vec::new(),
        };
        Ok(only_grew(&old, new, &proof)?)
    }

    /// What was published last. Nobody has checked it here.
    pub(super) fn published(&self) -> Result<Option<Note>, Error> {
        Ok(self.public.read(CHECKPOINT, MAX_NOTE)?.map(|bytes| Note::parse(&bytes)).transpose()?)
    }

    /// Makes entries part of the log. Nothing is acknowledged by that.
    pub(super) fn commit(
        &self,
        last: &Committed,
        edge: &Edge,
        entries: &[&[u8]],
        signer: &dyn Signer,
    ) -> Result<(Committed, Edge), Error> {
        let mut edge = edge.clone();
        let old = edge.size();
        let objects = edge.grow(entries)?;
        let batch = Batch { old, new: edge.size(), root: edge.root() };
        self.state.create(&batch.path(), &batch.write(&objects))?;
        self.state.sync()?;
        let checkpoint = Checkpoint::new(self.key.name(), batch.new, batch.root);
        let next = Committed::sign(checkpoint, &self.key, signer)?;
        if self.head.swap(Some(last.bytes()), next.bytes())? == Swap::Lost {
            return Err(Error::Overtaken);
        }
        self.apply(&objects)?;
        self.state.remove(&batch.path())?;
        Ok((next, edge))
    }
}
