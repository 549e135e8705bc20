//! The report of a verification: every subject asked for ends in exactly one verdict.

use super::grounds::{GroundsShown, lines};
use crate::artifact::{Basis as Measurement, Digest, Measured};
use crate::encoding::duration::rfc3339;
use crate::encoding::{Class, Explain};
use crate::verify::{AsOf, Policy, Refusal, Verified, steps};
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// How a subject ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Yes.
    Verified,
    /// No.
    Refused,
    /// Cannot say.
    Undecided,
}

/// The whole answer.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `vouchsafe-verify/v1`.
    pub schema: &'static str,
    /// The verdict of the batch: refused before undecided before verified.
    pub verdict: Verdict,
    /// The view of the registry it rests on.
    pub as_of: ViewShown,
    /// The policy it was measured against.
    pub policy: PolicyShown,
    /// Counts.
    pub totals: Totals,
    /// One entry per subject, in the order asked.
    pub subjects: Vec<SubjectReport>,
    /// Attestations found in folders: evidence, not subjects.
    pub left_out: Vec<String>,
}

/// Counts; `requested` is always the sum of the other three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Subjects asked for.
    pub requested: usize,
    /// Verified.
    pub verified: usize,
    /// Refused.
    pub refused: usize,
    /// Undecided.
    pub undecided: usize,
}

/// A view of a forum's registry.
#[derive(Clone, Debug, Serialize)]
pub struct ViewShown {
    /// Display name.
    pub forum: String,
    /// Id.
    pub forum_id: String,
    /// Version of the targets role.
    pub registry_version: u64,
    /// When it was issued.
    pub issued: String,
    /// How old it is, in seconds.
    pub age_seconds: i64,
    /// The moment the question was asked of.
    pub at: String,
    /// Where it was read from.
    pub source: String,
}

/// A policy, by name and digest.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyShown {
    /// Where it comes from.
    pub name: String,
    /// SHA-256 of its bytes; empty for the built-in one.
    pub sha256: String,
}

/// One subject.
#[derive(Clone, Debug, Serialize)]
pub struct SubjectReport {
    /// The name as asked; escaped where it is not UTF-8.
    pub name: String,
    /// The bytes of a name that is not UTF-8, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_hex: Option<Box<str>>,
    /// The name the member gave these bytes, unless the file is called so too; None unless verified.
    pub attested_as: Option<Box<str>>,
    /// Its digest, if it could be measured.
    pub digest: Option<Digest>,
    /// False if the digest was taken on somebody's word.
    pub measured: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// Why not; None if verified. Most are, and there may be a hundred thousand: it lies elsewhere.
    #[serde(flatten, serialize_with = "why")]
    pub trouble: Option<Box<TroubleShown>>,
    /// What it rests on; files of one release share it.
    #[serde(flatten, serialize_with = "shared")]
    pub grounds: Arc<GroundsShown>,
}

/// Why a subject is not verified.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TroubleShown {
    /// The code of the refusal; None if verified, as is all below.
    pub code: Option<&'static str>,
    /// One line why.
    pub message: Option<String>,
    /// What would have been right.
    pub expected: Option<String>,
    /// What was found.
    pub got: Option<String>,
    /// The next command.
    pub hint: Option<String>,
}

fn why<S: serde::Serializer>(trouble: &Option<Box<TroubleShown>>, serializer: S) -> Result<S::Ok, S::Error> {
    match trouble {
        Some(trouble) => trouble.serialize(serializer),
        None => TroubleShown::default().serialize(serializer),
    }
}

fn shared<S: serde::Serializer>(grounds: &Arc<GroundsShown>, serializer: S) -> Result<S::Ok, S::Error> {
    grounds.serialize(serializer)
}

impl Report {
    /// A report on exactly these subjects. None for an empty list: nothing asked is not a yes.
    pub fn new(as_of: ViewShown, policy: &Policy, subjects: Vec<SubjectReport>, left_out: Vec<String>) -> Option<Self> {
        let count = |verdict| subjects.iter().filter(|s| s.verdict == verdict).count();
        let (verified, refused, undecided) =
            (count(Verdict::Verified), count(Verdict::Refused), count(Verdict::Undecided));
        let totals = Totals { requested: subjects.len(), verified, refused, undecided };
        if totals.requested == 0 || totals.requested != verified + refused + undecided {
            return None;
        }
        let verdict = match totals {
            Totals { refused: 1.., .. } => Verdict::Refused,
            Totals { undecided: 1.., .. } => Verdict::Undecided,
            Totals { .. } => Verdict::Verified,
        };
        let policy = PolicyShown { name: policy.name.clone(), sha256: policy.digest.clone() };
        Some(Self { schema: "vouchsafe-verify/v1", verdict, as_of, policy, totals, subjects, left_out })
    }
}

impl ViewShown {
    /// Of a view, at the moment asked about.
    pub fn of(view: &AsOf, at: Timestamp, source: &str) -> Self {
        Self {
            forum: view.forum.clone(),
            forum_id: view.forum_id.clone(),
            registry_version: view.versions.targets,
            issued: rfc3339(view.issued),
            age_seconds: view.age.as_seconds(),
            at: rfc3339(at),
            source: source.to_owned(),
        }
    }
}

/// Says the same once: what verdicts rest on is one and the same for all files of a release.
#[derive(Debug, Default)]
pub struct Teller {
    briefly: bool,
    last: Option<(Verified, Arc<GroundsShown>)>,
}

impl Teller {
    /// Says of a verdict that is yes only what a line about a file has: neither claims nor steps.
    pub fn briefly() -> Self {
        Self { briefly: true, last: None }
    }

    /// As [`SubjectReport::decided`].
    pub fn decided(
        &mut self,
        name: String,
        measured: &Measured,
        decision: &Result<Verified, Refusal>,
        policy: &Policy,
    ) -> SubjectReport {
        let Ok(verified) = decision else { return SubjectReport::decided(name, measured, decision, policy) };
        let grounds = match &self.last {
            Some((other, grounds)) if other.shares_grounds(verified) => Arc::clone(grounds),
            _ => {
                let tell = if self.briefly { GroundsShown::briefly } else { GroundsShown::of };
                let grounds = Arc::new(tell(verified));
                self.last = Some((verified.clone(), Arc::clone(&grounds)));
                grounds
            }
        };
        SubjectReport::verified(name, verified, grounds).about(measured)
    }
}

impl SubjectReport {
    /// A subject that was decided on.
    pub fn decided(
        name: impl Into<String>,
        measured: &Measured,
        decision: &Result<Verified, Refusal>,
        policy: &Policy,
    ) -> Self {
        let report = match decision {
            Ok(verified) => Self::verified(name, verified, Arc::new(GroundsShown::of(verified))),
            Err(refusal) => {
                let checks = lines(&steps(policy, Some(refusal)));
                let grounds = Arc::new(GroundsShown { checks, ..GroundsShown::default() });
                Self { grounds, ..Self::trouble(name, refusal) }
            }
        };
        report.about(measured)
    }

    fn about(mut self, measured: &Measured) -> Self {
        self.digest = measured.digests().first().cloned();
        self.measured = matches!(measured.basis(), Measurement::Bytes { .. });
        self
    }

    /// A subject that could not be decided on, or a refusal.
    pub fn trouble(name: impl Into<String>, error: &dyn Explain) -> Self {
        let verdict = match error.class() {
            Class::Refused => Verdict::Refused,
            Class::Undecided => Verdict::Undecided,
        };
        let trouble = TroubleShown {
            code: Some(error.code()),
            message: Some(error.to_string()),
            expected: Some(error.expected()),
            got: Some(error.got()),
            hint: Some(error.next()),
        };
        Self { trouble: Some(Box::new(trouble)), ..Self::blank(name, verdict, Arc::default()) }
    }

    /// The code of the refusal; None if verified, as are the three below.
    pub fn code(&self) -> Option<&'static str> {
        self.trouble.as_ref()?.code
    }
    /// One line why.
    pub fn message(&self) -> Option<&str> {
        self.trouble.as_ref()?.message.as_deref()
    }
    /// What would have been right, and what was found.
    pub fn compared(&self) -> Option<(&str, &str)> {
        let trouble = self.trouble.as_ref()?;
        Some((trouble.expected.as_deref()?, trouble.got.as_deref()?))
    }
    /// The next command.
    pub fn hint(&self) -> Option<&str> {
        self.trouble.as_ref()?.hint.as_deref()
    }

    fn blank(name: impl Into<String>, verdict: Verdict, grounds: Arc<GroundsShown>) -> Self {
        Self {
            name: name.into(),
            name_hex: None,
            attested_as: None,
            digest: None,
            measured: false,
            verdict,
            trouble: None,
            grounds,
        }
    }

    fn verified(name: impl Into<String>, verified: &Verified, grounds: Arc<GroundsShown>) -> Self {
        let name = name.into();
        let other = verified.subject().rsplit('/').next() != name.rsplit('/').next();
        let attested_as = other.then(|| verified.subject().into());
        Self { attested_as, ..Self::blank(name, Verdict::Verified, grounds) }
    }
}
