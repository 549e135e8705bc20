//! What was decided before, so that asking again is cheap: one SQLite file that several processes may use at once, or a
//! copy at hand of what a PostgreSQL server keeps for several machines (`server`).
//!
//! Nothing is taken from it on trust but what the same question about the same files gave before. Dropping it changes no
//! answer, only how long the next one takes.

mod containers;
mod error;
mod items;
mod lines;
mod place;
mod rehearsal;
mod rows;
#[cfg(feature = "postgres")]
mod server;
#[cfg(not(feature = "postgres"))]
#[path = "server_absent.rs"]
mod server;
mod work;

pub use error::IndexError;
pub use place::Place;
pub use rehearsal::Rehearsal;
pub use server::Address;

pub(super) use containers::{Read, Written};
pub(super) use containers::{Stated, word};
pub(super) use items::Waiting;
pub(super) use lines::Signed;
pub(super) use rows::Row;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use server::Server;
use std::borrow::Cow;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tells our files from other SQLite databases: `vchI`.
const APPLICATION: i64 = 0x7663_6849;
/// Version of the schema, of both stores.
const VERSION: i64 = 2;
/// The steps from each version of the schema to the next one.
const STEPS: [&str; 2] = [include_str!("schema.sql"), include_str!("step-2.sql")];
/// How long one process waits for another one's batch.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open index.
#[derive(Debug)]
pub struct Index {
    connection: Mutex<Connection>,
    place: Place,
    /// What keeps it, where `connection` is a copy at hand.
    server: Option<Mutex<Server>>,
}

/// A result of the index.
pub(super) type Kept<T> = Result<T, IndexError>;

impl Index {
    /// Opens the index there, or makes it, with its folder or its tables.
    ///
    /// # Errors
    /// [`IndexError`]; what is something else stays as it is.
    pub fn open(place: &Place) -> Result<Self, IndexError> {
        match place {
            Place::File(path) => Self::file(path, place),
            Place::Server(address) => {
                let server = Server::open(address)?;
                Ok(Self { server: Some(Mutex::new(server)), ..Self::passing(place)? })
            }
            Place::Passing => Self::passing(place),
        }
    }

    /// Opens an index to be asked, and nothing else.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn to_ask(place: &Place) -> Result<Self, IndexError> {
        let fail = |error: rusqlite::Error| IndexError::of(place, &error);
        let path = match place {
            Place::File(path) if path.is_file() => path,
            Place::Server(address) => {
                let server = Server::to_ask(address)?;
                return Ok(Self { server: Some(Mutex::new(server)), ..Self::passing(place)? });
            }
            Place::File(_) | Place::Passing => return Err(IndexError::Absent(place.clone())),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
        connection.busy_timeout(PATIENCE).map_err(fail)?;
        whole(path, &connection, place)?;
        IndexError::unless_current(version(&connection, place)?, place)?;
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;").map_err(fail)?;
        Ok(Self { connection: Mutex::new(connection), place: place.clone(), server: None })
    }

    fn file(path: &Path, place: &Place) -> Kept<Self> {
        let fail = |error: rusqlite::Error| IndexError::of(place, &error);
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|e| IndexError::Failed { place: place.clone(), why: e.to_string() })?;
        }
        let connection = Connection::open(path).map_err(fail)?;
        connection.busy_timeout(PATIENCE).map_err(fail)?;
        whole(path, &connection, place)?;
        migrate(&connection, place)?;
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000;")
            .map_err(fail)?;
        Self::with(connection, place).map_err(fail)
    }

    /// On disk where it grows large.
    fn passing(place: &Place) -> Kept<Self> {
        let fail = |error: rusqlite::Error| IndexError::of(place, &error);
        let connection = Connection::open("").map_err(fail)?;
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;").map_err(fail)?;
        migrate(&connection, place)?;
        Self::with(connection, place).map_err(fail)
    }

    fn with(connection: Connection, place: &Place) -> rusqlite::Result<Self> {
        // What a value is changes no plan; else every query would be planned anew whenever it is asked of another one.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch(include_str!("work.sql"))?;
        // What an audit is about is written, read once or twice, and gone: files would only be in the way.
        connection.execute_batch("PRAGMA temp.cache_size = -32000")?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection: Mutex::new(connection), place: place.clone(), server: None })
    }

    /// The server that keeps it. Whoever needs both takes the server first.
    pub(super) fn server(&self) -> Option<MutexGuard<'_, Server>> {
        self.server.as_ref().map(|server| server.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, for one of many look-ups: they share a transaction, which ends with the next one that writes.
    fn reading(&self) -> Kept<MutexGuard<'_, Connection>> {
        let connection = self.lock();
        if connection.is_autocommit() {
            connection.execute_batch("BEGIN").map_err(|e| self.fail(&e))?;
        }
        Ok(connection)
    }

    pub(super) fn fail(&self, error: &rusqlite::Error) -> IndexError {
        IndexError::of(&self.place, error)
    }

    /// Does something as one transaction: all of it is kept, or nothing.
    pub(super) fn at_once<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Kept<T> {
        self.transaction(|connection| act(connection).map_err(|e| self.fail(&e)))
    }

    /// As [`Index::at_once`], for what may fail elsewhere.
    pub(super) fn transaction<T>(&self, act: impl FnOnce(&Connection) -> Kept<T>) -> Kept<T> {
        let connection = self.lock();
        let run = |what: &str| connection.execute_batch(what).map_err(|e| self.fail(&e));
        if !connection.is_autocommit() {
            run("COMMIT")?;
        }
        run("BEGIN IMMEDIATE")?;
        let done = act(&connection);
        run(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        done
    }
}

/// Refuses a file that ends within a page: SQLite would read what is missing as zeros.
fn whole(path: &Path, connection: &Connection, place: &Place) -> Kept<()> {
    let size: rusqlite::Result<u32> = connection.query_row("PRAGMA page_size", [], |row| row.get(0));
    let size = u64::from(size.map_err(|e| IndexError::of(place, &e))?);
    match path.metadata().ok().and_then(|about| about.len().checked_rem(size)) {
        None | Some(0) => Ok(()),
        Some(_) if version(connection, place)?.is_none() => Err(IndexError::Foreign(place.clone())),
        Some(_) => Err(IndexError::Damaged(place.clone())),
    }
}

/// A text as both stores can keep it: PostgreSQL has no NUL in one.
fn keepable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// The version of the tables: 0 if there are none, None if they are not ours.
fn version(connection: &Connection, place: &Place) -> Kept<Option<i64>> {
    let read = || {
        let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(match (number("application_id")?, number("user_version")?, tables) {
            (0, 0, 0) => Some(0),
            (APPLICATION, version @ 1.., _) => Some(version),
            _ => None,
        })
    };
    read().map_err(|e: rusqlite::Error| IndexError::of(place, &e))
}

/// Makes the tables or brings them up to date, once: whoever comes second finds them so.
fn migrate(connection: &Connection, place: &Place) -> Kept<()> {
    if version(connection, place)? == Some(VERSION) {
        return Ok(());
    }
    let run = |what: &str| connection.execute_batch(what).map_err(|e| IndexError::of(place, &e));
    let step = || {
        let from = match version(connection, place)? {
            Some(from @ ..=VERSION) => from,
            other => return IndexError::unless_current(other, place),
        };
        for step in STEPS.iter().skip(usize::try_from(from).unwrap_or_default()) {
            run(step)?;
        }
        run(&format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"))
    };
    run("BEGIN IMMEDIATE")?;
    let made = step();
    run(if made.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    made
}
