//! The lock of a log: whoever removes its file lets nobody in.

use super::{InMemory, Key, entry, now, on};
use crate::scene::Scene;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use vouchsafe::encoding::Explain as _;
use vouchsafe::publish::log::memory::Machine;
use vouchsafe::publish::log::{Cosigner, NotAsked};
use vouchsafe::store::Lock;
use vouchsafe::transparency::witness::AddCheckpoint;
use vouchsafe::transparency::{LogPolicy, NoteKey, Signature};

/// Takes the lock so many times, and sees to it that nobody else has it.
fn take(folder: &std::path::Path, times: usize, inside: &AtomicUsize) {
    for _ in 0..times {
        let held = Lock::wait(folder).unwrap();
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two have the lock");
        std::thread::sleep(Duration::from_micros(300));
        inside.fetch_sub(1, Ordering::SeqCst);
        drop(held);
    }
}

#[test]
fn a_lock_file_that_is_removed_again_and_again_lets_one_in_at_a_time() {
    let scene = Scene::empty();
    let (folder, inside, done) = (scene.path(""), AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|threads| {
        let writers: Vec<_> = (0..6).map(|_| threads.spawn(|| take(&folder, 60, &inside))).collect();
        threads.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let _ = std::fs::remove_file(folder.join(".lock"));
                std::thread::sleep(Duration::from_micros(500));
            }
        });
        let ended: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::SeqCst);
        assert!(ended.iter().all(Result::is_ok));
    });
}

/// Who waited for a file that is not there any more waits for the new one.
#[test]
fn what_is_held_is_the_file_that_stands_there() {
    let scene = Scene::empty();
    let (folder, path) = (scene.path(""), scene.path(".lock"));
    let first = Lock::wait(&folder).unwrap();
    std::thread::scope(|threads| {
        let second = threads.spawn(|| Lock::wait(&folder).unwrap());
        std::thread::sleep(Duration::from_millis(100));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "").unwrap();
        drop(first);
        let _held = second.join().unwrap();
        let there = std::fs::File::open(&path).unwrap();
        assert!(matches!(there.try_lock(), Err(std::fs::TryLockError::WouldBlock)), "the new file is free");
    });
}

/// As `flock(1)` does, which then waits for whoever waits for it.
#[test]
fn a_folder_that_is_locked_from_outside_is_not_waited_for_for_ever() {
    let scene = Scene::empty();
    let (folder, short) = (scene.path(""), Duration::from_millis(50));
    for what in [".", ".lock"] {
        let path = scene.path(what);
        let outside = if path.is_dir() { std::fs::File::open(&path) } else { std::fs::File::create(&path) }.unwrap();
        outside.lock().unwrap();
        let error = Lock::wait_for(&folder, short).unwrap_err();
        assert_eq!(error.code(), "folder-locked", "{what}: {error}");
        assert!(error.to_string().contains(folder.to_str().unwrap()), "{error}");
        assert!(error.next().contains("flock"));
        outside.unlock().unwrap();
        // Who gave up stands in nobody's way.
        drop(Lock::wait(&folder).unwrap());
    }
}

/// A witness that takes its time: while it is asked, somebody else commits and publishes, past the lock.
struct Slow<'m>(InMemory, &'m Machine, LogPolicy);

impl Cosigner for Slow<'_> {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn key(&self) -> &NoteKey {
        self.0.key()
    }
    fn ask(&self, request: &AddCheckpoint) -> Result<Vec<Signature>, NotAsked> {
        let answer = self.0.ask(request);
        let key = Key::new(1);
        on(self.1, &key, Some(self.2.clone())).append(&[entry(9)], &key, &[&self.0], now()).unwrap();
        answer
    }
}

#[test]
fn an_older_checkpoint_never_takes_the_place_of_a_newer_one() {
    let (machine, key) = (Machine::default(), Key::new(1));
    let one = InMemory::new("one", 11, &key.log());
    let policy = LogPolicy::parse(format!("log {}\n{}quorum one\n", key.log(), one.line()).as_bytes()).unwrap();
    let log = on(&machine, &key, Some(policy.clone()));
    log.begin(&key, now()).unwrap();
    let slow = Slow(one, &machine, policy);
    let error = log.append(&[entry(0)], &key, &[&slow], now()).unwrap_err();
    assert_eq!(error.code(), "log-overtaken");
    assert_eq!(log.checkpoint().unwrap().text().lines().nth(1), Some("2"));
    // Run again it finds both, and logs neither again.
    let places = log.append(&[entry(0), entry(9)], &key, &[&slow.0], now()).unwrap();
    assert_eq!(places.iter().map(|proof| proof.index).collect::<Vec<_>>(), [0, 1]);
}
