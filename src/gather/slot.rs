//! One file among the many that are read side by side.

use super::open::{Device, Since, Stamp, stamp};
use super::{Effort, Error};
use crate::artifact::{Algorithm, Lanes, Reading};
use crate::store;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::thread::Builder;

/// Bytes asked for at a time: read() is at its best from 128 to 256 KiB.
pub(super) const CHUNK: usize = 128 << 10;

/// What is known of a file before it is read.
#[derive(Debug)]
pub(super) enum Before {
    /// It has been looked at.
    Seen(Stamp),
    /// It has not: its folder is here, where the times of files are by this machine's clock.
    #[cfg_attr(not(unix), expect(dead_code, reason = "elsewhere no folder says whose clock it has"))]
    Unseen(Device),
}

/// A file, the stamp it had before it was read, and what has been read of it.
#[derive(Debug)]
pub(super) struct Slot {
    /// Open until all of it has been read.
    file: Option<File>,
    before: Before,
    /// What goes into its digests.
    pub(super) reading: Reading,
    read: u64,
}

impl Slot {
    pub(super) fn new(file: File, before: Before, algorithms: &[Algorithm]) -> Self {
        Self { file: Some(file), before, reading: Reading::new(algorithms), read: 0 }
    }

    /// How many bytes it has, once some have been read.
    pub(super) fn size(&self) -> u64 {
        match &self.before {
            Before::Seen(before) => before.size,
            Before::Unseen(_) => 0,
        }
    }

    /// How many bytes are to come, once some have been read.
    pub(super) fn remaining(&self) -> u64 {
        self.size().saturating_sub(self.read)
    }

    /// Reads what comes next into `room`, to its end or the file's, and says how much that is. With the last byte the
    /// file is looked at again: the size and times it had before, or it has changed. A change within the same tick of the file
    /// system's clock that keeps the size cannot be seen this way. `since` is any moment before the file was opened.
    pub(super) fn read(&mut self, room: &mut [u8], since: Since, path: &dyn Fn() -> PathBuf) -> Result<usize, Error> {
        let before = match &self.before {
            Before::Seen(before) => before,
            Before::Unseen(on) => return self.read_first(*on, room, since, path),
        };
        let Some(mut file) = self.file.as_ref() else { return Ok(0) };
        // Of a file without bytes one is asked for: some files of the system have bytes and do not say so.
        let wanted = usize::try_from(self.remaining().max(1)).unwrap_or(usize::MAX).min(room.len());
        let room = room.get_mut(..wanted).unwrap_or_default();
        let mut filled = 0;
        while let Some(rest) = room.get_mut(filled..).filter(|r| !r.is_empty()) {
            match file.read(rest) {
                Ok(0) => break,
                Ok(n) => filled = filled.saturating_add(n),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(store::Error::io(&path(), e).into()),
            }
        }
        self.read = self.read.saturating_add(filled as u64);
        let ends = filled < wanted || self.read >= before.size;
        if ends && (self.read != before.size || stamp(file, path)? != *before) {
            return Err(store::Error::Changed(path()).into());
        }
        if ends {
            self.file = None;
        }
        Ok(filled)
    }

    /// Reads what comes first, and looks at the file only then: if it was last written to before `since`, as far as times tell, then
    /// not while it was read, and for a small file one look is enough. Otherwise it is read again, between two of them.
    fn read_first(
        &mut self,
        on: Device,
        room: &mut [u8],
        since: Since,
        path: &dyn Fn() -> PathBuf,
    ) -> Result<usize, Error> {
        let Some(mut file) = self.file.as_ref() else { return Ok(0) };
        let fail = |e| store::Error::io(&path(), e);
        let filled = std::iter::repeat_with(|| file.read(room)).find(|r| !is_interrupted(r));
        let before = stamp(file, path)?;
        let (size, is_before) = (before.size, before.is_before(since, on));
        self.before = Before::Seen(before);
        let filled = filled.unwrap_or(Ok(0)).map_err(fail)?;
        if !is_before || filled as u64 > size {
            file.rewind().map_err(fail)?;
            return self.read(room, since, path);
        }
        self.read = filled as u64;
        if self.read == size {
            self.file = None;
        }
        Ok(filled)
    }

    /// Reads and hashes the rest, each in a thread of its own: for a large file that is the last one. Where no thread is to be
    /// had, it does nothing.
    pub(super) fn finish_apart(&mut self, effort: &Effort<'_>, since: Since, path: &Path) -> Result<(), Error> {
        const ROOM: usize = 2 * CHUNK;
        let (full, filled) = std::sync::mpsc::sync_channel::<(Vec<u8>, usize)>(2);
        let (empty, emptied) = std::sync::mpsc::channel();
        for _ in 0..3 {
            let _ = empty.send(vec![0; ROOM]);
        }
        let mut reading = std::mem::replace(&mut self.reading, Reading::new(&[]));
        let outcome = std::thread::scope(|scope| {
            let apart = &mut reading;
            let hashing = Builder::new().spawn_scoped(scope, move || {
                for (buffer, n) in filled {
                    Reading::feed(Lanes::ONE, &mut [(apart, buffer.get(..n).unwrap_or_default())]);
                    effort.bytes(n as u64);
                    // Nobody waits for the last ones.
                    let _ = empty.send(buffer);
                }
            });
            let Ok(hashing) = hashing else { return Ok(()) };
            let mut outcome = Ok(());
            while self.remaining() > 0
                && outcome.is_ok()
                && let Ok(mut buffer) = emptied.recv()
            {
                outcome = self.read(&mut buffer, since, &|| path.to_owned()).map(|n| {
                    let _ = full.send((buffer, n));
                });
            }
            drop(full);
            outcome.and_then(|()| hashing.join().map_err(|_| store::Error::Changed(path.to_owned()).into()))
        });
        self.reading = reading;
        outcome
    }
}

fn is_interrupted(read: &std::io::Result<usize>) -> bool {
    read.as_ref().is_err_and(|e| e.kind() == ErrorKind::Interrupted)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::encoding::Explain as _;
    use crate::gather::open::{Opened, named};
    use std::time::{Duration, SystemTime};

    /// What comes of a file that is read in pieces of `room`, with something done before each piece but the first.
    fn read(path: &Path, since: SystemTime, room: usize, meddle: &dyn Fn()) -> Result<Vec<u8>, Error> {
        let Opened::Folder(folder) = named(path.parent().unwrap()).unwrap() else { panic!("a folder") };
        let (file, before) = folder.open_file(path.file_name().unwrap())?;
        let mut slot = Slot::new(file, before, &[Algorithm::Sha256]);
        let (mut room, mut all) = (vec![0; room], Vec::new());
        loop {
            let n = slot.read(&mut room, Since::the(since), &|| path.to_owned())?;
            all.extend_from_slice(&room[..n]);
            if slot.remaining() == 0 {
                assert_eq!(slot.size(), all.len() as u64);
                return Ok(all);
            }
            meddle();
        }
    }

    #[test]
    fn one_look_or_two_give_the_same_bytes_and_notice_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (long_ago, hour) = (SystemTime::UNIX_EPOCH, Duration::from_secs(3600));
        for size in [0, 1, 999, 1000, 1001, 5000] {
            let path = folder.path().join(size.to_string());
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            // As if it had been written an hour after, and an hour before.
            for since in [long_ago, SystemTime::now() + hour] {
                assert_eq!(read(&path, since, 1000, &|| ()).unwrap(), bytes, "{size}");
                let grown =
                    read(&path, since, 1000, &|| std::fs::write(&path, [&bytes[..], b"more"].concat()).unwrap());
                assert_eq!(grown.is_err(), size > 1000, "{size}");
                assert!(grown.err().is_none_or(|e| e.code() == "file-changed"));
                std::fs::write(&path, &bytes).unwrap();
            }
        }
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for swapped in [folder.path(), &pipe] {
            let swapped = read(swapped, SystemTime::now() + hour, 1000, &|| ());
            assert_eq!(swapped.unwrap_err().code(), "file-changed");
        }
    }
}
