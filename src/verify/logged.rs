//! Whether the signatures that count are in a transparency log, and since when that is witnessed.

use super::policy::{LogRule, Policy};
use super::refusal::{Code, Refusal};
use crate::attestation::Envelope;
use crate::encoding::text::shown;
use crate::key::{KeyId, Signers};
use crate::registry::TrustedRegistry;
use crate::transparency::{self, Included, LogPolicy, Met, TrustedTime};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What the proofs that came with an envelope show, by the keys whose signatures they are about.
#[derive(Clone, Debug, Default)]
pub(super) struct Logged {
    by_key: BTreeMap<KeyId, Vec<Included>>,
    /// What the first proof was refused for, if none held.
    fault: Option<transparency::Refusal>,
}

/// An entry of a log, as a verdict shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogShown {
    /// Whose signature it is.
    pub member: String,
    /// Its key.
    pub keyid: String,
    /// Which log.
    pub origin: String,
    /// Its place there.
    pub index: u64,
    /// Size of the tree it was proven in.
    pub size: u64,
    /// Who cosigned that tree, and when.
    pub witnesses: Vec<transparency::Cosigned>,
    /// By when it was logged, on the word of the quorum; None where no witness is asked for.
    pub time: Option<Timestamp>,
}

impl Logged {
    /// Holds the proofs of an envelope against the forum's log policy. Without one nothing is logged for us.
    pub(super) fn of(envelope: &Envelope, signers: &Signers, trust: &TrustedRegistry, now: Timestamp) -> Self {
        let mut logged = Self::default();
        let Some(policy) = trust.log_policy().filter(|_| !envelope.proofs().is_empty()) else { return logged };
        let keys = signers.keys().filter_map(|(id, _)| trust.keyring().key(id));
        let entries = envelope.entries(keys);
        for proof in envelope.proofs() {
            let trusted = match policy.trust(&proof.note, now) {
                Ok(trusted) => trusted,
                Err(fault) => {
                    logged.fault.get_or_insert(fault);
                    continue;
                }
            };
            // A proof is about one signature of several, and says nothing against the others.
            let mut found = false;
            let mut fault = None;
            for entry in &entries {
                match trusted.clone().includes(entry.leaf(), proof) {
                    Ok(included) => {
                        logged.by_key.entry(entry.key.id().clone()).or_default().push(included);
                        found = true;
                    }
                    Err(why) => fault = Some(why),
                }
            }
            logged.fault = logged.fault.or(fault.filter(|_| !found));
        }
        logged
    }

    /// By when a key's signature existed, on the word of witnesses: as the first of several proofs has it.
    pub(super) fn time(&self, key: &KeyId) -> Option<&TrustedTime> {
        self.by_key.get(key)?.iter().filter_map(Included::time).min_by_key(|time| time.at())
    }

    /// Lets those signatures stand that are logged as the policy asks, and says what is known of each.
    pub(super) fn check(
        &self,
        signers: Signers,
        policy: &Policy,
        trust: &TrustedRegistry,
    ) -> Result<(Signers, Vec<LogShown>), Refusal> {
        let (signers, rules) = match policy.log.require {
            LogRule::Optional => (signers, None),
            LogRule::Required => {
                let rules = asked(policy, trust)?;
                let need = policy.signers.threshold;
                let kept = signers.keep(need, |key, _| self.best(key, policy, Some(rules)).is_some());
                (kept.map_err(|_| self.refusal(policy, rules))?, Some(rules))
            }
        };
        let shown = signers.keys().filter_map(|(key, member)| Some(show(self.best(key, policy, rules)?, key, member)));
        let shown = shown.collect();
        Ok((signers, shown))
    }

    /// Of the proofs of a key's signature that have what the policy asks for, the one that was witnessed first. Those
    /// that have not take nothing from it.
    fn best(&self, key: &KeyId, policy: &Policy, rules: Option<&LogPolicy>) -> Option<&Included> {
        let suffices = |included: &&Included| match (&policy.log.quorum, rules) {
            (Some(group), Some(rules)) => matches!(rules.met_by(group, &cosigned(included)), Met::Since(_)),
            _ => true,
        };
        let time = |included: &&Included| included.time().map_or(Timestamp::MAX, TrustedTime::at);
        self.by_key.get(key)?.iter().filter(suffices).min_by_key(time)
    }

    fn refusal(&self, policy: &Policy, rules: &LogPolicy) -> Refusal {
        let expected = match &policy.log.quorum {
            Some(group) => format!("a proof of inclusion, cosigned by {}", rules.demand_of(group)),
            None if rules.asks_for_witnesses() => format!("a proof of inclusion, cosigned by {}", rules.demand()),
            None => "a proof of inclusion".into(),
        };
        let short = policy.log.quorum.is_some() && !self.by_key.is_empty();
        match &self.fault {
            _ if short => {
                let names: Vec<String> =
                    self.by_key.values().flatten().flat_map(cosigned).map(|(name, _)| shown(name)).collect();
                Refusal::new(Code::WitnessesMissing, "", expected, names.join(", "))
            }
            Some(fault) => Refusal::new(of(fault.code), fault.detail.clone(), &fault.expected, &fault.got),
            None => Refusal::new(Code::NotLogged, "", expected, "none"),
        }
    }
}

/// The forum's log policy, which a policy that asks for a log rests on.
fn asked<'t>(policy: &Policy, trust: &'t TrustedRegistry) -> Result<&'t LogPolicy, Refusal> {
    let rules = trust.log_policy().ok_or_else(|| {
        Refusal::new(Code::NotLogged, "", "a log policy in the registry, which names the forum's log", "none")
    })?;
    match &policy.log.quorum {
        Some(group) if !rules.defines(group) => {
            let expected = "a group or witness of the forum's log-policy";
            Err(Refusal::new(Code::PolicyUnusable, "log.quorum", expected, shown(group)))
        }
        _ => Ok(rules),
    }
}

fn cosigned(included: &Included) -> BTreeMap<&str, Timestamp> {
    included.checkpoint().cosigned().iter().map(|c| (c.witness.as_str(), c.at)).collect()
}

/// A verdict has the code that the log's own checks have.
fn of(code: transparency::Code) -> Code {
    use transparency::Code as Log;
    match code {
        Log::OriginUnknown => Code::OriginUnknown,
        Log::CheckpointUnsigned => Code::CheckpointUnsigned,
        Log::CheckpointForged => Code::CheckpointForged,
        Log::WitnessesMissing => Code::WitnessesMissing,
        Log::InclusionWrong => Code::InclusionWrong,
        _ => Code::NotLogged,
    }
}

fn show(included: &Included, key: &KeyId, member: &str) -> LogShown {
    let checkpoint = included.checkpoint().checkpoint();
    LogShown {
        member: member.to_owned(),
        keyid: key.to_string(),
        origin: checkpoint.origin.clone(),
        index: included.index(),
        size: checkpoint.size,
        witnesses: included.checkpoint().cosigned().to_vec(),
        time: included.time().map(TrustedTime::at),
    }
}
