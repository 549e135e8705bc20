//! What a forum has published, read from its own folder: roles first, their files as they are asked for.

use super::Error;
use super::change::Files;
use crate::encoding::MAX_DOCUMENT;
use crate::gather::repository::Folder;
use crate::registry::{Bins, Code, Listing, Metadata, Refusal, Repository as _, TOP, listed, target_path};
use serde_json::Value;
use std::path::Path;

/// What is published at the moment. Trusts the folder, which is the forum's own.
#[derive(Debug)]
pub struct Published {
    folder: Folder,
    bins: Bins,
    /// The root in force.
    pub root: Metadata,
    /// Top-level targets.
    pub targets: Metadata,
    /// Version of the snapshot.
    pub snapshot: u64,
    /// Version of the timestamp.
    pub timestamp: u64,
}

impl Published {
    /// What is in a published folder; None before the first publication.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let folder = Folder::at(path);
        let read = |name: &str| -> Result<Option<Metadata>, Error> {
            Ok(folder.metadata(name, MAX_DOCUMENT)?.map(|b| Metadata::parse(&b)).transpose()?)
        };
        let need = |name: String| read(&name)?.ok_or_else(|| missing(&name));
        let Some(timestamp) = read("timestamp.json")? else { return Ok(None) };
        let pinned = |m: &Metadata, name: &str| {
            m.signed().pointer(&format!("/meta/{name}/version")).and_then(Value::as_u64).unwrap_or(0)
        };
        let snapshot = need(format!("{}.snapshot.json", pinned(&timestamp, "snapshot.json")))?;
        let targets = need(format!("{}.targets.json", pinned(&snapshot, "targets.json")))?;
        let roots = folder.roots()?;
        let root = Metadata::parse(roots.last().ok_or_else(|| missing("root"))?)?;
        let (snapshot, timestamp) = (snapshot.version(), timestamp.version());
        let bins = Bins::of(targets.signed());
        Ok(Some(Self { folder, bins, root, targets, snapshot, timestamp }))
    }

    /// Over which bins the members are spread.
    pub fn bins(&self) -> Bins {
        self.bins.clone()
    }

    /// A targets role; None for a bin there is not.
    ///
    /// # Errors
    /// [`Code::Incomplete`] for one that should be there.
    pub fn role(&self, role: &str) -> Result<Option<Metadata>, Error> {
        if role == TOP {
            return Ok(Some(self.targets.clone()));
        }
        let version = self.bins.pin(role).version;
        if version == 0 {
            return Ok(None);
        }
        let name = format!("{version}.{role}.json");
        let bytes = self.folder.metadata(&name, MAX_DOCUMENT)?.ok_or_else(|| missing(&name))?;
        Ok(Some(Metadata::parse(&bytes)?))
    }

    /// The targets a role lists; nothing for a bin there is not.
    ///
    /// # Errors
    /// As [`Published::role`].
    pub fn listing(&self, role: &str) -> Result<Listing, Error> {
        Ok(self.role(role)?.map(|metadata| listed(metadata.signed())).transpose()?.unwrap_or_default())
    }

    /// The files of a listing.
    ///
    /// # Errors
    /// [`Code::HashMismatch`] for another file than the one listed.
    pub fn files(&self, listing: &Listing) -> Result<Files, Error> {
        let mut files = Files::new();
        for (name, entry) in listing {
            let path = target_path(name, entry.sha256().unwrap_or_default());
            let bytes = self.folder.target(&path, MAX_DOCUMENT)?.filter(|b| entry.is(b));
            let bytes = bytes.ok_or_else(|| {
                Refusal::new(Code::HashMismatch, name, "the file that was published", "another, or none")
            })?;
            files.insert(name.clone(), bytes);
        }
        Ok(files)
    }
}

fn missing(name: &str) -> Error {
    Refusal::new(Code::Incomplete, name, "a metadata file", "nothing").into()
}
