//! Down from the top-level targets, through delegations, to the one target somebody asks about (TUF 5.6.7).

use super::bins::{Bins, Pin};
use super::chain::{Chain, MAX_TARGETS, limit, longer};
use super::metadata::{Metadata, TargetFile, target_path};
use super::refusal::{Code, Refusal};
use super::repository::{LoadError, Repository};
use super::tuf_error::{malformed, refusal};
use super::voices;
use sigstore_tuf::TrustedMetadataSet;
use std::collections::{BTreeMap, BTreeSet};

/// Delegated roles visited on the way to one target; python-tuf stops at as many.
const MAX_VISITED: usize = 32;
/// Roles visited to list every target.
const MAX_ROLES: usize = 1 << 13;

impl<R: Repository> Chain<'_, R> {
    /// Verifies a delegated role, fetching it if it was not met yet.
    fn delegated(&mut self, parent: &str, role: &str) -> Result<(), LoadError<R::Error>> {
        let edge = (parent.to_owned(), role.to_owned());
        if self.verified.contains(&edge) {
            return Ok(());
        }
        if let Some(delegations) = self.set.targets_role(parent).and_then(|targets| targets.delegations.as_ref()) {
            let mut listed = delegations.roles.iter().filter(|child| child.name == role);
            listed.try_for_each(|child| voices::of_role(role, &child.keyids, &delegations.keys))?;
        }
        let at = self.at;
        if self.set.targets_role(role).is_some() {
            self.set.verify_delegated_targets(role, parent, at).map_err(refusal)?;
        } else {
            let take = |set: &mut TrustedMetadataSet, bytes: &[u8]| {
                set.update_delegated_targets(bytes, role, parent, at).map(|_| ())
            };
            let (name, bytes) = self.role_file(role, take)?;
            self.unexpired(role)?;
            self.is_the_bin(role, &bytes)?;
            self.repository.accepted(role, &name, &bytes);
        }
        self.verified.insert(edge);
        Ok(())
    }

    /// It has to be what the board wrote down, where the board did: else whoever holds the online key could bring an
    /// older part of the registry back, and whoever serves it one that was given up before it was published.
    fn is_the_bin(&self, role: &str, bytes: &[u8]) -> Result<(), Refusal> {
        let (Some(bin), Some(top)) = (self.set.targets_role(role), self.top_level()) else { return Ok(()) };
        let Some(pinned) = Bins::pinned(&top.extra, role) else { return Ok(()) };
        if pinned.version != bin.version {
            let (expected, got) = (format!("version {}", pinned.version), format!("version {}", bin.version));
            return Err(Refusal::new(Code::Rollback, role, expected, got));
        }
        if !Bins::says_role(role, &bin.extra) {
            return Err(Refusal::new(Code::HashMismatch, role, "the metadata of this role", "that of another"));
        }
        let is = Metadata::parse(bytes).and_then(|metadata| Pin::of(&metadata)).map_err(malformed)?;
        if is == pinned {
            return Ok(());
        }
        let (expected, got) = (format!("sha256:{}", pinned.sha256), format!("sha256:{}", is.sha256));
        Err(Refusal::new(Code::HashMismatch, role, expected, got))
    }

    /// What the metadata says about a target: the first role that lists it, in the order of TUF 5.6.7.
    ///
    /// # Errors
    /// As [`Chain::walk`], for the roles on the way.
    pub fn find(&mut self, target: &str) -> Result<Option<TargetFile>, LoadError<R::Error>> {
        let mut visit = vec![("targets".to_owned(), None::<String>)];
        let mut visited = BTreeSet::new();
        while let Some((role, parent)) = visit.pop() {
            if visited.contains(&role) || visited.len() > MAX_VISITED {
                continue;
            }
            if let Some(parent) = parent {
                self.delegated(&parent, &role)?;
            }
            visited.insert(role.clone());
            let Some(targets) = self.set.targets_role(&role) else { continue };
            if let Some(entry) = targets.targets.get(target) {
                return Ok(Some(TargetFile { length: entry.length, hashes: entry.hashes.clone() }));
            }
            let mut next = Vec::new();
            for child in targets.delegations.iter().flat_map(|d| &d.roles) {
                if child.matches_path(target).map_err(refusal)? {
                    next.push((child.name.clone(), Some(role.clone())));
                    if child.terminating {
                        visit.clear();
                        break;
                    }
                }
            }
            visit.extend(next.into_iter().rev());
        }
        Ok(None)
    }

    /// Every target name that some role lists and that `find` would lead to. Fetches every role there is.
    ///
    /// # Errors
    /// As [`Chain::find`].
    pub fn every(&mut self) -> Result<BTreeMap<String, TargetFile>, LoadError<R::Error>> {
        let mut visit = vec![("targets".to_owned(), None::<String>)];
        let (mut visited, mut names) = (BTreeSet::new(), BTreeSet::new());
        while let Some((role, parent)) = visit.pop() {
            if visited.len() >= MAX_ROLES || !visited.insert(role.clone()) {
                continue;
            }
            if let Some(parent) = parent {
                self.delegated(&parent, &role)?;
            }
            let Some(targets) = self.set.targets_role(&role) else { continue };
            names.extend(targets.targets.keys().cloned());
            let roles = targets.delegations.iter().flat_map(|d| &d.roles);
            visit.extend(roles.map(|child| (child.name.clone(), Some(role.clone()))));
        }
        let mut all = BTreeMap::new();
        for name in names {
            if let Some(entry) = self.find(&name)? {
                all.insert(name, entry);
            }
        }
        Ok(all)
    }

    /// The bytes of a target, compared with what the metadata says about it. Never more of them than it says.
    ///
    /// # Errors
    /// [`Code::HashMismatch`], [`Code::Incomplete`]; [`LoadError::World`].
    pub fn read(&self, name: &str, entry: &TargetFile) -> Result<Vec<u8>, LoadError<R::Error>> {
        let path = match (self.set.root().consistent_snapshot, entry.prefix()) {
            (true, Some(digest)) => target_path(name, digest),
            (true, None) => {
                let got = entry.hashes.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                return Err(Refusal::new(Code::HashMismatch, name, "a SHA-256 or SHA-512 of it", got).into());
            }
            (false, _) => name.to_owned(),
        };
        let length = Some(entry.length);
        let bytes = self.repository.target(&path, limit(length, MAX_TARGETS)).map_err(|e| longer(e, name, length))?;
        let bytes =
            bytes.ok_or_else(|| Refusal::new(Code::Incomplete, name, "the target its metadata lists", "nothing"))?;
        if entry.agrees(&bytes) {
            return Ok(bytes);
        }
        let listed =
            entry.hashes.iter().map(|(name, digest)| format!("{name}:{digest}")).collect::<Vec<_>>().join(", ");
        let expected = format!("{} bytes, {}", entry.length, if listed.is_empty() { "(no digest)" } else { &listed });
        let got = TargetFile::of(&bytes);
        let got = format!("{} bytes, sha256:{}", got.length, got.sha256().unwrap_or_default());
        Err(Refusal::new(Code::HashMismatch, name, expected, got).into())
    }
}
