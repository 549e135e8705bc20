//! Questions to an index on a server: in a transaction that can only read, a bounded time, a bounded number of rows.

use super::{Server, said};
use crate::artifact::name;
use crate::audit::index::{IndexError, Kept};
use crate::audit::query::{Answer, MOST, SCHEMA};
use postgres::SimpleQueryMessage;
use postgres::types::Type;

/// So long a question may take, in milliseconds.
const LONGEST: u32 = 60_000;

impl Server {
    /// Answers one SELECT, with `value` in the place of `?1`.
    pub(in crate::audit) fn answer(&mut self, query: &str, sql: &str, value: Option<&str>) -> Kept<Answer> {
        let sql = value.map_or_else(|| sql.to_owned(), |value| sql.replace("?1", &quoted(value)));
        let read = self.read(query, &sql);
        read.map_err(|e| if e.is_closed() { self.failed(said(&e)) } else { IndexError::Query(said(&e)) })
    }

    fn read(&mut self, query: &str, sql: &str) -> Result<Answer, postgres::Error> {
        let mut read = self.client.build_transaction().read_only(true).start()?;
        read.batch_execute(&format!("SET LOCAL statement_timeout = {LONGEST}"))?;
        // What is prepared is one statement, and what a cursor is declared for changes nothing.
        let statement = read.prepare(sql)?;
        let binary: Vec<bool> = statement.columns().iter().map(|c| *c.type_() == Type::BYTEA).collect();
        let columns = statement.columns().iter().map(|c| c.name().to_owned()).collect();
        read.execute(&format!("DECLARE asked NO SCROLL CURSOR FOR {sql}"), &[])?;
        let found = read.simple_query(&format!("FETCH {} FROM asked", MOST.saturating_add(1)))?;
        let cells = |row: &postgres::SimpleQueryRow| {
            let cell = |(n, binary): (usize, &bool)| {
                row.get(n).map(|text| if *binary { bytes(text) } else { text.to_owned() })
            };
            binary.iter().enumerate().map(cell).collect()
        };
        let row = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(cells(row)),
            _ => None,
        };
        let mut rows: Vec<Vec<Option<String>>> = found.iter().filter_map(row).collect();
        let truncated = rows.len() > MOST;
        rows.truncate(MOST);
        Ok(Answer { schema: SCHEMA, query: query.to_owned(), columns, rows, truncated })
    }
}

/// Bytes, which the server shows as `\x` and hexadecimal digits, as they are shown of a file.
fn bytes(text: &str) -> String {
    let read = text.strip_prefix("\\x").and_then(|digits| hex::decode(digits).ok());
    read.map_or_else(|| text.to_owned(), |bytes| name::lossless(&bytes))
}

/// A text as SQL has it.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
