//! `vouchsafe registry check`: loads what is published as a client would, and says what is wrong or falls due.

use super::super::Answer;
use super::super::context::Context;
use super::{show, typed};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::duration::{Span, rfc3339};
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::encoding::{Class, Explain as _};
use vouchsafe::gather::trust::{self, TrustError};
use vouchsafe::publish::Forum;
use vouchsafe::publish::forum::{SNAPSHOT_LIFE, TIMESTAMP_LIFE};
use vouchsafe::registry::TrustedRegistry;

/// Flags of `registry check`.
#[derive(Args)]
pub(super) struct CheckArgs {
    /// The forum's folder, or its published folder
    folder: PathBuf,
    /// What the board has to renew is due when it ends within this time
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

/// Something wrong, or about to be.
#[derive(Serialize)]
struct Finding {
    code: &'static str,
    message: String,
    next: String,
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
    match trust::resolve(None, Some(&args.folder), context.now) {
        Ok(held) => {
            document.forum = Some(held.registry.forum().name.clone());
            document.version = Some(held.registry.versions().targets);
            document.findings = due(&held.registry, &args.folder, args.within, context.now);
        }
        Err(error) if answers(&error) => document.findings.push(refused(&error, &args.folder)),
        Err(error) => return Err(show::unpublished(error, Some(&args.folder))),
    }
    staged(&args.folder, &mut document);
    document.ok = document.findings.is_empty();
    context.answer(&text(context, &document), &document)?;
    Ok(if document.ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Whether this is something a client would say about the registry, rather than a registry that cannot be read.
fn answers(error: &TrustError) -> bool {
    error.class() == Class::Refused || error.code() == "registry-expired"
}

fn refused(error: &TrustError, folder: &Path) -> Finding {
    let folder = typed(folder);
    let online = matches!(error, TrustError::Registry(refusal) if refusal.detail == "snapshot");
    let next = match error.code() {
        "registry-expired" if online => format!("vouchsafe registry refresh {folder} --online-key KEY"),
        "registry-expired" => format!("vouchsafe registry renew {folder}, then sign and publish it"),
        _ => "publish the folder again from a backup you trust, and find out who changed it".to_owned(),
    };
    let message =
        format!("clients refuse it: {error} (expected {}, got {})", shown(&error.expected()), shown(&error.got()));
    Finding { code: error.code(), message, next }
}

/// What ends soon: board roles within the given time, online roles in the last third of their life.
fn due(registry: &TrustedRegistry, folder: &Path, within: Span, now: Timestamp) -> Vec<Finding> {
    let expires = registry.expires();
    let third = |life: Span| Span::seconds(life.as_seconds() / 3);
    let folder = typed(folder);
    let renew = format!("vouchsafe registry renew {folder}, then sign and publish it");
    let refresh = format!("vouchsafe registry refresh {folder} --online-key KEY");
    let roles = [
        ("root-expires", "root", expires.root, within, &renew),
        ("targets-expires", "targets", expires.targets, within, &renew),
        ("snapshot-expires", "snapshot", expires.snapshot, third(SNAPSHOT_LIFE), &refresh),
        ("timestamp-expires", "timestamp", expires.timestamp, third(TIMESTAMP_LIFE), &refresh),
    ];
    let finding = |(code, role, at, within, next): (&'static str, &str, Timestamp, Span, &String)| {
        let left = Span::between(now, at);
        (at <= within.after(now)).then(|| Finding {
            code,
            message: match at <= now {
                true => format!("{role} expired at {}", rfc3339(at)),
                false => format!("{role} expires at {}, in {left}", rfc3339(at)),
            },
            next: next.clone(),
        })
    };
    roles.into_iter().filter_map(finding).collect()
}

/// A staged change is a note; one that cannot be read is a finding.
fn staged(folder: &Path, document: &mut Document) {
    let Ok(forum) = Forum::open(folder) else { return };
    let review = forum.staged_change().and_then(|change| change.map(|c| c.review()).transpose());
    let folder = typed(folder);
    match review {
        Ok(None) => {}
        Ok(Some(review)) => {
            let missing = review.missing;
            let changes = count(review.changes.len(), "change");
            document.notes.push(match missing {
                0 => Finding {
                    code: "staged-ready",
                    message: format!("a staged change ({changes}) is signed and not yet published"),
                    next: format!("vouchsafe registry publish {folder} --online-key KEY"),
                },
                n => Finding {
                    code: "staged-unsigned",
                    message: format!("a staged change ({changes}) waits for {}", count(n, "more board signature")),
                    next: format!(
                        "vouchsafe registry review {folder}, then vouchsafe registry sign {folder} --key KEY"
                    ),
                },
            });
        }
        // The published part is unreadable: that was said already.
        Err(_) if document.version.is_none() => {}
        Err(error) => document.findings.push(Finding {
            code: error.code(),
            message: format!("the staged change is damaged: {error}"),
            next: format!("vouchsafe registry drop {folder}, then stage it again"),
        }),
    }
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
