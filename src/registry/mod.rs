//! Who is a member, with which keys, since when: a TUF repository governed by the forum's board.
//!
//! TUF says what is trusted now; the history of a key stands in the member record, so that rotation never
//! breaks old releases. [`TrustedRegistry`] is only made by checking every signature up from a pinned root.

mod draft;
mod metadata;
mod proof;
mod provider;
mod record;
mod refusal;
mod rules;
mod trusted;

pub use draft::{Draft, RootDraft, TargetsDraft};
pub use metadata::{
    Expiry, Fingerprint, Role, RootSpec, Signed, TargetFile, board_of, metadata_name, snapshot_file, target_path, timestamp_file,
    unsigned,
};
pub use proof::KeyProof;
pub use record::{ForumRecord, KeyRecord, KeyStanding, MemberRecord, MemberState, StatusChange};
pub use refusal::{Code, Refusal};
pub use rules::{check_admission, differences, in_scope};
pub use trusted::{Freshness, LoadError, Repository, TrustedRegistry, Versions, load};
