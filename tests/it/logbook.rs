//! A transparency log in memory, with two witnesses that sign whatever a test tells them to. Its proofs come from RFC
//! 6962's definition, not from tiles.

use crate::world::{Key, World, at, key};
use std::cell::{Cell, RefCell};
use vouchsafe::publish::{Error, Notary};
use vouchsafe::signer::Signer as _;
use vouchsafe::transparency::{Checkpoint, Entry, Hash, Note, NoteKey, Proof, Scheme, cosignature};

pub(crate) const ORIGIN: &str = "forum.example/log";

pub(crate) struct Logbook {
    key: Key,
    witnesses: [(&'static str, Key); 2],
    leaves: RefCell<Vec<Hash>>,
    /// Which witnesses cosign, and when.
    pub(crate) cosigning: RefCell<Vec<(&'static str, &'static str)>>,
    pub(crate) origin: Cell<&'static str>,
}

/// Root of these leaves: RFC 6962, section 2.1.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_nothing(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::node(&root(left), &root(right))
        }
    }
}

/// Audit path of a leaf: RFC 6962, section 2.1.1.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut below, other) = match index.checked_sub(left.len()) {
        None => (path(index, left), root(right)),
        Some(index) => (path(index, right), root(left)),
    };
    below.push(other);
    below
}

impl Logbook {
    pub(crate) fn new(cosigned: &'static str) -> Self {
        let cosigning = RefCell::new(vec![("cisa", cosigned), ("nist", cosigned)]);
        let witnesses = [("cisa", key(31)), ("nist", key(32))];
        // A log that others have used before.
        let leaves = RefCell::new((0..5_u8).map(|n| Hash::leaf(&[n])).collect());
        Self { key: key(30), witnesses, leaves, cosigning, origin: Cell::new(ORIGIN) }
    }
    pub(crate) fn log_key(&self) -> NoteKey {
        NoteKey::new(self.origin.get(), Scheme::Ed25519(self.key.public().clone())).unwrap()
    }
    fn witness_key(&self, name: &str) -> NoteKey {
        let (name, key) = self.witnesses.iter().find(|(n, _)| *n == name).unwrap();
        NoteKey::new(&format!("{name}.example"), Scheme::Cosignature(key.public().clone())).unwrap()
    }
    /// A log policy that names this log and both witnesses, and asks for `quorum`.
    pub(crate) fn policy(&self, quorum: &str) -> String {
        format!(
            "log {}\nwitness cisa {}\nwitness nist {}\ngroup advisory all cisa nist\nquorum {quorum}\n",
            self.log_key(),
            self.witness_key("cisa"),
            self.witness_key("nist"),
        )
    }
    /// The checkpoint over all there is, signed by the log and by those who are cosigning.
    pub(crate) fn checkpoint(&self) -> Note {
        let leaves = self.leaves.borrow();
        let text = Checkpoint::new(self.origin.get(), leaves.len() as u64, root(&leaves)).to_text();
        let mut note = Note::unsigned(text.clone()).unwrap();
        note.add(self.log_key().line(self.key.sign(text.as_bytes()).unwrap()));
        for (name, when) in self.cosigning.borrow().iter() {
            let (_, key) = self.witnesses.iter().find(|(n, _)| n == name).unwrap();
            let signature = key.sign(cosignature::message(&text, at(when)).as_bytes()).unwrap();
            note.add(self.witness_key(name).line(cosignature::join(at(when), &signature)));
        }
        note
    }
    /// Enters these, once each, and proves them.
    pub(crate) fn log(&self, entries: &[Entry]) -> Vec<Proof> {
        for entry in entries {
            if !self.leaves.borrow().contains(&entry.leaf()) {
                self.leaves.borrow_mut().push(entry.leaf());
            }
        }
        let (leaves, note) = (self.leaves.borrow(), self.checkpoint());
        let prove = |entry: &Entry| {
            let index = leaves.iter().position(|leaf| *leaf == entry.leaf()).unwrap();
            Proof { index: index as u64, hashes: path(index, &leaves), note: note.clone() }
        };
        entries.iter().map(prove).collect()
    }
}

impl Notary for Logbook {
    fn log_key(&self) -> Result<NoteKey, Error> {
        Ok(self.log_key())
    }
    fn enter(&self, entries: &[Entry]) -> Result<Vec<Proof>, Error> {
        Ok(self.log(entries))
    }
}

/// A world whose forum relies on this log, with this quorum.
pub(crate) fn world_with(log: &Logbook, quorum: &str) -> World {
    let world = World::new();
    world.forum.set_log_policy(Some(log.policy(quorum).as_bytes()), at(crate::world::FOUNDED)).unwrap();
    publish(&world, log).unwrap();
    world
}

/// Signs what is staged with two seats, enters it in the log and publishes it.
pub(crate) fn publish(world: &World, log: &Logbook) -> Result<(), Error> {
    let mut change = world.forum.need_staged().unwrap();
    change.sign(&world.board[0]).unwrap();
    change.sign(&world.board[1]).unwrap();
    world.forum.write_signatures(&change).unwrap();
    world.forum.publish_logged(&world.online, Some(log), at(crate::world::FOUNDED)).map(drop)
}
