//! Proofs made from tiles. What is read here is believed by nobody until it leads to a root that somebody signed.

use super::hash::Hash;
use super::tile::{Kind, TILE_WIDTH, Tile};
use super::tree::Frontier;
use crate::encoding::Malformed;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Where the files of a log come from.
pub trait Tiles {
    /// How reading fails.
    type Error: From<Malformed>;
    /// The bytes of a file.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Self::Error>;
}

/// A tree of a certain size, read from tiles; each tile once.
pub struct Tree<'t, T: Tiles> {
    tiles: &'t T,
    size: u64,
    read: RefCell<BTreeMap<Tile, Vec<Hash>>>,
}

impl<'t, T: Tiles> Tree<'t, T> {
    /// The tree of the first `size` leaves.
    pub fn new(tiles: &'t T, size: u64) -> Self {
        Self { tiles, size, read: RefCell::default() }
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its root.
    ///
    /// # Errors
    /// What the tiles say.
    pub fn root(&self) -> Result<Hash, T::Error> {
        if self.size == 0 { Ok(Hash::of_nothing()) } else { self.range(0, self.size) }
    }

    /// Its right edge, to grow it.
    ///
    /// # Errors
    /// What the tiles say.
    pub fn frontier(&self) -> Result<Frontier, T::Error> {
        self.frontier_at(self.size)
    }

    /// The right edge it had when it had `size` leaves, from the tiles it has now.
    ///
    /// # Errors
    /// [`Malformed`] if it never was so large; what the tiles say.
    pub fn frontier_at(&self, size: u64) -> Result<Frontier, T::Error> {
        let mut nodes = Vec::new();
        let mut start = 0_u64;
        for level in (0..64_u32).rev().filter(|level| size & (1 << level) != 0) {
            nodes.push(self.node(level, start >> level)?);
            start += 1 << level;
        }
        Frontier::new(size, nodes).ok_or_else(|| Malformed::new("tree", "an impossible size").into())
    }

    /// The inclusion proof of a leaf (RFC 6962, section 2.1.1), from the leaf's sibling up.
    ///
    /// # Errors
    /// [`Malformed`] for a leaf outside the tree; what the tiles say.
    pub fn inclusion(&self, index: u64) -> Result<Vec<Hash>, T::Error> {
        if index >= self.size {
            return Err(Malformed::new("tree", format!("no leaf {index} among {}", self.size)).into());
        }
        let (mut start, mut end, mut path) = (0, self.size, Vec::new());
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                path.push(self.range(middle, end)?);
                end = middle;
            } else {
                path.push(self.range(start, middle)?);
                start = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The proof that this tree begins with that of `old` leaves (RFC 6962, section 2.1.2).
    ///
    /// # Errors
    /// [`Malformed`] if that is larger; what the tiles say.
    pub fn consistency(&self, old: u64) -> Result<Vec<Hash>, T::Error> {
        if old > self.size {
            return Err(Malformed::new("tree", format!("{old} leaves are more than {}", self.size)).into());
        }
        let (mut start, mut end, mut path) = (0, self.size, Vec::new());
        if old == 0 {
            return Ok(path);
        }
        while end != old {
            let middle = start + split(end - start);
            if old <= middle {
                path.push(self.range(middle, end)?);
                end = middle;
            } else {
                path.push(self.range(start, middle)?);
                start = middle;
            }
        }
        if start > 0 {
            path.push(self.range(start, end)?);
        }
        path.reverse();
        Ok(path)
    }

    /// The hash of leaf `index`.
    ///
    /// # Errors
    /// What the tiles say.
    pub fn leaf(&self, index: u64) -> Result<Hash, T::Error> {
        self.node(0, index)
    }

    /// The Merkle tree hash over leaves `start` to `end`, which has to be a subtree of the tree or its right edge.
    fn range(&self, start: u64, end: u64) -> Result<Hash, T::Error> {
        let count = end - start;
        if count.is_power_of_two() {
            return self.node(count.trailing_zeros(), start >> count.trailing_zeros());
        }
        let middle = start + split(count);
        Ok(Hash::node(&self.range(start, middle)?, &self.range(middle, end)?))
    }

    /// The root of the complete subtree number `index` of 2^`level` leaves.
    fn node(&self, level: u32, index: u64) -> Result<Hash, T::Error> {
        let (tile_level, within) = (level / 8, level % 8);
        let first = index << within;
        let hashes = self.hashes(tile_level, first / TILE_WIDTH)?;
        let at = usize::try_from(first % TILE_WIDTH).unwrap_or(usize::MAX);
        let part = hashes.get(at..at.saturating_add(1 << within));
        let part = part.ok_or_else(|| Malformed::new("tile", "too narrow for the tree"))?;
        Ok(fold(part))
    }

    fn hashes(&self, level: u32, index: u64) -> Result<Vec<Hash>, T::Error> {
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        let tile = Tile::of(Kind::Hashes(level), index, self.size)
            .ok_or_else(|| Malformed::new("tile", format!("none at level {level}, number {index}")))?;
        if let Some(known) = self.read.borrow().get(&tile) {
            return Ok(known.clone());
        }
        let hashes = tile.hashes(&self.tiles.tile(tile)?)?;
        self.read.borrow_mut().insert(tile, hashes.clone());
        Ok(hashes)
    }
}

/// The largest power of two below `count`, where RFC 6962 splits a tree.
fn split(count: u64) -> u64 {
    1 << (63 - count.saturating_sub(1).max(1).leading_zeros())
}

/// The root over hashes whose number is a power of two.
fn fold(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks(2).filter_map(|pair| Some(Hash::node(pair.first()?, pair.get(1)?))).collect();
    }
    row.first().copied().unwrap_or_else(Hash::of_nothing)
}
