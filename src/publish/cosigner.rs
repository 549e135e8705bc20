//! Witnesses as a log sees them, wherever they are.

use crate::transparency::witness::AddCheckpoint;
use crate::transparency::{NoteKey, Signature};

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
