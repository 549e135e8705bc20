//! What a tree costs: a million leaves on one core, beside as many bare SHA-256; proofs made from tiles in memory,
//! and verified. Prints; asserts nothing about time. `cargo bench --bench tree`.

#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints, and may stop")]

use sha2::{Digest as _, Sha256};
use std::hint::black_box;
use std::time::{Duration, Instant};
use vouchsafe::encoding::Malformed;
use vouchsafe::transparency::{Frontier, Hash, Kind, Tile, Tiles, Tree, is_consistent, root_of_inclusion};

const LEAVES: usize = 1_000_000;
/// What a leaf holds here: a digest. An entry of a log has some 400 bytes, and 7 blocks to hash instead of one.
const LEAF: usize = 32;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn timed<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    let run = |_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed()
    };
    median((0..runs).map(run).collect())
}

/// Rows of roots of 256^level leaves, as tiles hold them.
struct Memory(Vec<Vec<Hash>>);

impl Memory {
    fn new(leaves: Vec<Hash>) -> Self {
        let mut rows = vec![leaves];
        while rows[rows.len() - 1].len() >= 256 {
            let root = |tile: &[Hash]| {
                let mut frontier = Frontier::default();
                frontier.extend(tile);
                frontier.root()
            };
            let above = rows[rows.len() - 1].chunks_exact(256).map(root).collect();
            rows.push(above);
        }
        Self(rows)
    }
}

impl Tiles for Memory {
    type Error = Malformed;
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Malformed> {
        let Kind::Hashes(level) = tile.kind else { return Err(Malformed::new("tile", "no entries here")) };
        let start = usize::try_from(tile.index * 256).unwrap_or(usize::MAX);
        let row = &self.0[usize::from(level)][start..start + usize::from(tile.width)];
        Ok(row.iter().flat_map(|hash| *hash.as_bytes()).collect())
    }
}

fn main() -> Result<(), Malformed> {
    let data: Vec<[u8; LEAF]> = (0..LEAVES).map(|n| Sha256::digest(n.to_le_bytes()).into()).collect();

    let ours = timed(7, || Frontier::of(data.iter().map(<[u8; LEAF]>::as_slice)).root());
    let one_by_one = timed(7, || {
        let mut frontier = Frontier::default();
        data.iter().for_each(|leaf| frontier.append(Hash::leaf(leaf)));
        frontier.root()
    });
    // As many hashes of the same lengths, in a row, that make no tree.
    let bare = timed(7, || {
        let mut last = [0_u8; 32];
        for leaf in &data {
            last = Sha256::new().chain_update([0]).chain_update(leaf).finalize().into();
            last = Sha256::new().chain_update([1]).chain_update(last).chain_update(leaf).finalize().into();
        }
        last
    });
    println!("{LEAVES} leaves of {LEAF} bytes, one core");
    println!("  Frontier::of             {:>8.1} ms", ours.as_secs_f64() * 1e3);
    println!("  append, one by one       {:>8.1} ms", one_by_one.as_secs_f64() * 1e3);
    println!("  plain sha2 loop          {:>8.1} ms", bare.as_secs_f64() * 1e3);
    println!("  ratio, peer to ours      {:>8.2}", bare.as_secs_f64() / ours.as_secs_f64());

    let size = LEAVES as u64;
    let memory = Memory::new(data.iter().map(|leaf| Hash::leaf(leaf)).collect());
    let root = Tree::new(&memory, size).root()?;
    assert_eq!(root, Frontier::of(data.iter().map(<[u8; LEAF]>::as_slice)).root(), "tiles and frontier disagree");
    let index = 654_321;
    let made = timed(201, || Tree::new(&memory, size).inclusion(index));
    let proof = Tree::new(&memory, size).inclusion(index)?;
    let leaf = Hash::leaf(&data[654_321]);
    assert_eq!(root_of_inclusion(leaf, index, size, &proof), Some(root), "the proof is wrong");
    let verified = timed(201, || root_of_inclusion(black_box(leaf), index, size, &proof));
    println!("proof of leaf {index}, from tiles in memory: made in {made:.1?}, verified in {verified:.1?}");

    let old = 654_321;
    let before = (old, Tree::new(&memory, old).root()?);
    let made = timed(201, || Tree::new(&memory, size).consistency(old));
    let proof = Tree::new(&memory, size).consistency(old)?;
    assert!(is_consistent(before, (size, root), &proof), "the proof is wrong");
    let verified = timed(201, || is_consistent(black_box(before), (size, root), &proof));
    println!("consistency from {old}: made in {made:.1?}, verified in {verified:.1?}");
    Ok(())
}
