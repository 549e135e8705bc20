//! A registry that is kept in a log: nobody takes a version that the log does not show to everybody.

use crate::logbook::{Logbook, publish, world_with};
use crate::world::{FOUNDED, NOW, World, at, key};
use std::path::{Path, PathBuf};
use vouchsafe::encoding::Explain as _;
use vouchsafe::gather::repository::Folder;
use vouchsafe::gather::trust;
use vouchsafe::publish::{Nobody, Rotation};
use vouchsafe::registry::{
    self, Freshness, LoadError, Metadata, Repository as _, TrustedRegistry, Wanted, load, proof_name,
};
use vouchsafe::signer::Signer as _;
use vouchsafe::store::Home;

const BEFORE: &str = "2026-11-01T12:00:00Z";

fn read(folder: &Path) -> Result<TrustedRegistry, String> {
    let folder = Folder::at(folder);
    let root = folder.metadata("1.root.json", 1 << 20).unwrap().unwrap();
    load(&folder, &root, None, at(NOW), Freshness::Current, &Wanted::Everybody).map_err(|error| match error {
        LoadError::Refused(refusal) => refusal.code().to_owned(),
        LoadError::World(error) => error.to_string(),
    })
}

fn proof(world: &World, role: &str, version: u64) -> PathBuf {
    world.forum.published_path().join("metadata").join(proof_name(role, version))
}

/// Trusts the forum by the fingerprint of its root.
fn confirm(home: &Home, world: &World) {
    let published = world.forum.published_path();
    let pin = trust::offered(published.as_path()).unwrap();
    trust::add(home, published.as_path(), &pin, &Default::default(), at(NOW)).unwrap();
}

#[test]
fn a_version_is_entered_in_the_log_before_anybody_sees_it() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let registry = world.trust();
    assert_eq!(registry.log_policy().unwrap().quorum(), "advisory");
    assert!(proof(&world, "targets", registry.versions().targets).is_file());
    // Without the log nothing is published, and what was stays.
    world.forum.set_state("acme", vouchsafe::registry::MemberState::Suspended, at(FOUNDED), None, at(FOUNDED)).unwrap();
    let mut change = world.forum.need_staged().unwrap();
    change.sign(&world.board[0]).unwrap();
    change.sign(&world.board[1]).unwrap();
    world.forum.write_signatures(&change).unwrap();
    let refused = world.forum.publish(&world.online, at(FOUNDED)).unwrap_err();
    assert_eq!(refused.code(), "registry-not-logged");
    assert_eq!(world.trust().versions(), registry.versions());
    // With witnesses that are silent neither: the proof would convince nobody.
    log.cosigning.borrow_mut().pop();
    let refused = world.forum.publish_logged(&world.online, Some(&log), at(FOUNDED)).unwrap_err();
    assert_eq!(refused.code(), "registry-not-logged");
    log.cosigning.borrow_mut().push(("nist", BEFORE));
    world.forum.publish_logged(&world.online, Some(&log), at(FOUNDED)).unwrap();
    assert_eq!(world.trust().versions().targets, registry.versions().targets + 1);
    // Refreshing says nothing new, so that nothing is entered.
    world.forum.refresh(&world.online, at(FOUNDED)).unwrap();
}

#[test]
fn a_version_whose_proof_is_gone_changed_or_another_ones_is_refused() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let place = proof(&world, "targets", world.trust().versions().targets);
    let good = std::fs::read_to_string(&place).unwrap();
    let published = world.forum.published_path();
    assert!(read(&published).is_ok());
    let first_hash = good.lines().nth(2).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let without_witness = lines[..lines.len() - 1].join("\n") + "\n";
    for bad in [
        good.replace(first_hash, &"A".repeat(43).chars().chain(['=']).collect::<String>()),
        good.replacen("index ", "index 1", 1),
        without_witness,
        log.log(&[vouchsafe::transparency::Entry {
            digest: [1; 32],
            signature: vec![1],
            key: key(10).0.public().clone(),
        }])[0]
            .to_string(),
        String::new(),
    ] {
        std::fs::write(&place, bad).unwrap();
        assert_eq!(read(&published).unwrap_err(), "registry-not-logged");
    }
    std::fs::remove_file(&place).unwrap();
    assert_eq!(read(&published).unwrap_err(), "registry-not-logged");
    std::fs::write(&place, good).unwrap();
    assert!(read(&published).is_ok());
}

/// The forum's board signs two registries of one version. Only one of them is in the log with witnesses.
#[test]
fn a_second_truth_that_is_not_logged_is_refused() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let other = tempfile::tempdir().unwrap();
    crate::registry::copy(&world.forum.published_path(), other.path());
    world.forum.set_state("acme", vouchsafe::registry::MemberState::Suspended, at(FOUNDED), None, at(FOUNDED)).unwrap();
    publish(&world, &log).unwrap();
    let version = world.trust().versions().targets;
    let split = World::new();
    let unwatched = Logbook::new(BEFORE);
    unwatched.cosigning.borrow_mut().clear();
    split.forum.set_log_policy(Some(log.policy("advisory").as_bytes()), at(FOUNDED)).unwrap();
    assert_eq!(publish(&split, &unwatched).unwrap_err().code(), "registry-not-logged");
    // The proof of the true version does not prove the other.
    crate::registry::copy(&world.forum.published_path(), other.path());
    let name = format!("{version}.targets.json");
    assert!(other.path().join("metadata").join(name).is_file());
    let stale = proof(&world, "targets", version - 1);
    std::fs::copy(stale, other.path().join("metadata").join(proof_name("targets", version))).unwrap();
    assert_eq!(read(other.path()).unwrap_err(), "registry-not-logged");
}

#[test]
fn every_root_after_the_pinned_one_is_in_the_log_too() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let rotation = Rotation {
        add: vec![("four".into(), key(20).0.public().clone())],
        remove: vec!["three".into()],
        ..Rotation::default()
    };
    world.forum.rotate(&rotation, at(FOUNDED)).unwrap();
    publish(&world, &log).unwrap();
    let place = proof(&world, "root", 2);
    let published = world.forum.published_path();
    assert!(place.is_file() && read(&published).is_ok());
    std::fs::remove_file(place).unwrap();
    assert_eq!(read(&published).unwrap_err(), "registry-not-logged");
}

/// Leaving the log, or taking another, is followed only if the log it was in shows that to everybody.
#[test]
fn a_forum_cannot_leave_its_log_unseen() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("home"));
    confirm(&home, &world);
    let update = || {
        let state = trust::list(&home).unwrap().remove(0);
        trust::update(&home, &state, None, &Default::default(), at(NOW)).map(|(registry, _)| *registry.versions())
    };
    let before = update().unwrap();
    // Left in silence, or for a log that others do not see.
    world.forum.set_log_policy(None, at(FOUNDED)).unwrap();
    let mut change = world.forum.need_staged().unwrap();
    world.board.iter().take(2).for_each(|seat| change.sign(seat).map(drop).unwrap());
    world.forum.write_signatures(&change).unwrap();
    let unseen = world.forum.publish_logged(&world.online, None, at(FOUNDED)).unwrap_err();
    assert_eq!(unseen.code(), "registry-not-logged", "who follows would refuse this version");
    world.forum.publish_logged(&world.online, Some(&Nobody), at(FOUNDED)).unwrap();
    assert_eq!(update().unwrap_err().code(), "log-policy-changed");
    let elsewhere = Logbook::new(BEFORE);
    elsewhere.origin.set("elsewhere.example/log");
    world.forum.set_log_policy(Some(elsewhere.policy("none").as_bytes()), at(FOUNDED)).unwrap();
    publish(&world, &elsewhere).unwrap();
    assert_eq!(update().unwrap_err().code(), "log-policy-changed");
    // Who confirms the forum anew accepts it.
    confirm(&home, &world);
    assert_eq!(update().unwrap().targets, before.targets + 2);
    // Left in the sight of all: the last version is in the log that is left.
    world.forum.set_log_policy(None, at(FOUNDED)).unwrap();
    publish(&world, &elsewhere).unwrap();
    assert_eq!(update().unwrap().targets, before.targets + 3);
}

#[test]
fn the_home_and_an_exported_file_hold_the_proofs_and_are_held_to_them() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("home"));
    confirm(&home, &world);
    let everybody = || Wanted::Everybody;
    assert!(trust::resolve(Some(&home), None, at(NOW), everybody).is_ok());
    let (exported, _) = trust::export(Some(&home), None, &Default::default(), at(NOW)).unwrap();
    let file = folder.path().join("trust.json");
    std::fs::write(&file, &exported).unwrap();
    assert!(trust::resolve(None, Some(&file), at(NOW), everybody).is_ok());
    let mut value: serde_json::Value = vouchsafe::encoding::json::parse(&exported, 1 << 26, "trust").unwrap();
    value["metadata"].as_object_mut().unwrap().retain(|name, _| !name.ends_with(".tlog-proof"));
    std::fs::write(&file, value.to_string()).unwrap();
    assert_eq!(trust::resolve(None, Some(&file), at(NOW), everybody).unwrap_err().code(), "registry-not-logged");
}

/// Whoever lost a seat may still sign another version under the root before; whoever watches the log is told what it is.
#[test]
fn a_seat_that_was_given_up_is_still_known() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let was = world.trust().board().keys.values().map(|key| key.id().clone()).collect::<Vec<_>>();
    let add = vec![("four".into(), key(20).0.public().clone())];
    world.forum.rotate(&Rotation { add, remove: vec!["three".into()], ..Rotation::default() }, at(FOUNDED)).unwrap();
    publish(&world, &log).unwrap();
    let registry = world.trust();
    assert_eq!(registry.board().keys.values().filter(|key| was.contains(key.id())).count(), 2);
    assert!(was.iter().all(|seat| registry.is_seat(seat)) && registry.is_seat(key(20).0.public().id()));
    assert!(!registry.is_seat(key(10).0.public().id()));
}

/// The board signs a version that hands members over to a role which stands in no log: of that role it could show two.
#[test]
fn a_role_that_the_logged_version_does_not_pin_is_refused() {
    let log = Logbook::new(BEFORE);
    let world = world_with(&log, "advisory");
    let published = world.forum.published_path();
    let folder = Folder::at(&published);
    let parse = |name: &str| -> serde_json::Value {
        vouchsafe::encoding::json::parse(&folder.metadata(name, 1 << 20).unwrap().unwrap(), 1 << 20, "metadata")
            .unwrap()
    };
    let versions = *world.trust().versions();
    let root = Metadata::parse(&folder.metadata("1.root.json", 1 << 20).unwrap().unwrap()).unwrap();
    let seats = registry::board(root.signed()).unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(published.join("metadata").join(name), bytes).unwrap();
    let signed = |value: serde_json::Value, keys: &[&crate::world::Key]| {
        let mut metadata = Metadata::around(value);
        for key in keys {
            let signature = key.sign(&metadata.canonical().unwrap()).unwrap();
            metadata.add_signature(key.public(), &signature);
        }
        metadata
    };
    let board = [&world.board[0], &world.board[1]];
    let mut targets = parse(&format!("{}.targets.json", versions.targets))["signed"].take();
    let mut extra = targets.clone();
    let globex = targets["targets"].as_object_mut().unwrap().remove("members/globex.json").unwrap();
    extra["version"] = 1.into();
    extra["targets"] = serde_json::json!({ "members/globex.json": globex });
    let keys = root.signed()["keys"].clone();
    let ids: Vec<&String> = seats.keys.keys().collect();
    let role = |paths| serde_json::json!({"name": "extra", "keyids": ids, "threshold": 2, "terminating": true, "paths": paths});
    targets["delegations"] = serde_json::json!({ "keys": keys, "roles": [role(["members/*"])] });
    targets["version"] = (versions.targets + 1).into();
    let (targets, extra) = (signed(targets, &board), signed(extra, &board));
    write("1.extra.json", &extra.to_bytes());
    write(&format!("{}.targets.json", versions.targets + 1), &targets.to_bytes());
    let proof = log.log(&registry::log_entries(&targets, &seats).unwrap()).remove(0);
    write(&proof_name("targets", versions.targets + 1), proof.to_string().as_bytes());
    let (later, bytes) = (at("2026-12-01"), targets.to_bytes());
    let mut snapshot =
        registry::snapshot(versions.snapshot + 1, later, (versions.targets + 1, &bytes), &Default::default());
    snapshot["meta"]["extra.json"] = serde_json::json!({"version": 1});
    let snapshot = signed(snapshot, &[&world.online]).to_bytes();
    write(&format!("{}.snapshot.json", versions.snapshot + 1), &snapshot);
    let timestamp = registry::timestamp(versions.timestamp + 1, later, at(FOUNDED), (versions.snapshot + 1, &snapshot));
    write("timestamp.json", &signed(timestamp, &[&world.online]).to_bytes());
    assert_eq!(read(&published).map(|r| r.members().len()), Err("registry-not-logged".into()));
}
