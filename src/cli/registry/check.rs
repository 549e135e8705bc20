//! `vouchsafe registry check`: loads what is published as a client would, and says all that is wrong or falls due.

use super::super::Answer;
use super::super::context::Context;
use super::due::{self, Finding, Found};
use super::show;
use clap::Args;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::duration::Span;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::encoding::{Class, Explain as _};
use vouchsafe::gather::survey::Survey;
use vouchsafe::gather::trust::{self, TrustError};
use vouchsafe::registry::Wanted;

/// Flags of `registry check`.
#[derive(Args)]
pub(super) struct CheckArgs {
    /// The forum's folder, or its published folder
    folder: PathBuf,
    /// What the board or a member has to renew is due when it ends within this time
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = Span::parse)]
    within: Span,
}

/// schemas/registry-check-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    folder: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    forum: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    ok: bool,
    findings: Vec<Finding>,
    notes: Vec<Finding>,
}

/// Runs `registry check`.
pub(super) fn run(context: &Context, args: &CheckArgs) -> Answer {
    let mut document = Document {
        schema: "vouchsafe-registry-check/v1",
        folder: args.folder.to_string_lossy().into_owned(),
        forum: None,
        version: None,
        ok: false,
        findings: Vec::new(),
        notes: Vec::new(),
    };
    let mut found = Found::default();
    match trust::resolve(None, Some(&args.folder), context.now, || Wanted::Everybody) {
        Ok(held) => {
            document.forum = Some(held.registry.forum().name.clone());
            document.version = Some(held.registry.versions().targets);
        }
        Err(error) if answers(&error) => found.findings.push(due::refused(&error, &args.folder)),
        Err(error) => return Err(show::unpublished(error, Some(&args.folder))),
    }
    if let Some(survey) = Survey::of(&args.folder) {
        due::survey(&survey, &args.folder, args.within, context.now, &mut found);
    }
    due::staged(&args.folder, document.version.is_some(), &mut found);
    document.ok = found.findings.is_empty();
    (document.findings, document.notes) = (found.findings, found.notes);
    context.answer(&text(context, &document), &document)?;
    Ok(if document.ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Whether this is something a client would say about the registry, rather than a folder that is none.
fn answers(error: &TrustError) -> bool {
    error.class() == Class::Refused || matches!(error, TrustError::Registry(_))
}

fn text(context: &Context, document: &Document) -> String {
    let forum = document.forum.as_deref().map_or_else(|| shown(&document.folder), shown);
    let version = document.version.map(|v| format!(" version {v}")).unwrap_or_default();
    let mut out = match document.findings.len() {
        0 => format!("{}  {forum}: clients accept registry{version}, and nothing is due\n", context.paint(32, "OK")),
        n => format!("{}  {forum}: registry{version} needs care: {}\n", context.paint(31, "DUE"), count(n, "finding")),
    };
    for (word, finding) in document.findings.iter().map(|f| ("", f)).chain(document.notes.iter().map(|f| ("note: ", f)))
    {
        let _ = writeln!(out, "  {word}{}: {}\n    next: {}", finding.code, finding.message, finding.next);
    }
    out
}
