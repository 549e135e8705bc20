//! The life of a member: renamed, re-scoped, given another key, gone.

use super::{Bench, parse, valid};
use serde_json::json;
use vouchsafe::publish::Forum;

/// The folder's only proof, as it was written, with other signatures.
fn signatures(bench: &Bench, file: &str) -> Vec<serde_json::Value> {
    bench.json(file)["signatures"].as_array().unwrap().clone()
}

#[test]
fn a_member_gets_another_name_and_another_scope() {
    let bench = Bench::published();
    bench.no("registry edit-member forum nobody --name X", 3, "member-unknown");
    bench.no("registry edit-member forum acme --name Acme", 3, "nothing-to-change");
    assert_eq!(bench.run("registry edit-member forum acme").exit, 2);
    bench.ok("registry edit-member forum acme --name Apex");
    let staged = bench.ok("registry edit-member forum acme --scope apex-* --scope pkg:generic/apex/*");
    assert!(staged.text().contains("member acme is renamed from \"Acme\" to \"Apex\""), "{staged:?}");
    assert!(staged.text().contains("may speak for apex-* pkg:generic/apex/* (until now acme-*)"), "{staged:?}");
    bench.publish();
    assert!(bench.ok("registry show forum").text().contains("acme: Apex, active"));
}

#[test]
fn who_has_left_stays_away() {
    let bench = Bench::published();
    bench.no("registry leave forum acme --at 2019-01-01", 1, "history-rewritten");
    let left = bench.ok("registry leave forum acme --reason merged");
    assert!(left.text().contains("member acme leaves, for good, from "), "{left:?}");
    bench.no("registry reinstate forum acme", 1, "member-has-left");
    bench.publish();
    assert!(bench.ok("registry show forum").text().contains("acme: Acme, left"));
    for line in ["registry reinstate forum acme", "registry suspend forum acme"] {
        bench.no(line, 1, "member-has-left");
    }
    bench.no("registry leave forum acme", 3, "nothing-to-change");
    bench.prove("globex", "acme", "new.json");
    bench.no("registry add-key forum acme --proof new.json", 1, "member-has-left");
    bench.no("registry add-member forum acme --name Acme --scope x", 1, "member-taken");
    // Nor by hand.
    let forum = Forum::open(&bench.path("forum")).unwrap();
    let mut files = forum.files().unwrap();
    let mut member = parse(&files["members/acme.json"]);
    let back = json!({"state": "active", "at": "2999-02-01T00:00:00Z"});
    member["status"].as_array_mut().unwrap().push(back);
    files.insert("members/acme.json".into(), vouchsafe::encoding::json::pretty(&member));
    let error = forum.stage(&files, super::now()).unwrap_err();
    assert!(error.to_string().contains("left the forum"), "{error}");
    // A key may still turn out to be compromised.
    let revoke = format!("registry revoke-key forum acme {} --compromised-since 2025-01-01 --reason x", bench.keyid());
    bench.ok(&revoke);
}

#[test]
fn a_key_follows_another() {
    let bench = Bench::published();
    let old = bench.keyid();
    bench.ok("key generate --no-passphrase --out next.pem");
    let prove = "key prove --key next.pem --member acme --forum forum --out next.json";
    assert_eq!(bench.run(&format!("{prove} --rotates next.pem")).exit, 2);
    let proved = bench.ok(&format!("{prove} --rotates acme.pem"));
    assert!(proved.first().contains(&format!("it follows key {old}")), "{proved:?}");
    let admitted = bench.ok("registry add-key forum acme --proof next.json");
    assert!(admitted.text().contains(&format!("signed by the key it follows, {old}")), "{admitted:?}");
    assert!(admitted.text().contains(&format!("registry retire-key forum acme {old} --at TIME")), "{admitted:?}");
    bench.publish();
    let member = std::fs::read_dir(bench.path("forum/published/targets/members")).unwrap();
    let member = member.map(|e| parse(&std::fs::read(e.unwrap().path()).unwrap())).find(|m| m["keys"][1].is_object());
    assert_eq!(valid(member.unwrap(), "member-v1.json")["keys"][1]["follows"], old.as_str());
    // The record of whom a key follows is history as well.
    let forum = Forum::open(&bench.path("forum")).unwrap();
    let mut files = forum.files().unwrap();
    let mut member = parse(&files["members/acme.json"]);
    member["keys"][1].as_object_mut().unwrap().remove("follows");
    files.insert("members/acme.json".into(), vouchsafe::encoding::json::pretty(&member));
    assert!(forum.stage(&files, super::now()).is_err());
    bench.no("registry review forum", 3, "nothing-staged");
}

/// Each key has a passphrase of its own.
#[test]
fn an_encrypted_key_follows_an_encrypted_one() {
    let bench = Bench::published();
    for name in ["old", "new"] {
        let mut options = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
        let mut file = options.open(bench.path(&format!("{name}.pass"))).unwrap();
        std::io::Write::write_all(&mut file, format!("correct-horse-{name}").as_bytes()).unwrap();
        bench.ok(&format!("key generate --passphrase-file {name}.pass --out {name}.pem"));
    }
    let prove = "key prove --key new.pem --rotates old.pem --passphrase-file new.pass --member acme --forum forum";
    bench.no(&format!("{prove} --out p.json"), 3, "passphrase-needed");
    let proved = bench.ok(&format!("{prove} --rotates-passphrase-file old.pass --out p.json"));
    assert!(proved.first().contains("it follows key"), "{proved:?}");
}

#[test]
fn a_key_follows_only_one_that_says_so() {
    let bench = Bench::published();
    bench.ok("key generate --no-passphrase --out next.pem");
    let prove = "key prove --key next.pem --member acme --forum forum --force --out";
    // Signed by somebody else beside the key: no key of acme.
    bench.ok(&format!("{prove} stranger.json --rotates globex.pem"));
    bench.no("registry add-key forum acme --proof stranger.json", 1, "proof-invalid");
    // A signature by acme's key on another proof.
    bench.ok(&format!("{prove} good.json --rotates acme.pem"));
    bench.prove("acme", "acme", "other.json");
    let mut mixed = bench.json("good.json");
    mixed["signatures"] = json!([signatures(&bench, "good.json")[0], signatures(&bench, "other.json")[0]]);
    bench.write("mixed.json", &mixed);
    bench.no("registry add-key forum acme --proof mixed.json", 1, "proof-invalid");
    // The old key alone proves nothing about the new one.
    mixed["signatures"] = json!([signatures(&bench, "good.json")[1]]);
    bench.write("mixed.json", &mixed);
    bench.no("registry add-key forum acme --proof mixed.json", 1, "proof-invalid");
    // A record may not claim what the proof does not say.
    bench.ok(&format!("{prove} plain.json"));
    bench.ok("registry add-key forum acme --proof plain.json");
    let forum = Forum::open(&bench.path("forum")).unwrap();
    let mut files = forum.files().unwrap();
    let mut member = parse(&files["members/acme.json"]);
    member["keys"][1]["follows"] = member["keys"][0]["keyid"].clone();
    files.insert("members/acme.json".into(), vouchsafe::encoding::json::pretty(&member));
    let error = forum.stage(&files, super::now()).unwrap_err();
    assert!(error.to_string().contains("proof of possession"), "{error}");
    bench.ok("registry drop forum");
    // A revoked key has no followers.
    let revoke =
        format!("registry revoke-key forum acme {} --compromised-since 2026-01-01 --reason stolen", bench.keyid());
    bench.ok(&revoke);
    bench.no("registry add-key forum acme --proof good.json", 1, "proof-invalid");
}
