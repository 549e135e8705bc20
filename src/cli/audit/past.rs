//! The registry of another day: each view that was audited with is kept, whole and signed as it was, so that `--at` can
//! ask the one that was in force then.
//!
//! A view that is kept is checked up from its root like any other, and has to be of the forum that is trusted now, under
//! the same root. Only the newest of that day's will do, only as what it is called, only if nothing kept before it was
//! newer, and only while its timestamp was good: else somebody who can have us read something old, or write here, could
//! choose what a past answer rests on.

use crate::cli::context::Context;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::duration::Span;
use vouchsafe::gather::trust::{Held, export, resolve};
use vouchsafe::registry::{TrustedRegistry, Wanted};
use vouchsafe::store::{Overwrite, write_atomic};

/// So many views of a forum are kept, and so many bytes of them; the oldest go.
const MOST: usize = 1_000;
const LARGEST: u64 = 64 << 20;
/// How far ahead the clock of whoever publishes a registry may run.
const SKEW: Span = Span::seconds(300);

/// By what a view is known: when it was issued, in seconds, and its version.
type Name = (i64, u64);

/// Keeps the view that is held, unless it is kept already, is not whole, or is very large. An audit does without.
pub(super) fn keep(context: &Context, named: Option<&Path>, held: &Held) {
    let Some(folder) = folder(context, held) else { return };
    let (registry, name) = (&held.registry, name(&held.registry));
    let before = kept(&folder);
    let path = folder.join(format!("{}-{}.json", name.0, name.1));
    // Whoever stole the online key can issue an old version anew, at any time.
    let follows = before.keys().all(|(issued, version)| *issued <= name.0 && *version <= name.1);
    if before.contains_key(&name) || !follows || registry.issued() > SKEW.after(context.now) || !registry.is_whole() {
        return;
    }
    let home = context.home().ok();
    let Ok((bytes, exported)) = export(home.as_ref(), named, &BTreeSet::new(), context.now) else { return };
    let same = exported.issued() == registry.issued() && exported.versions() == registry.versions();
    if same && bytes.len() <= MAX_SMALL && std::fs::create_dir_all(&folder).is_ok() {
        let _ = write_atomic(&path, &bytes, Overwrite::Replace);
        forget(&kept(&folder));
    }
}

/// Removes the oldest until few enough are left, and little enough.
fn forget(kept: &BTreeMap<Name, PathBuf>) {
    let mut bytes = 0_u64;
    for (nth, path) in kept.values().rev().enumerate() {
        bytes = bytes.saturating_add(path.symlink_metadata().map_or(0, |about| about.len()));
        if nth >= MOST || bytes > LARGEST {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The registry as it was at a moment before the view that is held was issued, if that is kept; else what is held. The
/// source says which.
pub(super) fn as_of(context: &Context, held: Held, at: Timestamp) -> Held {
    if at >= held.registry.issued() {
        return held;
    }
    match then(context, &held, at) {
        Some(then) => Held { source: format!("{}, as it was kept at that time", held.source), ..then },
        None => {
            let now = "as it is now: of that time no view is kept, and the dates in its records decide";
            Held { source: format!("{}, {now}", held.source), ..held }
        }
    }
}

fn then(context: &Context, held: &Held, at: Timestamp) -> Option<Held> {
    let kept = kept(&folder(context, held)?);
    let mut until = kept.range(..=(at.as_second(), u64::MAX));
    let (called, newest) = until.next_back()?;
    let then = resolve(None, Some(newest), at, || Wanted::Everybody).ok()?;
    let (was, is) = (&then.registry, &held.registry);
    let same = was.fingerprint() == is.fingerprint() && was.forum().id == is.forum().id && name(was) == *called;
    let (before, after) = (was.versions(), is.versions());
    let grew = before.root <= after.root && before.targets <= after.targets;
    let follows = grew && until.all(|((_, version), _)| *version <= called.1);
    (same && follows && was.issued() <= at && at <= was.timestamp_expires()).then_some(then)
}

fn name(registry: &TrustedRegistry) -> Name {
    (registry.issued().as_second(), registry.versions().targets)
}

/// What is kept, by what it is called.
fn kept(folder: &Path) -> BTreeMap<Name, PathBuf> {
    let named = |path: PathBuf| {
        let (issued, version) = path.file_stem()?.to_str()?.split_once('-')?;
        Some(((issued.parse().ok()?, version.parse().ok()?), path))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| named(entry.path())).collect()
}

/// Where views of a forum are kept. Its id is in hexadecimal; anything else cannot name a folder.
fn folder(context: &Context, held: &Held) -> Option<PathBuf> {
    let id: String = held.registry.forum().id.chars().filter(char::is_ascii_hexdigit).collect();
    Some(context.home().ok()?.path().join("views").join(id))
}
