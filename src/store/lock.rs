//! One writer at a time, across processes.

use super::Error;
use std::fs::{File, OpenOptions};
use std::path::Path;

/// Held until dropped; the operating system lets go of it too when the process dies.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "held for its lock")] File);

impl Lock {
    /// Waits for the lock file in `folder`, which is made if it is missing.
    ///
    /// # Errors
    /// What the system says.
    pub fn wait(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        let path = folder.join(".lock");
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|e| Error::io(&path, e))?;
        file.lock().map_err(|e| Error::io(&path, e))?;
        Ok(Self(file))
    }
}
