//! Tiles and entry bundles: where they lie, when they are written, and that they never change.

use super::{Ideal, hashes};
use std::collections::{BTreeMap, BTreeSet};
use vouchsafe::transparency::{Kind, MAX_ENTRY, Tile, Tiles, between, push_entry};

/// Every file of a tree, counted as tlog-tiles defines them.
fn files(size: u64) -> BTreeSet<Tile> {
    let row = |kind, count: u64| {
        let full = (0..count / 256).map(move |index| Tile { kind, index, width: 256 });
        let rest = u16::try_from(count % 256).unwrap();
        full.chain((rest > 0).then_some(Tile { kind, index: count / 256, width: rest }))
    };
    let hashes = (0..8_u8).flat_map(|level| row(Kind::Hashes(level), size >> (8 * u32::from(level))));
    row(Kind::Entries, size).chain(hashes).collect()
}

#[test]
fn what_is_written_between_two_sizes_is_the_difference_of_their_files() {
    let all: Vec<BTreeSet<Tile>> = (0..=700).map(files).collect();
    for (new, after) in all.iter().enumerate() {
        for (old, before) in all.iter().enumerate().take(new + 1) {
            let written = between(old as u64, new as u64);
            let difference: BTreeSet<Tile> = after.difference(before).copied().collect();
            assert_eq!(written.len(), difference.len(), "{old} to {new}: each once");
            assert_eq!(written.into_iter().collect::<BTreeSet<_>>(), difference, "{old} to {new}");
        }
    }
    let large = [65_279, 65_280, 65_535, 65_536, 65_537, 65_792, 131_072, 131_329];
    for (old, new) in large.iter().flat_map(|old| large.iter().map(move |new| (*old, *new))) {
        let difference: BTreeSet<Tile> = if old < new { &files(new) - &files(old) } else { BTreeSet::new() };
        assert_eq!(between(old, new).into_iter().collect::<BTreeSet<_>>(), difference, "{old} to {new}");
    }
    assert_eq!(between(u64::MAX - 1, u64::MAX).len(), 2, "the last leaf there can be completes nothing");
    assert!(between(5, 5).is_empty() && between(6, 5).is_empty());
}

#[test]
fn an_immutable_tile_never_changes_while_the_tree_grows() {
    let log = Ideal::new(1_600);
    let mut written: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let steps = [0, 1, 2, 200, 255, 256, 257, 400, 511, 513, 1_024, 1_600];
    for pair in steps.windows(2) {
        for tile in between(pair[0], pair[1]).into_iter().filter(|t| t.kind != Kind::Entries) {
            let bytes = log.tile(tile).unwrap();
            assert_eq!(tile.hashes(&bytes).unwrap().len(), usize::from(tile.width));
            assert!(written.insert(tile.path(), bytes).is_none(), "{} is written once", tile.path());
        }
        // A partial tile is how the full one begins.
        for (path, bytes) in &written {
            let full = written.get(path.split(".p/").next().unwrap());
            assert!(full.is_none_or(|full| full.starts_with(bytes)), "{path}");
        }
        // A reader of any of those sizes finds what it needs.
        for size in steps.iter().filter(|size| **size <= pair[1]) {
            assert!(files(*size).iter().all(|t| t.kind == Kind::Entries || written.contains_key(&t.path())), "{size}");
        }
    }
}

#[test]
fn the_examples_of_the_specification() {
    let widths = |size: u64, level: u8| {
        let tiles: Vec<u16> = files(size).iter().filter(|t| t.kind == Kind::Hashes(level)).map(|t| t.width).collect();
        let from_nothing = between(0, size).into_iter().filter(|t| t.kind == Kind::Hashes(level)).map(|t| t.width);
        assert_eq!(from_nothing.collect::<Vec<_>>(), tiles);
        (tiles.iter().filter(|w| **w == 256).count(), tiles.last().copied().filter(|w| *w < 256))
    };
    assert_eq!(
        [0, 1, 2, 3].map(|level| widths(70_000, level)),
        [(273, Some(112)), (1, Some(17)), (0, Some(1)), (0, None)]
    );
    assert_eq!([0, 1, 2].map(|level| widths(256, level)), [(1, None), (0, Some(1)), (0, None)]);

    let path = |kind, index, width| Tile { kind, index, width }.path();
    assert_eq!(path(Kind::Hashes(0), 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(path(Kind::Hashes(2), 1_000, 8), "tile/2/x001/000.p/8");
    assert_eq!(path(Kind::Hashes(7), 0, 255), "tile/7/000.p/255");
    assert_eq!(path(Kind::Entries, 999, 256), "tile/entries/999");
    assert_eq!(path(Kind::Entries, u64::MAX, 1), "tile/entries/x018/x446/x744/x073/x709/x551/615.p/1");
    assert_eq!(Tile { kind: Kind::Entries, index: 3, width: 9 }.full().path(), "tile/entries/003");
}

#[test]
fn which_tile_of_a_tree_there_is() {
    for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000] {
        for tile in files(size) {
            assert_eq!(Tile::of(tile.kind, tile.index, size), Some(tile), "{size}");
        }
        for (kind, after) in [(Kind::Entries, size.div_ceil(256)), (Kind::Hashes(1), (size / 256).div_ceil(256))] {
            assert_eq!(Tile::of(kind, after, size), None, "past the edge of {size}");
        }
    }
    // At the end of all numbers nothing overflows.
    let last = Tile::of(Kind::Hashes(0), u64::MAX / 256, u64::MAX);
    assert_eq!(last.map(|t| t.width), Some(255));
    assert_eq!(Tile::of(Kind::Hashes(7), 0, u64::MAX).map(|t| t.width), Some(255));
    for (level, index) in [(8, 0), (31, 0), (63, 0), (255, 0), (0, u64::MAX), (7, 1), (7, u64::MAX)] {
        assert_eq!(Tile::of(Kind::Hashes(level), index, u64::MAX), None, "level {level}, number {index}");
    }
}

#[test]
fn bytes_that_are_no_tile_are_refused() {
    let log = Ideal::new(300);
    let tile = Tile { kind: Kind::Hashes(0), index: 1, width: 44 };
    let bytes = log.tile(tile).unwrap();
    assert_eq!(tile.hashes(&bytes).unwrap(), hashes(&log.leaves()[256..]));
    assert_eq!(tile.max_bytes(), bytes.len());
    for wrong in [&bytes[1..], &bytes[32..], &[&bytes[..], &[0; 32]].concat(), &[]] {
        assert!(tile.hashes(wrong).is_err(), "{} bytes", wrong.len());
    }

    let mut bundle = Vec::new();
    let entries: [&[u8]; 3] = [b"", b"one", &[7; MAX_ENTRY]];
    entries.iter().for_each(|entry| push_entry(&mut bundle, entry).unwrap());
    assert!(push_entry(&mut bundle, &[7; MAX_ENTRY + 1]).is_err(), "a length has 16 bits");
    let tile = Tile { kind: Kind::Entries, index: 0, width: 3 };
    assert_eq!(tile.entries(&bundle).unwrap(), entries);
    assert!(bundle.len() <= tile.max_bytes());
    for wrong in
        [&bundle[..bundle.len() - 1], &bundle[2..], &[&bundle[..], &[0]].concat(), &[&bundle[..], &[0, 0]].concat()]
    {
        assert!(tile.entries(wrong).is_err(), "{} bytes", wrong.len());
    }
}
