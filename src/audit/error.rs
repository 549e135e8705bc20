//! Why an audit ends early. What is wrong with a single file is a line of the answer and not here.

use super::index::IndexError;
use crate::encoding::{Class, Explain};
use crate::gather;

/// Why there is no answer at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// What was named cannot be read.
    #[error(transparent)]
    Gather(#[from] gather::Error),
    /// The index cannot be used.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl AuditError {
    fn inner(&self) -> &dyn Explain {
        match self {
            Self::Gather(error) => error,
            Self::Index(error) => error,
        }
    }
}

impl Explain for AuditError {
    fn code(&self) -> &'static str {
        self.inner().code()
    }
    fn class(&self) -> Class {
        self.inner().class()
    }
    fn expected(&self) -> String {
        self.inner().expected()
    }
    fn got(&self) -> String {
        self.inner().got()
    }
    fn next(&self) -> String {
        self.inner().next()
    }
}
