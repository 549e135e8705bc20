//! The whole result as one JSON document, or as one document a line, written as it is read.

use super::outcome::Outcome;
use crate::encoding::json;
use serde::Serialize;
use std::io::{self, Write};

/// One JSON document, `schemas/audit-v1.json`: the summary, then every line of every kind.
///
/// # Errors
/// What the reader of a line or the writer says.
pub fn json(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    let schema = outcome.summary().schema;
    write!(out, "{{\n  \"schema\": \"{schema}\",\n  \"summary\": ")?;
    out.write_all(&json::compact(outcome.summary()))?;
    list(out, "releases", |line| outcome.releases(&mut |release| line(&json::compact(release))))?;
    list(out, "artifacts", |line| outcome.artifacts(&mut |artifact| line(&json::compact(artifact))))?;
    list(out, "findings", |line| outcome.findings(&mut |finding| line(&json::compact(finding))))?;
    list(out, "not_checked", |line| outcome.not_checked(&mut |left| line(&json::compact(left))))?;
    out.write_all(b"\n}\n")
}

type Line<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

fn list(out: &mut dyn Write, name: &str, each: impl FnOnce(Line<'_>) -> io::Result<()>) -> io::Result<()> {
    write!(out, ",\n  \"{name}\": [")?;
    let mut first = true;
    each(&mut |line| {
        out.write_all(if first { b"\n    " } else { b",\n    " })?;
        first = false;
        out.write_all(line)
    })?;
    out.write_all(if first { b"]" } else { b"\n  ]" })
}

/// A line of JSONL: what it is, and it.
#[derive(Serialize)]
struct Tagged<'a, T> {
    line: &'a str,
    #[serde(flatten)]
    value: &'a T,
}

/// One JSON document a line; its `line` says of which kind it is: `summary`, `release`, `artifact`, `finding`,
/// `not_checked`.
///
/// # Errors
/// As [`json()`].
pub fn jsonl(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    line(out, "summary", outcome.summary())?;
    outcome.releases(&mut |release| line(out, "release", release))?;
    outcome.artifacts(&mut |artifact| line(out, "artifact", artifact))?;
    outcome.findings(&mut |finding| line(out, "finding", finding))?;
    outcome.not_checked(&mut |left| line(out, "not_checked", left))
}

fn line<T: Serialize>(out: &mut dyn Write, kind: &str, value: &T) -> io::Result<()> {
    out.write_all(&json::compact(&Tagged { line: kind, value }))?;
    out.write_all(b"\n")
}
