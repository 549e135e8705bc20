//! What the files of a registry say, believing nothing: for those who keep it and want to know all that is wrong at once.

use super::repository::Folder;
use crate::encoding::{MAX_DOCUMENT, duration::instant, json};
use crate::registry::{Bins, Board, Contents, Metadata, Pin, Repository as _, TOP, TargetFile, board, target_path};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What could be read. Nothing of it was verified: it is good for advice and never for a verdict.
#[derive(Debug)]
pub struct Survey {
    /// When each role says that it ends, for targets the first of all bins; roles that cannot be read are left out.
    pub expires: Vec<(&'static str, Timestamp)>,
    /// The first version missing from the chain of roots.
    pub missing_root: Option<u64>,
    /// The board of the newest root.
    pub board: Option<Board>,
    /// What the newest targets list.
    pub contents: Contents,
}

impl Survey {
    /// Of the registry in a folder; None if there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let folder = Folder::find(path)?;
        let read = |name: &str| {
            let bytes = folder.metadata(name, MAX_DOCUMENT).ok().flatten()?;
            Metadata::parse(&bytes).ok()
        };
        let timestamp = read("timestamp.json");
        let snapshot = timestamp.as_ref().and_then(|t| read(&format!("{}.snapshot.json", pin(t, "snapshot.json")?)));
        let targets = snapshot.as_ref().and_then(|s| read(&format!("{}.targets.json", pin(s, "targets.json")?)));
        let roots: BTreeMap<u64, Metadata> = folder
            .roots()
            .unwrap_or_default()
            .iter()
            .filter_map(|bytes| Metadata::parse(bytes).ok())
            .map(|root| (root.version(), root))
            .collect();
        let versions: BTreeSet<u64> = roots.keys().copied().collect();
        let missing_root = (1..).find(|v| !versions.contains(v)).filter(|v| versions.last().is_none_or(|max| v < max));
        let root = roots.into_values().next_back();
        let roles = [("root", &root), ("targets", &targets), ("snapshot", &snapshot), ("timestamp", &timestamp)];
        let bins = targets.as_ref().map(|t| bins(&folder, t)).unwrap_or_default();
        let ends = |(role, metadata): (&'static str, &Option<Metadata>)| {
            let all = metadata.iter().chain(bins.iter().filter(|_| role == TOP));
            let expires = all.filter_map(|m| m.signed().get("expires").and_then(Value::as_str));
            Some((role, expires.filter_map(|e| instant(e).ok()).min()?))
        };
        Some(Self {
            expires: roles.into_iter().filter_map(ends).collect(),
            missing_root,
            board: root.as_ref().and_then(|r| board(r.signed()).ok()),
            contents: targets.iter().chain(&bins).map(|t| contents(&folder, t)).fold(Contents::default(), both),
        })
    }
}

fn pin(metadata: &Metadata, name: &str) -> Option<u64> {
    metadata.signed().get("meta")?.get(name)?.get("version")?.as_u64()
}

/// The bins the targets name, as far as they are there and can be read.
fn bins(folder: &Folder, targets: &Metadata) -> Vec<Metadata> {
    let bins = Bins::of(targets.signed());
    let read = |(bin, pin): (&String, &Pin)| {
        Metadata::parse(&folder.metadata(&format!("{}.{bin}.json", pin.version), MAX_DOCUMENT).ok()??).ok()
    };
    bins.pins().iter().filter_map(read).collect()
}

fn both(mut one: Contents, other: Contents) -> Contents {
    one.forum = one.forum.or(other.forum);
    one.members.extend(other.members);
    one
}

/// The targets that are there and can be read, each by itself.
fn contents(folder: &Folder, targets: &Metadata) -> Contents {
    let listed = targets.signed().get("targets").map(json::compact).unwrap_or_default();
    let listed: BTreeMap<String, TargetFile> = json::parse(&listed, MAX_DOCUMENT, "TUF targets").unwrap_or_default();
    let mut contents = Contents::default();
    for (name, entry) in listed {
        let path = target_path(&name, entry.sha256().unwrap_or_default());
        let Some(bytes) = folder.target(&path, MAX_DOCUMENT).ok().flatten() else { continue };
        if let Ok(one) = Contents::parse([(name.as_str(), bytes.as_slice())]) {
            contents = both(contents, one);
        }
    }
    contents
}
