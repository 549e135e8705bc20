//! The bytes that are signed: one copy, which everything that is made of an envelope shares.

use crate::encoding::{Malformed, base64};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

/// What a payload is called in a complaint.
pub(super) const PAYLOAD: &str = "DSSE payload";

/// The bytes that are signed, DSSE's pre-authentication encoding, with the payload at their end and whatever before them.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) kind: String,
    bytes: Vec<u8>,
    from: usize,
    payload: usize,
}

impl Signed {
    /// DSSE's head: lengths in bytes, decimal, no leading zeros.
    fn head(kind: &str, length: usize) -> String {
        let mut head = String::with_capacity(Self::room(kind));
        let _ = write!(head, "DSSEv1 {} {kind} {length} ", kind.len());
        head
    }
    /// So much room a head may need before the payload: a length has at most 20 digits.
    fn room(kind: &str) -> usize {
        "DSSEv1    ".len() + 20 + kind.len() + 20
    }
    /// Of a payload that stands from there on, with room before it.
    fn new(kind: String, mut bytes: Vec<u8>, payload: usize) -> Self {
        let head = Self::head(&kind, bytes.len().saturating_sub(payload));
        let from = payload.saturating_sub(head.len());
        bytes.iter_mut().skip(from).zip(head.bytes()).for_each(|(to, byte)| *to = byte);
        Self { kind, bytes, from, payload }
    }
    /// Of a payload to be decoded.
    pub(super) fn decoded(kind: String, text: &str) -> Result<Self, Malformed> {
        let room = Self::room(&kind);
        let mut bytes = Vec::with_capacity(room + text.len() / 4 * 3 + 3);
        bytes.resize(room, b' ');
        base64::decode_after(&mut bytes, text, PAYLOAD)?;
        Ok(Self::new(kind, bytes, room))
    }
    /// Of a payload to be decoded in the document it came in, which is kept in its place.
    pub(super) fn within(kind: String, mut document: Vec<u8>, text: Range<usize>) -> Result<Self, Malformed> {
        let start = text.start;
        if start < Self::room(&kind) {
            let text = String::from_utf8_lossy(document.get(text).unwrap_or_default());
            return Self::decoded(kind, &text);
        }
        base64::decode_within(&mut document, text, PAYLOAD)?;
        document.shrink_to_fit();
        Ok(Self::new(kind, document, start))
    }
    /// Of a payload that is moved a little, to have its head before it.
    pub(super) fn around(kind: &str, mut payload: Vec<u8>) -> Self {
        let head = Self::head(kind, payload.len());
        payload.splice(..0, head.bytes());
        Self { kind: kind.to_owned(), bytes: payload, from: 0, payload: head.len() }
    }
    pub(super) fn message(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }
    pub(super) fn payload(&self) -> &[u8] {
        self.bytes.get(self.payload..).unwrap_or_default()
    }
}

/// What stands before what is signed says nothing.
impl PartialEq for Signed {
    fn eq(&self, other: &Self) -> bool {
        self.message() == other.message()
    }
}

impl Eq for Signed {}

/// A payload that can be hashed, and be read by the rooms that parse it once it is authentic.
#[derive(Clone, Debug)]
pub struct SharedPayload(pub(super) Arc<Signed>);

impl SharedPayload {
    /// Its SHA-256, in lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        use sha2::Digest as _;
        hex::encode(sha2::Sha256::digest(self.0.payload()))
    }
    /// Of bytes that nobody signed.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Arc::new(Signed { kind: String::new(), bytes: bytes.to_vec(), from: 0, payload: 0 }))
    }
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.payload()
    }
}
