//! A registry checked up from a pinned root: the TUF client workflow (TUF 1.0.34, section 5), without I/O.

use super::contents::Contents;
use super::floor::{Floor, Versions};
use super::group::check_seats;
use super::metadata::{Board, Fingerprint, Metadata, TargetFile, board, target_path};
use super::provider;
use super::record::{ForumRecord, MemberRecord};
use super::refusal::{Code, Refusal};
use crate::encoding::{MAX_SMALL, Malformed, duration, json};
use crate::key::{KeyId, Quorum};
use crate::practice::Catalogue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sigstore_tuf::metadata::Role as _;
use sigstore_tuf::{Error as TufError, TrustedMetadataSet};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// Roots followed in one update; one a year would last a thousand years.
const MAX_ROOTS: u64 = 1024;
/// Most bytes of targets metadata, and of a catalogue.
const MAX_TARGETS: usize = 16 << 20;

/// Where the files of a TUF repository come from. Believes nothing.
pub trait Repository {
    /// How fetching fails.
    type Error;
    /// A metadata file by name, such as `2.root.json`; None if there is none.
    ///
    /// # Errors
    /// If it cannot be fetched, or is over `limit` bytes.
    fn metadata(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, Self::Error>;
    /// A target file by its path in the repository; None if there is none.
    ///
    /// # Errors
    /// As for metadata.
    fn target(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// How fresh the view has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// As a TUF client updating: every role unexpired.
    Current,
    /// As a client using the view it holds: the timestamp's age is left to the policy, which always looks at it.
    Held,
}

/// Why a registry was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError<E> {
    /// It was examined and refused, or there is too little of it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A file could not be fetched.
    #[error("the registry could not be read")]
    World(E),
}

/// A registry that was verified up from a pinned root. Only [`load`] makes one:
///
/// ```compile_fail
/// fn forge(contents: vouchsafe::registry::Contents) -> vouchsafe::registry::TrustedRegistry {
///     vouchsafe::registry::TrustedRegistry { contents, ..todo!() }
/// }
/// ```
///
/// ```
/// fn name(r: &vouchsafe::registry::TrustedRegistry) -> &str { &r.forum().name }
/// ```
#[derive(Clone, Debug)]
pub struct TrustedRegistry {
    forum: ForumRecord,
    contents: Contents,
    keyring: Quorum,
    pinned: Fingerprint,
    versions: Versions,
    issued: Timestamp,
    expires: Expiry,
    board: Board,
}

/// When each role's metadata ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Expiry {
    /// Root.
    pub root: Timestamp,
    /// Targets.
    pub targets: Timestamp,
    /// Snapshot.
    pub snapshot: Timestamp,
    /// Timestamp.
    pub timestamp: Timestamp,
}

/// Loads a registry from a pinned root, refusing anything older than `floor`.
///
/// # Errors
/// [`LoadError::Refused`] with the code of what was wrong; [`LoadError::World`] if fetching failed.
pub fn load<R: Repository>(
    repository: &R,
    pinned_root: &[u8],
    floor: Option<&Versions>,
    now: Timestamp,
    freshness: Freshness,
) -> Result<TrustedRegistry, LoadError<R::Error>> {
    provider::ensure();
    let fetch = |name: &str, limit: usize| -> Result<Vec<u8>, LoadError<R::Error>> {
        let bytes = repository.metadata(name, limit).map_err(LoadError::World)?;
        strict(bytes.ok_or_else(|| Refusal::new(Code::Incomplete, name, "a metadata file", "nothing"))?)
            .map_err(LoadError::Refused)
    };
    let mut root = strict(pinned_root.to_vec())?;
    let mut set = TrustedMetadataSet::from_root(&root).map_err(refusal)?;
    let mut floor = floor.map(|seen| Floor::new(*seen));
    for _ in 0..MAX_ROOTS {
        if let Some(floor) = &mut floor {
            floor.pass(set.root());
        }
        let name = format!("{}.root.json", set.root().version.saturating_add(1));
        match repository.metadata(&name, MAX_SMALL).map_err(LoadError::World)? {
            Some(bytes) => {
                root = strict(bytes)?;
                set.update_root(&root).map_err(refusal)?;
            }
            None => break,
        }
    }
    set.check_root_expired(now).map_err(refusal)?;

    // The set checks every role at one moment. For a held view that is the last moment its timestamp was good; the
    // slower roles are checked at the present below.
    let timestamp = fetch("timestamp.json", MAX_SMALL)?;
    let at = match freshness {
        Freshness::Current => now,
        Freshness::Held => now.min(expiry(&timestamp)?),
    };
    set.update_timestamp(&timestamp, at).map_err(refusal)?;
    let snapshot =
        format!("{}.snapshot.json", set.timestamp().and_then(|t| t.snapshot_meta()).map_or(0, |m| m.version));
    set.update_snapshot(&fetch(&snapshot, MAX_SMALL)?, at).map_err(refusal)?;
    let pinned = set.snapshot().and_then(|s| s.meta.get("targets.json")).map_or(0, |m| m.version);
    set.update_targets(&fetch(&format!("{pinned}.targets.json"), MAX_TARGETS)?, at).map_err(refusal)?;
    set.check_snapshot_expired(now).map_err(refusal)?;
    expired_targets(&set, now)?;

    let versions = versions(&set);
    if let Some((role, is, was)) = floor.and_then(|floor| floor.forbids(&versions)) {
        return Err(
            Refusal::new(Code::Rollback, role, format!("version {was} or later"), format!("version {is}")).into()
        );
    }
    let files = targets(repository, &set)?;
    Ok(assemble(&set, &files, (pinned_root, &root), versions)?)
}

/// Reads every target that is ours, each compared with the length and hash its signed metadata lists.
fn targets<R: Repository>(
    repository: &R,
    set: &TrustedMetadataSet,
) -> Result<BTreeMap<String, Vec<u8>>, LoadError<R::Error>> {
    let listed = set.targets_role("targets").map(|t| &t.targets);
    let mut files = BTreeMap::new();
    for (name, entry) in listed.into_iter().flatten().filter(|(name, _)| is_ours(name)) {
        let entry = TargetFile { length: entry.length, hashes: entry.hashes.clone() };
        let path = target_path(name, entry.sha256().unwrap_or_default());
        let bytes = repository.target(&path, MAX_TARGETS).map_err(LoadError::World)?;
        let bytes =
            bytes.ok_or_else(|| Refusal::new(Code::Incomplete, name, "the target its metadata lists", "nothing"))?;
        if !entry.is(&bytes) {
            let expected = format!("{} bytes, sha256:{}", entry.length, entry.sha256().unwrap_or("(none)"));
            let got = TargetFile::of(&bytes);
            let got = format!("{} bytes, sha256:{}", got.length, got.sha256().unwrap_or_default());
            return Err(Refusal::new(Code::HashMismatch, name, expected, got).into());
        }
        files.insert(name.clone(), bytes);
    }
    Ok(files)
}

/// Names this version understands. Anything else in a registry is left unread, not refused.
fn is_ours(name: &str) -> bool {
    let plain = name.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains('\\'));
    plain
        && (name == ForumRecord::TARGET
            || ["members/", "catalogues/", "policies/", "endorsements/"].iter().any(|folder| name.starts_with(folder)))
}

fn assemble(
    set: &TrustedMetadataSet,
    files: &BTreeMap<String, Vec<u8>>,
    (pinned, root): (&[u8], &[u8]),
    versions: Versions,
) -> Result<TrustedRegistry, Refusal> {
    let contents = Contents::parse(files.iter().map(|(n, b)| (n.as_str(), b.as_slice()))).map_err(malformed)?;
    let forum =
        contents.forum.clone().ok_or_else(|| Refusal::new(Code::Incomplete, "forum.json", "a forum record", "none"))?;
    founded_by(&forum, pinned)?;
    let board = board(Metadata::parse(root).map_err(malformed)?.signed()).map_err(malformed)?;
    let keys = contents.keys().map_err(malformed)?;
    let keyring = Quorum::new(keys, NonZeroUsize::MIN)
        .map_err(|e| Refusal::new(Code::KeyTaken, "", "one member for each key", e.to_string()))?;
    check_seats(&forum, Some(&board), |key| keyring.principal_of(key))?;
    let timestamp =
        set.timestamp().ok_or_else(|| Refusal::new(Code::Incomplete, "timestamp", "a timestamp", "none"))?;
    let issued = timestamp.extra.get("x-vouchsafe-issued").and_then(|v| v.as_str()).unwrap_or_default();
    let issued = duration::instant(issued).map_err(malformed)?;
    let expires = Expiry {
        root: set.root().expires,
        targets: set.targets_role("targets").map_or(timestamp.expires, |t| t.expires),
        snapshot: set.snapshot().map_or(timestamp.expires, |s| s.expires),
        timestamp: timestamp.expires,
    };
    let pinned = Fingerprint::of(pinned);
    Ok(TrustedRegistry { forum, contents, keyring, pinned, versions, issued, expires, board })
}

/// A forum's id is the digest of its first root: no other forum can take it, and with it the proofs of possession
/// that were made for this one. A later root says nothing about the first.
fn founded_by(forum: &ForumRecord, pinned: &[u8]) -> Result<(), Refusal> {
    let root = Metadata::parse(pinned).map_err(malformed)?;
    let id = Fingerprint::of(&root.canonical().map_err(malformed)?);
    if root.version() == 1 && forum.id != id.as_str() {
        return Err(Refusal::new(Code::Malformed, "forum.json", format!("the id of this root, {id}"), &forum.id));
    }
    Ok(())
}

fn versions(set: &TrustedMetadataSet) -> Versions {
    Versions {
        root: set.root().version,
        targets: set.targets_role("targets").map_or(0, |t| t.version),
        snapshot: set.snapshot().map_or(0, |s| s.version),
        timestamp: set.timestamp().map_or(0, |t| t.version),
    }
}

fn expired_targets(set: &TrustedMetadataSet, now: Timestamp) -> Result<(), Refusal> {
    match set.targets_role("targets") {
        Some(targets) if targets.is_expired(now) => {
            Err(refusal(TufError::Expired { role: "targets".into(), expires: targets.expires }))
        }
        _ => Ok(()),
    }
}

/// The expiry a timestamp file states. Unsigned as yet; only ever used to look at a moment no later than now.
fn expiry(timestamp: &[u8]) -> Result<Timestamp, Refusal> {
    #[derive(Deserialize)]
    struct Peek {
        signed: Signed,
    }
    #[derive(Deserialize)]
    struct Signed {
        expires: Timestamp,
    }
    json::parse::<Peek>(timestamp, MAX_SMALL, "TUF timestamp").map(|p| p.signed.expires).map_err(malformed)
}

/// The strict reader's word on metadata, before the TUF library's own, laxer one reads it.
fn strict(bytes: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    json::parse::<serde::de::IgnoredAny>(&bytes, MAX_TARGETS, "TUF metadata").map_err(malformed)?;
    Ok(bytes)
}

fn malformed(error: Malformed) -> Refusal {
    Refusal::new(Code::Malformed, error.what, "a well-formed document", error.why)
}

/// The TUF library's errors, in our codes.
fn refusal(error: TufError) -> Refusal {
    let got = error.to_string();
    match error {
        TufError::ThresholdNotMet { role, found, threshold } => {
            Refusal::new(Code::SignatureInvalid, role, format!("{threshold} valid signatures"), format!("{found}"))
        }
        TufError::DuplicateSignature { role, .. } => Refusal::new(Code::SignatureInvalid, role, "each key once", got),
        TufError::Crypto(_) | TufError::UnusableKey { .. } | TufError::UnsupportedScheme { .. } => {
            Refusal::new(Code::SignatureInvalid, "", "keys and signatures this version can check", got)
        }
        TufError::Rollback { role, trusted, new } => {
            Refusal::new(Code::Rollback, role, format!("version {trusted} or later"), format!("version {new}"))
        }
        TufError::BadRootVersion { trusted, new } => Refusal::new(
            Code::Rollback,
            "root",
            format!("version {}", trusted.saturating_add(1)),
            format!("version {new}"),
        ),
        TufError::Expired { role, expires } => Refusal::new(
            Code::Expired,
            &role,
            format!("{role} metadata still in force"),
            format!("expired {}", duration::rfc3339(expires)),
        ),
        TufError::IntegrityMismatch(_) => {
            Refusal::new(Code::HashMismatch, "", "the file its signed metadata pins", got)
        }
        _ => Refusal::new(Code::Malformed, "", "well-formed TUF metadata", got),
    }
}

impl TrustedRegistry {
    /// The forum.
    pub fn forum(&self) -> &ForumRecord {
        &self.forum
    }
    /// Fingerprint of the root it was checked from.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.pinned
    }
    /// Versions of its roles.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }
    /// When this view was issued, according to the online key.
    pub fn issued(&self) -> Timestamp {
        self.issued
    }
    /// Until when the online key vouches for it.
    pub fn timestamp_expires(&self) -> Timestamp {
        self.expires.timestamp
    }
    /// When each role's metadata ends.
    pub fn expires(&self) -> &Expiry {
        &self.expires
    }
    /// The board of the root in force.
    pub fn board(&self) -> &Board {
        &self.board
    }
    /// Members by id.
    pub fn members(&self) -> &BTreeMap<String, MemberRecord> {
        &self.contents.members
    }
    /// Every key ever registered; each speaks for one member. Whether it may speak now is asked of the record.
    pub fn keyring(&self) -> &Quorum {
        &self.keyring
    }
    /// The member a key is registered for.
    pub fn owner_of(&self, key: &KeyId) -> Option<&MemberRecord> {
        self.contents.members.values().find(|m| m.key(key).is_some())
    }
    /// Catalogues, by target name.
    pub fn catalogues(&self) -> impl Iterator<Item = &Catalogue> {
        self.contents.catalogues.values()
    }
    /// One catalogue version.
    pub fn catalogue(&self, id: &str, version: &str) -> Option<&Catalogue> {
        self.catalogues().find(|c| c.id == id && c.version.as_str() == version)
    }
    /// A recommended policy, as JSON.
    pub fn policy(&self, name: &str) -> Option<&[u8]> {
        self.contents.policies.get(name).map(Vec::as_slice)
    }
    /// Everything it holds.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }
}
