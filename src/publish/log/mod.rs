//! A transparency log as files: who may write, in which order, and what is acknowledged when.
//!
//! One order on every driver: lock; load the committed checkpoint from the *head*, never from the public folder; compute
//! the tiles in memory; make one staged blob durable; sign; swap the head, which is the commit; apply the staged files;
//! sync; gather cosignatures; publish `checkpoint`; and only then acknowledge. The next start replays what was staged.
//! `docs/transparency.md` says what a crash leaves at each step.

pub mod blobs;
mod edge;
mod error;
pub mod files;
mod folder;
mod fsck;
mod index;
pub mod memory;
mod publishing;
mod sequencer;
mod staged;
mod writer;

pub use error::Error;
pub use folder::LogFolder;
pub use fsck::{Finding, Fsck};
pub use publishing::{Cosigner, NotAsked};
pub use writer::{Log, Logged};
