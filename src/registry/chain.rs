//! The TUF client workflow (TUF 1.0.34, section 5), without I/O: from a pinned root up to the top-level targets.

use super::bins::Bins;
use super::floor::{Floor, Versions};
use super::provider;
use super::refusal::{Code, Refusal};
use super::repository::{Freshness, LoadError, Oversize, Repository};
use super::tuf_error::{malformed, refusal};
use super::voices;
use crate::encoding::{MAX_SMALL, json};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sigstore_tuf::metadata::{Metadata, Role as _, Root, Snapshot, Targets};
use sigstore_tuf::{Error as TufError, TrustedMetadataSet};
use std::collections::BTreeSet;

/// Roots followed in one update; one a year would last a thousand years.
const MAX_ROOTS: u64 = 1024;
/// Most bytes of snapshot and targets metadata, and of a target.
pub(super) const MAX_TARGETS: usize = 16 << 20;

/// Verified metadata, from a pinned root to the top-level targets; delegated roles as they are asked for.
pub struct Chain<'r, R> {
    pub(super) repository: &'r R,
    pub(super) set: TrustedMetadataSet,
    /// Every root from the pinned one to that in force.
    roots: Vec<Vec<u8>>,
    targets: Vec<u8>,
    now: Timestamp,
    /// The moment the timestamp is looked at: the present, or for a held view the last at which it was good.
    pub(super) at: Timestamp,
    /// Delegations that were verified: parent and role.
    pub(super) verified: BTreeSet<(String, String)>,
    /// The snapshot accepted the last time.
    before: Option<Snapshot>,
}

impl<'r, R: Repository> Chain<'r, R> {
    /// Walks up from a pinned root, refusing anything older than `floor`.
    ///
    /// # Errors
    /// [`LoadError::Refused`] with the code of what was wrong; [`LoadError::World`] if fetching failed.
    pub fn walk(
        repository: &'r R,
        pinned_root: &[u8],
        floor: Option<&Versions>,
        now: Timestamp,
        freshness: Freshness,
    ) -> Result<Self, LoadError<R::Error>> {
        provider::ensure();
        // Metadata that ends now has ended (TUF 5.3.10); the library has it end a moment later.
        let now = now.checked_add(SignedDuration::from_nanos(1)).unwrap_or(now);
        strict(pinned_root)?;
        let set = TrustedMetadataSet::from_root(pinned_root).map_err(refusal)?;
        voices::of_root(set.root())?;
        let (roots, verified) = (vec![pinned_root.to_vec()], BTreeSet::new());
        let mut chain = Self { repository, set, roots, targets: Vec::new(), now, at: now, verified, before: None };
        let mut floor = floor.map(|seen| Floor::new(*seen));
        chain.roots(floor.as_mut())?;
        chain.set.check_root_expired(now).map_err(refusal)?;
        chain.remember();
        chain.timestamp(freshness)?;
        chain.snapshot()?;
        chain.top()?;
        if let Some((role, is, was)) = floor.and_then(|floor| floor.forbids(&chain.versions())) {
            let (expected, got) = (format!("version {was} or later"), format!("version {is}"));
            return Err(Refusal::new(Code::Rollback, role, expected, got).into());
        }
        Ok(chain)
    }

    fn roots(&mut self, mut floor: Option<&mut Floor>) -> Result<(), LoadError<R::Error>> {
        for _ in 0..MAX_ROOTS {
            if let Some(floor) = &mut floor {
                floor.pass(self.set.root());
            }
            let name = format!("{}.root.json", self.set.root().version.saturating_add(1));
            let Some(bytes) = self.repository.metadata(&name, MAX_SMALL).map_err(LoadError::World)? else { break };
            strict(&bytes)?;
            self.set.update_root(&bytes).map_err(refusal)?;
            voices::of_root(self.set.root())?;
            self.repository.accepted("root", &name, &bytes);
            self.roots.push(bytes);
        }
        Ok(())
    }

    /// Takes over what was accepted the last time, as a floor that nothing may fall behind. Metadata that the keys of
    /// today did not sign is forgotten: whoever stole an online key must not lock clients out after it was exchanged
    /// (TUF 5.3.11).
    fn remember(&mut self) {
        let (Some(timestamp), Some(snapshot)) = (self.repository.held("timestamp"), self.repository.held("snapshot"))
        else {
            if let Some(timestamp) = self.repository.held("timestamp") {
                let at = expiry(&timestamp).map_or(self.now, |end| end.min(self.now));
                let _ = strict(&timestamp).map(|()| self.set.update_timestamp(&timestamp, at));
            }
            return;
        };
        let ends = [expiry(&timestamp), expiry(&snapshot)].into_iter().flatten();
        let at = ends.fold(self.now, Timestamp::min);
        if strict(&timestamp).is_ok() && self.set.update_timestamp(&timestamp, at).is_ok() && strict(&snapshot).is_ok()
        {
            let _ = self.set.update_snapshot(&snapshot, at);
            self.before = self.signed_snapshot(&snapshot);
        }
    }

    /// A snapshot that today's keys signed. An update that ended between timestamp and snapshot leaves one that the
    /// timestamp no longer names: it is not in force, but nothing may fall behind it.
    fn signed_snapshot(&self, bytes: &[u8]) -> Option<Snapshot> {
        let root = self.set.root();
        let held = Metadata::<Snapshot>::from_slice(bytes).ok()?;
        held.verify_threshold(&root.keys, root.role("snapshot")?, "snapshot").ok()?;
        Some(held.into_signed())
    }

    fn timestamp(&mut self, freshness: Freshness) -> Result<(), LoadError<R::Error>> {
        let bytes = self.fetch("timestamp.json", None)?;
        // The library checks every role at one moment. For a held view that is the last moment its timestamp was
        // good; the slower roles are checked at the present as well.
        if freshness == Freshness::Held {
            self.at = self.now.min(expiry(&bytes)?);
        }
        match self.set.update_timestamp(&bytes, self.at) {
            Ok(()) => self.repository.accepted("timestamp", "timestamp.json", &bytes),
            // The one that is known already stays in force.
            Err(TufError::EqualVersion { .. }) => {
                let held = self.repository.held("timestamp").unwrap_or(bytes);
                self.repository.accepted("timestamp", "timestamp.json", &held);
            }
            Err(error) => return Err(refusal(error).into()),
        }
        Ok(self.set.check_timestamp_expired(self.at).map_err(refusal)?)
    }

    fn snapshot(&mut self) -> Result<(), LoadError<R::Error>> {
        let pin = self.set.timestamp().and_then(|t| t.snapshot_meta());
        let (version, length) = pin.map(|m| (m.version, m.length)).ok_or_else(|| unlisted("snapshot", "timestamp"))?;
        let name = self.name(version, "snapshot");
        let held = self.repository.held("snapshot").filter(|b| self.set.update_snapshot(b, self.at).is_ok());
        let bytes = match held {
            Some(bytes) => bytes,
            None => {
                let bytes = self.fetch(&name, length)?;
                self.set.update_snapshot(&bytes, self.at).map_err(refusal)?;
                bytes
            }
        };
        self.set.check_snapshot_expired(self.now).map_err(refusal)?;
        self.nothing_falls_behind()?;
        self.repository.accepted("snapshot", &name, &bytes);
        Ok(())
    }

    /// Compared with the snapshot accepted the last time, no role may be older or gone (TUF 5.5.5).
    fn nothing_falls_behind(&self) -> Result<(), Refusal> {
        let (Some(before), Some(now)) = (&self.before, self.set.snapshot()) else { return Ok(()) };
        for (name, was) in &before.meta {
            let is = now.meta.get(name).map(|is| is.version);
            if is.is_none_or(|is| is < was.version) {
                let got = is.map_or_else(|| "no such role any more".into(), |is| format!("version {is}"));
                return Err(Refusal::new(Code::Rollback, name, format!("version {} or later", was.version), got));
            }
        }
        Ok(())
    }

    /// The name of a file: without consistent snapshots it does not say which version.
    fn name(&self, version: u64, role: &str) -> String {
        match self.set.root().consistent_snapshot {
            true => format!("{version}.{role}.json"),
            false => format!("{role}.json"),
        }
    }

    fn top(&mut self) -> Result<(), LoadError<R::Error>> {
        let at = self.at;
        let (name, bytes) = self.role_file("targets", |set, bytes| set.update_targets(bytes, at).map(|_| ()))?;
        self.unexpired("targets")?;
        self.repository.accepted("targets", &name, &bytes);
        self.targets = bytes;
        Ok(())
    }

    /// The file of a targets role: what is remembered of it if that is still the one, else fetched.
    pub(super) fn role_file(
        &mut self,
        role: &str,
        take: impl Fn(&mut TrustedMetadataSet, &[u8]) -> Result<(), TufError>,
    ) -> Result<(String, Vec<u8>), LoadError<R::Error>> {
        let pin = self.set.snapshot().and_then(|s| s.meta.get(&format!("{role}.json")));
        let (version, length) = pin.map(|m| (m.version, m.length)).ok_or_else(|| unlisted(role, "snapshot"))?;
        let name = self.name(version, role);
        if let Some(bytes) = self.repository.held(role)
            && strict(&bytes).is_ok()
            && take(&mut self.set, &bytes).is_ok()
        {
            return Ok((name, bytes));
        }
        let bytes = self.fetch(&name, length)?;
        take(&mut self.set, &bytes).map_err(refusal)?;
        Ok((name, bytes))
    }

    /// A metadata file, and never more of it than its length, where that is signed.
    fn fetch(&self, name: &str, length: Option<u64>) -> Result<Vec<u8>, LoadError<R::Error>> {
        let most = if name == "timestamp.json" { MAX_SMALL } else { MAX_TARGETS };
        let bytes = self.repository.metadata(name, limit(length, most)).map_err(|e| longer(e, name, length))?;
        let bytes = bytes.ok_or_else(|| Refusal::new(Code::Incomplete, name, "a metadata file", "nothing"))?;
        strict(&bytes)?;
        Ok(bytes)
    }

    pub(super) fn unexpired(&self, role: &str) -> Result<(), Refusal> {
        match self.set.targets_role(role).filter(|targets| targets.is_expired(self.now)) {
            Some(targets) => Err(refusal(TufError::Expired { role: role.into(), expires: targets.expires })),
            None => Ok(()),
        }
    }

    /// Where its files come from.
    pub fn repository(&self) -> &'r R {
        self.repository
    }
    /// The root in force, as it was fetched.
    pub fn root_bytes(&self) -> &[u8] {
        self.roots.last().map(Vec::as_slice).unwrap_or_default()
    }
    /// Every root from the pinned one to that in force, as they were fetched.
    pub(super) fn roots_walked(&self) -> &[Vec<u8>] {
        &self.roots
    }
    /// The top-level targets, as they were fetched.
    pub(super) fn targets_bytes(&self) -> &[u8] {
        &self.targets
    }
    pub(super) fn root(&self) -> &Root {
        self.set.root()
    }
    pub(super) fn timestamp_role(&self) -> Option<&sigstore_tuf::metadata::Timestamp> {
        self.set.timestamp()
    }
    pub(super) fn snapshot_expires(&self) -> Option<Timestamp> {
        self.set.snapshot().map(|s| s.expires)
    }
    /// The top-level targets.
    pub(super) fn top_level(&self) -> Option<&Targets> {
        self.set.targets_role("targets")
    }
    /// Over which bins the members are spread.
    pub(super) fn bins(&self) -> Bins {
        self.top_level().map(|top| Bins::among(&top.extra)).unwrap_or_default()
    }
    /// When the first of the targets roles met so far ends.
    pub(super) fn targets_expire(&self) -> Option<Timestamp> {
        let delegated = self.verified.iter().filter_map(|(_, role)| self.set.targets_role(role));
        self.top_level().into_iter().chain(delegated).map(|t| t.expires).min()
    }

    /// Versions of the top-level roles.
    pub fn versions(&self) -> Versions {
        Versions {
            root: self.set.root().version,
            targets: self.top_level().map_or(0, |t| t.version),
            snapshot: self.set.snapshot().map_or(0, |s| s.version),
            timestamp: self.set.timestamp().map_or(0, |t| t.version),
        }
    }
}

/// What is not listed is not asked for.
fn unlisted(role: &str, by: &str) -> Refusal {
    Refusal::new(Code::Malformed, role, format!("a version of it in the {by}"), "none")
}

/// The most bytes to ask for: as many as are signed, or our own limit.
pub(super) fn limit(length: Option<u64>, most: usize) -> usize {
    length.and_then(|length| usize::try_from(length).ok()).map_or(most, |length| length.min(most))
}

/// More bytes than are signed make another file.
pub(super) fn longer<E: Oversize>(error: E, name: &str, length: Option<u64>) -> LoadError<E> {
    match length.filter(|length| error.is_oversize() && usize::try_from(*length).is_ok_and(|n| n <= MAX_TARGETS)) {
        Some(length) => Refusal::new(Code::HashMismatch, name, format!("{length} bytes"), "more").into(),
        None => LoadError::World(error),
    }
}

/// The expiry a file states. Unsigned as yet; only ever used to look at a moment no later than now.
fn expiry(metadata: &[u8]) -> Result<Timestamp, Refusal> {
    #[derive(Deserialize)]
    struct Peek {
        signed: Signed,
    }
    #[derive(Deserialize)]
    struct Signed {
        expires: Timestamp,
    }
    json::parse::<Peek>(metadata, MAX_TARGETS, "TUF metadata").map(|p| p.signed.expires).map_err(malformed)
}

/// The strict reader's word on metadata, before the TUF library's own, laxer one reads it.
fn strict(bytes: &[u8]) -> Result<(), Refusal> {
    json::parse::<serde::de::IgnoredAny>(bytes, MAX_TARGETS, "TUF metadata").map(|_| ()).map_err(malformed)
}
