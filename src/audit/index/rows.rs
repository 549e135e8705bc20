//! Answers, as they are kept.

use super::containers::stored;
use super::server::{Change, Server};
use super::{Index, Kept, keepable};
use crate::artifact::name;
use crate::audit::stamp::Stamp;
use crate::audit::{Finding, FindingCode, Severity, Verdict};
use crate::encoding::json;
use rusqlite::{Connection, params};
use sha2::Digest as _;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The answer about one file.
#[derive(Debug)]
pub(in crate::audit) struct Row {
    pub(in crate::audit) path: PathBuf,
    pub(in crate::audit) stamp: Stamp,
    /// Whether the file was written to too lately for its stamp to say anything.
    pub(in crate::audit) fresh: bool,
    pub(in crate::audit) evidence: Option<Stamp>,
    pub(in crate::audit) until: i64,
    pub(in crate::audit) changed: i64,
    pub(in crate::audit) verdict: Verdict,
    pub(in crate::audit) digest: Option<String>,
    pub(in crate::audit) code: Option<String>,
    pub(in crate::audit) message: String,
    pub(in crate::audit) expected: Option<String>,
    pub(in crate::audit) got: Option<String>,
    pub(in crate::audit) hint: Option<String>,
    pub(in crate::audit) release: Option<String>,
    pub(in crate::audit) members: Vec<String>,
    pub(in crate::audit) signers: Option<String>,
    pub(in crate::audit) practices: Option<String>,
    pub(in crate::audit) tier: Option<String>,
    pub(in crate::audit) logged: Option<String>,
    pub(in crate::audit) log: Option<(String, u64)>,
    pub(in crate::audit) findings: Vec<Finding>,
}

/// Members of a release in one text, each after a line feed, which no id has.
pub(in crate::audit) fn joined(members: &[String]) -> String {
    members.iter().map(|m| format!("{m}\n")).collect()
}

impl Index {
    /// The number of a question.
    pub(in crate::audit) fn question(&self, digest: &Stamp) -> Kept<i64> {
        let id = self.server().map(|mut server| server.question(&digest.0)).transpose()?;
        self.at_once(|connection| {
            let insert = "INSERT OR IGNORE INTO main.question (id, digest) VALUES (?1, ?2)";
            connection.execute(insert, params![id, digest.0])?;
            connection.query_row("SELECT id FROM main.question WHERE digest = ?1", [&digest.0], |row| row.get(0))
        })
    }

    /// Keeps answers: all of these, or none if the machine stops now.
    pub(in crate::audit) fn write(&self, question: i64, now: i64, clock: i64, rows: &[Row]) -> Kept<()> {
        let mut server = self.server().filter(|_| !rows.is_empty());
        let mut change = server.as_deref_mut().map(Server::change).transpose()?;
        let ids = change.as_mut().map(|change| self.number_rows(change, rows)).transpose()?;
        let id = |n: usize| ids.as_ref().and_then(|ids| ids.get(n)).copied();
        self.at_once(|connection| {
            let mut rows = rows.iter().enumerate();
            rows.try_for_each(|(n, row)| write(connection, id(n), (question, now, clock), row))
        })?;
        let Some((mut change, ids)) = change.zip(ids) else { return Ok(()) };
        change.answers(&self.lock(), &ids)?;
        change.commit()
    }

    /// Numbers from the server, of these rows and of the texts they share.
    fn number_rows(&self, change: &mut Change<'_>, rows: &[Row]) -> Kept<Vec<i64>> {
        let texts = rows.iter().flat_map(|row| row.signers.iter().chain(&row.practices));
        let texts: BTreeMap<Vec<u8>, &str> = texts.map(|text| (digest_of(text), text.as_str())).collect();
        let shared = change.texts(&texts)?;
        self.at_once(|connection| {
            let mut insert = connection
                .prepare_cached("INSERT OR IGNORE INTO main.shared (id, digest, text) VALUES (?1, ?2, ?3)")?;
            for (id, digest) in &shared {
                insert.execute(params![id, digest, texts.get(digest)])?;
            }
            Ok(())
        })?;
        change.numbers("artifact", rows.len())
    }
}

/// Keeps a row under this number, or under one of SQLite's.
fn write(
    connection: &Connection,
    id: Option<i64>,
    (question, now, clock): (i64, i64, i64),
    row: &Row,
) -> rusqlite::Result<()> {
    let path = name::bytes(row.path.as_os_str());
    let shared = |text: &Option<String>| text.as_ref().map(|text| share(connection, text)).transpose();
    let (signers, practices) = (shared(&row.signers)?, shared(&row.practices)?);
    let verdict = verdict_name(row.verdict);
    let [expected, got, hint] = [&row.expected, &row.got, &row.hint].map(|text| text.as_deref().map(keepable));
    connection
        .prepare_cached(
            "INSERT INTO main.artifact (question, path, stamp, evidence, decided, until, written, changed, verdict, digest,
             code, message, expected, got, hint, release, members, signers, practices, tier, logged, log_origin, log_size, id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
        )?
        .execute(params![
            question,
            path,
            stored(&row.stamp, row.fresh),
            row.evidence.as_ref().map(|stamp| &stamp.0),
            now,
            row.until,
            clock,
            row.changed,
            verdict,
            row.digest,
            row.code,
            keepable(&row.message),
            expected,
            got,
            hint,
            row.release,
            joined(&row.members),
            signers,
            practices,
            row.tier,
            row.logged,
            row.log.as_ref().map(|(origin, _)| origin),
            row.log.as_ref().map(|(_, size)| i64::try_from(*size).unwrap_or(i64::MAX)),
            id,
        ])?;
    let id = connection.last_insert_rowid();
    connection
        .prepare_cached("INSERT OR REPLACE INTO temp.asked (path, artifact) VALUES (?1, ?2)")?
        .execute(params![path, id])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO main.finding (artifact, severity, code, path, text) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for finding in &row.findings {
        let (severity, code, path, text) = columns(finding);
        insert.execute(params![id, severity, code, path, text])?;
    }
    Ok(())
}

fn digest_of(text: &str) -> Vec<u8> {
    sha2::Sha256::digest(text.as_bytes()).iter().copied().take(16).collect()
}

/// The number of a text that many rows share.
fn share(connection: &Connection, text: &str) -> rusqlite::Result<i64> {
    let digest = digest_of(text);
    let known = connection
        .prepare_cached("SELECT id FROM main.shared WHERE digest = ?1")?
        .query_map([&digest], |row| row.get(0))?
        .next()
        .transpose()?;
    if let Some(id) = known {
        return Ok(id);
    }
    connection
        .prepare_cached("INSERT INTO main.shared (digest, text) VALUES (?1, ?2)")?
        .execute(params![digest, text])?;
    Ok(connection.last_insert_rowid())
}

/// A finding as it is kept: what it is sorted by, and all of it.
pub(super) fn columns(finding: &Finding) -> (i64, i64, Option<Vec<u8>>, String) {
    let severity = match finding.severity {
        Severity::High => 0,
        Severity::Medium => 1,
        Severity::Low => 2,
    };
    let code = FindingCode::ALL.iter().position(|code| *code == finding.code).unwrap_or(usize::MAX);
    let text = String::from_utf8_lossy(&json::compact(finding)).into_owned();
    (severity, i64::try_from(code).unwrap_or(i64::MAX), finding.path.as_ref().map(|p| p.as_bytes().to_vec()), text)
}

/// The word for a verdict.
pub(super) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::Refused => "refused",
        Verdict::Undecided => "undecided",
    }
}

/// The verdict of a word.
pub(super) fn verdict_of(name: &str) -> Verdict {
    match name {
        "verified" => Verdict::Verified,
        "refused" => Verdict::Refused,
        _ => Verdict::Undecided,
    }
}
