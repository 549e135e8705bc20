//! Opening files and folders where there is no `openat`: by path. Links are refused, but a folder that is
//! swapped for a link at the wrong moment is not noticed.

use super::slot::Before;
use super::{Error, kind::Kind};
use crate::artifact::name;
use crate::store;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Something that was opened, and what it turned out to be.
pub(super) enum Opened {
    /// A regular file, and its stamp when it was opened.
    File(File, Stamp),
    /// A folder.
    Folder(Folder),
}

/// A folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

/// The names in a folder and what stands under them, as the folder tells it; opening it says what it is by then. In the
/// order that whole paths have, where a folder's name is followed by a slash.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<(OsString, Kind)>);

impl Names {
    /// The n-th.
    pub(super) fn get(&self, n: usize) -> Option<(&OsStr, Kind)> {
        self.0.get(n).map(|(name, kind)| (name.as_os_str(), *kind))
    }
}

/// Opens what the user named; links on the way to it, and it being a link, are the user's choice.
pub(super) fn named(path: &Path) -> Result<Opened, Error> {
    let kind = path.metadata().map_err(|e| store::Error::io(path, e))?;
    if kind.is_dir() {
        return Ok(Opened::Folder(Folder { path: path.to_owned() }));
    }
    if !kind.is_file() {
        return Err(Error::NotAFile { path: path.to_owned(), kind: "a device" });
    }
    let file = File::open(path).map_err(|e| store::Error::io(path, e))?;
    let stamp = stamp(&file, || path.to_owned())?;
    Ok(Opened::File(file, stamp))
}

impl Folder {
    /// What is in it.
    pub(super) fn names(&self) -> Result<Names, Error> {
        let fail = |e| store::Error::io(&self.path, e);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let kind = match entry.file_type().map_err(fail)? {
                kind if kind.is_file() => Kind::File,
                kind if kind.is_dir() => Kind::Folder,
                kind if kind.is_symlink() => Kind::Link,
                _ => Kind::Device,
            };
            names.push((entry.file_name(), kind));
        }
        names.sort_by_cached_key(|(name, kind)| {
            let mut key = name::bytes(name);
            key.extend((*kind == Kind::Folder).then_some(b'/'));
            key
        });
        Ok(Names(names))
    }
    /// The same folder, opened once more: it is not open.
    #[allow(clippy::unused_self, reason = "as where folders are open")]
    pub(super) fn again(&self) -> Option<Self> {
        None
    }
    /// Opens what is in it under this name; a link is an error.
    pub(super) fn open(&self, name: &OsStr) -> Result<Opened, Error> {
        let path = self.path.join(name);
        if path.symlink_metadata().map_err(|e| store::Error::io(&path, e))?.is_symlink() {
            return Err(Error::LinkInTree(path));
        }
        named(&path)
    }
    /// Opens what is in it under this name and was listed as a file; a link is an error.
    pub(super) fn open_file(&self, name: &OsStr) -> Result<(File, Before), Error> {
        match self.open(name)? {
            Opened::File(file, stamp) => Ok((file, Before::Seen(stamp))),
            Opened::Folder(folder) => Err(store::Error::Changed(folder.path).into()),
        }
    }
    /// The path it was reached by.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
    /// Changes whenever a name is added or taken away.
    pub(super) fn stamp(&self) -> Result<Stamp, Error> {
        let fail = |e| store::Error::io(&self.path, e);
        Ok(Stamp { size: 0, modified: self.path.metadata().and_then(|m| m.modified()).map_err(fail)? })
    }
}

/// What changes when somebody writes to a file, or to the names of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Bytes in it.
    pub(super) size: u64,
    modified: SystemTime,
}

impl Stamp {
    /// Whether nobody has written to it since, which a time that anybody can set does not say.
    #[allow(clippy::unused_self, reason = "as where it does")]
    pub(super) fn is_before(&self, _: Since, _: Device) -> bool {
        false
    }
}

/// A file system.
#[derive(Clone, Copy, Debug)]
pub(super) struct Device;

/// A moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since;

impl Since {
    pub(super) fn the(_: SystemTime) -> Self {
        Self
    }
}

/// The stamp of an open file.
pub(super) fn stamp(file: &File, path: impl Fn() -> PathBuf) -> Result<Stamp, Error> {
    let found = file.metadata().and_then(|m| Ok(Stamp { size: m.len(), modified: m.modified()? }));
    Ok(found.map_err(|e| store::Error::io(&path(), e))?)
}
