//! Writes a page piece by piece: markup stands in this program's source, and everything else is text.

use crate::audit::reports::words::marked_up;
use std::io::{self, Write};

/// A piece of a page. What came from outside cannot be markup: it does not live as long as the program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece<'a> {
    /// Markup, as it stands in our source.
    Html(&'static str),
    /// Text, in an element or a quoted attribute.
    Text(&'a str),
    /// A number.
    Count(usize),
}

/// A page that is being written.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// Writes these pieces, one after the other.
    pub(super) fn put(&mut self, pieces: &[Piece<'_>]) -> io::Result<()> {
        for piece in pieces {
            match piece {
                Piece::Html(markup) => self.out.write_all(markup.as_bytes())?,
                Piece::Text(text) => self.out.write_all(marked_up(text).as_bytes())?,
                Piece::Count(number) => write!(self.out, "{number}")?,
            }
        }
        Ok(())
    }
}
