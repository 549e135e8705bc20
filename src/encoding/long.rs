//! A document with one very long text in it, without that text: what is around megabytes is parsed as if they were not there.

use std::ops::Range;

/// A text of so many bytes, and no fewer than are around it, is very long.
const LONG: usize = 1 << 20;
/// Such a text begins within so many bytes, or it is not looked for further.
const NEAR: usize = 64 << 10;
/// So many bytes are looked at together.
const PIECE: usize = 256;

/// A JSON document with nothing between two quotation marks, where there is a very long text.
///
/// Where this parses, and the string between those two marks is empty, the document parses to the same with the text in its
/// place: no byte of it ends a string, begins an escape, or has to be looked at to see that it is UTF-8.
pub(crate) struct Shortened {
    /// The document without the text.
    pub(crate) document: Vec<u8>,
    /// Where the text stands in the whole of it, between its quotation marks.
    pub(crate) text: Range<usize>,
}

impl Shortened {
    /// Takes the first very long text out of a document. None if there is none, or it is not plain ASCII.
    pub(crate) fn of(document: &[u8]) -> Option<Self> {
        if document.len() < LONG {
            return None;
        }
        let marks = document.iter().take(NEAR).enumerate().filter(|(_, byte)| **byte == b'"');
        let text =
            marks.map(|(at, _)| plain(document, at + 1)).find(|text| text.len() >= LONG.max(document.len() / 2))?;
        let (before, after) = (document.get(..text.start)?, document.get(text.end..)?);
        after.starts_with(b"\"").then(|| Self { document: [before, after].concat(), text })
    }
    /// The text in the whole document, if this is where in the short one it was taken out.
    pub(crate) fn restored(&self, place: &Range<usize>) -> Option<Range<usize>> {
        (*place == (self.text.start..self.text.start)).then(|| self.text.clone())
    }
}

/// The bytes from there on that mean themselves in a JSON string.
fn plain(document: &[u8], start: usize) -> Range<usize> {
    let rest = document.get(start..).unwrap_or_default();
    // All bytes of a piece, and not until the first that is not: so that several are looked at in one instruction.
    let whole = rest.chunks(PIECE).take_while(|piece| !piece.iter().fold(false, |any, byte| any | is_special(*byte)));
    let whole: usize = whole.map(<[u8]>::len).sum();
    let last = rest.iter().skip(whole).take_while(|byte| !is_special(**byte)).count();
    start..start + whole + last
}

fn is_special(byte: u8) -> bool {
    // As a signed number, what is not ASCII is below 0.
    byte.cast_signed() < 0x20 || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use super::{LONG, NEAR, Shortened};

    fn of(document: &str) -> Option<(String, std::ops::Range<usize>)> {
        Shortened::of(document.as_bytes()).map(|short| (String::from_utf8(short.document).unwrap(), short.text))
    }

    #[test]
    fn the_first_very_long_text_is_taken_out() {
        for length in [LONG, LONG + 1, LONG + 255, LONG + 256] {
            let long = "A".repeat(length);
            let document = format!(r#"{{"a":["b","{long}"],"c":"d"}}"#);
            assert_eq!(of(&document), Some((r#"{"a":["b",""],"c":"d"}"#.to_owned(), 11..11 + length)));
            assert_eq!(of(&format!(r#"{{"a":["b","{long}"],"c":"{long}"}}"#)), None, "not half of all");
        }
        let long = "A".repeat(LONG - 1);
        assert_eq!(of(&format!(r#"{{"a":"{long}"}}"#)), None, "not long enough");
        let long = "A".repeat(LONG);
        assert_eq!(of(&format!(r#"{{"a":"{long}"#)), None, "no end");
        let far = " ".repeat(NEAR);
        assert_eq!(of(&format!(r#"{{{far}"a":"{long}"}}"#)), None, "too far away");
    }

    #[test]
    fn a_text_that_does_not_mean_itself_stays() {
        for special in ["\\u0041", "\\", "\n", "\0", "\u{1f}", "\u{e9}", "\u{80}"] {
            for at in [0, 1, 300, LONG - 1, LONG] {
                let long = format!("{}{special}{}", "A".repeat(at), "B".repeat(LONG - at));
                assert_eq!(of(&format!(r#"{{"a":"{long}"}}"#)), None, "{special:?} at {at}");
            }
        }
        let long = format!("~ {}\u{7f}", "B".repeat(LONG));
        assert!(of(&format!(r#"{{"a":"{long}"}}"#)).is_some(), "what JSON takes as it is");
    }
}
