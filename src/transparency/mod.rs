//! Transparency logs: trees that only grow, the checkpoints that sign them, the witnesses that watch them.
//!
//! Native and small, on the C2SP specifications: signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature,
//! tlog-witness, tlog-proof and tlog-policy. Pure: files and networks are `publish`'s and `gather`'s business.

mod checkpoint;
pub mod cosignature;
mod entry;
mod hash;
mod logproof;
#[cfg(feature = "ml-dsa")]
pub mod ml_dsa;
mod note;
mod notekey;
mod policy;
mod proof;
mod reading;
mod refusal;
mod tile;
mod time;
mod tree;
mod trusted;
pub mod witness;

pub use checkpoint::{Checkpoint, number};
pub use entry::Entry;
pub use hash::Hash;
pub use logproof::Proof;
pub use note::{MAX_NOTE, Note, Signature, is_key_name};
pub use notekey::{NoteKey, Scheme, Signed};
pub use policy::{Log, LogPolicy, Met, Witness};
pub use proof::{MAX_HASHES, is_consistent, root_of_inclusion};
pub use reading::{Tiles, Tree};
pub use refusal::{Code, Refusal};
pub use tile::{Kind, MAX_ENTRY, TILE_WIDTH, Tile, between, push_entry};
pub use time::TrustedTime;
pub use tree::Frontier;
pub use trusted::{Cosigned, Included, TrustedCheckpoint, only_grew, signed_checkpoint};
