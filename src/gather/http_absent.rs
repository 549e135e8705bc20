//! In a build without the feature `http`: no server is ever asked.

use super::location::Url;
use super::network::{Network, NetworkError};
use crate::registry::Repository;
use std::convert::Infallible;

/// There is none.
#[derive(Debug)]
pub struct Http(Infallible);

impl Http {
    /// Refuses.
    ///
    /// # Errors
    /// [`NetworkError::Unsupported`], always.
    pub fn open(base: &Url, network: &Network) -> Result<Self, NetworkError> {
        Self::at(base.clone(), base.clone(), network)
    }

    /// Refuses.
    ///
    /// # Errors
    /// [`NetworkError::Unsupported`], always.
    pub fn at(metadata: Url, _: Url, _: &Network) -> Result<Self, NetworkError> {
        Err(NetworkError::Unsupported { url: metadata.as_str().into(), why: "a build without the feature http" })
    }
}

impl Repository for Http {
    type Error = NetworkError;
    fn metadata(&self, _: &str, _: usize) -> Result<Option<Vec<u8>>, NetworkError> {
        match self.0 {}
    }
    fn target(&self, _: &str, _: usize) -> Result<Option<Vec<u8>>, NetworkError> {
        match self.0 {}
    }
}

/// There is none.
#[derive(Debug)]
pub struct Post(Infallible);

impl Post {
    /// Refuses.
    ///
    /// # Errors
    /// [`NetworkError::Unsupported`], always.
    pub fn to(url: &Url, _: &Network) -> Result<Self, NetworkError> {
        Err(NetworkError::Unsupported { url: url.as_str().into(), why: "a build without the feature http" })
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn ask(&self, _: &[u8], _: usize) -> Result<(u16, Vec<u8>), NetworkError> {
        match self.0 {}
    }
}
