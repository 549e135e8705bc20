//! Folders and what lies below them, in the order of their paths: nothing skipped, no link followed, and nothing
//! that changes meanwhile accepted.

use super::crew::{self, Asked, Folders, Seen, Stop};
use super::kind::Kind;
use super::open::{self, Folder, Names, Opened, Stamp, stamp};
use super::slot::Before;
use super::{Effort, Error};
use crate::artifact::{Algorithm, Basis, Measured};
use crate::store;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

/// How many folders may lie inside one another; each costs a descriptor while the walk is inside it.
pub const MAX_DEPTH: usize = 200;

/// A file that was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its path, beginning with what the user named: `dist/a/b`.
    pub path: PathBuf,
    /// Its digests.
    pub measured: Measured,
}

/// Measures the file at `path`. A link is followed, as `sha256sum` does, because the user named it.
///
/// # Errors
/// [`Error::NotAFile`] for folders, pipes, sockets and devices, which are never waited for;
/// [`store::Error::Changed`] if the file was written to meanwhile; what the system says otherwise.
pub fn measure_file(path: &Path, algorithms: &[Algorithm]) -> Result<Measured, Error> {
    let found = measure_one(path, algorithms, Folders::Refused, &Effort::default())?.pop();
    found.map(|f| f.measured).ok_or_else(|| store::Error::Changed(path.to_owned()).into())
}

/// Measures a file that was found below a folder. It is opened from the folder it lies in, and if it is a link by now, it
/// is not followed.
///
/// # Errors
/// As [`walk`] for a file.
pub fn measure_below(path: &Path, algorithms: &[Algorithm]) -> Result<Measured, Error> {
    let changed = || Error::from(store::Error::Changed(path.to_owned()));
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(changed()) };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let Opened::Folder(folder) = open::named(parent)? else { return Err(changed()) };
    match folder.open(name)? {
        Opened::File(file, _) => measure(&file, path, algorithms),
        Opened::Folder(_) => Err(changed()),
    }
}

/// Measures a file, or every file below a folder, sorted by the bytes of their paths.
///
/// # Errors
/// As [`measure_file`]; [`Error::LinkInTree`] for any link below a folder, [`Error::NothingToHash`] if there is no
/// file at all, [`Error::TooDeep`]. The first error in the order of paths is the answer: half a folder never is.
pub fn walk(path: &Path, algorithms: &[Algorithm], effort: &Effort<'_>) -> Result<Vec<Found>, Error> {
    measure_one(path, algorithms, Folders::Walked, effort)
}

fn measure_one(
    path: &Path,
    algorithms: &[Algorithm],
    folders: Folders,
    effort: &Effort<'_>,
) -> Result<Vec<Found>, Error> {
    let asked = [Asked { path: path.to_owned(), algorithms: algorithms.to_vec(), folders }];
    let make = |_, Seen { path, measured }| Some(Found { path, measured: measured? });
    crew::measure(&asked, Stop::AtFirst, effort, make).pop().unwrap_or_else(|| Ok(Vec::new()))
}

/// The files [`walk`] would measure, unopened.
///
/// # Errors
/// As [`walk`].
pub fn list(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut walk = match open::named(path)? {
        Opened::File(..) => return Ok(vec![path.to_owned()]),
        Opened::Folder(folder) => Walk::new(folder)?,
    };
    let mut found = Vec::new();
    while let Some((_, leaf)) = walk.next() {
        let leaf = leaf?;
        found.push(leaf.path());
        left(leaf.within).map_err(|(_, error)| error)?;
    }
    Ok(found)
}

/// How many files lie below a path, as far as can be seen: for somebody who waits, not for a verdict.
pub fn count(path: &Path) -> u64 {
    list(path).map_or(0, |found| found.len() as u64)
}

/// A folder that is being walked. It stays open while anything below it is in somebody's hands.
#[derive(Debug)]
pub(super) struct Walked {
    folder: Folder,
    names: Names,
    before: Stamp,
    within: Option<Arc<Walked>>,
    at: u32,
}

/// A file below a folder that is being walked.
#[derive(Debug)]
pub(super) struct Leaf {
    /// Handed to [`left`] when the file has been dealt with.
    pub(super) within: Arc<Walked>,
    n: usize,
}

impl Leaf {
    pub(super) fn path(&self) -> PathBuf {
        let (folder, name) = (self.within.folder.path(), self.name());
        let mut path = PathBuf::with_capacity(folder.as_os_str().len().saturating_add(name.len()).saturating_add(1));
        path.push(folder);
        path.push(name);
        path
    }
    pub(super) fn name(&self) -> &OsStr {
        self.within.names.get(self.n).map(|(name, _)| name).unwrap_or_default()
    }
    /// Opens it without following a link, in the folder it was found in.
    fn open(&self, folder: &Folder) -> Result<(File, Before), Error> {
        folder.open_file(self.name())
    }
}

/// What a thread opens files in: a folder with many in it is opened once more for each thread. Descriptors of one opening
/// count their users in one place, which the threads would take from one another for every file.
#[derive(Debug, Default)]
pub(super) struct Near(Option<(Weak<Walked>, Folder)>);

impl Near {
    /// So many names make it worth its while.
    const MANY: usize = 64;

    /// Opens a file without following a link.
    pub(super) fn open(&mut self, leaf: &Leaf) -> Result<(File, Before), Error> {
        let is_in = |(walked, _): &(Weak<Walked>, Folder)| walked.as_ptr() == Arc::as_ptr(&leaf.within);
        if !self.0.as_ref().is_some_and(is_in) {
            let again = leaf.within.names.get(Self::MANY).is_some().then(|| leaf.within.folder.again()).flatten();
            self.0 = again.map(|folder| (Arc::downgrade(&leaf.within), folder));
        }
        leaf.open(self.0.as_ref().map_or(&leaf.within.folder, |(_, folder)| folder))
    }
}

/// Says that one is done with something in this folder. Whoever is last looks whether its names have changed since
/// they were read, which could have hidden a file; the error goes where the folder stands in the order.
pub(super) fn left(folder: Arc<Walked>) -> Result<(), (u32, Error)> {
    let mut last = Arc::into_inner(folder);
    while let Some(Walked { folder, before, within, at, .. }) = last {
        if folder.stamp().map_err(|e| (at, e))? != before {
            return Err((at, store::Error::Changed(folder.path().to_owned()).into()));
        }
        last = within.and_then(Arc::into_inner);
    }
    Ok(())
}

/// A walk through a folder: hands out its files in the order of their paths, one by one, unopened.
#[derive(Debug)]
pub(super) struct Walk {
    root: PathBuf,
    /// The folders it is inside of, and how many names of each it is past.
    inside: Vec<(Arc<Walked>, usize)>,
    at: u32,
    files: u32,
}

impl Walk {
    pub(super) fn new(folder: Folder) -> Result<Self, Error> {
        let mut walk = Self { root: folder.path().to_owned(), inside: Vec::new(), at: 0, files: 0 };
        walk.enter(folder)?;
        Ok(walk)
    }

    fn enter(&mut self, folder: Folder) -> Result<(), Error> {
        if self.inside.len() >= MAX_DEPTH {
            return Err(Error::TooDeep(folder.path().to_owned()));
        }
        let before = folder.stamp()?;
        let names = folder.names()?;
        let within = self.inside.last().map(|(walked, _)| Arc::clone(walked));
        self.inside.push((Arc::new(Walked { folder, names, before, within, at: self.at }), 0));
        Ok(())
    }

    /// The next file, or what is wrong, and where it stands in the order.
    pub(super) fn next(&mut self) -> Option<(u32, Result<Leaf, Error>)> {
        loop {
            let Some((walked, past)) = self.inside.last_mut() else {
                let nothing = self.files == 0;
                self.files = 1;
                return nothing.then(|| (self.at, Err(Error::NothingToHash(self.root.clone()))));
            };
            let n = *past;
            let Some((name, kind)) = walked.names.get(n) else {
                let done = self.inside.pop().map_or(Ok(()), |(walked, _)| left(walked));
                match done {
                    Ok(()) => continue,
                    Err((at, error)) => return Some((at, Err(error))),
                }
            };
            *past = n.saturating_add(1);
            self.at = self.at.saturating_add(1);
            let path = || walked.folder.path().join(name);
            let wrong = match kind {
                Kind::File => {
                    self.files = self.files.saturating_add(1);
                    return Some((self.at, Ok(Leaf { within: Arc::clone(walked), n })));
                }
                Kind::Folder => match walked.folder.open(name) {
                    Ok(Opened::Folder(inner)) => match self.enter(inner) {
                        Ok(()) => continue,
                        Err(error) => error,
                    },
                    Ok(Opened::File(..)) => store::Error::Changed(path()).into(),
                    Err(error) => error,
                },
                Kind::Link => Error::LinkInTree(path()),
                other => Error::NotAFile { path: path(), kind: other.words() },
            };
            self.files = self.files.saturating_add(1);
            return Some((self.at, Err(wrong)));
        }
    }
}

/// Measures an open file from where it stands, and looks at its size and times before and after. A change within the same tick of the
/// file system's clock that keeps the size cannot be seen this way.
pub(super) fn measure(file: &File, path: &Path, algorithms: &[Algorithm]) -> Result<Measured, Error> {
    let at = || path.to_owned();
    let before = stamp(file, at)?;
    let measured = Measured::read(file, algorithms).map_err(|e| store::Error::io(path, e))?;
    if stamp(file, at)? != before || *measured.basis() != (Basis::Bytes { length: before.size }) {
        return Err(store::Error::Changed(path.to_owned()).into());
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Explain as _;

    #[test]
    fn a_folder_that_changes_while_it_is_walked_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "c/d/e"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"abc").unwrap();
        }
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        let walked = |meddle: &dyn Fn()| {
            for name in ["", "c", "c/d"] {
                File::open(folder.path().join(name)).unwrap().set_modified(old).unwrap();
            }
            let Opened::Folder(top) = open::named(folder.path()).unwrap() else { panic!("a folder") };
            let mut walk = Walk::new(top).unwrap();
            let leaves: Vec<Leaf> = std::iter::from_fn(|| walk.next()).map(|(_, leaf)| leaf.unwrap()).collect();
            meddle();
            leaves.into_iter().map(|leaf| left(leaf.within)).collect::<Result<Vec<()>, _>>()
        };
        assert!(walked(&|| ()).is_ok());
        for (late, at) in [("b", 0), ("c/b", 2), ("c/d/b", 3)] {
            let (found, error) = walked(&|| std::fs::write(folder.path().join(late), b"late").unwrap()).unwrap_err();
            assert_eq!((found, error.code()), (at, "file-changed"), "{late}");
            std::fs::remove_file(folder.path().join(late)).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_found_is_measured_where_it_was_found() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&file, b"abc").unwrap();
        std::os::unix::fs::symlink("a", &link).unwrap();
        assert_eq!(
            measure_below(&file, &[Algorithm::Sha256]).unwrap(),
            measure_file(&file, &[Algorithm::Sha256]).unwrap()
        );
        assert_eq!(measure_below(&link, &[]).unwrap_err().code(), "link-in-tree");
        assert_eq!(measure_below(folder.path(), &[]).unwrap_err().code(), "file-changed");
        assert_eq!(measure_below(&folder.path().join("c"), &[]).unwrap_err().code(), "file-not-found");
    }

    #[test]
    fn folders_inside_folders_have_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let deep = (0..MAX_DEPTH).fold(folder.path().to_owned(), |path, _| path.join("d"));
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("a"), b"abc").unwrap();
        assert_eq!(list(folder.path()).unwrap_err().code(), "tree-too-deep");
        assert_eq!(walk(folder.path(), &[], &Effort::default()).unwrap_err().code(), "tree-too-deep");
        assert_eq!(list(&folder.path().join("d")).unwrap(), [deep.join("a")]);
    }
}
