//! File names as what they are, bytes: shown to people, and written as text without losing any.

use crate::encoding::text::shown_bytes;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

/// A name for people: control characters and backslashes escaped, and `\xNN` for each byte that is not UTF-8. No two names look alike
/// because of their escapes, for a backslash is always doubled.
pub fn display(name: &[u8]) -> String {
    shown_bytes(name)
}

/// A name for JSON: itself where it is UTF-8, otherwise as [`display`] has it, beside [`not_utf8_hex`].
pub fn lossless(name: &[u8]) -> String {
    std::str::from_utf8(name).map_or_else(|_| display(name), str::to_owned)
}

/// The bytes of a name in hexadecimal, if it is not UTF-8: what a `nameHex` field holds.
pub fn not_utf8_hex(name: &[u8]) -> Option<String> {
    std::str::from_utf8(name).is_err().then(|| hex::encode(name))
}

/// The bytes of a name of the operating system; elsewhere than on Unix, its UTF-8.
#[cfg(unix)]
pub fn bytes(name: &OsStr) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec()
}
/// The bytes of a name of the operating system; elsewhere than on Unix, its UTF-8.
#[cfg(not(unix))]
pub fn bytes(name: &OsStr) -> Vec<u8> {
    name.to_string_lossy().into_owned().into_bytes()
}

/// As [`bytes`], without a copy where that is possible.
pub fn borrowed(name: &OsStr) -> Cow<'_, [u8]> {
    match name.to_str() {
        Some(text) => Cow::Borrowed(text.as_bytes()),
        None => Cow::Owned(bytes(name)),
    }
}

/// The operating system's name for these bytes; None where only UTF-8 can be a name.
#[cfg(unix)]
pub fn os(name: &[u8]) -> Option<OsString> {
    Some(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name).to_owned())
}
/// The operating system's name for these bytes; None where only UTF-8 can be a name.
#[cfg(not(unix))]
pub fn os(name: &[u8]) -> Option<OsString> {
    std::str::from_utf8(name).ok().map(OsString::from)
}

#[cfg(test)]
mod tests {
    use super::{display, lossless, not_utf8_hex};

    #[test]
    fn names_that_are_not_utf8_lose_nothing() {
        assert_eq!(display(b"a\xff\\\x1b"), "a\\xff\\\\\\u{1b}");
        assert_eq!((lossless(b"a\xff"), not_utf8_hex(b"a\xff")), ("a\\xff".into(), Some("61ff".into())));
        assert_eq!((lossless(b"a\\\n"), not_utf8_hex(b"a\\\n")), ("a\\\n".into(), None));
        assert_ne!(display(b"a\xff"), display(b"a\\xff"), "an escape never equals the text that looks like it");
    }
}
