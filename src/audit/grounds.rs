//! What a verdict rests on, as reports show it: said once, however many files of a release share it.

use crate::attestation::{Practices, Predicate};
use crate::encoding::duration::rfc3339;
use crate::practice::{Basis, Claim, ClaimResult, PracticeId};
use crate::transparency::Cosigned;
use crate::verify::{Coverage, ItemStatus, LogShown, NoticeShown, StepShown, Tier, Verified};
use serde::Serialize;

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

/// A claim in a report: small, since a hundred thousand attestations have some forty each.
#[derive(Clone, Debug, Serialize)]
pub struct ClaimShown {
    /// Practice id.
    pub practice: PracticeId,
    /// Its result.
    pub result: ClaimResult,
    /// Its basis.
    pub basis: Basis,
    /// How deeply it was verified.
    pub tier: Tier,
    /// How it stands against the policy; None if the policy does not ask for it.
    #[serde(serialize_with = "word")]
    pub status: Option<ItemStatus>,
}

#[expect(clippy::ref_option, reason = "serde hands the field over so")]
fn word<S: serde::Serializer>(status: &Option<ItemStatus>, serializer: S) -> Result<S::Ok, S::Error> {
    status.map(ItemStatus::as_str).serialize(serializer)
}

/// A step in a report.
#[derive(Clone, Debug, Serialize)]
pub struct StepLine {
    /// Which.
    pub id: &'static str,
    /// How it ended.
    pub status: &'static str,
}

impl GroundsShown {
    /// What a line about a file says, and no more.
    pub(super) fn briefly(verified: &Verified) -> Self {
        let signers = verified.signers().iter().map(|s| SignerLine {
            member: s.member.clone(),
            name: s.name.clone(),
            since: rfc3339(s.since),
            keyid: s.keyid.clone(),
            key_status: s.standing.as_str(),
        });
        Self {
            signers: signers.collect(),
            notices: verified.notices().to_vec(),
            predicate_type: Some(verified.statement().predicate_type().to_owned()),
            attested: practices(verified).map(|p| rfc3339(p.assessed_at)),
            summary: verified.coverage().map(Coverage::sentence),
            ..Self::default()
        }
    }

    pub(super) fn of(verified: &Verified) -> Self {
        let cosigners = verified.cosigners().iter().map(|c| CosignerLine {
            group: c.group.clone(),
            seat: c.seat.clone(),
            endorses: c.endorses.clone(),
        });
        let practices = practices(verified);
        Self {
            cosigners: cosigners.collect(),
            log: verified.logged().iter().map(LogLine::of).collect(),
            product: practices.and_then(|p| p.scope.product.clone()),
            tier: verified.coverage().map(|c| c.tier.as_str()),
            not_replayed: verified.coverage().map(|c| c.not_replayed.clone()).unwrap_or_default(),
            claims: practices
                .map(|p| p.claims.iter().map(|c| claim(c, verified.coverage())).collect())
                .unwrap_or_default(),
            checks: lines(verified.steps()),
            ..Self::briefly(verified)
        }
    }
}

fn practices(verified: &Verified) -> Option<&Practices> {
    match verified.statement().predicate() {
        Predicate::Practices(practices) => Some(practices),
        Predicate::Other(_) => None,
    }
}

fn claim(claim: &Claim, coverage: Option<&Coverage>) -> ClaimShown {
    let item = coverage.and_then(|c| c.item(claim.practice));
    let checked = claim.basis == Basis::Checked && item.is_some();
    ClaimShown {
        practice: claim.practice,
        result: claim.result,
        basis: claim.basis,
        tier: if checked { coverage.map_or(Tier::Recomputed, |c| c.tier) } else { Tier::Signed },
        status: item.map(|i| i.status),
    }
}

pub(super) fn lines(steps: &[StepShown]) -> Vec<StepLine> {
    steps.iter().map(|s| StepLine { id: s.step.as_str(), status: s.status.as_str() }).collect()
}
