//! What is shown is what is signed: the checks of a staged change before anybody looks at it or signs it.
//!
//! The file that travels to offline signers may have been written by anybody. So the documents to be signed must be
//! exactly those their shown content makes, the files those that are listed, what was there before must carry the
//! board's signatures, and history may only grow.

use super::Error;
use super::change::{Change, Files, listed, parse};
use crate::registry::{
    Code, Contents, Metadata, Refusal, board, check_group_seats, check_history, rebuilt_root, rebuilt_targets,
};

const WHAT: &str = "staged change";

/// What the registry held, and would hold.
///
/// # Errors
/// [`Code::HashMismatch`] for other files than those listed or other documents than those shown,
/// [`Code::SignatureInvalid`] for a forged past, and what [`check_history`] refuses.
pub(super) fn contents(change: &Change) -> Result<(Contents, Contents), Error> {
    same(&change.targets, &change.after, "targets.json")?;
    exact(&rebuilt_targets(change.targets.signed())?, &change.targets, "targets.json")?;
    if let Some(root) = &change.root {
        exact(&rebuilt_root(root.signed())?, root, "root.json")?;
    }
    past(change)?;
    let (before, after) = (parse(&change.before)?, parse(&change.after)?);
    check_history(&before, &after)?;
    check_group_seats(&after, &change.board()?)?;
    if let (Some(root), None, Some(forum)) = (&change.root, &change.before_root, &after.forum) {
        let id = crate::registry::Fingerprint::of(&root.canonical()?);
        if forum.id != id.as_str() {
            return Err(Refusal::new(Code::HashMismatch, WHAT, format!("forum id {id}"), &forum.id).into());
        }
    }
    Ok((before, after))
}

fn same(targets: &Metadata, files: &Files, what: &str) -> Result<(), Error> {
    let listed = listed(targets)?;
    if listed.len() == files.len() && listed.iter().all(|(name, t)| files.get(name).is_some_and(|b| t.is(b))) {
        return Ok(());
    }
    Err(Refusal::new(Code::HashMismatch, WHAT, format!("files that are those listed in {what}"), "other ones").into())
}

fn exact(rebuilt: &serde_json::Value, metadata: &Metadata, what: &str) -> Result<(), Error> {
    if rebuilt == metadata.signed() {
        return Ok(());
    }
    Err(Refusal::new(Code::HashMismatch, WHAT, format!("a {what} that says nothing but what is shown"), "more").into())
}

/// The past a change is compared with must be one the board signed; versions go on by one.
fn past(change: &Change) -> Result<(), Error> {
    let version = |m: &Option<Metadata>| m.as_ref().map_or(0, Metadata::version);
    let forged = |got: &str| Refusal::new(Code::SignatureInvalid, WHAT, "a past that the board signed", got);
    match (&change.before_root, &change.before_targets) {
        (None, None) if change.before.is_empty() && change.root.is_some() => {}
        (Some(root), Some(targets)) => {
            same(targets, &change.before, "the targets.json before")?;
            chain(&change.roots, root, &change.before)?;
            let before = board(root.signed())?;
            for metadata in [root, targets] {
                let agreed = before.quorum.agree(&metadata.canonical()?, &metadata.votes());
                agreed.map_err(|short| forged(&short.to_string()))?;
            }
        }
        _ => return Err(forged("half of one").into()),
    }
    let steps = [
        ("targets", Some(change.targets.version()), version(&change.before_targets)),
        ("root", change.root.as_ref().map(Metadata::version), version(&change.before_root)),
    ];
    for (role, is, was) in steps {
        if is.is_some_and(|is| is != was.saturating_add(1)) {
            let got = format!("version {}", is.unwrap_or(0));
            return Err(Refusal::new(Code::Rollback, role, format!("version {}", was.saturating_add(1)), got).into());
        }
    }
    Ok(())
}

/// The root in force descends from the root that is this forum's name: whoever invents a root invents another forum.
fn chain(roots: &[Metadata], now: &Metadata, before: &Files) -> Result<(), Error> {
    let forged = |got: String| Refusal::new(Code::SignatureInvalid, WHAT, "roots that lead to the one in force", got);
    let (Some(first), Some(last)) = (roots.first(), roots.last()) else {
        return Err(forged("none".into()).into());
    };
    if first.version() != 1 || last.signed() != now.signed() {
        return Err(forged("roots of something else".into()).into());
    }
    for (old, new) in roots.iter().zip(roots.iter().skip(1)) {
        if new.version() != old.version().saturating_add(1) {
            return Err(forged(format!("version {} after {}", new.version(), old.version())).into());
        }
        for signers in [old, new] {
            let agreed = board(signers.signed())?.quorum.agree(&new.canonical()?, &new.votes());
            agreed.map_err(|short| forged(format!("version {}: {short}", new.version())))?;
        }
    }
    let id = crate::registry::Fingerprint::of(&first.canonical()?);
    match parse(before)?.forum {
        Some(forum) if forum.id == id.as_str() => Ok(()),
        other => {
            let got = other.map_or_else(|| "no forum".to_owned(), |f| f.id);
            Err(Refusal::new(Code::HashMismatch, WHAT, format!("forum id {id}"), got).into())
        }
    }
}
