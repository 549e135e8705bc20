//! Files with attestations, and which artifacts they may be about.

use super::server::Server;
use super::{Index, Kept, keepable};
use crate::artifact::name;
use crate::audit::question::Times;
use crate::audit::stamp::Stamp;
use crate::audit::walk::{Kind, Place, Role};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::Digest as _;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A file of attestations that has to be read.
#[derive(Clone, Debug)]
pub(in crate::audit) struct Written {
    pub(in crate::audit) path: PathBuf,
    pub(in crate::audit) kind: Kind,
    pub(super) absolute: Vec<u8>,
    stamp: Vec<u8>,
}

impl Written {
    /// Its stamp, as it is kept; a stamp of no length is never met again.
    pub(super) fn kept_stamp(&self, read: &Read) -> &[u8] {
        if read.fresh { &[] } else { &self.stamp }
    }
    pub(super) fn kind_name(&self) -> &'static str {
        kind_name(self.kind)
    }
}

impl Read {
    /// Its fault, as it is kept.
    pub(super) fn kept_fault(&self) -> Option<Cow<'_, str>> {
        self.fault.as_deref().map(keepable)
    }
}

/// What stands in it.
#[derive(Clone, Debug, Default)]
pub(in crate::audit) struct Read {
    /// Why it is not what its name says.
    pub(in crate::audit) fault: Option<String>,
    /// Whether it was written to so lately that its stamp says nothing.
    pub(in crate::audit) fresh: bool,
    pub(in crate::audit) attestations: Vec<Stated>,
    /// Digests and file names, as [`word`] has them.
    pub(in crate::audit) words: Vec<i64>,
}

/// What an attestation says of itself, unverified.
#[derive(Clone, Debug, Default)]
pub(in crate::audit) struct Stated {
    pub(in crate::audit) id: String,
    pub(in crate::audit) product: String,
    pub(in crate::audit) attested: Option<String>,
    pub(in crate::audit) valid_until: Option<String>,
    pub(in crate::audit) member: Option<String>,
    pub(in crate::audit) profile: Option<String>,
}

/// 64 bits by which a digest or a file name is looked up.
pub(in crate::audit) fn word(text: &[u8]) -> i64 {
    let hash = sha2::Sha256::digest(text);
    hash.iter().take(8).fold(0, |word, byte| (word << 8) | i64::from(*byte))
}

impl Index {
    /// Notes files with attestations that were met. Where times are not believed, none was ever read.
    pub(in crate::audit) fn place(&self, here: &Path, places: &[Place], times: Times) -> Kept<()> {
        let believed = times == Times::Believed;
        if let Some(mut server) = self.server().filter(|_| believed && !places.is_empty()) {
            let stamped = |p: &Place| (name::bytes(here.join(&p.path).as_os_str()), p.stamp.0.clone());
            let places: Vec<_> = places.iter().map(stamped).collect();
            self.transaction(|connection| server.bring_containers(connection, &places))?;
        }
        self.at_once(|connection| {
            let mut insert = connection.prepare_cached(
                "INSERT INTO temp.place (path, absolute, stamp, full, kind, role, changed, container)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, 0,
                        (SELECT id FROM main.container WHERE ?7 AND path = ?2 AND stamp = ?3)
                 WHERE true
                 ON CONFLICT (path) DO UPDATE SET role = 'met' WHERE excluded.role = 'met' AND role = 'aside'",
            )?;
            for place in places {
                let path = name::bytes(place.path.as_os_str());
                let absolute = name::bytes(here.join(&place.path).as_os_str());
                let (kind, role) = (kind_name(place.kind), role_name(place.role));
                insert.execute(params![path, absolute, place.stamp.0, place.full.0, kind, role, believed])?;
            }
            Ok(())
        })
    }

    /// The next files that were never read, or not since they changed.
    pub(in crate::audit) fn unread(&self, after: &[u8], most: usize) -> Kept<Vec<(Vec<u8>, Written)>> {
        let connection = self.lock();
        let read = || {
            let mut select = connection.prepare_cached(
                "SELECT path, kind, absolute, stamp FROM temp.place
                 WHERE container IS NULL AND path > ?1 ORDER BY path LIMIT ?2",
            )?;
            let rows = select.query_map(params![after, i64::try_from(most).unwrap_or(i64::MAX)], |row| {
                let key: Vec<u8> = row.get(0)?;
                let path = name::os(&key).unwrap_or_default().into();
                let kind = if row.get::<_, String>(1)? == "proof" { Kind::Proof } else { Kind::Attestation };
                Ok((key, Written { path, kind, absolute: row.get(2)?, stamp: row.get(3)? }))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e: rusqlite::Error| self.fail(&e))
    }

    /// Keeps what was read.
    pub(in crate::audit) fn keep(&self, done: &[(Written, Read)]) -> Kept<()> {
        let mut server = self.server().filter(|_| !done.is_empty());
        let mut change = server.as_deref_mut().map(Server::change).transpose()?;
        let ids = change.as_mut().map(|change| change.containers(done)).transpose()?;
        let id = |n: usize| ids.as_ref().and_then(|ids| ids.get(n)).copied();
        self.at_once(|connection| {
            let (mut mentioned, mut changed) = (Vec::new(), Vec::new());
            for (n, (file, read)) in done.iter().enumerate() {
                let id = keep(connection, id(n), file, read, &mut changed)?;
                mentioned.extend(read.words.iter().map(|word| (*word, id)));
            }
            unmention(connection, &changed)?;
            mention(connection, mentioned)
        })?;
        let Some((mut change, ids)) = change.zip(ids) else { return Ok(()) };
        change.attestations(&self.lock(), &ids)?;
        change.commit()
    }
}

/// Keeps a file under this number, or under one of SQLite's; if it was known and other attestations stood in it, it is
/// among those that `changed`.
fn keep(
    connection: &Connection,
    id: Option<i64>,
    file: &Written,
    read: &Read,
    changed: &mut Vec<i64>,
) -> rusqlite::Result<i64> {
    let (kind, stamp) = (file.kind_name(), file.kept_stamp(read));
    let row = params![file.absolute, stamp, kind, read.kept_fault(), id];
    let insert =
        "INSERT OR IGNORE INTO main.container (path, stamp, kind, fault, id) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id";
    let new = connection.prepare_cached(insert)?.query_row(row, |row| row.get(0)).optional()?;
    let id = match new {
        Some(id) => id,
        None => keep_again(connection, file, read, changed)?,
    };
    let mut state = connection.prepare_cached(
        "INSERT INTO main.attestation (container, line, id, product, attested, valid_until, member, profile)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (line, said) in read.attestations.iter().enumerate() {
        let line = i64::try_from(line).unwrap_or(i64::MAX);
        let (attested, ends) = (&said.attested, &said.valid_until);
        let [member, profile] = [&said.member, &said.profile].map(|text| text.as_deref().map(keepable));
        state.execute(params![id, line, said.id, keepable(&said.product), attested, ends, member, profile])?;
    }
    connection
        .prepare_cached("UPDATE temp.place SET container = ?1 WHERE path = ?2")?
        .execute(params![id, name::bytes(file.path.as_os_str())])?;
    Ok(id)
}

/// Keeps a file that is known already, and forgets what stood in it.
fn keep_again(connection: &Connection, file: &Written, read: &Read, changed: &mut Vec<i64>) -> rusqlite::Result<i64> {
    let update = "UPDATE main.container SET stamp = ?2, kind = ?3, fault = ?4 WHERE path = ?1 RETURNING id";
    let row = params![file.absolute, file.kept_stamp(read), file.kind_name(), read.kept_fault()];
    let id: i64 = connection.prepare_cached(update)?.query_row(row, |row| row.get(0))?;
    // What is signed says what it is about.
    let before: Vec<String> = connection
        .prepare_cached("SELECT id FROM main.attestation WHERE container = ?1 ORDER BY line")?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if !before.iter().eq(read.attestations.iter().map(|said| &said.id)) {
        changed.push(id);
    }
    connection.prepare_cached("DELETE FROM main.attestation WHERE container = ?1")?.execute([id])?;
    Ok(id)
}

/// Forgets what files may have been about that say something else now: else they would be taken for attestations in the
/// folder of an artifact, which come before those elsewhere. Tables are read whole, so this is done for many at once.
fn unmention(connection: &Connection, changed: &[i64]) -> rusqlite::Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    connection
        .execute_batch("CREATE TEMP TABLE IF NOT EXISTS changed (id INTEGER PRIMARY KEY); DELETE FROM changed")?;
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO temp.changed (id) VALUES (?1)")?;
    changed.iter().try_for_each(|id| insert.execute([id]).map(drop))?;
    connection.execute("DELETE FROM main.mention WHERE container IN (SELECT id FROM temp.changed)", []).map(drop)
}

/// Notes which files may be about what, in the order of the table, so that each of its pages is touched once.
fn mention(connection: &Connection, mut mentioned: Vec<(i64, i64)>) -> rusqlite::Result<()> {
    mentioned.sort_unstable();
    let mut insert =
        connection.prepare_cached("INSERT OR IGNORE INTO main.mention (word, container) VALUES (?1, ?2)")?;
    mentioned.iter().try_for_each(|pair| insert.execute([pair.0, pair.1]).map(drop))
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Attestation => "attestation",
        Kind::Proof => "proof",
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Met => "met",
        Role::Aside => "aside",
        Role::Named => "named",
    }
}

/// A stamp as it is stored; none for a file that was written to too lately.
pub(super) fn stored(stamp: &Stamp, fresh: bool) -> Option<&[u8]> {
    (!fresh).then_some(stamp.0.as_slice())
}
