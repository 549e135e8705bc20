//! What an index knows and is not so any more: it is decided anew, with the answer of an audit that has no index.

use super::store::{Store, Stored, on_both};
use crate::world::{World, at, attestation, measured, predicate, signed};
use vouchsafe::attestation::StatementDraft;
use vouchsafe::practice::{ClaimResult, Exception, Role};

on_both!(
    the_last_second_of_a_claim_says_nothing_about_the_next,
    an_exception_and_a_fraction_of_a_second_end_as_well,
    evidence_that_changed_is_read_again,
    what_stood_in_a_file_before_hides_nothing,
    the_same_bytes_are_reported_whatever_stands_in_an_attestation,
);

/// Files written to a moment ago are read again in any case.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(50));
}

fn write(scene: &Stored, name: &str, envelope: &vouchsafe::attestation::Envelope) {
    scene.write(name, vouchsafe::publish::attest::file(envelope));
}

fn the_last_second_of_a_claim_says_nothing_about_the_next(store: Store) {
    let (world, scene) = (World::new(), store.empty());
    let mut claimed = predicate();
    claimed.valid_until = Some(at("2026-11-03T12:00:00Z"));
    scene.write("r/acme-1.0", "release");
    write(&scene, "r/acme-1.0.sigstore.json", &attestation(&claimed, &[&world.acme]));
    settle();
    let trust = world.forum.published_path().display().to_string();
    let audit = |at: &str, exit: i32, words: &str| {
        scene.run(&format!("audit r --trust {trust} --at {at}")).says(exit, words);
    };
    audit("2026-11-03T12:00:00Z", 0, "1 of 1");
    audit("2026-11-03T12:00:01Z", 1, "[attestation-expired]");
    audit("2026-11-04T00:00:00Z", 1, "[attestation-expired]");
    audit("2026-11-03T12:00:00Z", 0, "1 of 1");
}

fn an_exception_and_a_fraction_of_a_second_end_as_well(store: Store) {
    let (world, scene) = (World::new(), store.empty());
    let mut claimed = predicate();
    claimed.valid_until = Some(at("2026-11-04T00:00:00.7Z"));
    let claim = &mut claimed.claims[0];
    claim.result = ClaimResult::NotMet;
    claim.exception = Some(Box::new(Exception {
        reason: "booked".into(),
        compensated_by: Vec::new(),
        owner: Role { role: "security-lead".into() },
        approved_at: at("2026-11-01"),
        expires: at("2026-11-05"),
    }));
    scene.write("r/acme-1.0", "release");
    write(&scene, "r/acme-1.0.sigstore.json", &attestation(&claimed, &[&world.acme]));
    let policy = crate::world::POLICY.replacen("\"profile\"", "\"exceptions\":{},\"profile\"", 1);
    scene.write("policy.json", policy);
    settle();
    let trust = world.forum.published_path().display().to_string();
    let audit = |at: &str, exit: i32, words: &str| {
        scene.run(&format!("audit r --trust {trust} --policy policy.json --at {at}")).says(exit, words);
    };
    audit("2026-11-04T00:00:00.5Z", 0, "1 of 1");
    audit("2026-11-04T00:00:00.9Z", 1, "[attestation-expired]");
    claimed.valid_until = None;
    write(&scene, "r/acme-1.0.sigstore.json", &attestation(&claimed, &[&world.acme]));
    settle();
    audit("2026-11-04T23:59:59Z", 0, "1 of 1");
    audit("2026-11-05T00:00:00Z", 1, "[practices-not-met]");
}

fn evidence_that_changed_is_read_again(store: Store) {
    let scene = store.scene();
    let tests = "<testsuite name=\"t\" tests=\"1\"><testcase classname=\"t\" name=\"one\"/></testsuite>";
    scene.write("junit.xml", tests);
    scene.write("r/acme-1.0", "release");
    scene.ok(&format!("attest r/acme-1.0 {} --evidence junit.xml", crate::scene::ACME));
    scene.write("evidence/other", "other");
    settle();
    let audit = |more: &str, findings: &str| {
        scene.ok(&format!("audit r --trust forum --evidence-dir evidence {more}")).says(0, findings);
    };
    audit("", "evidence-missing");
    scene.write("evidence/below/junit.xml", tests);
    settle();
    audit("--no-index", "no findings");
    audit("", "no findings");
    scene.write("evidence/below/junit.xml", tests.replace("one", "two"));
    audit("", "evidence-missing");
    scene.write("evidence/below/junit.xml", tests);
    audit("", "no findings");
}

fn what_stood_in_a_file_before_hides_nothing(store: Store) {
    let scene = store.scene();
    for n in 1..3 {
        scene.release(&format!("r/acme-{n}.0"));
    }
    let [one, two] = [1, 2].map(|n| {
        let name = format!("r/acme-{n}.0.sigstore.json");
        let bytes = scene.read(&name);
        std::fs::remove_file(scene.path(name)).unwrap();
        bytes
    });
    scene.write("r/release.sigstore.json", &one);
    scene.write("elsewhere/two.sigstore.json", &two);
    settle();
    scene.ok("audit r elsewhere --trust forum").says(0, "2 of 2");
    // The two attestations change places: none of what each said before is so any more.
    scene.write("r/release.sigstore.json", &two);
    scene.write("elsewhere/two.sigstore.json", &one);
    settle();
    for more in ["--no-index", "", "--rehash", ""] {
        scene.run(&format!("audit r elsewhere --trust forum {more}")).says(0, "2 of 2");
    }
}

fn the_same_bytes_are_reported_whatever_stands_in_an_attestation(store: Store) {
    let (world, scene) = (World::new(), store.empty());
    let mut claimed = predicate();
    claimed.scope.product = Some("acme-\u{0}1.0".into());
    scene.write("r/acme-1.0", "release");
    write(&scene, "r/acme-1.0.sigstore.json", &attestation(&claimed, &[&world.acme]));
    let mut draft = StatementDraft::default();
    draft.about("acme-2.0", &measured(b"other"));
    let other = draft.other("https://acme.example/\u{0}type", &serde_json::json!({"a\u{0}": 1}));
    scene.write("r/acme-2.0", "other");
    write(&scene, "r/acme-2.0.sigstore.json", &signed(other, &[&world.acme]));
    scene.write("r/acme-3.0.sigstore.json", b"{\"a\\u0000\": 1, \"a\\u0000\": 2}");
    scene.write(
        "r/acme-4.0.sigstore.json",
        b"{\"payloadType\": \"\\u0000\", \"payload\": \"\\u0000\", \"signatures\": []}",
    );
    settle();
    let trust = world.forum.published_path().display().to_string();
    let audit = |more: &str| {
        let line = format!("audit r --trust {trust} --at 2026-11-03 --format json {more}");
        scene.run(&line).says(1, "[").out
    };
    let fresh = audit("--no-index");
    assert_eq!(audit(""), fresh);
    assert_eq!(audit(""), fresh, "taken over");
}

#[test]
fn whoever_believes_no_times_reads_attestations_again_too() {
    let scene = Store::File.scene();
    scene.release("r/acme-1.0");
    std::fs::create_dir(scene.path("bundles")).unwrap();
    std::fs::rename(scene.path("r/acme-1.0.sigstore.json"), scene.path("bundles/one.sigstore.json")).unwrap();
    scene.write("r/evil.sigstore.json", "not an attestation");
    settle();
    scene.run("audit r bundles --trust forum").says(3, "1 of 2");
    // As if the files had been others, of the same size and times.
    let lie = "DELETE FROM mention; UPDATE container SET fault = NULL";
    rusqlite::Connection::open(scene.path("home/audit.sqlite")).unwrap().execute_batch(lie).unwrap();
    scene.run("audit r bundles --trust forum --rehash").says(3, "1 of 2");
}

#[test]
fn what_was_written_a_moment_ago_is_read_again_whatever_it_says_of_its_age() {
    let scene = Store::File.scene();
    scene.release("r/acme-1.0");
    settle();
    let kept = || {
        let index = rusqlite::Connection::open(scene.path("home/audit.sqlite")).unwrap();
        let last = "SELECT stamp IS NOT NULL FROM artifact WHERE path = CAST('r/acme-1.0' AS BLOB) ORDER BY id DESC";
        index.query_row(last, [], |row| row.get::<_, bool>(0)).unwrap()
    };
    scene.run("audit r --trust forum");
    assert!(kept());
    // A file system that counts whole seconds, as far as can be seen; and a file from the future.
    let second = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_900_000_000);
    for name in ["r/acme-1.0", "r/acme-1.0.tlog-proof"] {
        std::thread::sleep(std::time::Duration::from_millis(2_100));
        scene.run("audit r --trust forum");
        assert!(kept(), "{name}");
        scene.write(name, "the bytes of r/acme-1.0");
        std::fs::File::options().write(true).open(scene.path(name)).unwrap().set_modified(second).unwrap();
        scene.run("audit r --trust forum");
        assert!(!kept(), "{name}");
    }
}
