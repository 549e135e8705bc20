//! Base64 (RFC 4648): standard and URL-safe alphabets, as DSSE v1.0.2 demands of verifiers.
//!
//! Mixed alphabets, non-zero trailing bits, white space and wrong padding are refused, so that one
//! value has exactly one spelling per alphabet.

use super::Malformed;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use std::ops::Range;

/// Writes standard base64 with padding.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Writes a SHA-256 as [`encode`] does.
pub fn encode_sha256(digest: &[u8; 32]) -> [u8; 44] {
    let mut text = [b'A'; 44];
    // It fits exactly.
    let _ = STANDARD.encode_slice(digest, &mut text);
    text
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

/// So much text is decoded at a time where it stands.
const PIECE: usize = 4 << 10;

/// Reads as [`decode`] does the text that stands in `bytes` at `text`, and leaves what it says in its place, as the end of
/// `bytes`: of megabytes there is no second copy.
///
/// # Errors
/// As [`decode`].
pub fn decode_within(bytes: &mut Vec<u8>, text: Range<usize>, what: &'static str) -> Result<(), Malformed> {
    let mut piece = [0; PIECE];
    let (mut from, mut to) = (text.start, text.start);
    loop {
        let Some((done, rest)) = bytes.get_mut(..text.end).and_then(|bytes| bytes.split_at_mut_checked(from)) else {
            return Err(Malformed::new(what, "nowhere"));
        };
        let (next, after) = rest.split_at_checked(PIECE).unwrap_or((rest, &[]));
        let (read, last) = (next.len(), after.is_empty());
        let padded = last && (next.ends_with(b"=") || read.is_multiple_of(4));
        let standard = if padded { &STANDARD } else { &STANDARD_NO_PAD };
        // What was read is longer than what it says: a few pieces leave room before the next one for what that says.
        let mut room = done.get_mut(to..to + base64::decoded_len_estimate(read));
        let result = standard.decode_slice(next, room.as_deref_mut().unwrap_or(&mut piece));
        let elsewhere = room.is_none();
        let Ok(written) = result else {
            let again = again(done.get(text.start..to).unwrap_or_default(), next, after);
            bytes.truncate(text.start);
            return decode_after(bytes, &again, what);
        };
        if elsewhere && let (Some(from), Some(to)) = (piece.get(..written), bytes.get_mut(to..to + written)) {
            to.copy_from_slice(from);
        }
        (from, to) = (from + read, to + written);
        if last {
            bytes.truncate(to);
            return Ok(());
        }
    }
}

/// The whole of a text that was decoded in part. What was decoded had exactly one spelling, without padding.
fn again(decoded: &[u8], piece: &[u8], after: &[u8]) -> String {
    let text = [STANDARD_NO_PAD.encode(decoded).as_bytes(), piece, after].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// Whether a text is standard base64, with padding, of these bytes. It is decoded, but nowhere is all of it.
pub fn spells(text: &str, bytes: &[u8]) -> bool {
    let (mut piece, mut rest) = ([0; PIECE / 4 * 3], bytes);
    text.as_bytes().chunks(PIECE).all(|part| {
        let written = STANDARD.decode_slice(part, &mut piece).unwrap_or_default();
        let Some((next, after)) = rest.split_at_checked(written) else { return false };
        rest = after;
        // Only the last piece may be shorter than others.
        piece.get(..written) == Some(next) && (written == piece.len() || (written > 0 && after.is_empty()))
    }) && rest.is_empty()
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
    use super::{PIECE, decode, decode_within, encode, encode_sha256, spells};

    #[test]
    fn both_alphabets_are_read_and_mixtures_refused() {
        let bytes = [0xfb, 0xff, 0xfe, 0x01];
        assert_eq!(encode(&bytes), "+//+AQ==");
        assert_eq!(encode_sha256(&[7; 32]), encode(&[7; 32]).as_bytes());
        for good in ["+//+AQ==", "+//+AQ", "-__-AQ==", "-__-AQ"] {
            assert_eq!(decode(good, "x").unwrap(), bytes, "{good}");
        }
        for bad in ["+__-AQ==", "+//+AR==", "+//+\nAQ==", "+//+AQ=", "+//+AQ== ", "A"] {
            assert!(decode(bad, "x").is_err(), "{bad:?}");
        }
    }
    #[test]
    fn a_text_spells_what_it_is_decoded_to() {
        let bytes: Vec<u8> = (0..3 * PIECE).map(|n| (n * 7 % 251) as u8).collect();
        for length in [0, 1, 2, 3, 4, PIECE / 4 * 3 - 1, PIECE / 4 * 3, PIECE / 4 * 3 + 1, 3 * PIECE] {
            let (bytes, text) = (&bytes[..length], encode(&bytes[..length]));
            assert!(spells(&text, bytes));
            assert!(!spells(&text, &[bytes, b"x"].concat()));
            assert!(!spells(&format!("{text}QQ=="), bytes));
            if let Some((_, less)) = bytes.split_first() {
                assert!(!spells(&text, less) && !spells(&text, &[&[bytes[0] ^ 1], less].concat()));
            }
        }
        let (one, two) = bytes.split_at(PIECE / 4 * 3 - 1);
        assert!(!spells(&(encode(one) + &encode(two)), &bytes), "padding in the middle");
    }

    #[test]
    fn what_is_decoded_in_its_place_is_what_is_decoded_elsewhere() {
        let bytes: Vec<u8> = (0..3 * PIECE).map(|n| (n * 7 % 251) as u8).collect();
        let long = encode(&bytes);
        let mut texts: Vec<String> = (0..10).map(|cut| long[..long.len() - cut].to_owned()).collect();
        texts.extend(["", "A", "QQ", "QQ==", "QQ=", "QR==", "-_-_", "+/-_", "=", "ab cd"].map(str::to_owned));
        for at in [0, 5, PIECE - 1, PIECE, PIECE + 3, long.len() - 1] {
            for letter in ["-", "_", "=", " ", "+", "\u{e9}"] {
                texts.push(format!("{}{letter}{}", &long[..at], &long[at + 1..]));
            }
        }
        let url = long.replace('+', "-").replace('/', "_");
        texts.extend([url.clone(), format!("{}+{}", &url[..PIECE], &url[PIECE + 1..])]);
        for text in texts {
            let mut within = format!("before{text}after").into_bytes();
            let result = decode_within(&mut within, 6..6 + text.len(), "x");
            assert_eq!(result.is_ok(), decode(&text, "x").is_ok());
            match decode(&text, "x") {
                Ok(bytes) => assert_eq!(within, [b"before", bytes.as_slice()].concat()),
                Err(error) => assert_eq!(result, Err(error)),
            }
        }
    }
}
