//! A registry checked up from a pinned root: the values only that check can make.

use super::chain::Chain;
use super::contents::{Contents, LOG_POLICY};
use super::floor::Versions;
use super::group::check_seats;
use super::logged;
use super::metadata::{Board, Fingerprint, Metadata, board};
use super::notices::Recorded;
use super::record::{ForumRecord, MemberRecord};
use super::refusal::{Code, Refusal};
use super::repository::{Freshness, LoadError, Repository};
use super::tuf_error::malformed;
use crate::encoding::duration;
use crate::key::{KeyId, Quorum};
use crate::practice::Catalogue;
use crate::transparency::LogPolicy;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

/// Whose records are wanted. A registry without bins is always read whole; one with bins may have a hundred thousand
/// members, of whom a verdict needs one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Every member.
    Everybody,
    /// These, by id.
    Members(BTreeSet<String>),
}

impl Wanted {
    /// Nobody in particular: what the forum says about itself is enough.
    pub fn nobody() -> Self {
        Self::Members(BTreeSet::new())
    }
}

/// A registry that was verified up from a pinned root. Only [`load`] makes one:
///
/// ```compile_fail,E0451
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
    bins: usize,
    read: Wanted,
    signed_versions: BTreeMap<[u8; 32], String>,
    seats: BTreeSet<KeyId>,
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
    wanted: &Wanted,
) -> Result<TrustedRegistry, LoadError<R::Error>> {
    let mut chain = Chain::walk(repository, pinned_root, floor, now, freshness)?;
    // Files that change under their name could not be kept beside one another.
    if !chain.root().consistent_snapshot {
        let (expected, got) = ("consistent snapshots: N.targets.json", "a root without them");
        return Err(Refusal::new(Code::Malformed, "root", expected, got).into());
    }
    let (files, read) = match wanted {
        Wanted::Members(ids) if !chain.bins().is_empty() => some(&mut chain, ids, freshness)?,
        _ => (everything(&mut chain)?, Wanted::Everybody),
    };
    let registry = assemble(&chain, &files, pinned_root, read)?;
    logged::check(&chain, registry.log_policy())?;
    Ok(registry)
}

type Files = BTreeMap<String, Vec<u8>>;

/// Every target that is ours, each compared with what its signed metadata lists.
fn everything<R: Repository>(chain: &mut Chain<'_, R>) -> Result<Files, LoadError<R::Error>> {
    let every = chain.every()?;
    every.iter().filter(|(name, _)| is_ours(name)).map(|(n, entry)| Ok((n.clone(), read(chain, n, entry)?))).collect()
}

/// A target of a registry: its SHA-256 has to be listed, whatever else is.
fn read<R: Repository>(
    chain: &Chain<'_, R>,
    name: &str,
    entry: &super::metadata::TargetFile,
) -> Result<Vec<u8>, LoadError<R::Error>> {
    match entry.sha256() {
        Some(_) => chain.read(name, entry),
        None => Err(Refusal::new(Code::HashMismatch, name, "a SHA-256 of it", "none").into()),
    }
}

/// What the top level lists, and the records of some members. In a held view that has not fetched a member's bin,
/// that member was not asked about: nobody can say whether it exists.
fn some<R: Repository>(
    chain: &mut Chain<'_, R>,
    ids: &BTreeSet<String>,
    freshness: Freshness,
) -> Result<(Files, Wanted), LoadError<R::Error>> {
    let mut files = Files::new();
    let listed = chain.top_level().map(|top| top.targets.keys().cloned().collect()).unwrap_or_default();
    let mut names: BTreeSet<String> = listed;
    names.retain(|name| is_ours(name) && !name.starts_with("members/"));
    for name in &names {
        if let Some(entry) = chain.find(name)? {
            files.insert(name.clone(), read(chain, name, &entry)?);
        }
    }
    let mut read = BTreeSet::new();
    for id in ids {
        let name = MemberRecord::target(id);
        let found = chain.find(&name).and_then(|entry| entry.map(|entry| self::read(chain, &name, &entry)).transpose());
        match found {
            Ok(record) => {
                read.insert(id.clone());
                files.extend(record.map(|bytes| (name, bytes)));
            }
            Err(error) if freshness == Freshness::Held && error.is_incomplete() => {}
            Err(error) => return Err(error),
        }
    }
    Ok((files, Wanted::Members(read)))
}

/// Names this version understands. Anything else in a registry is left unread, not refused.
fn is_ours(name: &str) -> bool {
    let plain = name.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains('\\'));
    plain
        && (matches!(name, ForumRecord::TARGET | LOG_POLICY)
            || ["members/", "catalogues/", "policies/", "endorsements/", "notices/"]
                .iter()
                .any(|folder| name.starts_with(folder)))
}

fn assemble<R: Repository>(
    chain: &Chain<'_, R>,
    files: &Files,
    pinned: &[u8],
    read: Wanted,
) -> Result<TrustedRegistry, Refusal> {
    let contents = Contents::parse(files.iter().map(|(n, b)| (n.as_str(), b.as_slice()))).map_err(malformed)?;
    let forum =
        contents.forum.clone().ok_or_else(|| Refusal::new(Code::Incomplete, "forum.json", "a forum record", "none"))?;
    founded_by(&forum, pinned)?;
    let board = board(Metadata::parse(chain.root_bytes()).map_err(malformed)?.signed()).map_err(malformed)?;
    let keys = contents.keys().map_err(malformed)?;
    let keyring = Quorum::new(keys, NonZeroUsize::MIN)
        .map_err(|e| Refusal::new(Code::KeyTaken, "", "one member for each key", e.to_string()))?;
    check_seats(&forum, Some(&board), |key| keyring.principal_of(key))?;
    let timestamp =
        chain.timestamp_role().ok_or_else(|| Refusal::new(Code::Incomplete, "timestamp", "a timestamp", "none"))?;
    let issued = timestamp.extra.get("x-vouchsafe-issued").and_then(|v| v.as_str()).unwrap_or_default();
    let issued = duration::instant(issued).map_err(malformed)?;
    let expires = Expiry {
        root: chain.root().expires,
        targets: chain.targets_expire().unwrap_or(timestamp.expires),
        snapshot: chain.snapshot_expires().unwrap_or(timestamp.expires),
        timestamp: timestamp.expires,
    };
    let (pinned, versions, bins) = (Fingerprint::of(pinned), chain.versions(), chain.bins().len());
    // Only who keeps a log is looked for in one.
    let signed_versions = match &contents.log_policy {
        Some(_) => logged::digests(chain).map_err(malformed)?,
        None => BTreeMap::new(),
    };
    let seats = logged::seats(chain, &board).map_err(malformed)?;
    Ok(TrustedRegistry {
        forum,
        contents,
        keyring,
        pinned,
        versions,
        issued,
        expires,
        board,
        bins,
        read,
        signed_versions,
        seats,
    })
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
    /// Which of its versions was signed under this SHA-256, of those that led here: `root 2`, `targets 7`. None without
    /// a log policy.
    pub fn signed_version(&self, digest: &[u8; 32]) -> Option<&str> {
        self.signed_versions.get(digest).map(String::as_str)
    }
    /// Whether a key has a seat on the board, or had one in a root that led here.
    pub fn is_seat(&self, key: &KeyId) -> bool {
        self.seats.contains(key)
    }
    /// The board of the root in force.
    pub fn board(&self) -> &Board {
        &self.board
    }
    /// Over how many bins its members are spread; 0 if they are not.
    pub fn bins(&self) -> usize {
        self.bins
    }
    /// Whose records were read; whoever is not among them may be a member all the same.
    pub fn read(&self) -> &Wanted {
        &self.read
    }
    /// Whether the record of every member was read.
    pub fn is_whole(&self) -> bool {
        self.read == Wanted::Everybody
    }
    /// The members that were read, by id.
    pub fn members(&self) -> &BTreeMap<String, MemberRecord> {
        &self.contents.members
    }
    /// Every key ever registered for the members read; each speaks for one. Whether it may speak now is asked of the record.
    pub fn keyring(&self) -> &Quorum {
        &self.keyring
    }
    /// The member a key is registered for, among those read.
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
    /// The notices about an attestation, by the SHA-256 of its payload: those that the board signed. Where there is none
    /// about anything, `attestation` is not asked: hashing a large payload takes a while.
    pub fn notices_about(&self, attestation: impl FnOnce() -> String) -> &[Recorded] {
        let notices = &self.contents.notices;
        if notices.is_empty() { &[] } else { notices.get(&attestation()).map_or(&[], Vec::as_slice) }
    }
    /// The logs and witnesses that the forum relies on.
    pub fn log_policy(&self) -> Option<&LogPolicy> {
        self.contents.log_policy.as_ref().map(|(policy, _)| policy)
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
