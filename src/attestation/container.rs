//! The files an envelope travels in: a sigstore bundle v0.3 for one signer, JSON Lines for several.
//!
//! Nothing in the container is signed, so nothing in it decides anything: the media type chooses no rule, the
//! hint in `publicKey` names no key, the order of lines means nothing.

use super::envelope::{ENVELOPE, Envelope, Unpacked, Writing, Written};
use crate::encoding::{MAX_DOCUMENT, Malformed, Shortened, json};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

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
    #[serde(rename = "mediaType", borrow)]
    _media_type: Cow<'a, str>,
    #[serde(borrow)]
    verification_material: VerificationMaterial<'a>,
    #[serde(borrow)]
    dsse_envelope: Written<'a>,
    /// An envelope has this one, a bundle has not.
    payload: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BundleWriting<'a> {
    media_type: &'static str,
    verification_material: VerificationMaterial<'a>,
    dsse_envelope: Writing<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerificationMaterial<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    public_key: Option<Hint<'a>>,
    #[serde(default)]
    tlog_entries: Vec<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct Hint<'a> {
    #[serde(borrow)]
    hint: Cow<'a, str>,
}

impl Envelope {
    /// A sigstore bundle v0.3 around this envelope; None unless it has exactly one signature.
    pub fn to_bundle(&self) -> Option<Vec<u8>> {
        let (1, Some(Some(hint))) = (self.signatures(), self.hints().next()) else {
            return None;
        };
        let material = VerificationMaterial {
            public_key: Some(Hint { hint: hint.into() }),
            tlog_entries: self.log_entries().to_vec(),
        };
        let dsse_envelope = self.writing();
        let writing = BundleWriting { media_type: BUNDLE_V03, verification_material: material, dsse_envelope };
        let mut bytes = json::compact_about(&writing, self.length() / 3 * 4 + (2 << 10));
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

/// Reads a bundle, an envelope, or lines of either. An empty file is malformed, never an empty success. Of bytes that are
/// handed over, the payload is decoded in its place.
///
/// # Errors
/// [`Malformed`] if the file as a whole cannot be read; single bad lines stand in the result.
pub fn read_container<'a>(bytes: impl Into<Cow<'a, [u8]>>) -> Result<Envelopes, Malformed> {
    let bytes = bytes.into();
    if bytes.len() > MAX_DOCUMENT {
        return Err(Malformed::new("attestation file", format!("{} bytes, the limit is {MAX_DOCUMENT}", bytes.len())));
    }
    if let Ok(read) = one(&bytes) {
        return Ok(Envelopes { container: read.container, envelopes: vec![read.envelope(bytes)] });
    }
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty()).collect();
    match lines.len() {
        0 => Err(Malformed::new("attestation file", "empty")),
        n if n > MAX_ENVELOPES => {
            Err(Malformed::new("attestation file", format!("{n} lines, the limit is {MAX_ENVELOPES}")))
        }
        _ => {
            let envelopes =
                lines.into_iter().map(|line| one(line).and_then(|read| read.envelope(line.into()))).collect();
            Ok(Envelopes { container: Container::JsonLines, envelopes })
        }
    }
}

/// Whether a file holds this envelope, as it was written, and nothing else. Its payload is compared as it is decoded, so
/// that there is no second one.
///
/// # Errors
/// [`Malformed`] if it cannot be read.
pub fn holds(bytes: &[u8], envelope: &Envelope) -> Result<bool, Malformed> {
    let read = one(bytes)?;
    Ok(read.unpacked?.is(bytes, envelope) && read.log_entries == envelope.log_entries())
}

/// What was read of a bundle or an envelope whose payload is not decoded yet.
struct One {
    container: Container,
    unpacked: Result<Unpacked, Malformed>,
    log_entries: Vec<serde_json::Value>,
}

/// A bundle is read in one go. Whatever else it is, is found out first, and its faults are told as such.
fn one(bytes: &[u8]) -> Result<One, Malformed> {
    large(bytes).map_or_else(|| whole(bytes), Ok)
}

fn whole(bytes: &[u8]) -> Result<One, Malformed> {
    let bundle = || json::parse::<Bundle<'_>>(bytes, MAX_DOCUMENT, BUNDLE);
    if let Ok(bundle) = bundle()
        && bundle.payload.is_none()
    {
        return Ok(bundle.unpack(bytes));
    }
    Ok(match Kind::of(bytes)? {
        Kind::Bundle => match bundle() {
            Ok(bundle) => bundle.unpack(bytes),
            Err(error) => One { container: Container::SigstoreBundle, unpacked: Err(error), log_entries: Vec::new() },
        },
        Kind::Envelope => {
            let written = json::parse::<Written<'_>>(bytes, MAX_DOCUMENT, ENVELOPE);
            let unpacked = written.and_then(|written| written.unpack(bytes));
            One { container: Container::JsonLines, unpacked, log_entries: Vec::new() }
        }
    })
}

/// A bundle whose payload is megabytes, parsed as if they were not there. None for anything else.
fn large(bytes: &[u8]) -> Option<One> {
    let short = Some(bytes).filter(|bytes| bytes.len() <= MAX_DOCUMENT).and_then(Shortened::of)?;
    let bundle: Bundle<'_> = json::parse(&short.document, MAX_DOCUMENT, BUNDLE).ok()?;
    let none = bundle.payload.is_none();
    let One { container, unpacked, log_entries } = bundle.unpack(&short.document);
    let unpacked = Ok(unpacked.ok().filter(|_| none)?.with_payload(|place| short.restored(place))?);
    Some(One { container, unpacked, log_entries })
}

impl Bundle<'_> {
    fn unpack(self, bytes: &[u8]) -> One {
        let (container, unpacked) = (Container::SigstoreBundle, self.dsse_envelope.unpack(bytes));
        One { container, unpacked, log_entries: self.verification_material.tlog_entries }
    }
}

impl One {
    /// Decodes the payload.
    fn envelope(self, bytes: Cow<'_, [u8]>) -> Result<Envelope, Malformed> {
        let envelope = self.unpacked?.envelope(bytes)?;
        if self.container == Container::SigstoreBundle && envelope.signatures() > 1 {
            let why = format!("{} DSSE signatures, a sigstore bundle has exactly one", envelope.signatures());
            return Err(Malformed::new(BUNDLE, why));
        }
        Ok(envelope.with_log_entries(self.log_entries))
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
}

#[cfg(test)]
mod tests {
    use super::{Container, large, read_container, whole};
    use crate::encoding::base64;

    /// A bundle around a payload that is written like this.
    fn bundle(payload: &str) -> String {
        let envelope = format!(r#"{{"payload":"{payload}","payloadType":"t","signatures":[{{"sig":"QUJD"}}]}}"#);
        let material = r#"{"publicKey":{"hint":""},"tlogEntries":[]}"#;
        format!(r#"{{"mediaType":"","verificationMaterial":{material},"dsseEnvelope":{envelope}}}"#)
    }

    #[test]
    fn megabytes_left_out_change_no_answer() {
        let bytes: Vec<u8> = (0..1_200_000).map(|n| (n * 7 % 251) as u8).collect();
        let good = base64::encode(&bytes);
        let with = |at: usize, odd: &str| format!("{}{odd}{}", &good[..at], &good[at + 1..]);
        for text in [good.clone(), base64::encode_url(&bytes), format!("{good}="), with(7, "*"), with(900_000, "+-")] {
            let bundle = bundle(&text).into_bytes();
            let [short, long] =
                [large(&bundle), whole(&bundle).ok()].map(|one| one.unwrap().envelope((&bundle).into()));
            assert_eq!(short.is_ok(), text == good || text.contains('_'));
            assert_eq!(short, long);
        }
        for odd in [r"\u0041", r"\u002b", "\n", r"\", "\u{e9}", "\"", "\",\"x\":\""] {
            for at in [0, 5, 900_000] {
                assert!(large(bundle(&with(at, odd)).as_bytes()).is_none(), "{odd} at {at}");
            }
        }
    }

    #[test]
    fn only_the_payload_is_left_out() {
        let long = "QUJD".repeat(1 << 19);
        let one = |bytes: String| read_container(bytes.into_bytes()).unwrap();
        let elsewhere = bundle("QUJD").replacen(r#""hint":"""#, &format!(r#""hint":"{long}""#), 1);
        assert!(large(elsewhere.as_bytes()).is_none(), "a long hint");
        assert_eq!(one(elsewhere).envelopes[0].as_ref().unwrap().inspect_unverified("a test").1, b"ABC");
        let envelope = format!(r#"{{"payload":"{long}","payloadType":"t","signatures":[]}}"#);
        assert!(large(envelope.as_bytes()).is_none(), "no bundle");
        assert_eq!(one(envelope).container, Container::JsonLines);
        let both = bundle(&long).replacen('{', r#"{"payload":"QUJD","#, 1);
        assert!(large(both.as_bytes()).is_none(), "neither the one nor the other");
    }
}
