//! `vouchsafe registry review`, and what every staging command answers: the change in words, who signed, who is missing.

use super::super::Answer;
use super::super::context::Context;
use super::super::trouble::Trouble;
use super::{open, trouble, typed};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::MAX_DOCUMENT;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::publish::{Change, Forum, Review};
use vouchsafe::registry::Fingerprint;
use vouchsafe::store::read_bounded;

/// Flags of `registry review`.
#[derive(Args)]
pub(super) struct ReviewArgs {
    /// The forum's folder, or a change exported with registry sign --export
    path: PathBuf,
}

/// schemas/registry-review-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    /// What the command did, in a sentence.
    answer: String,
    forum: String,
    forum_id: String,
    /// SHA-256 of the first root, once it is final.
    fingerprint: Option<Fingerprint>,
    ready: bool,
    missing_signatures: usize,
    #[serde(flatten)]
    review: Review,
    next: String,
}

/// Runs `registry review`.
pub(super) fn run(context: &Context, args: &ReviewArgs) -> Answer {
    let (change, fingerprint) = read(&args.path)?;
    let next = after(&args.path, &change)?;
    answer(context, &change, fingerprint, ("REVIEW", ""), &next)
}

/// A change in a forum's folder or in a file, and the forum's fingerprint where it is final.
pub(super) fn read(path: &Path) -> Result<(Change, Option<Fingerprint>), Trouble> {
    if path.is_dir() {
        let forum = open(path)?;
        return Ok((forum.need_staged().map_err(|e| trouble(e, path))?, forum.fingerprint()?));
    }
    Ok((Change::parse(&read_bounded(path, MAX_DOCUMENT)?)?, None))
}

/// What a command that staged something answers.
pub(super) fn staged(context: &Context, forum: &Forum, folder: &Path, done: &str, next: &str) -> Answer {
    let change = forum.need_staged().map_err(|e| trouble(e, folder))?;
    answer(context, &change, forum.fingerprint()?, ("STAGED", done), next)
}

/// The next step of a change that waits for signatures.
pub(super) fn to_sign(folder: &Path) -> String {
    let folder = typed(folder);
    format!("vouchsafe registry review {folder}, then vouchsafe registry sign {folder} --key KEY")
}

/// The next step after a review or a signature.
pub(super) fn after(path: &Path, change: &Change) -> Result<String, Trouble> {
    let folder = typed(path);
    let missing = change.review()?.missing;
    Ok(match (missing, path.is_dir()) {
        (0, true) => format!("vouchsafe registry publish {folder} --online-key KEY"),
        (0, false) => format!("bring it back: vouchsafe registry sign FORUM --import {folder}"),
        (n, _) => format!("vouchsafe registry sign {folder} --key KEY, by {} more of the board", n),
    })
}

/// Answers with a change as it stands.
pub(super) fn answer(
    context: &Context,
    change: &Change,
    fingerprint: Option<Fingerprint>,
    (word, done): (&str, &str),
    next: &str,
) -> Answer {
    let review = change.review()?;
    let (_, after) = change.contents()?;
    let forum =
        after.forum.ok_or_else(|| Trouble::undecided("registry-incomplete", "the change has no forum record", next))?;
    let missing = review.missing;
    let mut text = format!("{}  {}", context.paint(if word == "STAGED" { 33 } else { 1 }, word), shown(&forum.name));
    let _ = match (done, missing) {
        ("", 0) => write!(text, ": {}, signed by enough of the board", count(review.changes.len(), "change")),
        ("", n) => write!(text, ": {}, {} missing", count(review.changes.len(), "change"), count(n, "board signature")),
        (done, 0) => write!(text, ": {done}; signed by enough of the board"),
        (done, n) => write!(text, ": {done}; {} missing", count(n, "board signature")),
    };
    text.push('\n');
    if review.changes.is_empty() {
        text.push_str("  nothing changes but the expiry\n");
    }
    for change in &review.changes {
        let _ = writeln!(text, "  - {change}");
    }
    if let Some(who) = exchanged(&review) {
        let _ = writeln!(text, "  must sign: {who}");
    }
    for role in &review.roles {
        let _ = write!(text, "  {} version {}, until {}", role.role, role.version, shown(&role.expires));
        let whose = role.board.as_ref().map(|board| format!("{board} board, ")).unwrap_or_default();
        let _ = writeln!(
            text,
            ": {whose}{} of {} needed signed ({})",
            role.signed.len(),
            role.need,
            names(&role.signed, &role.missing)
        );
    }
    if let Some(fingerprint) = &fingerprint {
        let _ = writeln!(text, "  fingerprint {fingerprint}");
    }
    let _ = writeln!(text, "next: {next}");
    let document = Document {
        schema: "vouchsafe-registry-review/v1",
        answer: done.to_owned(),
        forum: forum.name,
        forum_id: forum.id,
        fingerprint,
        ready: missing == 0,
        missing_signatures: missing,
        review,
        next: next.to_owned(),
    };
    context.answer(&text, &document)?;
    Ok(ExitCode::SUCCESS)
}

/// Where the board is exchanged, who must sign what: `root: 2 of 3 old seats, 2 of 3 new seats; targets: …`.
fn exchanged(review: &Review) -> Option<String> {
    let mut roles: Vec<(&str, Vec<String>)> = Vec::new();
    for role in &review.roles {
        let seats =
            count(role.signed.len().saturating_add(role.missing.len()), &format!("{} seat", role.board.as_ref()?));
        let who = format!("{} of {seats}", role.need);
        match roles.last_mut().filter(|(name, _)| *name == role.role) {
            Some((_, whose)) => whose.push(who),
            None => roles.push((&role.role, vec![who])),
        }
    }
    let roles: Vec<String> = roles.into_iter().map(|(name, who)| format!("{name}: {}", who.join(", "))).collect();
    Some(roles.join("; "))
}

fn names(signed: &[String], missing: &[String]) -> String {
    let list = |names: &[String]| {
        names.iter().map(|n| shown(n)).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
    };
    match (signed.is_empty(), missing.is_empty()) {
        (true, _) => format!("missing {}", list(missing)),
        (_, true) => list(signed),
        _ => format!("{}; missing {}", list(signed), list(missing)),
    }
}
