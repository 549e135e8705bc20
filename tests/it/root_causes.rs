//! The five root causes behind the field's vulnerabilities, one test named after each.

use crate::refusals::good;
use crate::world::*;
use vouchsafe::attestation::{Envelope, read_container};
use vouchsafe::verify::*;

/// Root cause 1: evidence that is valid but about something else.
#[test]
fn root_cause_valid_but_about_something_else() {
    let world = World::new();
    let policy = Policy::parse("test", POLICY.as_bytes()).unwrap();
    let other = attestation(&predicate(), &[&key(10)]);
    let judge = |bytes: &[u8]| {
        let candidates =
            vec![Candidate { source: String::new(), envelope: Ok(other.clone()), time: None, replay: None }];
        verify(&measured(bytes), Evidence { name: "acme-1.0".into(), candidates }, &world.trust(), &policy, at(NOW))
    };
    assert!(judge(b"release").is_ok());
    assert_eq!(judge(b"another release").unwrap_err().code, Code::DigestMismatch);
    // A proof of possession is signed by a member key, and is no attestation.
    let proof = Envelope::parse(&world.proof(&world.acme, "acme")).unwrap();
    let candidates = vec![Candidate { source: String::new(), envelope: Ok(proof), time: None, replay: None }];
    let got =
        verify(&measured(b"release"), Evidence { name: String::new(), candidates }, &world.trust(), &policy, at(NOW));
    assert_eq!(got.unwrap_err().code, Code::StatementMalformed);
}

/// Root cause 2: counting entries, not principals.
#[test]
fn root_cause_counting_entries() {
    let mut case = good();
    case.policy.signers.threshold = ONE.saturating_add(1);
    let once = attestation(&case.predicate, &[&key(10)]).to_json();
    let text = String::from_utf8(once).unwrap();
    let (head, signature) = text.split_once("\"signatures\":[").unwrap();
    let signature = signature.trim_end_matches("]}");
    let renamed = signature.replace("\"keyid\":\"", "\"keyid\":\"x");
    let thrice = format!("{head}\"signatures\":[{signature},{signature},{renamed}]}}");
    case.envelope = Some(Envelope::parse(thrice.as_bytes()));
    assert_eq!(case.decide().unwrap_err().code, Code::SignersTooFew);
}

/// Root cause 3: error or emptiness read as success.
#[test]
fn root_cause_emptiness_is_not_success() {
    assert!(read_container(b"").is_err());
    assert!(read_container(b"\n \n").is_err());
    let view = vouchsafe::audit::ViewShown::of(&AsOf::of(&World::new().trust(), at(NOW)), at(NOW), "test");
    assert!(vouchsafe::audit::Report::new(view, &Policy::signature_only("x"), Vec::new(), Vec::new()).is_none());
    for policy in [
        "schema = \"vouchsafe-policy/v1\"\n[signers]\nthreshold = 0",
        "schema = \"vouchsafe-policy/v1\"\n[signers]\nmembers = []",
    ] {
        assert!(Policy::parse("x", policy.as_bytes()).is_err(), "{policy}");
    }
}

/// Root cause 4: unsigned fields choosing the rules.
#[test]
fn root_cause_unsigned_fields_decide_nothing() {
    let world = World::new();
    let policy = Policy::parse("test", POLICY.as_bytes()).unwrap();
    let bundle = String::from_utf8(attestation(&predicate(), &[&world.acme]).to_bundle().unwrap()).unwrap();
    let stranger = String::from_utf8(attestation(&predicate(), &[&world.stranger]).to_bundle().unwrap()).unwrap();
    let judge = |text: &str| {
        let envelope = read_container(text.as_bytes()).unwrap().envelopes.remove(0);
        let candidates = vec![Candidate { source: String::new(), envelope, time: None, replay: None }];
        verify(&measured(b"release"), Evidence { name: String::new(), candidates }, &world.trust(), &policy, at(NOW))
            .map(|_| ())
    };
    let id = |k: &Key| k.0.public().id().to_string();
    for variant in [
        bundle.clone(),
        bundle.replace("bundle.v0.3", "bundle.v0.1"),
        bundle.replace(&id(&world.acme), "nonsense"),
        bundle.replace(&id(&world.acme), &id(&world.globex)),
    ] {
        judge(&variant).unwrap();
    }
    let dressed = stranger.replace(&id(&world.stranger), &id(&world.acme));
    assert_eq!(judge(&dressed).unwrap_err().code, Code::SignerUnknown);
    let retyped = bundle.replace("application/vnd.in-toto+json", "application/vnd.in-toto.x+json");
    assert_eq!(judge(&retyped).unwrap_err().code, Code::SignerUnknown, "the payload type is signed");
}

/// Root cause 5: panics and unbounded input before a signature is checked.
#[test]
fn root_cause_hostile_bytes_never_panic() {
    let good = attestation(&predicate(), &[&key(10)]).to_bundle().unwrap();
    for cut in (0..good.len()).step_by(97) {
        let _ = read_container(&good[..cut]);
        let mut flipped = good.clone();
        flipped[cut] ^= 0x20;
        if let Ok(found) = read_container(&flipped) {
            found.envelopes.into_iter().for_each(drop);
        }
    }
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    assert!(read_container(&deep).unwrap().envelopes.iter().all(Result::is_err));
    assert!(read_container(vec![b' '; (64 << 20) + 1]).is_err());
}
