//! Opening files and folders on Unix: by descriptor, without following links, without waiting for a pipe.
//!
//! What is below a folder is opened relative to that folder's descriptor and with `O_NOFOLLOW`, so that nobody can
//! lead the walk elsewhere by swapping a folder for a link while it runs. Kinds are asked of the open descriptor.

use super::Error;
use crate::store;
use rustix::fs::{CWD, Dir, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// Something that was opened, and what it turned out to be.
pub(super) enum Opened {
    /// A regular file.
    File(File),
    /// A folder.
    Folder(Folder),
}

/// An open folder.
pub(super) struct Folder {
    file: File,
    path: PathBuf,
}

/// Opens what the user named; links on the way to it, and it being a link, are the user's choice.
pub(super) fn named(path: &Path) -> Result<Opened, Error> {
    opened(CWD, path.as_os_str(), path, OFlags::empty())
}

impl Folder {
    /// The names in it, in no particular order.
    pub(super) fn names(&self) -> Result<Vec<OsString>, Error> {
        let fail = |e: Errno| store::Error::io(&self.path, e.into());
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.file).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        Ok(names)
    }
    /// Opens what is in it under this name; a link is an error.
    pub(super) fn open(&self, name: &OsStr) -> Result<Opened, Error> {
        opened(&self.file, name, &self.path.join(name), OFlags::NOFOLLOW)
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

fn opened(folder: impl AsFd, name: &OsStr, path: &Path, follow: OFlags) -> Result<Opened, Error> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | follow;
    let file = File::from(rustix::fs::openat(folder, name, flags, Mode::empty()).map_err(|e| match e {
        Errno::LOOP | Errno::MLINK if follow.contains(OFlags::NOFOLLOW) => Error::LinkInTree(path.to_owned()),
        Errno::NXIO => Error::NotAFile { path: path.to_owned(), kind: "a socket" },
        other => store::Error::io(path, other.into()).into(),
    })?);
    let kind = file.metadata().map_err(|e| store::Error::io(path, e))?.file_type();
    let kind = match () {
        () if kind.is_file() => return Ok(Opened::File(file)),
        () if kind.is_dir() => return Ok(Opened::Folder(Folder { file, path: path.to_owned() })),
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    Err(Error::NotAFile { path: path.to_owned(), kind })
}

/// What changes when somebody writes to a file, or to the names of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Bytes in it.
    pub(super) size: u64,
    identity: (u64, u64),
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The stamp of an open file.
pub(super) fn stamp(file: &File, path: &Path) -> Result<Stamp, Error> {
    let m = file.metadata().map_err(|e| store::Error::io(path, e))?;
    Ok(Stamp {
        size: m.size(),
        identity: (m.dev(), m.ino()),
        modified: (m.mtime(), m.mtime_nsec()),
        changed: (m.ctime(), m.ctime_nsec()),
    })
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
        let Opened::File(mut file) = folder.open("a".as_ref()).unwrap() else { panic!("a file") };
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "ours");
        std::fs::remove_dir(here.path().join("moved/sub")).unwrap();
        symlink(theirs.join("sub"), here.path().join("moved/sub")).unwrap();
        let swapped = folder.open("sub".as_ref()).err().unwrap();
        assert_eq!(swapped.code(), "link-in-tree");
    }
}
