//! Notices about attestations: what each does to a verdict, and how it is lied about.

mod command;

use crate::cosigners::forged::{forged, travelled};
use crate::world::*;
use vouchsafe::attestation::{Envelope, Practices};
use vouchsafe::encoding::{Explain, json};
use vouchsafe::practice::PracticeId;
use vouchsafe::publish::{Error, seal};
use vouchsafe::registry::{Action, MemberState, Notice, NoticeSaid, Recorded, TrustedRegistry, notices_file};
use vouchsafe::verify::*;

/// A forum in which a second member, partner, may speak for Acme's products, and an advisory seat.
fn world() -> World {
    let world = World::new();
    world.forum.add_member("partner", "Partner", vec!["acme-*".into()], at("2019-01-01"), at(FOUNDED)).unwrap();
    world.forum.add_key("partner", &world.proof(&key(20), "partner"), at(FOUNDED)).unwrap();
    world.forum.add_seat("advisory", "cisa", key(60).0.public(), at(FOUNDED)).unwrap();
    world.publish(FOUNDED);
    world
}

fn id(practice: &str) -> PracticeId {
    PracticeId::parse(practice).unwrap()
}

/// A notice about what `attestation` signs.
fn notice(world: &World, action: Action, by: &str, practices: &[&str]) -> Notice {
    let (seat, member) = if by.contains('/') { (Some(by.to_owned()), None) } else { (None, Some(by.to_owned())) };
    Notice {
        name: "acme-1.0.sigstore.json".into(),
        attestation: attestation(&predicate(), &[]).payload_sha256(),
        said: NoticeSaid {
            forum: world.forum.record().unwrap().id,
            action,
            member,
            seat,
            practices: Some(practices.iter().map(|p| id(p)).collect()).filter(|_| !practices.is_empty()),
            reason: "not what we saw".into(),
            at: at(FOUNDED),
            superseded_by: (action == Action::Supersede).then(|| "a".repeat(64)),
        },
    }
}

fn sealed(notice: &Notice, key: &Key) -> Vec<u8> {
    let mut envelope = notice.envelope().unwrap();
    seal(&mut envelope, key).unwrap();
    envelope.to_json()
}

fn key_of(by: &str) -> Key {
    key(match by {
        "acme" => 10,
        "globex" => 11,
        "partner" => 20,
        _ => 60,
    })
}

fn given(world: &World, action: Action, by: &str, practices: &[&str]) -> Vec<u8> {
    sealed(&notice(world, action, by, practices), &key_of(by))
}

fn file(envelopes: &[Vec<u8>]) -> Vec<u8> {
    let recorded = |bytes: &Vec<u8>| Recorded {
        envelope: json::parse(bytes, 1 << 20, "test").unwrap(),
        digest: Envelope::parse(bytes).unwrap().payload_sha256(),
        notice: Notice::claimed(bytes).unwrap(),
    };
    notices_file(&envelopes.iter().map(recorded).collect::<Vec<_>>())
}

fn target() -> String {
    format!("notices/{}.json", attestation(&predicate(), &[]).payload_sha256())
}

/// The registry with these notices, signed by the board without looking.
fn with(world: &World, notices: &[Vec<u8>]) -> TrustedRegistry {
    forged(world, |files| {
        if !notices.is_empty() {
            files.insert(target(), file(notices));
        }
    })
    .unwrap()
}

fn stage(world: &World, envelope: &[u8]) -> &'static str {
    world.forum.add_notice(envelope, at(FOUNDED)).map_or_else(|error: Error| error.code(), |_| "ok")
}

fn policy(more: &str) -> Policy {
    let text = format!("{}{more}}}", POLICY.strip_suffix('}').unwrap());
    Policy::parse("test", text.as_bytes()).unwrap()
}

fn ask(trust: &TrustedRegistry, policy: &Policy, keys: &[&str], said: &Practices) -> Result<Verified, Refusal> {
    let keys: Vec<Key> = keys.iter().map(|k| key_of(k)).collect();
    let envelope = Ok(attestation(said, &keys.iter().collect::<Vec<_>>()));
    let candidates = vec![Candidate { source: "test".into(), envelope, time: None, replay: None }];
    verify(&measured(b"release"), Evidence { name: "acme-1.0".into(), candidates }, trust, policy, at(NOW))
}

fn code(trust: &TrustedRegistry, policy: &Policy, keys: &[&str]) -> &'static str {
    ask(trust, policy, keys, &predicate()).map_or_else(|refusal| refusal.code(), |_| "ok")
}

#[test]
fn what_a_notice_does_is_for_the_policy_to_say_but_for_withdrawals() {
    let world = world();
    let refuse = r#","claims":{"superseded":"refuse","disputed":"refuse"}"#;
    let cases: &[(Action, &str, &[&str], &str, &str)] = &[
        (Action::Withdraw, "acme", &[], "claim-withdrawn", "claim-withdrawn"),
        (Action::Withdraw, "acme", &["TST-01"], "practices-not-met", "practices-not-met"),
        (Action::Withdraw, "partner", &[], "ok", "ok"),
        (Action::Supersede, "acme", &[], "ok", "claim-superseded"),
        (Action::Supersede, "acme", &["TST-01"], "ok", "practices-not-met"),
        (Action::Supersede, "partner", &[], "ok", "ok"),
        (Action::Dispute, "globex", &[], "ok", "claim-disputed"),
        (Action::Dispute, "globex", &["TST-01"], "ok", "practices-not-met"),
        (Action::Dispute, "advisory/cisa", &["TST-01"], "ok", "practices-not-met"),
        (Action::Endorse, "globex", &[], "ok", "ok"),
        (Action::Endorse, "advisory/cisa", &["TST-01"], "ok", "ok"),
    ];
    for (action, by, practices, shown, refused) in cases {
        let trust = with(&world, &[given(&world, *action, by, practices)]);
        let got = (code(&trust, &policy(""), &["acme"]), code(&trust, &policy(refuse), &["acme"]));
        assert_eq!(got, (*shown, *refused), "{action:?} by {by} {practices:?}");
        let Ok(verified) = ask(&trust, &policy(""), &["acme"], &predicate()) else { continue };
        let [line] = verified.notices() else { panic!("{action:?} is not shown") };
        let ignored = action.is_for_signers() && *by == "partner";
        assert_eq!(line.effect, if ignored { Effect::Ignored } else { Effect::Shown }, "{action:?} by {by}");
        assert_eq!((line.by.as_str(), line.practices.len()), (*by, practices.len()));
        let mut other = predicate();
        other.assessed_at = at(FOUNDED);
        let verified = ask(&trust, &policy(refuse), &["acme"], &other).unwrap();
        assert!(verified.notices().is_empty(), "it is about one payload, and this is another");
    }
    let signature = Policy::signature_only("test");
    let trust = with(&world, &[given(&world, Action::Withdraw, "acme", &[])]);
    let refusal = ask(&trust, &signature, &["acme"], &predicate()).unwrap_err();
    assert_eq!(refusal.code(), "claim-withdrawn", "whatever is asked");
    assert_eq!(refusal.got(), "withdrawn by acme on 2026-11-01: not what we saw");
    assert_eq!(refusal.code.step(), Step::Practices);
}

#[test]
fn policies_cannot_overlook_a_withdrawal() {
    for (claims, fits) in [
        (r#"{"withdrawn":"refuse"}"#, true),
        (r#"{"withdrawn":"show"}"#, false),
        (r#"{"disputed":"ignore"}"#, false),
        (r#"{"endorsed":"refuse"}"#, false),
        (r#"{"superseded":"show"}"#, true),
    ] {
        let text = format!(r#"{{"schema":"vouchsafe-policy/v1","claims":{claims}}}"#);
        let read = Policy::parse("test", text.as_bytes());
        assert_eq!(read.map_or_else(|e| e.code(), |_| "ok"), if fits { "ok" } else { "policy-malformed" }, "{claims}");
    }
}

/// Every set of notices, every set of signatures: one notice more or one signature less never makes a yes of a no.
#[test]
fn no_notice_more_and_no_signature_less_makes_a_yes() {
    let world = world();
    let refuse = r#","claims":{"superseded":"refuse","disputed":"refuse"}"#;
    let notices = [
        given(&world, Action::Withdraw, "acme", &[]),
        given(&world, Action::Withdraw, "partner", &["TST-01"]),
        given(&world, Action::Supersede, "partner", &["TST-01", "INT-07"]),
        given(&world, Action::Withdraw, "acme", &["TST-01"]),
        given(&world, Action::Dispute, "globex", &["INT-07"]),
        given(&world, Action::Endorse, "advisory/cisa", &[]),
    ];
    let signers: [&[&str]; 3] = [&["acme"], &["partner"], &["acme", "partner"]];
    let policies = [policy(""), policy(refuse), policy(r#","signers":{"threshold":2}"#)];
    let mut answers = Vec::new();
    for set in 0..(1_usize << notices.len()) {
        let chosen: Vec<Vec<u8>> =
            notices.iter().enumerate().filter(|(n, _)| set & (1 << n) != 0).map(|(_, bytes)| bytes.clone()).collect();
        let trust = with(&world, &chosen);
        let of = |policy: &Policy| signers.map(|keys| code(&trust, policy, keys) == "ok");
        answers.push(policies.each_ref().map(of));
    }
    for (set, is) in answers.iter().enumerate() {
        for (p, [acme, partner, both]) in is.iter().enumerate() {
            assert!(*both || !(*acme || *partner), "a signature less made a yes: notices {set:b}, policy {p}");
            for n in (0..notices.len()).filter(|n| set & (1 << n) == 0) {
                let more = answers[set | (1 << n)][p];
                let made = [acme, partner, both].into_iter().zip(more).any(|(was, is)| is && !was);
                assert!(!made, "a notice more made a yes: {set:b} and {n}, policy {p}");
            }
        }
    }
    assert!(answers[0][0] == [true; 3] && answers[0][2] == [false, false, true]);
    assert_eq!(answers[1][0], [false, true, true], "another signer stands by it");
    assert_eq!(answers[8][0], [false, true, true], "a practice that one took back is the other's word");
    assert_eq!(answers[10][0], [false, false, false], "and nobody's if both did");
}

/// A practice that acme took back stands on partner's word only where partner counts, after cosigners, too.
#[test]
fn whoever_does_not_count_supports_nothing() {
    let world = world();
    let trust = world.trust();
    let about = vouchsafe::registry::Endorsed::member(&trust.members()["acme"]);
    let who = ("advisory", "cisa");
    let mut envelope = vouchsafe::registry::Endorsement::new(trust.forum(), who, about, at(FOUNDED)).envelope();
    seal(&mut envelope, &key(60)).unwrap();
    world.forum.add_endorsement(&envelope.to_json(), at(FOUNDED)).unwrap();
    world.publish(FOUNDED);
    let cosigned = policy(r#","cosigners":{"advisory":1}"#);
    let both: &[&str] = &["acme", "partner"];
    assert_eq!(code(&world.trust(), &cosigned, both), "ok");
    let trust = with(&world, &[given(&world, Action::Withdraw, "acme", &["TST-01"])]);
    assert_eq!((code(&trust, &policy(""), both), code(&trust, &cosigned, both)), ("ok", "practices-not-met"));
}

#[test]
fn a_notice_has_to_be_its_authors() {
    let world = world();
    let good = notice(&world, Action::Withdraw, "acme", &[]);
    let told = |change: &dyn Fn(&mut NoticeSaid), key: &Key| {
        let mut notice = good.clone();
        change(&mut notice.said);
        stage(&world, &sealed(&notice, key))
    };
    assert_eq!(told(&|_| {}, &world.stranger), "notice-invalid", "a stranger");
    assert_eq!(told(&|_| {}, &world.globex), "notice-invalid", "another member");
    assert_eq!(told(&|s| s.forum = "0".repeat(64), &world.acme), "notice-invalid", "another forum");
    assert_eq!(told(&|s| s.member = Some("nobody".into()), &world.acme), "notice-invalid", "nobody");
    assert_eq!(told(&|s| s.at = at("2018-01-01"), &world.acme), "notice-invalid", "before it was a member");
    assert_eq!(told(&|s| s.at = at("2026-12-01"), &world.acme), "notice-invalid", "from the future");
    let seat = |said: &mut NoticeSaid| {
        said.member = None;
        said.seat = Some("advisory/cisa".into());
        said.action = Action::Dispute;
    };
    assert_eq!(told(&seat, &world.acme), "notice-invalid", "a seat's key");
    assert_eq!(told(&|s| s.action = Action::Dispute, &key(60)), "notice-invalid", "a seat's key is no member's");
    for spoil in [
        (|s| s.reason = " ".into()) as fn(&mut NoticeSaid),
        |s| s.practices = Some([].into()),
        |s| s.superseded_by = Some("a".repeat(64)),
        |s| s.seat = Some("advisory/cisa".into()),
        |s| s.member = None,
        |s| s.action = Action::Supersede,
    ] {
        let mut notice = good.clone();
        spoil(&mut notice.said);
        assert_eq!(notice.envelope().unwrap_err().code(), "notice-invalid", "{notice:?}");
    }
    world.forum.set_state("acme", MemberState::Suspended, at(FOUNDED), None, at(FOUNDED)).unwrap();
    assert_eq!(told(&|_| {}, &world.acme), "notice-invalid", "suspended");
    world.forum.drop_staged().unwrap();
    let keyid = world.acme.0.public().id().to_string();
    world.forum.revoke_key("acme", &keyid, at(FOUNDED), "stolen".into(), at(FOUNDED)).unwrap();
    assert_eq!(told(&|_| {}, &world.acme), "notice-invalid", "compromised");
    world.forum.drop_staged().unwrap();
    assert_eq!(told(&|_| {}, &world.acme), "ok");
    assert_eq!(told(&|_| {}, &world.acme), "nothing-to-change");
    let words = world.forum.need_staged().unwrap().review().unwrap().changes;
    let says = "notice: acme withdraws the attestation sha256:";
    assert!(words.len() == 1 && words[0].starts_with(says) && words[0].ends_with(": not what we saw"), "{words:?}");
    world.publish(FOUNDED);
    assert_eq!(code(&world.trust(), &policy(""), &["acme"]), "claim-withdrawn");
}

/// A byte of what is signed, another list of practices, another attestation's place: none of it stages or loads.
#[test]
fn what_was_signed_is_what_counts() {
    let world = world();
    let narrow = given(&world, Action::Withdraw, "acme", &["TST-01"]);
    let text = String::from_utf8(narrow.clone()).unwrap();
    let payload = |bytes: &[u8]| {
        let document: serde_json::Value = json::parse(bytes, 1 << 20, "test").unwrap();
        document["payload"].as_str().unwrap().to_owned()
    };
    let wide = payload(&given(&world, Action::Withdraw, "acme", &[]));
    let replayed = text.replace(&payload(&narrow), &wide);
    assert_eq!(stage(&world, replayed.as_bytes()), "notice-invalid", "one signature under another list");
    let mut other = notice(&world, Action::Withdraw, "acme", &[]);
    other.attestation = "b".repeat(64);
    let other = sealed(&other, &world.acme);
    let misplaced = forged(&world, |files| drop(files.insert(target(), file(std::slice::from_ref(&other)))));
    assert_eq!(misplaced.unwrap_err().code(), "registry-malformed", "about another attestation");
    for (name, bytes) in [
        ("notices/acme.json", file(std::slice::from_ref(&narrow))),
        (target().as_str(), b"{\"schema\":\"vouchsafe-notices/v1\",\"notices\":[]}".to_vec()),
        (target().as_str(), file(&vec![narrow.clone(); 65])),
        (target().as_str(), b"{}".to_vec()),
    ] {
        let loaded = forged(&world, |files| drop(files.insert(name.into(), bytes.clone())));
        assert_eq!(loaded.unwrap_err().code(), "registry-malformed", "{name}");
    }
    // An envelope that is a notice vouches for nothing, whatever file it is about.
    let envelope = Ok(Envelope::parse(&narrow).unwrap());
    let candidates = vec![Candidate { source: "test".into(), envelope, time: None, replay: None }];
    let evidence = Evidence { name: "acme-1.0.sigstore.json".into(), candidates };
    let attested = attestation(&predicate(), &[]);
    let (_, bytes) = attested.inspect_unverified("a test");
    let signature = Policy::signature_only("test");
    let answer = verify(&measured(bytes), evidence, &world.trust(), &signature, at(NOW));
    assert_eq!(answer.unwrap_err().code(), "predicate-type");
}

#[test]
fn no_notice_is_removed_or_changed() {
    let world = world();
    let (first, second) =
        (given(&world, Action::Dispute, "globex", &[]), given(&world, Action::Dispute, "advisory/cisa", &["TST-01"]));
    assert_eq!((stage(&world, &first), stage(&world, &second)), ("ok", "ok"));
    world.publish(FOUNDED);
    let again = |change: &dyn Fn(&mut vouchsafe::publish::change::Files)| {
        let mut files = world.forum.files().unwrap();
        change(&mut files);
        world.forum.stage(&files, at(FOUNDED)).map_or_else(|e| e.code(), |()| "ok")
    };
    assert_eq!(again(&|f| drop(f.remove(&target()).unwrap())), "history-rewritten");
    for list in [vec![first.clone()], vec![second.clone(), first.clone()], vec![second.clone()]] {
        assert_eq!(again(&|f| drop(f.insert(target(), file(&list)))), "history-rewritten");
    }
    let list = [first.clone(), second.clone(), first.clone()];
    assert_eq!(again(&|f| drop(f.insert(target(), file(&list)))), "notice-invalid", "the same twice");
    let unrecorded = [first.clone(), second.clone(), given(&world, Action::Endorse, "partner", &[])];
    assert_eq!(again(&|f| drop(f.insert(target(), file(&unrecorded)))), "notice-invalid", "not in the record");
    let mut record = world.trust().members()["globex"].clone();
    assert_eq!(record.notices.len(), 1);
    record.notices.clear();
    let emptied = again(&|f| drop(f.insert("members/globex.json".into(), json::pretty(&record))));
    assert_eq!(emptied, "history-rewritten");
    let verified = ask(&world.trust(), &policy(""), &["acme"], &predicate()).unwrap();
    assert_eq!(verified.notices().iter().map(|n| n.by.as_str()).collect::<Vec<_>>(), ["globex", "advisory/cisa"]);
}

/// The file that travels to an offline signer: a notice nobody gave is seen there, too.
#[test]
fn an_offline_signer_checks_notices() {
    let world = world();
    let forged = sealed(&notice(&world, Action::Withdraw, "acme", &[]), &world.stranger);
    for bytes in [file(&[forged]), file(&[given(&world, Action::Withdraw, "acme", &[])])] {
        let mut change = travelled(&world, (&target(), &bytes));
        let error = change.sign(&world.board[2]).unwrap_err();
        assert_eq!(error.code(), "notice-invalid", "forged, or not in its author's record");
    }
    assert_eq!(stage(&world, &given(&world, Action::Withdraw, "acme", &[])), "ok");
    let exported = world.forum.need_staged().unwrap().to_bytes().unwrap();
    vouchsafe::publish::Change::parse(&exported).unwrap().sign(&world.board[2]).unwrap();
}

/// Members in bins: the record of whoever gave a notice travels with it, a later edit keeps it, and a view that does not
/// hold the member counts the notice by the board's word.
#[test]
fn notices_in_a_registry_of_bins() {
    let world = world();
    world.forum.spread(1, at(FOUNDED)).unwrap();
    world.publish(FOUNDED);
    assert_eq!(stage(&world, &given(&world, Action::Dispute, "globex", &[])), "ok");
    let change = world.forum.need_staged().unwrap();
    assert!(change.after.contains_key("members/globex.json"), "{:?}", change.after.keys());
    assert_eq!(change.bins.len(), 1);
    let mut change = vouchsafe::publish::Change::parse(&change.to_bytes().unwrap()).unwrap();
    change.sign(&world.board[2]).unwrap();
    world.forum.add_seat("advisory", "nist", key(61).0.public(), at(FOUNDED)).unwrap();
    world.forum.renew(at(FOUNDED)).unwrap();
    assert_eq!(stage(&world, &given(&world, Action::Withdraw, "acme", &["TST-01"])), "ok");
    world.publish(FOUNDED);
    let strict = policy(r#","claims":{"disputed":"refuse"}"#);
    let folder = vouchsafe::gather::repository::Folder::at(world.forum.published_path());
    let root = std::fs::read(world.forum.published_path().join("metadata/1.root.json")).unwrap();
    let wanted = vouchsafe::registry::Wanted::Members(["acme".to_owned()].into());
    let held = vouchsafe::registry::Freshness::Held;
    let part = vouchsafe::registry::load(&folder, &root, None, at(NOW), held, &wanted).unwrap();
    assert!(!part.is_whole() && !part.members().contains_key("globex"));
    for trust in [&part, &world.trust()] {
        assert_eq!(code(trust, &strict, &["acme"]), "claim-disputed");
        assert_eq!(code(trust, &policy(""), &["acme"]), "practices-not-met");
    }
    // Partner, whose record is not held, may stand by what acme took back.
    assert_eq!(code(&part, &policy(""), &["acme", "partner"]), "member-not-held");
    assert_eq!(code(&world.trust(), &policy(""), &["acme", "partner"]), "ok");
}
