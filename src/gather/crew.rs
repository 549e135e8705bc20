//! Measuring many files: threads that each hold several open and hash them side by side.
//!
//! Whatever the threads do, the answer is that of reading one file after the other in the order asked: each file has a
//! place in that order, results are sorted by it, and of several errors the first in it counts.

use super::open::{self, Opened, Since};
use super::slot::{Before, CHUNK, Slot};
use super::tasks::{Files, Hand, Place, Source, Task, locked};
use super::tree::{Leaf, Near, left};
use super::{Effort, Error};
use crate::artifact::{Algorithm, Measured, Reading};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;
use std::time::SystemTime;

/// Files hashed side by side that do not fit into one read.
const LARGE: usize = 16;
/// Room for what a thread reads at a time.
const ROOM: usize = LARGE * (CHUNK + LINE);
/// A line of a cache.
const LINE: usize = 64;
/// Files a thread takes on before it hashes them.
const MOST: usize = 64;
/// A thread takes no more files in a turn once they come to so many bytes: the others shall have some as well.
const SHARE: u64 = 4 << 20;

/// A file, or a folder with files, that was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) path: PathBuf,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) folders: Folders,
}

/// What is made of a folder.
#[derive(Clone, Copy, Debug)]
pub(super) enum Folders {
    /// Every file below it is measured.
    Walked,
    /// Every file below it is measured, but those with such a name are only found.
    WalkedBut(fn(&OsStr) -> bool),
    /// It is an error.
    Refused,
}

/// Whether an error about one of those asked for ends the work on the others, whose results then mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    AtFirst,
    Never,
}

/// A file that was found.
#[derive(Debug)]
pub(super) struct Seen {
    /// Its path, beginning with what the user named.
    pub(super) path: PathBuf,
    /// Its digests; None if it was only to be found.
    pub(super) measured: Option<Measured>,
}

/// Measures all that was asked for, and makes of each file what is wanted, if anything, by the number of what it was asked
/// for by and in the thread that measured it. The n-th result is about the n-th of `asked`.
pub(super) fn measure<T: Send>(
    asked: &[Asked],
    stop: Stop,
    effort: &Effort<'_>,
    make: impl Fn(usize, Seen) -> Option<T> + Sync,
) -> Vec<Result<Vec<T>, Error>> {
    let crew = Crew {
        asked,
        stop,
        effort,
        make,
        source: Source::new(asked.len()),
        since: Since::the(SystemTime::now()),
        failed: Mutex::default(),
        any_failed: AtomicBool::new(false),
        at_work: AtomicUsize::new(1),
    };
    let runs = std::thread::scope(|scope| {
        let (mut helpers, mut alone) = (Vec::new(), true);
        let mut runs = vec![crew.work(CHUNK + LINE, &mut || {
            // Threads cost: for one small file there are none.
            if alone && !crew.source.is_exhausted() {
                alone = false;
                for _ in 1..effort.threads() {
                    crew.at_work.fetch_add(1, Ordering::Relaxed);
                    let Ok(helper) = Builder::new().spawn_scoped(scope, || crew.work(ROOM, &mut || ())) else {
                        // Where there are no more threads to be had, there are fewer.
                        crew.at_work.fetch_sub(1, Ordering::Relaxed);
                        break;
                    };
                    helpers.push(helper);
                }
            }
        })];
        let joined = helpers.into_iter().map(|helper| helper.join());
        runs.extend(joined.map(|run| run.unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
        runs
    });
    let mut results = merged(asked.len(), runs);
    for (place, error) in crew.failed.into_inner().unwrap_or_else(PoisonError::into_inner).into_values() {
        if let Some(result) = results.get_mut(place.0) {
            *result = Err(error);
        }
    }
    results
}

/// What was found of each of those asked for. Of a hundred thousand files there is not room for all twice: what the threads
/// have found is taken from its end, and given back meanwhile.
fn merged<T>(asked: usize, mut runs: Vec<Vec<(Place, T)>>) -> Vec<Result<Vec<T>, Error>> {
    const PART: usize = 8192;
    let mut results: Vec<Vec<T>> = (0..asked).map(|_| Vec::new()).collect();
    if let [alone] = results.as_mut_slice() {
        alone.reserve_exact(runs.iter().map(Vec::len).sum());
    }
    let last = |run: &Vec<(Place, T)>| run.last().map(|(place, _)| *place);
    while let Some(run) = runs.iter_mut().max_by_key(|run| last(run))
        && let Some((place, found)) = run.pop()
    {
        if let Some(list) = results.get_mut(place.0) {
            list.push(found);
        }
        if run.len().is_multiple_of(PART) {
            run.shrink_to_fit();
        }
    }
    results.iter_mut().for_each(|list| list.reverse());
    results.into_iter().map(Ok).collect()
}

struct Crew<'a, M> {
    asked: &'a [Asked],
    stop: Stop,
    effort: &'a Effort<'a>,
    make: M,
    source: Source,
    /// Before any file was opened.
    since: Since,
    /// The first error of each of those asked for, or of all.
    failed: Mutex<BTreeMap<usize, (Place, Error)>>,
    any_failed: AtomicBool,
    at_work: AtomicUsize,
}

/// A file in a thread's hands.
struct Held {
    place: Place,
    leaf: Option<Leaf>,
    slot: Slot,
    /// How many bytes were read this time.
    filled: usize,
}

impl<T, M: Fn(usize, Seen) -> Option<T>> Crew<'_, M> {
    /// Measures files until there are none; they are in order. `called` is called after every time that files were taken.
    /// Of one file there may be so much to read at first, and if it is not alone, what there is room for.
    fn work(&self, at_first: usize, called: &mut dyn FnMut()) -> Vec<(Place, T)> {
        let mut done = Vec::new();
        let mut held: Vec<Held> = Vec::new();
        let mut room = vec![0; at_first];
        let (mut hand, mut near) = (Hand::default(), Near::default());
        loop {
            let mut rest = room.as_mut_slice();
            let mut pieces: Vec<&[u8]> = Vec::with_capacity(MOST);
            held.retain_mut(|file| self.read(file, &mut rest, &mut pieces));
            let mut share = 0;
            while held.len() < MOST
                && rest.len() >= CHUNK
                && share < SHARE
                && let Some(task) = self.take(&mut hand)
            {
                if let Some(path) = self.only_found(&task) {
                    done.extend(self.made(task.place(), Seen { path, measured: None }));
                    self.drop(task);
                } else if let Some(mut file) = self.open(task, &mut near) {
                    let is_read = self.read(&mut file, &mut rest, &mut pieces);
                    let size = file.slot.size();
                    share = share.saturating_add(size);
                    hand.expect(if size < SHARE / MOST as u64 { Files::Small } else { Files::Large });
                    self.effort.opened(size);
                    if is_read {
                        held.push(file);
                    }
                }
            }
            if share >= SHARE && !hand.is_empty() {
                self.source.take_back(&mut hand);
            }
            called();
            // None may be left in hand because those that were taken could not be read.
            if held.is_empty() && share < SHARE {
                self.at_work.fetch_sub(1, Ordering::Relaxed);
                // Large files end later than small ones that were begun after them.
                done.sort_by_key(|(place, _)| *place);
                return done;
            }
            let mut feed: Vec<_> = held.iter_mut().zip(pieces).map(|(f, p)| (&mut f.slot.reading, p)).collect();
            Reading::feed(self.effort.lanes(feed.len()), &mut feed);
            self.effort.bytes(held.iter().map(|f| f.filled as u64).sum());
            if held.len() == 1 {
                held.retain_mut(|alone| self.finish_apart(alone));
            }
            self.put_away(&mut held, &mut done);
            if room.len() < ROOM && !self.source.is_exhausted() {
                room = vec![0; ROOM];
            }
        }
    }

    /// The next file that matters: behind an error that ends the work, none does.
    fn take(&self, hand: &mut Hand) -> Option<Task> {
        loop {
            if hand.is_empty() {
                self.source.fill(hand, &|place, error| self.fail(place, error));
            }
            let task = hand.next()?;
            if !self.any_failed.load(Ordering::Relaxed) || self.matters(task.place()) {
                return Some(task);
            }
            self.drop(task);
        }
    }

    fn drop(&self, task: Task) {
        if let Task::Below(place, leaf) = task {
            self.leave(place, leaf);
        }
    }

    /// A file below a folder that is not to be opened.
    fn only_found(&self, task: &Task) -> Option<PathBuf> {
        let Task::Below(place, leaf) = task else { return None };
        match self.asked.get(place.0)?.folders {
            Folders::WalkedBut(left_out) if left_out(leaf.name()) => {
                self.effort.files(1);
                Some(leaf.path())
            }
            _ => None,
        }
    }

    /// Opens a file. A folder goes back, to be walked.
    fn open(&self, task: Task, near: &mut Near) -> Option<Held> {
        let place = task.place();
        let asked = self.asked.get(place.0)?;
        let (leaf, opened) = match task {
            Task::Below(_, leaf) => {
                let opened = near.open(&leaf);
                (Some(leaf), opened)
            }
            Task::Named(_) => match open::named(&asked.path) {
                Ok(Opened::Folder(folder)) if !matches!(asked.folders, Folders::Refused) => {
                    self.source.walk(place.0, folder);
                    return None;
                }
                other => (None, other.and_then(|opened| file(opened, asked))),
            },
        };
        match opened {
            Ok((file, before)) => {
                Some(Held { place, leaf, slot: Slot::new(file, before, &asked.algorithms), filled: 0 })
            }
            Err(error) => {
                self.fail(place, error);
                if let Some(leaf) = leaf {
                    self.leave(place, leaf);
                }
                None
            }
        }
    }

    /// Reads what comes next of a file into the room that is left; false if that failed.
    fn read<'r>(&self, file: &mut Held, rest: &mut &'r mut [u8], pieces: &mut Vec<&'r [u8]>) -> bool {
        let room = std::mem::take(rest);
        let at = room.len().min(CHUNK);
        let read = {
            let path = || self.path(file.place, file.leaf.as_ref());
            file.slot.read(room.get_mut(..at).unwrap_or_default(), self.since, &path)
        };
        match read {
            Ok(filled) => {
                file.filled = filled;
                // A line apart, for files of the same size not to fall on the same lines of a cache.
                let (used, free) = room.split_at_mut(filled.saturating_add(LINE).min(room.len()));
                pieces.push(used.get(..filled).unwrap_or_default());
                *rest = free;
                true
            }
            Err(error) => {
                *rest = room;
                self.give_up(file, error);
                false
            }
        }
    }

    /// A large file that is the last one would keep one thread busy and leave the others idle. False if reading failed.
    fn finish_apart(&self, file: &mut Held) -> bool {
        let idle = || self.source.is_exhausted() && self.at_work.load(Ordering::Relaxed) < self.effort.threads();
        if file.slot.remaining() < 8 * CHUNK as u64 || !idle() {
            return true;
        }
        let path = self.path(file.place, file.leaf.as_ref());
        let done = file.slot.finish_apart(self.effort, self.since, &path);
        done.map_err(|error| self.give_up(file, error)).is_ok()
    }

    fn give_up(&self, file: &mut Held, error: Error) {
        self.fail(file.place, error);
        if let Some(leaf) = file.leaf.take() {
            self.leave(file.place, leaf);
        }
    }

    /// Finishes the digests of files that are read to their end.
    fn put_away(&self, held: &mut Vec<Held>, done: &mut Vec<(Place, T)>) {
        let (mut paths, mut readings) = (Vec::new(), Vec::new());
        let ended: Vec<Held> = held.extract_if(.., |file| file.slot.remaining() == 0).collect();
        for Held { place, leaf, slot, .. } in ended {
            paths.push((place, self.path(place, leaf.as_ref())));
            readings.push(slot.reading);
            if let Some(leaf) = leaf {
                self.leave(place, leaf);
            }
        }
        self.effort.files(readings.len() as u64);
        let measured = Reading::finish_all(self.effort.lanes(readings.len()), readings);
        let seen = paths.into_iter().zip(measured);
        done.extend(seen.filter_map(|((place, path), m)| self.made(place, Seen { path, measured: Some(m) })));
    }

    fn made(&self, place: Place, seen: Seen) -> Option<(Place, T)> {
        Some((place, (self.make)(place.0, seen)?))
    }

    fn path(&self, place: Place, leaf: Option<&Leaf>) -> PathBuf {
        leaf.map(Leaf::path).or_else(|| self.asked.get(place.0).map(|a| a.path.clone())).unwrap_or_default()
    }

    fn leave(&self, place: Place, leaf: Leaf) {
        if let Err((at, error)) = left(leaf.within) {
            self.fail((place.0, at), error);
        }
    }

    fn group(&self, place: Place) -> usize {
        if self.stop == Stop::AtFirst { 0 } else { place.0 }
    }

    fn matters(&self, place: Place) -> bool {
        locked(&self.failed).get(&self.group(place)).is_none_or(|(first, _)| place < *first)
    }

    fn fail(&self, place: Place, error: Error) {
        let mut failed = locked(&self.failed);
        if failed.get(&self.group(place)).is_none_or(|(first, _)| place < *first) {
            failed.insert(self.group(place), (place, error));
        }
        self.any_failed.store(true, Ordering::Relaxed);
    }
}

fn file(opened: Opened, asked: &Asked) -> Result<(File, Before), Error> {
    match opened {
        Opened::File(file, stamp) => Ok((file, Before::Seen(stamp))),
        Opened::Folder(_) => Err(Error::NotAFile { path: asked.path.clone(), kind: "a folder" }),
    }
}
