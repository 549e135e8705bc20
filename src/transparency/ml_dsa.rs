//! Cosignatures by ML-DSA-44 (FIPS 204; C2SP tlog-cosignature, type 0x06).

use super::checkpoint::Checkpoint;
use super::cosignature;
use crate::encoding::Malformed;
use jiff::Timestamp;
use ml_dsa::{B32, EncodedSignature, EncodedVerifyingKey, MlDsa44, Signature};
use std::sync::Arc;
use zeroize::Zeroizing;

const WHAT: &str = "ML-DSA-44 key";
const LABEL: &[u8; 12] = b"subtree/v1\n\0";

/// A public key. Cheap to copy: what verifying needs is unpacked once, 16 KiB of it.
#[derive(Clone)]
pub struct VerifyingKey {
    bytes: Arc<[u8]>,
    key: Arc<ml_dsa::VerifyingKey<MlDsa44>>,
}

impl VerifyingKey {
    /// Bytes of a public key.
    pub const WIDTH: usize = 1312;

    /// From the bytes of `pkEncode` (FIPS 204, algorithm 22); any of that length are a key.
    ///
    /// # Errors
    /// [`Malformed`] for another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let encoded = EncodedVerifyingKey::<MlDsa44>::try_from(bytes)
            .map_err(|_| Malformed::new(WHAT, format!("{} bytes, expected {}", bytes.len(), Self::WIDTH)))?;
        Ok(Self { bytes: bytes.into(), key: Arc::new(ml_dsa::VerifyingKey::decode(&encoded)) })
    }
    /// Its 1,312 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.to_vec()
    }
    /// Whether a signature of 2,420 bytes is good: pure ML-DSA, empty context.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(encoded) = EncodedSignature::<MlDsa44>::try_from(signature) else { return false };
        Signature::decode(&encoded).is_some_and(|signature| self.key.verify_with_context(message, &[], &signature))
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ML-DSA-44 {}", crate::encoding::base64::encode(&self.bytes))
    }
}

/// A private key, of a witness or a log. It is wiped when dropped, and Debug shows nothing of it.
pub struct SigningKey {
    key: Box<ml_dsa::SigningKey<MlDsa44>>,
}

impl SigningKey {
    /// From a seed of 32 bytes (FIPS 204, algorithm 6), which is what is kept of such a key.
    pub fn from_seed(seed: &Zeroizing<[u8; 32]>) -> Self {
        let seed = Zeroizing::new(B32::from(**seed));
        Self { key: Box::new(ml_dsa::SigningKey::from_seed(&seed)) }
    }
    /// Its public key.
    pub fn public(&self) -> VerifyingKey {
        let key = self.key.expanded_key().verifying_key();
        VerifyingKey { bytes: key.encode().as_slice().into(), key: Arc::new(key) }
    }
    /// A signature of 2,420 bytes: pure ML-DSA, empty context, the deterministic variant. None if it could not be made.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        Some(self.key.expanded_key().sign_deterministic(message, &[]).ok()?.encode().to_vec())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(ML-DSA-44)")
    }
}

/// What an ML-DSA-44 cosigner signs of a checkpoint: its own name, a time in whole seconds, and the tree head, as a
/// `cosigned_message` structure. Extension lines are not in it. None if the text is no checkpoint, or a name or an
/// origin is over 255 bytes.
pub fn message(cosigner: &str, text: &str, time: Timestamp) -> Option<Vec<u8>> {
    message_at(cosigner, text, cosignature::seconds(time))
}

pub(super) fn message_at(cosigner: &str, text: &str, seconds: u64) -> Option<Vec<u8>> {
    let head = Checkpoint::parse(text).ok()?;
    let mut message = LABEL.to_vec();
    message.extend(short(cosigner)?);
    message.extend(seconds.to_be_bytes());
    message.extend(short(&head.origin)?);
    message.extend(0_u64.to_be_bytes());
    message.extend(head.size.to_be_bytes());
    message.extend(head.root.as_bytes());
    Some(message)
}

/// `opaque <1..2^8-1>`: the length in a byte, then the bytes.
fn short(name: &str) -> Option<impl Iterator<Item = u8>> {
    let length = u8::try_from(name.len()).ok().filter(|length| *length > 0)?;
    Some(std::iter::once(length).chain(name.bytes()))
}
