//! The files an envelope travels in: a sigstore bundle v0.3 for one signer, JSON Lines for several.
//!
//! Nothing in the container is signed, so nothing in it decides anything: the media type chooses no rule, the
//! hint in `publicKey` names no key, the order of lines means nothing.

use super::envelope::{Envelope, Writing, Written};
use crate::encoding::{MAX_DOCUMENT, Malformed, json};
use serde::{Deserialize, Serialize};

/// Media type of sigstore bundles we write.
const BUNDLE_V03: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const BUNDLE: &str = "sigstore bundle";
/// The most envelopes in one file.
const MAX_ENVELOPES: usize = 10_000;

/// Which kind of file it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// A sigstore bundle with a DSSE envelope.
    SigstoreBundle,
    /// DSSE envelopes or bundles, one a line (a lone envelope is one line).
    JsonLines,
}

/// What was in a file.
#[derive(Clone, Debug)]
pub struct Envelopes {
    /// Which kind of file it was.
    pub container: Container,
    /// The envelopes, each readable or not: one bad line does not hide the others.
    pub envelopes: Vec<Result<Envelope, Malformed>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle<'a> {
    // It has to be there, and is not looked at.
    #[serde(rename = "mediaType")]
    _media_type: String,
    verification_material: VerificationMaterial,
    #[serde(borrow)]
    dsse_envelope: Written<'a>,
    /// An envelope has this one, a bundle has not.
    payload: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BundleWriting<'a> {
    media_type: &'static str,
    verification_material: VerificationMaterial,
    dsse_envelope: Writing<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerificationMaterial {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<Hint>,
    #[serde(default)]
    tlog_entries: Vec<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct Hint {
    hint: String,
}

impl Envelope {
    /// A sigstore bundle v0.3 around this envelope; None unless it has exactly one signature.
    pub fn to_bundle(&self) -> Option<Vec<u8>> {
        let (1, Some(Some(hint))) = (self.signatures(), self.hints().next()) else {
            return None;
        };
        let material = VerificationMaterial {
            public_key: Some(Hint { hint: hint.to_owned() }),
            tlog_entries: self.log_entries().to_vec(),
        };
        let dsse_envelope = self.writing();
        let mut bytes =
            json::compact(&BundleWriting { media_type: BUNDLE_V03, verification_material: material, dsse_envelope });
        bytes.push(b'\n');
        Some(bytes)
    }
}

/// A bundle as it came, but with the log entries that its envelope takes along now. None if it is no bundle.
pub fn embed(bundle: &[u8], envelope: &Envelope) -> Option<Vec<u8>> {
    let mut value: serde_json::Value = json::parse(bundle, MAX_DOCUMENT, BUNDLE).ok()?;
    let entries = serde_json::Value::Array(envelope.log_entries().to_vec());
    value.get_mut("verificationMaterial")?.as_object_mut()?.insert("tlogEntries".into(), entries);
    Some([json::compact(&value), b"\n".to_vec()].concat())
}

/// Reads a bundle, an envelope, or lines of either. An empty file is malformed, never an empty success.
///
/// # Errors
/// [`Malformed`] if the file as a whole cannot be read; single bad lines stand in the result.
pub fn read_container(bytes: &[u8]) -> Result<Envelopes, Malformed> {
    if bytes.len() > MAX_DOCUMENT {
        return Err(Malformed::new("attestation file", format!("{} bytes, the limit is {MAX_DOCUMENT}", bytes.len())));
    }
    if let Ok((container, envelope)) = one(bytes) {
        return Ok(Envelopes { container, envelopes: vec![envelope] });
    }
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty()).collect();
    match lines.len() {
        0 => Err(Malformed::new("attestation file", "empty")),
        n if n > MAX_ENVELOPES => {
            Err(Malformed::new("attestation file", format!("{n} lines, the limit is {MAX_ENVELOPES}")))
        }
        _ => {
            let envelopes = lines.into_iter().map(|line| one(line).and_then(|(_, envelope)| envelope)).collect();
            Ok(Envelopes { container: Container::JsonLines, envelopes })
        }
    }
}

/// A bundle is read in one go. Whatever else it is, is found out first, and its faults are told as such.
fn one(bytes: &[u8]) -> Result<(Container, Result<Envelope, Malformed>), Malformed> {
    if let Ok(bundle) = json::parse::<Bundle<'_>>(bytes, MAX_DOCUMENT, BUNDLE)
        && bundle.payload.is_none()
    {
        return Ok((Container::SigstoreBundle, bundle.envelope()));
    }
    Ok(match Kind::of(bytes)? {
        Kind::Bundle => {
            let bundle = json::parse::<Bundle<'_>>(bytes, MAX_DOCUMENT, BUNDLE);
            (Container::SigstoreBundle, bundle.and_then(Bundle::envelope))
        }
        Kind::Envelope => (Container::JsonLines, Envelope::parse(bytes)),
    })
}

/// Told apart by the fields that are there, not by what the media type says.
#[derive(Clone, Copy)]
enum Kind {
    Bundle,
    Envelope,
}

impl Kind {
    fn of(bytes: &[u8]) -> Result<Self, Malformed> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Peek {
            dsse_envelope: Option<serde::de::IgnoredAny>,
            payload: Option<serde::de::IgnoredAny>,
        }
        let peek: Peek = json::parse(bytes, MAX_DOCUMENT, "attestation")?;
        match (peek.dsse_envelope, peek.payload) {
            (Some(_), None) => Ok(Self::Bundle),
            (None, Some(_)) => Ok(Self::Envelope),
            _ => {
                Err(Malformed::new("attestation", "neither a sigstore bundle with a dsseEnvelope nor a DSSE envelope"))
            }
        }
    }
}

impl Bundle<'_> {
    fn envelope(self) -> Result<Envelope, Malformed> {
        let envelope = Envelope::from_written(self.dsse_envelope)?;
        if envelope.signatures() > 1 {
            let why = format!("{} DSSE signatures, a sigstore bundle has exactly one", envelope.signatures());
            return Err(Malformed::new(BUNDLE, why));
        }
        Ok(envelope.with_log_entries(self.verification_material.tlog_entries))
    }
}
