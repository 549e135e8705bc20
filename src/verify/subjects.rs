//! Finds the subjects of a statement by a digest: of a hundred thousand as fast as of ten.

use crate::artifact::Measured;
use crate::attestation::Statement;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where a statement speaks of a digest. Who asks once looks through all of it; who asks again has an index made.
#[derive(Default)]
pub(super) struct Subjects {
    asked: AtomicBool,
    index: OnceLock<Index>,
}

impl Subjects {
    /// The places of those that state one of an artifact's digests. Of several that state the same digests, the first
    /// is among them.
    pub(super) fn sharing(&self, statement: &Statement, artifact: &Measured) -> Vec<usize> {
        let mut found = if self.asked.swap(true, Ordering::Relaxed) {
            self.index.get_or_init(|| Index::of(statement)).sharing(artifact)
        } else {
            let stating = |hex: &str| {
                let (all, hex) = (statement.subjects().digests(), hex.as_bytes());
                // Nearly all differ in their first four letters already.
                let begins =
                    |stated: &[u8]| stated.get(..4).zip(hex.get(..4)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
                all.filter(|(_, stated)| begins(stated) && stated.eq_ignore_ascii_case(hex))
                    .map(|(at, _)| at)
                    .collect::<Vec<usize>>()
            };
            artifact.digests().iter().flat_map(|digest| digest.with_hex(stating)).collect()
        };
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The place of every subject, by a hash of each of its digests. The hash is keyed anew each time, so that nobody can
/// make two digests fall together.
struct Index {
    keys: RandomState,
    places: Vec<(u64, usize)>,
    /// Where the places begin whose hashes begin with so many bits: hashes lie evenly, so few do.
    begins: Vec<usize>,
    bits: u32,
}

impl Index {
    /// Of a statement. A subject that states just what another before it states is left out: a thousand equal files
    /// are looked for once.
    fn of(statement: &Statement) -> Self {
        let keys = RandomState::new();
        let all = statement.subjects();
        let mut places: Vec<(u64, usize)> = Vec::with_capacity(all.len());
        places.extend(all.digests().map(|(at, hex)| (stated(&keys, hex), at)));
        places.sort_unstable();
        let digests = |at: usize| all.get(at).map(|s| s.digest);
        places.dedup_by(|later, earlier| later.0 == earlier.0 && digests(later.1) == digests(earlier.1));
        let bits = places.len().checked_ilog2().unwrap_or_default().min(20);
        let mut begins = Vec::new();
        for (at, (hash, _)) in places.iter().enumerate() {
            begins.resize(begins.len().max(first(*hash, bits).saturating_add(1)), at);
        }
        Self { keys, places, begins, bits }
    }

    fn sharing(&self, artifact: &Measured) -> Vec<usize> {
        let found = artifact.digests().iter().flat_map(|digest| {
            let hash = digest.with_hex(|hex| self.keys.hash_one(hex));
            let begin = self.begins.get(first(hash, self.bits)).copied().unwrap_or(self.places.len());
            let after = self.places.iter().skip(begin).skip_while(move |(known, _)| *known < hash);
            after.take_while(move |(known, _)| *known == hash)
        });
        found.map(|(_, at)| *at).collect()
    }
}

/// The hash of a digest that somebody wrote down, in either case.
fn stated(keys: &RandomState, hex: &[u8]) -> u64 {
    let mut lower = [0; 128];
    let text = match lower.get_mut(..hex.len()) {
        Some(lower) => {
            lower.copy_from_slice(hex);
            lower.make_ascii_lowercase();
            lower
        }
        None => hex,
    };
    keys.hash_one(std::str::from_utf8(text).unwrap_or_default())
}

/// The first bits of a hash.
fn first(hash: u64, bits: u32) -> usize {
    usize::try_from(hash.checked_shr(64 - bits).unwrap_or_default()).unwrap_or_default()
}
