//! A forum's folder: `published/`, which anybody may fetch, and `staged/`, a change that waits for signatures.

use super::Error;
use super::change::{Change, Files, Roles};
use super::draft::{Draft, staged_bin};
use super::logging::Notary;
use super::published::Published;
use super::stage::Resign;
use crate::encoding::duration::Span;
use crate::encoding::{MAX_DOCUMENT, Malformed};
use crate::gather::repository::{Folder, Layered, View};
use crate::gather::trust::TrustError;
use crate::key::PublicKey;
use crate::registry::{
    self, Bins, Code, Fingerprint, ForumRecord, Freshness, Listing, Metadata, Pin, Refusal, Repository as _, RootSpec,
    TOP, TargetFile, TrustedRegistry, Wanted, listed, load, target_path, tuf_key_id,
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

/// Who makes a publication current, and when.
struct Signing<'a> {
    online: &'a dyn Signer,
    /// TUF key ids that may.
    accepted: Vec<String>,
    notary: Option<&'a dyn Notary>,
    now: Timestamp,
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
        let draft = Draft::open(&forum)?;
        let (bins, roles) = (draft.bins(), draft.roles());
        forum.restage(draft, bins, (roles, files), Resign::Changed, now)?;
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
        Published::read(&self.published_path())
    }

    /// The staged change, if there is one.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read.
    pub fn staged_change(&self) -> Result<Option<Change>, Error> {
        let draft = Draft::open(self)?;
        let Some(targets) = draft.targets.clone() else { return Ok(None) };
        let (mut before, mut before_bins) = (Listing::new(), Roles::new());
        let mut after = listed(targets.signed())?;
        if let Some(published) = &draft.published {
            before = published.listing(TOP)?;
            for bin in draft.staged.keys() {
                before_bins.extend(published.role(bin)?.map(|metadata| (bin.clone(), metadata)));
            }
        }
        for (bin, metadata) in &draft.staged {
            let is = listed(metadata.signed())?;
            let was = before_bins.get(bin).map(|m| listed(m.signed())).transpose()?.unwrap_or_default();
            if is != was {
                before.extend(was);
                after.extend(is);
            }
        }
        let after = draft.read(&after)?;
        let before = draft.published.as_ref().map(|p| p.files(&before)).transpose()?.unwrap_or_default();
        let (before_root, before_targets) = draft.published.map(|p| (p.root, p.targets)).unzip();
        let roots = self.roots_until(before_root.as_ref())?;
        let (root, bins) = (draft.root, draft.staged);
        Ok(Some(Change { roots, before_root, before_targets, before_bins, before, root, targets, bins, after }))
    }

    /// Every root from the first to this one.
    fn roots_until(&self, last: Option<&Metadata>) -> Result<Vec<Metadata>, Error> {
        let Some(last) = last else { return Ok(Vec::new()) };
        let all = Folder::at(self.published_path()).roots()?;
        let all = all.iter().map(|bytes| Metadata::parse(bytes)).collect::<Result<Vec<_>, _>>()?;
        Ok(all.into_iter().filter(|r| r.version() <= last.version()).collect())
    }

    /// Every file, staged or published: what an edit of the whole starts from.
    ///
    /// # Errors
    /// [`Error`].
    pub fn files(&self) -> Result<Files, Error> {
        let draft = Draft::open(self)?;
        draft.files(&draft.roles())
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
        let bins = change.bins.iter().map(|(bin, m)| Ok((staged_bin(bin, &Pin::of(m)?), m)));
        for role in bins.chain([Ok((TOP.to_owned(), &change.targets))]) {
            let (name, metadata) = role.map_err(|e: Malformed| e)?;
            write_atomic(&self.staged().join(format!("{name}.json")), &metadata.to_bytes(), Overwrite::Replace)?;
        }
        Ok(())
    }

    /// Gives a staged change up, also one that cannot be read or was left half-made: that is when it is needed.
    ///
    /// # Errors
    /// [`Code::NothingStaged`], [`Code::HalfPublished`].
    pub fn drop_staged(&self) -> Result<(), Error> {
        if !store::exists(&self.staged()) {
            return Err(Refusal::new(Code::NothingStaged, "", "a staged change", "none").into());
        }
        if let Ok(draft) = Draft::open(self) {
            draft.may_go_back()?;
        }
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
        self.publish_logged(online, None, now)
    }

    /// The same for a forum that has a log policy: this version is entered in its log first.
    ///
    /// # Errors
    /// As [`Forum::publish`]; what the log says; [`Code::NotLogged`].
    pub fn publish_logged(
        &self,
        online: &dyn Signer,
        notary: Option<&dyn Notary>,
        now: Timestamp,
    ) -> Result<TrustedRegistry, Error> {
        let _lock = Lock::wait(&self.folder)?;
        let change = self.need_staged()?;
        change.check_threshold()?;
        self.check_unique(&change)?;
        let was = self.published()?;
        let mut view = View::default();
        if let Some(root) = &change.root {
            view.metadata.insert(format!("{}.root.json", root.version()), root.to_bytes());
        }
        for (bin, metadata) in &change.bins {
            view.metadata.insert(format!("{}.{bin}.json", metadata.version()), metadata.to_bytes());
        }
        for (name, bytes) in change.after.iter().filter(|(name, bytes)| change.before.get(*name) != Some(*bytes)) {
            let entry = TargetFile::of(bytes);
            view.targets.insert(target_path(name, entry.sha256().unwrap_or_default()), bytes.clone());
        }
        let members = change.after.keys().filter_map(|n| n.strip_prefix("members/")?.strip_suffix(".json"));
        let wanted = Wanted::Members(members.map(str::to_owned).collect());
        let versions = was.as_ref().map_or((0, 0), |p| (p.snapshot, p.timestamp));
        let signing = Signing { online, accepted: change.board()?.online, notary, now };
        let registry = self.commit(view, &change.targets, versions, &signing, &wanted)?;
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
        let accepted = registry::board(published.root.signed())?.online;
        let signing = Signing { online, accepted, notary: None, now };
        let versions = (published.snapshot, published.timestamp);
        self.commit(View::default(), &published.targets, versions, &signing, &Wanted::nobody())
    }

    /// Signs snapshot and timestamp, checks the whole as a client would, and writes it.
    fn commit(
        &self,
        mut view: View,
        targets: &Metadata,
        (snapshot, timestamp): (u64, u64),
        signing: &Signing<'_>,
        wanted: &Wanted,
    ) -> Result<TrustedRegistry, Error> {
        let &Signing { online, ref accepted, notary, now } = signing;
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
        let (bytes, bins) = (targets.to_bytes(), Bins::of(targets.signed()));
        let pinned = (targets.version(), bytes.as_slice());
        let snapshot_bytes = sign(registry::snapshot(snapshot, SNAPSHOT_LIFE.after(now), pinned, &bins))?;
        let timestamp_bytes =
            sign(registry::timestamp(timestamp, TIMESTAMP_LIFE.after(now), now, (snapshot, &snapshot_bytes)))?;
        view.metadata.insert(format!("{}.targets.json", targets.version()), bytes);
        view.metadata.insert(format!("{snapshot}.snapshot.json"), snapshot_bytes);
        view.metadata.insert("timestamp.json".into(), timestamp_bytes);
        self.enter(&mut view, targets, notary)?;
        let registry = self.rehearse(&view, now, wanted)?;
        self.write(&view)?;
        Ok(registry)
    }

    /// Loads what is about to be published exactly as a client will, on top of what is published already.
    fn rehearse(&self, view: &View, now: Timestamp, wanted: &Wanted) -> Result<TrustedRegistry, Error> {
        let whole = Layered::new(view, Folder::at(self.published_path()));
        let first = whole.metadata("1.root.json", MAX_DOCUMENT)?;
        let first = first.ok_or_else(|| Malformed::new("registry", "no first root"))?;
        Ok(load(&whole, &first, None, now, Freshness::Current, wanted).map_err(TrustError::from)?)
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
