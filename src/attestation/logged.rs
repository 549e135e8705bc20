//! What an envelope brings along to show that its signatures are in a transparency log. Nobody has checked it.
//!
//! In a sigstore bundle these are its `tlogEntries`; they are kept as they came. Of an entry that is not ours, or not
//! readable, nothing is believed: it is as if it were not there.

use crate::encoding::base64;
use crate::transparency::{Entry, Hash, MAX_HASHES, Note, Proof, number};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most log entries that are looked at; each costs some signature checks.
pub(crate) const MAX_ENTRIES: usize = 16;

/// A `TransparencyLogEntry` of a sigstore bundle v0.3; numbers are text, as in all JSON of protocol buffers.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    log_index: String,
    log_id: LogId,
    kind_version: KindVersion,
    inclusion_proof: InclusionProof,
    canonicalized_body: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogId {
    key_id: String,
}

#[derive(Serialize, Deserialize)]
struct KindVersion {
    kind: String,
    version: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InclusionProof {
    log_index: String,
    root_hash: String,
    tree_size: String,
    hashes: Vec<String>,
    checkpoint: Envelope,
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    envelope: String,
}

/// The proof in a log entry of a bundle, if there is one that can be read. Root and size are those of the checkpoint,
/// whatever is written beside it.
pub(super) fn proof(entry: &Value) -> Option<Proof> {
    let written = InclusionProof::deserialize(entry.get("inclusionProof")?).ok()?;
    let hashes = written.hashes.iter().take(MAX_HASHES + 1).map(|h| Hash::parse(h)).collect::<Result<_, _>>().ok()?;
    let note = Note::parse(written.checkpoint.envelope.as_bytes()).ok()?;
    Some(Proof { index: number(&written.log_index)?, hashes, note })
}

/// A log entry of a bundle. `log_id` is the SHA-256 that the key id of the log's key is cut from. None if the proof's
/// checkpoint cannot be read.
pub(super) fn written(entry: &Entry, log_id: &[u8; 32], proof: &Proof) -> Option<Value> {
    let checkpoint = crate::transparency::Checkpoint::parse(proof.note.text()).ok()?;
    let (kind, version) = Entry::KIND;
    let inclusion_proof = InclusionProof {
        log_index: proof.index.to_string(),
        root_hash: checkpoint.root.to_string(),
        tree_size: checkpoint.size.to_string(),
        hashes: proof.hashes.iter().map(Hash::to_string).collect(),
        checkpoint: Envelope { envelope: proof.note.to_string() },
    };
    serde_json::to_value(Written {
        log_index: proof.index.to_string(),
        log_id: LogId { key_id: base64::encode(log_id) },
        kind_version: KindVersion { kind: kind.into(), version: version.into() },
        inclusion_proof,
        canonicalized_body: base64::encode(&entry.body()),
    })
    .ok()
}
