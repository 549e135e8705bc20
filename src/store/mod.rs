//! Where bytes live: bounded reads, atomic writes, private files. Believes nothing, decides no trust.

mod files;
mod home;
mod lock;

pub use files::{
    Overwrite, create_private, exists, read_bounded, read_private, read_text, sync_dir, write_atomic, write_streamed,
};
pub use home::Home;
pub use lock::Lock;

use crate::encoding::{Class, Explain, text::shown_path};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The world failed: no file, no room, no permission. Never an answer about trust.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is there.
    #[error("{}: no such file or folder", shown_path(.0))]
    NotFound(PathBuf),
    /// Something is there and must not be replaced.
    #[error("{}: exists already", shown_path(.0))]
    Exists(PathBuf),
    /// A private key that others can read.
    #[error("{}: others can read this private key (mode {mode:04o})", shown_path(.path))]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// More bytes than the limit for this kind of file.
    #[error("{}: over the limit of {limit} bytes", shown_path(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: usize,
    },
    /// The file was written to while it was read.
    #[error("{}: changed while it was read", shown_path(.0))]
    Changed(PathBuf),
    /// A device, pipe, socket or folder where a file is to be written. Replacing `/dev/null` would break the machine.
    #[error("{}: not a regular file, so nothing is written there", shown_path(.0))]
    NotAFile(PathBuf),
    /// Something to be written below what is no folder.
    #[error("{}: not a folder, so nothing can be written below it", shown_path(.0))]
    NotAFolder(PathBuf),
    /// Somebody else held the lock of a folder, and did not let go of it.
    #[error("{}: somebody else holds the lock of this folder", shown_path(.folder))]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// For how long it was waited for.
        waited: Duration,
    },
    /// Anything else the operating system said.
    #[error("{}: {source}", shown_path(.path))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

impl Error {
    /// Names the path an operating system error is about.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::NotFound => Self::NotFound(path.to_owned()),
            std::io::ErrorKind::AlreadyExists => Self::Exists(path.to_owned()),
            _ => Self::Io { path: path.to_owned(), source },
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "file-not-found",
            Self::Exists(_) => "file-exists",
            Self::Exposed { .. } => "key-exposed",
            Self::TooLarge { .. } => "file-too-large",
            Self::Changed(_) => "file-changed",
            Self::NotAFile(_) => "not-a-file",
            Self::Locked { .. } => "folder-locked",
            Self::NotAFolder(_) | Self::Io { .. } => "file-unreadable",
        }
    }
    fn class(&self) -> Class {
        Class::Undecided
    }
    fn expected(&self) -> String {
        match self {
            Self::NotFound(_) => "a file or folder there".into(),
            Self::Exists(_) => "a free name".into(),
            Self::Exposed { .. } => "mode 0600: readable by its owner alone".into(),
            Self::TooLarge { limit, .. } => format!("at most {limit} bytes"),
            Self::Changed(_) => "a file that stays the same while it is hashed".into(),
            Self::NotAFile(_) => "a free name, or a regular file".into(),
            Self::NotAFolder(_) => "a folder, or a free name to make one".into(),
            Self::Locked { waited, .. } => format!("the lock within {} seconds", waited.as_secs()),
            Self::Io { .. } => "a file or folder that can be read and written".into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::NotFound(_) => "nothing".into(),
            Self::Exists(_) => "a file".into(),
            Self::Exposed { mode, .. } => format!("mode {mode:04o}"),
            Self::TooLarge { .. } => "more".into(),
            Self::Changed(_) => "another size or time after reading than before".into(),
            Self::NotAFile(path) if path.is_dir() => "a folder".into(),
            Self::NotAFile(_) => "a device, pipe or socket".into(),
            Self::NotAFolder(_) => "a file".into(),
            Self::Locked { .. } => "no answer from whoever holds it".into(),
            Self::Io { source, .. } => source.to_string(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::NotFound(_) => "check the name; ls shows what is there".into(),
            Self::Exists(_) => "choose another name, or --force to replace it".into(),
            Self::Exposed { path, .. } => {
                format!("chmod 600 {}", shown_path(path))
            }
            Self::TooLarge { .. } => "check that this is the file you meant".into(),
            Self::Changed(_) => "wait until the build has finished and run the command again".into(),
            Self::NotAFile(_) | Self::NotAFolder(_) => "choose another name".into(),
            Self::Locked { .. } => {
                "wait until the other command has ended, and run this one outside of flock(1) on that folder".into()
            }
            Self::Io { .. } => "check permissions and free space, then run the command again".into(),
        }
    }
}
