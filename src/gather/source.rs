//! A registry wherever it is: in a folder, in an exported trust file, on the web.

use super::location::{Location, has_scheme};
use super::network::NetworkError;
use super::remote::Remote;
use super::repository::{Folder, View};
use super::trust::TrustError;
use crate::encoding::MAX_DOCUMENT;
use crate::registry::{Oversize, Repository};
use crate::store::{self, read_bounded};
use std::path::Path;

/// Where a registry can be read from.
pub(super) enum Source {
    Folder(Folder),
    View(View),
    Web(Remote),
}

impl Source {
    /// As [`Source::open`], the web included; `held` is a folder with what is held of it.
    pub(super) fn at(location: &Location, held: Option<&Path>) -> Result<Self, TrustError> {
        match location {
            Location::Path(path) => Self::open(path),
            Location::Web(url, network) => Ok(Self::Web(Remote::open(url, network, held.map(Folder::at))?)),
        }
    }
    /// A folder or file on this machine.
    pub(super) fn open(path: &Path) -> Result<Self, TrustError> {
        if path.is_dir() {
            return Folder::find(path).map(Self::Folder).ok_or_else(|| TrustError::NotARegistry(path.to_owned()));
        }
        // Whoever decides asks no server, whatever it is told.
        if path.to_str().is_some_and(has_scheme) {
            return Err(TrustError::OnTheWeb(path.to_owned()));
        }
        Ok(Self::View(View::parse(&read_bounded(path, MAX_DOCUMENT)?)?))
    }
    /// The roots there are, oldest first.
    pub(super) fn roots(&self) -> Result<Vec<Vec<u8>>, TrustError> {
        Ok(match self {
            Self::Folder(folder) => folder.roots()?,
            Self::View(view) => vec![view.pinned_root.clone()],
            Self::Web(remote) => remote.roots()?,
        })
    }
}

impl Repository for Source {
    type Error = FetchError;
    fn metadata(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, FetchError> {
        Ok(match self {
            Self::Folder(folder) => folder.metadata(name, limit)?,
            Self::View(view) => view.metadata(name, limit)?,
            Self::Web(remote) => remote.metadata(name, limit)?,
        })
    }
    fn target(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, FetchError> {
        Ok(match self {
            Self::Folder(folder) => folder.target(path, limit)?,
            Self::View(view) => view.target(path, limit)?,
            Self::Web(remote) => remote.target(path, limit)?,
        })
    }
}

/// A file could not be fetched, from wherever it was to come.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// From a folder or file.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Over the network.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

impl Oversize for FetchError {
    fn is_oversize(&self) -> bool {
        match self {
            Self::Store(error) => error.is_oversize(),
            Self::Network(error) => error.is_oversize(),
        }
    }
}
