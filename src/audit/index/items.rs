//! The files an audit asks about: which were answered before, which have to be looked at, and where their attestations are.

use super::containers::word;
use super::{Index, Kept};
use crate::artifact::{manifest, name};
use crate::audit::question::Times;
use crate::audit::stamp::Stamp;
use crate::audit::walk::Item;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};

/// An item that has to be looked at, or whose attestations have to be found before that is known.
#[derive(Debug)]
pub(in crate::audit) struct Waiting {
    pub(in crate::audit) item: Item,
    /// Why a file that is named like an attestation is none.
    pub(in crate::audit) fault: Option<String>,
}

/// The attestations that may be about a file that has none beside it.
#[derive(Debug, Default)]
pub(in crate::audit) struct Gathered {
    /// Those that name its digest.
    pub(in crate::audit) first: Vec<PathBuf>,
    /// Those that name a file called so.
    pub(in crate::audit) more: Vec<PathBuf>,
    /// Of all of them.
    pub(in crate::audit) stamp: Stamp,
}

/// So many attestations that merely name a file called so are tried, and so many of `--bundle` if none is about it.
const FEW: usize = 16;

impl Index {
    /// Notes files that are asked about; one that is named twice is asked about once.
    pub(in crate::audit) fn ask(&self, items: &[Item]) -> Kept<()> {
        self.at_once(|connection| {
            let mut insert = connection.prepare_cached(
                "INSERT OR IGNORE INTO temp.item (path, stamp, changed, beside, evidence, list, line, name)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for item in items {
                let bytes = |path: &Path| name::bytes(path.as_os_str());
                let beside = item.beside.as_ref().map(|(path, _)| bytes(path));
                let evidence = item.beside.as_ref().map(|(_, stamp)| &stamp.0);
                let listed = item.listed.as_ref();
                insert.execute(params![
                    bytes(&item.path),
                    item.stamp.0,
                    item.changed,
                    beside,
                    evidence,
                    listed.map(|(list, _)| bytes(list)),
                    listed.map(|(_, entry)| entry.digest.to_string()),
                    listed.map(|(_, entry)| &entry.name),
                ])?;
            }
            Ok(())
        })
    }

    /// Notes what is not checked, and why.
    pub(in crate::audit) fn skip(&self, skipped: &[(PathBuf, String)]) -> Kept<()> {
        self.at_once(|connection| {
            let mut insert =
                connection.prepare_cached("INSERT OR IGNORE INTO temp.skipped (path, why) VALUES (?1, ?2)")?;
            for (path, why) in skipped {
                insert.execute(params![name::bytes(path.as_os_str()), why])?;
            }
            Ok(())
        })
    }

    /// Sorts the files with attestations: what is named like one and is none is asked about like any other file, the
    /// rest is evidence and not checked itself.
    pub(in crate::audit) fn sort_out(&self, explicit: bool) -> Kept<()> {
        self.at_once(|connection| {
            connection.execute_batch(
                "INSERT OR IGNORE INTO temp.item (path, stamp, changed, fault)
                 SELECT p.path, p.stamp, p.changed, c.fault FROM temp.place p JOIN main.container c ON c.id = p.container
                 WHERE p.role <> 'aside' AND c.fault IS NOT NULL;
                 UPDATE temp.item SET fault = (SELECT c.fault FROM temp.place p JOIN main.container c ON c.id = p.container
                 WHERE p.path = item.path) WHERE fault IS NULL AND path IN (SELECT path FROM temp.place);
                 DELETE FROM temp.item WHERE fault IS NULL AND path IN (SELECT path FROM temp.place WHERE role = 'met')",
            )?;
            let why = if explicit { ", and --bundle says where to look" } else { "" };
            let mut select = connection.prepare(
                "SELECT p.path, p.kind FROM temp.place p JOIN main.container c ON c.id = p.container
                 WHERE p.role = 'met' AND c.fault IS NULL",
            )?;
            let mut insert =
                connection.prepare("INSERT OR IGNORE INTO temp.skipped (path, why) VALUES (?1, ?2)")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let (path, kind): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
                let why = match kind.as_str() {
                    "proof" => "a proof of being in a log: evidence, not an artifact".to_owned(),
                    _ => format!("an attestation: evidence, not an artifact{why}"),
                };
                insert.execute(params![path, why])?;
            }
            Ok(())
        })
    }

    /// Brings what a server knows of the files that are asked about.
    pub(in crate::audit) fn bring(&self, question: i64, now: i64) -> Kept<()> {
        let Some(mut server) = self.server() else { return Ok(()) };
        let (mut after, most) = (Vec::new(), 1_000);
        loop {
            let next = self.at_once(|connection| {
                let mut select = connection
                    .prepare_cached("SELECT path, stamp FROM temp.item WHERE path > ?1 ORDER BY path LIMIT ?2")?;
                let rows = select.query_map(params![after, most], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect::<rusqlite::Result<Vec<(Vec<u8>, Vec<u8>)>>>()
            })?;
            let Some((last, _)) = next.last() else { return Ok(()) };
            after.clone_from(last);
            self.transaction(|connection| server.bring_answers(connection, &next, (question, now)))?;
        }
    }

    /// Takes over what was decided before about files that are unchanged, with an unchanged attestation beside them.
    pub(in crate::audit) fn take_over(&self, question: i64, now: i64, times: Times) -> Kept<()> {
        if times == Times::Distrusted {
            return Ok(());
        }
        self.at_once(|connection| {
            connection
                .prepare(
                    "INSERT INTO temp.asked (path, artifact)
                     SELECT i.path, max(a.id) FROM temp.item i
                     JOIN main.artifact a ON a.question = ?1 AND a.path = i.path
                     WHERE i.evidence IS NOT NULL AND a.stamp = i.stamp AND a.evidence = i.evidence
                       AND (a.decided = ?2 OR (a.decided < ?2 AND ?2 < a.until))
                     GROUP BY i.path",
                )?
                .execute(params![question, now])
                .map(drop)
        })
    }

    /// What was decided before about a file without an attestation beside it, if nothing about it changed.
    pub(in crate::audit) fn known(&self, question: i64, now: i64, waiting: &Item, explicit: bool) -> Kept<Option<i64>> {
        let found = {
            let connection = self.reading()?;
            let found = connection
                .prepare_cached(
                    "SELECT id, evidence, digest FROM main.artifact WHERE question = ?1 AND path = ?2 AND stamp = ?3
                     AND digest IS NOT NULL AND (decided = ?4 OR (decided < ?4 AND ?4 < until)) ORDER BY id DESC LIMIT 1",
                )
                .and_then(|mut select| {
                    let path = name::bytes(waiting.path.as_os_str());
                    let mut rows = select.query(params![question, path, waiting.stamp.0, now])?;
                    let row = rows.next()?;
                    row.map(|r| Ok((r.get::<_, i64>(0)?, r.get::<_, Option<Vec<u8>>>(1)?, r.get::<_, String>(2)?)))
                        .transpose()
                });
            found.map_err(|e| self.fail(&e))?
        };
        let Some((row, Some(evidence), digest)) = found else { return Ok(None) };
        let hex = digest.rsplit(':').next().unwrap_or_default();
        let gathered = self.gathered(hex, &waiting.path, explicit)?;
        Ok((gathered.stamp.0 == evidence).then_some(row))
    }

    /// Takes over single answers.
    pub(in crate::audit) fn answered(&self, rows: &[(PathBuf, i64)]) -> Kept<()> {
        self.at_once(|connection| {
            let mut insert =
                connection.prepare_cached("INSERT OR REPLACE INTO temp.asked (path, artifact) VALUES (?1, ?2)")?;
            for (path, row) in rows {
                insert.execute(params![name::bytes(path.as_os_str()), row])?;
            }
            Ok(())
        })
    }

    /// The next files without an answer.
    pub(in crate::audit) fn waiting(&self, after: &[u8], most: usize) -> Kept<Vec<(Vec<u8>, Waiting)>> {
        let connection = self.lock();
        let read = || {
            let mut select = connection.prepare_cached(
                "SELECT path, stamp, changed, beside, evidence, list, line, name, fault FROM temp.item
                 WHERE path > ?1 AND path NOT IN (SELECT path FROM temp.asked) ORDER BY path LIMIT ?2",
            )?;
            let rows = select.query_map(params![after, i64::try_from(most).unwrap_or(i64::MAX)], |row| {
                let path: Vec<u8> = row.get(0)?;
                Ok((path.clone(), waiting(row, &path)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e: rusqlite::Error| self.fail(&e))
    }

    /// The attestations that may be about a file: among those of `--bundle`; else those in its folder that name its digest
    /// or a file called so, else those anywhere in the audit that name its digest.
    pub(in crate::audit) fn gathered(&self, sha256: &str, path: &Path, explicit: bool) -> Kept<Gathered> {
        let connection = self.reading()?;
        let read = || {
            let file = path.file_name().map(name::bytes).unwrap_or_default();
            let (digest, file) = (word(sha256.as_bytes()), word(&[b"name:", file.as_slice()].concat()));
            let (mut first, mut more) = matches(&connection, digest, file, explicit)?;
            if !explicit {
                let here = |(p, _): &(PathBuf, Vec<u8>)| p.parent() == path.parent();
                more.retain(here);
                if first.iter().any(here) || !more.is_empty() {
                    first.retain(here);
                }
            } else if first.is_empty() && more.is_empty() {
                more = all_named(&connection)?;
            }
            Ok(gather(first, more))
        };
        read().map_err(|e: rusqlite::Error| self.fail(&e))
    }
}

type Candidates = Vec<(PathBuf, Vec<u8>)>;

fn gather(first: Candidates, mut more: Candidates) -> Gathered {
    let parts = first.iter().chain(&more).flat_map(|(path, full)| [path.as_os_str().as_encoded_bytes(), full]);
    let stamp = Stamp::over(parts);
    more.truncate(FEW);
    let paths = |found: Candidates| found.into_iter().map(|(path, _)| path).collect();
    Gathered { first: paths(first), more: paths(more), stamp }
}

fn candidate(row: &rusqlite::Row<'_>) -> rusqlite::Result<(PathBuf, Vec<u8>)> {
    Ok((name::os(&row.get::<_, Vec<u8>>(0)?).unwrap_or_default().into(), row.get(1)?))
}

/// Those that name the one word, and those that name the other alone, by path.
fn matches(
    connection: &Connection,
    one: i64,
    other: i64,
    explicit: bool,
) -> rusqlite::Result<(Candidates, Candidates)> {
    let mut mentions = connection.prepare_cached("SELECT container, word FROM main.mention WHERE word IN (?1, ?2)")?;
    let mut select = connection.prepare_cached(
        "SELECT path, full FROM temp.place WHERE container = ?1 AND (role = 'named') = ?2 AND kind = 'attestation'",
    )?;
    let mentions = mentions.query_map([one, other], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? != one)))?;
    let mut mentions: Vec<(i64, bool)> = mentions.collect::<rusqlite::Result<_>>()?;
    // A file that names both is one that names the first.
    mentions.sort_unstable();
    mentions.dedup_by_key(|(container, _)| *container);
    let (mut of_one, mut of_other) = (Candidates::new(), Candidates::new());
    for (container, is_other) in mentions {
        let found = if is_other { &mut of_other } else { &mut of_one };
        let mut rows = select.query(params![container, explicit])?;
        while let Some(row) = rows.next()? {
            found.push(candidate(row)?);
        }
    }
    of_one.sort_unstable();
    of_other.sort_unstable();
    Ok((of_one, of_other))
}

/// Those of `--bundle`, if they are few.
fn all_named(connection: &Connection) -> rusqlite::Result<Candidates> {
    let mut select =
        connection.prepare_cached("SELECT path, full FROM temp.place WHERE role = 'named' ORDER BY path LIMIT ?1")?;
    let most = i64::try_from(FEW).unwrap_or(0) + 1;
    let all: Candidates = select.query_map([most], candidate)?.collect::<Result<_, _>>()?;
    Ok(if all.len() > FEW { Vec::new() } else { all })
}

fn waiting(row: &rusqlite::Row<'_>, path: &[u8]) -> rusqlite::Result<Waiting> {
    let os = |bytes: Vec<u8>| PathBuf::from(name::os(&bytes).unwrap_or_default());
    let beside = row.get::<_, Option<Vec<u8>>>(3)?.zip(row.get::<_, Option<Vec<u8>>>(4)?);
    let (list, line, named): (Option<Vec<u8>>, Option<String>, Option<Vec<u8>>) =
        (row.get(5)?, row.get(6)?, row.get(7)?);
    let entry = |(line, name): (String, Vec<u8>)| {
        crate::artifact::Digest::parse(&line).ok().map(|digest| manifest::Entry { name, digest })
    };
    let item = Item {
        path: os(path.to_vec()),
        stamp: Stamp(row.get(1)?),
        changed: row.get(2)?,
        beside: beside.map(|(path, stamp)| (os(path), Stamp(stamp))),
        listed: list.map(os).zip(line.zip(named).and_then(entry)),
    };
    Ok(Waiting { item, fault: row.get(8)? })
}
