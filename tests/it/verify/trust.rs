//! Whom the verdict rests on: a trusted forum, a folder, an exported file, or nobody.

use super::{VERDICTS, report, scene, verdicts};
use crate::scene::Scene;

#[test]
fn a_forum_its_folder_and_an_exported_file_give_one_verdict() {
    let scene = scene();
    let names: Vec<&str> = VERDICTS.iter().map(|v| v.0).collect();
    let line = format!("verify {} --format json", names.join(" "));
    let wanted = verdicts(&report(&scene.run(&line)));
    scene.ok("trust export -o forum.trust.json");
    std::fs::rename(scene.path("home"), scene.path("gone")).unwrap();
    for trust in ["forum", "forum/published", "forum.trust.json"] {
        assert_eq!(verdicts(&report(&scene.run(&format!("{line} --trust {trust}")))), wanted, "{trust}");
    }
    std::fs::rename(scene.path("forum"), scene.path("offline")).unwrap();
    let offline = report(&scene.run(&format!("{line} --trust forum.trust.json")));
    assert_eq!(verdicts(&offline), wanted, "no more is needed than the file");
    assert_eq!(offline["as_of"]["source"], "--trust forum.trust.json");
}

#[test]
fn nobody_trusted_is_no_answer() {
    let scene = scene();
    std::fs::remove_dir_all(scene.path("home")).unwrap();
    let none = scene.run("verify acme-good").says(3, "[no-trust]");
    assert!(
        none.err.contains("next      vouchsafe trust add URL-or-DIR --fingerprint") && none.out.is_empty(),
        "{none:?}"
    );
    let json = scene.run("verify acme-good --format json");
    assert_eq!(json.json("error-v1.json")["code"], "no-trust");
    for (path, code) in [("none", "file-not-found"), ("acme-good", "malformed"), ("stranger", "not-a-registry")] {
        std::fs::create_dir_all(scene.path("stranger")).unwrap();
        scene.run(&format!("verify acme-good --trust {path}")).says(3, &format!("[{code}]"));
    }
}

#[test]
fn two_trusted_forums_have_to_be_told_apart() {
    let scene = scene();
    let other = "registry init other --name Other --board-key board1.pub.pem --threshold 1 --online-key online.pub.pem";
    scene.ok(other);
    scene.ok("registry sign other --key board1.pem");
    scene.ok("registry publish other --online-key online.pem");
    let root = scene.read("other/published/metadata/1.root.json");
    scene.ok(&format!("trust add other --fingerprint {}", vouchsafe::registry::Fingerprint::of(&root)));
    scene.run("verify acme-good").says(3, "[several-forums]");
    scene.ok("verify acme-good --trust forum");
    scene.run("verify acme-good --trust other").says(1, "[signer-unknown]");
}

#[test]
fn a_revoked_key_stops_counting_once_it_is_known() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene.ok("trust export -o before.json");
    let card = scene.ok("key show acme.pub.pem --format json");
    let keyid = crate::run::parse(&card.out)["keyid"].as_str().unwrap().to_owned();
    scene.ok(&format!("registry revoke-key forum acme {keyid} --compromised-since 2020-01-01 --reason stolen"));
    scene.publish();
    scene.ok("verify acme-1.0");
    scene.run("verify acme-1.0 --trust forum").says(1, "[key-compromised]");
    scene.ok("trust update forum");
    scene.run("verify acme-1.0").says(1, "[key-compromised]");
    scene.run("verify acme-1.0 --trust before.json").says(1, "[registry-rollback]");
}
