//! The report of a verification: every subject asked for ends in exactly one verdict.

use crate::artifact::{Basis as Measurement, Measured};
use crate::attestation::Predicate;
use crate::encoding::duration::rfc3339;
use crate::encoding::{Class, Explain};
use crate::transparency::Cosigned;
use crate::verify::{AsOf, Coverage, LogShown, NoticeShown, Policy, Refusal, StepShown, Verified, steps};
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
    pub name_hex: Option<String>,
    /// The name the member gave these bytes, unless the file is called so too; None unless verified.
    pub attested_as: Option<String>,
    /// Its digest, if it could be measured.
    pub digest: Option<String>,
    /// False if the digest was taken on somebody's word.
    pub measured: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// The code of the refusal; None if verified.
    pub code: Option<&'static str>,
    /// One line why; None if verified.
    pub message: Option<String>,
    /// What would have been right.
    pub expected: Option<String>,
    /// What was found.
    pub got: Option<String>,
    /// The next command.
    pub hint: Option<String>,
    /// What it rests on; files of one release share it.
    #[serde(flatten, serialize_with = "shared")]
    pub grounds: Arc<GroundsShown>,
}

fn shared<S: serde::Serializer>(grounds: &Arc<GroundsShown>, serializer: S) -> Result<S::Ok, S::Error> {
    grounds.serialize(serializer)
}

/// What a verdict rests on, and how it was reached.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GroundsShown {
    /// Members whose signatures counted.
    pub signers: Vec<SignerLine>,
    /// Seats whose endorsements were asked for and counted.
    pub cosigners: Vec<CosignerLine>,
    /// What was said about the attestation after it was signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<NoticeShown>,
    /// Entries of transparency logs that the signatures are in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogLine>,
    /// Predicate type of the attestation; None unless verified.
    pub predicate_type: Option<String>,
    /// The product it is about, if it says so.
    pub product: Option<String>,
    /// When the signer says the claims were made.
    pub attested: Option<String>,
    /// The practices asked for, in a sentence.
    pub summary: Option<String>,
    /// How deeply the claims were verified: `signed`, `recomputed`, `replayed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<&'static str>,
    /// Evidence that was to be read again and was not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_replayed: Vec<String>,
    /// Every claim of the attestation.
    pub claims: Vec<ClaimShown>,
    /// Every step of the decision.
    pub checks: Vec<StepLine>,
}

/// A signer in a report.
#[derive(Clone, Debug, Serialize)]
pub struct SignerLine {
    /// Member id.
    pub member: String,
    /// Display name.
    pub name: String,
    /// Member since.
    pub since: String,
    /// Key id.
    pub keyid: String,
    /// How the key stands.
    pub key_status: &'static str,
}

/// A seat of a group in a report.
#[derive(Clone, Debug, Serialize)]
pub struct CosignerLine {
    /// Its group.
    pub group: String,
    /// Its name.
    pub seat: String,
    /// What it endorses.
    pub endorses: String,
}

/// A log entry in a report.
#[derive(Clone, Debug, Serialize)]
pub struct LogLine {
    /// Whose signature it is.
    pub member: String,
    /// The key it is by.
    pub keyid: String,
    /// Which log.
    pub origin: String,
    /// Its place there, from 0.
    pub index: u64,
    /// Size of the tree it was proven in.
    pub size: u64,
    /// Who cosigned that tree.
    pub witnesses: Vec<WitnessLine>,
    /// By when it was logged, on the word of a quorum of witnesses; None where none is asked for.
    pub time: Option<String>,
}

/// A witness in a report.
#[derive(Clone, Debug, Serialize)]
pub struct WitnessLine {
    /// What the forum's log policy calls it.
    pub witness: String,
    /// When it cosigned.
    pub at: String,
}

impl WitnessLine {
    /// Of a cosignature.
    pub fn of(cosigned: &Cosigned) -> Self {
        Self { witness: cosigned.witness.clone(), at: rfc3339(cosigned.at) }
    }
}

impl LogLine {
    fn of(shown: &LogShown) -> Self {
        let witnesses = shown.witnesses.iter();
        Self {
            member: shown.member.clone(),
            keyid: shown.keyid.clone(),
            origin: shown.origin.clone(),
            index: shown.index,
            size: shown.size,
            witnesses: witnesses.map(WitnessLine::of).collect(),
            time: shown.time.map(rfc3339),
        }
    }
}

/// A claim in a report.
#[derive(Clone, Debug, Serialize)]
pub struct ClaimShown {
    /// Practice id.
    pub practice: String,
    /// Its result.
    pub result: &'static str,
    /// Its basis.
    pub basis: &'static str,
    /// How deeply it was verified.
    pub tier: &'static str,
    /// How it stands against the policy; None if the policy does not ask for it.
    pub status: Option<&'static str>,
}

/// A step in a report.
#[derive(Clone, Debug, Serialize)]
pub struct StepLine {
    /// Which.
    pub id: &'static str,
    /// How it ended.
    pub status: &'static str,
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
    last: Option<(Verified, Arc<GroundsShown>)>,
}

impl Teller {
    /// As [`SubjectReport::decided`].
    pub fn decided(
        &mut self,
        name: &str,
        measured: &Measured,
        decision: &Result<Verified, Refusal>,
        policy: &Policy,
    ) -> SubjectReport {
        let Ok(verified) = decision else { return SubjectReport::decided(name, measured, decision, policy) };
        let grounds = match &self.last {
            Some((other, grounds)) if other.shares_grounds(verified) => Arc::clone(grounds),
            _ => Arc::new(GroundsShown::of(verified)),
        };
        self.last = Some((verified.clone(), Arc::clone(&grounds)));
        SubjectReport::verified(name, verified, grounds).about(measured)
    }
}

impl SubjectReport {
    /// A subject that was decided on.
    pub fn decided(name: &str, measured: &Measured, decision: &Result<Verified, Refusal>, policy: &Policy) -> Self {
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
        self.digest = measured.digests().first().map(ToString::to_string);
        self.measured = matches!(measured.basis(), Measurement::Bytes { .. });
        self
    }

    /// A subject that could not be decided on, or a refusal.
    pub fn trouble(name: &str, error: &dyn Explain) -> Self {
        let verdict = match error.class() {
            Class::Refused => Verdict::Refused,
            Class::Undecided => Verdict::Undecided,
        };
        Self {
            code: Some(error.code()),
            message: Some(error.to_string()),
            expected: Some(error.expected()),
            got: Some(error.got()),
            hint: Some(error.next()),
            ..Self::blank(name, verdict)
        }
    }

    fn blank(name: &str, verdict: Verdict) -> Self {
        Self {
            name: name.to_owned(),
            name_hex: None,
            attested_as: None,
            digest: None,
            measured: false,
            verdict,
            code: None,
            message: None,
            expected: None,
            got: None,
            hint: None,
            grounds: Arc::default(),
        }
    }

    fn verified(name: &str, verified: &Verified, grounds: Arc<GroundsShown>) -> Self {
        let file = |name: &str| name.rsplit('/').next().map(str::to_owned);
        let other = file(verified.subject()) != file(name);
        let attested_as = other.then(|| verified.subject().to_owned());
        Self { attested_as, grounds, ..Self::blank(name, Verdict::Verified) }
    }
}

impl GroundsShown {
    fn of(verified: &Verified) -> Self {
        let signers = verified.signers().iter().map(|s| SignerLine {
            member: s.member.clone(),
            name: s.name.clone(),
            since: rfc3339(s.since),
            keyid: s.keyid.clone(),
            key_status: s.standing.as_str(),
        });
        let cosigners = verified.cosigners().iter().map(|c| CosignerLine {
            group: c.group.clone(),
            seat: c.seat.clone(),
            endorses: c.endorses.clone(),
        });
        let practices = match verified.statement().predicate() {
            Predicate::Practices(practices) => Some(practices),
            Predicate::Other(_) => None,
        };
        Self {
            signers: signers.collect(),
            cosigners: cosigners.collect(),
            notices: verified.notices().to_vec(),
            log: verified.logged().iter().map(LogLine::of).collect(),
            predicate_type: Some(verified.statement().predicate_type().to_owned()),
            product: practices.and_then(|p| p.scope.product.clone()),
            attested: practices.map(|p| rfc3339(p.assessed_at)),
            summary: verified.coverage().map(Coverage::sentence),
            tier: verified.coverage().map(|c| c.tier.as_str()),
            not_replayed: verified.coverage().map(|c| c.not_replayed.clone()).unwrap_or_default(),
            claims: practices
                .map(|p| p.claims.iter().map(|c| claim(c, verified.coverage())).collect())
                .unwrap_or_default(),
            checks: lines(verified.steps()),
        }
    }
}

fn claim(claim: &crate::practice::Claim, coverage: Option<&Coverage>) -> ClaimShown {
    let item = coverage.and_then(|c| c.items.iter().find(|i| i.practice == claim.practice));
    let checked = claim.basis == crate::practice::Basis::Checked && item.is_some();
    ClaimShown {
        practice: claim.practice.to_string(),
        result: claim.result.as_str(),
        basis: claim.basis.as_str(),
        tier: if checked { coverage.map_or("recomputed", |c| c.tier.as_str()) } else { "signed" },
        status: item.map(|i| i.status.as_str()),
    }
}

fn lines(steps: &[StepShown]) -> Vec<StepLine> {
    steps.iter().map(|s| StepLine { id: s.step.as_str(), status: s.status.as_str() }).collect()
}
