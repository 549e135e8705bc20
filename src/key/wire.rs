//! The strings and numbers of the SSH wire format (RFC 4251, section 5), read with every length checked.

use crate::encoding::Malformed;

/// A cursor over bytes that come from outside.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// A reader whose complaints name `what`.
    pub(super) fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }
    /// A complaint about this document.
    pub(super) fn bad(&self, why: impl Into<String>) -> Malformed {
        Malformed::new(self.what, why)
    }
    /// A big-endian uint32.
    pub(super) fn number(&mut self) -> Result<u32, Malformed> {
        let (head, rest) = self.rest.split_first_chunk::<4>().ok_or_else(|| self.bad("it is cut short"))?;
        self.rest = rest;
        Ok(u32::from_be_bytes(*head))
    }
    /// A string: a length and that many bytes.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let (head, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.bad("it is cut short"))?;
        self.rest = rest;
        Ok(head)
    }
    /// A string that is text.
    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map_err(|_| self.bad("a name in it is not UTF-8"))
    }
    /// Everything not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }
    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.bad(format!("{} bytes after its end", self.rest.len()))) }
    }
}

/// Appends a string: its length and its bytes.
pub(super) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}
