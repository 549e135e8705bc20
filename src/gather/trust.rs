//! Which forums a user trusts: pinned roots, cached views, the highest versions seen.
//!
//! A forum is trusted once, by the fingerprint of a root. From then on its registry is checked up from that
//! root, and never older than what was seen before; that is decided before anything is written.

use super::location::Location;
use super::network::{Network, NetworkError};
use super::repository::{Folder, Recorder, View};
use super::source::{FetchError, Source};
use crate::encoding::{
    Class, Explain, MAX_SMALL, Malformed, json,
    text::{shown, shown_path},
};
use crate::registry::{Fingerprint, Freshness, LoadError, Refusal, TrustedRegistry, Versions, load};
use crate::store::{self, Home, Lock, Overwrite, read_bounded, write_atomic};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
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
}

/// A registry to decide with, and where it comes from.
#[derive(Clone, Debug)]
pub struct Held {
    /// The registry.
    pub registry: TrustedRegistry,
    /// In words, for reports.
    pub source: String,
}

/// Why there is no registry to decide with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The registry was examined and refused.
    #[error(transparent)]
    Registry(#[from] Refusal),
    /// The world failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The network failed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A file cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// No forum is trusted yet.
    #[error("no forum is trusted yet")]
    NoForum,
    /// More than one is, and none was named.
    #[error("{} forums are trusted: {}", .0.len(), shown(&.0.join(", ")))]
    SeveralForums(Vec<String>),
    /// The folder or file is no registry.
    #[error("{}: no registry is there", shown_path(.0))]
    NotARegistry(PathBuf),
    /// A URL where only what is on this machine is read.
    #[error("{}: registries are read from the web by trust add and trust update alone", shown_path(.0))]
    OnTheWeb(PathBuf),
    /// A root has to be confirmed by its fingerprint.
    #[error("this forum's root was not confirmed")]
    NotConfirmed(Fingerprint),
}

impl From<FetchError> for TrustError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Store(error) => Self::Store(error),
            FetchError::Network(error) => Self::Network(error),
        }
    }
}

impl<E: Into<Self>> From<LoadError<E>> for TrustError {
    fn from(error: LoadError<E>) -> Self {
        match error {
            LoadError::Refused(refusal) => Self::Registry(refusal),
            LoadError::World(error) => error.into(),
        }
    }
}

impl Explain for TrustError {
    fn code(&self) -> &'static str {
        match self {
            Self::Registry(e) => e.code(),
            Self::Store(e) => e.code(),
            Self::Network(e) => e.code(),
            Self::Malformed(e) => e.code(),
            Self::NoForum => "no-trust",
            Self::SeveralForums(_) => "several-forums",
            Self::NotARegistry(_) | Self::OnTheWeb(_) => "not-a-registry",
            Self::NotConfirmed(_) => "fingerprint-unconfirmed",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Registry(e) => e.class(),
            Self::Store(e) => e.class(),
            Self::Network(e) => e.class(),
            _ => Class::Undecided,
        }
    }
    fn expected(&self) -> String {
        match self {
            Self::Registry(e) => e.expected(),
            Self::Store(e) => e.expected(),
            Self::Network(e) => e.expected(),
            Self::Malformed(e) => e.expected(),
            Self::NoForum => "a forum whose root you confirmed".into(),
            Self::SeveralForums(_) => "one forum, named".into(),
            Self::NotARegistry(_) => {
                "a forum's folder, its published folder or the URL of it, or an exported trust file".into()
            }
            Self::OnTheWeb(_) => "a folder or file on this machine".into(),
            Self::NotConfirmed(_) => "--fingerprint, or a yes on a terminal".into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Registry(e) => e.got(),
            Self::Store(e) => e.got(),
            Self::Network(e) => e.got(),
            Self::Malformed(e) => e.got(),
            Self::NoForum => "none".into(),
            Self::SeveralForums(names) => shown(&names.join(", ")),
            Self::NotARegistry(_) => "something else".into(),
            Self::OnTheWeb(_) => "a URL".into(),
            Self::NotConfirmed(fingerprint) => format!("neither; the root there has fingerprint {fingerprint}"),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::Registry(e) => e.next(),
            Self::Store(e) => e.next(),
            Self::Network(e) => e.next(),
            Self::Malformed(e) => e.next(),
            Self::NoForum => {
                "vouchsafe trust add DIR --fingerprint SHA256-OF-ROOT, with the fingerprint your forum publishes".into()
            }
            Self::SeveralForums(_) => "give --trust with the forum's folder or an exported trust file".into(),
            Self::NotARegistry(_) => "check the path; a registry has metadata/timestamp.json".into(),
            Self::OnTheWeb(url) => {
                format!("vouchsafe trust add {} keeps it on this machine; then leave the URL out", shown_path(url))
            }
            Self::NotConfirmed(fingerprint) => {
                format!("compare it with what the forum publishes elsewhere, then add --fingerprint {fingerprint}")
            }
        }
    }
}

/// The registry to decide with: the one at `path`, or the one trusted forum of `home`.
///
/// # Errors
/// [`TrustError`].
pub fn resolve(home: Option<&Home>, path: Option<&Path>, now: Timestamp) -> Result<Held, TrustError> {
    if let Some(path) = path {
        let source = Source::open(path)?;
        let pinned = source.roots()?.into_iter().next().ok_or_else(|| TrustError::NotARegistry(path.to_owned()))?;
        let known = home.map(list).transpose()?.unwrap_or_default();
        let floor = known.iter().find(|s| s.fingerprint == Fingerprint::of(&pinned)).map(|s| s.versions);
        let mut registry = load(&source, &pinned, floor.as_ref(), now, Freshness::Held)?;
        // A folder without its oldest roots is still this forum's: what was seen of it counts.
        if let (None, Some(seen)) = (floor, known.iter().find(|s| s.forum_id == registry.forum().id)) {
            registry = load(&source, &pinned, Some(&seen.versions), now, Freshness::Held)?;
        }
        return Ok(Held { registry, source: format!("--trust {}", shown_path(path)) });
    }
    let home = home.ok_or(TrustError::NoForum)?;
    let states = list(home)?;
    match states.as_slice() {
        [] => Err(TrustError::NoForum),
        [state] => {
            let folder = folder(home, &state.forum_id);
            let pinned = read_bounded(&folder.join("root.json"), MAX_SMALL)?;
            let registry = load(&Folder::at(&folder), &pinned, Some(&state.versions), now, Freshness::Held)?;
            Ok(Held { registry, source: format!("trusted forum {}", shown(&state.forum)) })
        }
        several => Err(TrustError::SeveralForums(several.iter().map(|s| s.forum.clone()).collect())),
    }
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

/// Trusts the forum there by the fingerprint of one of its roots, or updates it if it is trusted already.
///
/// # Errors
/// [`TrustError`]; nothing is written then.
pub fn add(
    home: &Home,
    from: impl Into<Location>,
    fingerprint: &Fingerprint,
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
    keep(home, source, pinned, &from.remembered(), now)
}

/// Reads the registry of a trusted forum again, from where it came from or from somewhere else.
///
/// # Errors
/// [`TrustError`]; the view held before stays then.
pub fn update(
    home: &Home,
    state: &State,
    from: Option<&Location>,
    now: Timestamp,
) -> Result<(TrustedRegistry, State), TrustError> {
    let from = match from {
        Some(from) => from.clone(),
        None => Location::parse(state.source.as_ref(), &Network::default())?,
    };
    let held = folder(home, &state.forum_id);
    let pinned = read_bounded(&held.join("root.json"), MAX_SMALL)?;
    match keep(home, Source::at(&from, Some(&held))?, &pinned, &from.remembered(), now) {
        // What is held may be damaged, or stand under a name that was given again: once more, from the web alone.
        Err(TrustError::Registry(_)) if from.is_web() => {
            keep(home, Source::at(&from, None)?, &pinned, &from.remembered(), now)
        }
        done => done,
    }
}

/// Loads, compares with what was seen before, and only then writes.
fn keep(
    home: &Home,
    source: Source,
    pinned: &[u8],
    from: &str,
    now: Timestamp,
) -> Result<(TrustedRegistry, State), TrustError> {
    let _lock = Lock::wait(&home.forums())?;
    let known = list(home)?;
    let floor = known.iter().find(|s| s.fingerprint == Fingerprint::of(pinned)).map(|s| s.versions);
    let recorder = Recorder::new(source, pinned);
    let registry = load(&recorder, pinned, floor.as_ref(), now, Freshness::Current)?;
    // A forum that is trusted already keeps its pin: whoever offers the same forum under another root must come up
    // from the root that was confirmed first, and not behind what was seen.
    let seen = known.iter().find(|s| s.forum_id == registry.forum().id && s.fingerprint != Fingerprint::of(pinned));
    if let Some(seen) = seen {
        let first = read_bounded(&folder(home, &seen.forum_id).join("root.json"), MAX_SMALL)?;
        load(&recorder, &first, Some(&seen.versions), now, Freshness::Current)?;
        recorder.pin(&first);
    }
    let fingerprint = seen.map_or_else(|| Fingerprint::of(pinned), |s| s.fingerprint.clone());
    let state = State {
        schema: SCHEMA.into(),
        forum_id: registry.forum().id.clone(),
        forum: registry.forum().name.clone(),
        fingerprint,
        source: from.to_owned(),
        versions: *registry.versions(),
        issued: registry.issued(),
        updated: now,
    };
    write(&folder(home, &state.forum_id), &recorder.into_view(), &state)?;
    Ok((registry, state))
}

/// Writes the cache so that a reader at any moment finds a whole view: files that the timestamp leads to first,
/// the timestamp then, the state last.
fn write(folder: &Path, view: &View, state: &State) -> Result<(), store::Error> {
    let put = |path: PathBuf, bytes: &[u8]| write_atomic(&path, bytes, Overwrite::Replace);
    for (path, bytes) in view.targets.iter().filter(|(path, _)| super::repository::is_inside(path)) {
        put(folder.join("targets").join(path), bytes)?;
    }
    put(folder.join("root.json"), &view.pinned_root)?;
    let metadata = view.metadata.iter().filter(|(name, _)| super::repository::is_inside(name));
    for (name, bytes) in metadata.clone().filter(|(name, _)| *name != "timestamp.json") {
        put(folder.join("metadata").join(name), bytes)?;
    }
    for (name, bytes) in metadata.filter(|(name, _)| *name == "timestamp.json") {
        put(folder.join("metadata").join(name), bytes)?;
    }
    put(folder.join("state.json"), &json::pretty(state))
}

/// An exported trust file of a trusted forum, or of the registry at `path`.
///
/// # Errors
/// [`TrustError`].
pub fn export(
    home: Option<&Home>,
    path: Option<&Path>,
    now: Timestamp,
) -> Result<(Vec<u8>, TrustedRegistry), TrustError> {
    let held = resolve(home, path, now)?;
    let source = match path {
        Some(path) => Source::open(path)?,
        None => Source::Folder(Folder::at(folder(home.ok_or(TrustError::NoForum)?, &held.registry.forum().id))),
    };
    let pinned = match (path, home) {
        (None, Some(home)) => read_bounded(&folder(home, &held.registry.forum().id).join("root.json"), MAX_SMALL)?,
        _ => source.roots()?.into_iter().next().unwrap_or_default(),
    };
    let recorder = Recorder::new(source, &pinned);
    let registry = load(&recorder, &pinned, None, now, Freshness::Held)?;
    let bytes = recorder.into_view().to_bytes(&registry.forum().name, Fingerprint::of(&pinned).as_str());
    Ok((bytes, registry))
}
