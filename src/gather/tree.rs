//! Measuring files and whole folders: nothing skipped, no link followed, nothing that changes meanwhile accepted.

use super::Error;
use super::open::{self, Folder, Opened, stamp};
use crate::artifact::{Algorithm, Basis, Measured, name};
use crate::store;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

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
    match open::named(path)? {
        Opened::File(file) => measure(&file, path, algorithms),
        Opened::Folder(_) => Err(Error::NotAFile { path: path.to_owned(), kind: "a folder" }),
    }
}

/// Measures a file, or every file below a folder, sorted by the bytes of their paths.
///
/// # Errors
/// As [`measure_file`]; [`Error::LinkInTree`] for any link below a folder, [`Error::NothingToHash`] if there is no
/// file at all, [`Error::TooDeep`]. The first error ends the walk: half a folder is never an answer.
pub fn walk(path: &Path, algorithms: &[Algorithm]) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    visit(path, &mut |file, path| {
        let measured = measure(&file, &path, algorithms)?;
        found.push(Found { path, measured });
        Ok(())
    })?;
    found.sort_by_cached_key(|f| name::bytes(f.path.as_os_str()));
    Ok(found)
}

/// The files [`walk`] would measure, unread.
///
/// # Errors
/// As [`walk`].
pub fn list(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    visit(path, &mut |_, path| {
        found.push(path);
        Ok(())
    })?;
    found.sort_by_cached_key(|path| name::bytes(path.as_os_str()));
    Ok(found)
}

type Visitor<'a> = dyn FnMut(File, PathBuf) -> Result<(), Error> + 'a;

fn visit(path: &Path, visitor: &mut Visitor<'_>) -> Result<(), Error> {
    match open::named(path)? {
        Opened::File(file) => visitor(file, path.to_owned()),
        Opened::Folder(folder) => match descend(&folder, MAX_DEPTH, visitor)? {
            0 => Err(Error::NothingToHash(path.to_owned())),
            _ => Ok(()),
        },
    }
}

/// Visits every file below `folder` and says how many there were. A folder whose names change meanwhile could
/// have hidden one, and is an error.
fn descend(folder: &Folder, depth: usize, visitor: &mut Visitor<'_>) -> Result<usize, Error> {
    let depth = depth.checked_sub(1).ok_or_else(|| Error::TooDeep(folder.path().to_owned()))?;
    let before = folder.stamp()?;
    let mut files = 0_usize;
    for name in folder.names()? {
        files = files.saturating_add(match folder.open(&name)? {
            Opened::File(file) => visitor(file, folder.path().join(&name)).map(|()| 1)?,
            Opened::Folder(inner) => descend(&inner, depth, visitor)?,
        });
    }
    if folder.stamp()? != before {
        return Err(store::Error::Changed(folder.path().to_owned()).into());
    }
    Ok(files)
}

pub(super) fn measure(file: &File, path: &Path, algorithms: &[Algorithm]) -> Result<Measured, Error> {
    measure_through(file, file, path, algorithms)
}

/// Reads an open file, and looks at its size and times before and after. A change within the same tick of the
/// file system's clock that keeps the size cannot be seen this way.
fn measure_through(file: &File, reader: impl Read, path: &Path, algorithms: &[Algorithm]) -> Result<Measured, Error> {
    let before = stamp(file, path)?;
    let measured = Measured::read(reader, algorithms).map_err(|e| store::Error::io(path, e))?;
    if stamp(file, path)? != before || *measured.basis() != (Basis::Bytes { length: before.size }) {
        return Err(store::Error::Changed(path.to_owned()).into());
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Explain as _;
    use std::io::Write as _;

    /// Reads a file and, at its first byte, has somebody else do something to it.
    struct Meddling<'a, F: FnMut()>(&'a File, Option<F>);

    impl<F: FnMut()> Read for Meddling<'_, F> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.read(buffer)?;
            if let Some(mut meddle) = self.1.take() {
                meddle();
            }
            Ok(n)
        }
    }

    fn measured_while(meddle: impl FnMut(&Path)) -> Result<Measured, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"abc").unwrap();
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        let file = File::open(&path).unwrap();
        let mut meddle = meddle;
        measure_through(&file, Meddling(&file, Some(|| meddle(&path))), &path, &[Algorithm::Sha256])
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_told() {
        assert!(measured_while(|_| ()).is_ok());
        let grown = measured_while(|path| File::options().append(true).open(path).unwrap().write_all(b"d").unwrap());
        assert_eq!(grown.unwrap_err().code(), "file-changed");
        let rewritten =
            measured_while(|path| File::options().write(true).open(path).unwrap().write_all(b"xyz").unwrap());
        assert_eq!(rewritten.unwrap_err().code(), "file-changed", "the same size, another time");
        let cut = measured_while(|path| File::options().write(true).open(path).unwrap().set_len(1).unwrap());
        assert_eq!(cut.unwrap_err().code(), "file-changed");
    }

    #[test]
    fn a_folder_that_changes_while_it_is_walked_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), b"abc").unwrap();
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        File::open(folder.path()).unwrap().set_modified(old).unwrap();
        let walked = visit(folder.path(), &mut |_, path| {
            std::fs::write(path.with_file_name("b"), b"late").unwrap();
            Ok(())
        });
        assert_eq!(walked.unwrap_err().code(), "file-changed");
    }

    #[test]
    fn folders_inside_folders_have_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let deep = (0..MAX_DEPTH).fold(folder.path().to_owned(), |path, _| path.join("d"));
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("a"), b"abc").unwrap();
        assert_eq!(list(folder.path()).unwrap_err().code(), "tree-too-deep");
        assert_eq!(list(&folder.path().join("d")).unwrap(), [deep.join("a")]);
    }
}
