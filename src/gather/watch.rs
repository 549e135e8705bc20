//! Watching a log that somebody else keeps: that it only grew since it was last seen, and what was entered in it.
//!
//! Everything that is told has been hashed up to a root that the log signed, and its witnesses cosigned as the policy
//! asks, before a word of it is told.

use super::tiles::{TilesAt, TilesError};
use crate::encoding::text::shown;
use crate::store::{self, Home, Lock, Overwrite, read_bounded, write_atomic};
use crate::transparency::{
    Checkpoint, Code, Frontier, Hash, Kind, LogPolicy, MAX_NOTE, Note, Refusal, TILE_WIDTH, Tile, Tiles as _, Tree,
    TrustedCheckpoint, is_consistent, only_grew,
};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;

/// What was found out about a log.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it says now.
    pub now: TrustedCheckpoint,
    /// What it said when it was seen last; None the first time.
    pub before: Option<Checkpoint>,
}

fn place(home: &Home, origin: &str) -> PathBuf {
    home.path().join("logs").join(format!("{}.checkpoint", hex::encode(Sha256::digest(origin))))
}

/// Fetches a log's checkpoint, and refuses one that does not begin with the tree that was seen last. Remembers it.
///
/// # Errors
/// What the policy says of the checkpoint; [`Code::LogRolledBack`], [`Code::LogForked`], [`Code::TileWrong`]; nothing is
/// remembered then.
pub fn check(log: &TilesAt, policy: &LogPolicy, home: &Home, now: Timestamp) -> Result<Checked, TilesError> {
    let note = log.checkpoint()?;
    let trusted = policy.trust(&note, now)?;
    let is = trusted.checkpoint();
    let place = place(home, &is.origin);
    let _lock = Lock::wait(&home.path().join("logs"))?;
    let before = match read_bounded(&place, MAX_NOTE) {
        Err(store::Error::NotFound(_)) => None,
        other => Some(Checkpoint::parse(Note::parse(&other?)?.text())?),
    };
    let tree = Tree::new(log, is.size);
    match &before {
        Some(was) if is.size < was.size => only_grew(was, is, &[])?,
        Some(was) => only_grew(was, is, &tree.consistency(was.size)?)?,
        None => {}
    }
    belongs(&tree.root()?, is)?;
    if before.as_ref() != Some(is) {
        write_atomic(&place, note.to_string().as_bytes(), Overwrite::Replace)?;
    }
    Ok(Checked { now: trusted, before })
}

fn belongs(root: &Hash, checkpoint: &Checkpoint) -> Result<(), Refusal> {
    if *root == checkpoint.root {
        return Ok(());
    }
    let expected = format!("a tree of {} entries with the root {}", checkpoint.size, checkpoint.root);
    Err(Refusal::new(Code::TileWrong, shown(&checkpoint.origin), expected, root.to_string()))
}

/// An entry, as it is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its place.
    pub index: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Reads the entries from number `from` on of a tree that [`check`] has let pass, keeps those that `keep` wants, and
/// hands them out only once all of them were hashed up to the root that is signed.
///
/// # Errors
/// [`Code::TileWrong`]; [`Code::LogRolledBack`] if there are fewer.
pub fn entries(
    log: &TilesAt,
    checked: &Checked,
    from: u64,
    mut keep: impl FnMut(&[u8]) -> bool,
) -> Result<Vec<Read>, TilesError> {
    let is = checked.now.checkpoint();
    if from > is.size {
        let expected = format!("at least {from} entries, as were read before");
        return Err(Refusal::new(Code::LogRolledBack, shown(&is.origin), expected, is.size.to_string()).into());
    }
    let mut edge = begin(log, from, is)?;
    let mut kept = Vec::new();
    let mut index = from;
    while index < is.size {
        let bundle = Tile::of(Kind::Entries, index / TILE_WIDTH, is.size);
        let bundle = bundle.ok_or_else(|| Refusal::new(Code::Malformed, "", "a bundle of entries", "none"))?;
        let bytes = log.tile(bundle)?;
        let skipped = usize::try_from(index % TILE_WIDTH).unwrap_or(usize::MAX);
        for entry in bundle.entries(&bytes)?.into_iter().skip(skipped) {
            edge.append(Hash::leaf(entry));
            if keep(entry) {
                kept.push(Read { index, bytes: entry.to_vec() });
            }
            index = index.saturating_add(1);
        }
    }
    belongs(&edge.root(), is)?;
    Ok(kept)
}

/// The right edge of the first `from` entries, proven to be the beginning of the tree that is signed.
fn begin(log: &TilesAt, from: u64, is: &Checkpoint) -> Result<Frontier, TilesError> {
    if from == 0 {
        return Ok(Frontier::default());
    }
    let tree = Tree::new(log, is.size);
    let (edge, proof) = (tree.frontier_at(from)?, tree.consistency(from)?);
    if is_consistent((from, edge.root()), (is.size, is.root), &proof) {
        return Ok(edge);
    }
    let expected = format!("the first {from} entries of the tree with the root {}", is.root);
    Err(Refusal::new(Code::TileWrong, shown(&is.origin), expected, edge.root().to_string()).into())
}
