//! The decision, top to bottom.

use super::batch::{Batch, Opened};
use super::cosigners;
use super::notices;
use super::policy::Policy;
use super::practices;
use super::refusal::{Code, Refusal};
use super::replay::{self, Remade};
use super::signers::{self, Counted};
use super::verified::{AsOf, Found, Grounds, Verified};
use crate::artifact::Measured;
use crate::attestation::{
    Authentic, Envelope, OpenError, PRACTICES_V1, Practices, SharedPayload, Statement, SubjectMatch, SubjectRef,
};
use crate::encoding::Malformed;
use crate::encoding::duration::{Span, rfc3339};
use crate::encoding::text::shown;
use crate::key::KeyId;
use crate::registry::{CLAIM_NOTICE_V1, TrustedRegistry};
use crate::transparency::TrustedTime;
use jiff::Timestamp;
use std::sync::Arc;

/// How far ahead a signer's clock may run.
const SKEW: Span = Span::seconds(300);

/// The most signature checks one artifact may cost, some ten seconds, and how many signatures are always looked at.
const MAX_CHECKS: usize = 1 << 18;
const MIN_SIGNATURES: usize = 16;

/// What was gathered about one artifact. All of it unchecked.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What the user calls the artifact. For messages only.
    pub name: String,
    /// Attestations that may be about it, in any order.
    pub candidates: Vec<Candidate>,
}

/// An attestation that may be about the artifact.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where it was found. For messages only.
    pub source: String,
    /// The envelope, or why it could not be read.
    pub envelope: Result<Envelope, Malformed>,
    /// A time by which its signatures provably existed.
    pub time: Option<TrustedTime>,
    /// Facts that were made again from its evidence, if that was asked for.
    pub replay: Option<Remade>,
}

/// Decides whether an artifact is vouched for. Pure: the same inputs give the same answer.
///
/// One good attestation is enough; without one, the refusal that got furthest is the answer, so that a file
/// that was tampered with is refused and not merely undecided. Nothing that is taken away from `evidence`
/// turns a refusal into an acceptance.
///
/// # Errors
/// A [`Refusal`], which is an answer, not a malfunction.
pub fn verify(
    artifact: &Measured,
    evidence: Evidence,
    trust: &TrustedRegistry,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified, Refusal> {
    Batch::new(trust, policy, now).verify(artifact, &evidence)
}

/// The first good candidate, or the refusal that got furthest.
pub(super) fn decide(batch: &Batch<'_>, artifact: &Measured, evidence: &Evidence) -> Result<Verified, Refusal> {
    affordable(evidence, batch.trust)?;
    let mut furthest: Option<Refusal> = None;
    // What nobody can say here may be a yes where more records are held: no refusal of others answers for it.
    let rank = |refusal: &Refusal| (refusal.code == Code::MemberNotHeld, refusal.code.step());
    for candidate in &evidence.candidates {
        match judge(batch, artifact, &evidence.name, candidate) {
            Ok(verified) => return Ok(verified),
            Err(refusal) if furthest.as_ref().is_none_or(|f| rank(&refusal) > rank(f)) => furthest = Some(refusal),
            Err(_) => {}
        }
    }
    Err(furthest.unwrap_or_else(|| {
        Refusal::new(Code::AttestationMissing, "", "a sigstore bundle or DSSE envelope that names its digest", "none")
    }))
}

/// Refuses before the first signature is checked if there are so many that checking them would take minutes: each
/// may have to be tried with every key of the registry.
pub(super) fn affordable(evidence: &Evidence, trust: &TrustedRegistry) -> Result<(), Refusal> {
    let envelopes = || evidence.candidates.iter().flat_map(|c| &c.envelope);
    let lines: usize = envelopes().flat_map(Envelope::proofs).map(|proof| proof.note.signatures().len()).sum();
    if lines > MAX_CHECKS {
        let expected = format!("proofs that cost at most {MAX_CHECKS} checks");
        return Err(Refusal::new(
            Code::AttestationMalformed,
            shown(&evidence.name),
            expected,
            format!("{lines} lines"),
        ));
    }
    let signatures: usize = envelopes().map(Envelope::signatures).sum();
    if signatures <= MIN_SIGNATURES || signatures.saturating_mul(trust.keyring().len()) <= MAX_CHECKS {
        return Ok(());
    }
    let expected = format!("signatures that cost at most {MAX_CHECKS} checks");
    let got = format!("{signatures} signatures, {} registered keys", trust.keyring().len());
    Err(Refusal::new(Code::AttestationMalformed, shown(&evidence.name), expected, got))
}

fn judge(batch: &Batch<'_>, artifact: &Measured, name: &str, candidate: &Candidate) -> Result<Verified, Refusal> {
    let opened = batch.open(candidate);
    let (statement, _) = opened.statement()?;
    let subject = about(&opened, statement, artifact, name)?;
    let grounds = opened.grounds(candidate, counted(batch, candidate, &opened, subject)?, |counted| {
        grounds(batch, candidate, &opened, counted).map(Arc::new)
    })?;
    Ok(Verified::new(artifact, subject.name, grounds))
}

/// The signers who may speak about this subject: of all that is decided, this alone may differ from file to file.
fn counted(
    batch: &Batch<'_>,
    candidate: &Candidate,
    opened: &Opened,
    subject: SubjectRef<'_>,
) -> Result<Counted, Refusal> {
    let &Batch { trust, policy, now, .. } = batch;
    let (statement, signed) = opened.statement()?;
    let product = statement.practices().and_then(|p| p.scope.product.as_deref());
    let assumed = candidate.time.as_ref();
    let time = |key: &KeyId| opened.logged().time(key).into_iter().chain(assumed).min_by_key(|t| t.at());
    let asked = signers::Asked { trust, policy, subject, product, time: &time, now };
    signers::check(signed.clone(), &asked).map_err(|refusal| unless_held(refusal, candidate, trust))
}

/// Those who do not count, or are too few, may not be all who signed.
fn unless_held(refusal: Refusal, candidate: &Candidate, trust: &TrustedRegistry) -> Refusal {
    match &candidate.envelope {
        _ if refusal.code == Code::ClaimDisputed => refusal,
        Ok(envelope) if stranger(envelope, trust).is_some() => not_held(envelope, trust),
        _ => refusal,
    }
}

/// All that is left to decide once it is known who speaks: the same for every file of a release.
fn grounds(batch: &Batch<'_>, candidate: &Candidate, opened: &Opened, counted: Counted) -> Result<Grounds, Refusal> {
    let &Batch { trust, policy, now, .. } = batch;
    let said = opened.said()?.0;
    let statement = &*said.statement;
    let all = |refusal: Refusal| unless_held(refusal, candidate, trust);
    // Who is not logged as asked does not count; if too few are left, that is for the step of the log to say.
    let (signers, logged) = match opened.logged().check(counted.signers.clone(), policy, trust) {
        Ok((kept, shown)) => (counted.only(kept), Ok(shown)),
        Err(refusal) => (counted, Err(refusal)),
    };
    says_what_is_asked(statement, policy)?;
    if let (Some(claimed), Some(remade)) = (statement.practices(), &candidate.replay) {
        replay::check(claimed, remade)?;
    }
    let (signers, notices) = notices::weigh(signers, opened.notices(trust), policy).map_err(all)?;
    let covered = |lost: &notices::Lost| match (&policy.practices, statement.practices()) {
        (None, _) => Ok(None),
        (Some(rule), Some(claimed)) => {
            practices::check(claimed, lost, rule, batch, candidate.replay.as_ref()).map(Some)
        }
        (Some(_), None) => Err(Refusal::new(Code::PredicateType, "", PRACTICES_V1, statement.predicate_type())),
    };
    let lost = notices.lost(&signers.shown);
    // Somebody who is not held may stand by what others took back.
    let kept = |refusal| if lost.is_empty() { refusal } else { all(refusal) };
    let mut coverage = covered(&lost).map_err(kept)?;
    let (signers, mut cosigners) = cosigners::of_signers(batch, signers).map_err(all)?;
    let fewer = notices.lost(&signers);
    if fewer != lost {
        coverage = covered(&fewer).map_err(all)?;
    }
    cosigners.extend(cosigners::of_catalogue(batch, statement.practices())?);
    cosigners.sort();
    cosigners.dedup();
    let logged = logged.map_err(all)?;
    if let Some(claimed) = statement.practices() {
        fresh_claims(claimed, policy, now)?;
    }
    let as_of = batch.view.get_or_init(|| fresh_view(trust, policy, now).map(Arc::new)).clone()?;
    let found = Found { signers, cosigners, coverage, notices: notices.shown, logged };
    Ok(Grounds::new(said.clone(), found, policy, as_of))
}

/// Enough registered keys signed these bytes, and they are a statement.
pub(super) fn authentic(
    candidate: &Candidate,
    trust: &TrustedRegistry,
) -> Result<(Authentic<Statement>, SharedPayload), Refusal> {
    let source = || shown(&candidate.source);
    let envelope = candidate
        .envelope
        .as_ref()
        .map_err(|e| Refusal::new(Code::AttestationMalformed, source(), format!("a well-formed {}", e.what), &e.why))?;
    let opened = envelope.open::<Statement>(trust.keyring());
    opened.map(|authentic| (authentic, envelope.shared_payload())).map_err(|error| match error {
        OpenError::Unsigned => Refusal::new(Code::Unsigned, source(), "at least one signature", "\"signatures\": []"),
        OpenError::Shortfall(_) if stranger(envelope, trust).is_some() => not_held(envelope, trust),
        OpenError::Shortfall(_) => {
            let hints: Vec<String> =
                envelope.hints().map(|h| h.map_or_else(|| "a key without id".to_owned(), shown)).collect();
            Refusal::new(
                Code::SignerUnknown,
                source(),
                format!("a key registered in {}", shown(&trust.forum().name)),
                hints.join(", "),
            )
        }
        OpenError::Malformed(e) => {
            Refusal::new(Code::StatementMalformed, source(), format!("a well-formed {}", e.what), e.why)
        }
    })
}

/// A signer of whom a registry that was read in part cannot say whether it knows the key.
fn stranger(envelope: &Envelope, trust: &TrustedRegistry) -> Option<String> {
    let known = |hint: &str| trust.members().values().flat_map(|m| &m.keys).any(|k| k.keyid == hint);
    let named = |hint: Option<&str>| hint.map_or_else(|| "a key without id".to_owned(), shown);
    let unknown = envelope.hints().find(|hint| hint.is_none_or(|h| !known(h)));
    unknown.filter(|_| !trust.is_whole()).map(named)
}

fn not_held(envelope: &Envelope, trust: &TrustedRegistry) -> Refusal {
    let held: Vec<String> = trust.members().keys().map(|id| shown(id)).collect();
    let held = if held.is_empty() { "nobody's record is held".to_owned() } else { held.join(" or ") };
    Refusal::new(Code::MemberNotHeld, "", format!("a key of {held}"), stranger(envelope, trust).unwrap_or_default())
}

/// The subject that is this artifact: by digest, never by name; every subject is looked at.
fn about<'s>(
    opened: &Opened,
    statement: &'s Statement,
    artifact: &Measured,
    name: &str,
) -> Result<SubjectRef<'s>, Refusal> {
    let compared = || statement.subjects().iter().map(|s| (s, s.compare(artifact)));
    // Both a match and a contradiction share a digest with the artifact.
    let sharing: Vec<_> = opened.sharing(statement, artifact).map(|s| (s, s.compare(artifact))).collect();
    let first = |wanted: SubjectMatch| sharing.iter().find(|(_, found)| *found == wanted).map(|(subject, _)| *subject);
    let measured = || artifact.digests().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let stated = |s: SubjectRef<'_>| {
        s.digest.iter().map(|(a, h)| format!("{}:{}", shown(a), shown(h))).collect::<Vec<_>>().join(" ")
    };
    if let Some(subject) = first(SubjectMatch::Contradicts) {
        return Err(Refusal::new(Code::DigestContradiction, subject.name, measured(), stated(subject)));
    }
    if let Some(subject) = first(SubjectMatch::Same) {
        return Ok(subject);
    }
    let file = |n: &str| n.rsplit('/').next().map(str::to_owned);
    let namesake = compared()
        .find(|(s, _)| file(s.name) == file(name))
        .or_else(|| compared().next().filter(|_| statement.subjects().len() == 1));
    match namesake {
        Some((subject, SubjectMatch::Incomparable)) => {
            Err(Refusal::new(Code::DigestIncomparable, "", "sha256 or sha512", stated(subject)))
        }
        Some((subject, _)) => Err(Refusal::new(Code::DigestMismatch, "", stated(subject), measured())),
        None => {
            let expected = format!("one of the {} subjects of the attestation", statement.subjects().len());
            Err(Refusal::new(Code::DigestMismatch, "", expected, measured()))
        }
    }
}

fn says_what_is_asked(statement: &Statement, policy: &Policy) -> Result<(), Refusal> {
    let asked = match (&policy.predicate_type, &policy.practices) {
        (Some(asked), _) => asked.as_str(),
        (None, Some(_)) => PRACTICES_V1,
        // A notice about an attestation vouches for nothing.
        (None, None) if statement.predicate_type() == CLAIM_NOTICE_V1 => "an attestation, and no notice about one",
        (None, None) => return Ok(()),
    };
    if statement.predicate_type() == asked {
        Ok(())
    } else {
        Err(Refusal::new(Code::PredicateType, "", asked, statement.predicate_type()))
    }
}

fn fresh_claims(claimed: &Practices, policy: &Policy, now: Timestamp) -> Result<(), Refusal> {
    if claimed.assessed_at > SKEW.after(now) {
        return Err(Refusal::new(
            Code::FromFuture,
            "",
            format!("at most {}", rfc3339(now)),
            rfc3339(claimed.assessed_at),
        ));
    }
    if let Some(end) = claimed.valid_until.filter(|end| now > *end) {
        return Err(Refusal::new(
            Code::Expired,
            "",
            format!("valid at {}", rfc3339(now)),
            format!("valid until {}", rfc3339(end)),
        ));
    }
    let age = Span::between(claimed.assessed_at, now);
    match policy.practices.as_ref().and_then(|p| p.max_age) {
        Some(most) if age > most => Err(Refusal::new(Code::TooOld, "", format!("at most {most}"), format!("{age}"))),
        _ => Ok(()),
    }
}

/// How old the view of the registry is. Offline nobody can prove that nothing was revoked since.
fn fresh_view(trust: &TrustedRegistry, policy: &Policy, now: Timestamp) -> Result<AsOf, Refusal> {
    let as_of = AsOf::of(trust, now);
    let stale = match policy.trust_max_age {
        Some(most) => as_of.age > most,
        None => now > trust.timestamp_expires(),
    };
    if stale {
        let most = policy.trust_max_age.unwrap_or(Span::between(trust.issued(), trust.timestamp_expires()));
        return Err(Refusal::new(
            Code::TrustStale,
            "",
            format!("a view at most {most} old"),
            format!("{} old", as_of.age),
        ));
    }
    Ok(as_of)
}
