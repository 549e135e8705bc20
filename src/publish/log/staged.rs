//! A batch as one blob: all that a commit will write, made durable before the commit.

use super::edge::Object;
use crate::encoding::Malformed;
use crate::transparency::{Hash, MAX_ENTRY, TILE_WIDTH, Tile, between};
use sha2::{Digest as _, Sha256};

/// Where staged batches lie, below the state.
pub(super) const STAGED: &str = "staged";
/// The most bytes of entries in a batch.
pub(super) const MAX_BATCH_BYTES: usize = 16 << 20;
/// The most entries in a batch.
pub(super) const MAX_BATCH: usize = 4096;
/// The most bytes of a staged batch: its entries, those of a bundle that was begun before, and their hashes.
pub(super) const MAX_STAGED: usize = MAX_BATCH_BYTES + (TILE_WIDTH as usize) * (MAX_ENTRY + 2) + (4 << 20);

const HEADER: &[u8] = b"vouchsafe-staged/v1\n";
const DIGEST: usize = 32;

/// What a batch is called: from which size to which tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) old: u64,
    pub(super) new: u64,
    pub(super) root: Hash,
}

impl Batch {
    /// Its name below the state.
    pub(super) fn path(&self) -> String {
        format!("{STAGED}/{}-{}-{}", self.old, self.new, hex::encode(self.root.as_bytes()))
    }
    /// What a name below [`STAGED`] stands for.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut parts = name.splitn(3, '-');
        let (old, new, root) = (parts.next()?, parts.next()?, parts.next()?);
        let root = Hash::from_bytes(&hex::decode(root).ok()?)?;
        Some(Self { old: old.parse().ok()?, new: new.parse().ok()?, root })
    }

    /// The files of the batch, in the order of [`between`], each behind its length; a digest of it all at the end.
    pub(super) fn write(&self, objects: &[Object]) -> Vec<u8> {
        let mut blob = HEADER.to_vec();
        for (_, bytes) in objects {
            blob.extend_from_slice(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            blob.extend_from_slice(bytes);
        }
        let digest = Sha256::digest(&blob);
        blob.extend_from_slice(&digest);
        blob
    }

    /// Reads them back.
    pub(super) fn read(&self, blob: &[u8]) -> Result<Vec<(Tile, Vec<u8>)>, Malformed> {
        let bad = || Malformed::new("staged batch", "damaged");
        let (body, digest) = blob.split_at_checked(blob.len().saturating_sub(DIGEST)).ok_or_else(bad)?;
        let mut rest = body.strip_prefix(HEADER).filter(|_| Sha256::digest(body)[..] == *digest).ok_or_else(bad)?;
        let mut objects = Vec::new();
        for tile in between(self.old, self.new) {
            let (length, after) = rest.split_first_chunk::<8>().ok_or_else(bad)?;
            let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| bad())?;
            let (bytes, after) = after.split_at_checked(length).ok_or_else(bad)?;
            objects.push((tile, bytes.to_vec()));
            rest = after;
        }
        if rest.is_empty() { Ok(objects) } else { Err(bad()) }
    }
}
