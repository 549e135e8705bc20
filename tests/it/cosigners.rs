//! Seats that stand behind members and catalogues: what a policy gets when it asks for them, and how it is lied to.

mod command;
pub(crate) mod forged;
mod seats;

use crate::world::*;
use forged::{forged, travelled};
use serde_json::Value;
use std::num::NonZeroUsize;
use vouchsafe::encoding::{Explain, json};
use vouchsafe::practice::builtin;
use vouchsafe::publish::{Error, seal};
use vouchsafe::registry::{Endorsed, Endorsement, ForumRecord, KeyProof, MemberRecord, MemberState, TrustedRegistry};
use vouchsafe::verify::*;

const SEATS: [&str; 3] = ["cisa", "ncsc", "nist"];

/// The key of a seat.
fn seat(n: usize) -> Key {
    key(60 + u8::try_from(n).unwrap())
}

/// A forum with three seats in its group `advisory`, published.
fn world() -> World {
    let world = World::new();
    for (n, name) in SEATS.iter().enumerate() {
        world.forum.add_seat("advisory", name, seat(n).0.public(), at(FOUNDED)).unwrap();
    }
    world.publish(FOUNDED);
    world
}

fn record(world: &World) -> MemberRecord {
    world.trust().members().get("acme").unwrap().clone()
}

/// What a seat signs about a member as it is recorded.
fn of_member(world: &World, n: usize, member: &str) -> Vec<u8> {
    let trust = world.trust();
    envelope(trust.forum(), ("advisory", SEATS[n]), &seat(n), Endorsed::member(trust.members().get(member).unwrap()))
}

fn of_catalogue(world: &World, n: usize) -> Vec<u8> {
    let about = Endorsed::catalogue(&builtin().unwrap());
    envelope(world.trust().forum(), ("advisory", SEATS[n]), &seat(n), about)
}

fn envelope(forum: &ForumRecord, who: (&str, &str), key: &Key, about: Endorsed) -> Vec<u8> {
    let mut envelope = Endorsement::new(forum, who, about, at(FOUNDED)).envelope();
    seal(&mut envelope, key).unwrap();
    envelope.to_json()
}

fn read(bytes: &[u8]) -> Value {
    json::parse(bytes, 1 << 20, "test").unwrap()
}

fn endorse(world: &World, envelope: &[u8]) -> Result<(), Error> {
    world.forum.add_endorsement(envelope, at(FOUNDED)).map(drop)
}

/// Asks for `members` seats behind the signer and `catalogue` seats behind the catalogue; 0 does not ask.
fn policy(members: usize, catalogue: usize) -> Policy {
    let mut policy = Policy::parse("test", POLICY.as_bytes()).unwrap();
    let asked = |n: usize| NonZeroUsize::new(n).map(|n| ("advisory".to_owned(), n)).into_iter().collect();
    policy.cosigners = asked(members);
    policy.practices.as_mut().unwrap().endorsed_by = asked(catalogue);
    policy
}

fn ask(trust: &TrustedRegistry, policy: &Policy, keys: &[&Key]) -> Result<Verified, Refusal> {
    let envelope = Ok(attestation(&predicate(), keys));
    let candidates = vec![Candidate { source: "test".into(), envelope, time: None, replay: None }];
    verify(&measured(b"release"), Evidence { name: "acme-1.0".into(), candidates }, trust, policy, at(NOW))
}

fn code(trust: &TrustedRegistry, policy: &Policy) -> &'static str {
    ask(trust, policy, &[&key(10)]).map_or_else(|refusal| refusal.code(), |_| "ok")
}

fn refused<T>(answer: Result<T, Error>) -> &'static str {
    answer.map_or_else(|error| error.code(), |_| "ok")
}

/// So many seats suffice, and one fewer never does: for every set of endorsements and every number asked for.
#[test]
fn seats_are_counted_and_one_fewer_never_helps() {
    let world = world();
    for set in 0..8_usize {
        let has = |n: &usize| set & (1 << n) != 0;
        let trust = forged(&world, |files| {
            let mut member = record(&world);
            member.endorsements = (0..3).filter(has).map(|n| read(&of_member(&world, n, "acme"))).collect();
            files.insert("members/acme.json".into(), json::pretty(&member));
            let list: Vec<Value> = (0..3).filter(has).map(|n| read(&of_catalogue(&world, n))).collect();
            let list = serde_json::json!({"schema": "vouchsafe-endorsements/v1", "endorsements": list});
            files.insert("endorsements/forum-fp-2026.1.json".into(), json::pretty(&list));
        })
        .unwrap();
        let there = set.count_ones() as usize;
        for need in 1..=3 {
            let want = if there >= need { "ok" } else { "cosigners-missing" };
            assert_eq!(code(&trust, &policy(need, 0)), want, "{there} of {need}, member");
            assert_eq!(code(&trust, &policy(0, need)), want, "{there} of {need}, catalogue");
            assert_eq!(code(&trust, &policy(need, need)), want, "{there} of {need}, both");
        }
        assert_eq!(code(&trust, &policy(0, 0)), "ok", "what is not asked for is not looked at");
    }
}

#[test]
fn the_answer_names_the_seats() {
    let world = world();
    for n in [0, 2] {
        endorse(&world, &of_member(&world, n, "acme")).unwrap();
    }
    endorse(&world, &of_catalogue(&world, 1)).unwrap();
    world.publish(FOUNDED);
    let trust = world.trust();
    let verified = ask(&trust, &policy(2, 1), &[&world.acme]).unwrap();
    let seats: Vec<String> = verified.cosigners().iter().map(|c| format!("{} {}", c.seat, c.endorses)).collect();
    assert_eq!(seats, ["cisa member acme", "ncsc catalogue forum-fp@2026.1", "nist member acme"]);
    let no = ask(&trust, &policy(3, 0), &[&world.acme]).unwrap_err();
    assert_eq!(
        (no.expected(), no.got()),
        ("3 seats of group advisory that endorse member acme".to_owned(), "2: cisa, nist; missing ncsc".to_owned())
    );
    let mut other = policy(0, 0);
    other.cosigners.insert("operators".into(), ONE);
    let no = ask(&trust, &other, &[&world.acme]).unwrap_err();
    assert_eq!((no.code(), no.got().as_str()), ("cosigners-missing", "no such group; the forum has advisory"));
    let mut both = policy(2, 0);
    both.cosigners.insert("operators".into(), ONE);
    assert_eq!(code(&trust, &both), "cosigners-missing", "every group that is asked for");
}

/// Groups are asked apart: a seat speaks for its own, whatever its name.
#[test]
fn a_seat_counts_for_its_own_group() {
    let world = world();
    world.forum.add_seat("operators", "cisa", key(70).0.public(), at(FOUNDED)).unwrap();
    world.publish(FOUNDED);
    let about = Endorsed::member(&record(&world));
    let forum = world.forum.record().unwrap();
    endorse(&world, &envelope(&forum, ("operators", "cisa"), &key(70), about)).unwrap();
    world.publish(FOUNDED);
    let asked = |groups: &[&str]| {
        let mut policy = policy(0, 0);
        policy.cosigners = groups.iter().map(|group| ((*group).to_owned(), ONE)).collect();
        code(&world.trust(), &policy)
    };
    assert_eq!(asked(&["operators"]), "ok");
    assert_eq!((asked(&["advisory"]), asked(&["advisory", "operators"])), ("cosigners-missing", "cosigners-missing"));
    endorse(&world, &of_member(&world, 0, "acme")).unwrap();
    world.publish(FOUNDED);
    assert_eq!(asked(&["advisory", "operators"]), "ok");
}

/// A signer that nobody endorses does not count, and does not spoil one that does.
#[test]
fn a_signature_fewer_never_helps() {
    let world = world();
    world.forum.add_member("initech", "Initech", vec!["acme-*".into()], at("2020-01-01"), at(FOUNDED)).unwrap();
    world.forum.add_key("initech", &world.proof(&key(20), "initech"), at(FOUNDED)).unwrap();
    endorse(&world, &of_member(&world, 0, "acme")).unwrap();
    world.publish(FOUNDED);
    let trust = world.trust();
    let both = ask(&trust, &policy(1, 0), &[&world.acme, &key(20)]).unwrap();
    assert_eq!(both.signers().iter().map(|s| s.member.as_str()).collect::<Vec<_>>(), ["acme"]);
    assert!(ask(&trust, &policy(1, 0), &[&world.acme]).is_ok());
    assert_eq!(ask(&trust, &policy(1, 0), &[&key(20)]).unwrap_err().code, Code::CosignersMissing);
    let mut two = policy(1, 0);
    two.signers.threshold = ONE.saturating_add(1);
    assert_eq!(ask(&trust, &two, &[&world.acme, &key(20)]).unwrap_err().code, Code::CosignersMissing);
}

/// What is no endorsement of this by a seat of this forum, and says it is. Refused where it is staged, by whoever signs
/// offline, and not counted by a consumer even if a board had signed it.
#[test]
fn what_is_about_something_else_does_not_count() {
    let world = world();
    let elsewhere = World::founded(FOUNDED, 101);
    let about = Endorsed::member(&record(&world));
    let forum = world.forum.record().unwrap();
    let changed = |change: fn(&mut MemberRecord)| {
        let mut other = record(&world);
        change(&mut other);
        envelope(&forum, ("advisory", "cisa"), &seat(0), Endorsed::member(&other))
    };
    let mut catalogue = read(&of_catalogue(&world, 0));
    let mut older = Endorsed::catalogue(&builtin().unwrap());
    if let Endorsed::Catalogue(c) = &mut older {
        c.version = "2025.9".into();
    }
    catalogue["payloadType"] = "application/vnd.vouchsafe.key-proof+json".into();
    let mut proof = KeyProof::new(&forum.id, "acme", seat(0).0.public(), at(FOUNDED)).envelope();
    seal(&mut proof, &seat(0)).unwrap();
    let mut voiceless = read(&of_member(&world, 0, "acme"));
    voiceless["signatures"] = serde_json::json!([]);
    for (what, envelope) in [
        (
            "of another forum",
            envelope(&elsewhere.forum.record().unwrap(), ("advisory", "cisa"), &seat(0), about.clone()),
        ),
        ("of another member", of_member(&world, 0, "globex")),
        ("of another name", changed(|m| m.name = "Acme Incorporated".into())),
        ("of a wider scope", changed(|m| m.scope.push("*".into()))),
        ("of fewer keys", changed(|m| m.keys.clear())),
        ("of another time", changed(|m| m.since = at("2018-01-01"))),
        ("of a catalogue", of_catalogue(&world, 0)),
        ("of another catalogue version", envelope(&forum, ("advisory", "cisa"), &seat(0), older)),
        ("by a member", envelope(&forum, ("advisory", "cisa"), &world.globex, about.clone())),
        ("by the board", envelope(&forum, ("advisory", "cisa"), &world.board[0], about.clone())),
        ("by another seat in its name", envelope(&forum, ("advisory", "cisa"), &seat(1), about.clone())),
        ("by no seat of the forum", envelope(&forum, ("advisory", "bsi"), &seat(0), about.clone())),
        ("by a seat of another group", envelope(&forum, ("operators", "cisa"), &seat(0), about.clone())),
        ("of another kind of document", json::compact(&catalogue)),
        ("a proof of possession", proof.to_json()),
        ("without a signature", json::compact(&voiceless)),
    ] {
        assert!(Endorsement::check(&envelope, &forum, &about).is_err(), "{what}");
        let mut member = record(&world);
        member.endorsements = vec![read(&envelope)];
        let mut files = world.forum.files().unwrap();
        files.insert("members/acme.json".into(), json::pretty(&member));
        let staged = refused(world.forum.stage(&files, at(FOUNDED)));
        assert!(["endorsement-invalid", "registry-malformed"].contains(&staged), "{what}: {staged}");
        let file = json::pretty(&member);
        let offline = refused(travelled(&world, ("members/acme.json", &file)).sign(&world.board[0]));
        assert_eq!(offline, staged, "{what}");
        let trust = forged(&world, |files| drop(files.insert("members/acme.json".into(), file))).unwrap();
        assert_eq!(code(&trust, &policy(1, 0)), "cosigners-missing", "{what}");
    }
    assert_eq!(refused(endorse(&world, &of_member(&world, 0, "acme"))), "ok");
    assert_eq!(refused(endorse(&world, &of_member(&world, 0, "acme"))), "nothing-to-change");
    let nobody = envelope(&forum, ("advisory", "cisa"), &seat(0), {
        let mut other = record(&world);
        other.id = "nobody".into();
        Endorsed::member(&other)
    });
    assert_eq!(refused(endorse(&world, &nobody)), "member-unknown");
    let mut older = Endorsed::catalogue(&builtin().unwrap());
    if let Endorsed::Catalogue(c) = &mut older {
        c.version = "2025.9".into();
    }
    let older = envelope(&forum, ("advisory", "cisa"), &seat(0), older);
    assert_eq!(refused(endorse(&world, &older)), "registry-catalogue-unknown");
}

/// One seat is one voice: endorsing twice, under two envelopes or with the key it had before.
#[test]
fn a_seat_is_counted_once() {
    let world = world();
    let forum = world.forum.record().unwrap();
    let about = Endorsed::member(&record(&world));
    let mut later = Endorsement::new(&forum, ("advisory", "cisa"), about.clone(), at(NOW)).envelope();
    seal(&mut later, &seat(0)).unwrap();
    let mut both = Endorsement::new(&forum, ("advisory", "cisa"), about.clone(), at(NOW)).envelope();
    seal(&mut both, &seat(0)).unwrap();
    seal(&mut both, &seat(1)).unwrap();
    let one = of_member(&world, 0, "acme");
    for list in [vec![one.clone(), one.clone()], vec![one.clone(), later.to_json()], vec![both.to_json()]] {
        let mut member = record(&world);
        member.endorsements = list.iter().map(|e| read(e)).collect();
        let file = json::pretty(&member);
        let trust = forged(&world, |files| drop(files.insert("members/acme.json".into(), file.clone()))).unwrap();
        assert_eq!((code(&trust, &policy(1, 0)), code(&trust, &policy(2, 0))), ("ok", "cosigners-missing"));
        let mut files = world.forum.files().unwrap();
        files.insert("members/acme.json".into(), file);
        let want = if list.len() > 1 { "endorsement-invalid" } else { "ok" };
        assert_eq!(refused(world.forum.stage(&files, at(FOUNDED))), want);
        world.forum.drop_staged().ok();
    }
    // The seat gets another key; what the old key endorsed stays in the record and counts no longer.
    endorse(&world, &one).unwrap();
    world.publish(FOUNDED);
    assert_eq!(code(&world.trust(), &policy(1, 0)), "ok");
    world.forum.drop_seat("advisory", "cisa", at(FOUNDED)).unwrap();
    world.forum.add_seat("advisory", "cisa", key(70).0.public(), at(FOUNDED)).unwrap();
    let words = world.forum.need_staged().unwrap().review().unwrap().changes.join("\n");
    assert!(words.contains("seat cisa of group advisory gets key") && words.contains("no longer counts"), "{words}");
    world.publish(FOUNDED);
    assert_eq!(code(&world.trust(), &policy(1, 0)), "cosigners-missing");
    let forum = world.forum.record().unwrap();
    endorse(&world, &envelope(&forum, ("advisory", "cisa"), &key(70), about)).unwrap();
    world.publish(FOUNDED);
    assert_eq!((code(&world.trust(), &policy(1, 0)), code(&world.trust(), &policy(2, 0))), ("ok", "cosigners-missing"));
    assert_eq!(record(&world).endorsements.len(), 1, "the one that no longer counts went");
}

#[test]
fn a_seat_that_is_gone_endorses_nothing() {
    let world = world();
    endorse(&world, &of_member(&world, 0, "acme")).unwrap();
    endorse(&world, &of_catalogue(&world, 0)).unwrap();
    world.publish(FOUNDED);
    assert_eq!(code(&world.trust(), &policy(1, 1)), "ok");
    world.forum.drop_seat("advisory", "cisa", at(FOUNDED)).unwrap();
    world.publish(FOUNDED);
    assert_eq!(code(&world.trust(), &policy(1, 0)), "cosigners-missing");
    assert_eq!(code(&world.trust(), &policy(0, 1)), "cosigners-missing");
    assert_eq!(refused(world.forum.drop_seat("advisory", "cisa", at(FOUNDED))), "seat-unknown");
}

/// An endorsement is of a name, a scope and keys: it ends with them, and not with a key or for a while.
#[test]
fn an_endorsement_lasts_as_long_as_what_it_is_of() {
    type Edit = fn(&World);
    let edits: [(&str, Edit); 6] = [
        ("ok", |w| w.forum.set_state("acme", MemberState::Suspended, at(FOUNDED), None, at(FOUNDED)).unwrap()),
        ("ok", |w| {
            let id = w.acme.0.public().id().to_string();
            w.forum.revoke_key("acme", &id, at(FOUNDED), "stolen".into(), at(FOUNDED)).unwrap();
        }),
        ("ok", |w| {
            let id = w.acme.0.public().id().to_string();
            w.forum.retire_key("acme", &id, at(FOUNDED), None, at(FOUNDED)).unwrap();
        }),
        ("ended", |w| drop(w.forum.add_key("acme", &w.proof(&key(20), "acme"), at(FOUNDED)).unwrap())),
        ("ended", |w| w.forum.describe_member("acme", Some("Acme Inc".into()), None, at(FOUNDED)).unwrap()),
        ("ended", |w| w.forum.describe_member("acme", None, Some(vec!["*".into()]), at(FOUNDED)).unwrap()),
    ];
    for (want, edit) in edits {
        let world = world();
        endorse(&world, &of_member(&world, 0, "acme")).unwrap();
        world.publish(FOUNDED);
        edit(&world);
        let words = world.forum.need_staged().unwrap().review().unwrap().changes.join("\n");
        assert_eq!(words.contains("the endorsement of member acme by advisory/cisa no longer counts"), want == "ended");
        world.publish(FOUNDED);
        let (trust, record) = (world.trust(), record(&world));
        let seats = vouchsafe::registry::endorsing(&record.endorsements, trust.forum(), &Endorsed::member(&record));
        assert_eq!(seats.len(), usize::from(want == "ok"), "{words}");
        assert_ne!((code(&trust, &policy(1, 0)), want), ("ok", "ended"), "{words}");
    }
}

/// An endorsement that counts stays; nobody takes it out of the record unseen.
#[test]
fn an_endorsement_that_counts_is_not_dropped() {
    let world = world();
    endorse(&world, &of_member(&world, 0, "acme")).unwrap();
    endorse(&world, &of_catalogue(&world, 0)).unwrap();
    world.publish(FOUNDED);
    let mut files = world.forum.files().unwrap();
    files
        .insert("members/acme.json".into(), json::pretty(&MemberRecord { endorsements: Vec::new(), ..record(&world) }));
    assert_eq!(refused(world.forum.stage(&files, at(FOUNDED))), "history-rewritten");
    let mut files = world.forum.files().unwrap();
    files.remove("endorsements/forum-fp-2026.1.json").unwrap();
    assert_eq!(refused(world.forum.stage(&files, at(FOUNDED))), "history-rewritten");
    let mut files = world.forum.files().unwrap();
    let orphan = files["endorsements/forum-fp-2026.1.json"].clone();
    files.insert("endorsements/forum-fp-9.json".into(), orphan);
    assert_eq!(
        refused(world.forum.stage(&files, at(FOUNDED))),
        "endorsement-invalid",
        "of a catalogue that is not there"
    );
}
