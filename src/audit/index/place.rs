//! Where an index is kept: in a file, on a PostgreSQL server, or nowhere once the audit is over.

use super::server::Address;
use crate::encoding::Malformed;
use crate::encoding::text::shown_path;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where an index is kept. Shown without whatever is secret in it.
#[derive(Clone, Debug)]
pub enum Place {
    /// An SQLite file.
    File(PathBuf),
    /// A database of a PostgreSQL server.
    Server(Address),
    /// A file that is gone when it is closed.
    Passing,
}

impl Place {
    /// What a user named: `postgres://...`, or a file.
    ///
    /// # Errors
    /// [`Malformed`] for an address that is none, or that this build cannot use.
    pub fn named(named: &Path) -> Result<Self, Malformed> {
        let address = named.to_str().filter(|n| n.starts_with("postgres://") || n.starts_with("postgresql://"));
        address.map_or_else(|| Ok(Self::File(named.to_owned())), |address| Ok(Self::Server(Address::parse(address)?)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&shown_path(path)),
            Self::Server(address) => address.fmt(f),
            Self::Passing => f.write_str("temporary index"),
        }
    }
}
