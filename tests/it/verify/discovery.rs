//! Where attestations are found, in which order, and what is wrong with some.

use crate::run::parse;
use crate::scene::{ACME, PARTNER, Scene};
use serde_json::{Value, json};

fn signer(scene: &Scene, line: &str) -> String {
    let report = scene.ok(&format!("{line} --format json")).json("verify-v1.json");
    report["subjects"][0]["signers"][0]["member"].as_str().unwrap().to_owned()
}

/// Acme's attestation in one place, Partner's in the next: who is named tells which was used.
#[test]
fn the_nearest_attestation_is_used() {
    let scene = Scene::new();
    scene.write("dist/acme-1.0", "release");
    let at = "dist/acme-1.0";
    scene.run(&format!("verify {at}")).says(3, "[attestation-missing]");
    scene.ok(&format!("attest {at} {ACME} -o dist/release.sigstore.json"));
    assert_eq!(signer(&scene, &format!("verify {at}")), "acme", "in the same folder");
    scene.ok(&format!("attest {at} {PARTNER} -o dist/acme-1.0.intoto.jsonl"));
    assert_eq!(signer(&scene, &format!("verify {at}")), "partner", "NAME.intoto.jsonl comes before it");
    scene.ok(&format!("attest {at} {ACME} -o dist/acme-1.0.sigstore.json"));
    assert_eq!(signer(&scene, &format!("verify {at}")), "acme", "NAME.sigstore.json comes before that");
    let flag = format!("verify {at} --bundle dist/acme-1.0.intoto.jsonl");
    assert_eq!(signer(&scene, &flag), "partner", "the flag comes before all");
    scene.write("dist/acme-1.0.sigstore.json", "{}");
    scene.run(&format!("verify {at}")).says(3, "[attestation-malformed]");
}

/// Of a file alone all is said, whatever lies beside it and wherever it stands among them.
#[test]
fn a_file_alone_in_a_folder_is_told_about_like_any_other() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    let alone = scene.ok("verify acme-1.0");
    let said: Vec<&str> = alone.text().lines().skip(1).collect();
    assert!(said.iter().any(|line| line.starts_with("  SKIPPED")), "{said:?}");
    for (before, after) in [(1, 0), (0, 1), (70, 0), (200, 3)] {
        let folder = format!("with-{before}-{after}");
        scene.write(format!("{folder}/acme-1.0"), scene.read("acme-1.0"));
        let places = (0..before).map(|n| format!("a{n}")).chain((0..after).map(|n| format!("z{n}")));
        for place in places {
            scene.write(format!("{folder}/{place}.sigstore.json"), scene.read("acme-1.0.sigstore.json"));
        }
        let ran = scene.ok(&format!("verify {folder}"));
        let other: Vec<&str> = ran.text().lines().filter(|line| !line.starts_with("  left out")).skip(1).collect();
        assert_eq!(other, said, "{before} before, {after} after");
    }
}

#[test]
fn a_release_wide_attestation_is_found_by_digest_or_name() {
    let scene = Scene::new();
    scene.write("dist/acme-1.0", "release");
    scene.ok(&format!("attest dist/acme-1.0 {ACME} -o dist/all.sigstore.json"));
    std::fs::rename(scene.path("dist/acme-1.0"), scene.path("dist/acme-renamed")).unwrap();
    scene.ok("verify dist/acme-renamed");
    scene.write("dist/acme-1.0", "changed");
    scene.run("verify dist/acme-1.0").says(1, "[digest-mismatch]");
    scene.write("dist/acme-2.0", "nobody's word");
    scene.run("verify dist/acme-2.0").says(3, "[attestation-missing]");
    scene.ok("verify dist/acme-renamed --bundle dist");
    let unmeasured =
        scene.run("verify dist/acme-renamed --bundle none.json --progress json").says(3, "[file-not-found]");
    assert!(!unmeasured.err.contains("vouchsafe-progress"), "who mistyped does not wait: {unmeasured:?}");
    std::fs::create_dir(scene.path("empty")).unwrap();
    scene.run("verify dist/acme-renamed --bundle empty").says(3, "[nothing-to-hash]");
    let unfitting = scene.run("verify dist/acme-2.0 --bundle dist/all.sigstore.json");
    unfitting.says(1, "[digest-mismatch]");
}

#[test]
fn signatures_that_are_not_there_or_one_too_many() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    let bundle = parse(&scene.read("acme-1.0.sigstore.json"));
    let signatures = bundle["dsseEnvelope"]["signatures"].clone();
    let verify = |change: &dyn Fn(&mut Value), name: &str| {
        let mut changed = bundle.clone();
        change(&mut changed);
        scene.write(name, vouchsafe::encoding::json::compact(&changed));
        scene.run(&format!("verify acme-1.0 --bundle {name}"))
    };
    let envelope = |signatures: Value| {
        move |v: &mut Value| {
            v["dsseEnvelope"]["signatures"] = signatures.clone();
            *v = v["dsseEnvelope"].clone();
        }
    };
    verify(&|_| (), "x.sigstore.json").says(0, "VERIFIED");
    verify(&envelope(signatures.clone()), "x.intoto.jsonl").says(0, "VERIFIED");
    verify(&envelope(json!([])), "x.intoto.jsonl").says(1, "[unsigned]");
    let twice = json!([signatures[0], signatures[0]]);
    verify(&|v| v["dsseEnvelope"]["signatures"] = twice.clone(), "x.sigstore.json").says(3, "[attestation-malformed]");
    verify(&|v| v["dsseEnvelope"]["signatures"] = json!([]), "x.sigstore.json").says(1, "[unsigned]");
    verify(&|v| v["dsseEnvelope"]["signatures"][0]["sig"] = json!("AAAA"), "x.sigstore.json")
        .says(1, "[signer-unknown]");
    verify(&|v| v["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.1"), "x.sigstore.json")
        .says(0, "VERIFIED");
    scene.write("x.intoto.jsonl", "");
    scene.run("verify acme-1.0 --bundle x.intoto.jsonl").says(3, "[attestation-malformed]");
}

/// Names in a statement come from outside: a report never carries them raw, neither as text nor in messages.
#[test]
fn terminal_escapes_do_not_reach_the_terminal() {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    scene.write("provenance.json", r#"{"x":"\u001b[2J"}"#);
    scene
        .args(
            [
                "attest",
                "acme-1.0",
                "--key",
                "acme.pem",
                "--member",
                "acme",
                "--predicate",
                "provenance.json",
                "--type",
                "x:\u{1b}[2J\u{7}",
            ],
            b"",
        )
        .says(0, "SIGNED");
    for line in ["verify acme-1.0", "verify acme-1.0 --format json", "inspect acme-1.0.sigstore.json"] {
        let ran = scene.run(line);
        let all = [&ran.out[..], ran.err.as_bytes()].concat();
        assert!(!all.contains(&0x1b) && !all.contains(&7), "{line}: {ran:?}");
    }
    let ran = scene.args(["verify", "acme-1.0", "--type", "x:\u{1b}[2J\u{7}"], b"");
    assert!(ran.exit == 0 && !ran.out.contains(&0x1b), "{ran:?}");
}
