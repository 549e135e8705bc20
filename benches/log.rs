//! What a log costs: entries appended in batches to a log on disk, bytes on disk, a proof made from tiles, a proof checked.
//!
//! `cargo bench --bench log [-- ENTRIES [BATCH]]`. Prints a table; asserts nothing about time.

#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints, and may stop")]

use jiff::Timestamp;
use std::path::Path;
use std::time::{Duration, Instant};
use vouchsafe::gather::{Location, tiles::TilesAt};
use vouchsafe::key::{PublicKey, SecretKey, Suite};
use vouchsafe::publish::log::LogFolder;
use vouchsafe::signer::{Signer, SignerError};
use vouchsafe::transparency::{Entry, Hash, Proof, Tree, root_of_inclusion, signed_checkpoint};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

struct Key(SecretKey);

impl Signer for Key {
    fn public(&self) -> &PublicKey {
        self.0.public()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(message))
    }
}

/// As large as those of real attestations; only the digest differs.
fn body(n: u64, key: &Key, signature: &[u8]) -> Vec<u8> {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&n.to_be_bytes());
    Entry { digest, signature: signature.to_vec(), key: key.0.public().clone() }.body()
}

/// Files below a folder: how many, their bytes, and what they take on disk.
fn measure(folder: &Path) -> Outcome<(u64, u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let mut sum = (0, 0, 0);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        let (files, bytes, disk) =
            if about.is_dir() { measure(&entry.path())? } else { (1, about.len(), about.blocks() * 512) };
        sum = (sum.0 + files, sum.1 + bytes, sum.2 + disk);
    }
    Ok(sum)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn main() -> Outcome<()> {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (entries, batch) = (numbers.first().copied().unwrap_or(1_000_000), numbers.get(1).copied().unwrap_or(1000));
    // On a disk, where a sync is one: beside the build, not in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR"))?;
    let key = Key(SecretKey::from_random(Suite::Ed25519, &zeroize::Zeroizing::new([7; 32]))?);
    let signature = key.0.sign(b"any");
    let now = Timestamp::from_second(Timestamp::now().as_second())?;
    let path = folder.path().join("tlog");
    let log = LogFolder::init(&path, "example.org/bench", &key, None, now)?;

    let (mut spent, mut slowest, mut last) = (Duration::ZERO, Duration::ZERO, None);
    for first in (0..entries).step_by(usize::try_from(batch)?) {
        let bodies: Vec<Vec<u8>> = (first..entries.min(first + batch)).map(|n| body(n, &key, &signature)).collect();
        let start = Instant::now();
        last = Some(log.log(&bodies, &key, &[], now)?);
        let took = start.elapsed();
        (spent, slowest) = (spent + took, slowest.max(took));
    }
    let (_, bytes, disk) = measure(&log.public_path())?;
    let (_, state, _) = measure(&path.join("state"))?;

    let start = Instant::now();
    let all = log.proofs(&last.ok_or("nothing was logged")?)?;
    let batch_of_proofs = start.elapsed();
    drop(log);
    let start = Instant::now();
    let log = LogFolder::open(&path)?;
    let note = log.checkpoint()?;
    let at = signed_checkpoint(&note, log.key())?;
    let tiles = TilesAt::open(&Location::Path(path.clone()))?;
    let (mut made, mut checked) = (Vec::new(), Vec::new());
    let opened = start.elapsed();
    for n in 0..1000 {
        let place = n * (entries / 1000).max(1) % entries;
        let start = Instant::now();
        let hashes = Tree::new(&tiles, at.size).inclusion(place)?;
        made.push(start.elapsed());
        let proof = Proof { index: place, hashes, note: note.clone() };
        let leaf = Hash::leaf(&body(place, &key, &signature));
        let start = Instant::now();
        let root = root_of_inclusion(leaf, proof.index, at.size, &proof.hashes);
        checked.push(start.elapsed());
        assert_eq!(root, Some(at.root), "entry {place}");
    }
    let start = Instant::now();
    assert!(log.fsck()?.findings.is_empty(), "the log is whole");
    let fsck = start.elapsed();
    println!("| what | figure |\n| --- | --- |");
    println!("| {entries} entries in batches of {batch} | {:.0} entries/s |", entries as f64 / spent.as_secs_f64());
    println!("| the slowest batch | {slowest:.1?} |");
    println!("| an entry | {} bytes |", body(0, &key, &signature).len());
    println!("| public files | {:.1} MB, {:.1} MB on disk |", bytes as f64 / 1e6, disk as f64 / 1e6);
    println!("| state, mostly the index | {:.1} MB |", state as f64 / 1e6);
    println!("| opened, the checkpoint read and verified | {opened:.1?} |");
    println!("| a proof from tiles, none read before | {:.1?} |", median(made));
    println!("| the proofs of a batch of {} | {batch_of_proofs:.1?} |", all.len());
    println!("| a proof's hashes checked | {:.1?} |", median(checked));
    println!("| fsck of all of it | {fsck:.1?} |");
    Ok(())
}
