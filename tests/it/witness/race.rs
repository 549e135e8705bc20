//! Two requests at once: whatever the order, never a rollback and never two roots at one size.

use super::{Bench, Log};
use crate::scene::Scene;
use crate::world::{NOW, at, key};
use std::collections::BTreeMap;
use std::sync::Mutex;
use vouchsafe::publish::WitnessFolder;
use vouchsafe::signer::Signer as _;
use vouchsafe::transparency::{Checkpoint, Note, NoteKey};

/// N and N+K at once, over and over: one of them wins, and what is recorded never shrinks.
#[test]
fn two_sizes_at_once() {
    let bench = Bench::new();
    let served = bench.serve();
    let recorded = || Checkpoint::parse(Note::parse(bench.state().as_bytes()).unwrap().text()).unwrap().size;
    let mut size = 0;
    for round in 0..90 {
        let (near, far) = (size + 1, size + 2 + round % 2);
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let asked: Vec<_> = [near, far, near]
                .map(|new| {
                    let (served, request) = (&served, bench.log.request(size, new));
                    scope.spawn(move || served.post(&request).status)
                })
                .into();
            asked.into_iter().map(|a| a.join().unwrap()).collect()
        });
        let now = usize::try_from(recorded()).unwrap();
        let won: Vec<usize> =
            [near, far, near].into_iter().zip(&answers).filter(|(_, s)| **s == 200).map(|(n, _)| n).collect();
        assert_eq!(won.len(), 1, "{answers:?} at {size}: one of them, the others are told of a conflict");
        assert!(answers.iter().all(|s| [200, 409].contains(s)), "{answers:?}");
        assert_eq!(won, [now], "what was cosigned is what is recorded");
        size = now;
    }
}

/// A log that forks, two processes that answer, and every request in the race: one root per size gets out.
#[test]
fn two_truths_and_two_processes_at_once() {
    let bench = Bench::new();
    let fork = bench.log.forked(1, 0);
    let servers = [bench.serve(), bench.serve()];
    let given: Mutex<BTreeMap<usize, Vec<bool>>> = Mutex::default();
    for size in 1..40 {
        std::thread::scope(|scope| {
            for (n, log) in [&bench.log, &fork, &fork, &bench.log].into_iter().enumerate() {
                let (served, given) = (&servers[n % 2], &given);
                scope.spawn(move || {
                    if served.post(&log.request(size - 1, size)).status == 200 {
                        given.lock().unwrap().entry(size).or_default().push(n == 0 || n == 3);
                    }
                });
            }
        });
    }
    let given = given.into_inner().unwrap();
    assert!(given.len() > 30, "{given:?}");
    let truths: Vec<bool> = given.values().flatten().copied().collect();
    assert!(truths.iter().all(|truth| *truth == truths[0]), "both truths were cosigned: {given:?}");
}

/// Threads of one process, through the library.
#[test]
fn threads_share_one_lock() {
    let (scene, log) = (Scene::empty(), Log::new("example.org/log", 1));
    let known = [NoteKey::parse(&log.vkey()).unwrap()];
    let folder = scene.path("w");
    WitnessFolder::init(&folder, "w1.example.org", key(2).public(), &known, None).unwrap();
    let cosigned = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (witness, signer) = (WitnessFolder::open(&folder).unwrap(), key(2));
                for size in 1..30 {
                    let request = log.request(size - 1, size);
                    if witness.add_checkpoint(request.as_bytes(), &signer, at(NOW)).is_ok() {
                        cosigned.lock().unwrap().push(size);
                    }
                }
            });
        }
    });
    let mut cosigned = cosigned.into_inner().unwrap();
    cosigned.sort_unstable();
    let len = cosigned.len();
    cosigned.dedup();
    assert_eq!(cosigned.len(), len, "one size was cosigned twice from the same beginning");
    assert!(len > 0);
}
