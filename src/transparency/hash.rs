//! Hashes of an RFC 6962 tree: leaves and nodes are told apart by their first byte.

use crate::encoding::{Malformed, base64};
use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};

/// Where SHA-256 starts (FIPS 180-4, section 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
/// Bits of a node's preimage: one byte and two hashes.
const NODE_BITS: u16 = 8 * (1 + 2 * 32);

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
        // Always two blocks of one layout: laid out here they cost nothing but the compression, half of a tree's time.
        let mut blocks = [[0_u8; 64]; 2];
        let [first, second] = &mut blocks;
        first[0] = 1;
        first[1..33].copy_from_slice(&left.0);
        first[33..].copy_from_slice(&right.0[..31]);
        second[0] = right.0[31];
        second[1] = 0x80;
        second[62..].copy_from_slice(&NODE_BITS.to_be_bytes());
        let mut state = START;
        compress256(&mut state, &blocks);
        let mut hash = [0; 32];
        for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        Self(hash)
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
