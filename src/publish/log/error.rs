//! Why nothing was logged, or nothing acknowledged.

use super::blobs::Fault;
use crate::encoding::text::{shown, shown_path};
use crate::encoding::{Class, Explain, Malformed};
use crate::signer::SignerError;
use crate::store;
use crate::transparency::Refusal;
use std::path::PathBuf;

/// Why a log did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The log contradicts itself, or its witnesses are missing.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The world failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The key failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A file cannot be read, or an entry is too large.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// No log is kept in this folder.
    #[error("{}: no log is kept here", shown_path(.0))]
    NotALog(PathBuf),
    /// The signer is not the key of this log.
    #[error("this is not the key of the log {}", shown(.origin))]
    OtherKey {
        /// The log.
        origin: String,
        /// Its key.
        expected: String,
        /// The key that was given.
        got: String,
    },
    /// There is no head: somebody removed it.
    #[error("the log has lost its head, the record of what was committed")]
    NoHead,
    /// An object that never changes is there, with other bytes.
    #[error("{}: is there already, and differs from what the log committed", shown(.0))]
    Differs(String),
    /// Somebody else committed meanwhile, past the lock.
    #[error("another writer has committed to this log meanwhile")]
    Overtaken,
    /// Whether the commit took place is not known.
    #[error("whether the batch was committed is not known: {0}")]
    Unknown(store::Error),
    /// What was written may not have reached the disk.
    #[error("what was written may not have reached the disk: {0}")]
    Unsynced(store::Error),
    /// An earlier failure of this kind; nothing was tried.
    #[error("this writer has stopped after an earlier failure")]
    Stopped,
    /// The index of leaves cannot be used, not even a new one.
    #[error("the index of the log cannot be used: {0}")]
    Index(String),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Failed(e) => Self::Store(e),
            Fault::Differs(name) => Self::Differs(name),
            Fault::Unsynced(e) => Self::Unsynced(e),
            Fault::Unknown(e) => Self::Unknown(e),
        }
    }
}

impl Error {
    /// Whether nothing more may be done before the log is opened anew.
    pub(super) fn is_fatal(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::Unsynced(_) | Self::Stopped)
    }

    fn part(&self) -> Option<&dyn Explain> {
        match self {
            Self::Refused(e) => Some(e),
            Self::Store(e) => Some(e),
            Self::Signer(e) => Some(e),
            Self::Malformed(e) => Some(e),
            _ => None,
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotALog(_) => "not-a-log",
            Self::OtherKey { .. } => "log-key-mismatch",
            Self::NoHead => "log-head-missing",
            Self::Differs(_) => "log-object-differs",
            Self::Overtaken => "log-overtaken",
            Self::Unknown(_) => "log-commit-unknown",
            Self::Unsynced(_) => "log-unsynced",
            Self::Stopped => "log-stopped",
            Self::Index(_) => "log-index-unusable",
            _ => self.part().map_or("malformed", Explain::code),
        }
    }
    fn class(&self) -> Class {
        self.part().map_or(Class::Undecided, Explain::class)
    }
    fn expected(&self) -> String {
        match self {
            Self::NotALog(_) => "a folder that vouchsafe log init made".into(),
            Self::OtherKey { expected, .. } => expected.clone(),
            Self::NoHead => "state/head".into(),
            Self::Differs(_) => "the same bytes, or no such file".into(),
            Self::Overtaken => "one writer at a time".into(),
            Self::Unknown(_) | Self::Unsynced(_) => "a disk that says what it has written".into(),
            Self::Stopped => String::new(),
            Self::Index(_) => "a database, or room for a new one".into(),
            _ => self.part().map(Explain::expected).unwrap_or_default(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::NotALog(_) | Self::NoHead => "nothing".into(),
            Self::OtherKey { got, .. } => got.clone(),
            Self::Differs(_) => "other bytes".into(),
            Self::Overtaken => "two".into(),
            Self::Unknown(e) | Self::Unsynced(e) => e.got(),
            Self::Stopped => String::new(),
            Self::Index(why) => why.clone(),
            _ => self.part().map(Explain::got).unwrap_or_default(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::NotALog(_) => "check the path; vouchsafe log init DIR --origin ORIGIN --key KEY makes a log".into(),
            Self::OtherKey { .. } => "give --key with the private key of this log".into(),
            Self::NoHead => "restore state/head from a backup that is no older than the public checkpoint".into(),
            Self::Differs(_) => "something else wrote to the log: vouchsafe log fsck DIR names every fault".into(),
            Self::Overtaken => {
                "run the command again: it starts from what was committed, and logs nothing twice".into()
            }
            Self::Unknown(_) | Self::Unsynced(_) => {
                "check the disk; then run the command again: it starts from what was committed".into()
            }
            Self::Stopped => "open the log anew, once the disk has been checked".into(),
            Self::Index(_) => {
                "check permissions and free space; state/index.sqlite is only a cache and may be removed".into()
            }
            _ => self.part().map(Explain::next).unwrap_or_default(),
        }
    }
}
