//! An index on a PostgreSQL server, which several machines may share.
//!
//! An audit works on a copy at hand, a passing SQLite file with the same tables. What the server knows of the files that
//! are met is brought into it, and what is found is taken to the server, a thousand files at a time, each thousand as one
//! transaction. So every question of an audit is put to SQLite, and both stores give the same answers.

mod address;
mod ask;
mod change;
mod copy;

pub use address::Address;
pub(super) use change::Change;

use super::{IndexError, Kept, PATIENCE, Place, VERSION};
use copy::{Moved, bring};
use postgres::{Client, IsolationLevel, NoTls, Transaction};
use rusqlite::Connection;
use sha2::Digest as _;
use std::collections::BTreeSet;

/// The steps from each version of the schema to the next one.
const STEPS: [&str; 2] = [include_str!("schema.sql"), include_str!("step-2.sql")];
/// Whoever writes holds this lock: `vchI`.
const LOCK: i64 = super::APPLICATION;

/// A connection to an index.
pub(in crate::audit) struct Server {
    client: Client,
    place: Place,
}

/// A path and the stamp of what lies there.
type Stamped = (Vec<u8>, Vec<u8>);

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.place)
    }
}

/// What the server or the way to it says, without the address.
fn said(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => match std::error::Error::source(error) {
            Some(why) => format!("{error}: {why}"),
            None => error.to_string(),
        },
    }
}

/// SHA-256 of a path, by which it is found: a path may be longer than an entry of an index of theirs.
fn hashes(paths: &[Stamped]) -> Vec<Vec<u8>> {
    paths.iter().map(|(path, _)| sha2::Sha256::digest(path).to_vec()).collect()
}

fn stamps(paths: &[Stamped]) -> Vec<&[u8]> {
    paths.iter().map(|(_, stamp)| stamp.as_slice()).collect()
}

impl Server {
    /// Connects, and makes the tables where there are none.
    pub(super) fn open(address: &Address) -> Kept<Self> {
        let mut server = Self::connect(address)?;
        // An audit asks by keys alone. Of a table that was filled a moment ago a server knows nothing, and would read it all.
        let by_keys = server.client.batch_execute("SET enable_seqscan = off").map_err(|e| said(&e));
        by_keys.map_err(|why| server.failed(why))?;
        let made = server.migrate();
        made.map_err(|why| server.failed(why))?;
        let version = server.version()?;
        IndexError::unless_current(version, &server.place)?;
        Ok(server)
    }

    /// Connects to be asked, and nothing else.
    pub(super) fn to_ask(address: &Address) -> Kept<Self> {
        let mut server = Self::connect(address)?;
        let version = server.version()?;
        IndexError::unless_current(version, &server.place)?;
        Ok(server)
    }

    fn connect(address: &Address) -> Kept<Self> {
        let place = Place::Server(address.clone());
        let failed = |e: &postgres::Error| IndexError::Failed { place: place.clone(), why: said(e) };
        let mut client = address.config().connect(NoTls).map_err(|e| failed(&e))?;
        let patience = PATIENCE.as_millis();
        let session = format!(
            "SET search_path = vouchsafe; SET lock_timeout = {patience}; SET bytea_output = 'hex';
             SET standard_conforming_strings = on; SET idle_in_transaction_session_timeout = 0"
        );
        client.batch_execute(&session).map_err(|e| failed(&e))?;
        let encoding = client.query_one("SELECT current_setting('server_encoding')", &[]).map_err(|e| failed(&e))?;
        match encoding.try_get::<_, &str>(0) {
            Ok("UTF8") => Ok(Self { client, place }),
            _ => Err(IndexError::Failed { place, why: "the database is not encoded as UTF8".to_owned() }),
        }
    }

    fn failed(&self, why: String) -> IndexError {
        IndexError::Failed { place: self.place.clone(), why }
    }

    /// The version of the tables: 0 if there are none, None if they are somebody else's.
    fn version(&mut self) -> Kept<Option<i64>> {
        let found = version(&mut self.client);
        found.map_err(|why| self.failed(why))
    }

    /// Makes the tables or brings them up to date, once: whoever comes second finds them so.
    fn migrate(&mut self) -> Moved<()> {
        if version(&mut self.client)? == Some(VERSION) {
            return Ok(());
        }
        let mut change = self.client.transaction().map_err(|e| said(&e))?;
        change.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).map_err(|e| said(&e))?;
        let Some(from) = version(&mut change)?.and_then(|version| usize::try_from(version).ok()) else { return Ok(()) };
        // To ask for one that is there takes a right that whoever was given an empty one need not have.
        let there = "SELECT 1 FROM pg_namespace WHERE nspname = 'vouchsafe'";
        if change.query_opt(there, &[]).map_err(|e| said(&e))?.is_none() {
            change.batch_execute("CREATE SCHEMA vouchsafe").map_err(|e| said(&e))?;
        }
        for step in STEPS.iter().skip(from) {
            change.batch_execute(step).map_err(|e| said(&e))?;
        }
        if from < STEPS.len() {
            change.batch_execute(&format!("UPDATE about SET version = {VERSION}")).map_err(|e| said(&e))?;
        }
        change.commit().map_err(|e| said(&e))
    }

    /// The number of a question.
    pub(super) fn question(&mut self, digest: &[u8]) -> Kept<i64> {
        let insert =
            "INSERT INTO question (digest) VALUES ($1) ON CONFLICT (digest) DO UPDATE SET digest = $1 RETURNING id";
        let id = self.client.query_one(insert, &[&digest]).and_then(|row| row.try_get(0));
        id.map_err(|e| self.failed(said(&e)))
    }

    /// Begins to take something to the server.
    pub(super) fn change(&mut self) -> Kept<Change<'_>> {
        Change::begin(&mut self.client, &self.place)
    }

    /// Brings what was read in files with attestations that are unchanged.
    pub(super) fn bring_containers(&mut self, local: &Connection, files: &[Stamped]) -> Kept<()> {
        let brought = self.reading(|read| {
            let select =
                "SELECT c.id, c.path, c.stamp, c.kind, c.fault FROM unnest($1::bytea[], $2::bytea[]) AS w (path, stamp)
                 JOIN container c ON sha256(c.path) = w.path AND c.stamp = w.stamp";
            let found = read.query(select, &[&hashes(files), &stamps(files)]).map_err(|e| said(&e))?;
            let ids = numbers(&found, 0)?;
            bring(local, "container", &found)?;
            let of = |read: &mut Transaction<'_>, table: &str| {
                let found = read.query(&format!("SELECT * FROM {table} WHERE container = ANY($1)"), &[&ids]);
                bring(local, table, &found.map_err(|e| said(&e))?)
            };
            of(read, "attestation")?;
            of(read, "mention")
        });
        brought.map_err(|why| self.failed(why))
    }

    /// Brings what was decided about files that are unchanged, as the answer to a question, as of now.
    pub(super) fn bring_answers(
        &mut self,
        local: &Connection,
        files: &[Stamped],
        (question, now): (i64, i64),
    ) -> Kept<()> {
        let brought = self.reading(|read| {
            let select = "SELECT a.* FROM unnest($1::bytea[], $2::bytea[]) AS w (path, stamp)
                 JOIN artifact a ON a.question = $3 AND sha256(a.path) = w.path AND a.stamp = w.stamp
                 WHERE a.decided = $4 OR (a.decided < $4 AND $4 < a.until)";
            let found = read.query(select, &[&hashes(files), &stamps(files), &question, &now]).map_err(|e| said(&e))?;
            bring(local, "artifact", &found)?;
            let findings =
                "SELECT artifact, severity, code, path, text::text AS text FROM finding WHERE artifact = ANY($1)";
            let findings = read.query(findings, &[&numbers(&found, "id")?]).map_err(|e| said(&e))?;
            bring(local, "finding", &findings)?;
            let mut texts: BTreeSet<i64> = numbers(&found, "signers")?.into_iter().collect();
            texts.extend(numbers(&found, "practices")?);
            let known = local.prepare_cached("SELECT 1 FROM main.shared WHERE id = ?1");
            let mut known = known.map_err(|e| e.to_string())?;
            texts.retain(|id| !known.exists([id]).unwrap_or(false));
            let texts: Vec<i64> = texts.into_iter().collect();
            let select = "SELECT id, digest, text::text AS text FROM shared WHERE id = ANY($1)";
            bring(local, "shared", &read.query(select, &[&texts]).map_err(|e| said(&e))?)
        });
        brought.map_err(|why| self.failed(why))
    }

    /// Reads as of one moment, whatever others write in the meantime.
    fn reading<T>(&mut self, act: impl FnOnce(&mut Transaction<'_>) -> Moved<T>) -> Moved<T> {
        let began = self.client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
        let mut read = began.start().map_err(|e| said(&e))?;
        let done = act(&mut read)?;
        read.commit().map_err(|e| said(&e))?;
        Ok(done)
    }
}

fn version(client: &mut impl postgres::GenericClient) -> Moved<Option<i64>> {
    // An empty schema of somebody else's may not stay empty: what they put there later would be called by our role.
    let about = "SELECT (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid),
                        EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'about'),
                        pg_has_role(n.nspowner, 'USAGE')
                        AND NOT EXISTS (SELECT 1 FROM pg_proc p WHERE p.pronamespace = n.oid)
                        AND NOT EXISTS (SELECT 1 FROM pg_type t WHERE t.typnamespace = n.oid)
                        AND NOT EXISTS (SELECT 1 FROM pg_operator o WHERE o.oprnamespace = n.oid)
                 FROM pg_namespace n WHERE n.nspname = 'vouchsafe'";
    let Some(row) = client.query_opt(about, &[]).map_err(|e| said(&e))? else { return Ok(Some(0)) };
    let is = |n: usize| row.try_get::<_, bool>(n).map_err(|e| said(&e));
    let tables: i64 = row.try_get(0).map_err(|e| said(&e))?;
    match (tables, is(1)?, is(2)?) {
        (0, _, ours) => Ok(ours.then_some(0)),
        (_, false, _) => Ok(None),
        _ => {
            let row = client.query_opt("SELECT version FROM vouchsafe.about", &[]).map_err(|e| said(&e))?;
            let version: Option<i64> = row.map(|row| row.try_get(0)).transpose().map_err(|e| said(&e))?;
            Ok(version.filter(|version| *version >= 1))
        }
    }
}

/// The numbers in a column, without those that are not there.
fn numbers<C>(rows: &[postgres::Row], column: C) -> Moved<Vec<i64>>
where
    C: postgres::row::RowIndex + std::fmt::Display + Copy,
{
    let read = |row: &postgres::Row| row.try_get::<_, Option<i64>>(column).map_err(|e| said(&e));
    Ok(rows.iter().map(read).collect::<Moved<Vec<_>>>()?.into_iter().flatten().collect())
}
