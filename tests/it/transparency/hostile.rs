//! Hostile sizes, indices and tiles: whatever is said, it is answered, and nothing overflows.

use std::cell::Cell;
use vouchsafe::encoding::Malformed;
use vouchsafe::transparency::{
    Checkpoint, Frontier, Hash, Kind, MAX_HASHES, Tile, Tiles, Tree, between, is_consistent, number, root_of_inclusion,
};

/// A log that answers everything with zeros, of the right length.
struct Zeros(Cell<usize>);

impl Tiles for Zeros {
    type Error = Malformed;
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Malformed> {
        self.0.set(self.0.get() + 1);
        Ok(vec![0; tile.max_bytes()])
    }
}

/// Numbers around every power of two.
fn edges() -> Vec<u64> {
    let around = |n: u64| [n.wrapping_sub(2), n.wrapping_sub(1), n, n.wrapping_add(1)];
    let mut all: Vec<u64> = (0..64).flat_map(|bit| around(1 << bit)).chain(around(0)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn trees_of_any_size_are_asked_for_few_tiles_and_overflow_nothing() {
    for size in edges().into_iter().step_by(3).chain([u64::MAX]) {
        let zeros = Zeros(Cell::new(0));
        let tree = Tree::new(&zeros, size);
        let root = tree.root().unwrap();
        assert_eq!(tree.frontier().unwrap().root(), root, "{size}");
        assert!(tree.leaf(size).is_err() && tree.inclusion(size).is_err() && tree.leaf(u64::MAX).is_err());
        assert!(size == u64::MAX || tree.consistency(size + 1).is_err());
        for other in [0, 1, size / 3, size / 2, size.wrapping_sub(1)].into_iter().filter(|n| *n < size) {
            let proof = tree.inclusion(other).unwrap();
            assert!(proof.len() <= MAX_HASHES + usize::from(size > 1 << 63), "{other} of {size}: {}", proof.len());
            assert!(root_of_inclusion(Hash::of_nothing(), other, size, &proof).is_some(), "{other} of {size}");
            let proof = tree.consistency(other).unwrap();
            assert!(proof.len() <= MAX_HASHES + 2, "{other} to {size}: {}", proof.len());
            assert!(other == 0 || !is_consistent((other, root), (size, Hash::of_nothing()), &proof));
        }
        let asked = zeros.0.get();
        assert!(asked <= 2 * 64 * 8, "{asked} tiles of {size} leaves, each once");
    }
}

#[test]
fn proofs_of_any_length_for_any_size_are_judged() {
    let hash = Hash::leaf(b"x");
    for size in edges() {
        for index in edges() {
            for length in [0, 1, 2, 62, 63, 64, 65, 200] {
                let proof = vec![hash; length];
                let root = root_of_inclusion(hash, index, size, &proof);
                assert!(root.is_none() || index < size, "{index} of {size}");
                assert!(root.is_none() || length <= 64);
                let consistent = is_consistent((index, hash), (size, Hash::of_nothing()), &proof);
                assert!(!consistent, "{index} to {size} with {length}");
            }
        }
    }
}

#[test]
fn a_frontier_and_the_files_at_the_end_of_all_numbers() {
    assert!(Frontier::new(u64::MAX, vec![Hash::of_nothing(); 63]).is_none());
    let mut last = Frontier::new(u64::MAX - 1, vec![Hash::of_nothing(); 63]).unwrap();
    last.append(Hash::of_nothing());
    assert_eq!(last.size(), u64::MAX);
    let before = last.clone();
    last.append(Hash::of_nothing());
    assert_eq!(last, before, "there is no larger tree");
    for size in edges().into_iter().filter(|n| *n > 1000) {
        for tile in between(size - 1000, size) {
            let here = Tile::of(tile.kind, tile.index, size);
            assert_eq!(here, Some(tile), "{size}");
            assert!(tile.path().len() < 64 && (1..=256).contains(&tile.width));
        }
    }
    for level in 0..=255 {
        for index in edges() {
            let tile = Tile::of(Kind::Hashes(level), index, u64::MAX);
            assert!(tile.is_none_or(|t| level < 8 && t.width > 0));
        }
    }
}

#[test]
fn numbers_have_one_spelling() {
    assert_eq!(number("0"), Some(0));
    assert_eq!(number("18446744073709551615"), Some(u64::MAX));
    for wrong in ["", "00", "01", "+1", "-0", "1 ", " 1", "1e3", "0x1", "\u{0661}", "18446744073709551616", "1_000"] {
        assert_eq!(number(wrong), None, "{wrong:?}");
    }
    for size in [(1 << 63) - 1, 1 << 63, u64::MAX] {
        let text = Checkpoint::new("a", size, Hash::of_nothing()).to_text();
        assert_eq!(Checkpoint::parse(&text).unwrap().size, size);
    }
}
