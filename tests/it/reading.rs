//! `inspect`, `explain`, `policy` and `demo`: what is shown without being believed, and what can be looked up.

use crate::run::{Ran, program, vouchsafe};
use crate::scene::{PARTNER, Scene};
use std::path::Path;

#[test]
fn inspect_says_unverified_first_always() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene.release("acme-2.0");
    scene.ok(&format!("attest acme-2.0 {PARTNER} --append"));
    scene.ok("trust export -o forum.trust.json");
    scene.write("policy.json", r#"{"schema":"vouchsafe-policy/v1"}"#);
    scene.ok("registry suspend forum globex");
    scene.ok("registry sign forum --export change.json");
    let member = scene.ok("registry show forum --format json");
    scene.write("card.json", &member.out);
    for (file, kind) in [
        ("acme-1.0.sigstore.json", "attestation"),
        ("acme-2.0.intoto.jsonl", "attestation"),
        ("acme.proof.json", "key proof"),
        ("forum/published/metadata/1.root.json", "TUF metadata"),
        ("forum/published/metadata/1.targets.json", "TUF metadata"),
        ("forum/published/metadata/timestamp.json", "TUF metadata"),
        ("change.json", "staged change of a registry"),
        ("forum.trust.json", "exported trust file"),
        ("policy.json", "JSON document"),
        ("card.json", "JSON document"),
    ] {
        let text = scene.ok(&format!("inspect {file}"));
        assert_eq!(text.first(), format!("UNVERIFIED  {file}  {kind}; nothing here has been checked"));
        assert!(!text.text().lines().any(|line| line.starts_with("VERIFIED")), "{text:?}");
        let json = scene.ok(&format!("inspect {file} --format json")).json("inspect-v1.json");
        assert_eq!((&json["verified"], &json["kind"]), (&false.into(), &kind.into()));
    }
    let shown = scene.ok("inspect acme-1.0.sigstore.json");
    for words in ["subject   acme-1.0  sha256:", "assessor  acme (self)", "claim     INT-07 met (declared)"] {
        assert!(shown.text().contains(words), "{words}: {shown:?}");
    }
}

#[test]
fn inspect_does_not_know_everything() {
    let scene = Scene::new();
    let deep = [vec![b'['; 1000], vec![b']'; 1000]].concat();
    for bytes in [&b""[..], b"garbage", b"[1]", b"{}", b"{\"a\":1,\"a\":2}", b"\xff\xfe", b"\0", &deep, b"null"] {
        scene.write("file", bytes);
        let ran = scene.run("inspect file");
        assert!(ran.exit == 3 && ran.out.is_empty() && ran.err.contains("[malformed]"), "{bytes:?}: {ran:?}");
        assert!(!ran.err.contains("next      vouchsafe inspect"), "no way in circles: {ran:?}");
    }
    scene.run("inspect none").says(3, "[file-not-found]");
    scene.run("inspect forum").says(3, "");
    scene.run("inspect").says(2, "");
}

#[test]
fn every_code_can_be_explained() {
    let scene = Scene::empty();
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/refusals.md")).unwrap();
    let codes: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert!(codes.len() > 60, "{codes:?}");
    for code in codes {
        let text = scene.ok(&format!("explain {code}"));
        assert!(text.first().starts_with(&format!("{code}: ")), "{text:?}");
        assert!(!text.text().contains("\n#"), "one section and no more: {text:?}");
        let json = scene.ok(&format!("explain {code} --format json")).json("explain-v1.json");
        assert_eq!(json["code"], code);
    }
}

#[test]
fn practices_can_be_explained_and_nonsense_cannot() {
    let scene = Scene::empty();
    scene.run("explain TST-01").says(0, "TST-01");
    scene.run("explain ssdf-1.1:PS.3.2").says(0, "PS.3.2");
    for (what, exit, words) in [
        ("nonsense", 3, "[nothing-to-explain]"),
        ("digest", 3, "vouchsafe explain digest-mismatch"),
        ("TST-99", 3, "[practice-unknown]"),
        ("ssdf-1.1:XX.9", 3, "[practice-unknown]"),
        ("\u{1b}[2J", 3, "[nothing-to-explain]"),
        ("", 3, "[nothing-to-explain]"),
    ] {
        let ran = scene.args(["explain", what], b"").says(exit, words);
        assert!(!ran.err.contains('\u{1b}') && ran.out.is_empty(), "{ran:?}");
    }
}

#[test]
fn a_policy_that_was_written_can_be_used() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene.ok("policy init -o policy.toml --format json").json("policy-init-v1.json");
    assert_eq!(scene.ok("policy init").out, scene.read("policy.toml"));
    scene.run("policy init -o policy.toml").says(3, "[file-exists]");
    let lint = scene.ok("policy lint policy.toml --format json").json("policy-lint-v1.json");
    assert_eq!(lint["faults"].as_array().unwrap().len(), 0);
    scene.ok("verify acme-1.0 --policy policy.toml");
    let report = scene.ok("verify acme-1.0 --policy policy.toml --format json").json("verify-v1.json");
    assert_eq!(report["policy"]["sha256"], lint["sha256"]);
    let policy = scene.text("policy.toml");
    scene.write("policy.toml", policy.replace("\"base\"", "\"bass\"").replace("\"INT-07\"", "\"INT-99\""));
    let lint: Ran = scene.run("policy lint policy.toml").says(1, "FAULTY  policy.toml");
    assert!(lint.text().contains("no profile \"bass\"") && lint.text().contains("no practice INT-99"), "{lint:?}");
    scene.run("policy lint policy.toml --format json").json("policy-lint-v1.json");
    scene.write("policy.toml", "schema = \"vouchsafe-policy/v1\"\nnonsense = 1\n");
    scene.run("policy lint policy.toml").says(3, "nonsense");
}

#[test]
fn the_demo_runs_to_its_end_and_can_be_tried_again() {
    // It copies this program, which may be too large for a folder in memory.
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let environment = [format!("VOUCHSAFE_HOME={}", path("elsewhere").display()), "VOUCHSAFE_COLOR=never".into()];
    let words = [env!("CARGO_BIN_EXE_vouchsafe"), "demo", "scene"].map(str::to_owned);
    let demo = program("env", folder.path(), environment.into_iter().chain(words), b"").says(0, "");
    for words in [
        "PUBLISHED",
        "VERIFIED  dist/acme-tool",
        "[digest-mismatch]",
        "[signer-unknown]",
        "[practices-not-met]",
        "[attestation-missing]",
        "[key-compromised]",
    ] {
        assert!(demo.text().contains(words), "{words}: {demo:?}");
    }
    assert!(!path("elsewhere").exists(), "the demo's forum is trusted in the demo's home, and in no other");
    let verify = |name: &str| vouchsafe(&path("scene"), ["--home", "home", "verify", name]);
    verify("dist/acme-tool").says(0, "VERIFIED  dist/acme-tool");
    verify("globex/globex-1.0.txt").says(1, "[key-compromised]");
    vouchsafe(folder.path(), ["demo", "scene"]).says(3, "[file-exists]");
    std::fs::create_dir(path("taken")).unwrap();
    std::fs::write(path("taken/file"), "").unwrap();
    vouchsafe(folder.path(), ["demo", "taken"]).says(3, "[file-exists]");
    assert_eq!(path("taken").read_dir().unwrap().count(), 1, "nothing is left there");
}
