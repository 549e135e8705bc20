//! Keys as files: SPKI PEM for public keys, PKCS#8 version 1 PEM for private ones, which OpenSSL reads.
//!
//! Version 1 on purpose: OpenSSL 3.0 cannot read version 2. Encryption is PBES2 with scrypt
//! (N = 2^14, r = 8, p = 5, 16 MiB: OpenSSL refuses to spend more than 32 MiB) and AES-256-CBC.

use super::public::ED25519_OID;
use super::{KeyError, PublicKey, SecretKey, Suite, names};
use crate::encoding::Malformed;

use pkcs8::der::pem::{LineEnding, PemLabel as _};
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

/// What protects a private key in its file.
#[derive(Clone, Copy)]
pub enum Sealed<'a> {
    /// Encrypted under this passphrase, with this salt and initialisation vector (fresh random bytes).
    Passphrase {
        /// The passphrase.
        passphrase: &'a [u8],
        /// 16 random bytes for scrypt.
        salt: [u8; 16],
        /// 16 random bytes for AES-CBC.
        iv: [u8; 16],
    },
    /// Readable by whoever can read the file.
    Plain,
}

fn bad(why: impl std::fmt::Display) -> KeyError {
    Malformed::new("PKCS#8 private key", why.to_string()).into()
}

impl PublicKey {
    /// Writes `-----BEGIN PUBLIC KEY-----`.
    pub fn to_pem(&self) -> String {
        pkcs8::der::pem::encode_string(SubjectPublicKeyInfoRef::PEM_LABEL, LineEnding::LF, self.spki_der())
            .unwrap_or_default()
    }

    /// Reads `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    /// [`KeyError`], as [`PublicKey::from_spki_der`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let (label, der) = pkcs8::der::pem::decode_vec(pem.trim().as_bytes())
            .map_err(|e| Malformed::new("SPKI public key", e.to_string()))?;
        if label != SubjectPublicKeyInfoRef::PEM_LABEL {
            return Err(Malformed::new("SPKI public key", format!("this PEM says {label:?}")).into());
        }
        Self::from_spki_der(&der)
    }
}

impl SecretKey {
    /// Writes PKCS#8 version 1 PEM.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if encoding or encrypting fails, which it does only out of memory.
    pub fn to_pem(&self, seal: Sealed<'_>) -> Result<Zeroizing<String>, KeyError> {
        let info = self.to_pkcs8_der()?;
        let pem = match seal {
            Sealed::Plain => info.to_pem(PrivateKeyInfoRef::PEM_LABEL, LineEnding::LF),
            Sealed::Passphrase { passphrase, salt, iv } => {
                let cost = scrypt::Params::new(14, 8, 5).map_err(bad)?;
                let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).map_err(bad)?;
                let parsed = PrivateKeyInfoRef::try_from(info.as_bytes()).map_err(bad)?;
                let sealed = parsed.encrypt_with_params(parameters, passphrase).map_err(bad)?;
                sealed.to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF)
            }
        };
        pem.map_err(bad)
    }

    fn to_pkcs8_der(&self) -> Result<SecretDocument, KeyError> {
        let secret = self.secret_bytes();
        match self.public().suite() {
            Suite::Ed25519 => {
                // Without the public key it is version 1 (RFC 5208); with it, version 2 (RFC 5958).
                let pair = ed25519_dalek::pkcs8::KeypairBytes { secret_key: *secret, public_key: None };
                pkcs8::EncodePrivateKey::to_pkcs8_der(&pair).map_err(bad)
            }
            Suite::EcdsaP256Sha256 => {
                let key = p256::SecretKey::from_slice(&secret[..]).map_err(bad)?;
                pkcs8::EncodePrivateKey::to_pkcs8_der(&key).map_err(bad)
            }
        }
    }

    /// Reads PKCS#8 PEM, version 1 or 2, plain or encrypted with PBES2.
    ///
    /// # Errors
    /// [`KeyError::NeedsPassphrase`] if it is encrypted and none was given.
    pub fn from_pem(pem: &str, passphrase: Option<&[u8]>) -> Result<Self, KeyError> {
        let (label, der) = pkcs8::der::pem::decode_vec(pem.trim().as_bytes()).map_err(bad)?;
        let der = Zeroizing::new(der);
        match label {
            "PRIVATE KEY" => Self::from_pkcs8_der(&der),
            "ENCRYPTED PRIVATE KEY" => {
                Self::from_sealed(&EncryptedPrivateKeyInfoRef::try_from(der.as_slice()).map_err(bad)?, passphrase)
            }
            other => Err(bad(format!("this PEM says {other:?}; expected PRIVATE KEY or ENCRYPTED PRIVATE KEY"))),
        }
    }

    /// Opens PBES2 (RFC 8018, section 6.2), after a look at how much work it asks for.
    pub(super) fn from_sealed(
        sealed: &EncryptedPrivateKeyInfoRef<'_>,
        passphrase: Option<&[u8]>,
    ) -> Result<Self, KeyError> {
        let scheme = sealed
            .encryption_algorithm
            .pbes2()
            .ok_or_else(|| KeyError::Unsupported("PBES1 encryption, broken since long".into()))?;
        affordable(&scheme.kdf)?;
        let passphrase = passphrase.ok_or(KeyError::NeedsPassphrase)?;
        let open = sealed.decrypt(passphrase).map_err(|e| match e {
            pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { oid }) => {
                KeyError::Unsupported(format!("encryption scheme {oid}"))
            }
            _ => KeyError::WrongPassphrase,
        })?;
        // One wrong passphrase in 256 leaves a padding that looks right, and rubbish.
        Self::from_pkcs8_der(open.as_bytes()).map_err(|e| match e {
            KeyError::Malformed(_) => KeyError::WrongPassphrase,
            other => other,
        })
    }

    /// Reads PKCS#8 DER.
    ///
    /// # Errors
    /// [`KeyError`] for other algorithms and damaged keys.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::try_from(der).map_err(bad)?;
        if info.algorithm.oid == ED25519_OID {
            let pair = ed25519_dalek::SigningKey::try_from(info).map_err(bad)?;
            return Self::from_random(Suite::Ed25519, &Zeroizing::new(pair.to_bytes()));
        }
        if names::is_p256(&info.algorithm) {
            let key: p256::SecretKey = pkcs8::DecodePrivateKey::from_pkcs8_der(der).map_err(bad)?;
            return Self::from_random(Suite::EcdsaP256Sha256, &Zeroizing::new(key.to_bytes().into()));
        }
        Err(names::unsupported(&info.algorithm))
    }
}

/// scrypt of at most 1 GiB and eight passes, PBKDF2 of at most ten million rounds: a file cannot keep us busy for long.
fn affordable(kdf: &pbes2::Kdf) -> Result<(), KeyError> {
    let fine = match kdf {
        pbes2::Kdf::Scrypt(s) => {
            let memory = s.cost_parameter.checked_mul(u64::from(s.block_size)).and_then(|m| m.checked_mul(128));
            memory.is_some_and(|m| m <= 1 << 30) && s.parallelization <= 8
        }
        pbes2::Kdf::Pbkdf2(p) => p.iteration_count <= 10_000_000,
        _ => return Err(KeyError::Unsupported(format!("key derivation {}", kdf.oid()))),
    };
    if fine {
        Ok(())
    } else {
        Err(bad("its key derivation asks for more than 1 GiB, eight passes or ten million rounds"))
    }
}

/// Says so if an encrypted key in PEM is guarded by a key derivation that is cheap to attack, such as the
/// 2,048 rounds of PBKDF2 that OpenSSL writes unless told otherwise. None if it is fine or not encrypted.
pub fn weak_encryption(pem: &str) -> Option<String> {
    let (label, der) = pkcs8::der::pem::decode_vec(pem.trim().as_bytes()).ok()?;
    if label != "ENCRYPTED PRIVATE KEY" {
        return None;
    }
    let sealed = EncryptedPrivateKeyInfoRef::try_from(der.as_slice()).ok()?;
    weak_scheme(&sealed)
}

/// As [`weak_encryption`], for a parsed key.
pub(super) fn weak_scheme(sealed: &EncryptedPrivateKeyInfoRef<'_>) -> Option<String> {
    let pbes2 = sealed.encryption_algorithm.pbes2()?;
    let rounds = pbes2.kdf.pbkdf2()?.iteration_count;
    (rounds < 600_000)
        .then(|| format!("its passphrase is guarded by {rounds} rounds of PBKDF2; 600000 is today's least"))
}
