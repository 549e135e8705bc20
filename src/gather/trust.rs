//! Which forums a user trusts: pinned roots, cached views, the highest versions seen.
//!
//! A forum is trusted once, by the fingerprint of a root. From then on its registry is checked up from that
//! root, and never older than what was seen before; that is decided before anything is written.

pub use super::trust_error::TrustError;

use super::location::{Location, segment};
use super::network::Network;
use super::repository::{Folder, Recorder, View};
use super::source::Source;
use crate::encoding::{
    MAX_DOCUMENT, MAX_SMALL, json,
    text::{shown, shown_path},
};
use crate::registry::{
    Code, Fingerprint, Freshness, Metadata, Refusal, Repository, TrustedRegistry, Versions, Wanted, is_logged, load,
    log_entries, proof_name,
};
use crate::store::{self, Home, Lock, Overwrite, read_bounded, write_atomic};
use crate::transparency::LogPolicy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SCHEMA: &str = "vouchsafe-trust-state/v1";

/// What is remembered of a trusted forum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// `vouchsafe-trust-state/v1`.
    pub schema: String,
    /// The forum's id.
    pub forum_id: String,
    /// Its display name.
    pub forum: String,
    /// Fingerprint of the pinned root.
    pub fingerprint: Fingerprint,
    /// Where the registry came from.
    pub source: String,
    /// The highest versions seen.
    pub versions: Versions,
    /// When the view was issued.
    pub issued: Timestamp,
    /// When it was fetched.
    pub updated: Timestamp,
    /// The members whose records are kept, where the registry is too large to keep them all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<String>,
    /// The log policy it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_policy: Option<String>,
}

/// Whether the user stands by a forum anew, or merely asks what is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Confirmed by fingerprint, now.
    Anew,
    /// Followed from what was seen before.
    Following,
}

/// A registry to decide with, and where it comes from.
#[derive(Clone, Debug)]
pub struct Held {
    /// The registry.
    pub registry: TrustedRegistry,
    /// In words, for reports.
    pub source: String,
}

/// The registry to decide with: the one at `path`, or the one trusted forum of `home`. Who is `wanted` is only asked
/// where the registry is too large to be read whole.
///
/// # Errors
/// [`TrustError`].
pub fn resolve(
    home: Option<&Home>,
    path: Option<&Path>,
    now: Timestamp,
    wanted: impl FnOnce() -> Wanted,
) -> Result<Held, TrustError> {
    match path {
        Some(path) => there(home, path, now, wanted),
        None => here(home.ok_or(TrustError::NoForum)?, now, wanted),
    }
}

/// The registry at a path, no older than what was seen of it.
fn there(
    home: Option<&Home>,
    path: &Path,
    now: Timestamp,
    wanted: impl FnOnce() -> Wanted,
) -> Result<Held, TrustError> {
    let source = Source::open(path)?;
    let pinned = source.roots()?.into_iter().next().ok_or_else(|| TrustError::NotARegistry(path.to_owned()))?;
    let known = home.map(list).transpose()?.unwrap_or_default();
    let mut seen = known.iter().find(|s| s.fingerprint == Fingerprint::of(&pinned));
    let read = |seen: Option<&State>, wanted: &Wanted| {
        load(&source, &pinned, seen.map(|s| &s.versions), now, Freshness::Held, wanted)
    };
    let mut registry = read(seen, &Wanted::nobody())?;
    // A folder without its oldest roots is still this forum's: what was seen of it counts.
    if let (None, Some(state)) = (seen, known.iter().find(|s| s.forum_id == registry.forum().id)) {
        seen = Some(state);
        registry = read(seen, &Wanted::nobody())?;
    }
    if !registry.is_whole() {
        registry = read(seen, &wanted())?;
    }
    Ok(Held { registry, source: format!("--trust {}", shown_path(path)) })
}

/// The one trusted forum.
fn here(home: &Home, now: Timestamp, wanted: impl FnOnce() -> Wanted) -> Result<Held, TrustError> {
    let states = list(home)?;
    let state = match states.as_slice() {
        [] => return Err(TrustError::NoForum),
        [state] => state,
        several => return Err(TrustError::SeveralForums(several.iter().map(|s| s.forum.clone()).collect())),
    };
    let folder = folder(home, &state.forum_id);
    let pinned = read_bounded(&folder.join("root.json"), MAX_SMALL)?;
    let cache = Folder::at(&folder);
    let read = |wanted: &Wanted| load(&cache, &pinned, Some(&state.versions), now, Freshness::Held, wanted);
    let mut kept = state.members.clone();
    let mut registry = read(&Wanted::Members(kept.clone()))?;
    // Who is not kept may still be there, since a record that was fetched once is not thrown away.
    if !registry.is_whole()
        && let Wanted::Members(asked) = wanted()
    {
        kept.extend(asked);
        registry = read(&Wanted::Members(kept))?;
    }
    Ok(Held { registry, source: format!("trusted forum {}", shown(&state.forum)) })
}

/// Every trusted forum.
///
/// # Errors
/// [`TrustError`] if a state cannot be read.
pub fn list(home: &Home) -> Result<Vec<State>, TrustError> {
    let folder = home.forums();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(store::Error::io(&folder, e).into()),
    };
    let mut paths: Vec<PathBuf> =
        entries.flatten().map(|e| e.path().join("state.json")).filter(|p| p.is_file()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| Ok(json::parse::<State>(&read_bounded(path, MAX_SMALL)?, MAX_SMALL, "trust state")?))
        .collect()
}

fn folder(home: &Home, forum_id: &str) -> PathBuf {
    // Forum ids are SHA-256 in hexadecimal; anything else cannot name a folder.
    home.forums().join(forum_id.chars().filter(char::is_ascii_hexdigit).collect::<String>())
}

/// The fingerprint of the oldest root there: what `add` would pin.
///
/// # Errors
/// [`TrustError`].
pub fn offered(from: impl Into<Location>) -> Result<Fingerprint, TrustError> {
    let from = from.into();
    roots(&from)?.into_iter().next().ok_or_else(|| TrustError::NotARegistry(from.as_path().to_owned()))
}

/// The fingerprints of every root there, oldest first.
///
/// # Errors
/// [`TrustError`].
pub fn roots(from: impl Into<Location>) -> Result<Vec<Fingerprint>, TrustError> {
    Ok(Source::at(&from.into(), None)?.roots()?.iter().map(|r| Fingerprint::of(r)).collect())
}

/// Trusts the forum there by the fingerprint of one of its roots, or updates it if it is trusted already. `members` are
/// those whose records are to be kept, where the registry is too large to keep them all.
///
/// # Errors
/// [`TrustError`]; nothing is written then.
pub fn add(
    home: &Home,
    from: impl Into<Location>,
    fingerprint: &Fingerprint,
    members: &BTreeSet<String>,
    now: Timestamp,
) -> Result<(TrustedRegistry, State), TrustError> {
    let from = from.into();
    let source = Source::at(&from, None)?;
    let roots = source.roots()?;
    if roots.is_empty() {
        return Err(TrustError::NotARegistry(from.as_path().to_owned()));
    }
    let pinned = roots.iter().find(|r| Fingerprint::of(r) == *fingerprint).ok_or_else(|| {
        let got: Vec<String> = roots.iter().map(|r| Fingerprint::of(r).to_string()).collect();
        Refusal::new(crate::registry::Code::FingerprintMismatch, "", fingerprint.as_str(), got.join(", "))
    })?;
    keep(home, source, pinned, (&from.remembered(), Asked::Anew), members, now)
}

/// Reads the registry of a trusted forum again, from where it came from or from somewhere else; from now on with the
/// records of `members`, too.
///
/// # Errors
/// [`TrustError`]; the view held before stays then.
pub fn update(
    home: &Home,
    state: &State,
    from: Option<&Location>,
    members: &BTreeSet<String>,
    now: Timestamp,
) -> Result<(TrustedRegistry, State), TrustError> {
    let from = match from {
        Some(from) => from.clone(),
        None => Location::parse(state.source.as_ref(), &Network::default())?,
    };
    let held = folder(home, &state.forum_id);
    let pinned = read_bounded(&held.join("root.json"), MAX_SMALL)?;
    match keep(home, Source::at(&from, Some(&held))?, &pinned, (&from.remembered(), Asked::Following), members, now) {
        // What is held may be damaged, or stand under a name that was given again: once more, from the web alone.
        Err(TrustError::Registry(_)) if from.is_web() => {
            keep(home, Source::at(&from, None)?, &pinned, (&from.remembered(), Asked::Following), members, now)
        }
        done => done,
    }
}

/// Loads, compares with what was seen before, and only then writes.
fn keep(
    home: &Home,
    source: Source,
    pinned: &[u8],
    (from, asked): (&str, Asked),
    members: &BTreeSet<String>,
    now: Timestamp,
) -> Result<(TrustedRegistry, State), TrustError> {
    let _lock = Lock::wait(&home.forums())?;
    let known = list(home)?;
    let pin = Fingerprint::of(pinned);
    let seen = known.iter().find(|s| s.fingerprint == pin);
    let recorder = Recorder::new(source, pinned);
    let mut kept: BTreeSet<String> = seen.iter().flat_map(|s| s.members.clone()).chain(members.clone()).collect();
    let read = |root: &[u8], seen: Option<&State>, kept: &BTreeSet<String>| {
        let wanted = Wanted::Members(kept.clone());
        load(&recorder, root, seen.map(|s| &s.versions), now, Freshness::Current, &wanted)
    };
    let mut registry = read(pinned, seen, &kept)?;
    // A forum that is trusted already keeps its pin: whoever offers the same forum under another root must come up
    // from the root that was confirmed first, and not behind what was seen.
    let other = known.iter().find(|s| s.forum_id == registry.forum().id && s.fingerprint != pin);
    if let Some(other) = other {
        let first = read_bounded(&folder(home, &other.forum_id).join("root.json"), MAX_SMALL)?;
        kept.extend(other.members.clone());
        registry = read(&first, Some(other), &kept)?;
        recorder.pin(&first);
    }
    if let Some(stranger) = members.iter().find(|id| !registry.members().contains_key(*id)) {
        return Err(
            Refusal::new(crate::registry::Code::MemberUnknown, stranger, "a member of this forum", stranger).into()
        );
    }
    let before = other.or(seen).and_then(|s| s.log_policy.as_deref()).filter(|_| asked == Asked::Following);
    if let Some(before) = before {
        logged_as_before(&recorder, &registry, before)?;
    }
    let policy = registry.contents().log_policy.as_ref();
    let state = State {
        schema: SCHEMA.into(),
        forum_id: registry.forum().id.clone(),
        forum: registry.forum().name.clone(),
        fingerprint: other.map_or(pin, |s| s.fingerprint.clone()),
        source: from.to_owned(),
        versions: *registry.versions(),
        issued: registry.issued(),
        updated: now,
        members: if registry.is_whole() { BTreeSet::new() } else { kept },
        log_policy: policy.map(|(_, text)| String::from_utf8_lossy(text).into_owned()),
    };
    write(&folder(home, &state.forum_id), &recorder.into_view(), &state)?;
    Ok((registry, state))
}

/// A forum that leaves its log, or changes the witnesses, says so where everybody sees it: the version that does so has
/// to be in the log it relied on until then. Else leaving the log would be the way to show two people two truths.
fn logged_as_before<R: Repository>(repository: &R, now: &TrustedRegistry, before: &str) -> Result<(), Refusal> {
    let same = now.contents().log_policy.as_ref().is_some_and(|(_, text)| text == before.as_bytes());
    let versions = now.versions();
    let fetch = |name: String| repository.metadata(&name, MAX_DOCUMENT).ok().flatten();
    let read = |name: String| fetch(name).and_then(|bytes| Metadata::parse(&bytes).ok());
    let entries = || {
        let targets = read(format!("{}.targets.json", versions.targets))?;
        log_entries(&targets, now.board()).ok()
    };
    let policy = LogPolicy::parse(before.as_bytes());
    let logged = || {
        let proof = fetch(proof_name("targets", versions.targets));
        is_logged(&entries().unwrap_or_default(), proof.as_deref(), policy.as_ref().ok()?).ok()
    };
    if same || logged().is_some() {
        return Ok(());
    }
    let expected = policy
        .as_ref()
        .map_or_else(|e| e.to_string(), |p| format!("a version that is in the log cosigned by {}", p.demand()));
    let got = match now.log_policy() {
        Some(policy) => format!("another log policy: {}", policy.demand()),
        None => "no log policy any more".into(),
    };
    Err(Refusal::new(Code::LogPolicyChanged, shown(&now.forum().name), expected, got))
}

/// Writes the cache so that a reader at any moment finds a whole view: files that the timestamp leads to first,
/// the timestamp then, the state last.
fn write(folder: &Path, view: &View, state: &State) -> Result<(), store::Error> {
    let put = |path: PathBuf, bytes: &[u8]| write_atomic(&path, bytes, Overwrite::Replace);
    for (path, bytes) in view.targets.iter().filter(|(path, _)| super::repository::is_inside(path)) {
        put(folder.join("targets").join(path), bytes)?;
    }
    put(folder.join("root.json"), &view.pinned_root)?;
    // As the folder looks for them: one name each, whatever a role is called.
    let metadata = view.metadata.iter().map(|(name, bytes)| (segment(name), bytes));
    let metadata = metadata.filter(|(name, _)| super::repository::is_inside(name));
    for (name, bytes) in metadata.clone().filter(|(name, _)| name != "timestamp.json") {
        put(folder.join("metadata").join(name), bytes)?;
    }
    for (name, bytes) in metadata.filter(|(name, _)| name == "timestamp.json") {
        put(folder.join("metadata").join(name), bytes)?;
    }
    put(folder.join("state.json"), &json::pretty(state))
}

/// An exported trust file of a trusted forum, or of the registry at `path`: of a registry with bins, with the records
/// of `members` and of those kept.
///
/// # Errors
/// [`TrustError`].
pub fn export(
    home: Option<&Home>,
    path: Option<&Path>,
    members: &BTreeSet<String>,
    now: Timestamp,
) -> Result<(Vec<u8>, TrustedRegistry), TrustError> {
    let held = resolve(home, path, now, || Wanted::Members(members.clone()))?;
    let source = match path {
        Some(path) => Source::open(path)?,
        None => Source::Folder(Folder::at(folder(home.ok_or(TrustError::NoForum)?, &held.registry.forum().id))),
    };
    let pinned = match (path, home) {
        (None, Some(home)) => read_bounded(&folder(home, &held.registry.forum().id).join("root.json"), MAX_SMALL)?,
        _ => source.roots()?.into_iter().next().unwrap_or_default(),
    };
    let recorder = Recorder::new(source, &pinned);
    let registry = load(&recorder, &pinned, None, now, Freshness::Held, held.registry.read())?;
    let bytes = recorder.into_view().to_bytes(&registry.forum().name, Fingerprint::of(&pinned).as_str());
    Ok((bytes, registry))
}
