//! What was decided before, so that asking again is cheap: one SQLite file that several processes may use at once.
//!
//! Nothing is taken from it on trust but what the same question about the same files gave before. Dropping it changes no
//! answer, only how long the next one takes.

mod containers;
mod items;
mod lines;
mod rows;
mod work;

pub(super) use containers::{Read, Written};
pub(super) use containers::{Stated, word};
pub(super) use items::Waiting;
pub(super) use lines::Signed;
pub(super) use rows::Row;

use crate::encoding::text::shown_path;
use crate::encoding::{Class, Explain};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tells our files from other SQLite databases: `vchI`.
const APPLICATION: i64 = 0x7663_6849;
/// Version of the schema.
const VERSION: i64 = 1;
/// How long one process waits for another one's batch.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open index.
#[derive(Debug)]
pub struct Index {
    connection: Mutex<Connection>,
    path: Option<PathBuf>,
}

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The file is something else, or of a later version of this program.
    #[error("{}: not an index of this version of vouchsafe", shown_path(.0))]
    Foreign(PathBuf),
    /// The file is one, and is damaged.
    #[error("{}: the index is damaged", shown_path(.0))]
    Damaged(PathBuf),
    /// There is no index to ask.
    #[error("{}: there is no index", shown_path(.0))]
    Absent(PathBuf),
    /// A question about the index that cannot be answered.
    #[error("the query cannot be answered")]
    Query(String),
    /// Anything else SQLite said: no room, no permission, another process that does not let go.
    #[error("{}: the index cannot be used", shown_path(.path))]
    Failed {
        /// The index.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
}

/// A result of the index.
pub(super) type Kept<T> = Result<T, IndexError>;

impl Index {
    /// Opens the index at `path`, or makes it, with its folder.
    ///
    /// # Errors
    /// [`IndexError`]; a file that is something else stays as it is.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let fail = |error: rusqlite::Error| IndexError::of(path, &error);
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|e| IndexError::Failed { path: path.to_owned(), why: e.to_string() })?;
        }
        let connection = Connection::open(path).map_err(fail)?;
        connection.busy_timeout(PATIENCE).map_err(fail)?;
        migrate(&connection, path)?;
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000;")
            .map_err(fail)?;
        Self::with(connection, Some(path.to_owned())).map_err(fail)
    }

    /// An index that is gone when it is closed, on disk where it grows large.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn passing() -> Result<Self, IndexError> {
        let fail = |error: rusqlite::Error| IndexError::of(Path::new("temporary index"), &error);
        let connection = Connection::open("").map_err(fail)?;
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;").map_err(fail)?;
        migrate(&connection, Path::new("temporary index"))?;
        Self::with(connection, None).map_err(fail)
    }

    /// Opens an index to be asked, and nothing else.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn to_ask(path: &Path) -> Result<Self, IndexError> {
        let fail = |error: rusqlite::Error| IndexError::of(path, &error);
        if !path.is_file() {
            return Err(IndexError::Absent(path.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
        connection.busy_timeout(PATIENCE).map_err(fail)?;
        if state(&connection, path)? != State::Ours {
            return Err(IndexError::Foreign(path.to_owned()));
        }
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;").map_err(fail)?;
        Ok(Self { connection: Mutex::new(connection), path: Some(path.to_owned()) })
    }

    fn with(connection: Connection, path: Option<PathBuf>) -> rusqlite::Result<Self> {
        connection.execute_batch(include_str!("work.sql"))?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection: Mutex::new(connection), path })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn fail(&self, error: &rusqlite::Error) -> IndexError {
        IndexError::of(self.path.as_deref().unwrap_or(Path::new("temporary index")), error)
    }

    /// Does something as one transaction: all of it is kept, or nothing.
    pub(super) fn at_once<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Kept<T> {
        let connection = self.lock();
        let run = || {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            let done = act(&connection);
            connection.execute_batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
            done
        };
        run().map_err(|e| self.fail(&e))
    }
}

#[derive(PartialEq, Eq)]
enum State {
    Empty,
    Ours,
    Other,
}

fn state(connection: &Connection, path: &Path) -> Kept<State> {
    let read = || {
        let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(match (number("application_id")?, number("user_version")?, tables) {
            (0, 0, 0) => State::Empty,
            (APPLICATION, VERSION, _) => State::Ours,
            _ => State::Other,
        })
    };
    read().map_err(|e: rusqlite::Error| IndexError::of(path, &e))
}

/// Makes the tables, once: whoever comes second finds them.
fn migrate(connection: &Connection, path: &Path) -> Kept<()> {
    match state(connection, path)? {
        State::Ours => return Ok(()),
        State::Other => return Err(IndexError::Foreign(path.to_owned())),
        State::Empty => {}
    }
    let fail = |error: rusqlite::Error| IndexError::of(path, &error);
    connection.execute_batch("BEGIN IMMEDIATE").map_err(fail)?;
    let made = match state(connection, path) {
        Ok(State::Empty) => {
            let mark = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};");
            connection.execute_batch(&format!("{}{mark}", include_str!("schema.sql"))).map_err(fail)
        }
        Ok(State::Ours) => Ok(()),
        Ok(State::Other) => Err(IndexError::Foreign(path.to_owned())),
        Err(error) => Err(error),
    };
    connection.execute_batch(if made.is_ok() { "COMMIT" } else { "ROLLBACK" }).map_err(fail)?;
    made
}

impl IndexError {
    pub(super) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Foreign(path.to_owned()),
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(path.to_owned()),
            _ => Self::Failed { path: path.to_owned(), why: error.to_string() },
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
            Self::Failed { .. } => "a file that can be read and written".into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Foreign(_) => "another file, or another version".into(),
            Self::Damaged(_) => "pages that contradict one another".into(),
            Self::Absent(_) => "nothing".into(),
            Self::Query(why) | Self::Failed { why, .. } => why.clone(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::Foreign(path) | Self::Damaged(path) => format!(
                "if {} is an index and nothing else, remove it: the next audit makes it again; or --index FILE",
                shown_path(path)
            ),
            Self::Absent(_) => "vouchsafe audit PATH first, or --index FILE".into(),
            Self::Query(_) => "docs/auditing.md lists the tables and their columns".into(),
            Self::Failed { .. } => "check permissions and free space, or use --no-index".into(),
        }
    }
}
