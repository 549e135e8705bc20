//! From answers to an audit: what is asked for of them is chosen, releases are counted, findings gathered, the audit noted.

use super::rows::{columns, joined, verdict_of};
use super::server::Server;
use super::{Index, IndexError, Kept};
use crate::artifact::name;
use crate::audit::question::{Filter, Question};
use crate::audit::{Finding, LogSize, Totals, Verdict};
use crate::encoding::duration::rfc3339;
use crate::encoding::json;
use rusqlite::types::ToSql;
use rusqlite::{Connection, params};

/// A day: so long a row that nothing refers to is kept, for a process that may still be reading it.
const DAY: i64 = 86_400;

impl Index {
    /// Leaves of the answers those that are asked for.
    pub(in crate::audit) fn narrow(&self, view: &Filter) -> Kept<()> {
        let said = |what: &str| format!("EXISTS (SELECT 1 FROM main.attestation s WHERE s.id = a.release AND {what})");
        let mut drop: Vec<(String, String)> = Vec::new();
        if let Some(member) = &view.member {
            let signed = "instr(char(10) || a.members, char(10) || ?1 || char(10)) > 0";
            drop.push((format!("{signed} OR {}", said("s.member = ?1")), member.clone()));
        }
        if let Some(profile) = &view.profile {
            drop.push((said("s.profile = ?1"), profile.clone()));
        }
        if let Some(since) = view.since {
            let day = "CAST(strftime('%s', ?1) AS INTEGER)";
            drop.push((format!("a.changed >= {day} OR {}", said("s.attested >= ?1")), rfc3339(since)));
        }
        self.at_once(|connection| {
            drop.iter().try_for_each(|(keep, value)| {
                let gone = format!(
                    "DELETE FROM temp.asked WHERE artifact NOT IN (SELECT a.id FROM temp.asked t
                     JOIN main.artifact a ON a.id = t.artifact WHERE {keep})"
                );
                connection.execute(&gone, [value]).map(|_| ())
            })
        })
    }

    /// Counts artifacts by release.
    pub(in crate::audit) fn count_releases(&self, view: &Filter) -> Kept<()> {
        let narrowed = view.member.is_some() || view.profile.is_some() || view.since.is_some();
        self.at_once(|connection| {
            connection.execute_batch(
                "INSERT INTO temp.counted (id, artifacts, verified, members, practices, logged, first)
                 SELECT a.release, count(*), sum(a.verdict = 'verified'), a.members, a.practices, a.logged,
                        min(CASE a.verdict WHEN 'verified' THEN t.path END)
                 FROM temp.asked t JOIN main.artifact a ON a.id = t.artifact WHERE a.release IS NOT NULL GROUP BY a.release",
            )?;
            releases(connection, narrowed, view)
        })
    }

    /// Gathers findings: those of the answers, and these.
    pub(in crate::audit) fn gather_findings(&self, view: &Filter, others: &[Finding]) -> Kept<()> {
        self.at_once(|connection| {
            connection.execute_batch(
                "INSERT OR IGNORE INTO temp.found (severity, code, path, text)
                 SELECT f.severity, f.code, f.path, f.text FROM temp.asked t JOIN main.finding f ON f.artifact = t.artifact",
            )?;
            let mut insert = connection
                .prepare("INSERT OR IGNORE INTO temp.found (severity, code, path, text) VALUES (?1, ?2, ?3, ?4)")?;
            for finding in others {
                let (severity, code, path, text) = columns(finding);
                insert.execute(params![severity, code, path, text])?;
            }
            if let Some(practice) = &view.practice {
                let gone = "DELETE FROM temp.found WHERE json_extract(text, '$.practice') IS NOT ?1";
                connection.execute(gone, [practice])?;
            }
            match view.only.as_deref() {
                None => {}
                Some(verdict @ ("verified" | "refused" | "undecided")) => {
                    let gone = "DELETE FROM temp.found WHERE text NOT IN (SELECT f.text FROM temp.asked t
                        JOIN main.artifact a ON a.id = t.artifact JOIN main.finding f ON f.artifact = a.id
                        WHERE a.verdict = ?1)";
                    connection.execute(gone, [verdict])?;
                }
                Some(code) => {
                    connection.execute("DELETE FROM temp.found WHERE json_extract(text, '$.code') <> ?1", [code])?;
                }
            }
            Ok(())
        })
    }

    /// How many answers there are of each kind.
    pub(in crate::audit) fn totals(&self) -> Kept<Totals> {
        let connection = self.lock();
        let count = || {
            let mut select = connection.prepare(
                "SELECT a.verdict, count(*) FROM temp.asked t LEFT JOIN main.artifact a ON a.id = t.artifact GROUP BY 1",
            )?;
            let rows = select.query_map([], |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, i64>(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let counted = count().map_err(|e| self.fail(&e))?;
        let mut totals = Totals { requested: 0, verified: 0, refused: 0, undecided: 0 };
        for (verdict, n) in counted {
            let n = usize::try_from(n).unwrap_or_default();
            totals.requested = totals.requested.saturating_add(n);
            match verdict.as_deref().map(verdict_of) {
                Some(Verdict::Verified) => totals.verified = n,
                Some(Verdict::Refused) => totals.refused = n,
                Some(Verdict::Undecided) => totals.undecided = n,
                // A report without them would say less than was asked, and nobody would see it.
                None => {
                    let why = "another process has removed answers that this audit rests on; audit again".to_owned();
                    return Err(IndexError::Failed { place: self.place.clone(), why });
                }
            }
        }
        Ok(totals)
    }

    /// A number that a query gives.
    pub(in crate::audit) fn number(&self, query: &str, values: &[&dyn ToSql]) -> Kept<usize> {
        let found: rusqlite::Result<i64> = self.lock().query_row(query, values, |row| row.get(0));
        Ok(usize::try_from(found.map_err(|e| self.fail(&e))?).unwrap_or_default())
    }

    /// The largest log that a proof showed.
    pub(in crate::audit) fn largest_log(&self) -> Kept<Option<LogSize>> {
        let connection = self.lock();
        let read = || {
            let mut select = connection.prepare(
                "SELECT a.log_origin, a.log_size FROM temp.asked t JOIN main.artifact a ON a.id = t.artifact
                 WHERE a.log_origin IS NOT NULL ORDER BY a.log_size DESC, a.log_origin LIMIT 1",
            )?;
            let mut rows = select.query([])?;
            let size = |row: &rusqlite::Row<'_>| {
                let size = u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
                Ok(LogSize { origin: row.get(0)?, size })
            };
            rows.next()?.map(size).transpose()
        };
        read().map_err(|e: rusqlite::Error| self.fail(&e))
    }

    /// The members whose signatures counted.
    pub(in crate::audit) fn members(&self) -> Kept<Vec<String>> {
        let connection = self.lock();
        let read = || {
            let mut select = connection.prepare("SELECT DISTINCT members FROM temp.release")?;
            let rows = select.query_map([], |row| row.get::<_, String>(0))?;
            rows.collect::<Result<Vec<_>, _>>()
        };
        let found = read().map_err(|e: rusqlite::Error| self.fail(&e))?;
        let all: std::collections::BTreeSet<&str> = found.iter().flat_map(|m| m.split_terminator('\n')).collect();
        Ok(all.into_iter().map(str::to_owned).collect())
    }

    /// Notes the audit, so that it can be asked about later; the last two of a portfolio are kept.
    pub(in crate::audit) fn note(
        &self,
        question: &Question<'_>,
        members: &[String],
        clock: i64,
        new: usize,
    ) -> Kept<()> {
        let portfolio = question.portfolio().0;
        let before = (new > 0).then(|| clock.saturating_sub(DAY));
        let mut server = self.server();
        let mut change = server.as_deref_mut().map(Server::change).transpose()?;
        let id = change.as_mut().map(|change| change.numbers("audit", 1)).transpose()?;
        let id = id.and_then(|ids| ids.first().copied());
        let audit = self.at_once(|connection| {
            connection.execute(
                "INSERT INTO main.audit (portfolio, at, forum, registry_version, policy, command, id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    portfolio,
                    rfc3339(question.at),
                    question.trust.forum().name,
                    i64::try_from(question.trust.versions().targets).unwrap_or(i64::MAX),
                    question.policy.name,
                    question.command,
                    id
                ],
            )?;
            let audit = connection.last_insert_rowid();
            connection.execute(
                "INSERT INTO main.audited (audit, path, artifact) SELECT ?1, path, artifact FROM temp.asked",
                [audit],
            )?;
            connection.execute(
                "INSERT INTO main.met (audit, id, source, members, product, profile, artifacts, verified, practices)
                 SELECT ?1, id, source, members, product, profile, artifacts, verified, practices FROM temp.release",
                [audit],
            )?;
            keys(connection, audit, question, members)?;
            forget(connection, &portfolio)?;
            if let Some(before) = before {
                let gone =
                    "DELETE FROM main.artifact WHERE written < ?1 AND id NOT IN (SELECT artifact FROM main.audited)";
                if connection.execute(gone, [before])? > 0 {
                    connection.execute_batch(
                        "DELETE FROM main.finding WHERE artifact NOT IN (SELECT id FROM main.artifact)",
                    )?;
                }
            }
            Ok(audit)
        })?;
        let Some(mut change) = change else { return Ok(()) };
        change.audit(&self.lock(), (audit, &portfolio), before)?;
        change.commit()
    }
}

/// Audits of a portfolio but the last two.
fn forget(connection: &Connection, portfolio: &[u8]) -> rusqlite::Result<()> {
    let old = "SELECT id FROM main.audit WHERE portfolio = ?1 ORDER BY id DESC LIMIT -1 OFFSET 2";
    for table in ["audited", "met", "key_of"] {
        connection.execute(&format!("DELETE FROM main.{table} WHERE audit IN ({old})"), [portfolio])?;
    }
    connection.execute(&format!("DELETE FROM main.audit WHERE id IN ({old})"), [portfolio]).map(drop)
}

/// The keys of members whose signatures counted.
fn keys(connection: &Connection, audit: i64, question: &Question<'_>, members: &[String]) -> rusqlite::Result<()> {
    let mut insert = connection
        .prepare("INSERT INTO main.key_of (audit, member, keyid, added, ends, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for record in members.iter().filter_map(|id| question.trust.members().get(id)) {
        for key in &record.keys {
            let ends = key.compromised_since.into_iter().chain(key.retired_at).min().map(rfc3339);
            insert.execute(params![audit, record.id, key.keyid, rfc3339(key.added), ends, key.reason])?;
        }
    }
    Ok(())
}

/// Every attestation that was met, with what is known of it.
fn releases(connection: &Connection, narrowed: bool, view: &Filter) -> rusqlite::Result<()> {
    let mut select = connection.prepare(
        "SELECT s.id, p.path, s.line, (SELECT count(*) FROM main.attestation o WHERE o.container = s.container),
                s.product, s.attested, s.valid_until, s.profile, s.member,
                c.artifacts, c.verified, c.members, c.practices, c.logged
         FROM temp.place p JOIN main.attestation s ON s.container = p.container LEFT JOIN temp.counted c ON c.id = s.id
         WHERE p.role <> 'aside' OR c.id IS NOT NULL ORDER BY p.path, s.line",
    )?;
    let mut insert = connection.prepare(
        "INSERT OR IGNORE INTO temp.release
         (id, source, product, attested, valid_until, profile, artifacts, verified, members, practices, logged)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (artifacts, members) = (row.get::<_, Option<i64>>(9)?, row.get::<_, Option<String>>(11)?);
        if narrowed && artifacts.is_none() && !fits(row, view)? {
            continue;
        }
        let (path, line, lines): (Vec<u8>, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let path = name::lossless(&path);
        let source = if lines > 1 { format!("{path}, line {}", line + 1) } else { path };
        let texts = |n: usize| row.get::<_, Option<String>>(n);
        insert.execute(params![
            texts(0)?,
            source,
            texts(4)?,
            texts(5)?,
            texts(6)?,
            texts(7)?,
            artifacts.unwrap_or(0),
            row.get::<_, Option<i64>>(10)?.unwrap_or(0),
            members.unwrap_or_else(|| joined(&[])),
            row.get::<_, Option<i64>>(12)?,
            texts(13)?,
        ])?;
    }
    Ok(())
}

/// Whether an attestation that no artifact is about is one of those asked for, by its own word.
fn fits(row: &rusqlite::Row<'_>, view: &Filter) -> rusqlite::Result<bool> {
    let (attested, profile, member): (Option<String>, Option<String>, Option<String>) =
        (row.get(5)?, row.get(7)?, row.get(8)?);
    let since = view.since.map(rfc3339);
    Ok(view.member.as_ref().is_none_or(|m| member.as_ref() == Some(m))
        && view.profile.as_ref().is_none_or(|p| profile.as_ref() == Some(p))
        && since.is_none_or(|since| attested.is_some_and(|at| at >= since)))
}

/// Reads a text of ours again.
pub(super) fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> std::io::Result<T> {
    json::parse(text.as_bytes(), crate::encoding::MAX_DOCUMENT, "row of the index").map_err(std::io::Error::other)
}
