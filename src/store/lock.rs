//! One writer at a time, across processes.

use super::Error;
use std::fs::{File, OpenOptions};
use std::path::Path;

/// How often a lock file is taken anew that was another one by the time the lock was had.
const TRIES: usize = 100;

/// Held until dropped; the operating system lets go of it too when the process dies.
#[derive(Debug)]
#[allow(dead_code, reason = "held for their locks")]
pub struct Lock {
    file: File,
    folder: Option<File>,
}

impl Lock {
    /// Waits for the lock file in `folder`, which is made if it is missing. Somebody who removes that file lets nobody
    /// in: what is locked has to be what stands at its name, and the folder itself is locked as well where the system
    /// can do that.
    ///
    /// # Errors
    /// What the system says.
    pub fn wait(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        let path = folder.join(".lock");
        for _ in 0..TRIES {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
            let file = file.map_err(|e| Error::io(&path, e))?;
            file.lock().map_err(|e| Error::io(&path, e))?;
            let folder = whole(folder);
            if stands_at(&file, &path).map_err(|e| Error::io(&path, e))? {
                return Ok(Self { file, folder });
            }
        }
        Err(Error::io(&path, std::io::Error::other("somebody removes the lock file again and again")))
    }
}

/// A folder, locked. Shared file systems may not be able to, and then the file alone has to do.
#[cfg(unix)]
fn whole(folder: &Path) -> Option<File> {
    File::open(folder).ok().filter(|folder| folder.lock().is_ok())
}

/// Whether a file is the one that stands at its path now.
#[cfg(unix)]
fn stands_at(file: &File, path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let there = match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    let own = file.metadata()?;
    Ok((own.dev(), own.ino()) == (there.dev(), there.ino()))
}

/// Here a folder cannot be opened as a file.
#[cfg(not(unix))]
fn whole(_: &Path) -> Option<File> {
    None
}

/// Here a file that is open cannot be removed.
#[cfg(not(unix))]
fn stands_at(_: &File, _: &Path) -> std::io::Result<bool> {
    Ok(true)
}
