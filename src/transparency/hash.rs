//! Hashes of an RFC 6962 tree: leaves and nodes are told apart by their first byte.

use crate::encoding::{Malformed, base64};
use sha2::{Digest as _, Sha256};

/// A SHA-256 hash in a Merkle tree (RFC 6962, section 2.1). Not the digest of an artifact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Bytes of a hash.
    pub const WIDTH: usize = 32;

    /// Of a leaf: `SHA-256(0x00 || data)`.
    pub fn leaf(data: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
    }
    /// Of two subtrees: `SHA-256(0x01 || left || right)`.
    pub fn node(left: &Self, right: &Self) -> Self {
        Self(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
    }
    /// Root of the tree without leaves: `SHA-256("")`.
    pub fn of_nothing() -> Self {
        Self(Sha256::digest([]).into())
    }
    /// From exactly 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
    /// Reads standard base64 with padding, as checkpoints and proofs carry it.
    ///
    /// # Errors
    /// [`Malformed`] for anything but 32 bytes so encoded.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes = base64::decode_standard(text, "Merkle hash")?;
        Self::from_bytes(&bytes)
            .ok_or_else(|| Malformed::new("Merkle hash", format!("{} bytes, expected 32", bytes.len())))
    }
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&base64::encode(&self.0))
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}
