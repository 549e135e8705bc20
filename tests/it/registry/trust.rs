//! What a consumer trusts: pinned once, never older than what was seen.

use super::{Bench, copy, snapshot};
use serde_json::json;
use vouchsafe::encoding::base64;

#[test]
fn a_forum_is_trusted_by_its_fingerprint_only() {
    let bench = Bench::published();
    let asked = bench.no("trust add forum", 3, "fingerprint-unconfirmed");
    assert!(asked.err.contains(&bench.fingerprint()), "{asked:?}");
    bench.no(&format!("trust add forum --fingerprint {}", "0".repeat(64)), 1, "fingerprint-mismatch");
    assert_eq!(bench.run("trust add forum --fingerprint 12").exit, 2);
    assert!(!bench.path("home").join("forums").join("x").exists() && snapshot(&bench.path("home")).len() <= 1);
    bench.no("trust show", 3, "no-trust");
    bench.no("trust update", 3, "no-trust");
    let added = bench.trust_add();
    assert!(added.first().starts_with("TRUSTED  Example  1 member, registry version 1"), "{added:?}");
    bench.trust_add();
    assert!(bench.ok("registry show").first().starts_with("FORUM  Example"));
    bench.no("trust import https://example.org/forum", 3, "not-a-registry");
    bench.no("trust add board1.pem", 3, "malformed");
    bench.no("trust add .", 3, "not-a-registry");
}

#[test]
fn an_older_registry_is_refused_and_nothing_changes() {
    let bench = Bench::published();
    copy(&bench.path("forum/published"), &bench.path("old"));
    bench.ok("trust export --trust forum -o old.json");
    bench.publish_again();
    bench.trust_add();
    let before = snapshot(&bench.path("home"));
    for old in ["old", "old.json"] {
        bench.no(&format!("trust update {old}"), 1, "registry-rollback");
        bench.no(&format!("trust add {old} --fingerprint {}", bench.fingerprint()), 1, "registry-rollback");
        bench.no(&format!("registry show {old}"), 1, "registry-rollback");
    }
    assert_eq!(snapshot(&bench.path("home")), before);
    let updated = bench.ok("trust update");
    assert!(updated.first().contains("registry version 2"), "{updated:?}");
}

#[test]
fn export_and_import() {
    let bench = Bench::published();
    bench.trust_add();
    bench.ok("trust export -o forum.json");
    bench.no("trust export -o forum.json", 3, "file-exists");
    assert_eq!(bench.ok("trust export").out, bench.read("forum.json"));
    std::fs::remove_dir_all(bench.path("home")).unwrap();
    bench.no("trust import forum.json", 3, "fingerprint-unconfirmed");
    bench.ok(&format!("trust import forum.json --fingerprint {}", bench.fingerprint()));
    std::fs::remove_dir_all(bench.path("forum")).unwrap();
    assert!(bench.ok("registry show --trust forum.json").first().starts_with("FORUM  Example"));
    assert!(bench.ok("registry show").first().starts_with("FORUM  Example"));
    bench.ok("trust update");
}

#[test]
fn nothing_is_written_outside_the_home() {
    let bench = Bench::published();
    bench.ok("trust export --trust forum -o forum.json");
    let mut file = bench.json("forum.json");
    for name in ["../../../x", "/tmp/vouchsafe-x", "members/../../x", "a\\..\\x"] {
        file["targets"][name] = json!(base64::encode(b"evil"));
        file["metadata"][name] = json!(base64::encode(b"evil"));
    }
    bench.write("evil.json", &file);
    let before = snapshot(bench.folder.path());
    bench.ok(&format!("trust import evil.json --fingerprint {}", bench.fingerprint()));
    let home = bench.path("home");
    let after = snapshot(bench.folder.path());
    assert!(after.iter().filter(|(p, _)| !p.starts_with(&home)).eq(before.iter()), "only the home was written to");
    assert!(!after.values().any(|bytes| bytes == b"evil"));
}

#[test]
fn another_forum_cannot_take_a_trusted_ones_place() {
    let bench = Bench::published();
    bench.trust_add();
    let pinned = snapshot(&bench.path("home"));
    // The same forum record under another board: the id is not the digest of that root.
    let evil = Bench::new();
    evil.init();
    copy(&bench.path("forum/published/targets"), &evil.path("taken"));
    let record = std::fs::read(bench.target("targets", "forum.json")).unwrap();
    let forum = vouchsafe::publish::Forum::open(&evil.path("forum")).unwrap();
    let mut files = forum.files().unwrap();
    files.insert("forum.json".into(), record);
    forum.stage(&files, super::now()).unwrap();
    evil.no("registry sign forum --key board1.pem", 1, "registry-hash-mismatch");
    assert_eq!(snapshot(&bench.path("home")), pinned);
}
