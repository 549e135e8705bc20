//! Opening files and folders on Unix: by descriptor, without following links, without waiting for a pipe.
//!
//! What is below a folder is opened relative to that folder's descriptor and with `O_NOFOLLOW`, so that nobody can
//! lead the walk elsewhere by swapping a folder for a link while it runs. Kinds are asked of the open descriptor, of files that
//! a folder lists once they have been read.

use super::slot::Before;
use super::{Error, kind::Kind};
use crate::store;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs::File;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
    /// Where it lies, if the times of what lies there too are by this machine's clock.
    ours: Option<Device>,
}

/// The names in a folder and what stands under them, as the folder tells it; opening it says what it is by then. In the
/// order that whole paths have, where a folder's name is followed by a slash. All of them lie in one place.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: Vec<u8>,
    list: Vec<(Range<usize>, Kind)>,
}

impl Names {
    /// The n-th.
    pub(super) fn get(&self, n: usize) -> Option<(&OsStr, Kind)> {
        let (name, kind) = self.list.get(n)?;
        Some((OsStr::from_bytes(self.text.get(name.clone())?), *kind))
    }
    fn push(&mut self, name: &[u8], kind: Kind) {
        let from = self.text.len();
        self.text.extend_from_slice(name);
        self.list.push((from..self.text.len(), kind));
    }
    fn sort(&mut self) {
        let name = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        self.list.sort_unstable_by(|(a, left), (b, right)| order((name(a), *left), (name(b), *right)));
    }
}

/// Which of two names in a folder comes first.
fn order((a, left): (&[u8], Kind), (b, right): (&[u8], Kind)) -> Ordering {
    let (first, second) = a.split_at(a.len().min(b.len()));
    let (other, rest) = b.split_at(first.len());
    let slash = |kind| (kind == Kind::Folder).then_some(&b'/');
    first.cmp(other).then_with(|| second.iter().chain(slash(left)).cmp(rest.iter().chain(slash(right))))
}

/// Opens what the user named; links on the way to it, and it being a link, are the user's choice.
pub(super) fn named(path: &Path) -> Result<Opened, Error> {
    opened(CWD, path.as_os_str(), || path.to_owned(), OFlags::empty())
}

impl Folder {
    /// What is in it.
    pub(super) fn names(&self) -> Result<Names, Error> {
        let fail = |e: Errno| store::Error::io(&self.path, e.into());
        let mut names = Names::default();
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
            names.push(name, kind_of(kind));
        }
        names.sort();
        Ok(names)
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
    /// Opens what is in it under this name and was listed as a file; a link is an error. Where one look will do, which is one after
    /// reading, it has not been looked at.
    pub(super) fn open_file(&self, name: &OsStr) -> Result<(File, Before), Error> {
        let path = || self.path.join(name);
        let file = descriptor(&self.file, name, &path, OFlags::NOFOLLOW)?;
        let before = self.ours.map_or_else(|| stamp(&file, path).map(Before::Seen), |on| Ok(Before::Unseen(on)))?;
        Ok((file, before))
    }
    /// The same folder, opened once more from itself; whoever may not, or has too many open, has one that will do.
    pub(super) fn again(&self) -> Option<Self> {
        match opened(&self.file, OsStr::new("."), || self.path.clone(), OFlags::empty()) {
            Ok(Opened::Folder(folder)) => Some(folder),
            Ok(Opened::File(..)) | Err(_) => None,
        }
    }
    /// The path it was reached by.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
    /// Changes whenever a name is added or taken away.
    pub(super) fn stamp(&self) -> Result<Stamp, Error> {
        let found = rustix::fs::fstat(&self.file).map_err(|e| store::Error::io(&self.path, e.into()))?;
        Ok(Stamp::of(&found))
    }
}

fn descriptor(folder: impl AsFd, name: &OsStr, path: &dyn Fn() -> PathBuf, follow: OFlags) -> Result<File, Error> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | follow;
    let opened = rustix::fs::openat(folder, name, flags, Mode::empty()).map_err(|e| match e {
        Errno::LOOP | Errno::MLINK if follow.contains(OFlags::NOFOLLOW) => Error::LinkInTree(path()),
        Errno::NXIO => Error::NotAFile { path: path(), kind: "a socket" },
        other => store::Error::io(&path(), other.into()).into(),
    })?;
    Ok(File::from(opened))
}

fn opened(folder: impl AsFd, name: &OsStr, path: impl Fn() -> PathBuf, follow: OFlags) -> Result<Opened, Error> {
    let file = descriptor(folder, name, &path, follow)?;
    let found = rustix::fs::fstat(&file).map_err(|e| store::Error::io(&path(), e.into()))?;
    match kind_of(FileType::from_raw_mode(found.st_mode)) {
        Kind::File => Ok(Opened::File(file, Stamp::of(&found))),
        Kind::Folder => {
            let ours = is_local(&file).then(|| Stamp::of(&found).device);
            Ok(Opened::Folder(Folder { file, path: path(), ours }))
        }
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
    device: Device,
    number: i128,
    modified: (i128, i128),
    changed: (i128, i128),
}

impl Stamp {
    fn of(found: &Stat) -> Self {
        // The types of these fields differ between systems; all of them fit.
        Self {
            size: u64::try_from(found.st_size).unwrap_or_default(),
            device: Device(i128::from(found.st_dev)),
            number: i128::from(found.st_ino),
            modified: (i128::from(found.st_mtime), i128::from(found.st_mtime_nsec)),
            changed: (i128::from(found.st_ctime), i128::from(found.st_ctime_nsec)),
        }
    }
    /// Whether it lies there, and nobody has written to it since.
    pub(super) fn is_before(&self, since: Since, on: Device) -> bool {
        self.device == on && self.modified.0 < since.0 && self.changed.0 < since.0
    }
}

/// A file system that is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Device(i128);

/// Whether this is on a file system of this machine, which has its clock, where a file server has one of its own. One that is
/// not known to be is not.
#[cfg(target_os = "linux")]
fn is_local(folder: &File) -> bool {
    // ext2 to ext4, XFS, Btrfs, F2FS, bcachefs, ZFS, tmpfs: their magic numbers. overlayfs may lie on anything.
    const LOCAL: [u64; 7] = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0xca45_1a4e, 0x2fc1_2fc1, 0x0102_1994];
    rustix::fs::fstatfs(folder).is_ok_and(|about| u64::try_from(about.f_type).is_ok_and(|kind| LOCAL.contains(&kind)))
}

#[cfg(not(target_os = "linux"))]
fn is_local(_: &File) -> bool {
    false
}

/// A moment, less by what the clocks of file systems are coarse: no later change leaves a time before it, unless the clock is set
/// back by more than that meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since(i128);

impl Since {
    /// Some count in whole seconds, or once in a while.
    const COARSE: i128 = 2;

    pub(super) fn the(moment: SystemTime) -> Self {
        // By a clock that is before its beginning, nothing is before.
        let seconds = moment.duration_since(SystemTime::UNIX_EPOCH).map_or(i128::MIN, |d| i128::from(d.as_secs()));
        Self(seconds.saturating_sub(Self::COARSE))
    }
}

/// The stamp of an open file. If it is none, something else has taken its place.
pub(super) fn stamp(file: &File, path: impl Fn() -> PathBuf) -> Result<Stamp, Error> {
    let found = rustix::fs::fstat(file).map_err(|e| store::Error::io(&path(), e.into()))?;
    if kind_of(FileType::from_raw_mode(found.st_mode)) != Kind::File {
        return Err(store::Error::Changed(path()).into());
    }
    Ok(Stamp::of(&found))
}

#[cfg(test)]
mod tests {
    use super::{Kind, Names, Opened, Since, named};
    use crate::encoding::Explain as _;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    #[test]
    fn names_are_in_the_order_of_whole_paths() {
        let mut names = Names::default();
        let given: [&[u8]; 7] = [b"b", b"a/", b"a.b", b"a0", b"\xff", b"ab", b"a.b.c/"];
        for name in given {
            let folder = name.strip_suffix(b"/");
            names.push(folder.unwrap_or(name), if folder.is_some() { Kind::Folder } else { Kind::File });
        }
        names.sort();
        let sorted: Vec<Vec<u8>> = (0..)
            .map_while(|n| names.get(n))
            .map(|(name, kind)| [name.as_encoded_bytes(), if kind == Kind::Folder { b"/" } else { b"" }].concat())
            .collect();
        let mut expected = given.map(<[u8]>::to_vec);
        expected.sort();
        assert_eq!(sorted, expected);
    }

    #[test]
    fn a_write_in_the_seconds_before_is_not_before() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let Opened::File(open, stamp) = named(file.path()).unwrap() else { panic!("a file") };
        let at = open.metadata().unwrap().modified().unwrap();
        for (later, is_before) in [(0, false), (1, false), (2, false), (3, true), (4, true)] {
            let since = Since::the(at + Duration::from_secs(later));
            assert_eq!(stamp.is_before(since, stamp.device), is_before, "{later}");
            assert!(!stamp.is_before(since, super::Device(-1)));
        }
    }

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
        for folder in [&folder, &folder.again().unwrap()] {
            let Opened::File(mut file, _) = folder.open("a".as_ref()).unwrap() else { panic!("a file") };
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "ours");
        }
        std::fs::remove_dir(here.path().join("moved/sub")).unwrap();
        symlink(theirs.join("sub"), here.path().join("moved/sub")).unwrap();
        let swapped = folder.open("sub".as_ref()).err().unwrap();
        assert_eq!(swapped.code(), "link-in-tree");
    }
}
