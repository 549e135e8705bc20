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
}

impl Subjects {
    /// Of a statement. A subject that states just what another before it states is not found: a thousand equal files
    /// are looked for once.
    pub(super) fn of(statement: &Statement) -> Self {
        let keys = RandomState::new();
        let hash = |hex: &str| keys.hash_one(hex.to_ascii_lowercase());
        let all = statement.subjects();
        let mut places: Vec<(u64, usize)> = Vec::with_capacity(all.len());
        let of = |(at, digests): (usize, &crate::attestation::DigestSet)| {
            digests.values().map(|hex| (hash(hex), at)).collect::<Vec<_>>()
        };
        places.extend(all.iter().map(|s| &s.digest).enumerate().flat_map(of));
        places.sort_unstable();
        let digests = |at: usize| all.get(at).map(|s| &s.digest);
        places.dedup_by(|later, earlier| later.0 == earlier.0 && digests(later.1) == digests(earlier.1));
        Self { keys, places }
    }

    /// The places of those that state one of an artifact's digests.
    pub(super) fn sharing(&self, artifact: &Measured) -> BTreeSet<usize> {
        let found = artifact.digests().iter().flat_map(|digest| {
            let hash = self.keys.hash_one(digest.hex());
            let from = self.places.partition_point(|(known, _)| *known < hash);
            self.places.iter().skip(from).take_while(move |(known, _)| *known == hash)
        });
        found.map(|(_, at)| *at).collect()
    }
}
