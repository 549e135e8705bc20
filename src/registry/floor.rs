//! What a client has seen of a registry, so that nothing older is ever taken again; and when that is forgotten.

use serde::{Deserialize, Serialize};
use sigstore_tuf::metadata::Root;

/// The version of each role: what a client remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Root.
    pub root: u64,
    /// Targets: the registry version shown to people.
    pub targets: u64,
    /// Snapshot.
    pub snapshot: u64,
    /// Timestamp.
    pub timestamp: u64,
}

impl Versions {
    /// The first role in which `self` is older than `floor`.
    fn older_than(&self, floor: &Self) -> Option<(&'static str, u64, u64)> {
        let roles = [
            ("root", self.root, floor.root),
            ("targets", self.targets, floor.targets),
            ("snapshot", self.snapshot, floor.snapshot),
            ("timestamp", self.timestamp, floor.timestamp),
        ];
        roles.into_iter().find(|(_, is, was)| is < was)
    }
}

/// The versions seen, while the roots since then are walked.
///
/// Whoever stole the online key can sign a timestamp of the highest version there is, and so lock clients out of
/// everything later (a fast-forward attack). When the board exchanges that key, what it signed is forgotten: the
/// recovery of TUF 5.3.11. What the board itself signed is never forgotten.
#[derive(Debug)]
pub(super) struct Floor {
    seen: Versions,
    online: Option<Vec<String>>,
}

impl Floor {
    /// Before any root was walked.
    pub(super) fn new(seen: Versions) -> Self {
        Self { seen, online: None }
    }

    /// Walks over a root: the pinned one, then each later one.
    pub(super) fn pass(&mut self, root: &Root) {
        let mut keys: Vec<String> = ["snapshot", "timestamp"]
            .iter()
            .filter_map(|r| root.roles.get(*r))
            .flat_map(|r| r.keyids.clone())
            .collect();
        keys.sort();
        if root.version == self.seen.root {
            self.online = Some(keys);
        } else if root.version > self.seen.root && self.online.as_ref().is_some_and(|seen| *seen != keys) {
            (self.seen.snapshot, self.seen.timestamp) = (0, 0);
        }
    }

    /// The first role in which a view is older than allowed: its name, its version, the version seen.
    pub(super) fn forbids(&self, view: &Versions) -> Option<(&'static str, u64, u64)> {
        view.older_than(&self.seen)
    }
}
