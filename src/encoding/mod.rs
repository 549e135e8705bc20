//! How bytes are written down: strict JSON, base64, names shown to people, durations, limits.
//!
//! Parsers of every room report [`Malformed`]; every error that reaches a user implements [`Explain`].

pub mod base64;
pub mod duration;
pub mod elements;
pub mod glob;
pub mod json;
mod long;
pub mod refusal;
pub mod text;
mod walk;

pub(crate) use long::Shortened;

/// The most bytes of one evidence or metadata document that any parser will look at (64 MiB).
pub const MAX_DOCUMENT: usize = 64 << 20;

/// The most bytes of one key, proof or policy file (1 MiB).
pub const MAX_SMALL: usize = 1 << 20;

/// Bytes that are not what they should be. Says which document, what was expected and what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Malformed {
    /// The document or field, in the words of its specification.
    pub what: &'static str,
    /// What was wrong with it.
    pub why: String,
}

impl Malformed {
    /// A parser's complaint.
    pub fn new(what: &'static str, why: impl Into<String>) -> Self {
        Self { what, why: why.into() }
    }
}

/// Whether an answer is a "no" or a "cannot say"; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The evidence was examined and refused: exit 1.
    Refused,
    /// There was nothing to decide with, or it could not be read: exit 3.
    Undecided,
}

impl Class {
    /// The word used in JSON and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Undecided => "undecided",
        }
    }
}

/// What every error owes a user: a stable code, whether it is a refusal, what was expected and
/// got, and the next command to run.
pub trait Explain: std::error::Error {
    /// Stable kebab-case code; a heading of `docs/refusals.md`.
    fn code(&self) -> &'static str;
    /// Refused or undecided.
    fn class(&self) -> Class;
    /// What would have been right; empty where the message says it all.
    fn expected(&self) -> String {
        String::new()
    }
    /// What was found instead; empty where the message says it all.
    fn got(&self) -> String {
        String::new()
    }
    /// The next command to run, or the next thing to do.
    fn next(&self) -> String;
}

impl Explain for Malformed {
    fn code(&self) -> &'static str {
        "malformed"
    }
    fn class(&self) -> Class {
        Class::Undecided
    }
    fn expected(&self) -> String {
        format!("a well-formed {}", self.what)
    }
    fn got(&self) -> String {
        self.why.clone()
    }
    fn next(&self) -> String {
        "vouchsafe inspect FILE shows what can be read of it; fetch it again from its source".into()
    }
}
