//! Why an index cannot be used.

use super::{Place, VERSION};
use crate::encoding::{Class, Explain};
use rusqlite::ErrorCode;

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// What is there is something else, or of a later version of this program.
    #[error("{0}: not an index of this version of vouchsafe")]
    Foreign(Place),
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
            Self::Foreign(_) | Self::Damaged(_) => format!("an index of audits, version {VERSION}"),
            Self::Absent(_) => "an index that vouchsafe audit has written".into(),
            Self::Query(_) => "one SELECT over the tables of the index".into(),
            Self::Failed { place: Place::Server(_), .. } => "a database that can be read and written".into(),
            Self::Failed { .. } => "a file that can be read and written".into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Foreign(Place::Server(_)) => "a schema vouchsafe of somebody else's, or of another version".into(),
            Self::Foreign(_) => "another file, or another version".into(),
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
            Self::Absent(_) => "vouchsafe audit PATH first, or --index FILE".into(),
            Self::Query(_) => "docs/auditing.md lists the tables and their columns".into(),
            Self::Failed { place: Place::Server(_), .. } => {
                "check that the server runs and lets this role in, or use --no-index".into()
            }
            Self::Failed { .. } => "check permissions and free space, or use --no-index".into(),
        }
    }
}
