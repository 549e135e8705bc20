//! Transparency: trees, tiles, notes, policies and witnesses against their specifications, published vectors and
//! other people's implementations.

mod entry;
mod hostile;
mod logproof;
#[cfg(feature = "ml-dsa")]
mod ml_dsa;
mod note;
mod oracles;
mod policy;
mod probes;
mod published;
mod refused;
mod tile;
mod tree;
mod witness;

use crate::world;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use vouchsafe::encoding::Malformed;
use vouchsafe::transparency::{Checkpoint, Hash, Kind, Note, NoteKey, Proof, Scheme, Tile, Tiles, Tree, cosignature};

pub(crate) type Bytes = [u8; 32];

/// RFC 6962, section 2.1, as it stands there, over hashes of leaves; nothing of ours in it.
pub(crate) fn definition(leaves: &[Bytes]) -> Bytes {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            let (left, right) = leaves.split_at(k);
            Sha256::new()
                .chain_update([1])
                .chain_update(definition(left))
                .chain_update(definition(right))
                .finalize()
                .into()
        }
    }
}

pub(crate) fn leaf_data(n: u64) -> Vec<u8> {
    format!("entry {n}").into_bytes()
}

pub(crate) fn leaf_hash(data: &[u8]) -> Bytes {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

pub(crate) fn hash(bytes: &Bytes) -> Hash {
    Hash::from_bytes(bytes).unwrap()
}

pub(crate) fn hashes(bytes: &[Bytes]) -> Vec<Hash> {
    bytes.iter().map(hash).collect()
}

/// A log whose tiles are made as tlog-tiles defines them: level `l` holds the roots of 256^l leaves each.
pub(crate) struct Ideal {
    pub(crate) levels: Vec<Vec<Bytes>>,
}

impl Ideal {
    pub(crate) fn new(leaves: u64) -> Self {
        Self::of((0..leaves).map(|n| leaf_hash(&leaf_data(n))).collect())
    }
    pub(crate) fn of(leaves: Vec<Bytes>) -> Self {
        let mut levels = vec![leaves];
        while levels.last().unwrap().len() >= 256 {
            let above = levels.last().unwrap().chunks_exact(256).map(definition).collect();
            levels.push(above);
        }
        Self { levels }
    }
    pub(crate) fn leaves(&self) -> &[Bytes] {
        &self.levels[0]
    }
    pub(crate) fn tree(&self, size: u64) -> Tree<'_, Self> {
        Tree::new(self, size)
    }
    pub(crate) fn root(&self, size: u64) -> Hash {
        hash(&definition(&self.leaves()[..usize::try_from(size).unwrap()]))
    }
    pub(crate) fn checkpoint(&self, origin: &str, size: u64) -> Checkpoint {
        Checkpoint::new(origin, size, self.root(size))
    }
}

impl Tiles for Ideal {
    type Error = Malformed;
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Malformed> {
        let Kind::Hashes(level) = tile.kind else { panic!("trees are made of hashes") };
        let start = usize::try_from(tile.index * 256).unwrap();
        let row = self.levels.get(usize::from(level)).and_then(|row| row.get(start..start + usize::from(tile.width)));
        row.map(<[Bytes]>::concat).ok_or_else(|| Malformed::new("tile", format!("there is no {}", tile.path())))
    }
}

/// A log or a witness: a key under a name.
pub(crate) struct Party {
    key: world::Key,
    pub(crate) public: NoteKey,
}

impl Party {
    pub(crate) fn log(name: &str, n: u8) -> Self {
        let key = world::key(n);
        let public = NoteKey::new(name, Scheme::Ed25519(key.0.public().clone())).unwrap();
        Self { key, public }
    }
    pub(crate) fn witness(name: &str, n: u8) -> Self {
        let key = world::key(n);
        let public = NoteKey::new(name, Scheme::Cosignature(key.0.public().clone())).unwrap();
        Self { key, public }
    }
    pub(crate) fn sign(&self, note: &mut Note) {
        note.add(self.public.line(self.key.0.sign(note.text().as_bytes())));
    }
    pub(crate) fn cosign(&self, note: &mut Note, at: Timestamp) {
        let bytes = self.key.0.sign(cosignature::message(note.text(), at).as_bytes());
        note.add(self.public.line(cosignature::join(at, &bytes)));
    }
    pub(crate) fn vkey(&self) -> String {
        self.public.to_string()
    }
}

pub(crate) fn second(n: i64) -> Timestamp {
    Timestamp::from_second(n).unwrap()
}

/// A checkpoint as a note that the log signed.
pub(crate) fn signed(log: &Party, checkpoint: &Checkpoint) -> Note {
    let mut note = Note::unsigned(checkpoint.to_text()).unwrap();
    log.sign(&mut note);
    note
}

pub(crate) fn proof_of(log: &Ideal, index: u64, size: u64, note: Note) -> Proof {
    Proof { index, hashes: log.tree(size).inclusion(index).unwrap(), note }
}
