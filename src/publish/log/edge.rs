//! The right edge of a tree, and how it grows: everything a batch changes, computed before anything is written.

use crate::encoding::Malformed;
use crate::transparency::{Code, Frontier, Hash, Kind, Refusal, TILE_WIDTH, Tile, Tiles, Tree, between, push_entry};
use std::collections::BTreeMap;

/// The tiles at the right edge that are not full yet, and the roots to their left.
#[derive(Clone, Debug, Default)]
pub(super) struct Edge {
    frontier: Frontier,
    /// The unfinished tile of each level.
    rows: Vec<Vec<Hash>>,
    /// The unfinished bundle of entries.
    bundle: Vec<u8>,
}

/// A file of the log, and its bytes.
pub(super) type Object = (Tile, Vec<u8>);

impl Edge {
    /// The edge of the tree whose root this is, read from its tiles and held against that root.
    pub(super) fn read<T: Tiles>(tiles: &T, size: u64, root: Hash) -> Result<Self, T::Error>
    where
        T::Error: From<Refusal>,
    {
        let frontier = Tree::new(tiles, size).frontier()?;
        if frontier.root() != root {
            return Err(wrong("the tiles at its right edge", format!("root {root}"), frontier.root()).into());
        }
        let unfinished = |kind, level: u32| {
            let index = size.checked_shr(8 * level).unwrap_or(0) / TILE_WIDTH;
            Tile::of(kind, index, size).filter(|tile| !tile.is_full())
        };
        let (mut rows, mut bundle) = (Vec::new(), Vec::new());
        for level in 0..8_u8 {
            rows.push(match unfinished(Kind::Hashes(level), level.into()) {
                Some(tile) => tile.hashes(&tiles.tile(tile)?)?,
                None => Vec::new(),
            });
        }
        if let Some(tile) = unfinished(Kind::Entries, 0) {
            bundle = tiles.tile(tile)?;
            let leaves: Vec<Hash> = tile.entries(&bundle)?.into_iter().map(Hash::leaf).collect();
            if Some(&leaves) != rows.first() {
                return Err(wrong(&tile.path(), "the entries of the tree".into(), "others").into());
            }
        }
        Ok(Self { frontier, rows, bundle })
    }

    /// How many leaves.
    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }
    /// The root of the tree.
    pub(super) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Adds entries; every file that is new, whole.
    pub(super) fn grow(&mut self, entries: &[&[u8]]) -> Result<Vec<Object>, Malformed> {
        let old = self.size();
        let mut objects = BTreeMap::new();
        let mut leaves = Vec::with_capacity(entries.len());
        for entry in entries {
            push_entry(&mut self.bundle, entry)?;
            let leaf = Hash::leaf(entry);
            self.frontier.append(leaf);
            leaves.push(leaf);
            if self.size().is_multiple_of(TILE_WIDTH) {
                let index = (self.size() / TILE_WIDTH).saturating_sub(1);
                objects.insert((Kind::Entries, index), std::mem::take(&mut self.bundle));
            }
        }
        objects.insert((Kind::Entries, self.size() / TILE_WIDTH), self.bundle.clone());
        let mut new = leaves;
        for (level, row) in (0_u8..).zip(&mut self.rows) {
            let mut index = old.checked_shr(8 * u32::from(level)).unwrap_or(0) / TILE_WIDTH;
            let mut above = Vec::new();
            for hash in new {
                row.push(hash);
                if row.len() as u64 == TILE_WIDTH {
                    above.push(complete(row));
                    objects.insert((Kind::Hashes(level), index), bytes(row));
                    row.clear();
                    index += 1;
                }
            }
            objects.insert((Kind::Hashes(level), index), bytes(row));
            new = above;
        }
        let tiles = between(old, self.size()).into_iter();
        Ok(tiles.filter_map(|tile| Some((tile, objects.remove(&(tile.kind, tile.index))?))).collect())
    }
}

/// The root over the hashes of a full tile.
pub(super) fn complete(row: &[Hash]) -> Hash {
    let mut tree = Frontier::default();
    row.iter().for_each(|hash| tree.append(*hash));
    tree.root()
}

/// Hashes, as a tile holds them.
pub(super) fn bytes(row: &[Hash]) -> Vec<u8> {
    row.iter().flat_map(Hash::as_bytes).copied().collect()
}

/// Something of the log does not belong to its tree.
pub(super) fn wrong(what: &str, expected: String, got: impl std::fmt::Display) -> Refusal {
    Refusal::new(Code::TileWrong, what, expected, got.to_string())
}
