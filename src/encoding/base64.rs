//! Base64 (RFC 4648): standard and URL-safe alphabets, as DSSE v1.0.2 demands of verifiers.
//!
//! Mixed alphabets, non-zero trailing bits, white space and wrong padding are refused, so that one
//! value has exactly one spelling per alphabet.

use super::Malformed;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Writes standard base64 with padding.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Writes URL-safe base64 without padding (JWK).
pub fn encode_url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads either alphabet, padded or not.
///
/// # Errors
/// [`Malformed`] naming `what` for mixed alphabets, trailing bits, white space or wrong padding.
pub fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, Malformed> {
    let mut bytes = Vec::new();
    decode_after(&mut bytes, text, what).map(|()| bytes)
}

/// Reads as [`decode`] does, and adds the bytes to those that are there.
///
/// # Errors
/// As [`decode`].
pub fn decode_after(bytes: &mut Vec<u8>, text: &str, what: &'static str) -> Result<(), Malformed> {
    let (padded, before) = (text.ends_with('=') || text.len().is_multiple_of(4), bytes.len());
    bytes.reserve_exact(text.len() / 4 * 3 + 3);
    let standard = if padded { &STANDARD } else { &STANDARD_NO_PAD };
    let Err(error) = standard.decode_vec(text, bytes) else { return Ok(()) };
    // A text without any of the four letters that differ is standard; only what is not is looked at again.
    bytes.truncate(before);
    if !text.contains(['-', '_']) {
        return Err(Malformed::new(what, format!("not base64: {error}")));
    }
    if text.contains(['+', '/']) {
        return Err(Malformed::new(what, "base64 mixes the standard and the URL-safe alphabet"));
    }
    let url = if text.ends_with('=') { &URL_SAFE } else { &URL_SAFE_NO_PAD };
    url.decode_vec(text, bytes).map_err(|e| Malformed::new(what, format!("not base64: {e}")))
}

/// Bytes that are written as a JSON string of standard base64, without an encoded copy of them.
pub struct Encoded<'a>(pub &'a [u8]);

impl serde::Serialize for Encoded<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&base64::display::Base64Display::new(self.0, &STANDARD))
    }
}

/// Reads standard base64 with padding and nothing else, as signed notes and proofs of transparency logs demand.
///
/// # Errors
/// [`Malformed`] naming `what` for anything else.
pub fn decode_standard(text: &str, what: &'static str) -> Result<Vec<u8>, Malformed> {
    STANDARD.decode(text).map_err(|e| Malformed::new(what, format!("not base64: {e}")))
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn both_alphabets_are_read_and_mixtures_refused() {
        let bytes = [0xfb, 0xff, 0xfe, 0x01];
        assert_eq!(encode(&bytes), "+//+AQ==");
        for good in ["+//+AQ==", "+//+AQ", "-__-AQ==", "-__-AQ"] {
            assert_eq!(decode(good, "x").unwrap(), bytes, "{good}");
        }
        for bad in ["+__-AQ==", "+//+AR==", "+//+\nAQ==", "+//+AQ=", "+//+AQ== ", "A"] {
            assert!(decode(bad, "x").is_err(), "{bad:?}");
        }
    }
}
