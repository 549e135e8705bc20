//! Entries of our logs: the canonical body of a Rekor v2 `hashedrekord` 0.0.2 entry.
//!
//! It says that a key signed something of this digest, and holds neither the thing nor its envelope: an entry has
//! some hundred bytes, however large the attestation.

use super::hash::Hash;
use crate::encoding::{Malformed, base64, json};
use crate::key::{PublicKey, Suite};
use serde::{Deserialize, Serialize};

const WHAT: &str = "log entry";
/// The most bytes of an entry we write: a digest, a signature and a key.
const MAX_BODY: usize = 4 << 10;

/// A signature, by whom, over what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// SHA-256 of the bytes that were signed: of a DSSE envelope its pre-authentication encoding, of TUF metadata
    /// its canonical form.
    pub digest: [u8; 32],
    /// The signature. Whether it is good is asked before it is logged, and before it is relied on.
    pub signature: Vec<u8>,
    /// The key it is said to be by.
    pub key: PublicKey,
}

// Fields stand in the order of their names, as RFC 8785 sorts them.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    api_version: String,
    kind: String,
    spec: Spec,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    #[serde(rename = "hashedRekordV002")]
    record: Record,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    data: Data,
    signature: Signed,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    algorithm: String,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    content: String,
    verifier: Verifier,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Verifier {
    key_details: String,
    public_key: RawKey,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawKey {
    raw_bytes: String,
}

fn details(suite: Suite) -> &'static str {
    match suite {
        Suite::Ed25519 => "PKIX_ED25519",
        Suite::EcdsaP256Sha256 => "PKIX_ECDSA_P256_SHA_256",
    }
}

impl Entry {
    /// Which kind of Rekor entry it is, and its version.
    pub const KIND: (&'static str, &'static str) = ("hashedrekord", "0.0.2");

    /// The bytes that are logged.
    pub fn body(&self) -> Vec<u8> {
        let data = Data { algorithm: "SHA2_256".into(), digest: base64::encode(&self.digest) };
        let public_key = RawKey { raw_bytes: base64::encode(self.key.spki_der()) };
        let verifier = Verifier { key_details: details(self.key.suite()).into(), public_key };
        let signature = Signed { content: base64::encode(&self.signature), verifier };
        json::compact(&Body {
            api_version: Self::KIND.1.into(),
            kind: Self::KIND.0.into(),
            spec: Spec { record: Record { data, signature } },
        })
    }

    /// Its hash as a leaf.
    pub fn leaf(&self) -> Hash {
        Hash::leaf(&self.body())
    }

    /// Reads the bytes of a leaf, in the one spelling there is.
    ///
    /// # Errors
    /// [`Malformed`] for any other kind of entry, and any other spelling.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let bad = |why: &str| Malformed::new(WHAT, why);
        let body: Body = json::parse(bytes, MAX_BODY, WHAT)?;
        let Record { data, signature } = body.spec.record;
        let digest = base64::decode_standard(&data.digest, WHAT)?;
        let spki = base64::decode_standard(&signature.verifier.public_key.raw_bytes, WHAT)?;
        let entry = Self {
            digest: digest.try_into().map_err(|_| bad("a digest that is no SHA-256"))?,
            signature: base64::decode_standard(&signature.content, WHAT)?,
            key: PublicKey::from_spki_der(&spki).map_err(|e| bad(&e.to_string()))?,
        };
        if entry.body() == bytes { Ok(entry) } else { Err(bad("not the canonical form of a hashedrekord 0.0.2")) }
    }
}
