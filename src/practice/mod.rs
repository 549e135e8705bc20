//! Practices: the forum's catalogue of them, how they map to other frameworks, and what a release claims.
//!
//! A [`Catalogue`] is parsed from exact bytes and known by id, version and SHA-256. [`Mappings`] are files of
//! their own, so that correcting one changes no digest. [`claims`] reads what people write, [`Claim`] is what is
//! signed, and [`evaluate`] re-runs a check from signed facts.

mod assess;
mod builtin;
mod catalogue;
mod check;
mod claim;
pub mod claims;
mod compare;
mod derived;
mod document;
mod fact;
mod id;
mod kind;
pub mod lint;
mod mapping;
mod requirement;
pub mod search;
mod version;

pub use assess::{Assessed, Outcome, Piece, assess};
pub use builtin::{BUILTIN, BUILTIN_MAPPINGS, builtin};
pub use catalogue::{Area, Automation, Catalogue, Practice, Profile, Scope, State};
pub use check::{Assertion, CheckDef, evaluate};
pub use claim::{Basis, ByPractice, CheckRun, Claim, ClaimResult, Exception, Role};
pub use compare::compare;
pub use derived::with_ages;
pub use id::PracticeId;
pub use kind::EvidenceKind;
pub use mapping::{Framework, Mapping, Mappings};
pub use requirement::Requirement;
pub use version::{Version, VersionRange};
