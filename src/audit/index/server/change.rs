//! What was found on its way to the server: all of it is kept, or nothing.

use super::copy::{Filling, Moved, take};
use super::{LOCK, said};
use crate::audit::index::containers::{Read, Written};
use crate::audit::index::{IndexError, Kept, Place};
use postgres::{Client, Transaction};
use rusqlite::Connection;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A transaction. One process writes at a time, so that none waits for another that waits for it.
pub(in crate::audit::index) struct Change<'a> {
    change: Transaction<'a>,
    place: &'a Place,
}

impl<'a> Change<'a> {
    pub(super) fn begin(client: &'a mut Client, place: &'a Place) -> Kept<Self> {
        let failed = |e: postgres::Error| IndexError::Failed { place: place.clone(), why: said(&e) };
        let mut change = client.transaction().map_err(failed)?;
        change.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).map_err(failed)?;
        Ok(Self { change, place })
    }

    pub(in crate::audit::index) fn commit(self) -> Kept<()> {
        let Self { change, place } = self;
        change.commit().map_err(|e| IndexError::Failed { place: place.clone(), why: said(&e) })
    }

    fn done<T>(&self, moved: Moved<T>) -> Kept<T> {
        moved.map_err(|why| IndexError::Failed { place: self.place.clone(), why })
    }

    /// Numbers that no row of a table has.
    pub(in crate::audit::index) fn numbers(&mut self, table: &str, n: usize) -> Kept<Vec<i64>> {
        let select = format!("SELECT nextval('{table}_id_seq') FROM generate_series(1, $1::bigint)");
        let most = i64::try_from(n).unwrap_or(i64::MAX);
        let rows = self.change.query(&select, &[&most]).map_err(|e| said(&e));
        let numbers = rows.and_then(|rows| super::numbers(&rows, 0));
        self.done(numbers)
    }

    /// Texts that many rows share, by their digest: the number of each.
    pub(in crate::audit::index) fn texts(&mut self, texts: &BTreeMap<Vec<u8>, &str>) -> Kept<Vec<(i64, Vec<u8>)>> {
        let (digests, texts): (Vec<&[u8]>, Vec<&str>) = texts.iter().map(|(d, t)| (d.as_slice(), *t)).unzip();
        let insert =
            "INSERT INTO shared (digest, text) SELECT d, t::json FROM unnest($1::bytea[], $2::text[]) AS w (d, t)
             ON CONFLICT (digest) DO NOTHING";
        let mut put = || {
            self.change.execute(insert, &[&digests, &texts])?;
            let found = self.change.query("SELECT id, digest FROM shared WHERE digest = ANY($1)", &[&digests])?;
            found.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<Vec<_>, _>>()
        };
        let found = put().map_err(|e: postgres::Error| said(&e));
        self.done(found)
    }

    /// Files that were read, and what stands in them: the number of each file.
    pub(in crate::audit::index) fn containers(&mut self, read: &[(Written, Read)]) -> Kept<Vec<i64>> {
        // Two paths that were named may lead to one file.
        let files: BTreeMap<&[u8], &(Written, Read)> =
            read.iter().map(|one| (one.0.absolute.as_slice(), one)).collect();
        let column = |n: fn(&(Written, Read)) -> &[u8]| files.values().map(|one| n(one)).collect::<Vec<_>>();
        let (paths, stamps) = (column(|(file, _)| &file.absolute), column(|(file, read)| file.kept_stamp(read)));
        let kinds: Vec<&str> = files.values().map(|(file, _)| file.kind_name()).collect();
        let faults: Vec<Option<Cow<'_, str>>> = files.values().map(|(_, read)| read.kept_fault()).collect();
        let insert = "INSERT INTO container (path, stamp, kind, fault)
             SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[])
             ON CONFLICT (sha256(path)) DO UPDATE SET stamp = excluded.stamp, kind = excluded.kind, fault = excluded.fault
             RETURNING id, path, xmax <> 0";
        let mut put = || {
            let rows = self.change.query(insert, &[&paths, &stamps, &kinds, &faults])?;
            // A row that was there before was locked first, which has left its mark.
            let before = rows.iter().filter(|row| row.try_get(2).unwrap_or(true)).map(|row| row.try_get(0));
            let before = before.collect::<Result<Vec<i64>, _>>()?;
            if !before.is_empty() {
                self.change.execute("DELETE FROM mention WHERE container = ANY($1)", &[&before])?;
                self.change.execute("DELETE FROM attestation WHERE container = ANY($1)", &[&before])?;
            }
            let known = rows.iter().map(|row| Ok((row.try_get(1)?, row.try_get(0)?)));
            known.collect::<Result<BTreeMap<Vec<u8>, i64>, postgres::Error>>()
        };
        let ids = put().map_err(|e| said(&e));
        let ids = self.done(ids)?;
        let id = |file: &Written| ids.get(&file.absolute).copied().unwrap_or_default();
        let words = files.values().map(|(file, read)| (id(file), read.words.as_slice()));
        let moved = words_of(&mut self.change, words);
        self.done(moved)?;
        Ok(read.iter().map(|(file, _)| id(file)).collect())
    }

    /// The attestations in such files.
    pub(in crate::audit::index) fn attestations(&mut self, local: &Connection, containers: &[i64]) -> Kept<()> {
        let containers: Vec<i64> = containers.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let select = "SELECT * FROM main.attestation WHERE container = ?1";
        let moved = take(&mut self.change, local, "attestation", select, &containers);
        self.done(moved)
    }

    /// Answers, with their findings.
    pub(in crate::audit::index) fn answers(&mut self, local: &Connection, ids: &[i64]) -> Kept<()> {
        let moved = answers(&mut self.change, local, ids);
        self.done(moved)
    }

    /// An audit that was carried through; what is not needed any more is forgotten, as it is in a file.
    pub(in crate::audit::index) fn audit(
        &mut self,
        local: &Connection,
        (audit, portfolio): (i64, &[u8]),
        before: Option<i64>,
    ) -> Kept<()> {
        let moved = audited(&mut self.change, local, audit, portfolio, before);
        self.done(moved)
    }
}

fn words_of<'r>(change: &mut Transaction<'_>, files: impl Iterator<Item = (i64, &'r [i64])>) -> Moved<()> {
    let files: BTreeMap<i64, &[i64]> = files.collect();
    let mut filling = Filling::begin(change, "mention", "container, word")?;
    for (id, words) in files {
        for word in words.iter().collect::<BTreeSet<_>>() {
            filling.rows.start(2);
            filling.rows.int(id);
            filling.rows.int(*word);
            filling.next()?;
        }
    }
    filling.end()
}

fn answers(change: &mut Transaction<'_>, local: &Connection, ids: &[i64]) -> Moved<()> {
    take(change, local, "artifact", "SELECT * FROM main.artifact WHERE id = ?1", ids)?;
    take(change, local, "finding", "SELECT * FROM main.finding WHERE artifact = ?1", ids)
}

fn audited(
    change: &mut Transaction<'_>,
    local: &Connection,
    audit: i64,
    portfolio: &[u8],
    before: Option<i64>,
) -> Moved<()> {
    take(change, local, "audit", "SELECT * FROM main.audit WHERE id = ?1", &[audit])?;
    for table in ["audited", "met", "key_of"] {
        take(change, local, table, &format!("SELECT * FROM main.{table} WHERE audit = ?1"), &[audit])?;
    }
    // What was brought may have been forgotten there since.
    let gone = "SELECT DISTINCT t.artifact FROM audited t LEFT JOIN artifact a ON a.id = t.artifact
                WHERE t.audit = $1 AND a.id IS NULL";
    let gone = change.query(gone, &[&audit]).map_err(|e| said(&e))?;
    answers(change, local, &super::numbers(&gone, 0)?)?;
    let old = "SELECT id FROM audit WHERE portfolio = $1 ORDER BY id DESC OFFSET 2";
    for table in ["audited WHERE audit", "met WHERE audit", "key_of WHERE audit", "audit WHERE id"] {
        change.execute(&format!("DELETE FROM {table} IN ({old})"), &[&portfolio]).map_err(|e| said(&e))?;
    }
    let Some(before) = before else { return Ok(()) };
    let delete = "WITH gone AS (DELETE FROM artifact a WHERE a.written < $1
                  AND NOT EXISTS (SELECT 1 FROM audited t WHERE t.artifact = a.id) RETURNING a.id)
                  DELETE FROM finding WHERE artifact IN (SELECT id FROM gone)";
    change.execute(delete, &[&before]).map(drop).map_err(|e| said(&e))
}
