//! Whether the practices asked for are met, practice by practice.

use super::batch::Batch;
use super::notices::Lost;
use super::policy::{PracticesRule, Tier};
use super::refusal::{Code, Refusal};
use super::replay::{self, Remade};
use crate::attestation::{Evidence, Practices, ProductScope};
use crate::encoding::text::{count, shown};
use crate::practice::{
    Basis, ByPractice, Catalogue, Claim, ClaimResult, EvidenceKind, Mappings, PracticeId, evaluate, with_ages,
};
use crate::registry::TrustedRegistry;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

/// What was asked for and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// What was asked for, in words: `base profile`, `base profile and 1 practice more`; None if practices one by one.
    pub asked: Option<String>,
    /// One line per practice asked for, in the order of the practices.
    pub items: Vec<Item>,
    /// How deeply the claims were verified.
    pub tier: Tier,
    /// Evidence that was to be read again and was not there, by name.
    pub not_replayed: Vec<String>,
}

/// One practice asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub practice: PracticeId,
    /// How it stands.
    pub status: ItemStatus,
    /// On what basis, if it is claimed.
    pub basis: Option<Basis>,
}

/// How a practice that is asked for stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemStatus {
    /// Met, on a sufficient basis.
    Met,
    /// Does not apply, and the policy allows that.
    NotApplicable,
    /// Not met; an exception in force takes its place.
    Excepted,
    /// Nothing is claimed.
    Unclaimed,
    /// Claimed as anything else than met.
    NotMet,
    /// Met, but on a weaker basis than asked for.
    WeakBasis,
    /// Claimed as checked, but its checks do not pass on the signed facts.
    ChecksFail,
    /// Its signers took it back.
    Withdrawn,
    /// Its signers named another attestation in its place, and the policy does not accept that.
    Superseded,
    /// Somebody disputes it, and the policy does not accept that.
    Disputed,
}

impl ItemStatus {
    /// Whether the policy is satisfied.
    pub fn satisfies(self) -> bool {
        matches!(self, Self::Met | Self::NotApplicable | Self::Excepted)
    }
    /// The words in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotApplicable => "not applicable",
            Self::Excepted => "excepted",
            Self::Unclaimed => "unclaimed",
            Self::NotMet => "not met",
            Self::WeakBasis => "basis too weak",
            Self::ChecksFail => "its checks fail",
            Self::Withdrawn => "withdrawn",
            Self::Superseded => "superseded",
            Self::Disputed => "disputed",
        }
    }
}

impl Coverage {
    /// How a practice stands; None if it was not asked for.
    pub fn item(&self, practice: PracticeId) -> Option<&Item> {
        self.items.get(self.items.binary_search_by_key(&practice, |item| item.practice).ok()?)
    }
    /// How many practices stand so.
    pub fn count(&self, status: ItemStatus) -> usize {
        self.items.iter().filter(|i| i.status == status).count()
    }
    /// How many are met on this basis.
    pub fn met_on(&self, basis: Basis) -> usize {
        self.items.iter().filter(|i| i.status == ItemStatus::Met && i.basis == Some(basis)).count()
    }
    /// `base profile, 34 of 34 practices met (12 checked, 22 declared)`.
    pub fn sentence(&self) -> String {
        if self.items.is_empty() {
            return "no practice was asked for".to_owned();
        }
        let mut text = String::with_capacity(96);
        if let Some(asked) = &self.asked {
            let _ = write!(text, "{asked}, ");
        }
        let _ = write!(text, "{} of {} practices met", self.count(ItemStatus::Met), self.items.len());
        let bases = [Basis::Checked, Basis::Reviewed, Basis::Declared].map(|basis| (self.met_on(basis), basis));
        let mut opening = " (";
        for (n, basis) in bases.into_iter().filter(|(n, _)| *n > 0) {
            let _ = write!(text, "{opening}{n} {}", basis.as_str());
            opening = ", ";
        }
        text.push_str(if opening == ", " { ")" } else { "" });
        let others = [ItemStatus::Excepted, ItemStatus::NotApplicable].map(|status| (self.count(status), status));
        for (n, status) in others.into_iter().filter(|(n, _)| *n > 0) {
            let _ = write!(text, ", {n} {}", status.as_str());
        }
        text
    }
}

/// Checks the claims against the rule; what is `lost` is not met, whatever is claimed.
pub(super) fn check(
    claimed: &Practices,
    lost: &Lost,
    rule: &PracticesRule,
    batch: &Batch<'_>,
    remade: Option<&Remade>,
) -> Result<Coverage, Refusal> {
    let catalogue = accepted_catalogue(claimed, rule, batch.trust)?;
    if let Some(accepted) = &rule.independence
        && !accepted.contains(&claimed.assessor.independence)
    {
        let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
        return Err(Refusal::new(Code::AssessorNotAccepted, "", accepted.join(" or "), &claimed.assessor.independence));
    }
    let required = remembered(batch, rule, catalogue)?;
    let claims = ByPractice::new(&claimed.claims)
        .map_err(|e| Refusal::new(Code::StatementMalformed, "", "one claim a practice", e.why))?;
    let mut rest = claims.in_order();
    let judge = |practice: PracticeId| {
        // Both are in order: what has been passed is not asked about again.
        while let Some((_, after)) = rest.split_first().filter(|(first, _)| first.practice < practice) {
            rest = after;
        }
        let claim = rest.first().copied().filter(|claim| claim.practice == practice);
        let lost = claim.and_then(|_| lost.get(&practice)).copied();
        let status = lost.unwrap_or_else(|| status(practice, claim, claimed, rule, catalogue, batch.now));
        Item { practice, status, basis: claim.map(|c| c.basis) }
    };
    let items: Vec<Item> = required.practices.iter().copied().map(judge).collect();
    let not_replayed = replay::missing(claimed, remade);
    let tier = tier(&items, not_replayed.as_deref());
    let not_replayed = not_replayed.unwrap_or_default();
    decide(Coverage { asked: required.words.clone(), tier, items, not_replayed }, rule)
}

/// What a policy asks for of those who speak about one catalogue.
#[derive(Clone, Debug)]
pub(super) struct Required {
    practices: Vec<PracticeId>,
    words: Option<String>,
}

/// By the SHA-256 of the catalogue.
pub(super) type RequiredOf = BTreeMap<[u8; 32], Result<Arc<Required>, Refusal>>;

/// Looked up once in a batch for each catalogue, however many artifacts are asked about.
fn remembered(batch: &Batch<'_>, rule: &PracticesRule, catalogue: &Catalogue) -> Result<Arc<Required>, Refusal> {
    let mut known = batch.required.lock().unwrap_or_else(PoisonError::into_inner);
    let look_up = || {
        let practices: Vec<PracticeId> = required(rule, catalogue)?.into_iter().collect();
        let words = asked(rule, catalogue, practices.len());
        Ok(Arc::new(Required { practices, words }))
    };
    known.entry(*catalogue.digest_sha256()).or_insert_with(look_up).clone()
}

/// What was asked for, in words.
fn asked(rule: &PracticesRule, catalogue: &Catalogue, all: usize) -> Option<String> {
    let profile = rule.profile.as_ref()?;
    let more = all.saturating_sub(catalogue.profile(profile)?.len());
    let and = if more > 0 { format!(" and {} more", count(more, "practice")) } else { String::new() };
    Some(format!("{profile} profile{and}"))
}

fn decide(coverage: Coverage, rule: &PracticesRule) -> Result<Coverage, Refusal> {
    let missing: Vec<&Item> = coverage.items.iter().filter(|i| !i.status.satisfies()).collect();
    if !missing.is_empty() {
        let mut shown: Vec<String> =
            missing.iter().take(5).map(|i| format!("{} {}", i.practice, i.status.as_str())).collect();
        if missing.len() > shown.len() {
            shown.push(format!("{} more", missing.len() - shown.len()));
        }
        let asked = count(coverage.items.len(), "practice");
        let expected = coverage.asked.as_ref().map_or_else(|| asked.clone(), |a| format!("{asked} of the {a}"));
        let got = format!("{} of {}: {}", coverage.items.len() - missing.len(), coverage.items.len(), shown.join(", "));
        return Err(Refusal::new(Code::PracticesNotMet, "", expected, got));
    }
    let excepted = coverage.count(ItemStatus::Excepted);
    if let Some(max) = rule.exceptions.as_ref().and_then(|e| e.max)
        && excepted > max
    {
        return Err(Refusal::new(Code::ExceptionsTooMany, "", format!("at most {max}"), excepted.to_string()));
    }
    // Whoever has the evidence read again asks for all of it: else a file that differs could be taken away.
    let partly = coverage.tier == Tier::Recomputed && !coverage.not_replayed.is_empty();
    let asked = rule.tier.into_iter().chain(partly.then_some(Tier::Replayed)).max();
    match asked {
        Some(asked) if coverage.tier < asked => {
            let names: Vec<String> = coverage.not_replayed.iter().take(5).map(|name| shown(name)).collect();
            let absent = if partly { format!("; not there: {}", names.join(", ")) } else { String::new() };
            Err(Refusal::new(Code::TierNotReached, "", asked.as_str(), format!("{}{absent}", coverage.tier.as_str())))
        }
        _ => Ok(coverage),
    }
}

/// The catalogue the claims are about: accepted by the policy, published by the forum, equal byte for byte.
fn accepted_catalogue<'a>(
    claimed: &Practices,
    rule: &PracticesRule,
    trust: &'a TrustedRegistry,
) -> Result<&'a Catalogue, Refusal> {
    let named = &claimed.catalogue;
    let name = || format!("{} {}", named.id, named.version);
    if let Some(id) = rule.catalogue.as_ref().filter(|id| **id != named.id) {
        return Err(Refusal::new(Code::CatalogueNotAccepted, "", id, &named.id));
    }
    let found = trust.catalogue(&named.id, &named.version).ok_or_else(|| {
        let published: Vec<String> = trust.catalogues().map(|c| format!("{} {}", c.id, c.version)).collect();
        Refusal::new(Code::CatalogueUnknown, "", format!("one of {}", published.join(", ")), name())
    })?;
    if let Some(range) = rule.versions.as_ref().filter(|r| !r.contains(&found.version)) {
        return Err(Refusal::new(
            Code::CatalogueNotAccepted,
            "",
            format!("version {}", range.as_str()),
            &named.version,
        ));
    }
    let stated = named.digest.get("sha256").unwrap_or("(none)");
    let mut digest = [0; 64];
    // It fits exactly.
    let _ = hex::encode_to_slice(found.digest_sha256(), &mut digest);
    if stated.as_bytes() != digest {
        return Err(Refusal::new(Code::CatalogueDigestMismatch, name(), found.digest_hex(), stated));
    }
    Ok(found)
}

fn required(rule: &PracticesRule, catalogue: &Catalogue) -> Result<BTreeSet<PracticeId>, Refusal> {
    let unusable =
        |what: String| Refusal::new(Code::PolicyUnusable, "", format!("something {} has", catalogue.uri()), what);
    let mut out = BTreeSet::new();
    if let Some(profile) = &rule.profile {
        out.extend(catalogue.profile(profile).ok_or_else(|| unusable(format!("profile {profile}")))?);
    }
    if !rule.require.is_empty() {
        let mappings = Mappings::for_catalogue(catalogue).map_err(|e| unusable(e.to_string()))?;
        for requirement in &rule.require {
            let practices = requirement.resolve(catalogue, &mappings);
            if practices.is_empty() {
                return Err(unusable(requirement.to_string()));
            }
            out.extend(practices);
        }
    }
    Ok(out)
}

fn status(
    practice: PracticeId,
    claim: Option<&Claim>,
    claimed: &Practices,
    rule: &PracticesRule,
    catalogue: &Catalogue,
    now: Timestamp,
) -> ItemStatus {
    let Some(claim) = claim else { return ItemStatus::Unclaimed };
    match claim.result {
        ClaimResult::Met if claim.basis == Basis::Checked && !recompute(claim, claimed, catalogue, now) => {
            ItemStatus::ChecksFail
        }
        ClaimResult::Met if claim.basis < rule.least_basis(&practice) => ItemStatus::WeakBasis,
        ClaimResult::Met => ItemStatus::Met,
        ClaimResult::NotApplicable if rule.not_applicable.contains(&practice) => ItemStatus::NotApplicable,
        ClaimResult::NotMet | ClaimResult::Partial => {
            let accepted = rule.exceptions.as_ref().is_some_and(|e| !e.never.contains(&practice));
            let in_force = claim.exception.as_ref().is_some_and(|e| e.in_force(now));
            if accepted && in_force { ItemStatus::Excepted } else { ItemStatus::NotMet }
        }
        ClaimResult::NotApplicable => ItemStatus::NotMet,
    }
}

/// Runs every check of the practice again, on the signed facts of the evidence the claim names for it, as old as they
/// are by now. A check that names no evidence, evidence without facts, or evidence of another kind than the check is
/// about, fails.
fn recompute(claim: &Claim, claimed: &Practices, catalogue: &Catalogue, now: Timestamp) -> bool {
    let Some(practice) = catalogue.practice(&claim.practice) else { return false };
    let passes = |id: &String| {
        let (Some(check), Some(run)) = (catalogue.check(id), only(claim.checks.iter().filter(|r| r.id == *id))) else {
            return false;
        };
        let facts = |name: &String| {
            let evidence = only(claimed.evidence.iter().filter(|e| e.id == *name))?;
            let kind = evidence.extractor.as_deref().and_then(EvidenceKind::of_extractor)?;
            let fits = check.evidence_kinds().any(|asked| kind.is(asked)) && same_build(evidence, &claimed.scope);
            evidence.facts.as_ref().filter(|_| fits).map(|facts| with_ages(facts, now))
        };
        !run.evidence.is_empty() && run.evidence.iter().all(|name| facts(name).is_some_and(|f| evaluate(check, &f)))
    };
    !practice.checks.is_empty() && practice.checks.iter().all(passes)
}

/// The only one; of two with the same id nobody could say which is meant.
fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    found.next().filter(|_| found.next().is_none())
}

/// Whether evidence is about the product and the revision the statement is about. Evidence that does not say what
/// it is about could be anybody's.
fn same_build(evidence: &Evidence, scope: &ProductScope) -> bool {
    let Some(about) = &evidence.about else { return false };
    let revision = scope.source.as_ref().and_then(|s| s.digest.get("gitCommit"));
    (about.product.is_some() || about.git_commit.is_some())
        && about.product.as_ref().is_none_or(|p| scope.product.as_ref() == Some(p))
        && about.git_commit.as_ref().is_none_or(|c| revision == Some(c.as_str()))
}

/// Recomputed if anything was, replayed if all evidence behind it was there to be read again; a statement that only
/// declares reaches no further than its signature.
fn tier(items: &[Item], not_replayed: Option<&[String]>) -> Tier {
    let recomputed = items.iter().any(|i| i.status == ItemStatus::Met && i.basis == Some(Basis::Checked));
    match (recomputed, not_replayed) {
        (false, _) => Tier::Signed,
        (true, Some([])) => Tier::Replayed,
        (true, _) => Tier::Recomputed,
    }
}
