//! A transparency log in memory for the demo, with two witnesses: real keys, real signatures, real proofs.

use super::keys::Key;
use crate::cli::trouble::Trouble;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::BTreeMap;
use vouchsafe::encoding::Malformed;
use vouchsafe::publish::{Error, Notary};
use vouchsafe::signer::Signer as _;
use vouchsafe::transparency::{Checkpoint, Entry, Hash, Note, NoteKey, Proof, Scheme, cosignature};

const ORIGIN: &str = "forum.example/log";
const WITNESSES: [&str; 2] = ["cisa", "nist"];

/// The log.
pub(super) struct Notebook {
    key: Key,
    witnesses: [Key; 2],
    at: Timestamp,
    leaves: RefCell<Vec<Hash>>,
}

/// A tree that does not grow any more: the hashes of each level, from the leaves up.
pub(super) struct Finished {
    levels: Vec<Vec<Hash>>,
    places: BTreeMap<[u8; 32], usize>,
    /// The checkpoint, cosigned by both witnesses.
    pub(super) note: Note,
    /// The same, without the second witness.
    pub(super) short: Note,
}

impl Notebook {
    pub(super) fn new(at: Timestamp) -> Result<Self, Trouble> {
        let witnesses = [Key::new()?, Key::new()?];
        Ok(Self { key: Key::new()?, witnesses, at, leaves: RefCell::default() })
    }

    fn witness_keys(&self) -> Result<Vec<NoteKey>, Malformed> {
        let key = |(name, key): (&str, &Key)| {
            NoteKey::new(&format!("{name}.example"), Scheme::Cosignature(key.public().clone()))
        };
        WITNESSES.into_iter().zip(&self.witnesses).map(key).collect()
    }

    /// A log policy that asks for both witnesses.
    pub(super) fn policy(&self) -> Result<String, Trouble> {
        let mut text = format!("log {}\n", self.log_key()?);
        for (name, key) in WITNESSES.into_iter().zip(self.witness_keys()?) {
            text.push_str(&format!("witness {name} {key}\n"));
        }
        Ok(text + "group advisory all cisa nist\nquorum advisory\n")
    }

    /// Enters these, each once.
    pub(super) fn add(&self, entries: &[Entry]) {
        self.leaves.borrow_mut().extend(entries.iter().map(Entry::leaf));
    }

    /// All there is, signed and cosigned.
    pub(super) fn finish(&self) -> Result<Finished, Error> {
        let leaves = self.leaves.borrow().clone();
        let places = leaves.iter().enumerate().map(|(n, leaf)| (*leaf.as_bytes(), n)).collect();
        let levels = levels(leaves);
        let root = levels.last().and_then(|top| top.first()).copied().unwrap_or_else(Hash::of_nothing);
        let size = u64::try_from(levels.first().map_or(0, Vec::len)).unwrap_or(u64::MAX);
        let text = Checkpoint::new(ORIGIN, size, root).to_text();
        let mut note = Note::unsigned(text.clone())?;
        note.add(self.log_key()?.line(self.key.sign(text.as_bytes())?));
        let mut short = note.clone();
        for (n, (key, name)) in self.witnesses.iter().zip(self.witness_keys()?).enumerate() {
            let signature = key.sign(cosignature::message(&text, self.at).as_bytes())?;
            let line = name.line(cosignature::join(self.at, &signature));
            if n == 0 {
                short.add(line.clone());
            }
            note.add(line);
        }
        Ok(Finished { levels, places, note, short })
    }
}

/// Pairs become nodes, and who has no neighbour goes up as it is: RFC 6962's tree, level by level.
fn levels(leaves: Vec<Hash>) -> Vec<Vec<Hash>> {
    let mut levels = vec![leaves];
    while let Some(last) = levels.last().filter(|level| level.len() > 1) {
        let up = last.chunks(2).filter_map(|pair| match pair {
            [left, right] => Some(Hash::node(left, right)),
            [alone] => Some(*alone),
            _ => None,
        });
        levels.push(up.collect());
    }
    levels
}

impl Finished {
    /// The proof of an entry, if it was entered.
    pub(super) fn proof(&self, entry: &Entry, note: &Note) -> Option<Proof> {
        let index = *self.places.get(entry.leaf().as_bytes())?;
        let mut at = index;
        let mut hashes = Vec::new();
        for level in &self.levels {
            hashes.extend(level.get(at ^ 1).filter(|_| level.len() > 1));
            at >>= 1;
        }
        Some(Proof { index: u64::try_from(index).ok()?, hashes, note: note.clone() })
    }
}

impl Notary for Notebook {
    fn log_key(&self) -> Result<NoteKey, Error> {
        Ok(NoteKey::new(ORIGIN, Scheme::Ed25519(self.key.public().clone()))?)
    }
    fn enter(&self, entries: &[Entry]) -> Result<Vec<Proof>, Error> {
        self.add(entries);
        let finished = self.finish()?;
        Ok(entries.iter().filter_map(|entry| finished.proof(entry, &finished.note)).collect())
    }
}
