//! What the readers of supply-chain documents share: limits, several arrays handed on, times, digests.

use super::{Code, Fault, Target};
use crate::encoding::duration::{instant, rfc3339};
use crate::encoding::elements::{Limits, elements};
use crate::encoding::{MAX_DOCUMENT, Malformed, json};
use jiff::Timestamp;
use serde::Deserialize;
use std::cell::Cell;
use std::io::Read;

/// The most components, findings, statements or packages of one document that are kept.
pub(super) const MAX_KEPT: usize = 200_000;

/// An array that was handed on and is empty now. Anything else in its place is no such document.
pub(super) type HandedOn = Vec<serde::de::IgnoredAny>;

/// Hands on the elements of several arrays, each with the place of its path in `paths`, and parses the rest.
pub(super) fn stream<T: for<'de> Deserialize<'de>>(
    input: &mut dyn Read,
    what: &'static str,
    paths: &[&[&str]],
    mut each: impl FnMut(usize, &[u8]) -> Result<(), Malformed>,
) -> Result<T, Fault> {
    let which = Cell::new(0);
    let wanted = |path: &[&str]| match paths.iter().position(|p| *p == path) {
        Some(at) => {
            which.set(at);
            true
        }
        None => false,
    };
    let limits = Limits { element: MAX_DOCUMENT, ..Limits::default() };
    let rest = elements(input, limits, what, wanted, |bytes| each(which.get(), bytes))?;
    Ok(json::parse(&rest, limits.rest, what)?)
}

/// One element.
pub(super) fn element<'de, T: Deserialize<'de>>(bytes: &'de [u8], what: &'static str) -> Result<T, Malformed> {
    json::parse(bytes, MAX_DOCUMENT, what)
}

/// All of a document that is never large.
pub(super) fn whole(input: &mut dyn Read, what: &'static str) -> Result<Vec<u8>, Malformed> {
    let mut bytes = Vec::new();
    let limit = MAX_DOCUMENT as u64;
    let read = input.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|e| Malformed::new(what, e.to_string()))?;
    if bytes.len() > MAX_DOCUMENT {
        return Err(Malformed::new(what, format!("over the limit of {limit} bytes")));
    }
    Ok(bytes)
}

/// One more, within the limit.
pub(super) fn counted(so_far: usize, what: &'static str) -> Result<usize, Malformed> {
    if so_far >= MAX_KEPT {
        return Err(Malformed::new(what, format!("more than {MAX_KEPT}")));
    }
    Ok(so_far.saturating_add(1))
}

/// A time a tool wrote. The year 1 is what some write for none; a time that cannot be read is none.
pub(super) fn time(text: Option<&str>) -> Option<Timestamp> {
    instant(text?).ok().filter(|at| at.as_second() > 0)
}

/// The fact of a time.
pub(super) fn said(at: Option<Timestamp>) -> Option<String> {
    at.map(rfc3339)
}

/// This version of a format is not read here.
pub(super) fn unsupported(name: &str, expected: &str, got: &str) -> Fault {
    Fault::new(Code::Unsupported, name, expected, got)
}

/// A document that says nothing.
pub(super) fn empty(name: &str, expected: &str, got: &str) -> Fault {
    Fault::new(Code::Empty, name, expected, got)
}

/// The report says of which revision it is, and it is another.
pub(super) fn same_build(name: &str, revision: Option<&str>, target: &Target<'_>) -> Result<(), Fault> {
    match (revision, target.revision) {
        (Some(said), Some(want)) if !said.eq_ignore_ascii_case(want) => {
            Err(Fault::new(Code::OtherBuild, name, format!("revision {want}"), format!("revision {said}")))
        }
        _ => Ok(()),
    }
}

/// The name of an algorithm as it is compared: `SHA-256`, `SHA256` and `sha256` are one.
fn plain(algorithm: &str) -> String {
    algorithm.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// Whether a digest of this algorithm says which bytes are meant: SHA-1 and MD5 do not.
pub(super) fn strong(algorithm: &str) -> bool {
    let known =
        ["sha256", "sha384", "sha512", "sha3256", "sha3384", "sha3512", "blake2b256", "blake2b384", "blake2b512"];
    let plain = plain(algorithm);
    known.contains(&plain.as_str()) || plain == "blake3"
}

/// Whether these hashes are those of a subject: one of them is, and no SHA-2 among them is another file's, which it is
/// if subjects have digests of that length and it is none of them. None if there is nothing to hold them against.
pub(super) fn names_subject<'a>(
    hashes: impl IntoIterator<Item = (&'a str, &'a str)>,
    target: &Target<'_>,
) -> Option<bool> {
    let digests = target.digests.filter(|d| !d.is_empty())?;
    let (mut agrees, mut differs) = (false, false);
    for (algorithm, value) in hashes.into_iter().filter(|(algorithm, _)| strong(algorithm)) {
        let value = value.to_ascii_lowercase();
        let known = digests.contains(&value);
        let comparable = matches!(plain(algorithm).as_str(), "sha256" | "sha384" | "sha512");
        agrees |= known && value.len() >= 64;
        differs |= !known && comparable && digests.iter().any(|d| d.len() == value.len());
    }
    Some(agrees && !differs)
}

/// Whether the beginning of a file holds all of these words.
pub(super) fn holds(head: &[u8], words: &[&str]) -> bool {
    words.iter().all(|word| head.windows(word.len()).any(|w| w == word.as_bytes()))
}

/// Whether it begins as a JSON object that holds all of these words.
pub(super) fn object_with(head: &[u8], words: &[&str]) -> bool {
    head.trim_ascii_start().starts_with(b"{") && holds(head, words)
}
