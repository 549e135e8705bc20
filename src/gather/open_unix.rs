//! Opening files and folders on Unix: by descriptor, without following links, without waiting for a pipe.
//!
//! What is below a folder is opened relative to that folder's descriptor and with `O_NOFOLLOW`, so that nobody can
//! lead the walk elsewhere by swapping a folder for a link while it runs. Kinds are asked of the open descriptor.

use super::{Error, kind::Kind};
use crate::store;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Something that was opened, and what it turned out to be.
pub(super) enum Opened {
    /// A regular file, and its stamp when it was opened.
    File(File, Stamp),
    /// A folder.
    Folder(Folder),
}

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    file: File,
    path: PathBuf,
}

/// What stands in a folder under a name, as the folder tells it; opening it says what it is by then.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name in the folder.
    pub(super) name: OsString,
    /// What it is.
    pub(super) kind: Kind,
}

/// Opens what the user named; links on the way to it, and it being a link, are the user's choice.
pub(super) fn named(path: &Path) -> Result<Opened, Error> {
    opened(CWD, path.as_os_str(), || path.to_owned(), OFlags::empty())
}

impl Folder {
    /// What is in it, in no particular order.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, Error> {
        let fail = |e: Errno| store::Error::io(&self.path, e.into());
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.file).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems do not say.
                FileType::Unknown => self.look(OsStr::from_bytes(name))?,
                told => told,
            };
            entries.push(Entry { name: OsStr::from_bytes(name).to_owned(), kind: kind_of(kind) });
        }
        Ok(entries)
    }
    fn look(&self, name: &OsStr) -> Result<FileType, Error> {
        let found = rustix::fs::statat(&self.file, name, AtFlags::SYMLINK_NOFOLLOW);
        let found = found.map_err(|e| store::Error::io(&self.path.join(name), e.into()))?;
        Ok(FileType::from_raw_mode(found.st_mode))
    }
    /// Opens what is in it under this name; a link is an error.
    pub(super) fn open(&self, name: &OsStr) -> Result<Opened, Error> {
        opened(&self.file, name, || self.path.join(name), OFlags::NOFOLLOW)
    }
    /// The path it was reached by.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
    /// Changes whenever a name is added or taken away.
    pub(super) fn stamp(&self) -> Result<Stamp, Error> {
        stamp(&self.file, &self.path)
    }
}

fn opened(folder: impl AsFd, name: &OsStr, path: impl Fn() -> PathBuf, follow: OFlags) -> Result<Opened, Error> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | follow;
    let file = File::from(rustix::fs::openat(folder, name, flags, Mode::empty()).map_err(|e| match e {
        Errno::LOOP | Errno::MLINK if follow.contains(OFlags::NOFOLLOW) => Error::LinkInTree(path()),
        Errno::NXIO => Error::NotAFile { path: path(), kind: "a socket" },
        other => store::Error::io(&path(), other.into()).into(),
    })?);
    let found = rustix::fs::fstat(&file).map_err(|e| store::Error::io(&path(), e.into()))?;
    match kind_of(FileType::from_raw_mode(found.st_mode)) {
        Kind::File => Ok(Opened::File(file, Stamp::of(&found))),
        Kind::Folder => Ok(Opened::Folder(Folder { file, path: path() })),
        other => Err(Error::NotAFile { path: path(), kind: other.words() }),
    }
}

fn kind_of(kind: FileType) -> Kind {
    match kind {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        FileType::Fifo => Kind::Pipe,
        FileType::Socket => Kind::Socket,
        _ => Kind::Device,
    }
}

/// What changes when somebody writes to a file, or to the names of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Bytes in it.
    pub(super) size: u64,
    identity: (i128, i128),
    modified: (i128, i128),
    changed: (i128, i128),
}

impl Stamp {
    fn of(found: &Stat) -> Self {
        // The types of these fields differ between systems; all of them fit.
        Self {
            size: u64::try_from(found.st_size).unwrap_or_default(),
            identity: (i128::from(found.st_dev), i128::from(found.st_ino)),
            modified: (i128::from(found.st_mtime), i128::from(found.st_mtime_nsec)),
            changed: (i128::from(found.st_ctime), i128::from(found.st_ctime_nsec)),
        }
    }
}

/// The stamp of an open file.
pub(super) fn stamp(file: &File, path: &Path) -> Result<Stamp, Error> {
    let found = rustix::fs::fstat(file).map_err(|e| store::Error::io(path, e.into()))?;
    Ok(Stamp::of(&found))
}

#[cfg(test)]
mod tests {
    use super::{Opened, named};
    use crate::encoding::Explain as _;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_folder_swapped_for_a_link_leads_nowhere_else() {
        let here = tempfile::tempdir().unwrap();
        let (ours, theirs) = (here.path().join("ours"), here.path().join("theirs"));
        for (folder, text) in [(&ours, "ours"), (&theirs, "theirs")] {
            std::fs::create_dir_all(folder.join("sub")).unwrap();
            std::fs::write(folder.join("a"), text).unwrap();
        }
        let Opened::Folder(folder) = named(&ours).unwrap() else { panic!("a folder") };
        std::fs::rename(&ours, here.path().join("moved")).unwrap();
        symlink(&theirs, &ours).unwrap();
        let Opened::File(mut file, _) = folder.open("a".as_ref()).unwrap() else { panic!("a file") };
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "ours");
        std::fs::remove_dir(here.path().join("moved/sub")).unwrap();
        symlink(theirs.join("sub"), here.path().join("moved/sub")).unwrap();
        let swapped = folder.open("sub".as_ref()).err().unwrap();
        assert_eq!(swapped.code(), "link-in-tree");
    }
}
