//! The commands of groups and endorsements, in text and JSON.

use crate::run::{parse, valid};
use crate::scene::Scene;

fn scene() -> Scene {
    let scene = Scene::new();
    for seat in ["cisa", "nist"] {
        scene.ok(&format!("key generate --no-passphrase --out {seat}.pem"));
        scene.ok(&format!("registry add-seat forum advisory {seat} --key {seat}.pub.pem"));
    }
    scene.publish();
    scene
}

#[test]
fn a_seat_sees_what_it_endorses_and_the_board_adds_it() {
    let scene = scene();
    let shown = scene.ok("registry endorse forum/published member acme");
    assert!(shown.first().starts_with("SHOWN  Example Forum: what an endorsement of member acme says"), "{shown:?}");
    for words in ["name   Acme Corp", "scope  acme-*", "since  2019-05-01", "key    "] {
        assert!(shown.text().contains(words), "{words}: {shown:?}");
    }
    let seen = scene.ok("--format json registry endorse forum member acme").json("endorse-v1.json");
    assert!(seen["signed"].is_null(), "{seen}");
    scene.ok("trust update forum");
    scene.ok("trust export -o forum.trust.json");
    let signed = scene.run("--format json registry endorse forum.trust.json member acme --key cisa.pem --out c.json");
    assert!(signed.err.contains("about to endorse, as published in forum Example Forum"), "{signed:?}");
    let signed = signed.says(0, "").json("endorse-v1.json");
    assert_eq!(
        (signed["signed"]["group"].as_str(), signed["signed"]["seat"].as_str()),
        (Some("advisory"), Some("cisa"))
    );
    let envelope = parse(&scene.read("c.json"));
    let payload = vouchsafe::encoding::base64::decode(envelope["payload"].as_str().unwrap(), "payload").unwrap();
    assert_eq!(valid(&payload, "endorsement-v1.json")["endorses"], signed["endorses"]);
    let inspected =
        scene.ok("inspect c.json").says(0, "UNVERIFIED  c.json  endorsement; nothing here has been checked");
    assert!(inspected.text().contains("  seat      advisory/cisa\n  endorses  member acme\n"), "{inspected:?}");
    scene.ok("inspect c.json --format json").json("inspect-v1.json");
    scene.run("registry endorse forum member acme --key cisa.pem --out c.json").says(3, "[file-exists]");
    scene.run("registry endorse forum member acme --key acme.pem --out x.json").says(1, "[not-a-seat]");
    scene.run("registry endorse forum member nobody").says(3, "[member-unknown]");
    scene.run("registry endorse forum catalogue forum-fp@1").says(3, "[registry-catalogue-unknown]");
    scene.run("registry endorse forum member acme --key cisa.pem").says(2, "--out");
    scene.ok("registry endorse forum catalogue forum-fp-2026.1 --key nist.pem --out n.json");
    scene
        .ok("registry add-endorsement forum c.json")
        .says(0, "member acme, as it will be recorded, is endorsed by advisory/cisa");
    scene.ok("registry add-endorsement forum n.json").says(0, "catalogue forum-fp@2026.1 is endorsed by advisory/nist");
    scene.run("registry add-endorsement forum c.json").says(3, "[nothing-to-change]");
    scene.run("registry add-endorsement forum acme.proof.json").says(3, "[registry-malformed]");
    scene.publish();
    let show = scene.ok("--format json registry show forum").json("registry-show-v1.json");
    assert_eq!(show["groups"][0]["seats"][1]["name"], "nist");
    assert_eq!(show["members"][0]["endorsed"][0], "advisory/cisa");
    assert_eq!(show["catalogues"][0]["endorsed"][0], "advisory/nist");
    let text = scene.ok("registry show forum");
    assert!(
        text.text().contains("group        advisory: cisa (") && text.text().contains("endorsed   by advisory/cisa")
    );
    let folder = |name: &str| -> Vec<u8> {
        let folder = scene.path("forum/published/targets").join(name);
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.retain(|f| f.to_string_lossy().contains("acme") || name != "members");
        files.sort_by_key(|f| std::fs::metadata(f).unwrap().len());
        std::fs::read(files.last().unwrap()).unwrap()
    };
    assert_eq!(valid(&folder("members"), "member-v1.json")["endorsements"].as_array().unwrap().len(), 1);
    assert_eq!(valid(&folder("endorsements"), "endorsements-v1.json")["endorsements"].as_array().unwrap().len(), 1);
}

#[test]
fn a_verdict_shows_the_seats() {
    let scene = scene();
    scene.ok("registry endorse forum member acme --key cisa.pem --out c.json");
    scene.ok("registry endorse forum catalogue forum-fp@2026.1 --key nist.pem --out n.json");
    scene.ok("registry add-endorsement forum c.json");
    scene.ok("registry add-endorsement forum n.json");
    scene.publish();
    scene.ok("trust update forum");
    scene.release("acme-1.0");
    scene.write(
        "p.toml",
        "schema = \"vouchsafe-policy/v1\"\n[practices]\nprofile = \"base\"\nendorsed_by = { advisory = 1 }\n[cosigners]\nadvisory = 1\n",
    );
    valid(
        &vouchsafe::encoding::json::compact(&toml::from_str::<toml::Table>(&scene.text("p.toml")).unwrap()),
        "policy-v1.json",
    );
    let text = scene.ok("verify acme-1.0 --policy p.toml");
    let line = "  endorsed  member acme by advisory/cisa; catalogue forum-fp@2026.1 by advisory/nist\n";
    assert!(text.text().contains(line), "{text:?}");
    let report = scene.ok("verify acme-1.0 --policy p.toml --format json").json("verify-v1.json");
    assert_eq!(report["subjects"][0]["cosigners"][1]["endorses"], "catalogue forum-fp@2026.1", "{report}");
    scene.ok("policy lint p.toml --trust forum");
    scene.write("p.toml", scene.text("p.toml").replace("advisory = 1\n", "advisory = 2\noperators = 1\n"));
    scene.run("verify acme-1.0 --policy p.toml").says(1, "1: cisa; missing nist");
    scene.run("policy lint p.toml --trust forum").says(1, "cosigners: the forum has no group \"operators\"");
    scene.write("p.toml", scene.text("p.toml").replace("{ advisory = 1 }", "{ advisory = 3 }"));
    scene
        .run("policy lint p.toml --trust forum")
        .says(1, "endorsed_by: group \"advisory\" has 2 seats, 3 are asked for");
    scene.write("p.toml", scene.text("p.toml").replace("{ advisory = 3 }", "{ advisory = 0 }"));
    scene.run("policy lint p.toml").says(3, "[policy-malformed]");
    scene.ok("registry drop-seat forum advisory cisa").says(0, "seat cisa of group advisory is removed");
    scene.publish();
    scene
        .ok("registry check forum")
        .says(0, "endorsement-lapsed: an endorsement of member acme no longer counts: advisory/cisa");
}
