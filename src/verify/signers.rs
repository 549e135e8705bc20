//! Whether those who signed may speak: members at that time, with keys in force, for this product, and enough.

use super::policy::Policy;
use super::refusal::{Code, Refusal};
use super::verified::SignerShown;
use crate::attestation::SubjectRef;
use crate::encoding::duration::rfc3339;
use crate::encoding::text::shown;
use crate::key::{KeyId, Signers};
use crate::registry::{KeyStanding, MemberRecord, MemberState, TrustedRegistry, in_scope};
use crate::transparency::TrustedTime;
use jiff::Timestamp;

/// What signers are measured against.
pub(super) struct Asked<'a> {
    pub(super) trust: &'a TrustedRegistry,
    pub(super) policy: &'a Policy,
    pub(super) subject: SubjectRef<'a>,
    pub(super) product: Option<&'a str>,
    /// By when a key's signature provably existed.
    pub(super) time: &'a dyn Fn(&KeyId) -> Option<&'a TrustedTime>,
    pub(super) now: Timestamp,
}

/// Signers that count, and how each is shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) signers: Signers,
    pub(super) shown: Vec<SignerShown>,
}

impl Counted {
    /// The same, but for those keys that no longer count.
    pub(super) fn only(mut self, kept: Signers) -> Self {
        self.shown.retain(|signer| kept.keys().any(|(key, _)| key.as_str() == signer.keyid));
        self.signers = kept;
        self
    }
}

/// Keeps the signers that count and asks whether they are enough. If not, the refusal says why the first of the
/// others did not count.
pub(super) fn check(signed: Signers, asked: &Asked<'_>) -> Result<Counted, Refusal> {
    let mut counted = Vec::new();
    let mut first_fault: Option<Refusal> = None;
    let need = asked.policy.signers.threshold;
    let kept = signed.keep(need, |key, member| {
        let Some(record) = asked.trust.members().get(member) else { return false };
        match one(record, key, asked) {
            Ok(signer) => {
                counted.push(signer);
                true
            }
            Err(fault) => {
                first_fault.get_or_insert(fault);
                false
            }
        }
    });
    counted.sort_by(|a, b| (&a.member, &a.keyid).cmp(&(&b.member, &b.keyid)));
    match (kept, first_fault) {
        (Ok(signers), _) => Ok(Counted { signers, shown: counted }),
        (Err(short), Some(fault)) if short.signed.is_empty() => Err(fault),
        (Err(short), _) => {
            let who: Vec<String> = short.signed.iter().map(|s| shown(s)).collect();
            Err(Refusal::new(
                Code::SignersTooFew,
                "",
                format!("{} members", short.need),
                format!("{}: {}", who.len(), who.join(", ")),
            ))
        }
    }
}

fn one(member: &MemberRecord, key: &KeyId, asked: &Asked<'_>) -> Result<SignerShown, Refusal> {
    let &Asked { policy, subject, product, now, .. } = asked;
    let time = (asked.time)(key);
    let who = shown(&member.name);
    let refuse = |code, expected: String, got: String| Err(Refusal::new(code, who.clone(), expected, got));
    match member.state_at(now) {
        None => {
            return refuse(
                Code::MemberNotYet,
                format!("a member at {}", rfc3339(now)),
                format!("a member since {}", rfc3339(member.since)),
            );
        }
        Some(MemberState::Suspended) => {
            return refuse(Code::MemberSuspended, "an active member".into(), "a suspended one".into());
        }
        Some(MemberState::Left) if !time.is_some_and(|t| member.active_between(t.at(), now)) => {
            return refuse(Code::MemberLeft, "an active member".into(), "one that left".into());
        }
        Some(MemberState::Left | MemberState::Active) => {}
    }
    let Some(record) = member.key(key) else {
        return refuse(Code::SignerUnknown, "a key of this member".into(), key.to_string());
    };
    let standing = record.standing(now, time);
    let since = |t: Option<Timestamp>| t.map(rfc3339).unwrap_or_default();
    match standing {
        KeyStanding::NotYet => {
            return refuse(
                Code::KeyNotYet,
                format!("a key in force at {}", rfc3339(now)),
                format!("admitted {}", rfc3339(record.added)),
            );
        }
        KeyStanding::Retired => {
            return refuse(
                Code::KeyRetired,
                "a signature provably made before that".into(),
                format!("retired {}", since(record.retired_at)),
            );
        }
        KeyStanding::Compromised => {
            let got = format!("compromised since {}", since(record.compromised_since));
            return refuse(Code::KeyCompromised, "a signature provably made before that".into(), got);
        }
        KeyStanding::Active | KeyStanding::RetiredLater | KeyStanding::CompromisedLater => {}
    }
    if !in_scope(member, product, subject.name) {
        let got = product.map_or_else(|| shown(subject.name), shown);
        return refuse(Code::OutOfScope, shown(&member.scope.join(" ")), got);
    }
    if let Some(accepted) = policy.signers.members.as_ref().filter(|m| !m.contains(&member.id)) {
        let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
        return refuse(Code::SignerNotAccepted, accepted.join(" or "), member.id.clone());
    }
    Ok(SignerShown {
        member: member.id.clone(),
        name: member.name.clone(),
        since: member.since,
        keyid: key.to_string(),
        standing,
    })
}
