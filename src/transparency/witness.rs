//! What a witness decides (C2SP tlog-witness): it cosigns a tree only if that begins with the one it cosigned last.

use super::checkpoint::{Checkpoint, number};
use super::hash::Hash;
use super::note::{MAX_NOTE, Note};
use super::notekey::NoteKey;
use super::proof::MAX_HASHES;
use super::refusal::Code;
use super::trusted::{by_one_of, only_grew};
use crate::encoding::Malformed;

const WHAT: &str = "add-checkpoint request";
/// The most bytes of a request.
pub const MAX_REQUEST: usize = MAX_NOTE + (8 << 10);

/// The body of an `add-checkpoint` request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// How large the tree was that the witness cosigned last, as far as the client knows.
    pub old: u64,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
    /// The new checkpoint.
    pub note: Note,
}

/// Why a witness does not cosign; each is an HTTP status of the specification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCosigned {
    /// 400.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// 404.
    #[error("unknown log {0:?}")]
    UnknownLog(String),
    /// 403.
    #[error("no good signature by the log")]
    Unsigned,
    /// 409, with the size that was cosigned last.
    #[error("the tree cosigned last has {0} entries")]
    Conflict(u64),
    /// 422.
    #[error("not an extension of the tree cosigned last")]
    Inconsistent,
}

impl NotCosigned {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::UnknownLog(_) => 404,
            Self::Unsigned => 403,
            Self::Conflict(_) => 409,
            Self::Inconsistent => 422,
        }
    }
}

impl AddCheckpoint {
    /// Reads a request.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let bad = |why: &str| Malformed::new(WHAT, why);
        if bytes.len() > MAX_REQUEST {
            return Err(Malformed::new(WHAT, format!("{} bytes, the limit is {MAX_REQUEST}", bytes.len())));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| bad("not UTF-8"))?;
        let (head, note) = text.split_once("\n\n").ok_or_else(|| bad("no blank line before the checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|l| l.strip_prefix("old ")).and_then(number);
        let old = old.ok_or_else(|| bad("expected a line \"old N\""))?;
        let proof = lines.map(Hash::parse).collect::<Result<Vec<_>, _>>()?;
        if proof.len() > MAX_HASHES {
            return Err(Malformed::new(WHAT, format!("{} hashes, the limit is {MAX_HASHES}", proof.len())));
        }
        let note = Note::parse(note.as_bytes())?;
        Checkpoint::parse(note.text())?;
        Ok(Self { old, proof, note })
    }

    /// Which log it says it is about; for finding what is known of that log.
    ///
    /// # Errors
    /// [`NotCosigned::BadRequest`].
    pub fn origin(&self) -> Result<String, NotCosigned> {
        Ok(Checkpoint::parse(self.note.text()).map_err(|e| NotCosigned::BadRequest(e.to_string()))?.origin)
    }

    /// The checkpoint, if it may be cosigned after `last`. `logs` are the keys the witness knows.
    ///
    /// # Errors
    /// [`NotCosigned`], in the order of the specification.
    pub fn judge(&self, logs: &[NoteKey], last: Option<&Checkpoint>) -> Result<Checkpoint, NotCosigned> {
        let origin = self.origin()?;
        let checkpoint = by_one_of(&self.note, logs.iter()).map_err(|refusal| match refusal.code {
            Code::OriginUnknown => NotCosigned::UnknownLog(origin.clone()),
            Code::CheckpointUnsigned | Code::CheckpointForged => NotCosigned::Unsigned,
            _ => NotCosigned::BadRequest(refusal.to_string()),
        })?;
        if self.old > checkpoint.size {
            return Err(NotCosigned::BadRequest(format!("old {} is more than {}", self.old, checkpoint.size)));
        }
        // An empty tree with another root than the empty tree's does not begin with what was cosigned, either.
        let nothing = Checkpoint::new(origin, 0, Hash::of_nothing());
        let last = last.unwrap_or(&nothing);
        if self.old != last.size {
            return Err(NotCosigned::Conflict(last.size));
        }
        only_grew(last, &checkpoint, &self.proof).map_err(|_| NotCosigned::Inconsistent)?;
        Ok(checkpoint)
    }
}

impl std::fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}
