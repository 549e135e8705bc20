//! Hashing many files at a time: every way the processor has comes to the digests of `sha2`, of NIST's vectors and of
//! `sha256sum`, in the same order, with the same errors.
#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "says what this processor has not")]

use crate::run::{Ran, program, valid, vouchsafe};
use proptest::prelude::*;
use sha2::Digest as _;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use vouchsafe::artifact::{Algorithm, Lanes, Measured, Reading};
use vouchsafe::gather::{self, Effort};

/// Hashes messages side by side, each fed in pieces of so many bytes.
fn measured(lanes: Lanes, messages: &[Vec<u8>], piece: usize) -> Vec<Measured> {
    let mut readings: Vec<Reading> = messages.iter().map(|_| Reading::new(&Algorithm::ALL)).collect();
    let longest = messages.iter().map(Vec::len).max().unwrap_or_default();
    for at in (0..longest).step_by(piece) {
        let left = readings.iter_mut().zip(messages).filter(|(_, m)| m.len() > at);
        let mut pieces: Vec<_> = left.map(|(r, m)| (r, &m[at..m.len().min(at + piece)])).collect();
        Reading::feed(lanes, &mut pieces);
    }
    Reading::finish_all(lanes, readings)
}

#[track_caller]
fn agrees(lanes: Lanes, messages: &[Vec<u8>], piece: usize) {
    for (measured, message) in measured(lanes, messages, piece).iter().zip(messages) {
        let want = [sha2::Sha256::digest(message).to_vec(), sha2::Sha512::digest(message).to_vec()];
        let got: Vec<_> = measured.digests().iter().map(|d| d.as_bytes().to_vec()).collect();
        assert_eq!(got, want, "{lanes:?}, {} bytes in pieces of {piece}", message.len());
    }
}

fn message(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i * 31 + i / 251 + n) as u8).collect()
}

/// No way is skipped silently: what this processor has not is printed, and one is always there.
fn ways() -> Vec<Lanes> {
    let here: Vec<Lanes> = Lanes::here().collect();
    for width in [16, 8, 2, 1] {
        if Lanes::of(width).is_none() {
            eprintln!("this processor has no {width} lanes: NOT tested here");
        }
    }
    let best = if cfg!(debug_assertions) { Lanes::ONE } else { here[0] };
    assert!(here.contains(&Lanes::ONE) && best == Lanes::best(), "{here:?}");
    here
}

#[test]
fn every_length_around_the_edges_of_blocks() {
    let messages: Vec<Vec<u8>> =
        (0..=200).chain([255, 256, 257, 511, 512, 513, 4095, 4096, 4097]).map(message).collect();
    for lanes in ways() {
        for piece in [1 << 20, 64, 63, 65, 1] {
            agrees(lanes, &messages, piece);
        }
    }
}

#[test]
fn every_number_of_messages_side_by_side() {
    for lanes in ways() {
        for n in 0..=40 {
            let same: Vec<Vec<u8>> = (0..n).map(|i| message(128 + usize::from(i % 7 == 3))).collect();
            agrees(lanes, &same, 1 << 20);
            // Each lane comes free at another time, the last messages run alone.
            let steps: Vec<Vec<u8>> = (0..n).map(|i| message(i * i * 7)).collect();
            agrees(lanes, &steps, 1 << 20);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_messages_in_any_pieces(
        lengths in proptest::collection::vec((0_usize..12, 0_usize..66), 1..50), piece in 1_usize..700
    ) {
        let messages: Vec<Vec<u8>> = lengths.iter().map(|(blocks, rest)| message(blocks * 64 + rest)).collect();
        for lanes in ways() {
            agrees(lanes, &messages, piece);
        }
    }
}

/// NIST CAVP, SHA-256, byte-oriented: every short and every long message.
#[test]
fn nist_vectors() {
    for (file, count) in [("SHA256ShortMsg.rsp", 65), ("SHA256LongMsg.rsp", 64)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/sha256").join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let values = |key: &str| -> Vec<String> {
            text.lines().filter_map(|l| l.strip_prefix(key)?.strip_prefix(" = ")).map(|v| v.trim().to_owned()).collect()
        };
        let (lengths, messages, digests) = (values("Len"), values("Msg"), values("MD"));
        assert_eq!([lengths.len(), messages.len(), digests.len()], [count; 3], "{file}");
        let bits = lengths.iter().map(|l| l.parse::<usize>().unwrap());
        let messages: Vec<Vec<u8>> =
            messages.iter().zip(bits).map(|(hex, bits)| hex::decode(hex).unwrap()[..bits / 8].to_vec()).collect();
        for lanes in ways() {
            let got: Vec<String> = measured(lanes, &messages, 4096).iter().map(|m| m.sha256().unwrap().hex()).collect();
            assert_eq!(got, digests, "{file}, {lanes:?}");
        }
    }
}

/// A tree whose files have every kind of size: none, around blocks, more than one read.
fn tree(folder: &Path, files: usize) {
    for i in 0..files {
        let sub = folder.join(format!("tree/{:02}{}", i % 37, if i % 3 == 0 { "/deep" } else { "-x" }));
        std::fs::create_dir_all(&sub).unwrap();
        let length = match i % 500 {
            0 => 700_000 + i,
            n => (n * n) % 5000,
        };
        std::fs::write(sub.join(format!("file {i}")), message(length)).unwrap();
    }
}

fn forced(folder: &Path, lanes: &str, args: &[&str]) -> Ran {
    let script = format!("VOUCHSAFE_LANES={lanes} exec \"$@\"");
    let vouchsafe = env!("CARGO_BIN_EXE_vouchsafe");
    program("sh", folder, [&["-c", &script, "sh", vouchsafe], args].concat(), b"")
}

#[test]
fn a_tree_is_the_same_on_every_way_and_with_any_threads() {
    let here = tempfile::tempdir().unwrap();
    tree(here.path(), 3000);
    let script = "find tree -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum";
    let want = program("sh", here.path(), ["-c", script], b"");
    assert_eq!((want.exit, want.text().lines().count()), (0, 3000));
    for lanes in ways() {
        let width = lanes.width().to_string();
        for jobs in ["1", "2", "5"] {
            let ran = forced(here.path(), &width, &["digest", "tree", "--jobs", jobs]);
            assert!(ran.out == want.out && ran.exit == 0, "{width} lanes, {jobs} jobs: {}", ran.err);
        }
        std::fs::write(here.path().join("list"), &want.out).unwrap();
        let ran = forced(here.path(), &width, &["digest", "--check", "list", "tree"]);
        assert_eq!((ran.exit, ran.first()), (0, "OK  3000 of 3000 files match list"), "{}", ran.err);
    }
    assert_eq!(forced(here.path(), "3", &["digest", "tree"]).exit, 2);
    let long = |jobs| vouchsafe(here.path(), ["digest", "tree", "--algorithm", "sha512", "-j", jobs]);
    let want = program("sh", here.path(), ["-c", &script.replace("sha256sum", "sha512sum")], b"");
    assert!(long("1").out == want.out && long("4").out == want.out);
}

/// Many things are wrong at a time; the answer is always the first of them in the order of paths.
#[test]
fn the_first_error_in_the_order_of_paths_is_the_answer() {
    let here = tempfile::tempdir().unwrap();
    tree(here.path(), 600);
    let link = |at: &str| std::os::unix::fs::symlink("nowhere", here.path().join("tree").join(at)).unwrap();
    ["30-x/link", "17/deep/zzz", "17-x/link", "36/link"].into_iter().for_each(link);
    let answers: HashMap<String, usize> = (0..24).fold(HashMap::new(), |mut seen, n| {
        let ran = vouchsafe(here.path(), ["digest", "tree", "-j", ["1", "2", "7"][n % 3]]);
        assert_eq!((ran.exit, ran.text()), (3, ""));
        *seen.entry(ran.err).or_default() += 1;
        seen
    });
    let answer = answers.keys().next().unwrap();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answer.contains("tree/17-x/link") && answer.contains("[link-in-tree]"), "'-' sorts before '/': {answer}");
}

#[test]
fn a_file_that_grows_while_it_is_read_is_told() {
    let here = tempfile::tempdir().unwrap();
    for (name, count) in [("one/large", 1), ("many/large", 300)] {
        tree(&here.path().join(name.split('/').next().unwrap()), count);
        let file = std::fs::File::create(here.path().join(name)).unwrap();
        file.set_len(1 << 40).unwrap();
    }
    for folder in ["one", "many"] {
        // Grown from the moment the process runs until it has noticed: a terabyte outlasts that.
        let script = format!(
            "\"$0\" digest {folder} 2>err & pid=$!; until [ -e /proc/$pid/fd ] && ls -l /proc/$pid/fd | grep -q large; do :; done; \
             truncate -s 3M {folder}/large; wait $pid; echo $?; cat err"
        );
        let ran = program("bash", here.path(), ["-c", &script, env!("CARGO_BIN_EXE_vouchsafe")], b"");
        assert!(ran.text().starts_with("3\n") && ran.text().contains("[file-changed]"), "{folder}: {ran:?}");
        assert!(ran.text().contains(&format!("{folder}/large")), "{ran:?}");
    }
}

/// A large file of which not one byte could be read ends no work but its own.
#[test]
fn a_file_behind_one_that_cannot_be_read_is_measured() {
    let here = tempfile::tempdir().unwrap();
    let [large, small] = ["large", "small"].map(|name| here.path().join(name));
    std::fs::write(&small, b"abc").unwrap();
    let file = std::fs::File::create(&large).unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                file.set_len(8 << 20).unwrap();
                file.set_len(0).unwrap();
            }
        });
        let effort = Effort { jobs: NonZeroUsize::new(1), ..Effort::default() };
        let asked = [large.into(), small.into()];
        let (mut changed, mut lost) = (0, 0);
        while changed < 200 && lost == 0 {
            let found = gather::subjects(&asked, &[Algorithm::Sha256], &effort, |named| named);
            changed += usize::from(found[0].is_err());
            lost += usize::from(found[1].as_ref().is_ok_and(Vec::is_empty));
        }
        over.store(true, Ordering::Relaxed);
        assert_eq!(lost, 0, "nothing is said about a file that was named");
    });
}

/// Eight GiB are measured in little memory; so much of nothing takes a debug build too long, so it is told to stop.
#[test]
fn a_large_file_takes_no_memory() {
    let here = tempfile::tempdir().unwrap();
    std::fs::File::create(here.path().join("sparse")).unwrap().set_len(8 << 30).unwrap();
    let script = "\"$0\" digest sparse & pid=$!; sleep 2; grep VmHWM /proc/$pid/status; kill $pid";
    let ran = program("sh", here.path(), ["-c", script, env!("CARGO_BIN_EXE_vouchsafe")], b"");
    let peak: u64 = ran.text().split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!((1..64 << 10).contains(&peak), "{peak} KiB");
}

#[test]
fn progress_is_told_to_machines_that_ask() {
    let here = tempfile::tempdir().unwrap();
    tree(here.path(), 50);
    let ran = vouchsafe(here.path(), ["digest", "tree", "--progress", "json"]);
    assert_eq!((ran.exit, ran.text().lines().count()), (0, 50));
    let last = valid(ran.err.lines().last().unwrap().as_bytes(), "progress-v1.json");
    let sizes: u64 = (0..50).map(|i| if i == 0 { 700_000 } else { i * i % 5000 }).sum();
    assert_eq!([&last["files"], &last["totalFiles"], &last["bytes"]], [50, 50, sizes]);
    for quiet in [&["digest", "tree"][..], &["digest", "tree", "--progress", "none"]] {
        assert_eq!(vouchsafe(here.path(), quiet).err, "");
    }
}

/// A person is shown one line after a second, which is gone at the end; nothing of it is in the answer.
#[test]
fn progress_is_shown_to_people_who_wait() {
    let here = tempfile::tempdir().unwrap();
    std::fs::File::create(here.path().join("sparse")).unwrap().set_len(8 << 30).unwrap();
    let mut command = String::new();
    write!(command, "timeout -s INT 3 '{}' digest sparse >answer", env!("CARGO_BIN_EXE_vouchsafe")).unwrap();
    let ran = program("script", here.path(), ["-qec", &command, "/dev/null"], b"");
    assert!(ran.text().contains("\r0 of 1 files  ") && ran.text().contains("iB/s"), "{ran:?}");
    let shell = ["-qec", "\"$0\" digest answer >list", "/dev/null"].map(str::to_owned);
    let short = program("script", here.path(), shell.map(|s| s.replace("$0", env!("CARGO_BIN_EXE_vouchsafe"))), b"");
    assert_eq!((short.exit, short.text()), (0, ""), "what takes no time shows nothing");
}
