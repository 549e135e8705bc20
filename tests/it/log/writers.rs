//! Many writers in two processes, and a reader who looks all the while: every entry has one place, places have no gaps,
//! and whatever is published is one history.

use super::{Key, entry, holds, now};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use vouchsafe::gather::{Location, tiles::TilesAt};
use vouchsafe::publish::log::LogFolder;
use vouchsafe::transparency::{Checkpoint, Hash, Tree, only_grew, signed_checkpoint};

const FOLDER: &str = "WRITERS_FOLDER";
const PROCESSES: usize = 2;
const THREADS: usize = 32;

/// Appends the entries of one process; every writer has its own, one at a time, and each its proof.
fn write(folder: &Path, process: usize, each: usize) {
    let log = LogFolder::open(folder).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let log = &log;
            scope.spawn(move || {
                let key = Key::new(1);
                for n in 0..each {
                    let entry = entry(((process * THREADS) + thread) * each + n);
                    let proof = log.append(std::slice::from_ref(&entry), &key, &[], now()).unwrap().remove(0);
                    holds(log.key(), &entry, &proof);
                }
            });
        }
    });
}

/// One of the processes that [`writers`] starts; it is this very test binary.
#[test]
#[ignore = "started by the tests below"]
fn process() {
    let setting = |name: &str| std::env::var(name).unwrap();
    let (process, each) = (setting("WRITERS_PROCESS").parse().unwrap(), setting("WRITERS_EACH").parse().unwrap());
    write(&PathBuf::from(setting(FOLDER)), process, each);
}

/// Reads what is public, as a stranger does: the tiles lead to the root, and the log only grew.
fn look(tiles: &TilesAt, log: &LogFolder, before: Option<Checkpoint>) -> Checkpoint {
    let seen = signed_checkpoint(&tiles.checkpoint().unwrap(), log.key()).unwrap();
    let tree = Tree::new(tiles, seen.size);
    assert_eq!(tree.root().unwrap(), seen.root, "a mixed state");
    if let Some(before) = before {
        let proof = if before.size <= seen.size { tree.consistency(before.size).unwrap() } else { Vec::new() };
        only_grew(&before, &seen, &proof).unwrap();
    }
    seen
}

#[expect(clippy::print_stdout, reason = "the figure of a long run")]
fn writers(each: usize) {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let path = folder.path().join("tlog");
    let log = LogFolder::init(&path, "example.org/log", &Key::new(1), None, now()).unwrap();
    let tiles = TilesAt::open(&Location::Path(path.clone())).unwrap();
    let start = |process: usize| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "log::writers::process"]).env(FOLDER, &path);
        command.env("WRITERS_PROCESS", process.to_string()).env("WRITERS_EACH", each.to_string());
        command.stdout(Stdio::null()).spawn().unwrap()
    };
    let mut processes: Vec<_> = (0..PROCESSES).map(start).collect();
    let (mut seen, mut looks) = (look(&tiles, &log, None), 0);
    while processes.iter_mut().any(|p| p.try_wait().unwrap().is_none()) {
        seen = look(&tiles, &log, Some(seen));
        looks += 1;
    }
    assert!(processes.into_iter().all(|mut p| p.wait().unwrap().success()), "a writer failed");
    let total = PROCESSES * THREADS * each;
    let last = look(&tiles, &log, Some(seen));
    assert_eq!(last.size, total as u64);
    let places: BTreeSet<u64> = (0..total).map(|n| log.prove(&Hash::leaf(&entry(n))).unwrap().unwrap().index).collect();
    assert_eq!(places, (0..total as u64).collect(), "no gap, and nothing twice");
    assert!(log.fsck().unwrap().findings.is_empty());
    println!("{total} entries by {} writers in {PROCESSES} processes, looked at {looks} times", PROCESSES * THREADS);
}

#[test]
fn many_writers_make_one_log() {
    writers(5);
}

/// `cargo test --release --test it -- --ignored log::writers::a_thousand_entries_of_each --nocapture`
#[test]
#[ignore = "takes minutes"]
fn a_thousand_entries_of_each() {
    writers(1000);
}
