//! What an auditor has to look at, from the typed parts of a verdict.

use super::finding::{Finding, FindingCode};
use super::question::Question;
use super::until::before;
use crate::attestation::Practices;
use crate::encoding::duration::rfc3339;
use crate::encoding::text::{count, shown};
use crate::practice::{Basis, PracticeId};
use crate::verify::{Code, Coverage, Item, ItemStatus, Refusal, Verified};
use jiff::Timestamp;

/// A finding of this code, about nothing yet.
fn new(code: FindingCode, message: impl Into<String>) -> Finding {
    Finding {
        severity: code.severity(),
        code,
        path: None,
        release: None,
        member: None,
        practice: None,
        message: message.into(),
        due: None,
    }
}

/// What a refusal is a finding of.
pub(super) fn code_of(code: Code) -> FindingCode {
    use crate::encoding::Class;
    use crate::encoding::refusal::Coded as _;
    match code {
        Code::AttestationMissing => FindingCode::Unattested,
        Code::KeyCompromised => FindingCode::RevokedKeyUsed,
        Code::MemberSuspended => FindingCode::MemberSuspended,
        Code::NotLogged => FindingCode::NotLogged,
        Code::WitnessesMissing | Code::CosignersMissing => FindingCode::QuorumMissing,
        _ if code.class() == Class::Undecided => FindingCode::Undecided,
        _ => FindingCode::Refused,
    }
}

/// The finding that a refusal is.
pub(super) fn of_refusal(refusal: &Refusal, path: &str, release: Option<&str>) -> Finding {
    use crate::encoding::Explain as _;
    let message = format!("{refusal} [{}]", refusal.code());
    Finding { path: Some(path.to_owned()), release: release.map(str::to_owned), ..new(code_of(refusal.code), message) }
}

/// The finding that a file is which could not be looked at.
pub(super) fn of_trouble(error: &dyn crate::encoding::Explain, path: &str) -> Finding {
    let code = match error.class() {
        crate::encoding::Class::Refused => FindingCode::Refused,
        crate::encoding::Class::Undecided => FindingCode::Undecided,
    };
    Finding { path: Some(path.to_owned()), ..new(code, format!("{error} [{}]", error.code())) }
}

/// Of an artifact that falls short of a basis alone: the practices for which more is asked than is shown.
pub(super) fn of_weak_basis(
    question: &Question<'_>,
    weaker: &Verified,
    path: &str,
    release: Option<&str>,
) -> Vec<Finding> {
    let Some(rule) = &question.policy.practices else { return Vec::new() };
    let weak = |item: &&Item| item.status == ItemStatus::Met && item.basis < Some(rule.least_basis(&item.practice));
    let items = weaker.coverage().into_iter().flat_map(|c| &c.items);
    let finding = |item: &Item| {
        let got = item.basis.map_or("nothing", Basis::as_str);
        let asked = rule.least_basis(&item.practice).as_str();
        let message = format!("{} is {got}, and {asked} is asked for", item.practice);
        Finding {
            path: Some(path.to_owned()),
            release: release.map(str::to_owned),
            member: member(weaker),
            practice: Some(item.practice.to_string()),
            ..new(FindingCode::DeclaredOnly, message)
        }
    };
    items.filter(weak).map(finding).collect()
}

fn member(verified: &Verified) -> Option<String> {
    verified.signers().first().map(|signer| signer.member.clone())
}

/// What there is to look at about an attestation that something was verified by.
pub(super) fn of_verified(
    question: &Question<'_>,
    verified: &Verified,
    source: &str,
    release: Option<&str>,
    absent: &[String],
) -> Vec<Finding> {
    let mut all = Vec::new();
    if let Some(claimed) = verified.statement().practices() {
        all.extend(expiring(question, claimed));
        all.extend(exceptions(question, claimed, verified.coverage()));
        all.extend(superseded(question, claimed));
    }
    if question.trust.log_policy().is_some() && verified.logged().is_empty() {
        all.push(new(FindingCode::NotLogged, "the forum has a log, and nothing shows that this attestation is in it"));
    }
    all.extend(missing(absent));
    for finding in &mut all {
        finding.path = Some(source.to_owned());
        finding.release = release.map(str::to_owned);
        finding.member = member(verified);
    }
    all
}

/// Evidence that is not there to be read again.
pub(super) fn missing(absent: &[String]) -> Option<Finding> {
    let names: Vec<String> = absent.iter().take(5).map(|name| shown(name)).collect();
    let more = match absent.len().saturating_sub(names.len()) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let files = count(absent.len(), "file");
    let message = format!("{files} of evidence not there to be read again: {}{more}", names.join(", "));
    (!absent.is_empty()).then(|| new(FindingCode::EvidenceMissing, message))
}

/// Whether something ends between now and so far ahead.
fn soon(question: &Question<'_>, end: Timestamp) -> bool {
    end >= question.at && before(question.expiring, end).is_some_and(|moment| question.at >= moment)
}

fn expiring(question: &Question<'_>, claimed: &Practices) -> Option<Finding> {
    let most = question.policy.practices.as_ref().and_then(|rule| rule.max_age);
    let aged = most.map(|most| most.after(claimed.assessed_at));
    let end = claimed.valid_until.into_iter().chain(aged).min()?;
    let why = if claimed.valid_until == Some(end) { "the claims end" } else { "the claims are too old for the policy" };
    let finding = || new(FindingCode::Expiring, format!("{why} on {}", rfc3339(end)));
    soon(question, end).then(|| Finding { due: Some(rfc3339(end)), ..finding() })
}

fn exceptions(question: &Question<'_>, claimed: &Practices, coverage: Option<&Coverage>) -> Vec<Finding> {
    let counted = |practice: &PracticeId| {
        let items = coverage.into_iter().flat_map(|c| &c.items);
        items.clone().any(|i| i.practice == *practice && i.status == ItemStatus::Excepted)
    };
    let claims = claimed.claims.iter().filter(|claim| counted(&claim.practice));
    let ending = claims.filter_map(|claim| Some((claim.practice, claim.exception.as_ref()?.expires)));
    ending
        .filter(|(_, end)| soon(question, *end))
        .map(|(practice, end)| Finding {
            practice: Some(practice.to_string()),
            due: Some(rfc3339(end)),
            ..new(FindingCode::ExceptionExpiring, format!("the exception for {practice} ends on {}", rfc3339(end)))
        })
        .collect()
}

fn superseded(question: &Question<'_>, claimed: &Practices) -> Option<Finding> {
    let named = &claimed.catalogue;
    let used = question.trust.catalogue(&named.id, &named.version)?;
    let present = question.trust.catalogues().filter(|c| c.id == named.id).max_by(|a, b| a.version.cmp(&b.version))?;
    let message = format!(
        "claims about {} {}, and the forum has {}",
        shown(&named.id),
        used.version.as_str(),
        present.version.as_str()
    );
    (present.version > used.version).then(|| new(FindingCode::CatalogueSuperseded, message))
}

/// Keys of these members that end soon.
pub(super) fn of_members(question: &Question<'_>, members: &[String]) -> Vec<Finding> {
    let records = members.iter().filter_map(|id| question.trust.members().get(id));
    let keys = records.flat_map(|member| member.keys.iter().map(move |key| (member, key)));
    keys.filter(|(_, key)| key.compromised_since.is_none())
        .filter_map(|(member, key)| Some((member, key, key.retired_at.filter(|end| soon(question, *end))?)))
        .map(|(member, key, end)| Finding {
            member: Some(member.id.clone()),
            due: Some(rfc3339(end)),
            ..new(FindingCode::Expiring, format!("key {} of {} ends on {}", key.keyid, shown(&member.id), rfc3339(end)))
        })
        .collect()
}
