//! Where a registry comes from, how fresh it has to be, and how loading one fails.

use super::refusal::{Code, Refusal};

/// Whether fetching failed because there were more bytes than were asked for.
pub trait Oversize {
    /// True if so. Of a file whose length is signed that is an answer: it is another file.
    fn is_oversize(&self) -> bool;
}

/// A repository in memory never fails.
impl Oversize for std::convert::Infallible {
    fn is_oversize(&self) -> bool {
        match *self {}
    }
}

/// Where the files of a TUF repository come from. Believes nothing.
pub trait Repository {
    /// How fetching fails.
    type Error: Oversize;
    /// A metadata file by name, such as `2.root.json`; None if there is none. A name is one part of a path: whatever
    /// a role is called, it must not lead anywhere else.
    ///
    /// # Errors
    /// If it cannot be fetched, or is over `limit` bytes.
    fn metadata(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, Self::Error>;
    /// A target file by its path in the repository; None if there is none.
    ///
    /// # Errors
    /// As for metadata.
    fn target(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, Self::Error>;
    /// What was accepted for a role the last time, if that is remembered: nothing older will be accepted now, and
    /// nothing fetched that is the same.
    fn held(&self, _role: &str) -> Option<Vec<u8>> {
        None
    }
    /// Told of each metadata file once it was verified, in the order in which it was.
    fn accepted(&self, _role: &str, _name: &str, _bytes: &[u8]) {}
}

/// How fresh the view has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// As a TUF client updating: every role unexpired.
    Current,
    /// As a client using the view it holds: the timestamp's age is left to the policy, which always looks at it.
    Held,
}

/// Why a registry was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError<E> {
    /// It was examined and refused, or there is too little of it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A file could not be fetched.
    #[error("the registry could not be read")]
    World(E),
}

impl<E> LoadError<E> {
    /// Whether a file that the metadata names is simply not there.
    pub(super) fn is_incomplete(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == Code::Incomplete)
    }
}
