//! The files an envelope travels in: a sigstore bundle v0.3 for one signer, JSON Lines for several.
//!
//! Nothing in the container is signed, so nothing in it decides anything: the media type chooses no rule, the
//! hint in `publicKey` names no key, the order of lines means nothing.

use super::envelope::{Envelope, EnvelopeValue};
use crate::encoding::{MAX_DOCUMENT, Malformed, json};
use serde::{Deserialize, Serialize};

/// Media type of sigstore bundles we write.
const BUNDLE_V03: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
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

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: VerificationMaterial,
    dsse_envelope: EnvelopeValue,
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
        let bundle =
            Bundle { media_type: BUNDLE_V03.into(), verification_material: material, dsse_envelope: self.to_value() };
        Some([json::compact(&bundle), b"\n".to_vec()].concat())
    }
}

/// A bundle as it came, but with the log entries that its envelope takes along now. None if it is no bundle.
pub fn embed(bundle: &[u8], envelope: &Envelope) -> Option<Vec<u8>> {
    let mut value: serde_json::Value = json::parse(bundle, MAX_DOCUMENT, "sigstore bundle").ok()?;
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
    if let Ok(one) = Kind::of(bytes) {
        let container = match one {
            Kind::Bundle => Container::SigstoreBundle,
            Kind::Envelope => Container::JsonLines,
        };
        return Ok(Envelopes { container, envelopes: vec![one.read(bytes)] });
    }
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty()).collect();
    match lines.len() {
        0 => Err(Malformed::new("attestation file", "empty")),
        n if n > MAX_ENVELOPES => {
            Err(Malformed::new("attestation file", format!("{n} lines, the limit is {MAX_ENVELOPES}")))
        }
        _ => {
            let envelopes = lines.into_iter().map(|line| Kind::of(line).and_then(|kind| kind.read(line))).collect();
            Ok(Envelopes { container: Container::JsonLines, envelopes })
        }
    }
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

    fn read(self, bytes: &[u8]) -> Result<Envelope, Malformed> {
        match self {
            Self::Envelope => Envelope::parse(bytes),
            Self::Bundle => {
                let bundle: Bundle = json::parse(bytes, MAX_DOCUMENT, "sigstore bundle")?;
                let envelope = Envelope::from_value(bundle.dsse_envelope)?;
                if envelope.signatures() > 1 {
                    let why = format!("{} DSSE signatures, a sigstore bundle has exactly one", envelope.signatures());
                    return Err(Malformed::new("sigstore bundle", why));
                }
                Ok(envelope.with_log_entries(bundle.verification_material.tlog_entries))
            }
        }
    }
}
