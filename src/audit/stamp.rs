//! What changes when somebody writes to a file: by this an audit knows that it need not be read again.

use crate::artifact::name;
use crate::gather::tree;
use sha2::Digest as _;
use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Device, inode, size and times of a file, as bytes that are compared and never read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(pub(super) Vec<u8>);

impl Stamp {
    /// Of a file that is there.
    pub(super) fn of(about: &Metadata) -> Self {
        let mut bytes = Vec::with_capacity(56);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            for part in [about.mtime(), about.mtime_nsec(), about.ctime(), about.ctime_nsec()] {
                bytes.extend(part.to_le_bytes());
            }
            for part in [about.dev(), about.ino(), about.size()] {
                bytes.extend(part.to_le_bytes());
            }
        }
        #[cfg(not(unix))]
        {
            let modified = about.modified().ok().and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok());
            bytes.extend(modified.unwrap_or_default().as_nanos().to_le_bytes());
            bytes.extend(about.len().to_le_bytes());
        }
        Self(bytes)
    }

    /// Of several things, in this order.
    pub(super) fn over<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = sha2::Sha256::new();
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().iter().copied().take(16).collect())
    }

    /// Of every file below a folder, unopened. Where one was written to a moment ago, or something cannot be looked at, it
    /// is never met again.
    pub(super) fn of_folder(folder: &Path) -> Self {
        let stamp = |path: &Path| {
            let about = std::fs::metadata(path).ok().filter(|about| !is_fresh(about))?;
            Some(Self::over([name::bytes(path.as_os_str()).as_slice(), &Self::of(&about).0]).0)
        };
        let files = tree::list(folder).ok();
        let stamps = files.and_then(|files| files.iter().map(|path| stamp(path)).collect::<Option<Vec<_>>>());
        let once = || vec![format!("{:?} {}", SystemTime::now(), std::process::id()).into_bytes()];
        Self::over(stamps.unwrap_or_else(once).iter().map(Vec::as_slice))
    }
}

/// Whether a file was written to so lately that one more write in the same tick of the file system's clock would leave
/// the same stamp. Some file systems count whole seconds. Whoever writes may say when it was modified, not when it was
/// changed; what was changed later than now was so by another clock.
pub(super) fn is_fresh(about: &Metadata) -> bool {
    let Ok(modified) = about.modified() else { return true };
    let whole = modified.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|d| d.subsec_nanos() == 0);
    let tick = Duration::from_millis(if whole { 2_000 } else { 20 });
    #[cfg(unix)]
    let changed = {
        use std::os::unix::fs::MetadataExt as _;
        let whole = u64::try_from(about.ctime()).unwrap_or_default();
        let part = u32::try_from(about.ctime_nsec()).unwrap_or_default();
        SystemTime::UNIX_EPOCH.checked_add(Duration::new(whole, part)).unwrap_or(modified)
    };
    #[cfg(not(unix))]
    let changed = modified;
    SystemTime::now().duration_since(changed).map_or(true, |age| age < tick)
}

/// When the file was last written to, in whole seconds.
pub(super) fn modified(about: &Metadata) -> i64 {
    let since = about.modified().ok().and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or_default()
}
