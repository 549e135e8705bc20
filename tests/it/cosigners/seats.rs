//! What a seat of a group may be: one principal, one key.

use super::forged::forged;
use super::{refused, seat, world};
use crate::world::*;
use vouchsafe::encoding::{Explain, json};
use vouchsafe::publish::Rotation;
use vouchsafe::registry::{ForumRecord, MemberRecord};

/// One principal, one seat: the key of a seat is nobody else's, whoever comes first, and a consumer insists on it, too.
#[test]
fn a_seat_has_a_key_of_its_own() {
    let world = world();
    let add = |name: &str, key: &Key| {
        let answer = refused(world.forum.add_seat("operators", name, key.0.public(), at(FOUNDED)));
        world.forum.drop_staged().ok();
        answer
    };
    assert_eq!(add("grid", &world.acme), "key-taken");
    assert_eq!(add("grid", &world.board[2]), "seat-taken");
    assert_eq!(add("grid", &world.online), "seat-taken");
    assert_eq!(add("grid", &seat(0)), "seat-taken");
    assert_eq!(add("../grid", &key(70)), "name-invalid");
    assert_eq!(add("grid", &key(70)), "ok");
    let twice = refused(world.forum.add_seat("advisory", "cisa", key(70).0.public(), at(FOUNDED)));
    assert_eq!(twice, "seat-taken");
    assert_eq!(refused(world.forum.add_key("acme", &world.proof(&seat(0), "acme"), at(FOUNDED))), "key-taken");
    let rotation = Rotation { add: vec![("four".into(), seat(0).0.public().clone())], ..Rotation::default() };
    assert_eq!(refused(world.forum.rotate(&rotation, at(FOUNDED))), "seat-taken");
    let rotation = Rotation { online: Some(seat(0).0.public().clone()), ..Rotation::default() };
    assert_eq!(refused(world.forum.rotate(&rotation, at(FOUNDED))), "seat-taken");
    world.forum.renew(at(FOUNDED)).unwrap();
    assert!(world.forum.need_staged().unwrap().root.is_none(), "a refused rotation leaves no root behind");
    let load = |spki: &[u8]| {
        let mut forum = world.forum.record().unwrap();
        let spki = vouchsafe::encoding::base64::encode(spki);
        forum.groups.get_mut("advisory").unwrap().get_mut("cisa").unwrap().spki = spki;
        forged(&world, |files| drop(files.insert("forum.json".into(), json::pretty(&forum)))).map_err(|e| e.code())
    };
    assert_eq!(load(world.acme.0.public().spki_der()).unwrap_err(), "key-taken");
    assert_eq!(load(world.board[0].0.public().spki_der()).unwrap_err(), "seat-taken");
    assert_eq!(load(world.online.0.public().spki_der()).unwrap_err(), "seat-taken");
    assert_eq!(load(seat(1).0.public().spki_der()).unwrap_err(), "seat-taken");
    assert!(load(key(70).0.public().spki_der()).is_ok());
    // The identity point, under which a signature that fits every message can be made.
    let weak = [&hex::decode("302a300506032b6570032100").unwrap()[..], &[1], &[0; 31]].concat();
    assert_eq!(load(&weak).unwrap_err(), "registry-malformed");
}

/// A forum without groups is written as it always was.
#[test]
fn no_groups_no_word() {
    let world = World::new();
    let files = world.forum.files().unwrap();
    for name in ["forum.json", "members/acme.json"] {
        let text = String::from_utf8(files[name].clone()).unwrap();
        for word in ["groups", "endorsements", "confusableWith"] {
            assert!(!text.contains(word), "{name}: {text}");
        }
    }
    assert_eq!(json::pretty(&ForumRecord::parse(&files["forum.json"]).unwrap()), files["forum.json"]);
    assert_eq!(json::pretty(&MemberRecord::parse(&files["members/acme.json"]).unwrap()), files["members/acme.json"]);
}
