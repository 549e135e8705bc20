//! Claims as they stand in the signed predicate: which practice, with what result, on what basis.
//!
//! Reading tolerates fields it does not know; an unknown result or basis is an error, never a pass.

use super::PracticeId;
use crate::encoding::{Malformed, duration};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is said about a practice. A practice nobody speaks of is unclaimed, which is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClaimResult {
    /// It was followed.
    Met,
    /// It was followed in part.
    Partial,
    /// It was not followed.
    NotMet,
    /// It cannot apply to this product; the reason stands beside it.
    NotApplicable,
}

impl ClaimResult {
    /// The name in predicates, claims files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Partial => "partial",
            Self::NotMet => "notMet",
            Self::NotApplicable => "notApplicable",
        }
    }
}

/// What a claim rests on, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Basis {
    /// The producer says so.
    Declared,
    /// A person in a named role looked at a document that is bound by digest.
    Reviewed,
    /// The catalogue's checks passed on facts taken from evidence. Only ever set by the tool.
    Checked,
}

impl Basis {
    /// The name in predicates, policies and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Reviewed => "reviewed",
            Self::Checked => "checked",
        }
    }
}

macro_rules! shown_as_written {
    ($($name:ident)*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    )*};
}
shown_as_written!(ClaimResult Basis);

/// A claim of the predicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// The practice claimed.
    pub practice: PracticeId,
    /// What is said about it.
    pub result: ClaimResult,
    /// What that rests on.
    pub basis: Basis,
    /// The catalogue's checks that were run, and on which evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckRun>,
    /// Ids of the predicate's evidence entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// Who reviewed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_by: Option<Role>,
    /// A sentence for readers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// Why it does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// An accepted risk in place of the practice; elsewhere, for it is large and few have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Box<Exception>>,
}

impl Claim {
    /// A practice met, as checks of the catalogue show.
    pub fn checked(practice: PracticeId, checks: Vec<CheckRun>, evidence: Vec<String>) -> Self {
        let (result, basis) = (ClaimResult::Met, Basis::Checked);
        let (reviewed_by, statement, reason, exception) = (None, None, None, None);
        Self { practice, result, basis, checks, evidence, reviewed_by, statement, reason, exception }
    }
}

/// One check that was run for a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    /// The check of the catalogue.
    pub id: String,
    /// Ids of the evidence entries whose facts it was run on.
    pub evidence: Vec<String>,
    /// What the producer's run gave; verifiers run it again.
    pub pass: bool,
}

/// A person, by what they answer for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Such as `architect` or `security-lead`.
    pub role: String,
}

/// A risk that a named owner accepted for a limited time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exception {
    /// Why the practice was not followed.
    pub reason: String,
    /// Practices that make up for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compensated_by: Vec<PracticeId>,
    /// Who accepted it.
    pub owner: Role,
    /// When it was accepted.
    #[serde(with = "instant")]
    pub approved_at: Timestamp,
    /// The first moment at which it no longer counts.
    #[serde(with = "instant")]
    pub expires: Timestamp,
}

impl Exception {
    /// Whether it counts at `at`: approved by then, and not expired.
    pub fn in_force(&self, at: Timestamp) -> bool {
        self.approved_at <= at && at < self.expires
    }
}

/// Claims, each of another practice.
#[derive(Debug)]
pub struct ByPractice<'a>(Vec<&'a Claim>);

impl<'a> ByPractice<'a> {
    /// Claims by practice.
    ///
    /// # Errors
    /// [`Malformed`] if a practice is claimed twice: one of the two would be ignored.
    pub fn new(claims: &'a [Claim]) -> Result<Self, Malformed> {
        let mut sorted: Vec<&Claim> = claims.iter().collect();
        // They mostly are.
        if !sorted.is_sorted_by_key(|claim| claim.practice) {
            sorted.sort_unstable_by_key(|claim| claim.practice);
        }
        match sorted.iter().zip(sorted.iter().skip(1)).find(|(one, next)| one.practice == next.practice) {
            Some((twice, _)) => Err(Malformed::new("claims", format!("{} is claimed twice", twice.practice))),
            None => Ok(Self(sorted)),
        }
    }
    /// All, by their practices.
    pub fn in_order(&self) -> &[&'a Claim] {
        &self.0
    }
}

/// Instants as every document of ours writes them.
mod instant {
    use super::{Deserialize, Deserializer, Serializer, Timestamp, duration};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&duration::rfc3339(*at))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        duration::instant(&text).map_err(serde::de::Error::custom)
    }
}
