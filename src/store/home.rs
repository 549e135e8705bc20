//! The folder where a user's trusted forums are kept.

use std::path::{Path, PathBuf};

/// `$VOUCHSAFE_HOME`, or `vouchsafe` in the user's data folder. Handed in, never looked up here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// A home at this folder, which need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }
    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }
    /// The folder that holds one folder per trusted forum.
    pub fn forums(&self) -> PathBuf {
        self.0.join("forums")
    }
}
