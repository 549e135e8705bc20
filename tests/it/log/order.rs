//! Whatever fails, and wherever: nothing acknowledged is lost, nothing is torn, and the next start goes on from there.

use super::{InMemory, Key, Manner, entries, entry, holds, now, on};
use std::collections::BTreeSet;
use vouchsafe::encoding::Explain as _;
use vouchsafe::key::PublicKey;
use vouchsafe::publish::log::blobs::{Blobs as _, Head as _};
use vouchsafe::publish::log::memory::{Machine, Objects, Trouble};
use vouchsafe::publish::log::{Error, Log, Logged};
use vouchsafe::signer::{Signer, SignerError};
use vouchsafe::transparency::{Checkpoint, LogPolicy, Note, Proof, signed_checkpoint};

#[test]
fn what_is_logged_is_proven_and_logged_once() {
    let (machine, key) = (Machine::default(), Key::new(1));
    let log = on(&machine, &key, None);
    log.begin(&key, now()).unwrap();
    let mut seen = 0;
    for (from, to) in [(0, 1), (0, 3), (2, 300), (299, 300), (0, 1000), (1000, 1000), (900, 1300)] {
        let given = entries(from, to);
        let proofs = log.append(&given, &key, &[], now()).unwrap();
        seen = seen.max(to);
        for (n, (entry, proof)) in (from..).zip(given.iter().zip(&proofs)) {
            assert_eq!(proof.index, n as u64, "in the order they first came");
            assert_eq!(holds(log.key(), entry, proof).size, seen as u64);
        }
    }
    // Twice in one batch is once in the log.
    let proofs = log.append(&[entry(5000), entry(7), entry(5000)], &key, &[], now()).unwrap();
    assert_eq!(proofs.iter().map(|p| p.index).collect::<Vec<_>>(), [1300, 7, 1300]);
    assert!(log.prove(&vouchsafe::transparency::Hash::leaf(b"never logged")).unwrap().is_none());
    let proof = log.prove(&vouchsafe::transparency::Hash::leaf(&entry(17))).unwrap().unwrap();
    assert_eq!((proof.index, holds(log.key(), &entry(17), &proof).size), (17, 1301));
    assert_eq!(log.append(&[vec![0; 65_536]], &key, &[], now()).unwrap_err().code(), "malformed");
    let stranger = Key::new(2);
    assert_eq!(log.append(&[entry(1)], &stranger, &[], now()).unwrap_err().code(), "log-key-mismatch");
}

/// What an observer outside remembers, and holds every later state of the machine against.
#[derive(Default)]
struct Observer {
    acknowledged: Vec<(Vec<u8>, Proof)>,
    published: Vec<Checkpoint>,
}

impl Observer {
    /// Remembers the first and the last of the entries, which began with this one.
    fn acknowledge(&mut self, log: &Log<Objects, Machine>, first: usize, logged: &Logged) {
        let last = logged.places.len().saturating_sub(1);
        for (n, place) in logged.places.iter().enumerate().filter(|(n, _)| *n == 0 || *n == last) {
            let one = Logged { places: vec![*place], note: logged.note.clone() };
            self.acknowledged.push((entry(first + n), log.proofs(&one).unwrap().remove(0)));
        }
    }
    /// Looks at what is public, and at what the log says of everything it has acknowledged.
    #[track_caller]
    fn look(&mut self, machine: &Machine, key: &Key, what: &str) {
        let log = on(machine, key, None);
        for (entry, before) in &self.acknowledged {
            let leaf = vouchsafe::transparency::Hash::leaf(entry);
            let proof = log.prove(&leaf).unwrap().unwrap_or_else(|| panic!("{what}: an acknowledged entry is gone"));
            let (old, new) = (holds(log.key(), entry, before), holds(log.key(), entry, &proof));
            assert!(proof.index == before.index && new.size >= old.size, "{what}");
        }
        let note = Note::parse(&machine.area("public").read("checkpoint", 1 << 20).unwrap().unwrap()).unwrap();
        let now = signed_checkpoint(&note, log.key()).unwrap();
        let tiles = Public(machine);
        let tree = vouchsafe::transparency::Tree::new(&tiles, now.size);
        assert_eq!(tree.root().unwrap(), now.root, "{what}: the public tiles are those of the public checkpoint");
        for before in &self.published {
            let proof = if before.size <= now.size { tree.consistency(before.size).unwrap() } else { Vec::new() };
            vouchsafe::transparency::only_grew(before, &now, &proof).unwrap_or_else(|e| panic!("{what}: {e:?}"));
        }
        self.published.push(now);
    }
}

/// The public tiles, and nothing but those.
struct Public<'m>(&'m Machine);

impl vouchsafe::transparency::Tiles for Public<'_> {
    type Error = vouchsafe::encoding::Malformed;
    fn tile(&self, tile: vouchsafe::transparency::Tile) -> Result<Vec<u8>, Self::Error> {
        let read = |t: vouchsafe::transparency::Tile| self.0.area("public").read(&t.path(), t.max_bytes()).unwrap();
        let full = || read(tile.full()).and_then(|bytes| tile.beginning(&bytes).map(<[u8]>::to_vec));
        read(tile).or_else(full).ok_or_else(|| Self::Error::new("tile", format!("{} is missing", tile.path())))
    }
}

const TROUBLES: [Trouble; 5] =
    [Trouble::Refused, Trouble::CrashBefore, Trouble::CrashAfter, Trouble::KilledAfter, Trouble::FalseAlarm];

#[test]
fn every_operation_may_fail_or_be_the_last() {
    let key = Key::new(1);
    let mut struck = 0;
    for trouble in TROUBLES {
        // Sizes on both sides of a full tile, and of an empty log.
        for (first, more) in [(0, 3), (254, 4)] {
            for nth in 1.. {
                let machine = Machine::default();
                let log = on(&machine, &key, None);
                log.begin(&key, now()).unwrap();
                let mut observer = Observer::default();
                observer.acknowledge(&log, 0, &log.log(&entries(0, first), &key, &[], now()).unwrap());
                let before = machine.operations();
                machine.plan(nth, trouble);
                let added = log.log(&entries(first, first + more), &key, &[], now());
                let over = machine.operations() - before < nth;
                let what = format!("{trouble:?} at operation {nth}, {first} + {more}: {:?}", added.as_ref().err());
                machine.restart();
                match added {
                    Ok(logged) => observer.acknowledge(&log, first, &logged),
                    Err(_) => struck += 1,
                }
                observer.look(&machine, &key, &what);
                // The next run needs no repair, and finds the entries or logs them, in their places.
                let log = on(&machine, &key, None);
                let logged = log.log(&entries(0, first + more + 1), &key, &[], now()).unwrap();
                assert_eq!(logged.places, (0..=(first + more) as u64).collect::<Vec<_>>(), "{what}");
                observer.acknowledge(&log, 0, &logged);
                observer.look(&machine, &key, &what);
                assert!(machine.area("state").list("staged").unwrap().is_empty(), "{what}: something is left staged");
                if over {
                    break;
                }
            }
        }
    }
    assert!(struck > 80, "{struck} faults struck: are they still made?");
}

#[test]
fn after_an_unknown_commit_or_a_failed_sync_a_writer_stops() {
    let key = Key::new(1);
    let mut codes = BTreeSet::new();
    for nth in 1..9 {
        let machine = Machine::default();
        let log = on(&machine, &key, None);
        log.begin(&key, now()).unwrap();
        machine.plan(nth, Trouble::FalseAlarm);
        let Err(error) = log.append(&entries(0, 2), &key, &[], now()) else { continue };
        let again = log.append(&entries(0, 2), &key, &[], now());
        match error {
            Error::Unknown(_) | Error::Unsynced(_) => {
                assert_eq!(again.unwrap_err().code(), "log-stopped");
                codes.insert(error.code());
            }
            _ => assert_eq!(again.unwrap().len(), 2),
        }
        machine.restart();
        assert_eq!(on(&machine, &key, None).append(&entries(0, 2), &key, &[], now()).unwrap().len(), 2);
    }
    assert_eq!(codes, BTreeSet::from(["log-commit-unknown", "log-unsynced"]));
}

#[test]
fn two_writers_never_both_commit() {
    let (machine, key) = (Machine::default(), Key::new(1));
    on(&machine, &key, None).begin(&key, now()).unwrap();
    let (writers, each) = (4, 40);
    let overtaken = std::sync::atomic::AtomicUsize::new(0);
    let heads = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for w in 0..writers {
            let (machine, key, heads, overtaken) = (&machine, Key::new(1), &heads, &overtaken);
            scope.spawn(move || {
                let log = on(machine, &key, None);
                for n in 0..each {
                    loop {
                        match log.log(&[entry(w * each + n)], &key, &[], now()) {
                            Ok(logged) => {
                                heads.lock().unwrap().push(signed_checkpoint(&logged.note, log.key()).unwrap());
                                break;
                            }
                            // Without a lock they see each other's half-done work, and say so; none commits on it.
                            Err(_) => {
                                overtaken.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                            }
                        }
                    }
                }
            });
        }
    });
    let log = on(&machine, &key, None);
    let proofs = log.append(&entries(0, writers * each), &key, &[], now()).unwrap();
    let places: BTreeSet<u64> = proofs.iter().map(|p| p.index).collect();
    assert_eq!(places, (0..(writers * each) as u64).collect(), "every entry once, and no gap");
    let tiles = Public(&machine);
    let tree = vouchsafe::transparency::Tree::new(&tiles, (writers * each) as u64);
    for head in heads.into_inner().unwrap() {
        let end = Checkpoint::new(head.origin.clone(), tree.size(), tree.root().unwrap());
        vouchsafe::transparency::only_grew(&head, &end, &tree.consistency(head.size).unwrap()).unwrap();
    }
}

/// Signs; and lets somebody else commit just before, past the lock.
struct Slow<'m>(Key, &'m Machine);

impl Signer for Slow<'_> {
    fn public(&self) -> &PublicKey {
        self.0.public()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        on(self.1, &self.0, None).append(&[entry(99)], &self.0, &[], now()).unwrap();
        self.0.sign(message)
    }
}

#[test]
fn whoever_is_overtaken_has_committed_nothing() {
    let (machine, key) = (Machine::default(), Key::new(1));
    let log = on(&machine, &key, None);
    log.begin(&key, now()).unwrap();
    let error = log.append(&[entry(0)], &Slow(Key::new(1), &machine), &[], now()).unwrap_err();
    assert_eq!(error.code(), "log-overtaken");
    assert!(log.prove(&vouchsafe::transparency::Hash::leaf(&entry(0))).unwrap().is_none());
    assert_eq!(log.append(&[entry(0), entry(99)], &key, &[], now()).unwrap()[1].index, 0, "the other was first");
}

#[test]
fn a_swap_that_is_lost_changes_nothing() {
    let (machine, key) = (Machine::default(), Key::new(1));
    on(&machine, &key, None).begin(&key, now()).unwrap();
    let head = machine.load().unwrap().unwrap();
    let other = vouchsafe::publish::log::blobs::Swap::Lost;
    assert_eq!(machine.swap(Some(b"another head"), b"new").unwrap(), other);
    assert_eq!(machine.swap(None, b"new").unwrap(), other);
    assert_eq!(machine.load().unwrap().unwrap(), head);
}

fn policy(key: &Key, witnesses: &[&InMemory], quorum: &str) -> LogPolicy {
    let lines: String = witnesses.iter().map(|w| w.line()).collect();
    LogPolicy::parse(format!("log {}\n{lines}{quorum}\n", key.log()).as_bytes()).unwrap()
}

#[test]
fn nothing_is_acknowledged_or_published_without_the_witnesses() {
    let (machine, key) = (Machine::default(), Key::new(1));
    let (one, two) = (InMemory::new("one", 11, &key.log()), InMemory::new("two", 12, &key.log()));
    let both = policy(&key, &[&one, &two], "group both all one two\nquorum both");
    let log = on(&machine, &key, Some(both.clone()));
    log.begin(&key, now()).unwrap();
    assert_eq!(log.checkpoint().unwrap_err().code(), "file-not-found", "not even the empty log");
    let append = || log.append(&entries(0, 3), &key, &[&one, &two], now());
    for manner in [Manner::Away, Manner::Refuses, Manner::Forges, Manner::OtherName] {
        two.behave(manner);
        let error = append().unwrap_err();
        assert_eq!(error.code(), "witnesses-missing");
        assert!(error.got().contains("two: "), "it says why: {}", error.got());
        assert!(machine.area("public").read("checkpoint", 1 << 20).unwrap().is_none());
        assert!(
            log.prove(&vouchsafe::transparency::Hash::leaf(&entry(0))).unwrap().is_none(),
            "committed is not public"
        );
    }
    two.behave(Manner::Honest);
    let proofs = append().unwrap();
    assert_eq!(proofs.iter().map(|p| p.index).collect::<Vec<_>>(), [0, 1, 2], "the same entries, still once");
    let trusted = both.trust(&proofs[0].note, now()).unwrap();
    assert_eq!(trusted.cosigned().len(), 2);
    holds(log.key(), &entry(2), &proofs[2]);
    // And from then on they follow, from what each cosigned last, and from nothing if that is forgotten.
    for n in 3..6 {
        log.append(&[entry(n)], &key, &[&one, &two], now()).unwrap();
        machine.area("state").remove("witnesses.json").unwrap();
    }
}

#[test]
fn what_a_witness_got_wrong_is_never_published() {
    let (machine, key) = (Machine::default(), Key::new(1));
    let (one, two) = (InMemory::new("one", 11, &key.log()), InMemory::new("two", 12, &key.log()));
    let any = policy(&key, &[&one, &two], "group some any one two\nquorum some");
    let log = on(&machine, &key, Some(any));
    log.begin(&key, now()).unwrap();
    for (n, manner) in [Manner::Forges, Manner::OtherName, Manner::Away].into_iter().enumerate() {
        two.behave(manner);
        let proofs = log.append(&[entry(n)], &key, &[&one, &two], now()).unwrap();
        let names: Vec<&str> = proofs[0].note.signatures().iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["example.org/log", "witness.example/one"]);
    }
}

/// A head from a backup: it is smaller than what was published, so nothing may be built on it.
#[test]
fn an_older_or_another_head_is_refused() {
    let (machine, key) = (Machine::default(), Key::new(1));
    let log = on(&machine, &key, None);
    log.begin(&key, now()).unwrap();
    log.append(&entries(0, 5), &key, &[], now()).unwrap();
    let old = machine.load().unwrap().unwrap();
    log.append(&entries(5, 9), &key, &[], now()).unwrap();
    let new = machine.load().unwrap().unwrap();
    machine.swap(Some(&new), &old).unwrap();
    assert_eq!(log.append(&entries(9, 10), &key, &[], now()).unwrap_err().code(), "log-rolled-back");

    let fork = Machine::default();
    let other = on(&fork, &key, None);
    other.begin(&key, now()).unwrap();
    other.append(&entries(100, 109), &key, &[], now()).unwrap();
    machine.swap(Some(&old), &fork.load().unwrap().unwrap()).unwrap();
    assert_eq!(log.append(&entries(9, 10), &key, &[], now()).unwrap_err().code(), "log-forked");
    machine.swap(Some(&fork.load().unwrap().unwrap()), b"no note").unwrap();
    assert_eq!(log.append(&entries(9, 10), &key, &[], now()).unwrap_err().code(), "malformed");
}

#[test]
fn tampered_tiles_are_not_built_upon() {
    let (machine, key) = (Machine::default(), Key::new(1));
    let log = on(&machine, &key, None);
    log.begin(&key, now()).unwrap();
    log.append(&entries(0, 300), &key, &[], now()).unwrap();
    let public = machine.area("public");
    for name in ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"] {
        let good = public.read(name, 1 << 20).unwrap().unwrap();
        let mut bad = good.clone();
        bad[5] ^= 1;
        public.tamper(name, &bad);
        let error = on(&machine, &key, None).append(&entries(300, 301), &key, &[], now()).unwrap_err();
        assert_eq!(error.code(), "tile-wrong", "{name}");
        public.tamper(name, &good);
    }
    // Somebody else's file where ours is to go.
    public.tamper("tile/0/001.p/45", b"other");
    assert_eq!(
        on(&machine, &key, None).append(&entries(300, 301), &key, &[], now()).unwrap_err().code(),
        "log-object-differs"
    );
}
