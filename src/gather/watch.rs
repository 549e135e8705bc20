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
use std::path::{Path, PathBuf};

/// What was found out about a log.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it says now.
    pub now: TrustedCheckpoint,
    /// What it said when it was seen last; None the first time.
    pub before: Option<Checkpoint>,
}

/// Which log is looked for at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// The one that was there when it was seen last, or any that the policy names if nobody looked before.
    Same,
    /// Any that the policy names: somebody has just said which.
    Chosen,
}

/// A file of what is remembered of logs: of an origin its checkpoint, of a place the origin.
fn kept(home: &Home, of: &str, what: &str) -> PathBuf {
    home.path().join("logs").join(format!("{}.{what}", hex::encode(Sha256::digest(of))))
}

fn recall(path: &Path) -> Result<Option<Vec<u8>>, store::Error> {
    match read_bounded(path, MAX_NOTE) {
        Err(store::Error::NotFound(_)) => Ok(None),
        other => other.map(Some),
    }
}

/// Fetches a log's checkpoint, and refuses one that does not begin with the tree that was seen last, or that is of
/// another log than was at this place. Remembers it.
///
/// # Errors
/// What the policy says of the checkpoint; [`Code::OriginUnknown`], [`Code::LogRolledBack`], [`Code::LogForked`],
/// [`Code::TileWrong`]; nothing is remembered then.
pub fn check(
    log: &TilesAt,
    policy: &LogPolicy,
    sought: Sought,
    home: &Home,
    now: Timestamp,
) -> Result<Checked, TilesError> {
    let note = log.checkpoint()?;
    let trusted = policy.trust(&note, now)?;
    let is = trusted.checkpoint();
    let (place, here) = (kept(home, &is.origin, "checkpoint"), kept(home, log.remembered(), "origin"));
    let _lock = Lock::wait(&home.path().join("logs"))?;
    let was_here = recall(&here)?;
    match &was_here {
        Some(was) if sought == Sought::Same && was != is.origin.as_bytes() => {
            let expected = format!("{}, as was seen there before", shown(&String::from_utf8_lossy(was)));
            return Err(Refusal::new(Code::OriginUnknown, log.remembered(), expected, shown(&is.origin)).into());
        }
        _ => {}
    }
    let before = match recall(&place)? {
        None => None,
        Some(bytes) => Some(Checkpoint::parse(Note::parse(&bytes)?.text())?),
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
    if was_here.as_deref() != Some(is.origin.as_bytes()) {
        write_atomic(&here, is.origin.as_bytes(), Overwrite::Replace)?;
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
