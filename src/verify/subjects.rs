//! Finds the subjects of a statement by a digest: of a hundred thousand as fast as of ten.

use crate::artifact::Measured;
use crate::attestation::Statement;
use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};

/// The place of every subject, by a hash of each of its digests. The hash is keyed anew each time, so that nobody can
/// make two digests fall together.
#[derive(Default)]
pub(super) struct Subjects {
    keys: RandomState,
    places: Vec<(u64, usize)>,
    /// Where the places begin whose hashes begin with so many bits: hashes lie evenly, so few do.
    begins: Vec<usize>,
    bits: u32,
}

impl Subjects {
    /// Of a statement. A subject that states just what another before it states is not found: a thousand equal files
    /// are looked for once.
    pub(super) fn of(statement: &Statement) -> Self {
        let keys = RandomState::new();
        let all = statement.subjects();
        let mut places: Vec<(u64, usize)> = Vec::with_capacity(all.len());
        for (at, subject) in all.iter().enumerate() {
            places.extend(subject.digest.values().map(|hex| (stated(&keys, hex), at)));
        }
        places.sort_unstable();
        let digests = |at: usize| all.get(at).map(|s| &s.digest);
        places.dedup_by(|later, earlier| later.0 == earlier.0 && digests(later.1) == digests(earlier.1));
        let bits = places.len().checked_ilog2().unwrap_or_default().min(20);
        let mut begins = Vec::new();
        for (at, (hash, _)) in places.iter().enumerate() {
            begins.resize(begins.len().max(first(*hash, bits).saturating_add(1)), at);
        }
        Self { keys, places, begins, bits }
    }

    /// The places of those that state one of an artifact's digests.
    pub(super) fn sharing(&self, artifact: &Measured) -> BTreeSet<usize> {
        let found = artifact.digests().iter().flat_map(|digest| {
            let hash = self.keys.hash_one(digest.as_bytes());
            let begin = self.begins.get(first(hash, self.bits)).copied().unwrap_or(self.places.len());
            let after = self.places.iter().skip(begin).skip_while(move |(known, _)| *known < hash);
            after.take_while(move |(known, _)| *known == hash)
        });
        found.map(|(_, at)| *at).collect()
    }
}

/// The hash of a digest that somebody wrote down, in either case; what is no digest is never found.
fn stated(keys: &RandomState, hex: &str) -> u64 {
    let mut bytes = [0; 64];
    let bytes = bytes.get_mut(..hex.len() / 2).unwrap_or_default();
    match hex::decode_to_slice(hex, bytes) {
        Ok(()) => keys.hash_one(&*bytes),
        Err(_) => keys.hash_one(hex.as_bytes()),
    }
}

/// The first bits of a hash.
fn first(hash: u64, bits: u32) -> usize {
    usize::try_from(hash.checked_shr(64 - bits).unwrap_or_default()).unwrap_or_default()
}
