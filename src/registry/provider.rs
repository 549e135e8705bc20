//! Cryptography for sigstore-tuf, from the same crates and with the same strictness as everything else here.
//!
//! The provider interface is process-wide by design of that crate; whoever was first stays, so a program that
//! installs its own before using us keeps it.

use crate::key::PublicKey;
use sha2::Digest as _;
use sigstore_crypto::{CryptoProvider, Error, HashContext, SigningScheme};

#[derive(Debug)]
struct RustCrypto;

/// Makes sure there is a provider.
pub(super) fn ensure() {
    let _ = sigstore_crypto::install_default_provider(&RustCrypto);
}

enum Hash {
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
}

impl HashContext for Hash {
    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Sha256(h) => h.update(data),
            Self::Sha384(h) => h.update(data),
            Self::Sha512(h) => h.update(data),
        }
    }
    fn finalize(self: Box<Self>) -> Vec<u8> {
        match *self {
            Self::Sha256(h) => h.finalize().to_vec(),
            Self::Sha384(h) => h.finalize().to_vec(),
            Self::Sha512(h) => h.finalize().to_vec(),
        }
    }
}

impl CryptoProvider for RustCrypto {
    fn hash(&self, algorithm: sigstore_types::HashAlgorithm) -> Result<Box<dyn HashContext>, Error> {
        use sigstore_types::HashAlgorithm as A;
        Ok(Box::new(match algorithm {
            A::Sha2256 => Hash::Sha256(sha2::Sha256::new()),
            A::Sha2384 => Hash::Sha384(sha2::Sha384::new()),
            A::Sha2512 => Hash::Sha512(sha2::Sha512::new()),
            #[allow(unreachable_patterns, reason = "the enum may grow")]
            other => return Err(Error::UnsupportedAlgorithm(format!("{other:?}"))),
        }))
    }

    fn verify_raw(&self, scheme: SigningScheme, key: &[u8], data: &[u8], signature: &[u8]) -> Result<(), Error> {
        let bad = |why: String| Error::InvalidKey(why);
        let key = match scheme {
            SigningScheme::Ed25519 => {
                let raw = key.try_into().map_err(|_| bad(format!("{} bytes, Ed25519 has 32", key.len())))?;
                PublicKey::from_ed25519(raw)
            }
            SigningScheme::EcdsaP256Sha256 => PublicKey::from_p256_sec1(key),
            other => return Err(Error::UnsupportedAlgorithm(format!("{other:?}"))),
        };
        let key = key.map_err(|e| bad(e.to_string()))?;
        if key.verifies(data, signature) { Ok(()) } else { Err(Error::Verification("bad signature".into())) }
    }

    fn verify_prehashed(&self, scheme: SigningScheme, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), Error> {
        Err(Error::UnsupportedAlgorithm(format!("{scheme:?}, prehashed")))
    }
}
