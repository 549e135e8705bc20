//! Questions to an index about the last audit; nothing is verified again, and nothing can be changed.

use super::index::{Index, IndexError};
use crate::artifact::name;
use rusqlite::types::ValueRef;
use serde::Serialize;

/// A question about the last audit that was kept, of the portfolio audited last.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Releases that do not have this practice.
    Lacking(String),
    /// Keys that end between the audit and this moment, RFC 3339.
    ExpiringKeys(String),
    /// How much is verified, by member and profile.
    Coverage,
    /// What is otherwise than in the audit before, of the same portfolio.
    Changed,
    /// One SELECT of the user's own.
    Sql(String),
}

/// A table of texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// `vouchsafe-audit-query/v1`.
    pub schema: &'static str,
    /// What was asked.
    pub query: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows; None is SQL's NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there are more rows than are handed out.
    pub truncated: bool,
}

/// So many rows are handed out at most.
pub(super) const MOST: usize = 10_000;

/// The schema of an answer.
pub(super) const SCHEMA: &str = "vouchsafe-audit-query/v1";

// Each is understood alike by SQLite and PostgreSQL, which differ in how they order NULL.
const LACKING: &str = "
    SELECT replace(rtrim(m.members, '\n'), '\n', '+') AS member, m.product,
           coalesce(s.text -> ?1 ->> 'status', s.text -> ?1 ->> 'result', 'unclaimed') AS status,
           s.text -> ?1 ->> 'basis' AS basis, m.source, m.id AS release
    FROM met m LEFT JOIN shared s ON s.id = m.practices
    WHERE m.audit = (SELECT max(id) FROM audit)
      AND coalesce(s.text -> ?1 ->> 'status', s.text -> ?1 ->> 'result', 'unclaimed')
          NOT IN ('met', 'not applicable', 'excepted', 'notApplicable')
    ORDER BY 1, 2, 6";

const EXPIRING: &str = "
    SELECT k.member, k.keyid AS key, k.ends, k.why FROM key_of k JOIN audit a ON a.id = k.audit
    WHERE a.id = (SELECT max(id) FROM audit) AND k.ends >= a.at AND k.ends <= ?1 ORDER BY k.ends, k.member, k.keyid";

const COVERAGE: &str = "
    SELECT replace(rtrim(m.members, '\n'), '\n', '+') AS member, m.profile, count(*) AS attestations,
           sum(m.artifacts) AS artifacts, sum(m.verified) AS verified
    FROM met m WHERE m.audit = (SELECT max(id) FROM audit) GROUP BY 1, 2 ORDER BY 1, 2 NULLS FIRST";

const CHANGED: &str = "
    WITH latest AS (SELECT max(id) AS id FROM audit),
         former AS (SELECT max(a.id) AS id FROM audit a WHERE a.id < (SELECT id FROM latest)
                    AND a.portfolio = (SELECT portfolio FROM audit WHERE id = (SELECT id FROM latest))),
         here AS (SELECT t.path, a.verdict, a.code, a.digest FROM audited t JOIN artifact a ON a.id = t.artifact
                  WHERE t.audit = (SELECT id FROM latest)),
         there AS (SELECT t.path, a.verdict, a.code, a.digest FROM audited t JOIN artifact a ON a.id = t.artifact
                   WHERE t.audit = (SELECT id FROM former))
    SELECT here.path AS path, CASE WHEN there.path IS NULL THEN 'new' ELSE 'changed' END AS change,
           there.verdict AS verdict_before, here.verdict AS verdict_now, there.code AS code_before, here.code AS code_now
    FROM here LEFT JOIN there ON there.path = here.path
    WHERE (SELECT id FROM former) IS NOT NULL
      AND (there.path IS NULL OR there.verdict <> here.verdict OR there.digest IS DISTINCT FROM here.digest
           OR there.code IS DISTINCT FROM here.code)
    UNION ALL
    SELECT there.path, 'gone', there.verdict, NULL, there.code, NULL FROM there LEFT JOIN here ON here.path = there.path
    WHERE here.path IS NULL ORDER BY 1";

impl Index {
    /// Answers a question from an index that was opened with [`Index::to_ask`].
    ///
    /// # Errors
    /// [`IndexError::Query`] for SQL that is not one SELECT, or that the store does not understand.
    pub fn answer(&self, asked: &Asked) -> Result<Answer, IndexError> {
        let (name, sql, value): (&str, &str, Option<&str>) = match asked {
            Asked::Lacking(practice) => ("lacking", LACKING, Some(practice)),
            Asked::ExpiringKeys(end) => ("expiring-keys", EXPIRING, Some(end)),
            Asked::Coverage => ("coverage", COVERAGE, None),
            Asked::Changed => ("changed", CHANGED, None),
            Asked::Sql(sql) => ("sql", sql, None),
        };
        if let Asked::Sql(sql) = asked {
            only_reads(sql)?;
        }
        if let Some(mut server) = self.server() {
            return server.answer(name, sql, value);
        }
        self.rows(name, sql, value).map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => self.fail(&error),
            _ => IndexError::Query(error.to_string()),
        })
    }

    fn rows(&self, name: &str, sql: &str, value: Option<&str>) -> rusqlite::Result<Answer> {
        let connection = self.lock();
        let mut select = connection.prepare(sql)?;
        let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
        let (mut rows, mut truncated) = (Vec::new(), false);
        let mut found = select.query(rusqlite::params_from_iter(value))?;
        while let Some(row) = found.next()? {
            if rows.len() >= MOST {
                truncated = true;
                break;
            }
            let cells = (0..columns.len()).map(|n| row.get_ref(n).map(text));
            rows.push(cells.collect::<rusqlite::Result<Vec<_>>>()?);
        }
        Ok(Answer { schema: SCHEMA, query: name.to_owned(), columns, rows, truncated })
    }
}

/// Refuses everything but a SELECT: the store is opened for reading alone, but other files could be attached.
fn only_reads(sql: &str) -> Result<(), IndexError> {
    let first: String = sql.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    match first.to_ascii_lowercase().as_str() {
        "select" | "with" | "values" => Ok(()),
        _ => Err(IndexError::Query("only SELECT, WITH and VALUES are answered".to_owned())),
    }
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(n) => Some(n.to_string()),
        ValueRef::Real(n) => Some(n.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(name::lossless(bytes)),
    }
}
