//! Objects and head as files: written under another name, synced, linked or renamed, and their folders synced.

use super::blobs::{Blobs, Fault, Head, Swap};
use crate::store::{self, Lock};
use crate::transparency::MAX_NOTE;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The name a file has until it is whole. Whoever holds the lock is the only one to write, so one name is enough, and
/// what a crash leaves is written over by the next.
const UNFINISHED: &str = ".unfinished";
const HEAD: &str = "head";

/// Objects below a folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Folders that may hold names the disk does not know yet.
    unsynced: Mutex<BTreeSet<PathBuf>>,
}

impl Folder {
    /// The objects below this folder, which need not exist yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), unsynced: Mutex::default() }
    }

    /// Notes a folder, and every one above it: a crash may have left folders whose own names are not durable.
    fn note(&self, folder: &Path) {
        let mut unsynced = self.unsynced.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = folder.ancestors().take_while(|f| f.starts_with(&self.root));
        unsynced.extend(inside.map(Path::to_owned));
    }

    /// Whole and synced, under a name of its own.
    fn unfinished(&self, bytes: &[u8]) -> Result<PathBuf, Fault> {
        std::fs::create_dir_all(&self.root).map_err(|e| store::Error::io(&self.root, e))?;
        let path = self.root.join(UNFINISHED);
        write_synced(&path, bytes).inspect_err(|_| {
            let _ = std::fs::remove_file(&path);
        })?;
        Ok(path)
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let failed = |e| store::Error::io(path, e);
    // Never over what is there: it may be linked to an object.
    absent(std::fs::remove_file(path)).map_err(failed)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.sync_all().map_err(|e| Fault::Unsynced(store::Error::Io { path: path.to_owned(), source: e }))
}

fn sync_folder(folder: &Path) -> Result<(), store::Error> {
    // As `store::sync_dir`: Windows opens no folder as a file.
    let synced = if cfg!(windows) { Ok(()) } else { File::open(folder).and_then(|f| f.sync_all()) };
    synced.map_err(|source| store::Error::Io { path: folder.to_owned(), source })
}

fn absent(done: std::io::Result<()>) -> std::io::Result<()> {
    match done {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn found(read: Result<Vec<u8>, store::Error>) -> Result<Option<Vec<u8>>, store::Error> {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(store::Error::NotFound(_)) => Ok(None),
        Err(e) => Err(e),
    }
}

impl Blobs for Folder {
    fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, store::Error> {
        found(store::read_bounded(&self.root.join(name), limit))
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let path = self.root.join(name);
        let folder = path.parent().unwrap_or(&self.root);
        self.note(folder);
        match self.read(name, bytes.len()) {
            Ok(None) => {}
            Ok(Some(there)) if there == bytes => return Ok(()),
            Ok(Some(_)) | Err(store::Error::TooLarge { .. }) => return Err(Fault::Differs(name.to_owned())),
            Err(e) => return Err(e.into()),
        }
        std::fs::create_dir_all(folder).map_err(|e| store::Error::io(folder, e))?;
        let unfinished = self.unfinished(bytes)?;
        std::fs::hard_link(&unfinished, &path).map_err(|e| store::Error::io(&path, e))?;
        Ok(absent(std::fs::remove_file(&unfinished)).map_err(|e| store::Error::io(&unfinished, e))?)
    }

    fn sync(&self) -> Result<(), Fault> {
        let folders = std::mem::take(&mut *self.unsynced.lock().unwrap_or_else(PoisonError::into_inner));
        // The deepest first, so that no name is durable before what it leads to.
        folders.iter().rev().try_for_each(|f| sync_folder(f)).map_err(Fault::Unsynced)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let (unfinished, path) = (self.unfinished(bytes)?, self.root.join(name));
        std::fs::rename(&unfinished, &path).map_err(|e| store::Error::io(&path, e))?;
        sync_folder(&self.root).map_err(Fault::Unsynced)
    }

    fn remove(&self, name: &str) -> Result<(), store::Error> {
        let path = self.root.join(name);
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        absent(removed).map_err(|e| store::Error::io(&path, e))
    }

    fn list(&self, name: &str) -> Result<Vec<String>, store::Error> {
        let path = self.root.join(name);
        let entries = match std::fs::read_dir(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|e| store::Error::io(&path, e))?,
        };
        let name = |e: std::io::Result<std::fs::DirEntry>| e.map(|e| e.file_name().to_string_lossy().into_owned());
        let mut names = entries.map(name).collect::<Result<Vec<_>, _>>().map_err(|e| store::Error::io(&path, e))?;
        names.retain(|n| n != UNFINISHED);
        names.sort_unstable();
        Ok(names)
    }
}

/// The head as a file, behind a file lock.
#[derive(Debug)]
pub struct HeadFile {
    folder: PathBuf,
}

impl HeadFile {
    /// The head in this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Head for HeadFile {
    type Held = Lock;

    fn lock(&self) -> Result<Lock, store::Error> {
        Lock::wait(&self.folder)
    }

    fn load(&self) -> Result<Option<Vec<u8>>, store::Error> {
        found(store::read_bounded(&self.folder.join(HEAD), MAX_NOTE))
    }

    /// Compares and renames; the lock makes the two one.
    fn swap(&self, old: Option<&[u8]>, new: &[u8]) -> Result<Swap, Fault> {
        if self.load()?.as_deref() != old {
            return Ok(Swap::Lost);
        }
        let (path, unfinished) = (self.folder.join(HEAD), self.folder.join(".head.unfinished"));
        write_synced(&unfinished, new)?;
        let unknown = |source| Fault::Unknown(store::Error::Io { path: path.clone(), source });
        std::fs::rename(&unfinished, &path).map_err(unknown)?;
        sync_folder(&self.folder).map_err(Fault::Unknown)?;
        Ok(Swap::Done)
    }
}
