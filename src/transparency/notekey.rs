//! Keys of logs and witnesses (vkeys of C2SP signed-note), and what each kind of key signs.

use super::cosignature;
use super::note::{Note, Signature, is_key_name};
use crate::encoding::{Malformed, base64, text::shown};
use crate::key::PublicKey;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

const WHAT: &str = "note verifier key";

/// How a key signs: the signature types of C2SP signed-note that are used here.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// 0x01: Ed25519 over the text. Logs.
    Ed25519(PublicKey),
    /// 0x04: Ed25519 over a time and the text. Witnesses.
    Cosignature(PublicKey),
    /// 0x06: ML-DSA-44 over a time and the tree head. Witnesses and logs.
    #[cfg(feature = "ml-dsa")]
    MlDsa44(super::ml_dsa::VerifyingKey),
}

/// A named key that notes are checked with.
#[derive(Clone, Debug)]
pub struct NoteKey {
    name: String,
    id: u32,
    scheme: Scheme,
}

/// What a note says about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// Nothing: no line of this name and id.
    Not,
    /// A good signature, with the time it states if it is a cosignature that states one.
    Good(Option<Timestamp>),
    /// A line of this name and id that does not verify: the whole note is not to be believed.
    Bad,
}

impl Scheme {
    fn type_byte(&self) -> u8 {
        match self {
            Self::Ed25519(_) => 0x01,
            Self::Cosignature(_) => 0x04,
            #[cfg(feature = "ml-dsa")]
            Self::MlDsa44(_) => 0x06,
        }
    }
    fn public_bytes(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) | Self::Cosignature(key) => key.raw(),
            #[cfg(feature = "ml-dsa")]
            Self::MlDsa44(key) => key.to_bytes(),
        }
    }
}

impl NoteKey {
    /// A key under a name.
    ///
    /// # Errors
    /// [`Malformed`] for a name that notes cannot carry, or a public key that is not Ed25519.
    pub fn new(name: &str, scheme: Scheme) -> Result<Self, Malformed> {
        if !is_key_name(name) {
            let why = format!("the name {} is empty, or has a space or a plus sign", shown(name));
            return Err(Malformed::new(WHAT, why));
        }
        if let Scheme::Ed25519(key) | Scheme::Cosignature(key) = &scheme
            && key.suite() != crate::key::Suite::Ed25519
        {
            return Err(Malformed::new(WHAT, format!("an {} key, expected an ed25519 key", key.suite())));
        }
        let id = key_id(name, scheme.type_byte(), &scheme.public_bytes());
        Ok(Self { name: name.to_owned(), id, scheme })
    }

    /// Reads a vkey: `NAME+HEX+BASE64`.
    ///
    /// # Errors
    /// [`Malformed`], also for weak keys, and for types that are not used here.
    pub fn parse(vkey: &str) -> Result<Self, Malformed> {
        let bad = |why: String| Malformed::new(WHAT, why);
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad("expected NAME+KEYID+BASE64".into()));
        };
        let bytes = base64::decode_standard(text, WHAT)?;
        let (kind, raw) = bytes.split_first().ok_or_else(|| bad("no key".into()))?;
        let scheme = match kind {
            0x01 => Scheme::Ed25519(ed25519(raw)?),
            0x04 => Scheme::Cosignature(ed25519(raw)?),
            #[cfg(feature = "ml-dsa")]
            0x06 => Scheme::MlDsa44(super::ml_dsa::VerifyingKey::from_bytes(raw)?),
            other => return Err(bad(format!("signature type 0x{other:02x} is not supported"))),
        };
        let key = Self::new(name, scheme)?;
        let stated = Some(id).filter(|id| id.len() == 8 && !id.contains(|c: char| c.is_ascii_uppercase() || c == '+'));
        if stated.and_then(|id| u32::from_str_radix(id, 16).ok()) != Some(key.id) {
            return Err(bad(format!("key id {}, expected {:08x}", shown(id), key.id)));
        }
        Ok(key)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Its id.
    pub fn id(&self) -> u32 {
        self.id
    }
    /// How it signs.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }
    /// SHA-256 of name, newline, type and public key: the id before it is cut to four bytes. In bundles and trusted
    /// roots of sigstore all 32 bytes of it are `logId.keyId` of a Rekor v2 log, whose name is its origin; a Rekor v1
    /// log has the SHA-256 of the SPKI there.
    pub fn log_id(&self) -> [u8; 32] {
        full_id(&self.name, self.scheme.type_byte(), &self.scheme.public_bytes())
    }
    /// The public key, whatever it is called and however it signs: two names for one key are one key.
    pub fn public_bytes(&self) -> Vec<u8> {
        self.scheme.public_bytes()
    }
    /// Whether a signature line says it is by this key.
    pub fn is_named_by(&self, signature: &Signature) -> bool {
        signature.name == self.name && signature.id == self.id
    }
    /// A signature line of this key.
    pub fn line(&self, bytes: Vec<u8>) -> Signature {
        Signature { name: self.name.clone(), id: self.id, bytes }
    }

    /// Whether this key signed a note. One bad signature under its name and id makes it [`Signed::Bad`]; of several
    /// good cosignatures the earliest time is stated.
    pub fn signed(&self, note: &Note) -> Signed {
        let lines = note.signatures().iter().filter(|s| self.is_named_by(s));
        lines.fold(Signed::Not, |so_far, line| match (so_far, self.check(note.text(), &line.bytes)) {
            (Signed::Bad, _) | (_, Signed::Bad | Signed::Not) => Signed::Bad,
            (Signed::Not, good) => good,
            (Signed::Good(a), Signed::Good(b)) => Signed::Good(a.into_iter().chain(b).min()),
        })
    }

    fn check(&self, text: &str, signature: &[u8]) -> Signed {
        match &self.scheme {
            Scheme::Ed25519(key) if key.verifies(text.as_bytes(), signature) => Signed::Good(None),
            Scheme::Ed25519(_) => Signed::Bad,
            Scheme::Cosignature(key) => {
                let Some((seconds, bytes)) = cosignature::split(signature) else { return Signed::Bad };
                let message = cosignature::message_at(text, seconds);
                signed_at(key.verifies(message.as_bytes(), bytes), seconds)
            }
            #[cfg(feature = "ml-dsa")]
            Scheme::MlDsa44(key) => {
                let Some((seconds, bytes)) = cosignature::split(signature) else { return Signed::Bad };
                let message = super::ml_dsa::message_at(&self.name, text, seconds);
                signed_at(message.is_some_and(|m| key.verifies(&m, bytes)), seconds)
            }
        }
    }
}

impl std::fmt::Display for NoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = [&[self.scheme.type_byte()], &self.scheme.public_bytes()[..]].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id, base64::encode(&key))
    }
}

fn signed_at(good: bool, seconds: u64) -> Signed {
    if good { Signed::Good(cosignature::stated(seconds)) } else { Signed::Bad }
}

fn ed25519(raw: &[u8]) -> Result<PublicKey, Malformed> {
    let raw = raw.try_into().map_err(|_| Malformed::new(WHAT, format!("{} key bytes, Ed25519 has 32", raw.len())))?;
    PublicKey::from_ed25519(raw).map_err(|e| Malformed::new(WHAT, e.to_string()))
}

fn full_id(name: &str, kind: u8, public: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(public).finalize().into()
}

fn key_id(name: &str, kind: u8, public: &[u8]) -> u32 {
    let [a, b, c, d, ..] = full_id(name, kind, public);
    u32::from_be_bytes([a, b, c, d])
}
