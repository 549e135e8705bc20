//! Why an index cannot be used.

use super::{Place, VERSION};
use crate::encoding::{Class, Explain};
use rusqlite::ErrorCode;

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// What is there is something else.
    #[error("{0}: not an index of vouchsafe")]
    Foreign(Place),
    /// It is one, made by an earlier version of this program, and can only be read here.
    #[error("{0}: an index of an earlier version of vouchsafe")]
    Earlier(Place),
    /// It is one, made by a later version of this program.
    #[error("{0}: an index of a later version of vouchsafe")]
    Later(Place),
    /// The file is one, and is damaged.
    #[error("{0}: the index is damaged")]
    Damaged(Place),
    /// There is no index to ask.
    #[error("{0}: there is no index")]
    Absent(Place),
    /// A question about the index that cannot be answered.
    #[error("the query cannot be answered")]
    Query(String),
    /// Anything else the store said: no room, no permission, no server, another process that does not let go.
    #[error("{place}: the index cannot be used")]
    Failed {
        /// The index.
        place: Place,
        /// What the store said.
        why: String,
    },
}

impl IndexError {
    /// What is wrong with the tables there, by their version: 0 if there are none, None if they are not ours.
    pub(super) fn unless_current(version: Option<i64>, place: &Place) -> Result<(), Self> {
        match version {
            None | Some(..=-1) => Err(Self::Foreign(place.clone())),
            Some(0) => Err(Self::Absent(place.clone())),
            Some(VERSION) => Ok(()),
            Some(..VERSION) => Err(Self::Earlier(place.clone())),
            Some(_) => Err(Self::Later(place.clone())),
        }
    }
    pub(super) fn of(place: &Place, error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Foreign(place.clone()),
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(place.clone()),
            _ => Self::Failed { place: place.clone(), why: error.to_string() },
        }
    }
}

impl Explain for IndexError {
    fn code(&self) -> &'static str {
        match self {
            Self::Foreign(_) => "index-foreign",
            Self::Earlier(_) => "index-earlier",
            Self::Later(_) => "index-later",
            Self::Damaged(_) => "index-damaged",
            Self::Absent(_) => "index-absent",
            Self::Query(_) => "query-refused",
            Self::Failed { .. } => "index-failed",
        }
    }
    fn class(&self) -> Class {
        Class::Undecided
    }
    fn expected(&self) -> String {
        match self {
            Self::Foreign(_) | Self::Damaged(_) | Self::Earlier(_) | Self::Later(_) => {
                format!("an index of audits, version {VERSION}")
            }
            Self::Absent(_) => "an index that vouchsafe audit has written".into(),
            Self::Query(_) => "one SELECT over the tables of the index".into(),
            Self::Failed { place: Place::Server(_), .. } => "a database that can be read and written".into(),
            Self::Failed { .. } => "a file that can be read and written".into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Foreign(Place::Server(_)) => "a schema vouchsafe of somebody else's".into(),
            Self::Foreign(_) => "another file".into(),
            Self::Earlier(_) => "an earlier one, which a question does not change".into(),
            Self::Later(_) => "a later one".into(),
            Self::Damaged(_) => "pages that contradict one another".into(),
            Self::Absent(_) => "nothing".into(),
            Self::Query(why) | Self::Failed { why, .. } => why.clone(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::Foreign(Place::Server(_)) => {
                "name another database with --index; if that schema is an index and nothing else, drop it".into()
            }
            Self::Foreign(place) | Self::Damaged(place) => format!(
                "if {place} is an index and nothing else, remove it: the next audit makes it again; or --index FILE"
            ),
            Self::Earlier(_) => "vouchsafe audit PATH, which brings the index up to date; then ask again".into(),
            Self::Later(_) => "the vouchsafe that wrote it, or a newer one; or another index with --index".into(),
            Self::Absent(_) => "vouchsafe audit PATH first, or --index FILE".into(),
            Self::Query(_) => "docs/auditing.md lists the tables and their columns".into(),
            Self::Failed { place: Place::Server(_), .. } => {
                "check that the server runs and lets this role in, or use --no-index".into()
            }
            Self::Failed { .. } => "check permissions and free space, or use --no-index".into(),
        }
    }
}
