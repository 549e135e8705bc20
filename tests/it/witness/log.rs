//! A log in memory, by the definitions of RFC 6962 and nothing else: slow, and nobody else's arithmetic.

use crate::world::{Key, key};
use sha2::{Digest as _, Sha256};
use vouchsafe::encoding::base64;
use vouchsafe::signer::Signer as _;
use vouchsafe::transparency::{NoteKey, Scheme};

type Hash = [u8; 32];

pub(super) struct Log {
    pub(super) origin: String,
    key: Key,
    vkey: NoteKey,
    leaves: Vec<Hash>,
}

impl Log {
    pub(super) fn new(origin: &str, seed: u8) -> Self {
        let key = key(seed);
        let vkey = NoteKey::new(origin, Scheme::Ed25519(key.public().clone())).unwrap();
        let leaves = (0..300).map(|n| leaf(format!("entry {n}").as_bytes())).collect();
        Self { origin: origin.into(), key, vkey, leaves }
    }
    /// The same log with the same key, and another entry at `index`: the fork.
    pub(super) fn forked(&self, seed: u8, index: usize) -> Self {
        let mut other = Self::new(&self.origin, seed);
        other.leaves[index] = leaf(b"another truth");
        other
    }
    pub(super) fn vkey(&self) -> String {
        self.vkey.to_string()
    }
    pub(super) fn hash(&self) -> String {
        hex::encode(Sha256::digest(&self.origin))
    }
    pub(super) fn root(&self, size: usize) -> String {
        base64::encode(&mth(&self.leaves[..size]))
    }
    /// The log's key, as that of a witness.
    pub(super) fn cosigner(&self) -> Scheme {
        Scheme::Cosignature(self.key.public().clone())
    }
    /// The text of a checkpoint.
    pub(super) fn text(&self, size: usize) -> String {
        format!("{}\n{size}\n{}\n", self.origin, self.root(size))
    }
    /// Any text, signed by the log.
    pub(super) fn sign(&self, text: &str) -> String {
        format!("{text}\n{}\n", self.vkey.line(self.key.sign(text.as_bytes()).unwrap()))
    }
    /// The checkpoint, signed by the log.
    pub(super) fn note(&self, size: usize) -> String {
        self.sign(&self.text(size))
    }
    pub(super) fn proof(&self, old: usize, new: usize) -> String {
        let hashes = if old == 0 || old == new { Vec::new() } else { subproof(old, &self.leaves[..new], true) };
        hashes.iter().map(|hash| base64::encode(hash) + "\n").collect()
    }
    /// The request that leads from one size to another.
    pub(super) fn request(&self, old: usize, new: usize) -> String {
        format!("old {old}\n{}\n{}", self.proof(old, new), self.note(new))
    }
}

fn leaf(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// The largest power of two below n.
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// Section 2.1.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            Sha256::new().chain_update([1]).chain_update(mth(left)).chain_update(mth(right)).finalize().into()
        }
    }
}

/// Section 2.1.2: SUBPROOF(m, D[n], b).
fn subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if whole { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    if m <= k {
        [subproof(m, left, whole), vec![mth(right)]].concat()
    } else {
        [subproof(m - k, right, false), vec![mth(left)]].concat()
    }
}
