//! Provenance, source summaries and bundles: the signature comes first, then the bytes it is about.

use super::{REVISION, code, digests, facts, holds, read};
use serde_json::{Value, json};
use vouchsafe::attestation::{Envelope, Statement};
use vouchsafe::evidence::{Target, recognise};
use vouchsafe::key::{PublicKey, SecretKey, Suite};
use vouchsafe::practice::EvidenceKind as K;

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";
const SOURCE: &str = "https://example.com/acme/tool";
const BUILDER: &str = "https://example.com/builder/v1";

fn a() -> String {
    "aa".repeat(32)
}
fn b() -> String {
    "bb".repeat(32)
}

fn key(n: u8) -> SecretKey {
    SecretKey::from_random(Suite::Ed25519, &zeroize::Zeroizing::new([n; 32])).unwrap()
}

fn envelope(kind: &str, subjects: &Value, predicate: &Value, keys: &[&SecretKey]) -> Vec<u8> {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects, "predicateType": kind, "predicate": predicate,
    });
    let mut envelope = Envelope::around::<Statement>(serde_json::to_vec(&statement).unwrap());
    for key in keys {
        let sign = |bytes: &[u8]| Ok::<_, std::convert::Infallible>((key.public().id().clone(), key.sign(bytes)));
        envelope.seal(sign).unwrap();
    }
    envelope.to_json()
}

fn subject(digest: &str) -> Value {
    json!([{"name": "tool.tar.gz", "digest": {"sha256": digest}}])
}

fn built(builder: &str, source: &str, revision: &str) -> Value {
    json!({
        "buildDefinition": {
            "buildType": "https://example.com/build/v1",
            "externalParameters": {"workflow": {"repository": source, "ref": "refs/tags/v1"}},
            "resolvedDependencies": [
                {"uri": format!("git+{source}@refs/tags/v1"), "digest": {"gitCommit": revision}},
                {"uri": "git+https://example.com/acme/other", "digest": {"gitCommit": "0".repeat(40)}},
            ],
        },
        "runDetails": {"builder": {"id": builder}, "metadata": {"finishedOn": "2026-11-01T10:00:00Z"}},
    })
}

/// What provenance is held against, owned.
struct Held {
    digests: std::collections::BTreeSet<String>,
    builders: Vec<String>,
    keys: Vec<PublicKey>,
}

impl Held {
    fn new(all: &[&str]) -> Self {
        Self { digests: digests(all), builders: vec![BUILDER.into()], keys: vec![key(1).public().clone()] }
    }
    fn target(&self) -> Target<'_> {
        Target {
            digests: Some(&self.digests),
            revision: Some(REVISION),
            source: Some(SOURCE),
            product: None,
            builders: &self.builders,
            keys: &self.keys,
        }
    }
}

#[test]
fn provenance_of_the_release_by_an_accepted_builder() {
    let held = Held::new(&[&a(), &b()]);
    let bytes = envelope(PROVENANCE, &subject(&a()), &built(BUILDER, SOURCE, REVISION), &[&key(1)]);
    let got = facts(K::SlsaProvenance, "p.intoto.jsonl", &bytes, &held.target());
    for (fact, want) in [
        ("signatureValid", json!(true)),
        ("subjectMatches", json!(true)),
        ("builderAccepted", json!(true)),
        ("builder", json!(BUILDER)),
        ("buildType", json!("https://example.com/build/v1")),
        ("sourceUriExpected", json!(true)),
        ("revision", json!({"hex": REVISION, "length": 40})),
        ("finishedAt", json!("2026-11-01T10:00:00Z")),
    ] {
        assert_eq!(got[fact], want, "{fact} of {got}");
    }
    assert_eq!(got["matched"]["digests"], 1);
    assert!(holds("provenance-level", &got) && holds("provenance-source", &got));
    assert!(!holds("rebuild-matches", &got), "one document proves no rebuild");
    let extracted = read(K::SlsaProvenance, "p", &bytes, &held.target()).unwrap();
    assert_eq!(extracted.revision.as_deref(), Some(REVISION));
    assert_eq!(recognise("p.json", &bytes), Some(K::SlsaProvenance));
}

#[test]
fn nothing_is_believed_before_the_signature_is() {
    let held = Held::new(&[&a()]);
    let shut = json!({"signatureValid": false, "subjectMatches": false});
    let good = built(BUILDER, SOURCE, REVISION);
    for keys in [&[][..], &[&key(2)]] {
        let bytes = envelope(PROVENANCE, &subject(&a()), &good, keys);
        assert_eq!(facts(K::SlsaProvenance, "p", &bytes, &held.target()), shut);
    }
    let bytes = envelope(PROVENANCE, &subject(&a()), &good, &[&key(1)]);
    assert_eq!(facts(K::SlsaProvenance, "p", &bytes, &Target { keys: &[], ..held.target() }), shut, "no keys given");
    // A signature over other bytes, under the right key id.
    let other = envelope(PROVENANCE, &subject(&b()), &good, &[&key(1)]);
    let (mut forged, other): (Value, Value) = (crate::run::parse(&bytes), crate::run::parse(&other));
    forged["signatures"] = other["signatures"].clone();
    let forged = serde_json::to_vec(&forged).unwrap();
    assert_eq!(facts(K::SlsaProvenance, "p", &forged, &held.target()), shut);
    let vsa = envelope(SUMMARY, &json!([{"digest": {"gitCommit": REVISION}}]), &json!({}), &[&key(2)]);
    assert_eq!(facts(K::SourceVsa, "v", &vsa, &held.target()), json!({"signatureValid": false}));
    assert_eq!(facts(K::SigstoreBundle, "b", &vsa, &held.target())["uncoveredFiles"], 1);
}

#[test]
fn provenance_of_something_else_says_nothing_of_this() {
    let held = Held::new(&[&a()]);
    let elsewhere = json!({"signatureValid": true, "subjectMatches": false});
    let good = built(BUILDER, SOURCE, REVISION);
    let other = envelope(PROVENANCE, &subject(&b()), &good, &[&key(1)]);
    assert_eq!(facts(K::SlsaProvenance, "p", &other, &held.target()), elsewhere);
    // The name is right, the digest is of an algorithm that suffices for nothing.
    let weak = json!([{"name": "tool.tar.gz", "digest": {"sha1": "aa".repeat(20), "md5": "aa".repeat(16)}}]);
    let weak = envelope(PROVENANCE, &weak, &good, &[&key(1)]);
    assert_eq!(facts(K::SlsaProvenance, "p", &weak, &held.target()), elsewhere);
    let both = Held::new(&[&a(), &"cc".repeat(64)]);
    let torn = json!([{"digest": {"sha256": a(), "sha512": "dd".repeat(64)}}]);
    let torn = envelope(PROVENANCE, &torn, &good, &[&key(1)]);
    assert_eq!(facts(K::SlsaProvenance, "p", &torn, &both.target()), elsewhere, "one digest is ours, the other is not");
    let bytes = envelope(PROVENANCE, &subject(&a()), &good, &[&key(1)]);
    assert_eq!(facts(K::SlsaProvenance, "p", &bytes, &Target { digests: None, ..held.target() }), elsewhere);
    let old = envelope(PROVENANCE, &subject(&a()), &built(BUILDER, SOURCE, &"9".repeat(40)), &[&key(1)]);
    assert_eq!(code(K::SlsaProvenance, "p", &old, &held.target()), "evidence-other-build");
    let v02 = envelope("https://slsa.dev/provenance/v0.2", &subject(&a()), &good, &[&key(1)]);
    assert_eq!(code(K::SlsaProvenance, "p", &v02, &held.target()), "evidence-unsupported");
}

#[test]
fn missing_fields_are_missing_facts() {
    let held = Held::new(&[&a()]);
    let of = |predicate: &Value| {
        let bytes = envelope(PROVENANCE, &subject(&a()), predicate, &[&key(1)]);
        facts(K::SlsaProvenance, "p", &bytes, &held.target())
    };
    let bare = of(&json!({}));
    assert_eq!(bare["builderAccepted"], false);
    assert!(["builder", "revision", "sourceUriExpected"].iter().all(|fact| bare.get(*fact).is_none()), "{bare}");
    let fork = of(&built("https://example.com/builder/v1/", "https://evil.test/acme/tool", REVISION));
    assert_eq!((&fork["builderAccepted"], &fork["sourceUriExpected"]), (&json!(false), &json!(false)), "exact ids");
    assert_eq!(fork.get("revision"), None);
    assert!(!holds("provenance-level", &fork) && !holds("provenance-source", &fork));
    for odd in [json!([]), json!("x"), json!({"buildDefinition": [], "runDetails": {"builder": {"id": 7}}})] {
        assert!(!holds("provenance-level", &of(&odd)) && !holds("provenance-source", &of(&odd)), "{odd}");
    }
}

#[test]
fn several_statements_say_what_they_agree_on() {
    let held = Held::new(&[&a(), &b()]);
    let line = |digest: &str, builder: &str| {
        envelope(PROVENANCE, &subject(digest), &built(builder, SOURCE, REVISION), &[&key(1)])
    };
    let lines = [line(&a(), BUILDER), line(&b(), "https://example.com/laptop")].join(&b'\n');
    let got = facts(K::SlsaProvenance, "p", &lines, &held.target());
    assert_eq!((&got["builderAccepted"], got.get("builder")), (&json!(false), None), "one of them was not accepted");
    assert_eq!(got["revision"]["length"], 40);
    let good = [line(&a(), BUILDER), line(&"ee".repeat(32), "https://example.com/laptop")].join(&b'\n');
    assert!(holds("provenance-level", &facts(K::SlsaProvenance, "p", &good, &held.target())), "another's is ignored");
    let cut = [line(&a(), BUILDER), b"{\"payload\":".to_vec()].join(&b'\n');
    assert_eq!(code(K::SlsaProvenance, "p", &cut, &held.target()), "evidence-malformed");
}

fn summary(result: &str, levels: &[&str], place: &str) -> Value {
    json!({
        "verifier": {"id": "https://example.com/verifier"}, "timeVerified": "2026-11-02T00:00:00Z",
        "resourceUri": place, "policy": {"uri": "https://example.com/policy"},
        "verificationResult": result, "verifiedLevels": levels,
    })
}

#[test]
fn source_summaries_count_for_their_revision_alone() {
    let held = Held::new(&[]);
    let of = |commit: &str, predicate: &Value| {
        envelope(SUMMARY, &json!([{"digest": {"gitCommit": commit}}]), predicate, &[&key(1)])
    };
    let place = "git+https://example.com/acme/tool.git";
    let good = of(REVISION, &summary("PASSED", &["SLSA_SOURCE_LEVEL_1", "SLSA_SOURCE_LEVEL_3", "OTHER_9"], place));
    let got = facts(K::SourceVsa, "v", &good, &held.target());
    let want = json!({"signatureValid": true, "verifier": "https://example.com/verifier", "result": "PASSED",
        "sourceLevel": 3, "verifiedAt": "2026-11-02T00:00:00Z"});
    assert_eq!(got, want);
    assert!(holds("source-vsa", &got));
    assert_eq!(recognise("v.json", &good), Some(K::SourceVsa));
    let failed = of(REVISION, &summary("FAILED", &["SLSA_SOURCE_LEVEL_3"], place));
    assert_eq!(facts(K::SourceVsa, "v", &failed, &held.target()).get("sourceLevel"), None);
    for none in [&[][..], &["SLSA_SOURCE_LEVEL_03"], &["SLSA_SOURCE_LEVEL_"], &["SLSA_BUILD_LEVEL_3"]] {
        let bytes = of(REVISION, &summary("PASSED", none, place));
        assert_eq!(facts(K::SourceVsa, "v", &bytes, &held.target()).get("sourceLevel"), None, "{none:?}");
    }
    for other in [
        of(&"9".repeat(40), &summary("PASSED", &["SLSA_SOURCE_LEVEL_3"], place)),
        of(REVISION, &summary("PASSED", &["SLSA_SOURCE_LEVEL_3"], "https://evil.test/acme/tool")),
        of(REVISION, &json!({"verificationResult": "PASSED", "verifiedLevels": ["SLSA_SOURCE_LEVEL_3"]})),
    ] {
        assert_eq!(code(K::SourceVsa, "v", &other, &held.target()), "evidence-other-build");
    }
    let two = [good.clone(), good.clone()].join(&b'\n');
    assert_eq!(code(K::SourceVsa, "v", &two, &held.target()), "evidence-malformed", "which of them?");
    let unbound = facts(K::SourceVsa, "v", &good, &Target { revision: None, ..held.target() });
    assert_eq!(unbound, json!({"signatureValid": true}), "no revision, no level");
}

#[test]
fn every_file_has_to_be_covered() {
    let held = Held::new(&[&a(), &b()]);
    let one = envelope("https://example.com/x", &subject(&a()), &json!({}), &[&key(1)]);
    let two = envelope("https://example.com/x", &subject(&b()), &json!({}), &[&key(1)]);
    let foreign = envelope("https://example.com/x", &subject(&b()), &json!({}), &[&key(2)]);
    let of = |lines: &[&[u8]]| facts(K::SigstoreBundle, "b", &lines.join(&b'\n'), &held.target());
    let want = |uncovered: u64, accepted: u64, all: u64| json!({"signatureValid": accepted > 0, "uncoveredFiles": uncovered, "accepted": accepted, "attestations": all});
    assert_eq!(of(&[&one]), want(1, 1, 1));
    assert_eq!(of(&[&one, &foreign]), want(1, 1, 2), "signed by nobody we know");
    assert_eq!(of(&[&foreign]), want(2, 0, 1));
    assert_eq!(of(&[&one, &two]), want(0, 2, 2));
    assert!(holds("release-signed", &of(&[&one, &two])) && !holds("release-signed", &of(&[&one])));
    let nothing = facts(K::SigstoreBundle, "b", &one, &Target { digests: None, ..held.target() });
    assert_eq!(nothing.get("uncoveredFiles"), None, "no files, none covered");
    assert_eq!(recognise("b.json", &one), Some(K::SigstoreBundle));
}

#[test]
fn every_cut_is_a_fault() {
    let held = Held::new(&[&a()]);
    let bytes = envelope(PROVENANCE, &subject(&a()), &built(BUILDER, SOURCE, REVISION), &[&key(1)]);
    for end in (0..bytes.len()).step_by(7) {
        for kind in [K::SlsaProvenance, K::SourceVsa, K::SigstoreBundle] {
            assert!(read(kind, "p", &bytes[..end], &held.target()).is_err(), "{kind:?} of {end} bytes");
        }
    }
}
