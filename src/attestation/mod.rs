//! The claim: an in-toto statement in a signed DSSE envelope, and the files it travels in.
//!
//! Formats only, no belief: an [`Envelope`] does not show its payload. [`Envelope::open`] checks a quorum
//! first and parses the very bytes that were signed; what it returns is [`Authentic`].

mod container;
mod digests;
mod envelope;
mod logged;
mod predicate;
mod signed;
mod statement;
mod subjects;

pub use container::{Container, Envelopes, embed, holds, read_container};
pub use digests::DigestSet;
pub use envelope::{Authentic, Envelope, OpenError, Payload, SealError};
pub(crate) use logged::MAX_ENTRIES;
pub use predicate::{
    About, Affirmation, Assessor, CatalogueRef, Completeness, Evidence, Exclusion, PRACTICES_V1, Practices, ProducedBy,
    ProductScope, Source, SubjectSet, Tool,
};
pub use signed::SharedPayload;
pub use statement::{Drafted, Predicate, Statement, StatementDraft, Subject};
pub use subjects::{DigestRef, SubjectMatch, SubjectRef, Subjects};
