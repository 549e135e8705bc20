//! Attacks that once went through, each by the smallest change to a good world.

use crate::world::*;
use vouchsafe::attestation::{Envelope, Practices, StatementDraft};
use vouchsafe::encoding::Explain;
use vouchsafe::publish::attest;
use vouchsafe::verify::*;

fn draft() -> StatementDraft {
    let mut draft = StatementDraft::default();
    draft.about("acme-1.0", &measured(b"release"));
    draft
}

/// The code of a decision on `release` under the forum's policy.
fn judge(world: &World, candidates: Vec<Candidate>) -> &'static str {
    let policy = Policy::parse("test", POLICY.as_bytes()).unwrap();
    let evidence = Evidence { name: "acme-1.0".into(), candidates };
    match verify(&measured(b"release"), evidence, &world.trust(), &policy, at(NOW)) {
        Ok(_) => "ok",
        Err(refusal) => refusal.code(),
    }
}

fn candidate(envelope: Envelope) -> Candidate {
    Candidate { source: String::new(), envelope: Ok(envelope), time: None }
}

/// Somebody else's claims, about the right file, wait where a member adds its signature.
#[test]
fn a_signature_is_not_added_to_other_claims() {
    let there = |change: fn(&mut Practices)| {
        let mut predicate = predicate();
        change(&mut predicate);
        let existing = attestation(&predicate, &[&key(12)]).to_json();
        attest::append(&existing, &draft(), &draft().practices(&own()), &key(10)).map(drop)
    };
    there(|_| ()).unwrap();
    // What was shown to the signer is one claim short of what lies there, of another product, or for a shorter time.
    for change in [
        (|p| p.scope.product = Some("pkg:generic/acme/other@1".into())) as fn(&mut Practices),
        |p| p.claims.reverse(),
        |p| p.assessor.independence = "thirdParty".into(),
    ] {
        assert_eq!(there(change).unwrap_err().code(), "other-statement");
    }
    let existing = attestation(&predicate(), &[&key(12)]).to_json();
    let other = draft().other("https://example.org/x", &serde_json::json!({}));
    assert_eq!(attest::append(&existing, &draft(), &other, &key(10)).unwrap_err().code(), "other-statement");
    let mut until = predicate();
    until.valid_until = Some(at("2026-12-01"));
    let ours = draft().practices(&until);
    assert_eq!(attest::append(&existing, &draft(), &ours, &key(10)).unwrap_err().code(), "other-statement");
    until.valid_until = Some(at("2026-11-20"));
    let shorter = attestation(&until, &[&key(12)]).to_json();
    attest::append(&shorter, &draft(), &ours, &key(10)).unwrap();
}

/// The predicate its own signer would have made: the good one, by another member at another time.
fn own() -> Practices {
    let mut own = predicate();
    own.assessor.id = "globex".into();
    own.assessed_at = at("2026-11-02T10:00:00Z");
    own
}

/// One more file in the folder, with the bytes of another: every file is verified, the set is not the release.
#[test]
fn a_copy_under_another_name_is_a_file_more() {
    let world = World::new();
    let mut predicate = predicate();
    predicate.subject_set = Some(vouchsafe::attestation::SubjectSet::Exact);
    let policy = Policy::parse("test", POLICY.as_bytes()).unwrap();
    let artifact = measured(b"release");
    let evidence =
        Evidence { name: "acme-1.0".into(), candidates: vec![candidate(attestation(&predicate, &[&world.acme]))] };
    let verified = verify(&artifact, evidence, &world.trust(), &policy, at(NOW)).unwrap();
    let one = ("acme-1.0", &artifact, &verified);
    exact_set(&[one]).unwrap();
    assert_eq!(exact_set(&[one, ("postinstall.sh", &artifact, &verified)]).unwrap_err().code, Code::SetMismatch);
}
