//! For how long an answer stays the same if nothing but time passes.
//!
//! Whatever could change it is taken into account, also where it would not: too early costs a second look, too late would
//! be a wrong answer.

use super::question::Question;
use crate::attestation::Practices;
use crate::encoding::duration::{Span, instant};
use crate::registry::TrustedRegistry;
use crate::transparency::Proof;
use crate::verify::{Code, Policy};
use jiff::Timestamp;
use serde_json::Value;

/// Ages of facts are counted in begun hours or days.
const HOUR: i64 = 3_600;
/// How far ahead a signer's clock may run.
const SKEW: Span = Span::seconds(300);

/// The next moment at which the registry itself gives another answer: somebody joins, leaves, is suspended, a key begins or
/// ends, or the view is too old.
pub(super) fn of_registry(trust: &TrustedRegistry, policy: &Policy, at: Timestamp, window: Span) -> Timestamp {
    let stale = policy.trust_max_age.map_or(trust.timestamp_expires(), |most| most.after(trust.issued()));
    let members = trust.members().values();
    let moments = members.flat_map(|member| {
        let keys = member.keys.iter().flat_map(move |key| {
            let ends = key.retired_at.into_iter().flat_map(move |end| [Some(end), before(window, end)]).flatten();
            [key.added].into_iter().chain(key.compromised_since).chain(ends)
        });
        std::iter::once(member.since).chain(member.status.iter().map(|change| change.at)).chain(keys)
    });
    first(moments.chain([stale]), at)
}

/// The next moment at which these claims, whoever made them, are looked at differently.
pub(super) fn of_claims(claimed: &Practices, policy: &Policy, at: Timestamp, window: Span) -> Timestamp {
    let aged = policy.practices.as_ref().and_then(|rule| rule.max_age).map(|most| most.after(claimed.assessed_at));
    let exceptions = claimed.claims.iter().filter_map(|claim| claim.exception.as_ref());
    let mut ends: Vec<Timestamp> = claimed.valid_until.into_iter().chain(aged).collect();
    ends.extend(exceptions.clone().map(|exception| exception.expires));
    let early = ends.clone().into_iter().filter_map(|end| before(window, end));
    let begins = exceptions.map(|exception| exception.approved_at);
    let ahead = before(SKEW, claimed.assessed_at);
    let facts = claimed.evidence.iter().filter_map(|evidence| evidence.facts.as_ref()).flat_map(|facts| facts.values());
    let older = facts.filter_map(Value::as_str).filter_map(|text| instant(text).ok()).flat_map(|then| older(then, at));
    let all: Vec<Timestamp> = early.chain(begins).chain(ahead).chain(older).collect();
    first(ends.into_iter().chain(all), at)
}

/// The next moment at which a witness's word counts that does not yet, whoever it is by. A log's own signature states no
/// time: read as one, it is none, or costs a second look.
pub(super) fn of_proofs(proofs: &[Proof], at: Timestamp) -> Timestamp {
    let signatures = proofs.iter().flat_map(|proof| proof.note.signatures());
    let stated = signatures.filter_map(|signature| signature.bytes.first_chunk().copied().map(i64::from_be_bytes));
    first(stated.filter_map(|seconds| before(SKEW, Timestamp::from_second(seconds).ok()?)), at)
}

/// Whether the text of a refusal names the moment, so that it is another one a second later.
pub(super) fn names_the_moment(code: Code) -> bool {
    matches!(
        code,
        Code::FromFuture | Code::Expired | Code::TooOld | Code::TrustStale | Code::KeyNotYet | Code::MemberNotYet
    )
}

/// The first of these, or of the seconds after them: some ends still count at their very moment, and an hour of age is
/// full then and over a second later.
fn first(moments: impl Iterator<Item = Timestamp>, at: Timestamp) -> Timestamp {
    let moments = moments.flat_map(|moment| [moment, Span::seconds(1).after(moment)]);
    moments.filter(|moment| *moment > at).min().unwrap_or(Timestamp::MAX)
}

/// The moment at which an end is this near.
pub(super) fn before(window: Span, end: Timestamp) -> Option<Timestamp> {
    Timestamp::from_second(end.as_second().checked_sub(window.as_seconds())?).ok()
}

/// The moments about now at which something that happens then is an hour older: it itself, the last full hour, the next.
fn older(then: Timestamp, at: Timestamp) -> impl Iterator<Item = Timestamp> {
    let hours = at.as_second().saturating_sub(then.as_second()).max(0).checked_div(HOUR).unwrap_or(0);
    let after = move |hours: i64| then.as_second().checked_add(hours.checked_mul(HOUR)?);
    let all = [0, hours, hours.saturating_add(1)];
    all.into_iter().filter_map(move |hours| Timestamp::from_second(after(hours)?).ok())
}

impl Question<'_> {
    /// As [`of_claims`].
    pub(super) fn until(&self, claimed: &Practices) -> Timestamp {
        of_claims(claimed, self.policy, self.at, self.expiring)
    }
}

#[cfg(test)]
mod tests {
    use super::{before, first, older};
    use crate::encoding::duration::{Span, instant, rfc3339};

    #[test]
    fn a_fact_is_an_hour_older_a_second_after_each_full_hour_since_it() {
        let at = |text: &str| instant(text).unwrap();
        let next = |then: &str, now: &str| rfc3339(first(older(at(then), at(now)), at(now)));
        assert_eq!(next("2026-11-01T00:10:00Z", "2026-11-01T02:00:00Z"), "2026-11-01T02:10:00Z");
        assert_eq!(next("2026-11-01T00:10:00Z", "2026-11-01T02:10:00Z"), "2026-11-01T02:10:01Z");
        assert_eq!(next("2026-11-01T00:10:00Z", "2026-11-01T02:10:01Z"), "2026-11-01T03:10:00Z");
        // What lies ahead has no age yet, and begins to have one.
        assert_eq!(next("2026-11-02T00:10:00Z", "2026-11-01T00:00:00Z"), "2026-11-02T00:10:00Z");
        assert_eq!(rfc3339(before(Span::days(30), at("2026-12-01")).unwrap()), "2026-11-01T00:00:00Z");
    }

    #[test]
    fn an_end_that_is_now_is_over_in_a_second() {
        let at = |text: &str| instant(text).unwrap();
        let next = |end: &str, now: &str| rfc3339(first(std::iter::once(at(end)), at(now)));
        assert_eq!(next("2026-11-03T00:00:00Z", "2026-11-02T00:00:00Z"), "2026-11-03T00:00:00Z");
        assert_eq!(next("2026-11-03T00:00:00Z", "2026-11-03T00:00:00Z"), "2026-11-03T00:00:01Z");
    }
}
