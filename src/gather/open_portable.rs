//! Opening files and folders where there is no `openat`: by path. Links are refused, but a folder that is
//! swapped for a link at the wrong moment is not noticed.

use super::Error;
use crate::store;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Something that was opened, and what it turned out to be.
pub(super) enum Opened {
    /// A regular file.
    File(File),
    /// A folder.
    Folder(Folder),
}

/// A folder.
pub(super) struct Folder {
    path: PathBuf,
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
    Ok(Opened::File(File::open(path).map_err(|e| store::Error::io(path, e))?))
}

impl Folder {
    /// The names in it, in no particular order.
    pub(super) fn names(&self) -> Result<Vec<OsString>, Error> {
        let fail = |e| store::Error::io(&self.path, e);
        let names =
            std::fs::read_dir(&self.path).map_err(fail)?.map(|entry| entry.map(|e| e.file_name()).map_err(fail));
        Ok(names.collect::<Result<_, _>>()?)
    }
    /// Opens what is in it under this name; a link is an error.
    pub(super) fn open(&self, name: &OsStr) -> Result<Opened, Error> {
        let path = self.path.join(name);
        if path.symlink_metadata().map_err(|e| store::Error::io(&path, e))?.is_symlink() {
            return Err(Error::LinkInTree(path));
        }
        named(&path)
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

/// The stamp of an open file.
pub(super) fn stamp(file: &File, path: &Path) -> Result<Stamp, Error> {
    let fail = |e| store::Error::io(path, e);
    let m = file.metadata().map_err(fail)?;
    Ok(Stamp { size: m.len(), modified: m.modified().map_err(fail)? })
}
