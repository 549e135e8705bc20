//! One file among the many that are read side by side.

use super::open::{Stamp, stamp};
use super::{Effort, Error};
use crate::artifact::{Algorithm, Lanes, Reading};
use crate::store;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::thread::Builder;

/// Bytes asked for at a time: read() is at its best from 128 to 256 KiB.
pub(super) const CHUNK: usize = 128 << 10;

/// A file, the stamp it had when it was opened, and what has been read of it.
#[derive(Debug)]
pub(super) struct Slot {
    /// Open until all of it has been read.
    file: Option<File>,
    before: Stamp,
    /// What goes into its digests.
    pub(super) reading: Reading,
    read: u64,
}

impl Slot {
    pub(super) fn new(file: File, before: Stamp, algorithms: &[Algorithm]) -> Self {
        Self { file: Some(file), before, reading: Reading::new(algorithms), read: 0 }
    }

    /// How many bytes are to come.
    pub(super) fn remaining(&self) -> u64 {
        self.before.size.saturating_sub(self.read)
    }

    /// Reads what comes next into `room`, to its end or the file's, and says how much that is. With the last byte the
    /// file is looked at again: the size and times it had when it was opened, or it has changed. A change within the
    /// same tick of the file system's clock that keeps the size cannot be seen this way.
    pub(super) fn read(&mut self, room: &mut [u8], path: &dyn Fn() -> std::path::PathBuf) -> Result<usize, Error> {
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
        let ends = filled < wanted || self.read >= self.before.size;
        if ends && (self.read != self.before.size || stamp(file, path)? != self.before) {
            return Err(store::Error::Changed(path()).into());
        }
        if ends {
            self.file = None;
        }
        Ok(filled)
    }

    /// Reads and hashes the rest, each in a thread of its own: for a large file that is the last one. Where no thread is to be
    /// had, it does nothing.
    pub(super) fn finish_apart(&mut self, effort: &Effort<'_>, path: &Path) -> Result<(), Error> {
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
                outcome = self.read(&mut buffer, &|| path.to_owned()).map(|n| {
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
