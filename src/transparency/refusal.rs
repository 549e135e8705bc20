//! Why a log, a checkpoint or a proof is not believed.

use crate::encoding::refusal::codes;

/// An answer that is not yes.
pub type Refusal = crate::encoding::refusal::Refusal<Code>;

codes! {
    /// Stable codes of what transparency logs are refused for.
    Malformed "log-malformed" Undecided
        "a checkpoint, proof or tile of a log cannot be read"
        "fetch it again; if it stays so, tell the operator of the log"
    OriginUnknown "origin-unknown" Refused
        "the checkpoint is of a log that the log policy does not name"
        "ask the publisher for a proof from a log that the forum accepts; vouchsafe trust update if it changed its log"
    CheckpointUnsigned "checkpoint-unsigned" Refused
        "the checkpoint carries no signature by the key of its log"
        "do not rely on it; fetch the checkpoint from the log again"
    CheckpointForged "checkpoint-forged" Refused
        "a signature on the checkpoint, by a key that is known, does not verify"
        "do not rely on it; fetch the checkpoint from the log again, and tell the forum if it stays so"
    WitnessesMissing "witnesses-missing" Refused
        "fewer witnesses cosigned the checkpoint than the log policy asks for"
        "get a proof again from the log once its witnesses have cosigned: vouchsafe log prove"
    InclusionWrong "inclusion-wrong" Refused
        "the proof does not lead from this entry to the root of the checkpoint"
        "do not rely on it; make the proof again from the log: vouchsafe log prove"
    LogForked "log-forked" Refused
        "two checkpoints of the same log contradict each other: it shows different people different truths"
        "keep both checkpoints and show them to the forum and to the witnesses; they are proof of it"
    LogRolledBack "log-rolled-back" Refused
        "the log is smaller than it was when it was last seen"
        "fetch its checkpoint again later, past caches; if it stays so, tell the forum and the witnesses"
    TileWrong "tile-wrong" Refused
        "a tile or entry of the log does not belong to the tree that its checkpoint signs"
        "fetch it again, past caches; if it stays so, tell the operator of the log"
}
