//! Signed notes (C2SP signed-note): text, a blank line, signature lines.

use crate::encoding::{Malformed, base64};

/// The most bytes of a note: as many post-quantum signatures as may stand in it, and some text.
pub const MAX_NOTE: usize = 256 << 10;
/// The most signature lines in a note.
const MAX_SIGNATURES: usize = 64;
const WHAT: &str = "signed note";

/// A note whose signatures nobody has checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// A signature line: who it says it is by, and the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name of the key.
    pub name: String,
    /// Id of the key; with the name it names a key, and proves nothing.
    pub id: u32,
    /// What the algorithm of that key made.
    pub bytes: Vec<u8>,
}

impl Signature {
    /// Reads one line, without its newline: an em dash, the name, base64 of id and signature.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(line: &str) -> Result<Self, Malformed> {
        let bad = |why: &str| Malformed::new("note signature", why);
        let (name, text) = line
            .strip_prefix("\u{2014} ")
            .and_then(|rest| rest.split_once(' '))
            .ok_or_else(|| bad("expected an em dash, a key name and base64"))?;
        if !is_key_name(name) {
            return Err(bad("a key name is not empty and has neither spaces nor a plus sign"));
        }
        let bytes = base64::decode_standard(text, "note signature")?;
        let (id, bytes) = bytes.split_first_chunk::<4>().ok_or_else(|| bad("shorter than a key id"))?;
        if bytes.is_empty() {
            return Err(bad("a key id and no signature"));
        }
        Ok(Self { name: name.to_owned(), id: u32::from_be_bytes(*id), bytes: bytes.to_vec() })
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = [&self.id.to_be_bytes()[..], &self.bytes].concat();
        write!(f, "\u{2014} {} {}", self.name, base64::encode(&bytes))
    }
}

/// Whether a key may be called so: not empty, no Unicode spaces, no plus sign, no control characters below U+0020.
pub fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+' || c < ' ')
}

impl Note {
    /// A note that nobody has signed yet.
    ///
    /// # Errors
    /// [`Malformed`] if the text does not end in a newline, or has other control characters.
    pub fn unsigned(text: String) -> Result<Self, Malformed> {
        plain(&text)?;
        if !text.ends_with('\n') {
            return Err(Malformed::new(WHAT, "the text does not end in a newline"));
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Takes a note apart; believes nothing.
    ///
    /// # Errors
    /// [`Malformed`] if it is over the limits, not UTF-8, or no note.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_NOTE {
            return Err(Malformed::new(WHAT, format!("{} bytes, the limit is {MAX_NOTE}", bytes.len())));
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| Malformed::new(WHAT, "not UTF-8"))?;
        plain(whole)?;
        let at = whole.rfind("\n\n").ok_or_else(|| Malformed::new(WHAT, "no blank line before the signatures"))?;
        let (text, lines) = whole.split_at_checked(at.saturating_add(1)).unwrap_or_default();
        let lines = lines.strip_prefix('\n').and_then(|l| l.strip_suffix('\n'));
        let lines = lines.ok_or_else(|| Malformed::new(WHAT, "no signature lines, or the last one has no newline"))?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(Malformed::new(WHAT, format!("more than {MAX_SIGNATURES} signatures")));
        }
        let signatures = lines.split('\n').map(Signature::parse).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// What is signed, its last newline included.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// The signature lines, in their order, which means nothing.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }
    /// Adds a signature, unless this very one is there.
    pub fn add(&mut self, signature: Signature) {
        if !self.signatures.contains(&signature) {
            self.signatures.push(signature);
        }
    }
    /// The same text, with those signatures only that `keep` lets stand.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&Signature) -> bool) -> Self {
        Self { text: self.text.clone(), signatures: self.signatures.iter().filter(|s| keep(s)).cloned().collect() }
    }
}

/// The note as it is written. Without signatures it is not one yet.
impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

fn plain(text: &str) -> Result<(), Malformed> {
    // Those below U+0020 only: the specification lets U+007F be.
    match text.chars().find(|c| *c < ' ' && *c != '\n') {
        Some(c) => Err(Malformed::new(WHAT, format!("control character U+{:04X}", u32::from(c)))),
        None => Ok(()),
    }
}
