//! `vouchsafe log fsck`: everything of a log hashed again.

use super::super::Answer;
use super::super::context::Context;
use super::super::trouble::harmless;
use clap::Args;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::encoding::{Class, Explain as _};
use vouchsafe::publish::log::LogFolder;

/// Flags of `log fsck`.
#[derive(Args)]
pub(super) struct FsckArgs {
    /// The log's folder
    folder: PathBuf,
}

/// schemas/log-fsck-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    origin: String,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    files: u64,
    findings: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    code: &'static str,
    message: String,
    expected: String,
    got: String,
    hint: String,
}

/// Runs `log fsck`.
pub(super) fn run(context: &Context, args: &FsckArgs) -> Answer {
    let log = LogFolder::open(&args.folder)?;
    let report = log.fsck()?;
    let refused = report.findings.iter().any(|finding| finding.class() == Class::Refused);
    let found = |finding: &vouchsafe::publish::log::Finding| Found {
        code: finding.code(),
        message: finding.to_string(),
        expected: finding.expected(),
        got: finding.got(),
        hint: finding.next(),
    };
    let document = Document {
        schema: "vouchsafe-log-fsck/v1",
        origin: log.key().name().to_owned(),
        ok: report.findings.is_empty(),
        size: report.size,
        files: report.files,
        findings: report.findings.iter().map(found).collect(),
    };
    context.answer(&text(context, &document), &document)?;
    Ok(ExitCode::from(match (document.ok, refused) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 3,
    }))
}

fn text(context: &Context, document: &Document) -> String {
    let (word, colour) = if document.ok { ("WHOLE", 32) } else { ("DAMAGED", 31) };
    let size = document.size.map_or_else(|| "its size is not known".into(), |size| format!("a log of {size}"));
    let faults = if document.ok { "no fault".into() } else { count(document.findings.len(), "fault") };
    let mut text = format!(
        "{}  {}  {size}, {} read, {faults}\n",
        context.paint(colour, word),
        shown(&document.origin),
        count(usize::try_from(document.files).unwrap_or(usize::MAX), "file"),
    );
    for found in &document.findings {
        let _ = writeln!(text, "  [{}] {}", found.code, harmless(&found.message));
        let _ = writeln!(text, "    expected {}, got {}", harmless(&found.expected), harmless(&found.got));
        let _ = writeln!(text, "    next: {}", harmless(&found.hint));
    }
    text
}
