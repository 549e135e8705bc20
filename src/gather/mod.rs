//! Reading what a verdict is about: files, folders, lists, registries on the web. Judges nothing but whether bytes have a digest.

pub mod check;
mod crew;
mod effort;
pub mod evidence;
pub mod git;
#[cfg_attr(not(feature = "http"), path = "http_absent.rs")]
pub mod http;
mod kind;
pub mod location;
pub mod network;
#[cfg_attr(unix, path = "open_unix.rs")]
#[cfg_attr(not(unix), path = "open_portable.rs")]
mod open;
pub mod proofs;
pub mod remote;
pub mod reports;
pub mod repository;
mod slot;
mod source;
pub mod subject;
pub mod survey;
mod tasks;
pub mod tiles;
pub mod tree;
pub mod trust;
mod trust_error;
pub mod tuf_client;
pub mod watch;

pub use effort::{Effort, Progress};
pub use evidence::Finder;
pub use location::Location;
pub use subject::{Named, Subject, subjects};

use crate::artifact::{Digest, name};
use crate::encoding::{Class, Explain, Malformed};
use crate::store;
use std::path::{Path, PathBuf};

/// What can go wrong while subjects and evidence are read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The world failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// An argument is not what it should be.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A file is not what it should be.
    #[error("{}: {source}", display(.path))]
    Document {
        /// The file.
        path: PathBuf,
        /// The parser's complaint.
        source: Malformed,
    },
    /// A symbolic link inside a folder: following it could leave the folder, skipping it would lose a file.
    #[error("{}: a symbolic link inside a folder that is hashed", display(.0))]
    LinkInTree(PathBuf),
    /// A folder, pipe, socket or device where a file is meant.
    #[error("{}: not a regular file but {kind}", display(.path))]
    NotAFile {
        /// What was named.
        path: PathBuf,
        /// What it is, with its article.
        kind: &'static str,
    },
    /// A folder without a single file in it.
    #[error("{}: there is no file in this folder", display(.0))]
    NothingToHash(PathBuf),
    /// Folders inside folders, past any real release.
    #[error("{}: over the limit of {} folders inside one another", display(.0), tree::MAX_DEPTH)]
    TooDeep(PathBuf),
    /// The bytes are not those that were listed.
    #[error("{}: the file is not the one that {} lists", display(.path), display(.list))]
    DigestMismatch {
        /// The file.
        path: PathBuf,
        /// The list that names it.
        list: PathBuf,
        /// The digest listed.
        expected: Box<Digest>,
        /// The digest of the bytes read.
        got: Box<Digest>,
    },
    /// A file that stands in no list, where every file was to stand in one.
    #[error("{}: no list names this file", display(.0))]
    NotListed(PathBuf),
}

/// A path, safe to show.
fn display(path: &Path) -> String {
    name::display(&name::bytes(path.as_os_str()))
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(e) => e.code(),
            Self::Malformed(e) | Self::Document { source: e, .. } => e.code(),
            Self::LinkInTree(_) => "link-in-tree",
            Self::NotAFile { .. } => "not-a-file",
            Self::NothingToHash(_) => "nothing-to-hash",
            Self::TooDeep(_) => "tree-too-deep",
            Self::DigestMismatch { .. } => "digest-mismatch",
            Self::NotListed(_) => "not-listed",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::DigestMismatch { .. } | Self::NotListed(_) => Class::Refused,
            Self::Store(e) => e.class(),
            Self::Malformed(e) | Self::Document { source: e, .. } => e.class(),
            Self::LinkInTree(_) | Self::NotAFile { .. } | Self::NothingToHash(_) | Self::TooDeep(_) => Class::Undecided,
        }
    }
    fn expected(&self) -> String {
        match self {
            Self::Store(e) => e.expected(),
            Self::Malformed(e) | Self::Document { source: e, .. } => e.expected(),
            Self::LinkInTree(_) => "files and folders alone".into(),
            Self::NotAFile { .. } => "a regular file".into(),
            Self::NothingToHash(_) => "at least one file".into(),
            Self::TooDeep(_) => format!("at most {} folders inside one another", tree::MAX_DEPTH),
            Self::DigestMismatch { expected, .. } => expected.to_string(),
            Self::NotListed(_) => "a line for every file".into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Store(e) => e.got(),
            Self::Malformed(e) | Self::Document { source: e, .. } => e.got(),
            Self::LinkInTree(_) => "a symbolic link".into(),
            Self::NotAFile { kind, .. } => (*kind).into(),
            Self::NothingToHash(_) => "an empty folder".into(),
            Self::TooDeep(_) => "more".into(),
            Self::DigestMismatch { got, .. } => got.to_string(),
            Self::NotListed(_) => "a file without one".into(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::Store(e) => e.next(),
            Self::Malformed(e) => e.next(),
            Self::Document { .. } => {
                "fetch the file again from its source; vouchsafe digest --check FILE names every bad line of a list"
                    .into()
            }
            Self::LinkInTree(_) => {
                "put the file itself there, or name the files one by one: a link named as an argument is followed"
                    .into()
            }
            Self::NotAFile { .. } => {
                "name a file; to hash what a program writes, pipe it into vouchsafe digest -".into()
            }
            Self::NothingToHash(path) => format!("check that the build has put its files into {}", display(path)),
            Self::TooDeep(_) => "name a folder further down".into(),
            Self::NotListed(_) => "ask who made the list where the file comes from; do not use it until then".into(),
            Self::DigestMismatch { .. } => "do not use the file; fetch it and the list again from their source".into(),
        }
    }
}
