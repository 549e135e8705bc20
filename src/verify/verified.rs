//! What a verdict says: who signed, what was found, which steps were taken, as of when.

use super::batch::Said;
use super::logged::LogShown;
use super::notices::NoticeShown;
use super::policy::{LogRule, Policy};
use super::practices::Coverage;
use super::refusal::{Refusal, Step};
use crate::artifact::Measured;
use crate::attestation::Statement;
use crate::encoding::duration::Span;
use crate::registry::{KeyStanding, TrustedRegistry, Versions};
use jiff::Timestamp;
use std::sync::{Arc, OnceLock};

/// The artifact is vouched for. Only [`super::verify`] makes one:
///
/// ```compile_fail,E0451
/// fn forge(v: vouchsafe::verify::Verified) -> vouchsafe::verify::Verified {
///     vouchsafe::verify::Verified { subject: "another".into(), ..v }
/// }
/// ```
///
/// ```
/// fn by(v: &vouchsafe::verify::Verified) -> usize { v.signers().len() }
/// ```
#[derive(Clone, Debug)]
pub struct Verified {
    artifact: Measured,
    subject: String,
    grounds: Arc<Grounds>,
}

/// What a verdict rests on. It is the same for all files of a release, who share it.
#[derive(Debug)]
pub(super) struct Grounds {
    said: Said,
    payload_sha256: OnceLock<String>,
    found: Found,
    steps: Vec<StepShown>,
    as_of: Arc<AsOf>,
}

/// What the steps of a decision found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) signers: Vec<SignerShown>,
    pub(super) cosigners: Vec<CosignerShown>,
    pub(super) coverage: Option<Coverage>,
    pub(super) notices: Vec<NoticeShown>,
    pub(super) logged: Vec<LogShown>,
}

/// A seat whose endorsement counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CosignerShown {
    /// Its group.
    pub group: String,
    /// Its name.
    pub seat: String,
    /// What it endorses: `member acme`, `catalogue forum-fp@2026.1`.
    pub endorses: String,
}

/// A member whose signature counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerShown {
    /// Its id.
    pub member: String,
    /// Its display name.
    pub name: String,
    /// Member since.
    pub since: Timestamp,
    /// The key that signed.
    pub keyid: String,
    /// How that key stands.
    pub standing: KeyStanding,
}

/// Which view of which forum a verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// The forum's display name.
    pub forum: String,
    /// The forum's id.
    pub forum_id: String,
    /// Versions of its registry; people are shown `targets`.
    pub versions: Versions,
    /// When the view was issued.
    pub issued: Timestamp,
    /// How old it is.
    pub age: Span,
}

impl AsOf {
    /// Of a registry, at a moment.
    pub fn of(trust: &TrustedRegistry, now: Timestamp) -> Self {
        Self {
            forum: trust.forum().name.clone(),
            forum_id: trust.forum().id.clone(),
            versions: *trust.versions(),
            issued: trust.issued(),
            age: Span::between(trust.issued(), now),
        }
    }
}

/// A step of the decision, and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepShown {
    /// Which.
    pub step: Step,
    /// How.
    pub status: StepStatus,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepStatus {
    /// It was taken and passed.
    Passed,
    /// The policy does not ask for it; it was not looked at.
    Skipped,
    /// It ended the decision.
    Failed,
    /// The decision ended before it.
    NotReached,
}

impl StepStatus {
    /// The word in JSON and text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped => "SKIPPED",
            Self::Failed => "failed",
            Self::NotReached => "not-reached",
        }
    }
}

/// The steps of a decision under a policy, ended by a refusal or not.
pub fn steps(policy: &Policy, refusal: Option<&Refusal>) -> Vec<StepShown> {
    let asked = |step: Step| match step {
        Step::Practices => policy.practices.is_some(),
        Step::Predicate => policy.practices.is_some() || policy.predicate_type.is_some(),
        Step::Cosigners => {
            !policy.cosigners.is_empty() || policy.practices.as_ref().is_some_and(|p| !p.endorsed_by.is_empty())
        }
        Step::Logged => policy.log.require == LogRule::Required,
        _ => true,
    };
    let ended = refusal.map(|r| r.code.step());
    let status = |step: Step| match ended {
        Some(end) if step == end => StepStatus::Failed,
        Some(end) if step > end => StepStatus::NotReached,
        _ if asked(step) => StepStatus::Passed,
        _ => StepStatus::Skipped,
    };
    Step::ALL.into_iter().map(|step| StepShown { step, status: status(step) }).collect()
}

impl Grounds {
    pub(super) fn new(said: Said, found: Found, policy: &Policy, as_of: Arc<AsOf>) -> Self {
        let mut steps = steps(policy, None);
        // A log entry that nobody asked for was looked at all the same: its time may be what the verdict rests on.
        if !found.logged.is_empty() {
            steps.iter_mut().filter(|s| s.step == Step::Logged).for_each(|s| s.status = StepStatus::Passed);
        }
        Self { said, payload_sha256: OnceLock::new(), found, steps, as_of }
    }
}

impl Verified {
    pub(super) fn new(artifact: &Measured, subject: &str, grounds: Arc<Grounds>) -> Self {
        Self { artifact: artifact.clone(), subject: subject.to_owned(), grounds }
    }
    /// Whether all that is said of both but their names and digests is one and the same. Where it is not, it may
    /// still be equal.
    pub fn shares_grounds(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.grounds, &other.grounds)
    }
    /// What was asked about: these bytes and no others.
    pub fn artifact(&self) -> &Measured {
        &self.artifact
    }
    /// The name the member gave the artifact.
    pub fn subject(&self) -> &str {
        &self.subject
    }
    /// What was signed.
    pub fn statement(&self) -> &Statement {
        &self.grounds.said.statement
    }
    /// SHA-256 of the bytes that were signed, in hexadecimal. Worked out when it is first asked for.
    pub fn statement_sha256(&self) -> &str {
        self.grounds.payload_sha256.get_or_init(|| self.grounds.said.payload.sha256())
    }
    /// Whether both rest on one and the same statement.
    pub fn same_statement(&self, other: &Self) -> bool {
        let (one, two) = (&self.grounds.said.statement, &other.grounds.said.statement);
        Arc::ptr_eq(one, two) || one.subjects() == two.subjects()
    }
    /// Whose signatures counted.
    pub fn signers(&self) -> &[SignerShown] {
        &self.grounds.found.signers
    }
    /// Seats whose endorsements the policy asks for and that counted.
    pub fn cosigners(&self) -> &[CosignerShown] {
        &self.grounds.found.cosigners
    }
    /// The practices asked for; None if the policy asks for none.
    pub fn coverage(&self) -> Option<&Coverage> {
        self.grounds.found.coverage.as_ref()
    }
    /// What was said about the attestation after it was signed.
    pub fn notices(&self) -> &[NoticeShown] {
        &self.grounds.found.notices
    }
    /// Entries of logs that the signatures which count are in.
    pub fn logged(&self) -> &[LogShown] {
        &self.grounds.found.logged
    }
    /// The steps taken.
    pub fn steps(&self) -> &[StepShown] {
        &self.grounds.steps
    }
    /// The view it rests on.
    pub fn as_of(&self) -> &AsOf {
        &self.grounds.as_of
    }
}
