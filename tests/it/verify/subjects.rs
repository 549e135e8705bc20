//! What can be named: a file, standard input, a digest, a list, a folder. The verdict is the same.

use super::{report, scene, verdicts};
use crate::scene::{ACME, Scene};

fn sum(scene: &Scene, name: &str) -> String {
    scene.peer("sha256sum", name).text().split(' ').next().unwrap().to_owned()
}

#[test]
fn a_file_its_bytes_its_digest_and_a_list_give_one_verdict() {
    let scene = scene();
    for (name, wanted, code) in [
        ("acme-good", "verified", ""),
        ("acme-tampered", "refused", "digest-mismatch"),
        ("acme-stranger", "refused", "signer-unknown"),
    ] {
        let bundle = format!("--bundle {name}.sigstore.json --format json");
        let digest = sum(&scene, name);
        scene.write("SHA256SUMS", format!("{digest}  {name}\n"));
        scene.write("elsewhere/SHA256SUMS", format!("{digest}  {name}\n"));
        let bytes = scene.read(name);
        let ask = |subject: &str, input: &[u8]| {
            let report = report(&scene.args(format!("verify {subject} {bundle}").split(' '), input));
            let [(_, verdict, got)] = &verdicts(&report)[..] else { panic!("{report:#}") };
            assert_eq!((verdict.as_str(), got.as_str()), (wanted, code), "{subject}");
            report["subjects"][0].clone()
        };
        for (subject, measured) in [
            (name.to_owned(), true),
            ("-".into(), true),
            ("@SHA256SUMS".into(), true),
            (format!("sha256:{digest}"), false),
            ("@elsewhere/SHA256SUMS".into(), false),
        ] {
            let answer = ask(&subject, &bytes);
            assert_eq!(answer["measured"], measured, "{subject}");
            assert_eq!(answer["digest"], format!("sha256:{digest}"));
        }
    }
    let digest = sum(&scene, "acme-good");
    let text = scene.ok(&format!("verify sha256:{digest} --bundle acme-good.sigstore.json"));
    assert!(text.text().contains("(as given; the bytes were not read)"), "{text:?}");
}

#[test]
fn a_list_that_is_wrong_about_a_file_is_refused() {
    let scene = scene();
    scene.write("SHA256SUMS", format!("{}  acme-good\n", "00".repeat(32)));
    scene.run("verify @SHA256SUMS").says(1, "[digest-mismatch]");
    scene.write("SHA256SUMS", "nonsense\n");
    scene.run("verify @SHA256SUMS").says(3, "[malformed]");
    scene.run("verify @none").says(3, "[file-not-found]");
    scene.run("verify sha256:abc").says(3, "[malformed]");
    scene.run(&format!("verify sha1:{}", "00".repeat(20))).says(3, "[file-not-found]");
}

#[test]
fn one_byte_is_enough() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    let good = scene.read("acme-1.0");
    for at in [0, good.len() / 2, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        scene.write("acme-1.0", bytes);
        scene.run("verify acme-1.0").says(1, "[digest-mismatch]");
    }
    scene.write("acme-1.0", [&good[..], b"\0"].concat());
    scene.run("verify acme-1.0").says(1, "[digest-mismatch]");
    scene.write("acme-1.0", good);
    scene.ok("verify acme-1.0");
}

#[test]
fn a_folder_is_every_file_in_it() {
    let scene = Scene::new();
    scene.write("dist/acme-a", "a");
    scene.write("dist/doc/acme-b", "b");
    scene.ok(&format!("attest dist {ACME}"));
    let ran = scene.ok("verify dist --format json --bundle dist/attestation.sigstore.json");
    let names: Vec<_> = verdicts(&report(&ran)).into_iter().map(|v| v.0).collect();
    assert_eq!(names, ["dist/acme-a", "dist/doc/acme-b"], "the attestation itself is no subject");
    std::fs::create_dir(scene.path("empty")).unwrap();
    scene.run("verify empty").says(3, "[nothing-to-hash]");
}

#[test]
fn the_exact_set_has_no_file_more_and_none_fewer() {
    let scene = Scene::new();
    for name in ["acme-a", "acme-b"] {
        scene.write(format!("dist/{name}"), name);
        scene.write(format!("loose/{name}"), name);
    }
    scene.ok(&format!("attest dist {ACME} --exact-set"));
    scene.ok("verify dist --exact-set");
    scene.ok("verify dist/acme-a");
    scene.run("verify dist/acme-a --exact-set").says(1, "[set-mismatch]").says(1, "dist/acme-b");
    scene.run("verify dist/acme-a dist/acme-a --exact-set").says(1, "[set-mismatch]");
    let b = scene.read("dist/acme-b");
    std::fs::remove_file(scene.path("dist/acme-b")).unwrap();
    let missing = scene.run("verify dist --exact-set --format json");
    assert_eq!(verdicts(&report(&missing))[0].2, "set-mismatch");
    scene.write("dist/acme-b", b);
    scene.write("dist/acme-c", "added");
    let added = scene.run("verify dist --exact-set").says(3, "[attestation-missing]");
    assert!(added.first().starts_with("UNDECIDED"), "one that nobody attested is never a yes: {added:?}");
    scene.ok(&format!("attest dist/acme-c {ACME}"));
    scene.run("verify dist --exact-set").says(1, "[set-mismatch]");
    scene.ok("verify dist");
    scene.ok(&format!("attest loose {ACME}"));
    scene.run("verify loose --exact-set").says(1, "an attestation made with --exact-set");
}

/// Files that change places are not the release that was attested, though each is one of its files.
#[test]
fn swapped_names_are_no_exact_set() {
    let scene = scene();
    scene.write("dist/acme-a", "one");
    scene.write("dist/acme-b", "two");
    scene.ok(&format!("attest dist {ACME} --exact-set"));
    scene.ok("verify dist --exact-set");
    scene.write("dist/acme-a", "two");
    scene.write("dist/acme-b", "one");
    scene.run("verify dist --exact-set").says(1, "[set-mismatch]");
}

/// A file that is only shaped like an attestation does not hide in an exact set.
#[test]
fn an_attestation_of_nothing_here_is_a_file_more() {
    let scene = scene();
    scene.write("dist/acme-a", "one");
    scene.ok(&format!("attest dist {ACME} --exact-set"));
    let report = scene.ok("verify dist --exact-set --format json").json("verify-v1.json");
    assert_eq!(report["left_out"].as_array().unwrap().len(), 1);
    let foreign =
        r#"{"payload":"e30=","payloadType":"x","signatures":[{"sig":"AA=="}],"compilerOptions":{"plugins":["evil"]}}"#;
    scene.write("dist/tsconfig.intoto.jsonl", foreign);
    scene.run("verify dist --exact-set").says(1, "tsconfig.intoto.jsonl");
    // Nor behind a copy of the real one.
    let real = scene.text("dist/attestation.sigstore.json");
    scene.write("dist/tsconfig.intoto.jsonl", format!("{real}{foreign}\n"));
    scene.run("verify dist --exact-set").says(1, "tsconfig.intoto.jsonl");
}
