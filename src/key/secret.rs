//! Private keys in memory: signing, never printing, wiped when dropped.

use super::{KeyError, PublicKey, Suite};
use crate::encoding::Malformed;
use p256::ecdsa::signature::Signer as _;
use zeroize::Zeroizing;

enum Algorithm {
    Ed25519(ed25519_dalek::SigningKey),
    EcdsaP256(p256::ecdsa::SigningKey),
}

/// A private key. Wiped on drop; its `Debug` shows the public id only.
pub struct SecretKey {
    algorithm: Algorithm,
    public: PublicKey,
}

impl SecretKey {
    /// From 32 uniformly random bytes: the Ed25519 seed (RFC 8032) or the P-256 scalar.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the bytes are no valid P-256 scalar (chance 2^-32: draw again).
    pub fn from_random(suite: Suite, random: &Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        match suite {
            Suite::Ed25519 => {
                let key = ed25519_dalek::SigningKey::from_bytes(random);
                let public = PublicKey::from_ed25519(key.verifying_key().as_bytes())?;
                Ok(Self { algorithm: Algorithm::Ed25519(key), public })
            }
            Suite::EcdsaP256Sha256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&random[..])
                    .map_err(|_| Malformed::new("P-256 private key", "not a scalar of the group"))?;
                let public = PublicKey::from_p256_sec1(key.verifying_key().to_sec1_point(false).as_bytes())?;
                Ok(Self { algorithm: Algorithm::EcdsaP256(key), public })
            }
        }
    }

    /// The 32 secret bytes: seed or scalar. For writing PKCS#8 only.
    pub(super) fn secret_bytes(&self) -> Zeroizing<[u8; 32]> {
        match &self.algorithm {
            Algorithm::Ed25519(key) => Zeroizing::new(key.to_bytes()),
            Algorithm::EcdsaP256(key) => Zeroizing::new(key.to_bytes().into()),
        }
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message`: 64 bytes for Ed25519, DER for ECDSA (deterministic, RFC 6979).
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.algorithm {
            Algorithm::Ed25519(key) => ed25519_dalek::Signer::sign(key, message).to_bytes().to_vec(),
            Algorithm::EcdsaP256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey(of {})", self.public.id())
    }
}
