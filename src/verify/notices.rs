//! What was said about an attestation after it was signed: who takes a signature back, what is disputed, what is shown.
//!
//! A withdrawal takes away signers, and what they say, instead of refusing the attestation: if one withdrawal spoiled
//! the signatures of others, taking the withdrawn signature away would turn a no into a yes. Notices are read from the
//! registry, where the board signed them; none of them adds anything to what is met.

use super::policy::Policy;
use super::practices::ItemStatus;
use super::refusal::{Code, Refusal};
use super::signers::Counted;
use super::verified::SignerShown;
use crate::encoding::duration::{day, rfc3339};
use crate::encoding::text::shown;
use crate::practice::PracticeId;
use crate::registry::{Action, Notice, Recorded};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What notices do to a claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimsRule {
    /// That its signer named another one in its place.
    pub superseded: NoticeRule,
    /// That somebody says it is not so.
    pub disputed: NoticeRule,
    /// That its signer took it back. There is no choice: a withdrawn claim is no claim.
    pub withdrawn: WithdrawnRule,
}

/// What a notice does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeRule {
    /// It is shown.
    #[default]
    Show,
    /// What it is about does not count.
    Refuse,
}

/// What a withdrawal does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WithdrawnRule {
    /// What it is about does not count.
    #[default]
    Refuse,
}

/// A notice in a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeShown {
    /// `superseded`, `withdrawn`, `disputed`, `endorsed`.
    pub action: &'static str,
    /// The member's id, or `GROUP/SEAT`.
    pub by: String,
    /// When, according to who says so.
    pub at: String,
    /// Which practices; empty for all of it.
    pub practices: Vec<String>,
    /// Why.
    pub reason: String,
    /// SHA-256 of the payload that takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
    /// What it did here.
    pub effect: Effect,
}

/// What a notice did to a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// What it takes away did not count.
    Counted,
    /// Shown, and nothing else.
    Shown,
    /// Only a signer may say so, and this is none.
    Ignored,
}

/// Practices that do not count, and why.
pub(super) type Lost = BTreeMap<PracticeId, ItemStatus>;

/// Notices about one attestation, measured against who signed it and the policy.
pub(super) struct Weighed<'a> {
    policy: &'a Policy,
    counted: Vec<&'a Notice>,
    pub(super) shown: Vec<NoticeShown>,
}

/// Takes away the signers that no longer stand by the attestation, and asks whether the others are enough.
pub(super) fn weigh<'a>(
    signers: Counted,
    about: &'a [Recorded],
    policy: &'a Policy,
) -> Result<(Counted, Weighed<'a>), Refusal> {
    let effects: Vec<(&Notice, Effect)> =
        about.iter().map(|n| (&n.notice, effect(&n.notice, &signers.shown, policy))).collect();
    let shown = effects.iter().map(|(notice, effect)| show(notice, *effect)).collect();
    let counted: Vec<&Notice> = effects.iter().filter(|(_, e)| *e == Effect::Counted).map(|(n, _)| *n).collect();
    let whole = || counted.iter().filter(|n| n.said.practices.is_none());
    let gone = |member: &str| whole().find(|n| n.said.action.is_for_signers() && n.by() == member);
    let kept = signers.signers.keep(policy.signers.threshold, |_, member| gone(member).is_none());
    let (kept, mut by) = match (kept, whole().next()) {
        (Ok(kept), _) => (kept, signers.shown),
        (Err(short), first) => {
            let first = whole().find(|n| n.said.action.is_for_signers()).or(first);
            return Err(first.map_or_else(
                || Refusal::new(Code::SignersTooFew, "", short.need.to_string(), short.to_string()),
                |notice| refusal(notice),
            ));
        }
    };
    if let Some(dispute) = whole().find(|n| n.said.action == Action::Dispute) {
        return Err(refusal(dispute));
    }
    by.retain(|s| gone(&s.member).is_none());
    Ok((Counted { signers: kept, shown: by }, Weighed { policy, counted, shown }))
}

fn effect(notice: &Notice, signers: &[SignerShown], policy: &Policy) -> Effect {
    let rule = match notice.said.action {
        action if action.is_for_signers() && !signers.iter().any(|s| s.member == notice.by()) => {
            return Effect::Ignored;
        }
        Action::Endorse => NoticeRule::Show,
        Action::Withdraw => match policy.claims.withdrawn {
            WithdrawnRule::Refuse => NoticeRule::Refuse,
        },
        Action::Supersede => policy.claims.superseded,
        Action::Dispute => policy.claims.disputed,
    };
    match rule {
        NoticeRule::Show => Effect::Shown,
        NoticeRule::Refuse => Effect::Counted,
    }
}

fn show(notice: &Notice, effect: Effect) -> NoticeShown {
    let said = &notice.said;
    NoticeShown {
        action: said.action.as_str(),
        by: notice.by().to_owned(),
        at: rfc3339(said.at),
        practices: said.practices.iter().flatten().map(ToString::to_string).collect(),
        reason: said.reason.clone(),
        superseded_by: said.superseded_by.clone(),
        effect,
    }
}

fn refusal(notice: &Notice) -> Refusal {
    let said = &notice.said;
    let (code, expected) = match said.action {
        Action::Supersede => (Code::ClaimSuperseded, "the attestation its signer stands by now"),
        Action::Dispute => (Code::ClaimDisputed, "an attestation that nobody disputes"),
        Action::Withdraw | Action::Endorse => (Code::ClaimWithdrawn, "an attestation its signers stand by"),
    };
    let other = said.superseded_by.as_ref().map(|other| format!(", now sha256:{other}")).unwrap_or_default();
    let (word, by, at) = (said.action.as_str(), shown(notice.by()), day(said.at));
    Refusal::new(code, shown(&notice.name), expected, format!("{word} by {by} on {at}: {}{other}", shown(&said.reason)))
}

impl Weighed<'_> {
    /// The practices that do not count on the word of these signers: those that are disputed, where the policy has
    /// that count, and those that too few of the signers still stand by.
    pub(super) fn lost(&self, signers: &[SignerShown]) -> Lost {
        if self.counted.is_empty() {
            return Lost::new();
        }
        let members: BTreeSet<&str> = signers.iter().map(|s| s.member.as_str()).collect();
        let mut lost = Lost::new();
        let mut back: BTreeMap<PracticeId, (BTreeSet<&str>, ItemStatus)> = BTreeMap::new();
        for notice in &self.counted {
            let status = match notice.said.action {
                Action::Dispute => ItemStatus::Disputed,
                Action::Supersede => ItemStatus::Superseded,
                Action::Withdraw | Action::Endorse => ItemStatus::Withdrawn,
            };
            for practice in notice.said.practices.iter().flatten() {
                if status == ItemStatus::Disputed {
                    lost.insert(*practice, status);
                } else if members.contains(notice.by()) {
                    back.entry(*practice).or_insert((BTreeSet::new(), status)).0.insert(notice.by());
                }
            }
        }
        let too_few = |by: &BTreeSet<&str>| members.difference(by).count() < self.policy.signers.threshold.get();
        lost.extend(
            back.into_iter().filter(|(_, (by, _))| too_few(by)).map(|(practice, (_, status))| (practice, status)),
        );
        lost
    }
}
