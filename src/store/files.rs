//! Single files: read with a limit, written whole or not at all.

use super::Error;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Whether an existing file may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// No: it is somebody's work.
    Refuse,
    /// Yes: asked for, or our own state.
    Replace,
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// [`Error::TooLarge`] before more than the limit was read, or what the system says.
pub fn read_bounded(path: &Path, limit: usize) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    // What a file says of its length saves reads: who has got all of that need not ask for more. Some say nothing.
    let told = file.metadata().ok().filter(|about| about.is_file() && about.len() > 0).map(|about| about.len());
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let first = told.unwrap_or(most).min(most);
    if let Some(bytes) = told.filter(|told| (LARGE..most).contains(told)).and_then(|told| halves(&file, told)) {
        return Ok(bytes);
    }
    let mut bytes = Vec::with_capacity(told.map_or(0, |_| usize::try_from(first).unwrap_or(limit)));
    (&file).take(first).read_to_end(&mut bytes).map_err(|e| Error::io(path, e))?;
    if bytes.len() > limit {
        return Err(Error::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// From so many bytes on, half of a file is read in a thread of its own: it is the system's finding and clearing pages for
/// so much that takes the time.
const LARGE: u64 = 4 << 20;

/// The first bytes of a file, as many as it said it has; none if it has fewer, is not at its beginning, as a descriptor that
/// was handed over may not be, or no thread is to be had.
#[cfg(unix)]
fn halves(file: &File, length: u64) -> Option<Vec<u8>> {
    use std::io::Seek as _;
    use std::os::unix::fs::FileExt as _;
    (&*file).stream_position().ok().filter(|at| *at == 0)?;
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    let half = bytes.len() / 2;
    let (first, second) = bytes.split_at_mut(half);
    let both = std::thread::scope(|scope| {
        let other = std::thread::Builder::new().spawn_scoped(scope, || file.read_exact_at(second, half as u64));
        let Ok(other) = other else { return false };
        file.read_exact_at(first, 0).is_ok() && other.join().is_ok_and(|read| read.is_ok())
    });
    both.then_some(bytes)
}

/// As above, where a file is read in one place at a time.
#[cfg(not(unix))]
fn halves(_: &File, _: u64) -> Option<Vec<u8>> {
    None
}

/// Reads a whole secret file of at most `limit` bytes, if nobody but its owner may touch it. The permissions are
/// those of the file that was opened, so it cannot be exchanged in between.
///
/// # Errors
/// [`Error::Exposed`], and as [`read_bounded`].
pub fn read_private(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    let about = file.metadata().map_err(|e| Error::io(path, e))?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o7777;
        if about.is_file() && mode & 0o077 != 0 {
            return Err(Error::Exposed { path: path.to_owned(), mode });
        }
    }
    // Room for all of it at once: a growing vector leaves copies of the secret behind.
    let room = usize::try_from(about.len()).unwrap_or(usize::MAX).min(limit).saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.max(4096)));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(|e| Error::io(path, e))?;
    if bytes.len() > limit {
        return Err(Error::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// Reads a whole text file of at most `limit` bytes; bytes that are not UTF-8 are an I/O error.
///
/// # Errors
/// As [`read_bounded`].
pub fn read_text(path: &Path, limit: usize) -> Result<String, Error> {
    String::from_utf8(read_bounded(path, limit)?).map_err(|_| Error::Io {
        path: path.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidData, "not UTF-8 text"),
    })
}

/// Whether something is at `path`, a dangling link included.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Writes a file under a temporary name in the same folder, syncs it, and renames it into place: readers
/// see the old bytes or the new ones. Missing folders are made.
///
/// # Errors
/// [`Error::Exists`] under [`Overwrite::Refuse`]; [`Error::NotAFile`] for devices and folders; [`Error::NotAFolder`] below
/// a file; what the system says otherwise.
pub fn write_atomic(path: &Path, bytes: &[u8], overwrite: Overwrite) -> Result<(), Error> {
    if overwrite == Overwrite::Refuse && exists(path) {
        return Err(Error::Exists(path.to_owned()));
    }
    let folder = folder_of(path);
    if path.metadata().is_ok_and(|there| !there.is_file()) || is_the_systems(folder) {
        return Err(Error::NotAFile(path.to_owned()));
    }
    std::fs::create_dir_all(folder).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => Error::NotAFolder(folder.to_owned()),
        _ => Error::io(folder, e),
    })?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = folder.join(format!(".{}.{}.tmp", name.chars().take(64).collect::<String>(), std::process::id()));
    let written = write_and_sync(&temporary, bytes).and_then(|()| place(&temporary, path, overwrite));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written?;
    sync_dir(folder)
}

/// Whether a folder holds devices and links to them: a rename there would put a file in the place of `/dev/stdout`.
fn is_the_systems(folder: &Path) -> bool {
    let real = folder.canonicalize().unwrap_or_default();
    real.starts_with("/proc") || (real.starts_with("/dev") && !real.starts_with("/dev/shm"))
}

/// As [`write_atomic`] under [`Overwrite::Replace`], for what is too large to be held: `write` is handed the file.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_streamed(
    path: &Path,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> Result<(), Error> {
    let folder = folder_of(path);
    if path.metadata().is_ok_and(|there| !there.is_file()) || is_the_systems(folder) {
        return Err(Error::NotAFile(path.to_owned()));
    }
    std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = folder.join(format!(".{}.{}.tmp", name.chars().take(64).collect::<String>(), std::process::id()));
    let fill = || {
        let _ = std::fs::remove_file(&temporary);
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        let mut out = std::io::BufWriter::new(file);
        write(&mut out)?;
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    };
    let written =
        fill().map_err(|e| Error::io(&temporary, e)).and_then(|()| place(&temporary, path, Overwrite::Replace));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written?;
    sync_dir(folder)
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let _ = std::fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|e| Error::io(path, e))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| Error::io(path, e))
}

/// Puts the finished file in place. A link refuses what exists, atomically; a rename replaces it.
fn place(temporary: &Path, path: &Path, overwrite: Overwrite) -> Result<(), Error> {
    match overwrite {
        Overwrite::Replace => std::fs::rename(temporary, path).map_err(|e| Error::io(path, e)),
        Overwrite::Refuse => {
            std::fs::hard_link(temporary, path).map_err(|e| Error::io(path, e))?;
            std::fs::remove_file(temporary).map_err(|e| Error::io(temporary, e))
        }
    }
}

/// Makes the names in a folder durable. Windows opens no folder as a file; NTFS keeps names in its journal.
///
/// # Errors
/// What the system says.
pub fn sync_dir(folder: &Path) -> Result<(), Error> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Error::io(folder, e))
}

/// Creates a private file with mode 0600; never replaces one.
///
/// # Errors
/// [`Error::Exists`], or what the system says.
pub fn create_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|e| Error::io(path, e))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| Error::io(path, e));
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written?;
    sync_dir(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGE, read_bounded};

    #[test]
    fn a_large_file_is_read_as_any_other() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("large");
        for length in [LARGE - 1, LARGE, LARGE + 1, 2 * LARGE + 7].map(|length| usize::try_from(length).unwrap()) {
            let bytes: Vec<u8> = (0..length).map(|n| (n * 7 % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            assert!(read_bounded(&path, length).unwrap() == bytes, "{length}");
            let error = read_bounded(&path, length - 1).unwrap_err();
            assert!(matches!(error, crate::store::Error::TooLarge { limit, .. } if limit == length - 1), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_has_become_shorter_is_read_in_one_go() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("large");
        std::fs::write(&path, b"abc").unwrap();
        let file = std::fs::File::open(&path).unwrap();
        assert_eq!(super::halves(&file, 4), None);
        assert_eq!(super::halves(&file, 3).unwrap(), b"abc");
    }
}
