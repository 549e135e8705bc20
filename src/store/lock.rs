//! One writer at a time, across processes.

use super::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long somebody waits for another to finish. Who holds the folder's lock from outside, and waits for us, never does.
const PATIENCE: Duration = Duration::from_secs(300);
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
    /// [`Error::Locked`] after five minutes; what the system says.
    pub fn wait(folder: &Path) -> Result<Self, Error> {
        Self::wait_for(folder, PATIENCE)
    }

    /// The same for so long.
    ///
    /// # Errors
    /// As [`Lock::wait`].
    pub fn wait_for(folder: &Path, patience: Duration) -> Result<Self, Error> {
        let until = Instant::now().checked_add(patience);
        std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        let path = folder.join(".lock");
        for _ in 0..TRIES {
            let locked = || Error::Locked { folder: folder.to_owned(), waited: patience };
            let file = options().open(&path).map_err(|e| Error::io(&path, e))?;
            let file = lock(file, until).map_err(|e| Error::io(&path, e))?.ok_or_else(locked)?;
            // Shared file systems may not be able to lock a folder, and then the file alone has to do.
            let whole = match whole(folder).map(|whole| lock(whole, until)) {
                Some(Ok(held)) => Some(held.ok_or_else(locked)?),
                Some(Err(_)) | None => None,
            };
            if stands_at(&file, &path).map_err(|e| Error::io(&path, e))? {
                return Ok(Self { file, folder: whole });
            }
        }
        Err(Error::io(&path, std::io::Error::other("somebody removes the lock file again and again")))
    }
}

/// Locks a file, or None if it could not be had in time. The system has no lock that ends by itself, so a thread waits
/// for it, which lets go of the file when nobody wants it any more.
fn lock(file: File, until: Option<Instant>) -> std::io::Result<Option<File>> {
    match file.try_lock() {
        Ok(()) => return Ok(Some(file)),
        Err(TryLockError::Error(e)) => return Err(e),
        Err(TryLockError::WouldBlock) => {}
    }
    let (sender, had) = mpsc::sync_channel(1);
    let waiting = move || {
        let _ = sender.send(file.lock().map(|()| file));
    };
    std::thread::Builder::new().name("lock".into()).spawn(waiting)?;
    let left = until.map_or(PATIENCE, |until| until.saturating_duration_since(Instant::now()));
    had.recv_timeout(left).ok().transpose()
}

#[cfg(not(windows))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    options
}

/// Others may read and write the file meanwhile (`FILE_SHARE_READ`, `FILE_SHARE_WRITE`), and not remove it.
#[cfg(windows)]
fn options() -> OpenOptions {
    use std::os::windows::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).share_mode(1 | 2);
    options
}

#[cfg(unix)]
fn whole(folder: &Path) -> Option<File> {
    File::open(folder).ok()
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

/// Here a file that is open cannot be removed: [`options`] does not share that.
#[cfg(not(unix))]
fn stands_at(_: &File, _: &Path) -> std::io::Result<bool> {
    Ok(true)
}
