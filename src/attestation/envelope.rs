//! DSSE v1.0.2 envelopes: signed bytes that stay shut until enough registered keys vouch for them.

use super::logged;
use super::signed::{SharedPayload, Signed};
use crate::encoding::{MAX_DOCUMENT, Malformed, base64, json};
use crate::key::{KeyId, PublicKey, Quorum, Shortfall, Signers, Vote};
use crate::transparency::{Entry, Proof};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// The most signatures an envelope may carry; each costs a verification.
const MAX_SIGNATURES: usize = 64;
/// What a lone envelope is called in a complaint.
pub(super) const ENVELOPE: &str = "DSSE envelope";

/// Something that can be signed in an envelope, told apart by its signed payload type.
pub trait Payload: Sized {
    /// The payload type that is written.
    const TYPE: &'static str;
    /// Whether a payload type is one of this kind. It is part of what was signed.
    fn is_type(payload_type: &str) -> bool {
        payload_type == Self::TYPE
    }
    /// Parses the very bytes that were signed.
    ///
    /// # Errors
    /// [`Malformed`].
    fn parse(bytes: &[u8]) -> Result<Self, Malformed>;
    /// As [`Payload::parse`], of bytes that may be kept in place of copies of what stands in them.
    ///
    /// # Errors
    /// [`Malformed`].
    fn parse_shared(payload: &SharedPayload) -> Result<Self, Malformed> {
        Self::parse(payload.bytes())
    }
}

/// Signed bytes nobody has checked. The payload cannot be read from here:
///
/// ```compile_fail,E0616
/// fn peek(e: &vouchsafe::attestation::Envelope) -> &[u8] { &e.payload }
/// ```
///
/// but an authentic one can:
///
/// ```
/// use vouchsafe::attestation::{Authentic, Statement};
/// fn read(a: &Authentic<Statement>) -> usize { a.value().subjects().len() }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Shared, since there are as many copies as files it is about; of one and the same, copies compare at once.
    payload: Arc<Signed>,
    votes: Arc<Vec<Vote>>,
    /// Shared: those that lie beside a file of many lines are those of each.
    proofs: Arc<[Proof]>,
    log_entries: Vec<serde_json::Value>,
}

/// Why an envelope did not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It carries no signature at all.
    #[error("the envelope carries no signature")]
    Unsigned,
    /// Too few registered principals signed these bytes.
    #[error(transparent)]
    Shortfall(#[from] Shortfall),
    /// Signed, but of another type, or not well-formed.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Why bytes were not signed.
#[derive(Debug, thiserror::Error)]
pub enum SealError<E> {
    /// The signer failed.
    #[error(transparent)]
    Signer(E),
    /// The envelope is signed by this key already.
    #[error("key {0} has signed this envelope already")]
    SignedAlready(KeyId),
}

#[derive(Deserialize)]
pub(super) struct Written<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(rename = "payloadType")]
    payload_type: String,
    #[serde(borrow)]
    signatures: Vec<WrittenSignature<'a>>,
}

#[derive(Deserialize)]
struct WrittenSignature<'a> {
    #[serde(default)]
    keyid: Option<String>,
    #[serde(borrow)]
    sig: Cow<'a, str>,
}

/// All that was written of an envelope but its payload, and where in its document that stands.
pub(super) struct Unpacked {
    payload_type: String,
    votes: Result<Vec<Vote>, Malformed>,
    payload: Encoded,
}

/// A payload that is to be decoded.
enum Encoded {
    At(Range<usize>),
    /// It was written with escapes, and stands nowhere.
    Text(String),
}

impl Written<'_> {
    /// What is left of it once the document may change.
    pub(super) fn unpack(self, document: &[u8]) -> Result<Unpacked, Malformed> {
        if self.signatures.len() > MAX_SIGNATURES {
            let why = format!("{} signatures, the limit is {MAX_SIGNATURES}", self.signatures.len());
            return Err(Malformed::new(ENVELOPE, why));
        }
        let votes = self.signatures.into_iter().map(|s| {
            let hint = s.keyid.filter(|k| !k.is_empty());
            base64::decode(&s.sig, "DSSE signature").map(|signature| Vote { hint, signature })
        });
        let payload = match self.payload {
            Cow::Borrowed(text) => json::place(document, text).map_or_else(|| Encoded::Text(text.into()), Encoded::At),
            Cow::Owned(text) => Encoded::Text(text),
        };
        Ok(Unpacked { payload_type: self.payload_type, votes: votes.collect(), payload })
    }
}

impl Unpacked {
    /// With its payload at another place, that of where it seems to be. None if it stands nowhere.
    pub(super) fn with_payload(self, place: impl FnOnce(&Range<usize>) -> Option<Range<usize>>) -> Option<Self> {
        let Encoded::At(text) = &self.payload else { return None };
        let payload = Encoded::At(place(text)?);
        Some(Self { payload, ..self })
    }
    /// Whether it is this envelope, its payload written as we write it.
    pub(super) fn is(&self, document: &[u8], envelope: &Envelope) -> bool {
        let text = match &self.payload {
            Encoded::At(text) => document.get(text.clone()).and_then(|text| std::str::from_utf8(text).ok()),
            Encoded::Text(text) => Some(text.as_str()),
        };
        self.payload_type == envelope.payload.kind
            && self.votes.as_ref() == Ok(&*envelope.votes)
            && text.is_some_and(|text| base64::spells(text, envelope.payload.payload()))
    }
    /// Decodes the payload: of a document that nobody else needs, in its place.
    pub(super) fn envelope(self, document: Cow<'_, [u8]>) -> Result<Envelope, Malformed> {
        let signed = match (self.payload, document) {
            (Encoded::Text(text), _) => Signed::decoded(self.payload_type, &text)?,
            (Encoded::At(text), Cow::Owned(document)) => Signed::within(self.payload_type, document, text)?,
            (Encoded::At(text), Cow::Borrowed(document)) => {
                let text = String::from_utf8_lossy(document.get(text).unwrap_or_default());
                Signed::decoded(self.payload_type, &text)?
            }
        };
        let votes = Arc::new(self.votes?);
        Ok(Envelope { payload: Arc::new(signed), votes, proofs: Arc::default(), log_entries: Vec::new() })
    }
}

/// An envelope to be written, alone or as a field of another document.
#[derive(Serialize)]
pub(super) struct Writing<'a> {
    payload: base64::Encoded<'a>,
    #[serde(rename = "payloadType")]
    payload_type: &'a str,
    signatures: Vec<WritingSignature<'a>>,
}

#[derive(Serialize)]
struct WritingSignature<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    keyid: Option<&'a str>,
    sig: String,
}

impl Envelope {
    /// Takes the JSON apart; believes nothing.
    ///
    /// # Errors
    /// [`Malformed`] if it is no DSSE envelope, too large, or carries more than 64 signatures.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let written: Written<'_> = json::parse(bytes, MAX_DOCUMENT, ENVELOPE)?;
        written.unpack(bytes)?.envelope(bytes.into())
    }

    /// An envelope around `payload`, not yet signed.
    pub fn around<T: Payload>(payload: Vec<u8>) -> Self {
        let payload = Arc::new(Signed::around(T::TYPE, payload));
        Self { payload, votes: Arc::default(), proofs: Arc::default(), log_entries: Vec::new() }
    }

    /// Adds one signature. `sign` is handed the pre-authentication encoding and returns the key and signature.
    ///
    /// # Errors
    /// [`SealError`], also when that key has signed already.
    pub fn seal<E>(&mut self, sign: impl FnOnce(&[u8]) -> Result<(KeyId, Vec<u8>), E>) -> Result<(), SealError<E>> {
        let (key, signature) = sign(self.pre_authentication_encoding()).map_err(SealError::Signer)?;
        if self.votes.iter().any(|v| v.hint.as_deref() == Some(key.as_str())) {
            return Err(SealError::SignedAlready(key));
        }
        Arc::make_mut(&mut self.votes).push(Vote { hint: Some(key.as_str().to_owned()), signature });
        Ok(())
    }

    /// Checks the quorum first and parses the payload only then, from the very bytes that were signed.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open<T: Payload>(&self, quorum: &Quorum) -> Result<Authentic<T>, OpenError> {
        if self.votes.is_empty() {
            return Err(OpenError::Unsigned);
        }
        let signers = quorum.agree(self.pre_authentication_encoding(), &self.votes)?;
        let kind = &self.payload.kind;
        if !T::is_type(kind) {
            let why = format!("payload type {kind:?}, expected {:?}", T::TYPE);
            return Err(Malformed::new(super::signed::PAYLOAD, why).into());
        }
        Ok(Authentic { value: T::parse_shared(&self.shared_payload())?, signers })
    }

    /// The payload of an envelope whose signatures were not checked: for showing and for finding candidates,
    /// never for a verdict. The reason stands in the code that calls it.
    pub fn inspect_unverified(&self, _because: &'static str) -> (&str, &[u8]) {
        (&self.payload.kind, self.payload.payload())
    }

    /// SHA-256 of the payload, in lower-case hexadecimal: what a notice names an attestation by. Believes nothing.
    pub fn payload_sha256(&self) -> String {
        self.shared_payload().sha256()
    }
    /// The payload, for a digest of it that may be asked for later.
    pub(crate) fn shared_payload(&self) -> SharedPayload {
        SharedPayload(Arc::clone(&self.payload))
    }

    /// Key ids as they were written beside the signatures: hints.
    pub fn hints(&self) -> impl Iterator<Item = Option<&str>> {
        self.votes.iter().map(|v| v.hint.as_deref())
    }

    /// The log entry of each of its signatures that is good and by one of these keys.
    pub fn entries<'k>(&self, keys: impl IntoIterator<Item = &'k PublicKey>) -> Vec<Entry> {
        use sha2::Digest as _;
        let message = self.pre_authentication_encoding();
        let digest: [u8; 32] = sha2::Sha256::digest(message).into();
        let by = |key: &PublicKey| {
            let good = self.votes.iter().filter(|vote| key.verifies(message, &vote.signature));
            good.map(|vote| Entry { digest, signature: vote.signature.clone(), key: key.clone() }).collect::<Vec<_>>()
        };
        keys.into_iter().flat_map(by).collect()
    }

    /// Proofs that came with it, of signatures being in logs. Nobody has checked them.
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }
    /// Takes a proof along that came in a file of its own.
    pub fn attach(&mut self, proof: Proof) {
        self.attach_all(&[proof].into());
    }
    /// Takes several along, no two of them the same: as many as a bundle may hold.
    pub(crate) fn attach_all(&mut self, beside: &Arc<[Proof]>) {
        if self.proofs.is_empty() && beside.len() <= logged::MAX_ENTRIES {
            self.proofs = Arc::clone(beside);
            return;
        }
        let more = beside.iter().filter(|proof| !self.proofs.contains(proof));
        self.proofs = self.proofs.iter().chain(more).take(logged::MAX_ENTRIES).cloned().collect();
    }
    /// Takes the proof of an entry along, in place of an older one of the same log: a sigstore bundle will hold it.
    pub fn log(&mut self, entry: &Entry, log_id: &[u8; 32], proof: Proof) {
        let Some(written) = logged::written(entry, log_id, &proof) else { return };
        let log = |value: &serde_json::Value| value.pointer("/logId/keyId").cloned();
        self.log_entries.retain(|known| log(known) != log(&written));
        self.log_entries.push(written);
        self.proofs = self.log_entries.iter().filter_map(logged::proof).collect();
    }
    /// What a bundle held as its `tlogEntries`, as it came.
    pub(super) fn with_log_entries(mut self, entries: Vec<serde_json::Value>) -> Self {
        if !entries.is_empty() {
            self.proofs = entries.iter().take(logged::MAX_ENTRIES).filter_map(logged::proof).collect();
            self.log_entries = entries;
        }
        self
    }
    pub(super) fn log_entries(&self) -> &[serde_json::Value] {
        &self.log_entries
    }

    /// How long its payload is, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.payload.payload().len()
    }
    /// How many signatures it carries.
    pub fn signatures(&self) -> usize {
        self.votes.len()
    }

    /// The JSON of DSSE v1.0.2, on one line.
    pub fn to_json(&self) -> Vec<u8> {
        json::compact(&self.writing())
    }

    pub(super) fn writing(&self) -> Writing<'_> {
        let signatures =
            self.votes.iter().map(|v| WritingSignature { keyid: v.hint.as_deref(), sig: base64::encode(&v.signature) });
        let payload = base64::Encoded(self.payload.payload());
        Writing { payload, payload_type: &self.payload.kind, signatures: signatures.collect() }
    }

    /// DSSE's pre-authentication encoding.
    fn pre_authentication_encoding(&self) -> &[u8] {
        self.payload.message()
    }
}

/// A value whose signatures met a quorum. Only [`Envelope::open`] makes one:
///
/// ```compile_fail,E0451
/// fn forge(value: vouchsafe::attestation::Statement, signers: vouchsafe::key::Signers)
///   -> vouchsafe::attestation::Authentic<vouchsafe::attestation::Statement>
/// { vouchsafe::attestation::Authentic { value, signers } }
/// ```
///
/// ```
/// fn take<T>(a: vouchsafe::attestation::Authentic<T>) -> (T, vouchsafe::key::Signers) { a.into_parts() }
/// ```
#[derive(Clone, Debug)]
pub struct Authentic<T> {
    value: T,
    signers: Signers,
}

impl<T> Authentic<T> {
    /// What was signed.
    pub fn value(&self) -> &T {
        &self.value
    }
    /// By whom.
    pub fn signers(&self) -> &Signers {
        &self.signers
    }
    /// Both, apart.
    pub fn into_parts(self) -> (T, Signers) {
        (self.value, self.signers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Text;
    impl Payload for Text {
        const TYPE: &'static str = "http://example.com/HelloWorld";
        fn parse(_: &[u8]) -> Result<Self, Malformed> {
            Ok(Self)
        }
    }

    #[test]
    fn the_encoding_of_the_specification() {
        let envelope = Envelope::around::<Text>(b"hello world".to_vec());
        assert_eq!(envelope.pre_authentication_encoding(), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        let umlaut = Envelope::around::<Text>("ü".as_bytes().to_vec());
        assert_eq!(umlaut.pre_authentication_encoding(), "DSSEv1 29 http://example.com/HelloWorld 2 ü".as_bytes());
    }

    #[test]
    fn reading_both_alphabets_and_refusing_the_rest() {
        let ok = |payload: &str| {
            Envelope::parse(format!(r#"{{"payload":"{payload}","payloadType":"t","signatures":[]}}"#).as_bytes())
        };
        assert_eq!(ok("-__-AQ==").unwrap(), ok("+//+AQ==").unwrap());
        assert!(ok("+__-AQ==").is_err());
        assert!(Envelope::parse(br#"["cGF5bG9hZA==","t",[]]"#).is_err(), "an array is no envelope");
        let many =
            format!(r#"{{"payload":"","payloadType":"t","signatures":[{}]}}"#, vec![r#"{"sig":""}"#; 65].join(","));
        assert!(Envelope::parse(many.as_bytes()).is_err());
    }
}
