//! Why there is no registry to decide with.

use super::network::NetworkError;
use super::source::FetchError;
use crate::encoding::{
    Class, Explain, Malformed,
    text::{shown, shown_path},
};
use crate::registry::{Fingerprint, LoadError, Refusal};
use crate::store;
use std::path::PathBuf;

/// Why there is no registry to decide with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The registry was examined and refused.
    #[error(transparent)]
    Registry(#[from] Refusal),
    /// The world failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The network failed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A file cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// No forum is trusted yet.
    #[error("no forum is trusted yet")]
    NoForum,
    /// More than one is, and none was named.
    #[error("{} forums are trusted: {}", .0.len(), shown(&.0.join(", ")))]
    SeveralForums(Vec<String>),
    /// The folder or file is no registry.
    #[error("{}: no registry is there", shown_path(.0))]
    NotARegistry(PathBuf),
    /// A URL where only what is on this machine is read.
    #[error("{}: registries are read from the web by trust add and trust update alone", shown_path(.0))]
    OnTheWeb(PathBuf),
    /// A root has to be confirmed by its fingerprint.
    #[error("this forum's root was not confirmed")]
    NotConfirmed(Fingerprint),
}

impl From<FetchError> for TrustError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Store(error) => Self::Store(error),
            FetchError::Network(error) => Self::Network(error),
        }
    }
}

impl<E: Into<Self>> From<LoadError<E>> for TrustError {
    fn from(error: LoadError<E>) -> Self {
        match error {
            LoadError::Refused(refusal) => Self::Registry(refusal),
            LoadError::World(error) => error.into(),
        }
    }
}

impl Explain for TrustError {
    fn code(&self) -> &'static str {
        match self {
            Self::Registry(e) => e.code(),
            Self::Store(e) => e.code(),
            Self::Network(e) => e.code(),
            Self::Malformed(e) => e.code(),
            Self::NoForum => "no-trust",
            Self::SeveralForums(_) => "several-forums",
            Self::NotARegistry(_) | Self::OnTheWeb(_) => "not-a-registry",
            Self::NotConfirmed(_) => "fingerprint-unconfirmed",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Registry(e) => e.class(),
            Self::Store(e) => e.class(),
            Self::Network(e) => e.class(),
            _ => Class::Undecided,
        }
    }
    fn expected(&self) -> String {
        match self {
            Self::Registry(e) => e.expected(),
            Self::Store(e) => e.expected(),
            Self::Network(e) => e.expected(),
            Self::Malformed(e) => e.expected(),
            Self::NoForum => "a forum whose root you confirmed".into(),
            Self::SeveralForums(_) => "one forum, named".into(),
            Self::NotARegistry(_) => {
                "a forum's folder, its published folder or the URL of it, or an exported trust file".into()
            }
            Self::OnTheWeb(_) => "a folder or file on this machine".into(),
            Self::NotConfirmed(_) => "--fingerprint, or a yes on a terminal".into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Registry(e) => e.got(),
            Self::Store(e) => e.got(),
            Self::Network(e) => e.got(),
            Self::Malformed(e) => e.got(),
            Self::NoForum => "none".into(),
            Self::SeveralForums(names) => shown(&names.join(", ")),
            Self::NotARegistry(_) => "something else".into(),
            Self::OnTheWeb(_) => "a URL".into(),
            Self::NotConfirmed(fingerprint) => format!("neither; the root there has fingerprint {fingerprint}"),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::Registry(e) => e.next(),
            Self::Store(e) => e.next(),
            Self::Network(e) => e.next(),
            Self::Malformed(e) => e.next(),
            Self::NoForum => {
                "vouchsafe trust add URL-or-DIR --fingerprint SHA256-OF-ROOT, with the fingerprint your forum publishes"
                    .into()
            }
            Self::SeveralForums(_) => "give --trust with the forum's folder or an exported trust file".into(),
            Self::NotARegistry(_) => "check the path; a registry has metadata/timestamp.json".into(),
            Self::OnTheWeb(url) => {
                format!("vouchsafe trust add {} keeps it on this machine; then leave the URL out", shown_path(url))
            }
            Self::NotConfirmed(fingerprint) => {
                format!("compare it with what the forum publishes elsewhere, then add --fingerprint {fingerprint}")
            }
        }
    }
}
