//! What is shown is what is signed: the checks of a staged change before anybody looks at it or signs it.
//!
//! The file that travels to offline signers may have been written by anybody. So the documents to be signed must be
//! exactly those their shown content makes, the files those that are listed, what was there before must carry the
//! board's signatures, and history may only grow.

use super::Error;
use super::change::{Change, Files, Roles, parse};
use crate::encoding::Malformed;
use crate::registry::{
    Bins, Code, Contents, Listing, Metadata, Pin, Refusal, TOP, board, check_group_seats, check_history, listed,
    rebuilt_root, rebuilt_targets,
};

const WHAT: &str = "staged change";

/// What the registry held, and would hold.
///
/// # Errors
/// [`Code::HashMismatch`] for other files than those listed or other documents than those shown,
/// [`Code::SignatureInvalid`] for a forged past, and what [`check_history`] refuses.
pub(super) fn contents(change: &Change) -> Result<(Contents, Contents), Error> {
    let (board, bins) = (change.board()?, Bins::of(change.targets.signed()));
    if let Some(root) = &change.root {
        exact(&rebuilt_root(root.signed())?, root, "root")?;
    }
    for (role, metadata) in roles(&change.targets, &change.bins) {
        exact(&rebuilt_targets(role, metadata.signed(), &bins, &board)?, metadata, role)?;
    }
    past(change)?;
    versions(change, &bins)?;
    files(change, &bins)?;
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

/// The targets roles of one side of a change.
fn roles<'a>(targets: &'a Metadata, bins: &'a Roles) -> impl Iterator<Item = (&'a str, &'a Metadata)> {
    std::iter::once((TOP, targets)).chain(bins.iter().map(|(bin, metadata)| (bin.as_str(), metadata)))
}

/// Every bin the targets pin otherwise is part of the change, by one version more than it was; no other is, and none is
/// gone: a bin that is not shown is not exchanged. Under another board or in another layout every bin is: the old ones
/// name the keys, and lead to the bins, of before.
fn versions(change: &Change, is: &Bins) -> Result<(), Error> {
    let was = change.before_targets.as_ref().map(|t| Bins::of(t.signed())).unwrap_or_default();
    if !is.is_tree() {
        return Err(Refusal::new(Code::HashMismatch, WHAT, "a whole tree of bins", "more bins, or fewer").into());
    }
    let all = is.digits() != was.digits() || another_board(change)?;
    for bin in was.names().chain(is.names()).chain(change.bins.keys()) {
        let (before, after) = (was.pin(bin), is.pin(bin));
        let staged = change.bins.get(bin).map(Pin::of).transpose()?;
        let known = change.before_bins.get(bin).map(Pin::of).transpose()?.unwrap_or_default();
        let fits = match &staged {
            None => after == before && after.version != 0 && !all,
            Some(pin) => *pin == after && after.version == before.version.saturating_add(1) && known == before,
        };
        if !fits {
            let raised = u64::from(all || staged.is_some());
            let expected = format!("version {} of {bin}, as pinned", before.version.saturating_add(raised));
            let got = format!("version {}", staged.unwrap_or(after).version);
            return Err(Refusal::new(Code::Rollback, bin, expected, got).into());
        }
    }
    Ok(())
}

/// Whether the change exchanges the board, or how many of it must sign.
fn another_board(change: &Change) -> Result<bool, Malformed> {
    let Some((new, old)) = change.root.as_ref().zip(change.before_root.as_ref()) else { return Ok(false) };
    Ok(!board(new.signed())?.decides_as(&board(old.signed())?))
}

/// The files on both sides are those listed: of the top level, and of each bin that is to list something else. Each
/// stands in the role it belongs to, where clients look for it.
fn files(change: &Change, bins: &Bins) -> Result<(), Error> {
    let was = change.before_targets.as_ref().map(|t| Bins::of(t.signed())).unwrap_or_default();
    let (mut before, mut after) = (Listing::new(), Listing::new());
    if let Some(targets) = &change.before_targets {
        before = listed(targets.signed())?;
    }
    after.extend(at_home(TOP, &change.targets, bins)?);
    for (bin, metadata) in &change.bins {
        let old = change.before_bins.get(bin).map(|m| at_home(bin, m, &was)).transpose()?.unwrap_or_default();
        let new = at_home(bin, metadata, bins)?;
        if old != new {
            before.extend(old);
            after.extend(new);
        }
    }
    same(&before, &change.before, "before")?;
    same(&after, &change.after, "after")
}

/// What a role lists, which has to belong there; and it has to be that role.
fn at_home(role: &str, metadata: &Metadata, bins: &Bins) -> Result<Listing, Error> {
    let listing = listed(metadata.signed())?;
    if !Bins::is_role(role, metadata.signed()) {
        return Err(Refusal::new(Code::HashMismatch, WHAT, role, "another bin").into());
    }
    match listing.keys().find(|name| bins.home(name) != role) {
        None => Ok(listing),
        Some(name) => {
            let (expected, got) = (format!("{name} in {}", bins.home(name)), role.to_owned());
            Err(Refusal::new(Code::HashMismatch, WHAT, expected, got).into())
        }
    }
}

fn same(listed: &Listing, files: &Files, side: &str) -> Result<(), Error> {
    if listed.len() == files.len() && listed.iter().all(|(name, t)| files.get(name).is_some_and(|b| t.is(b))) {
        return Ok(());
    }
    Err(Refusal::new(Code::HashMismatch, WHAT, format!("the files that are listed {side}"), "other ones").into())
}

fn exact(rebuilt: &serde_json::Value, metadata: &Metadata, role: &str) -> Result<(), Error> {
    if rebuilt == metadata.signed() {
        return Ok(());
    }
    Err(Refusal::new(
        Code::HashMismatch,
        WHAT,
        format!("a {role} document that says nothing but what is shown"),
        "more",
    )
    .into())
}

/// The past a change is compared with must be one the board signed; versions go on by one.
fn past(change: &Change) -> Result<(), Error> {
    let version = |m: &Option<Metadata>| m.as_ref().map_or(0, Metadata::version);
    let forged = |got: &str| Refusal::new(Code::SignatureInvalid, WHAT, "a past that the board signed", got);
    match (&change.before_root, &change.before_targets) {
        (None, None) if change.before.is_empty() && change.before_bins.is_empty() && change.root.is_some() => {}
        (Some(root), Some(targets)) => {
            chain(&change.roots, root, &change.before)?;
            let before = board(root.signed())?;
            for metadata in [root, targets].into_iter().chain(change.before_bins.values()) {
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
