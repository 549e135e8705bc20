//! The attacks of TUF's security section and those on thresholds, each by name, against what consumers run:
//! `gather::trust`. Whatever is refused leaves everything the consumer holds as it was.
//!
//! The attacker owns the mirror: every file the consumer reads may be the attacker's. Some own keys as well.

mod scene;

use crate::registry::{copy, snapshot};
use crate::world::*;
use scene::{NEVER, Scene, parse, signed};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use vouchsafe::encoding::Explain;
use vouchsafe::gather::trust;
use vouchsafe::publish::Rotation;
use vouchsafe::registry::{self, TargetFile, Versions, target_path, tuf_key_id};
use vouchsafe::signer::Signer as _;

#[test]
fn arbitrary_software() {
    let scene = Scene::new();
    std::fs::write(scene.target("members/acme.json"), b"{}").unwrap();
    scene.refused("registry-hash-mismatch");
    scene.honest();
    // Targets metadata of the attacker's own, under names and hashes that fit.
    let record = TargetFile::of(b"{}");
    let evil = scene.targets(&[&scene.world.stranger], |t| t["targets"]["members/evil.json"] = json!(record));
    scene.put("2.targets.json", &evil);
    assert_eq!(scene.update(NOW), Ok(scene.seen), "nothing signed leads to it");
    scene.issue_targets(&evil);
    scene.refused("registry-signature-invalid");
}

#[test]
fn rollback() {
    let scene = Scene::new();
    let old = tempfile::tempdir().unwrap();
    copy(&scene.mirror(""), old.path());
    scene.world.forum.renew(at(NOW)).unwrap();
    scene.world.publish(NOW);
    scene.honest();
    let now = scene.update(NOW).unwrap();
    assert_eq!((now.targets, now.snapshot, now.timestamp), (2, 2, 2));
    // Everything of yesterday, rightly signed.
    std::fs::remove_dir_all(scene.mirror("")).unwrap();
    copy(old.path(), &scene.mirror(""));
    scene.refused("registry-rollback");
    // Yesterday's targets under a snapshot and a timestamp of tomorrow: the online key cannot go back either.
    let targets = scene.read("1.targets.json");
    scene.issue(&scene.world.online, (3, 3), (1, &targets), (NEVER, NEVER));
    scene.refused("registry-rollback");
    // An older timestamp over the present snapshot.
    scene.honest();
    let snapshot = scene.read("2.snapshot.json");
    let older = registry::timestamp(1, at(NEVER), at(NOW), (2, &snapshot));
    scene.put("timestamp.json", &signed(older, &[&scene.world.online]));
    scene.refused("registry-rollback");
}

#[test]
fn indefinite_freeze() {
    let scene = Scene::new();
    assert_eq!(scene.update(NOW), Ok(scene.seen), "for some days nothing has to change");
    scene.refused_at("2026-11-10", "registry-expired");
    // Nor does a freeze last for who never updates: the age of the view is part of it.
    let held =
        trust::resolve(Some(&scene.home), None, at("2026-11-10"), || vouchsafe::registry::Wanted::Everybody).unwrap();
    assert!(held.registry.timestamp_expires() < at("2026-11-10"), "the policy's max_age looks at this");
    assert_eq!(
        trust::resolve(Some(&scene.home), None, at("2027-12-01"), || vouchsafe::registry::Wanted::Everybody)
            .unwrap_err()
            .code(),
        "registry-expired"
    );
}

#[test]
fn endless_data() {
    let scene = Scene::new();
    let endless = |scene: &Scene, path: PathBuf| {
        let honest = std::fs::read(&path).ok();
        let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        let answer = scene.update(NOW);
        match honest {
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        answer
    };
    let refused = |name: &str, code: &str| {
        assert_eq!(endless(&scene, scene.mirror("metadata").join(name)), Err(code.to_owned()), "{name}");
    };
    // No length is signed for these two.
    refused("2.root.json", "file-too-large");
    refused("timestamp.json", "file-too-large");
    // These are read no further than the length that is signed.
    refused("1.snapshot.json", "registry-hash-mismatch");
    refused("1.targets.json", "registry-hash-mismatch");
    assert_eq!(endless(&scene, scene.target("members/acme.json")), Err("registry-hash-mismatch".to_owned()));
    assert_eq!(scene.update(NOW), Ok(scene.seen));
}

/// A registry's targets depend on nothing: what is listed is read, each by its own hash, and nothing else is. There is
/// no resolver that a mirror could make install more. What remains is that files beside the listed ones do nothing.
#[test]
fn extraneous_dependencies() {
    let scene = Scene::new();
    let evil = b"{\"schema\":\"vouchsafe-member/v1\"}";
    let hash = TargetFile::of(evil).sha256().unwrap().to_owned();
    for name in ["members/evil.json".to_owned(), target_path("members/evil.json", &hash)] {
        std::fs::write(scene.mirror("targets").join(name), evil).unwrap();
    }
    assert_eq!(scene.update(NOW), Ok(scene.seen));
    assert!(snapshot(scene.home.path()).values().all(|bytes| bytes != evil), "it was not even kept");
}

#[test]
fn mix_and_match() {
    let scene = Scene::new();
    scene.world.forum.renew(at(NOW)).unwrap();
    scene.world.publish(NOW);
    let (old_snapshot, old_targets) = (scene.read("1.snapshot.json"), scene.read("1.targets.json"));
    scene.honest();
    // Each file is rightly signed, but they never belonged together.
    scene.put("2.targets.json", &old_targets);
    scene.refused("registry-hash-mismatch");
    scene.honest();
    scene.put("2.snapshot.json", &old_snapshot);
    scene.refused("registry-hash-mismatch");
    scene.honest();
    std::fs::remove_file(scene.mirror("metadata/2.targets.json")).unwrap();
    scene.refused("registry-incomplete");
}

#[test]
fn wrong_software() {
    let scene = Scene::new();
    let (acme, globex) = (scene.target("members/acme.json"), scene.target("members/globex.json"));
    std::fs::copy(&globex, &acme).unwrap();
    scene.refused("registry-hash-mismatch");
    scene.honest();
    // One member's record under another's name is refused even when the board signed it.
    let board = &scene.world.board;
    let swapped = scene.targets(&[&board[0], &board[1]], |t| {
        t["targets"]["members/acme.json"] = t["targets"]["members/globex.json"].clone();
    });
    let bytes = std::fs::read(&globex).unwrap();
    let path = target_path("members/acme.json", TargetFile::of(&bytes).sha256().unwrap());
    std::fs::write(scene.mirror("targets").join(path), &bytes).unwrap();
    scene.issue_targets(&swapped);
    scene.refused("registry-malformed");
}

#[test]
fn a_malicious_mirror_writes_nothing_outside() {
    let scene = Scene::new();
    let board = &scene.world.board;
    let names = ["../x", "members/../../x", "/tmp/vouchsafe-x", "members/..\\x", "policies/./x", "forum.json/../../x"];
    let evil = TargetFile::of(b"evil");
    let hash = evil.sha256().unwrap();
    // Worse than any mirror: the board itself lists such names.
    let targets = scene.targets(&[&board[0], &board[1]], |t| {
        names.iter().for_each(|name| t["targets"][*name] = json!(evil));
    });
    std::fs::write(scene.mirror("targets").join(format!("{hash}.x")), b"evil").unwrap();
    std::fs::write(scene.mirror(&format!("{hash}.x")), b"evil").unwrap();
    scene.issue_targets(&targets);
    let elsewhere = || {
        let mut files = snapshot(scene.folder.path());
        files.retain(|path, _| !path.starts_with(scene.home.path()));
        files
    };
    let before = elsewhere();
    assert_eq!(scene.update(NOW).unwrap().targets, 2, "names that are not ours are left alone");
    assert_eq!(elsewhere(), before);
    let written = snapshot(scene.home.path());
    assert!(written.values().all(|bytes| bytes != b"evil"), "{:?}", written.keys());
    assert!(!std::path::Path::new("/tmp/vouchsafe-x").exists());
}

#[test]
fn key_compromise_of_the_online_key() {
    let scene = Scene::new();
    let online = &scene.world.online;
    // It admits nobody.
    let record = TargetFile::of(b"{}");
    scene.issue_targets(&scene.targets(&[online], |t| t["targets"]["members/evil.json"] = json!(record)));
    scene.refused("registry-signature-invalid");
    // It names no other board.
    scene.honest();
    let board = &scene.world.board;
    let root = scene.root(&[&board[0], &board[1], &scene.world.stranger], 1, at(NEVER));
    scene.put("2.root.json", &signed(root, &[online]));
    scene.refused("registry-signature-invalid");
    // It revives nothing: the board's own expiry ends a freeze.
    scene.honest();
    let targets = scene.read("1.targets.json");
    scene.issue(online, (2, 2), (1, &targets), (NEVER, NEVER));
    scene.refused_at("2027-02-15", "registry-expired");
}

#[test]
fn fast_forward_and_the_way_back() {
    let scene = Scene::new();
    let targets = scene.read("1.targets.json");
    let most = u64::from(u32::MAX);
    scene.issue(&scene.world.online, (most, most), (1, &targets), (NEVER, NEVER));
    assert_eq!(scene.update(NOW).unwrap().timestamp, most, "nobody can tell it from an honest one");
    scene.honest();
    scene.refused("registry-rollback");
    // The board names another online key; what the old one signed is forgotten, what the board signed is not.
    let next = key(40);
    let rotation = Rotation { online: Some(next.public().clone()), ..Rotation::default() };
    scene.world.forum.rotate(&rotation, at(NOW)).unwrap();
    let mut change = scene.world.forum.need_staged().unwrap();
    change.sign(&scene.world.board[0]).unwrap();
    change.sign(&scene.world.board[1]).unwrap();
    scene.world.forum.write_signatures(&change).unwrap();
    scene.world.forum.publish(&next, at(NOW)).unwrap();
    scene.honest();
    let now = scene.update(NOW).unwrap();
    assert_eq!(now, Versions { root: 2, targets: 2, snapshot: 2, timestamp: 2 });
    let old = signed(registry::timestamp(most, at(NEVER), at(NOW), (1, b"")), &[&scene.world.online]);
    scene.put("timestamp.json", &old);
    scene.refused("registry-signature-invalid");
    // Versions seen since then count again.
    scene.honest();
    scene.world.forum.refresh(&next, at(NOW)).unwrap();
    let older = tempfile::tempdir().unwrap();
    copy(&scene.mirror(""), older.path());
    scene.honest();
    assert_eq!(scene.update(NOW).unwrap().timestamp, 3);
    std::fs::remove_dir_all(scene.mirror("")).unwrap();
    copy(older.path(), &scene.mirror(""));
    scene.refused("registry-rollback");
}

#[test]
fn key_compromise_below_the_threshold() {
    let scene = Scene::new();
    let (board, online) = (&scene.world.board, &scene.world.online);
    let record = TargetFile::of(b"{}");
    let evil = |t: &mut Value| t["targets"]["members/evil.json"] = json!(record);
    // One seat, and the online key, and anybody else's.
    for keys in [vec![&board[0]], vec![&board[0], online], vec![&board[0], &scene.world.acme, &scene.world.stranger]] {
        scene.issue_targets(&scene.targets(&keys, evil));
        scene.refused("registry-signature-invalid");
        scene.honest();
        let root = scene.root(&[&board[0], &scene.world.stranger], 1, at(NEVER));
        scene.put("2.root.json", &signed(root, &keys));
        scene.refused("registry-signature-invalid");
        scene.honest();
    }
}

#[test]
fn a_root_needs_the_old_threshold_and_the_new() {
    let scene = Scene::new();
    let old = &scene.world.board;
    let new = [key(50), key(51), key(52)];
    let root = || scene.root(&[&new[0], &new[1], &new[2]], 2, at(NEVER));
    for keys in [
        vec![&old[0], &old[1], &old[2]],
        vec![&old[0], &old[1], &new[0]],
        vec![&new[0], &new[1], &new[2]],
        vec![&new[0], &new[1], &old[0]],
    ] {
        scene.put("2.root.json", &signed(root(), &keys));
        scene.refused("registry-signature-invalid");
    }
    // Both: now the old board's targets no longer do, and the new board's do.
    scene.put("2.root.json", &signed(root(), &[&old[0], &old[1], &new[0], &new[1]]));
    scene.refused("registry-signature-invalid");
    scene.issue_targets(&scene.targets(&[&new[0], &new[2]], |_| {}));
    assert_eq!(scene.update(NOW), Ok(Versions { root: 2, targets: 2, snapshot: 2, timestamp: 2 }));
}

#[test]
fn the_same_key_twice() {
    let scene = Scene::new();
    let board = &scene.world.board;
    let once = scene.targets(&[&board[0]], |_| {});
    let twice = |keyid: &str| {
        let mut file = parse(&once);
        let mut again = file["signatures"][0].clone();
        again["keyid"] = json!(keyid);
        file["signatures"].as_array_mut().unwrap().push(again);
        vouchsafe::encoding::json::pretty(&file)
    };
    // Under its own id, under another seat's, under none that exists.
    for keyid in [tuf_key_id(board[0].public()), tuf_key_id(board[1].public()), "00".repeat(32)] {
        scene.issue_targets(&twice(&keyid));
        scene.refused("registry-signature-invalid");
    }
    // A root that lists one key as two seats, signed by the board, makes no second voice of it.
    scene.honest();
    let mut root = scene.root(&[&board[0], &board[1], &board[2]], 2, at(NEVER));
    let twin = "11".repeat(32);
    root["keys"][&twin] = root["keys"][tuf_key_id(board[0].public())].clone();
    for role in ["root", "targets"] {
        root["roles"][role]["keyids"] = json!([tuf_key_id(board[0].public()), twin]);
    }
    let also_by_the_twin = |file: Vec<u8>| {
        let mut file = parse(&file);
        let mut again = file["signatures"][0].clone();
        again["keyid"] = json!(twin);
        file["signatures"].as_array_mut().unwrap().push(again);
        vouchsafe::encoding::json::pretty(&file)
    };
    scene.put("2.root.json", &also_by_the_twin(signed(root, &[&board[0], &board[1]])));
    scene.issue_targets(&twice(&twin));
    let before = snapshot(scene.home.path());
    let code = scene.update(NOW).unwrap_err();
    assert_eq!(code, "registry-signature-invalid");
    assert_eq!(snapshot(scene.home.path()), before);
    // Nor where it is only passed on the way to a root that one seat alone then hands to a stranger.
    let stranger = &scene.world.stranger;
    let mut root = scene.root(&[stranger], 1, at(NEVER));
    root["version"] = json!(3);
    scene.put("3.root.json", &also_by_the_twin(signed(root, &[&board[0], stranger])));
    scene.issue_targets(&scene.targets(&[stranger], |_| {}));
    scene.refused("registry-signature-invalid");
}

#[test]
fn every_role_expires_by_itself() {
    let scene = Scene::new();
    let board = &scene.world.board;
    let (online, targets) = (&scene.world.online, scene.read("1.targets.json"));
    let past = "2026-11-02T11:59:59Z";
    scene.issue(online, (2, 2), (1, &targets), (NEVER, past));
    scene.refused("registry-expired");
    scene.issue(online, (2, 2), (1, &targets), (past, NEVER));
    scene.refused("registry-expired");
    scene.issue_targets(&scene.targets(&[&board[0], &board[1]], |t| t["expires"] = json!(past)));
    scene.refused("registry-expired");
    scene.honest();
    let root = scene.root(&[&board[0], &board[1], &board[2]], 2, at(past));
    scene.put("2.root.json", &signed(root, &[&board[0], &board[1]]));
    scene.refused("registry-expired");
    // The last root alone has to be in force: an expired one on the way is passed.
    let mut third = scene.root(&[&board[0], &board[1], &board[2]], 2, at(NEVER));
    third["version"] = json!(3);
    scene.put("3.root.json", &signed(third, &[&board[0], &board[2]]));
    assert_eq!(scene.update(NOW).unwrap().root, 3);
}

/// The expiry has to be later than now: at that very second it is over.
#[test]
fn the_last_second_is_over() {
    for (end, said) in [(NOW, Err("registry-expired")), ("2026-11-02T12:00:01Z", Ok(2))] {
        for times in [(NEVER, end), (end, NEVER)] {
            let scene = Scene::new();
            scene.issue(&scene.world.online, (2, 2), (1, &scene.read("1.targets.json")), times);
            let got = scene.update(NOW).map(|versions| versions.timestamp);
            assert_eq!(got, said.map_err(str::to_owned), "{times:?}");
        }
    }
}

/// The files are as the tests above take them to be.
#[test]
fn the_scene_is_sound() {
    let scene = Scene::new();
    assert_eq!(scene.update(NOW), Ok(Versions { root: 1, targets: 1, snapshot: 1, timestamp: 1 }));
    let board = &scene.world.board;
    scene.issue_targets(&scene.targets(&[&board[1], &board[2]], |_| {}));
    assert_eq!(scene.update(NOW), Ok(Versions { root: 1, targets: 2, snapshot: 2, timestamp: 2 }));
    let listed: BTreeMap<String, Value> = vouchsafe::encoding::json::parse(
        &vouchsafe::encoding::json::compact(&parse(&scene.read("2.targets.json"))["signed"]["targets"]),
        1 << 20,
        "targets",
    )
    .unwrap();
    assert!(listed.contains_key("members/acme.json") && listed.contains_key("members/globex.json"));
}
