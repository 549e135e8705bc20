//! What an index costs, without an audit: files are kept and looked up through the very functions of an audit.

use super::containers::{Read, Stated, Written, word};
use super::{Index, Kept};
use crate::audit::question::Times;
use crate::audit::stamp::Stamp;
use crate::audit::walk::{Kind, Place, Role};
use sha2::Digest as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// So many files are kept at once, as in an audit.
const BATCH: usize = 4_000;

/// What a rehearsal took.
#[derive(Clone, Copy, Debug)]
pub struct Rehearsal {
    /// Rows that were written: files, attestations, and what these are about.
    pub rows: usize,
    /// How long that took.
    pub loaded: Duration,
    /// How often it was looked up which attestations may be about a file.
    pub asked: usize,
    /// How long that took.
    pub found: Duration,
}

impl Index {
    /// Keeps so many files with one attestation about so many artifacts each, and looks up so many of these, in another
    /// order: what `benches/audit.rs` measures.
    ///
    /// # Errors
    /// [`super::IndexError`].
    pub fn rehearse(&self, files: usize, artifacts: usize, asked: usize) -> Kept<Rehearsal> {
        let (mut rows, mut after, started) = (0, Vec::new(), Instant::now());
        for from in (0..files).step_by(BATCH) {
            let batch = from..files.min(from.saturating_add(BATCH));
            let places: Vec<Place> = batch.map(|file| place(folder(file).join(attestation(file)))).collect();
            self.place(Path::new("/"), &places, Times::Believed)?;
            let unread = self.unread(&after, places.len())?;
            after = unread.last().map(|(key, _)| key.clone()).unwrap_or_default();
            let read = |(n, (_, file)): (usize, (Vec<u8>, Written))| (file, read(from.saturating_add(n), artifacts));
            let done: Vec<_> = unread.into_iter().enumerate().map(read).collect();
            rows += done.iter().map(|(_, read)| read.words.len().saturating_add(2)).sum::<usize>();
            self.keep(&done)?;
        }
        let loaded = started.elapsed();
        let some = (0..asked).map(|n| (n.wrapping_mul(7_919) % files.max(1), n % artifacts.max(1)));
        let some = some.map(|(file, nth)| (digest(file, nth), folder(file).join(name(file, nth))));
        let (some, mut met): (Vec<(String, PathBuf)>, usize) = (some.collect(), 0);
        let started = Instant::now();
        for (digest, path) in &some {
            met += self.gathered(digest, path, false)?.first.len();
        }
        Ok(Rehearsal { rows, loaded, asked: met, found: started.elapsed() })
    }
}

/// 500 files a folder, in the order of their numbers.
fn folder(file: usize) -> PathBuf {
    PathBuf::from(format!("releases/{:04}", file / 500))
}

fn attestation(file: usize) -> String {
    format!("{file:07}.sigstore.json")
}

fn name(file: usize, nth: usize) -> String {
    format!("{file:07}-{nth}.tar.gz")
}

fn digest(file: usize, nth: usize) -> String {
    hex::encode(sha2::Sha256::digest(name(file, nth)))
}

fn place(path: PathBuf) -> Place {
    let stamp = Stamp::over([path.as_os_str().as_encoded_bytes()]);
    Place { path, full: stamp.clone(), stamp, kind: Kind::Attestation, role: Role::Met }
}

fn read(file: usize, artifacts: usize) -> Read {
    let words = |nth: usize| {
        let named = [b"name:", name(file, nth).as_bytes()].concat();
        [word(digest(file, nth).as_bytes()), word(&named)]
    };
    let stated = Stated { id: digest(file, usize::MAX), product: name(file, 0), ..Stated::default() };
    Read { attestations: vec![stated], words: (0..artifacts).flat_map(words).collect(), ..Read::default() }
}
