//! Large JSON documents, read in one pass and bounded memory: the elements of chosen arrays are handed on one by one,
//! and what is left of the document, with those arrays empty, is returned.
//!
//! This file only finds where elements begin and end. Every element and the rest go through the strict reader, which
//! refuses what is no JSON, duplicate keys included: an array that is there twice is there twice in the rest, too.

use super::Malformed;
use std::io::Read;

/// Bytes read at a time.
const READ_AT_ONCE: usize = 256 << 10;
/// Arrays deeper than this are never handed on.
const MAX_PATH: usize = 8;

/// The most bytes of each part; checked before anything is parsed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of the document.
    pub document: u64,
    /// Of the document without the elements that are handed on.
    pub rest: usize,
    /// Of one element.
    pub element: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { document: 1 << 30, rest: 16 << 20, element: 4 << 20 }
    }
}

/// Reads a document. `wanted` is asked for each array, by the keys that lead to it (`*` for an array on the way), whether
/// `each` shall see its elements; `each` has to parse them with [`super::json::parse`].
///
/// # Errors
/// [`Malformed`] for what is over a limit or is torn; what `each` says.
pub fn elements(
    mut input: impl Read,
    limits: Limits,
    what: &'static str,
    wanted: impl Fn(&[&str]) -> bool,
    mut each: impl FnMut(&[u8]) -> Result<(), Malformed>,
) -> Result<Vec<u8>, Malformed> {
    let mut scan =
        Scan { limits, what, rest: Vec::new(), element: Vec::new(), open: Vec::new(), string: None, inside: false };
    let mut buffer = vec![0; READ_AT_ONCE];
    let mut total = 0_u64;
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(scan.bad(e.to_string())),
        };
        total = total.saturating_add(read as u64);
        if total > limits.document {
            return Err(scan.bad(format!("over the limit of {} bytes", limits.document)));
        }
        scan.chunk(buffer.get(..read).unwrap_or_default(), &wanted, &mut each)?;
    }
    if scan.string.is_some() || !scan.open.is_empty() {
        return Err(scan.bad("ends in the middle"));
    }
    Ok(scan.rest)
}

/// What ends a run inside a string, and what ends one between strings.
const ENDS: [bool; 256] = table(b"\"\\");
const MARKS: [bool; 256] = table(b"\"{}[],");

#[allow(clippy::indexing_slicing, reason = "a const function; a byte is less than 256")]
const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

/// How many bytes come before the next that is in the table.
fn until(bytes: &[u8], table: &[bool; 256]) -> usize {
    bytes.iter().position(|b| table.get(usize::from(*b)).copied().unwrap_or(true)).unwrap_or(bytes.len())
}

/// Whether there is nothing but what JSON calls white space: a form feed is none.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}

/// What the scanner is in.
#[derive(Debug)]
enum Open {
    /// An object; the key last read, and whether the next string is one.
    Object {
        key: Vec<u8>,
        next_is_key: bool,
    },
    Array,
    /// An array whose elements are handed on.
    Wanted {
        any: bool,
    },
}

/// A string: whether it is a key, and whether the next byte is escaped.
#[derive(Clone, Copy, Debug)]
struct InString {
    key: bool,
    escaped: bool,
}

struct Scan {
    limits: Limits,
    what: &'static str,
    rest: Vec<u8>,
    element: Vec<u8>,
    open: Vec<Open>,
    string: Option<InString>,
    /// Inside an array whose elements are handed on.
    inside: bool,
}

impl Scan {
    fn bad(&self, why: impl Into<String>) -> Malformed {
        Malformed::new(self.what, why)
    }

    fn chunk(
        &mut self,
        mut bytes: &[u8],
        wanted: &impl Fn(&[&str]) -> bool,
        each: &mut impl FnMut(&[u8]) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        while let Some(byte) = bytes.first() {
            // Whole runs at a time: the inside of strings, and what is between the bytes that matter.
            let plain = match self.string {
                Some(InString { escaped: true, .. }) => 0,
                Some(_) => until(bytes, &ENDS),
                None => until(bytes, &MARKS),
            };
            if plain > 0 {
                let (run, rest) = bytes.split_at_checked(plain).unwrap_or((bytes, &[]));
                self.put(run)?;
                bytes = rest;
                continue;
            }
            match self.string {
                Some(state) => self.in_string(state, *byte)?,
                None => self.between(*byte, wanted, each)?,
            }
            bytes = bytes.get(1..).unwrap_or_default();
        }
        Ok(())
    }

    fn in_string(&mut self, state: InString, byte: u8) -> Result<(), Malformed> {
        self.put(&[byte])?;
        self.string = match (state.escaped, byte) {
            (false, b'"') => None,
            (false, b'\\') if state.key && !self.inside && self.open.len() <= MAX_PATH => {
                return Err(self.bad("an escaped key, where plain ones lead to what is looked for"));
            }
            (false, b'\\') => Some(InString { escaped: true, ..state }),
            _ => Some(InString { escaped: false, ..state }),
        };
        Ok(())
    }

    fn between(
        &mut self,
        byte: u8,
        wanted: &impl Fn(&[&str]) -> bool,
        each: &mut impl FnMut(&[u8]) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        match byte {
            b'"' => {
                let key = match self.open.last_mut() {
                    Some(Open::Object { key, next_is_key: next @ true }) => {
                        *next = false;
                        key.clear();
                        true
                    }
                    _ => false,
                };
                self.put(b"\"")?;
                self.string = Some(InString { key, escaped: false });
            }
            b'{' => {
                self.put(b"{")?;
                self.open.push(Open::Object { key: Vec::new(), next_is_key: true });
            }
            b'[' => {
                self.put(b"[")?;
                let is = self.open.len() <= MAX_PATH && !self.inside && wanted(&self.path());
                self.inside |= is;
                self.open.push(if is { Open::Wanted { any: false } } else { Open::Array });
            }
            b',' => match self.open.last_mut() {
                Some(Open::Wanted { any }) => {
                    *any = true;
                    self.hand_on(each)?;
                }
                Some(Open::Object { next_is_key, .. }) => {
                    *next_is_key = true;
                    self.put(b",")?;
                }
                _ => self.put(b",")?,
            },
            closing => self.close(closing, each)?,
        }
        // Nothing is that deep: the strict reader would refuse it, after it was kept in memory.
        if self.open.len() > 128 { Err(self.bad("nested deeper than 128 levels")) } else { Ok(()) }
    }

    fn close(&mut self, byte: u8, each: &mut impl FnMut(&[u8]) -> Result<(), Malformed>) -> Result<(), Malformed> {
        match (self.open.last(), byte) {
            (Some(Open::Wanted { any }), b']') => {
                let any = *any;
                if any || !is_blank(&self.element) {
                    self.hand_on(each)?;
                }
                self.element.clear();
                self.open.pop();
                self.inside = false;
                self.put(b"]")
            }
            (Some(Open::Array), b']') | (Some(Open::Object { .. }), b'}') => {
                self.open.pop();
                self.put(&[byte])
            }
            _ => Err(self.bad("a bracket that closes nothing")),
        }
    }

    /// An element is whole. An empty one is none: the comma before or after it is too much.
    fn hand_on(&mut self, each: &mut impl FnMut(&[u8]) -> Result<(), Malformed>) -> Result<(), Malformed> {
        if is_blank(&self.element) {
            return Err(self.bad("a comma too many"));
        }
        each(&self.element)?;
        self.element.clear();
        Ok(())
    }

    /// The keys that lead here.
    fn path(&self) -> Vec<&str> {
        self.open
            .iter()
            .map(|open| match open {
                Open::Object { key, .. } => std::str::from_utf8(key).unwrap_or_default(),
                Open::Array | Open::Wanted { .. } => "*",
            })
            .collect()
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        if let (Some(InString { key: true, .. }), Some(Open::Object { key, .. })) = (self.string, self.open.last_mut())
            && bytes != b"\""
            && key.len() <= 64
        {
            key.extend_from_slice(bytes.get(..bytes.len().min(65)).unwrap_or_default());
        }
        let (sink, limit) = match self.inside {
            true => (&mut self.element, self.limits.element),
            false => (&mut self.rest, self.limits.rest),
        };
        if sink.len().saturating_add(bytes.len()) > limit {
            let part = if self.inside { "one element" } else { "the document without its elements" };
            return Err(Malformed::new(self.what, format!("{part} is over the limit of {limit} bytes")));
        }
        sink.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json;
    use serde_json::Value;

    fn split(text: &str) -> Result<(Value, Vec<Value>), Malformed> {
        let mut all = Vec::new();
        let wanted = |path: &[&str]| path == ["runs", "*", "results"];
        let rest = elements(text.as_bytes(), Limits::default(), "test", wanted, |bytes| {
            all.push(json::parse(bytes, 1000, "element")?);
            Ok(())
        })?;
        Ok((json::parse(&rest, 1000, "rest")?, all))
    }

    #[test]
    fn elements_are_handed_on_and_the_rest_is_kept() {
        let text =
            r#"{"a":"runs\"[{","runs":[{"results":[{"x":[1,2]}, "s,]}" ,3],"y":{"results":[4]}},{"results":[ ]}]}"#;
        let (rest, all) = split(text).unwrap();
        let want = r#"{"a":"runs\"[{","runs":[{"results":[],"y":{"results":[4]}},{"results":[]}]}"#;
        assert_eq!(rest, json::parse::<Value>(want.as_bytes(), 1000, "want").unwrap());
        let want = r#"[{"x":[1,2]},"s,]}",3]"#;
        assert_eq!(Value::Array(all), json::parse::<Value>(want.as_bytes(), 1000, "want").unwrap());
    }

    #[test]
    fn what_is_no_json_is_refused_somewhere() {
        for text in [
            "",
            "{",
            r#"{"runs":[{"results":[1,]}]}"#,
            r#"{"runs":[{"results":[,1]}]}"#,
            r#"{"runs":[{"results":[1 2]}]}"#,
            r#"{"runs":[{"results":[1}]}]"#,
            r#"{"runs":[{"results":[1]]}}"#,
            r#"{"runs":[{"results":[1],"results":[2]}]}"#,
            r#"{"runs":[{"r\u0065sults":[1]}]}"#,
            r#"{"runs":[{"results":[{"a":1,"a":2}]}]}"#,
            r#"{"runs":[]} x"#,
            "{\"runs\":[{\"results\":[\u{c}]}]}",
            "\u{feff}{}",
        ] {
            assert!(split(text).is_err(), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(split(&deep).is_err());
    }

    #[test]
    fn no_part_is_larger_than_its_limit() {
        let limits = Limits { document: 60, rest: 20, element: 10 };
        let read = |text: &str| elements(text.as_bytes(), limits, "test", |path| path.is_empty(), |_| Ok(()));
        assert_eq!(read(r#"["123456", 7,[8]]"#).unwrap(), b"[]");
        assert!(read(r#"["123456789"]"#).is_err(), "one element");
        assert!(read(r#"{"a":"12345678901234567890"}"#).is_err(), "the rest");
        assert!(read(&format!("[{}1]", "1,".repeat(40))).is_err(), "all of it");
    }
}
