//! Lines of an audit, handed out one by one, in their order.

use super::rows::verdict_of;
use super::work::parsed;
use super::{Index, IndexError, Place};
use crate::artifact::name;
use crate::audit::question::Filter;
use crate::audit::{ArtifactLine, Cell, Each, Finding, NotChecked, ReleaseLine, SignerLine};
use rusqlite::types::ToSql;
use rusqlite::{Row, Rows};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// A signer, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::audit) struct Signed {
    pub(in crate::audit) member: String,
    pub(in crate::audit) name: String,
    pub(in crate::audit) since: String,
    pub(in crate::audit) keyid: String,
    pub(in crate::audit) key_status: String,
}

impl Signed {
    fn line(self) -> SignerLine {
        let statuses = ["active", "retired since", "compromised since", "not admitted yet", "retired", "compromised"];
        let key_status = statuses.into_iter().find(|s| *s == self.key_status).unwrap_or("unknown");
        let Self { member, name, since, keyid, .. } = self;
        SignerLine { member, name, since, keyid, key_status }
    }
}

impl Index {
    fn each_row(
        &self,
        query: &str,
        values: &[&dyn ToSql],
        each: &mut dyn FnMut(&Row<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let connection = self.lock();
        let world = |e: rusqlite::Error| io::Error::other(self.fail(&e));
        let mut select = connection.prepare(query).map_err(world)?;
        let mut rows: Rows<'_> = select.query(values).map_err(world)?;
        while let Some(row) = rows.next().map_err(world)? {
            each(row)?;
        }
        Ok(())
    }

    /// Findings, the most severe first.
    pub(in crate::audit) fn each_finding(&self, each: Each<'_, Finding>) -> io::Result<()> {
        let query = "SELECT text FROM temp.found ORDER BY severity, code, path, text";
        self.each_row(query, &[], &mut |row| each(&parsed(&row.get::<_, String>(0).map_err(damaged)?)?))
    }

    /// What was not checked, by path.
    pub(in crate::audit) fn each_skipped(&self, each: Each<'_, NotChecked>) -> io::Result<()> {
        let query = "SELECT path, why FROM temp.skipped ORDER BY path, why";
        self.each_row(query, &[], &mut |row| {
            let path = name::lossless(&row.get::<_, Vec<u8>>(0).map_err(damaged)?);
            each(&NotChecked { path, why: row.get(1).map_err(damaged)? })
        })
    }

    /// Artifacts, by path.
    pub(in crate::audit) fn each_artifact(&self, view: &Filter, each: Each<'_, ArtifactLine>) -> io::Result<()> {
        let only = view.only.clone().unwrap_or_default();
        let chosen = match only.as_str() {
            "" => "?1 = ''",
            "verified" | "refused" | "undecided" => "a.verdict = ?1",
            _ => {
                "EXISTS (SELECT 1 FROM main.finding f WHERE f.artifact = a.id AND json_extract(f.text, '$.code') = ?1)"
            }
        };
        let query = format!(
            "SELECT t.path, a.digest, a.verdict, a.code, a.message, a.expected, a.got, a.hint, a.release, a.tier, a.signers,
                    s.text FROM temp.asked t JOIN main.artifact a ON a.id = t.artifact
             LEFT JOIN main.shared s ON s.id = a.signers WHERE {chosen} ORDER BY t.path"
        );
        self.each_row(&query, &[&only], &mut |row| each(&artifact(row)?))
    }

    /// Releases, by member, then product, then time, then id.
    pub(in crate::audit) fn each_release(&self, view: &Filter, each: Each<'_, ReleaseLine>) -> io::Result<()> {
        let connection = self.lock();
        let world = |e: rusqlite::Error| io::Error::other(self.fail(&e));
        let mut select = connection
            .prepare(
                "SELECT id, source, members, product, attested, valid_until, artifacts, verified, practices, logged
                 FROM temp.release ORDER BY members, product, attested, id",
            )
            .map_err(world)?;
        // Fetched one by one: neighbours share them, and a hundred thousand copies would have to be sorted.
        let mut shared = connection.prepare("SELECT text FROM main.shared WHERE id = ?1").map_err(world)?;
        let (mut known, mut cells) = (None, BTreeMap::new());
        let mut rows = select.query([]).map_err(world)?;
        while let Some(row) = rows.next().map_err(world)? {
            let mut line = release(row).map_err(world)?;
            let practices: Option<i64> = row.get(8).map_err(world)?;
            if practices.is_some() && practices != known {
                let text: String = shared.query_row([practices], |row| row.get(0)).map_err(world)?;
                cells = parsed::<BTreeMap<String, Cell>>(&text)?;
                cells.retain(|practice, _| view.practice.as_ref().is_none_or(|p| p == practice));
                known = practices;
            }
            if practices.is_some() {
                line.practices = std::mem::take(&mut cells);
            }
            each(&line)?;
            if practices.is_some() {
                cells = line.practices;
            }
        }
        Ok(())
    }
}

fn damaged(error: rusqlite::Error) -> io::Error {
    io::Error::other(IndexError::of(&Place::Passing, &error))
}

fn artifact(row: &Row<'_>) -> io::Result<ArtifactLine> {
    let text = |n: usize| row.get::<_, Option<String>>(n).map_err(damaged);
    let signers: Vec<Signed> = text(11)?.map(|signers| parsed(&signers)).transpose()?.unwrap_or_default();
    Ok(ArtifactLine {
        path: name::lossless(&row.get::<_, Vec<u8>>(0).map_err(damaged)?),
        digest: text(1)?,
        verdict: verdict_of(&text(2)?.unwrap_or_default()),
        code: text(3)?,
        message: text(4)?.unwrap_or_default(),
        expected: text(5)?,
        got: text(6)?,
        hint: text(7)?,
        release: text(8)?,
        tier: text(9)?,
        signers: signers.into_iter().map(Signed::line).collect(),
    })
}

fn release(row: &Row<'_>) -> rusqlite::Result<ReleaseLine> {
    let number = |n: usize| row.get::<_, i64>(n).map(|n| usize::try_from(n).unwrap_or_default());
    let members: String = row.get(2)?;
    Ok(ReleaseLine {
        id: row.get(0)?,
        source: row.get(1)?,
        members: members.split_terminator('\n').map(str::to_owned).collect(),
        product: row.get(3)?,
        attested: row.get(4)?,
        valid_until: row.get(5)?,
        artifacts: number(6)?,
        verified: number(7)?,
        practices: BTreeMap::new(),
        logged: row.get(9)?,
    })
}
