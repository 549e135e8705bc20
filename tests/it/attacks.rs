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

/// A `checked` claim rests on facts of this build: of two documents with one id the kinder one does not count, nor
/// do facts about another build, or about nobody knows what.
#[test]
fn facts_about_something_else_do_not_pass_a_check() {
    let world = World::new();
    let catalogue = vouchsafe::practice::builtin().unwrap();
    let base = catalogue.profile("base").unwrap();
    let passing = |id: &String| facts(catalogue.check(id).unwrap());
    let (practice, facts) = base
        .iter()
        .filter_map(|id| catalogue.practice(id))
        .filter(|p| !p.checks.is_empty())
        .find_map(|p| p.checks.iter().map(passing).collect::<Option<Vec<_>>>().map(|facts| (p, facts)))
        .unwrap();
    let good = || {
        let mut predicate = predicate();
        predicate.scope.product = Some("pkg:generic/acme/tool@1".into());
        let claim = predicate.claims.iter_mut().find(|c| c.practice == practice.id).unwrap();
        claim.basis = vouchsafe::practice::Basis::Checked;
        for (n, (id, facts)) in practice.checks.iter().zip(&facts).enumerate() {
            let evidence = vec![format!("e{n}")];
            claim.checks.push(vouchsafe::practice::CheckRun { id: id.clone(), evidence, pass: true });
            let about = serde_json::json!({"product": "pkg:generic/acme/tool@1"});
            let entry = serde_json::json!({
                "id": format!("e{n}"), "name": "x", "digest": {"sha256": "00"}, "about": about, "facts": facts,
            });
            predicate.evidence.push(read(&entry));
        }
        predicate
    };
    let judged = |change: fn(&mut Practices)| {
        let mut predicate = good();
        change(&mut predicate);
        judge(&world, vec![candidate(attestation(&predicate, &[&world.acme]))])
    };
    assert_eq!(judged(|_| ()), "ok");
    for change in [
        (|p| p.evidence.extend(p.evidence.clone())) as fn(&mut Practices),
        |p| p.evidence.iter_mut().for_each(|e| e.about = None),
        |p| p.evidence[0].about.as_mut().unwrap().product = Some("pkg:generic/acme/other@1".into()),
        |p| p.evidence[0].about.as_mut().unwrap().git_commit = Some("00".into()),
        |p| p.scope.product = Some("pkg:generic/acme/tool@2".into()),
    ] {
        assert_eq!(judged(change), "practices-not-met");
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> T {
    vouchsafe::encoding::json::parse(&serde_json::to_vec(value).unwrap(), 1 << 20, "test").unwrap()
}

/// Facts that satisfy a check, if simple ones do.
fn facts(check: &vouchsafe::practice::CheckDef) -> Option<serde_json::Value> {
    let values = [serde_json::json!(0), serde_json::json!(1), serde_json::json!(true), serde_json::json!(false)];
    let mut facts = serde_json::Map::new();
    for assertion in check.assertions() {
        let one = |v: &serde_json::Value| {
            let mut value = v.clone();
            for part in assertion.fact().rsplit('.') {
                value = serde_json::json!({ part: value });
            }
            value.as_object().cloned().unwrap()
        };
        let found = values.iter().map(one).find(|f| assertion.holds(f))?;
        merge(&mut facts, found);
    }
    vouchsafe::practice::evaluate(check, &facts).then_some(serde_json::Value::Object(facts))
}

fn merge(into: &mut serde_json::Map<String, serde_json::Value>, from: serde_json::Map<String, serde_json::Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(serde_json::Value::Object(a)), serde_json::Value::Object(b)) => merge(a, b),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}
