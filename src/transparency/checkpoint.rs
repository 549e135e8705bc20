//! Checkpoints (C2SP tlog-checkpoint): which log, how many leaves, which root.

use super::hash::Hash;
use crate::encoding::Malformed;
use crate::encoding::text::shown;

const WHAT: &str = "checkpoint";

/// What a checkpoint says. Whether a log said so is another question: see [`super::TrustedCheckpoint`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// Root of their Merkle tree.
    pub root: Hash,
    /// Extension lines, opaque; we write none.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// Of a log, at a size.
    pub fn new(origin: impl Into<String>, size: u64, root: Hash) -> Self {
        Self { origin: origin.into(), size, root, extensions: Vec::new() }
    }

    /// Reads the text of a note. Whether an empty tree has the root of the empty tree is asked once the signature
    /// has been: a log that signed another one has misbehaved, and its witness says so with a status of its own.
    ///
    /// # Errors
    /// [`Malformed`] if it is no checkpoint.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bad = |why: &str| Malformed::new(WHAT, why);
        let body = text.strip_suffix('\n').ok_or_else(|| bad("the last line has no newline"))?;
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(bad("expected three lines: origin, size, root hash"));
        };
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if origin.is_empty() || extensions.iter().any(String::is_empty) {
            return Err(bad("an empty line"));
        }
        let root = Hash::parse(root)?;
        let size = number(size).ok_or_else(|| bad(&format!("{} is no tree size", shown(size))))?;
        Ok(Self { origin: origin.to_owned(), size, root, extensions })
    }

    /// Whether there can be such a tree: an empty one has the root of the empty tree.
    pub(super) fn is_possible(&self) -> bool {
        self.size > 0 || self.root == Hash::of_nothing()
    }

    /// The text of the note, its last newline included.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// A decimal number as these formats write it: ASCII digits, no sign, no leading zero.
pub fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|n: &u64| n.to_string() == text)
}
