//! What a witness cosigned last of one log: a file, replaced whole and made durable before anybody is answered.

use super::error::WitnessError;
use crate::store::{self, Overwrite};
use crate::transparency::{Checkpoint, MAX_NOTE, Note, NoteKey, Signed};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

/// The file of one log.
pub(super) struct State {
    path: PathBuf,
    /// Where two checkpoints are kept that contradict each other.
    forks: PathBuf,
    hash: String,
}

impl State {
    /// Of the log with this origin.
    pub(super) fn of(folder: &Path, origin: &str) -> Self {
        Self::named(folder, &hex::encode(Sha256::digest(origin)))
    }

    /// Of the log whose origin has this SHA-256.
    pub(super) fn named(folder: &Path, hash: &str) -> Self {
        Self { path: folder.join("logs").join(hash), forks: folder.join("forks"), hash: hash.to_owned() }
    }

    /// Makes the file of a log that was never cosigned; what is there already stays.
    ///
    /// From then on a missing file is an error and never a new beginning: a witness that lost its memory would cosign
    /// a second tree of a size.
    pub(super) fn begin(&self) -> Result<(), store::Error> {
        match store::write_atomic(&self.path, b"", Overwrite::Refuse) {
            Ok(()) | Err(store::Error::Exists(_)) => {}
            Err(other) => return Err(other),
        }
        // The names of this file, of the folder it is in, and of the witness's folder.
        let folders = self.path.ancestors().skip(1).take(3);
        folders.map(|f| if f.as_os_str().is_empty() { Path::new(".") } else { f }).try_for_each(store::sync_dir)
    }

    /// The checkpoint cosigned last. None if there is none yet.
    pub(super) fn last(&self, own: &NoteKey) -> Result<Option<(Note, Checkpoint)>, WitnessError> {
        let bytes = store::read_bounded(&self.path, MAX_NOTE)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let damaged = |why: &str| WitnessError::StateDamaged { path: self.path.clone(), why: why.to_owned() };
        let note = Note::parse(&bytes).map_err(|e| damaged(&e.to_string()))?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|e| damaged(&e.to_string()))?;
        if Self::of(Path::new(""), &checkpoint.origin).hash != self.hash {
            return Err(damaged("a checkpoint of another log"));
        }
        match own.signed(&note) {
            Signed::Good(Some(_)) => Ok(Some((note, checkpoint))),
            _ => Err(damaged("without a good cosignature by this witness")),
        }
    }

    /// Replaces it, durably.
    pub(super) fn put(&self, note: &Note) -> Result<(), store::Error> {
        store::write_atomic(&self.path, note.to_string().as_bytes(), Overwrite::Replace)
    }

    /// Keeps the first proof that this log forked: what was cosigned, and what contradicts it.
    pub(super) fn keep_fork(&self, cosigned: &Note, other: &Note) -> Result<(), store::Error> {
        let kept = |end: &str| self.forks.join(format!("{}.{end}", self.hash));
        // A second pair would mix with the first; one is proof enough.
        if store::exists(&kept("other")) {
            return Ok(());
        }
        store::write_atomic(&kept("cosigned"), cosigned.to_string().as_bytes(), Overwrite::Replace)?;
        store::write_atomic(&kept("other"), other.to_string().as_bytes(), Overwrite::Refuse)
    }
}
