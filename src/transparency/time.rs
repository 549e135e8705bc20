//! When something was public, proven by others than its signer.
//!
//! [`TrustedTime`] is what the rules about retired and compromised keys ask for. It comes from witnesses or
//! timestamp authorities only; the time a signer writes into a statement is never one.

use jiff::Timestamp;

/// A moment by which a signature provably existed.
///
/// ```compile_fail,E0451
/// let forged = vouchsafe::transparency::TrustedTime { at: jiff::Timestamp::UNIX_EPOCH, because: String::new() };
/// ```
///
/// ```
/// let when = vouchsafe::transparency::TrustedTime::assume(jiff::Timestamp::UNIX_EPOCH, "printed in the Bundesanzeiger");
/// assert_eq!(when.at(), jiff::Timestamp::UNIX_EPOCH);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedTime {
    at: Timestamp,
    because: String,
}

impl TrustedTime {
    /// The escape hatch: a time taken on the caller's word. The command line never does; the reason is kept.
    pub fn assume(at: Timestamp, because: impl Into<String>) -> Self {
        Self { at, because: because.into() }
    }
    /// On the word of a quorum of witnesses.
    pub(super) fn witnessed(at: Timestamp, because: String) -> Self {
        Self { at, because }
    }
    /// The signature existed at this moment or before.
    pub fn at(&self) -> Timestamp {
        self.at
    }
    /// On whose word.
    pub fn because(&self) -> &str {
        &self.because
    }
}
