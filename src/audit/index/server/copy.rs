//! Rows on their way between the copy at hand and the server, many at a time.

use super::said;
use postgres::types::Type;
use postgres::{Row, Transaction};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use std::io::Write as _;

/// So much is handed to the connection at a time, in bytes.
const PIECE: usize = 1 << 16;

/// What went wrong on the way, on either side, in words.
pub(super) type Moved<T> = Result<T, String>;

/// Rows as `COPY ... (FORMAT binary)` wants them: the number of columns, and of each its length and its bytes.
#[derive(Default)]
pub(super) struct Rows(Vec<u8>);

impl Rows {
    pub(super) fn start(&mut self, columns: usize) {
        self.0.extend(i16::try_from(columns).unwrap_or(i16::MAX).to_be_bytes());
    }
    pub(super) fn int(&mut self, value: i64) {
        self.bytes(&value.to_be_bytes());
    }
    fn bytes(&mut self, value: &[u8]) {
        self.0.extend(i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
        self.0.extend(value);
    }
    fn value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.0.extend((-1_i32).to_be_bytes()),
            ValueRef::Integer(n) => self.int(n),
            // There are none in our tables.
            ValueRef::Real(n) => self.bytes(&n.to_be_bytes()),
            // A text of theirs has no NUL in it.
            ValueRef::Text(text) if text.contains(&0) => {
                self.bytes(String::from_utf8_lossy(text).replace('\0', "\u{fffd}").as_bytes());
            }
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => self.bytes(bytes),
        }
    }
}

/// A table that is being filled, in one go.
pub(super) struct Filling<'a> {
    out: postgres::CopyInWriter<'a>,
    pub(super) rows: Rows,
}

impl<'a> Filling<'a> {
    pub(super) fn begin(change: &'a mut Transaction<'_>, table: &str, columns: &str) -> Moved<Self> {
        let copy = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
        let out = change.copy_in(&copy).map_err(|e| said(&e))?;
        let mut rows = Rows::default();
        rows.0.extend(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
        Ok(Self { out, rows })
    }

    /// After every row.
    pub(super) fn next(&mut self) -> Moved<()> {
        if self.rows.0.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    pub(super) fn end(mut self) -> Moved<()> {
        self.rows.0.extend((-1_i16).to_be_bytes());
        self.flush()?;
        self.out.finish().map(drop).map_err(|e| said(&e))
    }

    fn flush(&mut self) -> Moved<()> {
        self.out.write_all(&self.rows.0).map_err(|e| e.to_string())?;
        self.rows.0.clear();
        Ok(())
    }
}

/// Takes the rows that `select` gives at hand, once for each number, to the table of that name there.
pub(super) fn take(
    change: &mut Transaction<'_>,
    local: &Connection,
    table: &str,
    select: &str,
    numbers: &[i64],
) -> Moved<()> {
    let words = |e: rusqlite::Error| e.to_string();
    let mut select = local.prepare_cached(select).map_err(words)?;
    let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
    let mut filling = Filling::begin(change, table, &columns.join(", "))?;
    for number in numbers {
        let mut rows = select.query([number]).map_err(words)?;
        while let Some(row) = rows.next().map_err(words)? {
            filling.rows.start(columns.len());
            for n in 0..columns.len() {
                filling.rows.value(row.get_ref(n).map_err(words)?);
            }
            filling.next()?;
        }
    }
    filling.end()
}

/// A value of a row from the server, to be put in a row at hand.
struct Brought<'a>(&'a Row, usize);

impl ToSql for Brought<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let Self(row, n) = *self;
        let other = |e: postgres::Error| rusqlite::Error::ToSqlConversionFailure(Box::new(e));
        let kind = row.columns().get(n).map_or(&Type::UNKNOWN, |column| column.type_());
        Ok(ToSqlOutput::Borrowed(match *kind {
            Type::INT8 => row.try_get::<_, Option<i64>>(n).map_err(other)?.map_or(ValueRef::Null, ValueRef::Integer),
            Type::BYTEA => row.try_get::<_, Option<&[u8]>>(n).map_err(other)?.map_or(ValueRef::Null, ValueRef::Blob),
            _ => {
                let text = row.try_get::<_, Option<&str>>(n).map_err(other)?;
                text.map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes()))
            }
        }))
    }
}

/// Puts rows from the server into the table of that name at hand.
pub(super) fn bring(local: &Connection, table: &str, rows: &[Row]) -> Moved<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let names: Vec<&str> = first.columns().iter().map(postgres::Column::name).collect();
    let marks = vec!["?"; names.len()].join(", ");
    let insert = format!("INSERT OR REPLACE INTO main.{table} ({}) VALUES ({marks})", names.join(", "));
    let mut insert = local.prepare_cached(&insert).map_err(|e| e.to_string())?;
    for row in rows {
        let values = (0..names.len()).map(|n| Brought(row, n));
        insert.execute(rusqlite::params_from_iter(values)).map_err(|e| e.to_string())?;
    }
    Ok(())
}
