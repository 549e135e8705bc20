//! Verdicts about attestations that are in a log: what a log adds, and that nothing taken away turns a no into a yes.

use crate::logbook::{Logbook, ORIGIN, world_with};
use crate::world::*;
use vouchsafe::attestation::{Envelope, read_container};
use vouchsafe::encoding::Explain as _;
use vouchsafe::registry::MemberState;
use vouchsafe::transparency::{Entry, Hash, Note, Proof};
use vouchsafe::verify::*;

const BEFORE: &str = "2026-11-01T12:00:00Z";

fn policy(log: &str) -> Policy {
    let text = POLICY.replacen('{', &format!("{{\"log\":{log},"), 1);
    Policy::parse("test", text.as_bytes()).unwrap()
}
const REQUIRED: &str = r#"{"require":"required"}"#;
const OPTIONAL: &str = r#"{"require":"optional"}"#;

fn decide(world: &World, envelope: Envelope, policy: &Policy) -> Result<Verified, Refusal> {
    let candidates = vec![Candidate { source: "test".into(), envelope: Ok(envelope), time: None, replay: None }];
    let evidence = Evidence { name: "acme-1.0".into(), candidates };
    verify(&measured(b"release"), evidence, &world.trust(), policy, at(NOW))
}

fn code(world: &World, envelope: Envelope, policy: &Policy) -> &'static str {
    decide(world, envelope, policy).map_or_else(|refusal| refusal.code(), |_| "ok")
}

/// Acme's attestation, logged.
fn logged(log: &Logbook) -> Envelope {
    with_proofs(attestation(&predicate(), &[&key(10)]), &[&key(10)], log)
}

fn with_proofs(mut envelope: Envelope, keys: &[&Key], log: &Logbook) -> Envelope {
    for proof in log.log(&envelope.entries(keys.iter().map(|key| key.0.public()))) {
        envelope.attach(proof);
    }
    envelope
}

fn entry(envelope: &Envelope, n: u8) -> Entry {
    envelope.entries([key(n).0.public()]).remove(0)
}

#[test]
fn a_logged_and_witnessed_attestation_is_verified_and_says_by_when() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let verified = decide(&world, logged(&log), &policy(REQUIRED)).unwrap();
    let [entry] = verified.logged() else { panic!("{:?}", verified.logged()) };
    assert_eq!((entry.origin.as_str(), entry.member.as_str()), (ORIGIN, "acme"));
    assert_eq!(entry.time, Some(at(BEFORE)));
    assert_eq!(entry.witnesses.iter().map(|w| w.witness.as_str()).collect::<Vec<_>>(), ["cisa", "nist"]);
    let step = |v: &Verified| v.steps().iter().find(|s| s.step == Step::Logged).unwrap().status;
    assert_eq!(step(&verified), StepStatus::Passed);
    let bare = decide(&world, attestation(&predicate(), &[&key(10)]), &policy(OPTIONAL)).unwrap();
    assert_eq!((step(&bare), bare.logged().len()), (StepStatus::Skipped, 0));
}

#[test]
fn without_witnesses_the_log_gives_no_time() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "none");
    let verified = decide(&world, logged(&log), &policy(REQUIRED)).unwrap();
    assert_eq!(verified.logged()[0].time, None);
}

/// One proof, changed in one way.
fn changed(change: impl Fn(&Proof) -> Proof, log: &Logbook) -> Envelope {
    let mut envelope = attestation(&predicate(), &[&key(10)]);
    let proof = log.log(&[entry(&envelope, 10)]).remove(0);
    envelope.attach(change(&proof));
    envelope
}

#[test]
fn each_way_a_proof_can_fail_has_its_code_and_counts_for_nothing_where_none_is_asked() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let name = |wanted: &'static str| move |s: &vouchsafe::transparency::Signature| s.name != wanted;
    let flip = |note: &Note, name: &str| {
        let mut flipped = note.only(|s| s.name != name);
        let mut line = note.signatures().iter().find(|s| s.name == name).unwrap().clone();
        *line.bytes.last_mut().unwrap() ^= 1;
        flipped.add(line);
        flipped
    };
    type Change<'a> = Box<dyn Fn(&Proof) -> Proof + 'a>;
    let cases: Vec<(&str, Change<'_>)> = vec![
        ("ok", Box::new(Proof::clone)),
        ("witnesses-missing", Box::new(|p| Proof { note: p.note.only(name("nist.example")), ..p.clone() })),
        ("checkpoint-unsigned", Box::new(|p| Proof { note: p.note.only(name(ORIGIN)), ..p.clone() })),
        ("checkpoint-forged", Box::new(|p| Proof { note: flip(&p.note, ORIGIN), ..p.clone() })),
        ("checkpoint-forged", Box::new(|p| Proof { note: flip(&p.note, "cisa.example"), ..p.clone() })),
        ("inclusion-wrong", Box::new(|p| Proof { index: p.index - 1, ..p.clone() })),
        ("inclusion-wrong", Box::new(|p| Proof { hashes: p.hashes[1..].to_vec(), ..p.clone() })),
        ("inclusion-wrong", Box::new(|p| Proof { hashes: vec![Hash::leaf(b"x"); p.hashes.len()], ..p.clone() })),
    ];
    for (expected, change) in cases {
        assert_eq!(code(&world, changed(&change, &log), &policy(REQUIRED)), expected);
        assert_eq!(code(&world, changed(&change, &log), &policy(OPTIONAL)), "ok", "{expected}");
    }
    let other = Logbook::new(BEFORE);
    other.origin.set("elsewhere.example/log");
    assert_eq!(code(&world, logged(&other), &policy(REQUIRED)), "origin-unknown");
    let bare = attestation(&predicate(), &[&key(10)]);
    assert_eq!(code(&world, bare.clone(), &policy(REQUIRED)), "not-logged");
    let mut of_another = bare;
    of_another.attach(log.log(&[entry(&attestation(&predicate(), &[&key(11)]), 11)]).remove(0));
    assert_eq!(code(&world, of_another, &policy(REQUIRED)), "inclusion-wrong", "somebody else's entry");
}

#[test]
fn an_artifact_signed_before_a_keys_end_and_logged_stays_good_and_the_same_bytes_unlogged_do_not() {
    type End = fn(&World, &str);
    let ends: [(&str, End); 2] = [
        ("key-retired", |w, id| w.forum.retire_key("acme", id, at("2026-11-02"), None, at(FOUNDED)).unwrap()),
        ("key-compromised", |w, id| {
            w.forum.revoke_key("acme", id, at("2026-11-02"), "stolen".into(), at(FOUNDED)).unwrap();
        }),
    ];
    for (expected, end) in ends {
        let log = Logbook::new(BEFORE);
        let world = world_with(&log, "advisory");
        end(&world, world.acme.0.public().id().as_str());
        crate::logbook::publish(&world, &log).unwrap();
        let in_time = logged(&log);
        assert_eq!(code(&world, in_time.clone(), &policy(OPTIONAL)), "ok");
        assert_eq!(code(&world, attestation(&predicate(), &[&key(10)]), &policy(OPTIONAL)), expected);
        // The quorum is both of them: the later one decides since when.
        log.cosigning.replace(vec![("cisa", BEFORE), ("nist", "2026-11-02T01:00:00Z")]);
        assert_eq!(code(&world, logged(&log), &policy(OPTIONAL)), expected, "one witness said so too late");
        let mut both = in_time;
        both.attach(logged(&log).proofs()[0].clone());
        assert_eq!(code(&world, both, &policy(OPTIONAL)), "ok", "a later proof takes nothing away");
    }
}

/// Whoever will steal the key may enter its name with a made-up signature in time; that shows nothing about the
/// signature made later.
#[test]
fn an_entry_with_a_made_up_signature_gives_a_stolen_key_no_time() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    world
        .forum
        .revoke_key("acme", key(10).0.public().id().as_str(), at("2026-11-02"), "stolen".into(), at(FOUNDED))
        .unwrap();
    crate::logbook::publish(&world, &log).unwrap();
    let mut envelope = attestation(&predicate(), &[&key(10)]);
    let made_up = Entry { signature: vec![7; 64], ..entry(&envelope, 10) };
    envelope.attach(log.log(std::slice::from_ref(&made_up)).remove(0));
    assert_eq!(code(&world, envelope.clone(), &policy(OPTIONAL)), "key-compromised");
    let json: serde_json::Value = vouchsafe::encoding::json::parse(&envelope.to_json(), 1 << 24, "envelope").unwrap();
    let mut two = json.clone();
    let line = serde_json::json!({"keyid": made_up.key.id().as_str(), "sig": vouchsafe::encoding::base64::encode(&made_up.signature)});
    two["signatures"].as_array_mut().unwrap().push(line);
    let mut two = Envelope::parse(two.to_string().as_bytes()).unwrap();
    two.attach(envelope.proofs()[0].clone());
    assert_eq!(code(&world, two, &policy(OPTIONAL)), "key-compromised");
}

#[test]
fn of_two_signers_each_has_to_be_logged_to_count() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    for scope in ["acme", "globex"] {
        world
            .forum
            .describe_member(scope, None, Some(vec!["acme-*".into(), format!("{scope}-*")]), at(FOUNDED))
            .unwrap();
    }
    crate::logbook::publish(&world, &log).unwrap();
    let mut policy = policy(REQUIRED);
    policy.signers.threshold = ONE.saturating_add(1);
    let envelope = attestation(&predicate(), &[&key(10), &key(11)]);
    let one = with_proofs(envelope.clone(), &[&key(10)], &log);
    assert_eq!(code(&world, one.clone(), &policy), "not-logged");
    assert_eq!(decide(&world, with_proofs(one.clone(), &[&key(11)], &log), &policy).unwrap().logged().len(), 2);
    policy.signers.threshold = ONE;
    let verified = decide(&world, one, &policy).unwrap();
    assert_eq!(verified.signers().iter().map(|s| s.member.as_str()).collect::<Vec<_>>(), ["acme"]);
}

#[test]
fn a_policy_may_ask_for_a_group_of_its_own_and_rests_on_the_forums_log_policy() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "cisa");
    let advisory = policy(r#"{"require":"required","quorum":"advisory"}"#);
    assert_eq!(code(&world, logged(&log), &advisory), "ok");
    log.cosigning.borrow_mut().pop();
    assert_eq!(code(&world, logged(&log), &policy(REQUIRED)), "ok");
    assert_eq!(code(&world, logged(&log), &advisory), "witnesses-missing");
    let unknown = policy(r#"{"require":"required","quorum":"members"}"#);
    assert_eq!(code(&world, logged(&log), &unknown), "policy-unusable");
    assert_eq!(code(&World::new(), logged(&log), &policy(REQUIRED)), "not-logged", "the forum has no log");
    let useless = POLICY.replacen('{', r#"{"log":{"require":"optional","quorum":"advisory"},"#, 1);
    assert!(Policy::parse("test", useless.as_bytes()).is_err());
}

/// Whatever subset of proofs and signature lines is left: a refusal never becomes an acceptance by taking more away.
#[test]
fn taking_proofs_and_signatures_away_never_helps() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    for (rules, retired) in [(REQUIRED, false), (OPTIONAL, true)] {
        if retired {
            let id = world.acme.0.public().id().to_string();
            world.forum.retire_key("acme", &id, at("2026-11-02"), None, at(FOUNDED)).unwrap();
            crate::logbook::publish(&world, &log).unwrap();
        }
        let bare = attestation(&predicate(), &[&key(10)]);
        let proof = log.log(&[entry(&bare, 10)]).remove(0);
        let lines = proof.note.signatures().to_vec();
        let verdict = |kept: u32| {
            let note = proof.note.only(|s| lines.iter().position(|l| l == s).is_some_and(|at| kept & (1 << at) != 0));
            let mut envelope = bare.clone();
            envelope.attach(Proof { note, ..proof.clone() });
            decide(&world, envelope, &policy(rules)).is_ok()
        };
        for more in 0..1_u32 << lines.len() {
            for less in (0..more).filter(|less| less & !more == 0) {
                assert!(verdict(more) || !verdict(less), "{more:b} is refused and {less:b} is not");
            }
        }
        assert!(verdict((1 << lines.len()) - 1) && decide(&world, bare, &policy(rules)).is_err());
    }
}

#[test]
fn a_sigstore_bundle_takes_its_proof_along() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let mut envelope = attestation(&predicate(), &[&key(10)]);
    let entry = entry(&envelope, 10);
    let proof = log.log(std::slice::from_ref(&entry)).remove(0);
    let plain = envelope.to_bundle().unwrap();
    envelope.log(&entry, &log.log_key().log_id(), proof.clone());
    let bundle = envelope.to_bundle().unwrap();
    let value = |bytes: &[u8]| vouchsafe::encoding::json::parse::<serde_json::Value>(bytes, 1 << 24, "bundle").unwrap();
    assert!(value(&bundle) == value(&vouchsafe::attestation::embed(&plain, &envelope).unwrap()));
    let read = |bytes: &[u8]| read_container(bytes).unwrap().envelopes.remove(0).unwrap();
    assert!(read(&bundle).proofs() == [proof]);
    assert_eq!(code(&world, read(&bundle), &policy(REQUIRED)), "ok");
    assert_eq!(code(&world, read(&plain), &policy(REQUIRED)), "not-logged");
    let schema: serde_json::Value = value(&std::fs::read("schemas/sigstore-bundle-v0.3.json").unwrap());
    assert!(jsonschema::is_valid(&schema, &value(&bundle)), "{}", value(&bundle));
    // Entered again in a later checkpoint: the newer proof takes the older one's place.
    log.log(&[Entry { digest: [1; 32], ..entry.clone() }]);
    envelope.log(&entry, &log.log_key().log_id(), log.log(std::slice::from_ref(&entry)).remove(0));
    assert_eq!(envelope.proofs().len(), 1);
}

/// Entered before the key was admitted, and not entered at all: a time is the latest the signature can have been made
/// at, so an earlier one is never worse than none.
#[test]
fn a_proof_from_before_the_admission_of_a_key_does_no_harm() {
    let log = Logbook::new("2026-10-15");
    let world = world_with(&log, "advisory");
    assert_eq!(code(&world, attestation(&predicate(), &[&key(10)]), &policy(OPTIONAL)), "ok");
    let envelope = logged(&log);
    assert_eq!(code(&world, envelope.clone(), &policy(OPTIONAL)), "ok");
    assert_eq!(code(&world, envelope, &policy(REQUIRED)), "ok");
}

/// Logged while the member was suspended, and again when it was not: the first proof takes nothing from the second.
#[test]
fn an_earlier_proof_does_not_spoil_a_later_one_of_a_member_that_left() {
    let log = Logbook::new("2026-11-01T12:00:00Z");
    let world = world_with(&log, "advisory");
    for (state, when) in [
        (MemberState::Suspended, "2026-11-01T06:00:00Z"),
        (MemberState::Active, "2026-11-01T18:00:00Z"),
        (MemberState::Left, "2026-11-01T23:00:00Z"),
    ] {
        world.forum.set_state("acme", state, at(when), None, at(FOUNDED)).unwrap();
    }
    crate::logbook::publish(&world, &log).unwrap();
    let mut both = logged(&log);
    log.cosigning.replace(vec![("cisa", "2026-11-01T20:00:00Z"), ("nist", "2026-11-01T20:00:00Z")]);
    let later = logged(&log);
    assert_eq!(code(&world, later.clone(), &policy(OPTIONAL)), "ok");
    both.attach(later.proofs()[0].clone());
    assert_eq!(code(&world, both, &policy(OPTIONAL)), "ok");
    log.cosigning.replace(vec![("cisa", "2026-11-01T23:00:00Z"), ("nist", "2026-11-01T23:00:00Z")]);
    assert_eq!(code(&world, logged(&log), &policy(OPTIONAL)), "member-left");
}

/// Of two proofs the earlier has the forum's quorum alone; the later one has what the policy asks for besides.
#[test]
fn each_proof_may_be_the_one_that_the_policys_own_group_cosigned() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "cisa");
    let advisory = policy(r#"{"require":"required","quorum":"advisory"}"#);
    log.cosigning.borrow_mut().pop();
    let mut both = logged(&log);
    log.cosigning.replace(vec![("cisa", "2026-11-01T20:00:00Z"), ("nist", "2026-11-01T20:00:00Z")]);
    let later = logged(&log);
    assert_eq!(code(&world, later.clone(), &advisory), "ok");
    both.attach(later.proofs()[0].clone());
    let verified = decide(&world, both, &advisory).unwrap();
    assert_eq!(verified.logged()[0].witnesses.len(), 2, "that proof is shown");
}

/// Genuine attestations, each with as many cosignatures as may come along: refused before the first of them is checked.
#[test]
fn proofs_that_would_cost_minutes_are_not_looked_at() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let mut envelope = attestation(&predicate(), &[&key(10)]);
    let proof = log.log(&[entry(&envelope, 10)]).remove(0);
    let note = proof.note.to_string();
    let line = note.lines().last().unwrap().to_owned() + "\n";
    let note = Note::parse((note + &line.repeat(61)).as_bytes()).unwrap();
    (0..16).for_each(|index| envelope.attach(Proof { index, note: note.clone(), ..proof.clone() }));
    let candidate =
        |n: usize| Candidate { source: n.to_string(), envelope: Ok(envelope.clone()), time: None, replay: None };
    let evidence = Evidence { name: "acme-1.0".into(), candidates: (0..300).map(candidate).collect() };
    let refused = verify(&measured(b"release"), evidence, &world.trust(), &policy(REQUIRED), at(NOW)).unwrap_err();
    assert_eq!(refused.code(), "attestation-malformed");
}
