//! Whether seats of the groups a policy names stand behind the signers, and behind the catalogue.
//!
//! Seats are counted, by the one threshold loop, never endorsements. A signer that too few endorse does not count, so that
//! taking a signature away never turns a no into a yes.

use super::batch::Batch;
use super::refusal::{Code, Refusal};
use super::signers::Counted;
use super::verified::{CosignerShown, SignerShown};
use crate::attestation::Practices;
use crate::encoding::text::{count, shown};
use crate::registry::{Endorsed, TrustedRegistry, endorsers};
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::PoisonError;

/// The seats that endorse something as asked, or why they are too few.
pub(super) type Endorsers = Result<Vec<CosignerShown>, Refusal>;

/// Keeps the signers that enough seats endorse, and counts again.
pub(super) fn of_signers(
    batch: &Batch<'_>,
    counted: Counted,
) -> Result<(Vec<SignerShown>, Vec<CosignerShown>), Refusal> {
    let (mut cosigners, mut fault) = (Vec::new(), None);
    let kept = counted.signers.keep(batch.policy.signers.threshold, |_, member| match of_member(batch, member) {
        Ok(seats) => {
            cosigners.extend(seats);
            true
        }
        Err(refusal) => {
            fault.get_or_insert(refusal);
            false
        }
    });
    let kept = match (kept, fault) {
        (Ok(kept), _) => kept,
        (Err(_), Some(fault)) => return Err(fault),
        (Err(short), None) => {
            return Err(Refusal::new(Code::CosignersMissing, "", "endorsed signers", short.to_string()));
        }
    };
    let mut signers = counted.shown;
    signers.retain(|s| kept.keys().any(|(key, _)| key.as_str() == s.keyid));
    Ok((signers, cosigners))
}

fn of_member(batch: &Batch<'_>, member: &str) -> Endorsers {
    let Batch { trust, policy, .. } = batch;
    let Some(record) = trust.members().get(member) else {
        return Err(Refusal::new(Code::CosignersMissing, member, "a member of the forum", "none"));
    };
    if policy.cosigners.is_empty() {
        return Ok(Vec::new());
    }
    remembered(batch, || (Endorsed::member(record), &record.endorsements, &policy.cosigners))
}

/// Asks the same of the catalogue.
pub(super) fn of_catalogue(batch: &Batch<'_>, claimed: Option<&Practices>) -> Endorsers {
    let Batch { trust, policy, .. } = batch;
    let named = claimed.map(|c| &c.catalogue);
    let asked = policy.practices.as_ref().map(|rule| &rule.endorsed_by).filter(|asked| !asked.is_empty());
    match (asked, named.and_then(|c| trust.catalogue(&c.id, &c.version))) {
        (None, _) => Ok(Vec::new()),
        (Some(_), None) => Err(Refusal::new(Code::CosignersMissing, "", "a catalogue of the forum", "none")),
        (Some(asked), Some(found)) => {
            remembered(batch, || (Endorsed::catalogue(found), trust.contents().endorsements_of(found), asked))
        }
    }
}

/// What is endorsed, by which envelopes, and how many seats of which groups are asked for.
type Asked<'a> = (Endorsed, &'a [Value], &'a BTreeMap<String, NonZeroUsize>);

/// Asked once in a batch, however many artifacts rest on it.
fn remembered<'a>(batch: &'a Batch<'_>, asked: impl FnOnce() -> Asked<'a>) -> Endorsers {
    let (about, envelopes, groups) = asked();
    let mut known = batch.endorsed.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(about.named()).or_insert_with(|| endorsed(batch.trust, &about, envelopes, groups)).clone()
}

/// Asks each group; one that the forum does not have has endorsed nothing.
fn endorsed(
    trust: &TrustedRegistry,
    about: &Endorsed,
    envelopes: &[Value],
    groups: &BTreeMap<String, NonZeroUsize>,
) -> Endorsers {
    let mut out = Vec::new();
    for (group, need) in groups {
        let expected =
            format!("{} of group {} that endorse {}", count(need.get(), "seat"), shown(group), about.named());
        let refuse = |got: String| Err(Refusal::new(Code::CosignersMissing, about.named(), expected.clone(), got));
        let Some(seats) = trust.forum().groups.get(group) else {
            let known: Vec<String> = trust.forum().groups.keys().map(|g| shown(g)).collect();
            return refuse(match known.as_slice() {
                [] => "no such group; the forum has none".to_owned(),
                known => format!("no such group; the forum has {}", known.join(", ")),
            });
        };
        match endorsers(envelopes, trust.forum(), group, about, *need) {
            Ok(signers) => out.extend(signers.principals().into_iter().map(|seat| CosignerShown {
                group: group.clone(),
                seat: seat.to_owned(),
                endorses: about.named(),
            })),
            Err(short) => {
                let (has, has_not): (Vec<&String>, Vec<&String>) =
                    seats.keys().partition(|s| short.signed.contains(*s));
                let list = |names: &[&String]| names.iter().map(|n| shown(n)).collect::<Vec<_>>().join(", ");
                return refuse(match (has.as_slice(), has_not.as_slice()) {
                    ([], missing) => format!("0; missing {}", list(missing)),
                    (has, []) => format!("{}: {}, who are all there are", has.len(), list(has)),
                    (has, missing) => format!("{}: {}; missing {}", has.len(), list(has), list(missing)),
                });
            }
        }
    }
    Ok(out)
}
