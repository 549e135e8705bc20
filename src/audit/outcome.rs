//! What an audit found: the one result that every report is made from.
//!
//! A portfolio may hold a hundred thousand artifacts, so lines are handed out one by one, in a fixed order; whoever
//! writes a report keeps none of them. Two audits of the same state hand out the same lines.

use super::finding::{Finding, Severity};
use super::grounds::SignerLine;
use super::report::{PolicyShown, Totals, Verdict, ViewShown};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Called with one line after the other.
pub type Each<'a, T> = &'a mut dyn FnMut(&T) -> std::io::Result<()>;

/// The result of an audit.
pub trait Outcome {
    /// The answer, in numbers.
    fn summary(&self) -> &Summary;
    /// Every attestation that was met, by member, then product, then time, then id.
    ///
    /// # Errors
    /// What the reader of a line or the index says.
    fn releases(&self, each: Each<'_, ReleaseLine>) -> std::io::Result<()>;
    /// Every artifact, by path.
    ///
    /// # Errors
    /// As [`Outcome::releases`].
    fn artifacts(&self, each: Each<'_, ArtifactLine>) -> std::io::Result<()>;
    /// Every finding, the most severe first, then by code, then by path.
    ///
    /// # Errors
    /// As [`Outcome::releases`].
    fn findings(&self, each: Each<'_, Finding>) -> std::io::Result<()>;
    /// What lay there and was not checked, by path, with the reason.
    ///
    /// # Errors
    /// As [`Outcome::releases`].
    fn not_checked(&self, each: Each<'_, NotChecked>) -> std::io::Result<()>;
}

/// The answer, in numbers, and what it rests on.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// `vouchsafe-audit/v1`.
    pub schema: &'static str,
    /// Refused before undecided before verified.
    pub verdict: Verdict,
    /// The view of the registry.
    pub as_of: ViewShown,
    /// The policy.
    pub policy: PolicyShown,
    /// Artifacts, by verdict.
    pub totals: Totals,
    /// How many attestations were met.
    pub releases: usize,
    /// How many findings there are of each severity.
    pub findings: BTreeMap<Severity, usize>,
    /// How many files were not checked.
    pub not_checked: usize,
    /// How to come to the same answer again.
    pub reproduce: Reproduce,
}

/// What it takes to come to the same answer again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reproduce {
    /// The command, as it can be typed.
    pub command: String,
    /// The moment that was asked about.
    pub at: String,
    /// Fingerprint of the root that was trusted.
    pub fingerprint: String,
    /// Version of the registry.
    pub registry_version: u64,
    /// SHA-256 of the policy; empty for the built-in one.
    pub policy_sha256: String,
    /// Origin and size of the largest log tree that a proof showed, if any did.
    pub log: Option<LogSize>,
    /// Version of this program.
    pub program: String,
}

/// How large a log was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSize {
    /// Which log.
    pub origin: String,
    /// How many entries.
    pub size: u64,
}

/// An attestation, and how the artifacts it is about came off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseLine {
    /// SHA-256 of what was signed, in hexadecimal.
    pub id: String,
    /// The file it was read from.
    pub source: String,
    /// Members whose signatures counted; empty if nothing it is about was verified.
    pub members: Vec<String>,
    /// The product it states, or the name of its first subject.
    pub product: String,
    /// When its claims were made, by the signer's word.
    pub attested: Option<String>,
    /// When its claims end.
    pub valid_until: Option<String>,
    /// How many of the artifacts audited it is about.
    pub artifacts: usize,
    /// How many of them are verified.
    pub verified: usize,
    /// The practices asked for or claimed, by id; empty if nothing it is about was verified.
    pub practices: BTreeMap<String, Cell>,
    /// By when it was logged, on the word of witnesses; None if that is not shown.
    pub logged: Option<String>,
}

/// How a release stands on a practice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// `met`, `partial`, `notMet`, `notApplicable`; None if nothing is claimed.
    pub result: Option<String>,
    /// `checked`, `reviewed`, `declared`; None if nothing is claimed.
    pub basis: Option<String>,
    /// How that stands against the policy, as in a verdict; None if the policy does not ask for the practice.
    pub status: Option<String>,
}

/// An artifact, and its verdict.
#[derive(Clone, Debug, Serialize)]
pub struct ArtifactLine {
    /// Where it lies, below what was named; escaped where it is not UTF-8.
    pub path: String,
    /// Its digest, if it could be measured.
    pub digest: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The code of the refusal; None if verified.
    pub code: Option<String>,
    /// One line: why, or what is verified.
    pub message: String,
    /// What would have been right; None if verified.
    pub expected: Option<String>,
    /// What was found; None if verified.
    pub got: Option<String>,
    /// The next command; None if verified.
    pub hint: Option<String>,
    /// The attestation that decided, by [`ReleaseLine::id`].
    pub release: Option<String>,
    /// Whose signatures counted.
    pub signers: Vec<SignerLine>,
    /// How deeply the claims were verified.
    pub tier: Option<String>,
}

/// A file that was not checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotChecked {
    /// Where it lies.
    pub path: String,
    /// Why not.
    pub why: String,
}
