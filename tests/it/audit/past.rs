//! `--at`: the answer of another day, from what was trusted and logged that day.

use crate::logbook::{Logbook, world_with};
use crate::run::{Ran, valid};
use crate::scene::Scene;
use crate::world::{POLICY, attestation, key, predicate};
use serde_json::Value;

fn report(ran: &Ran) -> Value {
    valid(&ran.out, "audit-v1.json")
}

/// A scene in which a release was audited, and when; then its key was revoked, as compromised long before.
fn revoked() -> (Scene, String) {
    let scene = Scene::new();
    scene.release("r/acme-1.0");
    let first = report(&scene.ok("audit r --trust forum --format json"));
    let at = first["summary"]["as_of"]["at"].as_str().unwrap().to_owned();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let key = vouchsafe::key::PublicKey::from_pem(&scene.text("acme.pub.pem")).unwrap().id().to_string();
    scene.ok(&format!("registry revoke-key forum acme {key} --compromised-since 2020-01-01 --reason stolen"));
    scene.publish();
    scene.run("audit r --trust forum").says(1, "revoked-key-used");
    (scene, at)
}

/// Where views of the one forum are kept, and what they are called, oldest first.
fn views(scene: &Scene) -> Vec<std::path::PathBuf> {
    let forum = std::fs::read_dir(scene.path("home/views")).unwrap().next().unwrap().unwrap().path();
    let mut views: Vec<_> = std::fs::read_dir(forum).unwrap().map(|entry| entry.unwrap().path()).collect();
    views.sort();
    views
}

#[test]
fn what_was_found_out_later_changes_no_answer_of_that_day() {
    let (scene, at) = revoked();
    let then = report(&scene.ok(&format!("audit r --trust forum --at {at} --format json")));
    assert_eq!(then["summary"]["as_of"]["registry_version"], 1);
    assert_eq!(then["summary"]["as_of"]["source"], "--trust forum, as it was kept at that time");
    scene.ok(&format!("audit r --trust forum --at {at} --no-index")).says(0, "as it was kept at that time");
    let now = report(&scene.run("audit r --trust forum --format json").says(1, ""));
    assert_eq!(now["summary"]["as_of"]["registry_version"], 2);
    // The forum that is trusted at home is the same one.
    scene.ok("trust update forum");
    scene.run("audit r").says(1, "revoked-key-used");
    scene.ok(&format!("audit r --at {at}")).says(0, "as it was kept at that time");
}

#[test]
fn a_day_of_which_nothing_is_kept_is_asked_of_the_registry_of_now_and_that_is_said() {
    let (scene, at) = revoked();
    let before = "audit r --trust forum --at 2026-01-01";
    scene.run(before).says(1, "as it is now: of that time no view is kept, and the dates in its records decide");
    // What is kept and is not what it was, or is another forum's, is no view of that day.
    let (oldest, audit) = (views(&scene).remove(0), format!("audit r --trust forum --at {at}"));
    let bytes = std::fs::read(&oldest).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    std::fs::write(&oldest, text.replacen("metadata", "metadatum", 1)).unwrap();
    scene.run(&audit).says(1, "as it is now");
    let other = Scene::new();
    other.ok("demo other");
    other.ok("trust export --trust other/forum --out other.json");
    std::fs::write(&oldest, other.read("other.json")).unwrap();
    scene.run(&audit).says(1, "as it is now");
    std::fs::write(&oldest, bytes).unwrap();
    scene.ok(&audit);
    // Nor does an older one stand in for the newest of that day.
    let newest = oldest.with_file_name(format!("{}-3.json", jiff::Timestamp::now().as_second() - 1));
    std::fs::write(&newest, "{}").unwrap();
    let now = jiff::Timestamp::now();
    let late = "registry refresh forum --online-key online.pem";
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    scene.ok(late);
    scene.run(&format!("audit r --trust forum --at {now}")).says(1, "as it is now");
}

#[test]
fn an_older_view_stands_in_for_no_newer_one() {
    let (scene, at) = revoked();
    let [old, new] = views(&scene).try_into().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let now = jiff::Timestamp::now();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    scene.ok("registry refresh forum --online-key online.pem");
    let audit = format!("audit r --trust forum --at {now}");
    scene.run(&audit).says(1, "revoked-key-used").says(1, "as it was kept at that time");
    // Under another name it is another view.
    let issued = now.as_second();
    let planted = [old.with_file_name(format!("{issued}-2.json")), old.with_file_name(format!("{issued}-1.json"))];
    for planted in planted {
        std::fs::copy(&old, &planted).unwrap();
        scene.run(&audit).says(1, "as it is now");
        std::fs::remove_file(planted).unwrap();
    }
    scene.run(&audit).says(1, "as it was kept at that time");
    std::fs::copy(&old, &new).unwrap();
    scene.run(&audit).says(1, "as it is now");
    scene.ok(&format!("audit r --trust forum --at {at}"));
}

#[test]
fn an_old_version_that_is_issued_anew_is_not_kept() {
    let scene = Scene::new();
    scene.release("r/acme-1.0");
    scene.ok("audit r --trust forum");
    let copy = |from: &str, to: &str| scene.peer("cp", &format!("-r {from} {to}"));
    copy("forum", "old");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let key = vouchsafe::key::PublicKey::from_pem(&scene.text("acme.pub.pem")).unwrap().id().to_string();
    scene.ok(&format!("registry revoke-key forum acme {key} --compromised-since 2020-01-01 --reason stolen"));
    scene.publish();
    scene.run("audit r --trust forum").says(1, "revoked-key-used");
    // Whoever stole the online key has somebody audit against the version before, a moment later.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    scene.ok("registry refresh old --online-key online.pem");
    scene.ok("audit r --trust old");
    let day = jiff::Timestamp::now();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    scene.ok("registry refresh forum --online-key online.pem");
    scene.run(&format!("audit r --trust forum --at {day}")).says(1, "revoked-key-used");
    // Of before, of after, and of now.
    assert_eq!(views(&scene).len(), 3);
}

#[test]
fn views_take_no_more_room_than_they_may() {
    let scene = Scene::new();
    scene.release("r/acme-1.0");
    scene.ok("audit r --trust forum");
    let first = views(&scene).remove(0);
    for n in 1..=70 {
        std::fs::File::create(first.with_file_name(format!("{n}-0.json"))).unwrap().set_len(1 << 20).unwrap();
    }
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    scene.ok("registry refresh forum --online-key online.pem");
    scene.ok("audit r --trust forum");
    let left = views(&scene);
    let size: u64 = left.iter().map(|view| std::fs::metadata(view).unwrap().len()).sum();
    assert!(size <= 64 << 20 && size > 60 << 20, "{size}");
    assert!(left.contains(&first), "the oldest went");
}

#[test]
fn nothing_is_kept_of_an_audit_that_keeps_nothing() {
    let scene = Scene::new();
    scene.release("r/acme-1.0");
    scene.ok("audit r --trust forum --no-index");
    assert!(!scene.path("home/views").exists());
    scene.ok("audit r --trust forum");
    scene.ok("audit r --trust forum");
    assert_eq!(views(&scene).len(), 1);
}

#[test]
fn what_was_logged_later_was_not_logged_on_that_day() {
    let log = Logbook::new("2026-11-02T18:00:00Z");
    let (world, scene) = (world_with(&log, "advisory"), Scene::empty());
    let mut envelope = attestation(&predicate(), &[&key(10)]);
    let entries = envelope.entries([key(10).0.public()]);
    log.log(&entries).into_iter().for_each(|proof| envelope.attach(proof));
    scene.write("r/acme-1.0", "release");
    scene.write("r/acme-1.0.tlog-proof", envelope.proofs()[0].to_string());
    scene.write("r/acme-1.0.sigstore.json", vouchsafe::publish::attest::file(&envelope));
    scene.write("required.json", POLICY.replacen('{', "{\"log\":{\"require\":\"required\"},", 1));
    let trust = world.forum.published_path().display().to_string();
    let audit = |at: &str, more: &str, exit: i32, words: &str| {
        let line = format!("audit r --trust {trust} --at 2026-11-02T{at}:00Z --format json {more}");
        report(&scene.run(&line).says(exit, words))
    };
    // A minute after the witnesses said so it is in the log, which has as many entries as they saw; an hour before it is not.
    let logged =
        |report: &Value| (report["releases"][0]["logged"].clone(), report["summary"]["reproduce"]["log"].clone());
    let after = audit("18:01", "", 0, "");
    assert_eq!(logged(&after).0, "2026-11-02T18:00:00Z");
    assert!(logged(&after).1["size"].as_u64().unwrap() > 1);
    assert_eq!(logged(&audit("17:00", "", 0, "")), (Value::Null, Value::Null));
    audit("18:01", "--policy required.json", 0, "");
    let before = audit("17:00", "--policy required.json", 1, "");
    assert_eq!(before["artifacts"][0]["code"], "witnesses-missing");
    // The index keeps the two days apart.
    audit("18:01", "--policy required.json", 0, "");
}
