//! Public keys: SPKI in, signatures checked, one id everywhere.

use super::{KeyError, names, strict};
use crate::encoding::{Malformed, base64};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use sha2::Digest as _;

/// id-Ed25519 (RFC 8410, section 3).
pub(super) const ED25519_OID: pkcs8::ObjectIdentifier = pkcs8::ObjectIdentifier::new_unwrap("1.3.101.112");

/// Signature suite of a key, as written in registry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Suite {
    /// Pure Ed25519 (RFC 8032), verified strictly.
    #[serde(rename = "ed25519")]
    Ed25519,
    /// ECDSA over P-256 with SHA-256 (FIPS 186-5); DER written, DER and raw `r||s` read.
    #[serde(rename = "ecdsa-p256-sha256")]
    EcdsaP256Sha256,
}

impl Suite {
    /// The name in registry records and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
        }
    }
}

impl std::fmt::Display for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Base64 of the SHA-256 of the key's SPKI DER. Computed from the key, never believed: a hint for finding it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 44]);

impl KeyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
    fn of(spki: &[u8]) -> Self {
        Self(base64::encode_sha256(&sha2::Sha256::digest(spki).into()))
    }
}

impl std::fmt::Debug for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("KeyId").field(&self.as_str()).finish()
    }
}

impl serde::Serialize for KeyId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Algorithm {
    Ed25519(ed25519_dalek::VerifyingKey),
    EcdsaP256(p256::ecdsa::VerifyingKey),
}

/// A public key that passed the checks of its suite; weak Ed25519 points cannot become one.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    spki: Vec<u8>,
    id: KeyId,
}

impl PublicKey {
    /// Reads SubjectPublicKeyInfo DER (RFC 5280, RFC 8410, RFC 5480), in its one canonical encoding.
    ///
    /// # Errors
    /// [`KeyError`] for other algorithms, weak points and anything that is not exactly one SPKI.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let bad = |why: String| KeyError::Malformed(Malformed::new("SPKI public key", why));
        let info = pkcs8::SubjectPublicKeyInfoRef::try_from(der).map_err(|e| bad(e.to_string()))?;
        let key = match info.algorithm.oid {
            ED25519_OID => {
                let raw = info.subject_public_key.raw_bytes();
                Self::from_ed25519(
                    raw.try_into().map_err(|_| bad(format!("{} key bytes, Ed25519 has 32", raw.len())))?,
                )?
            }
            names::EC_OID if names::is_p256(&info.algorithm) => {
                let key = p256::ecdsa::VerifyingKey::from_public_key_der(der).map_err(|e| bad(e.to_string()))?;
                Self::new(Algorithm::EcdsaP256(key))?
            }
            _ => return Err(names::unsupported(&info.algorithm)),
        };
        if key.spki != der {
            return Err(bad("not in its canonical DER encoding".into()));
        }
        Ok(key)
    }

    /// From the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// [`KeyError::Weak`] for small-order and non-canonical points.
    pub fn from_ed25519(raw: &[u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(raw)
            .map_err(|_| KeyError::Malformed(Malformed::new("Ed25519 public key", "not a point on the curve")))?;
        if key.is_weak() || !is_reduced(raw) {
            return Err(KeyError::Weak);
        }
        Self::new(Algorithm::Ed25519(key))
    }

    /// From an uncompressed or compressed SEC1 point on P-256.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if it is not on the curve.
    pub fn from_p256_sec1(point: &[u8]) -> Result<Self, KeyError> {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point)
            .map_err(|_| KeyError::Malformed(Malformed::new("P-256 public key", "not a point on the curve")))?;
        Self::new(Algorithm::EcdsaP256(key))
    }

    fn new(algorithm: Algorithm) -> Result<Self, KeyError> {
        let document = match &algorithm {
            Algorithm::Ed25519(key) => key.to_public_key_der(),
            Algorithm::EcdsaP256(key) => key.to_public_key_der(),
        };
        let spki = document.map_err(|e| Malformed::new("SPKI public key", e.to_string()))?.into_vec();
        let id = KeyId::of(&spki);
        Ok(Self { algorithm, spki, id })
    }

    /// Its id.
    pub fn id(&self) -> &KeyId {
        &self.id
    }
    /// Its suite.
    pub fn suite(&self) -> Suite {
        match self.algorithm {
            Algorithm::Ed25519(_) => Suite::Ed25519,
            Algorithm::EcdsaP256(_) => Suite::EcdsaP256Sha256,
        }
    }
    /// SubjectPublicKeyInfo DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }
    /// Lower-case hexadecimal SHA-256 of the SPKI DER: the same digest as the id, as OpenSSL users spell it.
    pub fn spki_sha256(&self) -> String {
        hex::encode(sha2::Sha256::digest(&self.spki))
    }
    /// The 32 bytes of an Ed25519 key, or the uncompressed SEC1 point of a P-256 key.
    pub fn raw(&self) -> Vec<u8> {
        match &self.algorithm {
            Algorithm::Ed25519(key) => key.as_bytes().to_vec(),
            Algorithm::EcdsaP256(key) => key.to_sec1_point(false).as_bytes().to_vec(),
        }
    }

    /// Whether `signature` over `message` is good. Ed25519 strictly; ECDSA as DER or raw `r||s`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.algorithm {
            Algorithm::Ed25519(key) => strict::verifies(key, message, signature),
            Algorithm::EcdsaP256(key) => ecdsa(signature).is_some_and(|s| key.verify(message, &s).is_ok()),
        }
    }
    /// Whether this key certainly did not make `signature` over a message with this SHA-256. False says nothing: an
    /// Ed25519 key signs the message itself, and to a P-256 key anybody can make a digest and a signature that fit each
    /// other, only no message with that digest.
    pub fn refutes_digest(&self, digest: &[u8; 32], signature: &[u8]) -> bool {
        match &self.algorithm {
            Algorithm::Ed25519(_) => false,
            Algorithm::EcdsaP256(key) => ecdsa(signature).is_none_or(|s| key.verify_prehash(digest, &s).is_err()),
        }
    }
}

/// Whether the y of an encoded point, all but its highest bit, is written as a number below 2^255 - 19. Those above are
/// the only other way to write a point that is not weak.
fn is_reduced(point: &[u8; 32]) -> bool {
    let [lowest, middle @ .., highest] = point;
    *lowest < 0xED || highest & 0x7F != 0x7F || middle.iter().any(|byte| *byte != 0xFF)
}

/// DER or raw `r||s`.
fn ecdsa(signature: &[u8]) -> Option<p256::ecdsa::Signature> {
    let der = p256::ecdsa::Signature::from_der(signature);
    der.or_else(|_| p256::ecdsa::Signature::from_slice(signature)).ok()
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({}, {})", self.suite(), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyError, PublicKey, is_reduced};

    /// Every way to write a point that is not the one it is written as again, and its neighbours.
    #[test]
    fn a_point_is_taken_as_it_would_be_written_and_in_no_other_way() {
        let mut others = 0;
        for (low, high) in (0..=0xFF).flat_map(|low| [(low, 0x7F), (low, 0xFF)]) {
            for fill in [0xFF, 0xFE, 0x00] {
                let mut raw = [fill; 32];
                (raw[0], raw[31]) = (low, high);
                let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&raw) else { continue };
                let again = key.to_edwards().compress().to_bytes() == raw;
                assert!(again == is_reduced(&raw) || key.is_weak(), "{raw:?}");
                assert_eq!(PublicKey::from_ed25519(&raw).is_ok(), again && !key.is_weak(), "{raw:?}");
                others += u32::from(!again);
            }
        }
        assert!(others > 10, "{others}");
        // x = 0 has no sign, and is written with one all the same.
        for raw in [[1, 0x80], [0xEC, 0xFF]].map(|[low, high]| {
            let mut raw = if low == 1 { [0; 32] } else { [0xFF; 32] };
            (raw[0], raw[31]) = (low, high);
            raw
        }) {
            assert!(matches!(PublicKey::from_ed25519(&raw), Err(KeyError::Weak)), "{raw:?}");
        }
    }
}
