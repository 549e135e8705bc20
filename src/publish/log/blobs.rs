//! What the sequencer stands on: objects that never change, and a head that is compared and swapped.

use crate::store;

/// What was published last; below the public objects.
pub const CHECKPOINT: &str = "checkpoint";
/// What the witnesses are known to have cosigned last; below the state.
pub const WITNESSES: &str = "witnesses.json";

/// How a driver fails.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It was not done.
    #[error(transparent)]
    Failed(#[from] store::Error),
    /// An object of this name is there and has other bytes.
    #[error("{0} is there already, with other bytes")]
    Differs(String),
    /// Bytes may not have reached the disk, though the system may show them as if they had.
    #[error("what was written may not have reached the disk: {0}")]
    Unsynced(store::Error),
    /// The head may have been swapped or not.
    #[error("whether the head was swapped is not known: {0}")]
    Unknown(store::Error),
}

/// Named objects. Names are relative, with `/` between their parts.
pub trait Blobs {
    /// An object, if it is there. Never more than `limit` bytes.
    ///
    /// # Errors
    /// [`store::Error`].
    fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, store::Error>;
    /// Makes an object that will never change; nothing happens if an equal one is there. Durable after [`Blobs::sync`],
    /// and never seen in part, not even after a loss of power.
    ///
    /// # Errors
    /// [`Fault::Differs`]; [`Fault::Failed`]; [`Fault::Unsynced`].
    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), Fault>;
    /// Makes everything that was created durable.
    ///
    /// # Errors
    /// [`Fault::Unsynced`].
    fn sync(&self) -> Result<(), Fault>;
    /// Replaces one of the two objects that do change, [`CHECKPOINT`] and [`WITNESSES`]: readers see the old bytes or
    /// the new ones. Durable on return.
    ///
    /// # Errors
    /// [`Fault::Failed`]; [`Fault::Unsynced`].
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Fault>;
    /// Removes an object, or all below a name. No error if there is none.
    ///
    /// # Errors
    /// [`store::Error`].
    fn remove(&self, name: &str) -> Result<(), store::Error>;
    /// Names of the objects right below a name.
    ///
    /// # Errors
    /// [`store::Error`].
    fn list(&self, name: &str) -> Result<Vec<String>, store::Error>;
}

/// Whether a swap took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// Yes, durably.
    Done,
    /// No: the head was another one.
    Lost,
}

/// The one thing that decides what was committed.
pub trait Head {
    /// The right to write, let go of when dropped.
    type Held;
    /// Waits for the right to write.
    ///
    /// # Errors
    /// [`store::Error`].
    fn lock(&self) -> Result<Self::Held, store::Error>;
    /// What was committed last; None before the first time.
    ///
    /// # Errors
    /// [`store::Error`].
    fn load(&self) -> Result<Option<Vec<u8>>, store::Error>;
    /// Replaces exactly `old` by `new`.
    ///
    /// # Errors
    /// [`Fault::Failed`] if it certainly did not take place; [`Fault::Unknown`].
    fn swap(&self, old: Option<&[u8]>, new: &[u8]) -> Result<Swap, Fault>;
}
