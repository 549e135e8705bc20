//! Offline proofs of inclusion as files (C2SP tlog-proof, `NAME.tlog-proof`).

use super::checkpoint::{Checkpoint, number};
use super::hash::Hash;
use super::note::{MAX_NOTE, Note};
use super::proof::MAX_HASHES;
use crate::encoding::{Malformed, base64};

const WHAT: &str = "tlog-proof";
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The most bytes of a proof: its hashes, its extra line and a note.
const MAX_PROOF: usize = MAX_NOTE + (64 << 10);

/// An inclusion proof with its checkpoint. Nobody has checked it: see [`super::LogPolicy::includes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Place of the entry in the log.
    pub index: u64,
    /// From the leaf's sibling up.
    pub hashes: Vec<Hash>,
    /// The checkpoint.
    pub note: Note,
}

impl Proof {
    /// Reads a file. Extra data is read over: it is authenticated by nobody.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let bad = |why: &str| Malformed::new(WHAT, why);
        if bytes.len() > MAX_PROOF {
            return Err(Malformed::new(WHAT, format!("{} bytes, the limit is {MAX_PROOF}", bytes.len())));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| bad("not UTF-8"))?;
        let (head, note) = text.split_once("\n\n").ok_or_else(|| bad("no blank line before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(bad("the first line is not c2sp.org/tlog-proof@v1"));
        }
        if let Some(extra) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            base64::decode_standard(extra, WHAT)?;
            lines.next();
        }
        let index = lines.next().and_then(|l| l.strip_prefix("index ")).and_then(number);
        let index = index.ok_or_else(|| bad("expected a line \"index N\""))?;
        let hashes = lines.map(Hash::parse).collect::<Result<Vec<_>, _>>()?;
        if hashes.len() > MAX_HASHES {
            return Err(Malformed::new(WHAT, format!("{} hashes, the limit is {MAX_HASHES}", hashes.len())));
        }
        let note = Note::parse(note.as_bytes())?;
        Checkpoint::parse(note.text())?;
        Ok(Self { index, hashes, note })
    }
}

impl std::fmt::Display for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{HEADER}\nindex {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}
