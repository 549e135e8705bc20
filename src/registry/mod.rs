//! Who is a member, with which keys, since when: a TUF repository governed by the forum's board.
//!
//! TUF says what is trusted now; the history of a key stands in the member record, so that rotation never
//! breaks old releases. [`TrustedRegistry`] is only made by checking every signature up from a pinned root.

mod apart;
mod bins;
mod chain;
mod confusable;
mod contents;
mod delegations;
mod differences;
mod endorsement;
mod floor;
mod group;
mod logged;
mod metadata;
mod notice;
mod notices;
mod proof;
mod provider;
mod record;
mod refusal;
mod repository;
mod rules;
mod scope;
mod skeleton;
mod trusted;
mod tuf_error;
mod voices;

pub use apart::Newcomers;
pub use bins::{Bins, Listing, Pin, TOP, by_role};
pub use chain::Chain;
pub use confusable::{confusable, looks};
pub use contents::{Contents, LOG_POLICY};
pub use differences::differences;
pub use endorsement::{
    CatalogueEndorsements, Endorsed, EndorsedCatalogue, EndorsedMember, Endorsement, endorsers, endorsing,
};
pub use floor::Versions;
pub use group::{Groups, SeatRecord, check_group_seats};
pub use logged::{is_logged, log_entries, proof_name};
pub use metadata::{
    Board, Fingerprint, Metadata, RootSpec, SPEC_VERSION, TargetFile, board, listed, rebuilt_root, rebuilt_targets,
    root, snapshot, target_path, targets, timestamp, tuf_key_id,
};
pub use notice::{Action, CLAIM_NOTICE_V1, Notice, NoticeSaid};
pub use notices::{Notices, Recorded, notice_authors, notices_file, notices_target};
pub use proof::KeyProof;
pub use record::{ForumRecord, KeyRecord, KeyStanding, MemberRecord, MemberState, StatusChange};
pub use refusal::{Code, Refusal};
pub use repository::{Freshness, LoadError, Oversize, Repository};
pub use rules::{check_history, valid_id};
pub use scope::in_scope;
pub use trusted::{Expiry, TrustedRegistry, Wanted, load};
