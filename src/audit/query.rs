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
const MOST: usize = 10_000;

const LACKING: &str = "
    SELECT replace(rtrim(m.members, char(10)), char(10), '+') AS member, m.product,
           coalesce(json_extract(s.text, ?2 || '.status'), json_extract(s.text, ?2 || '.result'), 'unclaimed') AS status,
           json_extract(s.text, ?2 || '.basis') AS basis, m.source, m.id AS release
    FROM met m LEFT JOIN shared s ON s.id = m.practices
    WHERE m.audit = (SELECT max(id) FROM audit) AND ?1 = ?1
      AND coalesce(json_extract(s.text, ?2 || '.status'), json_extract(s.text, ?2 || '.result'), 'unclaimed')
          NOT IN ('met', 'not applicable', 'excepted', 'notApplicable')
    ORDER BY 1, 2, 6";

const EXPIRING: &str = "
    SELECT k.member, k.keyid AS key, k.ends, k.why FROM key_of k JOIN audit a ON a.id = k.audit
    WHERE a.id = (SELECT max(id) FROM audit) AND ?2 = ?2 AND k.ends >= a.at AND k.ends <= ?1 ORDER BY k.ends, k.member, k.keyid";

const COVERAGE: &str = "
    SELECT replace(rtrim(m.members, char(10)), char(10), '+') AS member, m.profile, count(*) AS attestations,
           sum(m.artifacts) AS artifacts, sum(m.verified) AS verified
    FROM met m WHERE m.audit = (SELECT max(id) FROM audit) AND ?1 = ?1 AND ?2 = ?2 GROUP BY 1, 2 ORDER BY 1, 2";

const CHANGED: &str = "
    WITH now AS (SELECT max(id) AS id FROM audit),
         then_ AS (SELECT max(a.id) AS id FROM audit a WHERE a.id < (SELECT id FROM now)
                   AND a.portfolio = (SELECT portfolio FROM audit WHERE id = (SELECT id FROM now))),
         new AS (SELECT t.path, a.* FROM audited t JOIN artifact a ON a.id = t.artifact WHERE t.audit = (SELECT id FROM now)),
         old AS (SELECT t.path, a.* FROM audited t JOIN artifact a ON a.id = t.artifact WHERE t.audit = (SELECT id FROM then_))
    SELECT new.path AS path, CASE WHEN old.path IS NULL THEN 'new' ELSE 'changed' END AS change,
           old.verdict AS verdict_before, new.verdict AS verdict_now, old.code AS code_before, new.code AS code_now
    FROM new LEFT JOIN old ON old.path = new.path
    WHERE (SELECT id FROM then_) IS NOT NULL AND ?1 = ?1 AND ?2 = ?2
      AND (old.path IS NULL OR old.verdict <> new.verdict OR old.digest IS NOT new.digest OR old.code IS NOT new.code)
    UNION ALL
    SELECT old.path, 'gone', old.verdict, NULL, old.code, NULL FROM old
    WHERE (SELECT id FROM then_) IS NOT NULL AND old.path NOT IN (SELECT path FROM new) ORDER BY 1";

impl Index {
    /// Answers a question from an index that was opened with [`Index::to_ask`].
    ///
    /// # Errors
    /// [`IndexError::Query`] for SQL that is not one SELECT, or that SQLite does not understand.
    pub fn answer(&self, asked: &Asked) -> Result<Answer, IndexError> {
        let (name, sql, values): (&str, &str, Vec<&str>) = match asked {
            Asked::Lacking(practice) => ("lacking", LACKING, vec![practice]),
            Asked::ExpiringKeys(end) => ("expiring-keys", EXPIRING, vec![end]),
            Asked::Coverage => ("coverage", COVERAGE, vec![""]),
            Asked::Changed => ("changed", CHANGED, vec![""]),
            Asked::Sql(sql) => ("sql", sql, Vec::new()),
        };
        if let Asked::Sql(sql) = asked {
            only_reads(sql)?;
        }
        let path = values.first().map(|value| format!("$.\"{value}\""));
        let values: Vec<String> = values.iter().map(|v| (*v).to_owned()).chain(path).collect();
        self.rows(name, sql, &values).map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => self.fail(&error),
            _ => IndexError::Query(error.to_string()),
        })
    }

    fn rows(&self, name: &str, sql: &str, values: &[String]) -> rusqlite::Result<Answer> {
        let connection = self.lock();
        let mut select = connection.prepare(sql)?;
        let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
        let (mut rows, mut truncated) = (Vec::new(), false);
        let mut found = select.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = found.next()? {
            if rows.len() >= MOST {
                truncated = true;
                break;
            }
            let cells = (0..columns.len()).map(|n| row.get_ref(n).map(text));
            rows.push(cells.collect::<rusqlite::Result<Vec<_>>>()?);
        }
        Ok(Answer { schema: "vouchsafe-audit-query/v1", query: name.to_owned(), columns, rows, truncated })
    }
}

/// Refuses everything but a SELECT: the file is opened for reading alone, but other files could be attached.
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
