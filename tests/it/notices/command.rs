//! The commands of notices, in text and JSON, from the key to the verdict.

use crate::run::{parse, valid};
use crate::scene::Scene;

fn scene() -> Scene {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene
}

/// Signs a notice, has the board add it, and publishes.
fn give(scene: &Scene, line: &str, reason: &str) {
    let line = format!("claim {line} --trust forum --out notice.json --force --format json --reason");
    let ran = scene.args(line.split(' ').chain([reason]), b"").says(0, "");
    assert!(ran.err.contains("about to sign, in forum Example Forum"), "{ran:?}");
    ran.json("claim-v1.json");
    let envelope = parse(&scene.read("notice.json"));
    let payload = vouchsafe::encoding::base64::decode(envelope["payload"].as_str().unwrap(), "payload").unwrap();
    valid(&payload, "claim-notice-v1.json");
    let inspected = scene.ok("inspect notice.json");
    assert!(inspected.first().contains("notice about an attestation; nothing here has been checked"), "{inspected:?}");
    assert!(inspected.text().contains(&format!("reason        {reason}")), "{inspected:?}");
    scene.ok("registry add-notice forum notice.json").says(0, "a notice is to be added, for ever");
    scene.ok("registry review forum").says(0, "  - notice: ");
    scene.publish();
}

const FILE: &str = "acme-1.0.sigstore.json";

#[test]
fn a_dispute_and_an_endorsement_are_shown_with_who_and_why() {
    let scene = scene();
    scene.ok("key generate --no-passphrase --out cisa.pem");
    scene.ok("registry add-seat forum advisory cisa --key cisa.pub.pem");
    scene.publish();
    give(&scene, &format!("dispute {FILE} --key globex.pem --member globex --practice TST-01"), "no tests were run");
    give(&scene, &format!("endorse {FILE} --key cisa.pem --seat advisory/cisa"), "we looked");
    let shown = scene.ok("verify acme-1.0 --trust forum");
    assert!(shown.first().starts_with("VERIFIED  acme-1.0"), "{shown:?}");
    for (start, end) in [
        ("disputed by globex on ", ": no tests were run (TST-01)\n"),
        ("endorsed by advisory/cisa on ", ": we looked\n"),
    ] {
        assert!(shown.text().contains(&format!("  notice    {start}")) && shown.text().contains(end), "{shown:?}");
    }
    let shown = scene.ok("verify acme-1.0 --trust forum --format json").json("verify-v1.json");
    let notices = &shown["subjects"][0]["notices"];
    assert_eq!((&notices[0]["action"], &notices[0]["effect"]), (&"disputed".into(), &"shown".into()));
    assert_eq!((&notices[0]["practices"][0], &notices[1]["by"]), (&"TST-01".into(), &"advisory/cisa".into()));
    let show = scene.ok("registry show forum --format json").json("registry-show-v1.json");
    assert_eq!(show["notices"].as_array().unwrap().len(), 2);
    let show = scene.ok("registry show forum");
    assert!(show.text().contains("  notice       sha256:") && show.text().contains("disputed by globex"), "{show:?}");
    let schema = "schema = \"vouchsafe-policy/v1\"\n[practices]\nprofile = \"base\"\n[claims]\ndisputed = \"refuse\"\n";
    scene.write("strict.toml", schema);
    let refused = scene.run("verify acme-1.0 --trust forum --policy strict.toml").says(1, "[practices-not-met]");
    assert!(refused.text().contains("TST-01 disputed"), "{refused:?}");
    let targets = std::fs::read_dir(scene.path("forum/published/targets/notices")).unwrap();
    let longest = targets.map(|e| std::fs::read(e.unwrap().path()).unwrap()).max_by_key(Vec::len).unwrap();
    assert_eq!(valid(&longest, "notices-v1.json")["notices"].as_array().unwrap().len(), 2);
    scene.write("strict.toml", schema.replace("disputed", "superseded"));
    scene.ok("verify acme-1.0 --trust forum --policy strict.toml");
}

#[test]
fn a_withdrawal_refuses_and_needs_a_signer() {
    let scene = scene();
    let withdraw = format!("claim withdraw {FILE} --trust forum --out notice.json --reason broken");
    let no = scene.run(&format!("{withdraw} --key globex.pem --member globex")).says(1, "[not-a-signer]");
    assert!(no.err.contains("acme") && !scene.path("notice.json").exists(), "{no:?}");
    scene.run(&format!("{withdraw} --key globex.pem --member acme")).says(1, "[notice-invalid]");
    scene.run(&format!("{withdraw} --key acme.pem --seat advisory/cisa")).says(2, "only a member that signed");
    scene.run(&format!("{withdraw} --key acme.pem --member acme --practice ZZZ-99")).says(2, "claims nothing about it");
    assert!(!scene.path("notice.json").exists());
    give(&scene, &format!("withdraw {FILE} --key acme.pem --member acme"), "it was another build");
    scene.run(&format!("{withdraw} --key acme.pem --member acme")).says(3, "[file-exists]");
    scene
        .run("claim withdraw notice.json --key acme.pem --member acme --reason x --trust forum -o y")
        .says(3, "notice");
    scene.run("registry add-notice forum notice.json").says(3, "[nothing-to-change]");
    scene.run("registry add-notice forum acme.proof.json").says(3, "[malformed]");
    let refused = scene.run("verify acme-1.0 --trust forum").says(1, "[claim-withdrawn]");
    assert!(
        refused.text().contains("withdrawn by acme on ") && refused.text().contains("another build"),
        "{refused:?}"
    );
    scene.ok("trust update forum");
    scene.run("verify acme-1.0").says(1, "[claim-withdrawn]");
    scene.ok("trust export -o forum.trust.json");
    scene.run("verify acme-1.0 --trust forum.trust.json").says(1, "[claim-withdrawn]");
    // Without the file, or with another in its place, there is no answer.
    let folder = scene.path("forum/published/targets/notices");
    let target = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&target).unwrap();
    std::fs::remove_file(&target).unwrap();
    scene.run("verify acme-1.0 --trust forum").says(3, "[registry-incomplete]");
    std::fs::write(&target, b"{\"schema\":\"vouchsafe-notices/v1\",\"notices\":[]}").unwrap();
    scene.run("verify acme-1.0 --trust forum").says(1, "[registry-hash-mismatch]");
    std::fs::write(&target, bytes).unwrap();
    // Another statement; the same one, within the same second, would be withdrawn already.
    scene.ok(&format!("attest acme-1.0 {} --valid-for 365d --force", crate::scene::ACME));
    scene.ok("verify acme-1.0 --trust forum").says(0, "VERIFIED");
}

#[test]
fn an_attestation_is_superseded_by_another() {
    let scene = scene();
    std::fs::rename(scene.path(FILE), scene.path("old.sigstore.json")).unwrap();
    scene.ok(&format!("attest acme-1.0 {} --valid-for 365d", crate::scene::ACME));
    let line = "supersede old.sigstore.json --key acme.pem --member acme --by";
    scene
        .run(&format!("claim {line} old.sigstore.json --reason x --trust forum -o n.json"))
        .says(1, "[notice-invalid]");
    give(&scene, &format!("{line} {FILE}"), "it says until when");
    scene.write("strict.toml", "schema = \"vouchsafe-policy/v1\"\n[claims]\nsuperseded = \"refuse\"\n");
    std::fs::create_dir(scene.path("new")).unwrap();
    std::fs::rename(scene.path(FILE), scene.path("new/bundle.json")).unwrap();
    let old = "verify acme-1.0 --trust forum --bundle old.sigstore.json";
    let shown = scene.ok(old);
    assert!(shown.text().contains("  notice    superseded by acme on ") && shown.text().contains("; now sha256:"));
    scene.run(&format!("{old} --policy strict.toml")).says(1, "[claim-superseded]");
    scene.ok("verify acme-1.0 --trust forum --policy strict.toml --bundle new/bundle.json");
    scene.write(
        "strict.toml",
        "schema = \"vouchsafe-policy/v1\"\n[claims]\nsuperseded = \"show\"\ndisputed = \"refuse\"\n",
    );
    scene.ok(&format!("{old} --policy strict.toml"));
    give(&scene, "dispute old.sigstore.json --key globex.pem --member globex", "never");
    scene.run(&format!("{old} --policy strict.toml")).says(1, "[claim-disputed]");
}
