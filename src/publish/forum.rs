//! A forum's folder: `published/`, which anybody may fetch, and `staged/`, a change that waits for signatures.

use super::Error;
use super::change::{Change, Files, listed};
use crate::encoding::duration::Span;
use crate::encoding::{MAX_DOCUMENT, Malformed};
use crate::gather::repository::{Folder, View};
use crate::gather::trust::TrustError;
use crate::key::PublicKey;
use crate::registry::{
    self, Code, Fingerprint, ForumRecord, Freshness, Metadata, Refusal, Repository as _, RootSpec, TargetFile,
    TrustedRegistry, load, target_path, tuf_key_id,
};
use crate::signer::{Signer, sign_checked};
use crate::store::{self, Lock, Overwrite, read_bounded, write_atomic};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// How long what the board signs lasts.
pub(super) const ROOT_LIFE: Span = Span::days(365);
pub(super) const TARGETS_LIFE: Span = Span::days(90);
/// How long a snapshot lasts.
pub const SNAPSHOT_LIFE: Span = Span::days(30);
/// How long a timestamp lasts.
pub const TIMESTAMP_LIFE: Span = Span::days(3);

/// A forum's folder.
#[derive(Debug)]
pub struct Forum {
    pub(super) folder: PathBuf,
}

/// What a new forum starts with.
#[derive(Debug)]
pub struct Founding<'a> {
    /// Display name.
    pub name: &'a str,
    /// Seats by name, with their keys.
    pub board: &'a [(String, PublicKey)],
    /// How many must sign.
    pub threshold: usize,
    /// The online key.
    pub online: PublicKey,
    /// Target files besides `forum.json`.
    pub files: Files,
}

/// What is published at the moment.
#[derive(Debug)]
pub struct Published {
    /// The root in force.
    pub root: Metadata,
    /// Targets metadata.
    pub targets: Metadata,
    /// Version of the snapshot.
    pub snapshot: u64,
    /// Version of the timestamp.
    pub timestamp: u64,
    /// Target files by name.
    pub files: Files,
}

impl Forum {
    /// Stages the founding of a forum in a folder that has none.
    ///
    /// # Errors
    /// [`Code::ThresholdInvalid`], [`store::Error::Exists`].
    pub fn found(folder: &Path, founding: Founding<'_>, now: Timestamp) -> Result<Self, Error> {
        let forum = Self { folder: folder.to_owned() };
        if store::exists(&forum.staged()) || store::exists(&forum.published_path()) {
            return Err(store::Error::Exists(folder.to_owned()).into());
        }
        let spec = seated(1, founding.board, founding.threshold, founding.online, now)?;
        let seats = founding.board.iter().map(|(name, key)| (tuf_key_id(key), name.clone())).collect();
        let root = Metadata::around(registry::root(&spec));
        let id = Fingerprint::of(&root.canonical()?).to_string();
        let (schema, name, groups) = (ForumRecord::SCHEMA.into(), founding.name.to_owned(), Default::default());
        let record = ForumRecord { schema, id, name, seats, groups };
        let mut files = founding.files;
        files.insert(ForumRecord::TARGET.into(), crate::encoding::json::pretty(&record));
        let _lock = Lock::wait(folder)?;
        write_atomic(&forum.staged().join("root.json"), &root.to_bytes(), Overwrite::Replace)?;
        forum.write_staged(&Files::new(), &files, 1, now)?;
        Ok(forum)
    }

    /// A forum's folder.
    ///
    /// # Errors
    /// [`store::Error::NotFound`] if there is none.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let forum = Self { folder: folder.to_owned() };
        if forum.staged().is_dir() || forum.published_path().is_dir() {
            Ok(forum)
        } else {
            Err(TrustError::NotARegistry(folder.to_owned()).into())
        }
    }

    /// The folder anybody may fetch.
    pub fn published_path(&self) -> PathBuf {
        self.folder.join("published")
    }
    /// SHA-256 of the first root, which people compare; None before the first publication.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read.
    pub fn fingerprint(&self) -> Result<Option<Fingerprint>, Error> {
        match read_bounded(&self.published_path().join("metadata/1.root.json"), MAX_DOCUMENT) {
            Err(store::Error::NotFound(_)) => Ok(None),
            other => Ok(Some(Fingerprint::of(&other?))),
        }
    }
    pub(super) fn staged(&self) -> PathBuf {
        self.folder.join("staged")
    }

    /// What is published; None before the first publication. Trusts the folder, which is the forum's own.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read.
    pub fn published(&self) -> Result<Option<Published>, Error> {
        let repository = Folder::at(self.published_path());
        let read = |name: &str| -> Result<Option<Metadata>, Error> {
            Ok(repository.metadata(name, MAX_DOCUMENT)?.map(|b| Metadata::parse(&b)).transpose()?)
        };
        let need = |name: String| {
            read(&name)?.ok_or_else(|| Error::from(Refusal::new(Code::Incomplete, name, "a metadata file", "nothing")))
        };
        let Some(timestamp) = read("timestamp.json")? else { return Ok(None) };
        let pinned = |m: &Metadata, name: &str| {
            m.signed().pointer(&format!("/meta/{name}/version")).and_then(Value::as_u64).unwrap_or(0)
        };
        let snapshot = need(format!("{}.snapshot.json", pinned(&timestamp, "snapshot.json")))?;
        let targets = need(format!("{}.targets.json", pinned(&snapshot, "targets.json")))?;
        let roots = repository.roots()?;
        let root = roots.last().ok_or_else(|| Refusal::new(Code::Incomplete, "root", "a metadata file", "nothing"))?;
        let mut files = Files::new();
        for (name, entry) in listed(&targets)? {
            let path = target_path(&name, entry.sha256().unwrap_or_default());
            let bytes = repository.target(&path, MAX_DOCUMENT)?.filter(|b| entry.is(b));
            let bytes = bytes.ok_or_else(|| {
                Refusal::new(Code::HashMismatch, &name, "the file that was published", "another, or none")
            })?;
            files.insert(name, bytes);
        }
        Ok(Some(Published {
            root: Metadata::parse(root)?,
            snapshot: snapshot.version(),
            timestamp: timestamp.version(),
            targets,
            files,
        }))
    }

    /// The staged change, if there is one.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read.
    pub fn staged_change(&self) -> Result<Option<Change>, Error> {
        let read = |name: &str| match read_bounded(&self.staged().join(name), MAX_DOCUMENT) {
            Err(store::Error::NotFound(_)) => Ok(None),
            other => other.map(Some),
        };
        let Some(targets) = read("targets.json")? else { return Ok(None) };
        let targets = Metadata::parse(&targets)?;
        let root = read("root.json")?.map(|b| Metadata::parse(&b)).transpose()?;
        let published = self.published()?;
        // Published already: whoever did it was interrupted before clearing up.
        if published.as_ref().is_some_and(|p| p.targets.signed() == targets.signed()) {
            return Ok(None);
        }
        let before = published.as_ref().map(|p| p.files.clone()).unwrap_or_default();
        let mut after = Files::new();
        for (name, entry) in listed(&targets)? {
            let staged = read(&format!("targets/{name}"))?.filter(|b| entry.is(b));
            let bytes = staged.or_else(|| before.get(&name).filter(|b| entry.is(b)).cloned());
            let bytes =
                bytes.ok_or_else(|| Refusal::new(Code::HashMismatch, &name, "the staged file", "another, or none"))?;
            after.insert(name, bytes);
        }
        let (mut before_root, before_targets) = published.map(|p| (p.root, p.targets)).unzip();
        if let Some(root) = root.as_ref().filter(|r| before_root.as_ref().is_some_and(|b| b.signed() == r.signed())) {
            // Whoever published it was interrupted between the root and the timestamp.
            let name = format!("{}.root.json", root.version().saturating_sub(1));
            let older = Folder::at(self.published_path()).metadata(&name, MAX_DOCUMENT)?;
            before_root = older.map(|bytes| Metadata::parse(&bytes)).transpose()?;
        }
        let roots = match &before_root {
            None => Vec::new(),
            Some(now) => {
                let all = Folder::at(self.published_path()).roots()?;
                let all = all.iter().map(|bytes| Metadata::parse(bytes)).collect::<Result<Vec<_>, _>>()?;
                all.into_iter().filter(|r| r.version() <= now.version()).collect()
            }
        };
        Ok(Some(Change { roots, before_root, before_targets, before, root, targets, after }))
    }

    /// The files of the staged change, or those published: what an edit starts from.
    ///
    /// # Errors
    /// [`Error`].
    pub fn files(&self) -> Result<Files, Error> {
        match self.staged_change()? {
            Some(change) => Ok(change.after),
            None => Ok(self.published()?.map(|p| p.files).unwrap_or_default()),
        }
    }

    /// Puts the signatures of a change back into the folder, beside those that came in meanwhile.
    ///
    /// # Errors
    /// [`Code::HashMismatch`] if another change was staged meanwhile; [`Error`].
    pub fn write_signatures(&self, signed: &Change) -> Result<(), Error> {
        let _lock = Lock::wait(&self.folder)?;
        let mut change = self.need_staged()?;
        change.merge(signed)?;
        if let Some(root) = &change.root {
            write_atomic(&self.staged().join("root.json"), &root.to_bytes(), Overwrite::Replace)?;
        }
        Ok(write_atomic(&self.staged().join("targets.json"), &change.targets.to_bytes(), Overwrite::Replace)?)
    }

    /// Gives a staged change up.
    ///
    /// # Errors
    /// [`Code::NothingStaged`].
    pub fn drop_staged(&self) -> Result<(), Error> {
        self.need_staged()?;
        Ok(std::fs::remove_dir_all(self.staged()).map_err(|e| store::Error::io(&self.staged(), e))?)
    }

    /// The staged change.
    ///
    /// # Errors
    /// [`Code::NothingStaged`] if there is none.
    pub fn need_staged(&self) -> Result<Change, Error> {
        self.staged_change()?.ok_or_else(|| Refusal::new(Code::NothingStaged, "", "a staged change", "none").into())
    }

    /// Publishes the staged change, once enough seats have signed it. Takes effect when `timestamp.json` is
    /// replaced, after everything it leads to is durable; until then clients see the version before. Only a new root
    /// comes a moment earlier: who asks between the two is refused, and asks again.
    ///
    /// # Errors
    /// [`Code::ThresholdNotMet`], [`Code::NotOnlineKey`], what [`Change::contents`] or a client would refuse.
    pub fn publish(&self, online: &dyn Signer, now: Timestamp) -> Result<TrustedRegistry, Error> {
        let _lock = Lock::wait(&self.folder)?;
        let change = self.need_staged()?;
        change.check_threshold()?;
        let was = self.published()?;
        let (snapshot, timestamp) = was.as_ref().map_or((0, 0), |p| (p.snapshot, p.timestamp));
        let mut view = View::default();
        if let Some(root) = &change.root {
            view.metadata.insert(format!("{}.root.json", root.version()), root.to_bytes());
        }
        for (name, bytes) in &change.after {
            let entry = TargetFile::of(bytes);
            view.targets.insert(target_path(name, entry.sha256().unwrap_or_default()), bytes.clone());
        }
        let targets = (change.targets.version(), change.targets.to_bytes());
        let registry = self.commit(view, targets, (snapshot, timestamp), online, &change.board()?.online, now)?;
        std::fs::remove_dir_all(self.staged()).map_err(|e| store::Error::io(&self.staged(), e))?;
        Ok(registry)
    }

    /// Renews snapshot and timestamp of what is published: the online key says that nothing was revoked since.
    ///
    /// # Errors
    /// As [`Forum::publish`].
    pub fn refresh(&self, online: &dyn Signer, now: Timestamp) -> Result<TrustedRegistry, Error> {
        let _lock = Lock::wait(&self.folder)?;
        let published = self
            .published()?
            .ok_or_else(|| Refusal::new(Code::Incomplete, "timestamp.json", "a published registry", "none"))?;
        let targets = (published.targets.version(), published.targets.to_bytes());
        let board = registry::board(published.root.signed())?;
        self.commit(View::default(), targets, (published.snapshot, published.timestamp), online, &board.online, now)
    }

    /// Signs snapshot and timestamp, checks the whole as a client would, and writes it.
    fn commit(
        &self,
        mut view: View,
        (targets_version, targets): (u64, Vec<u8>),
        (snapshot, timestamp): (u64, u64),
        online: &dyn Signer,
        accepted: &[String],
        now: Timestamp,
    ) -> Result<TrustedRegistry, Error> {
        let id = tuf_key_id(online.public());
        if !accepted.contains(&id) {
            return Err(Refusal::new(Code::NotOnlineKey, "", accepted.join(" or "), id).into());
        }
        let sign = |signed: Value| -> Result<Vec<u8>, Error> {
            let mut metadata = Metadata::around(signed);
            let signature = sign_checked(online, &metadata.canonical()?)?;
            metadata.add_signature(online.public(), &signature);
            Ok(metadata.to_bytes())
        };
        let (snapshot, timestamp) = (snapshot.saturating_add(1), timestamp.saturating_add(1));
        let snapshot_bytes = sign(registry::snapshot(snapshot, SNAPSHOT_LIFE.after(now), (targets_version, &targets)))?;
        let timestamp_bytes =
            sign(registry::timestamp(timestamp, TIMESTAMP_LIFE.after(now), now, (snapshot, &snapshot_bytes)))?;
        view.metadata.insert(format!("{targets_version}.targets.json"), targets);
        view.metadata.insert(format!("{snapshot}.snapshot.json"), snapshot_bytes);
        view.metadata.insert("timestamp.json".into(), timestamp_bytes);
        let registry = self.rehearse(&view, now)?;
        self.write(&view)?;
        Ok(registry)
    }

    /// Loads what is about to be published exactly as a client will, on top of what is published already.
    fn rehearse(&self, view: &View, now: Timestamp) -> Result<TrustedRegistry, Error> {
        let folder = Folder::at(self.published_path());
        let mut whole = view.clone();
        let older = if folder.path().join("metadata").is_dir() { folder.roots()? } else { Vec::new() };
        for root in older {
            whole.metadata.entry(format!("{}.root.json", Metadata::parse(&root)?.version())).or_insert(root);
        }
        let published = self.published()?;
        for (name, bytes) in published.iter().flat_map(|p| &p.files) {
            let entry = TargetFile::of(bytes);
            whole.targets.insert(target_path(name, entry.sha256().unwrap_or_default()), bytes.clone());
        }
        let first = whole.metadata.get("1.root.json").cloned();
        let first = first.ok_or_else(|| Malformed::new("registry", "no first root"))?;
        Ok(load(&whole, &first, None, now, Freshness::Current).map_err(TrustError::from)?)
    }

    fn write(&self, view: &View) -> Result<(), store::Error> {
        let published = self.published_path();
        for (path, bytes) in &view.targets {
            let path = published.join("targets").join(path);
            if read_bounded(&path, MAX_DOCUMENT).ok().as_ref() != Some(bytes) {
                write_atomic(&path, bytes, Overwrite::Replace)?;
            }
        }
        // A new root wants targets by its own board and a timestamp by its own online key: it comes late, but before
        // the timestamp that clients look at.
        let late = |name: &str| (name == "timestamp.json", name.ends_with(".root.json"));
        let mut metadata: Vec<(&String, &Vec<u8>)> = view.metadata.iter().collect();
        metadata.sort_by_key(|(name, _)| late(name));
        metadata.into_iter().try_for_each(|(name, bytes)| {
            write_atomic(&published.join("metadata").join(name), bytes, Overwrite::Replace)
        })
    }
}

/// A root in which these seats decide.
///
/// # Errors
/// [`Code::ThresholdInvalid`] for a threshold nobody or anybody could meet, one key on two seats, or an online key
/// that is a board key.
pub(super) fn seated(
    version: u64,
    board: &[(String, PublicKey)],
    threshold: usize,
    online: PublicKey,
    now: Timestamp,
) -> Result<RootSpec, Refusal> {
    let keys: Vec<PublicKey> = board.iter().map(|(_, key)| key.clone()).collect();
    let ids: BTreeSet<String> = keys.iter().map(tuf_key_id).collect();
    let distinct = format!("{threshold} of {} distinct board keys", ids.len());
    let invalid = |expected: &str| Refusal::new(Code::ThresholdInvalid, "", expected, distinct.clone());
    let threshold = NonZeroUsize::new(threshold).ok_or_else(|| invalid("at least 1"))?;
    if ids.len() != keys.len() || threshold.get() > ids.len() {
        return Err(invalid("at most as many as there are distinct board keys"));
    }
    if ids.contains(&tuf_key_id(&online)) {
        return Err(invalid("an online key that is no board key"));
    }
    Ok(RootSpec { version, board: keys, threshold, online, expires: ROOT_LIFE.after(now) })
}
