//! `vouchsafe attest` as its users meet it: what is written, what it says, and what is refused.

use crate::run::{Ran, parse, valid};
use crate::scene::{ACME, PARTNER, Scene};
use serde_json::Value;
use vouchsafe::encoding::base64;

/// The statement inside a bundle or a line of DSSE.
fn statement(scene: &Scene, file: &str) -> Value {
    let document = parse(&scene.read(file));
    let envelope = document.get("dsseEnvelope").unwrap_or(&document);
    parse(&base64::decode(envelope["payload"].as_str().unwrap(), "payload").unwrap())
}

fn names(statement: &Value) -> Vec<&str> {
    statement["subject"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect()
}

#[test]
fn one_file_gives_a_bundle_beside_it_as_the_schemas_have_it() {
    let scene = Scene::new();
    scene.write("dist/acme-1.0", "release");
    let made = scene.ok(&format!("attest dist/acme-1.0 {ACME} --format json")).json("attest-v1.json");
    assert_eq!(made["file"], "dist/acme-1.0.sigstore.json");
    assert_eq!((&made["signatures"], &made["member"]), (&1.into(), &"acme".into()));
    let bundle = valid(&scene.read("dist/acme-1.0.sigstore.json"), "sigstore-bundle-v0.3.json");
    let hint = &bundle["verificationMaterial"]["publicKey"]["hint"];
    assert_eq!(hint, &bundle["dsseEnvelope"]["signatures"][0]["keyid"]);
    assert_eq!(hint, &made["keyid"]);
    let payload = base64::decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap(), "payload").unwrap();
    let statement = valid(&payload, "practices-v1.json");
    assert_eq!(statement["subject"], made["subjects"]);
    assert_eq!(names(&statement), ["acme-1.0"]);
    let sum = scene.peer("sha256sum", "dist/acme-1.0");
    assert!(sum.text().starts_with(statement["subject"][0]["digest"]["sha256"].as_str().unwrap()), "{sum:?}");
    assert_eq!(statement["predicate"]["claims"].as_array().unwrap().len(), 34);
    scene.ok("verify dist/acme-1.0");
}

#[test]
fn several_files_and_folders_make_one_statement() {
    let scene = Scene::new();
    for name in ["dist/acme-b", "dist/acme-a", "dist/doc/acme-c", "acme-d"] {
        scene.write(name, name);
    }
    scene.ok(&format!("attest dist/acme-a dist/acme-b {ACME}"));
    assert_eq!(names(&statement(&scene, "dist/attestation.sigstore.json")), ["acme-a", "acme-b"]);
    scene.ok(&format!("attest dist/acme-a acme-d {ACME} -o two.sigstore.json"));
    assert_eq!(names(&statement(&scene, "two.sigstore.json")), ["acme-a", "acme-d"]);
    scene.run(&format!("attest dist/acme-a acme-d {ACME}")).says(2, "-o FILE.sigstore.json");
    let again = scene.ok(&format!("attest dist {ACME} --force"));
    assert!(again.err.contains("is an attestation itself and is left out"), "{again:?}");
    let all = statement(&scene, "dist/attestation.sigstore.json");
    assert_eq!(names(&all), ["dist/acme-a", "dist/acme-b", "dist/doc/acme-c"]);
    scene.ok("verify dist/acme-a dist/acme-b --bundle dist/attestation.sigstore.json");
    scene.write("other/acme-a", "another of that name");
    scene.run(&format!("attest dist/acme-a other/acme-a {ACME} -o x.sigstore.json")).says(2, "both be called acme-a");
    std::fs::create_dir(scene.path("empty")).unwrap();
    scene.run(&format!("attest empty {ACME}")).says(3, "nothing-to-hash");
}

#[cfg(unix)]
#[test]
fn odd_names_are_signed_verified_and_never_shown_raw() {
    use std::os::unix::ffi::OsStrExt as _;
    let scene = Scene::new();
    let names: [&[u8]; 7] = [
        b"acme- space",
        b"acme-new\nline",
        "acme-\u{fc}\u{202e}".as_bytes(),
        b"acme-\x1b[31mred",
        b"acme-\xff\xfe",
        b"acme-back\\slash",
        b"acme-'\"$(x)",
    ];
    for name in names {
        let name = std::ffi::OsStr::from_bytes(name);
        scene.write(name, name.as_bytes());
        let words = |verb: &str| std::iter::once(verb.into()).chain([name.to_owned()]).collect::<Vec<_>>();
        let flags = ACME.split(' ').map(Into::into);
        let signed = scene.args(words("attest").into_iter().chain(flags), b"").says(0, "SIGNED");
        let seen = scene.args(words("verify"), b"").says(0, "VERIFIED");
        for text in [&signed.out, &seen.out] {
            let text = String::from_utf8_lossy(text);
            let raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(raw) && text.lines().next().unwrap().contains("acme-"), "{text:?}");
        }
        let mut bundle = name.to_owned();
        bundle.push(".sigstore.json");
        let bundle = parse(&scene.read(bundle));
        assert!(bundle["dsseEnvelope"]["payload"].is_string());
    }
    scene.write("-x", "a leading dash");
    scene.run(&format!("attest -x {ACME}")).says(2, "");
    scene.ok(&format!("attest ./-x {ACME}"));
    assert_eq!(self::names(&statement(&scene, "-x.sigstore.json")), ["-x"]);
    scene.run("verify ./-x").says(1, "[out-of-scope]");
}

#[test]
fn what_is_there_is_not_overwritten() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    let before = scene.read("acme-1.0.sigstore.json");
    scene.write("acme-1.0", "changed since");
    scene.run(&format!("attest acme-1.0 {ACME}")).says(3, "[file-exists]").says(3, "--append");
    assert_eq!(scene.read("acme-1.0.sigstore.json"), before);
    scene.run("verify acme-1.0").says(1, "[digest-mismatch]");
    scene.ok(&format!("attest acme-1.0 {ACME} --force"));
    scene.ok("verify acme-1.0");
    scene.write("file", "");
    let blocked = scene.run(&format!("attest acme-1.0 {ACME} -o file/below.sigstore.json"));
    assert!(blocked.exit == 3 && blocked.out.is_empty(), "nothing can be written below a file: {blocked:?}");
    assert_eq!(scene.read("file"), b"");
}

#[test]
fn a_second_member_adds_a_signature() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene.run(&format!("attest acme-1.0 {ACME} --append")).says(3, "[signed-already]");
    let made = scene.ok(&format!("attest acme-1.0 {PARTNER} --append --format json")).json("attest-v1.json");
    assert_eq!((&made["file"], &made["signatures"]), (&"acme-1.0.intoto.jsonl".into(), &2.into()));
    assert!(!scene.path("acme-1.0.sigstore.json").exists(), "a bundle holds one signature");
    let lines = scene.text("acme-1.0.intoto.jsonl");
    assert_eq!(lines.lines().count(), 1);
    assert_eq!(parse(lines.as_bytes())["signatures"].as_array().unwrap().len(), 2);
    let report = scene.ok("verify acme-1.0 --format json").json("verify-v1.json");
    let mut members: Vec<_> =
        report["subjects"][0]["signers"].as_array().unwrap().iter().map(|s| s["member"].as_str().unwrap()).collect();
    members.sort_unstable();
    assert_eq!(members, ["acme", "partner"]);
    scene.run(&format!("attest acme-1.0 {PARTNER} --append")).says(3, "[signed-already]");
    scene.write("acme-2.0", "another release");
    let other = scene.run(&format!("attest acme-2.0 {PARTNER} --append -o acme-1.0.intoto.jsonl"));
    other.says(1, "[other-statement]");
    assert_eq!(scene.text("acme-1.0.intoto.jsonl"), lines);
    scene.write("two.toml", "schema = \"vouchsafe-policy/v1\"\n[signers]\nthreshold = 2\n");
    scene.ok("verify acme-1.0 --policy two.toml");
    scene.release("acme-3.0");
    scene.run("verify acme-3.0 --policy two.toml").says(1, "[signers-too-few]");
    scene.write("acme-4.0", "unattested");
    scene.run(&format!("attest acme-4.0 {ACME} --append")).says(3, "[file-not-found]");
}

/// Whoever appends signs what stands there, so claims of their own that differ are not passed over in silence.
#[test]
fn appending_other_claims_is_refused() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    let weaker = scene.text("claims.toml").replacen("\"met\"", "\"notMet\"", 1);
    scene.write("weaker.toml", weaker);
    let flags = PARTNER.replace("claims.toml", "weaker.toml");
    scene.run(&format!("attest acme-1.0 {flags} --append")).says(1, "[other-statement]");
    scene.write("provenance.json", "{}");
    let other = "--key partner.pem --member partner --predicate provenance.json --type https://slsa.dev/provenance/v1";
    scene.run(&format!("attest acme-1.0 {other} --append")).says(1, "[other-statement]");
    scene.run("attest acme-1.0 --key partner.pem --member partner --append").says(1, "[other-statement]");
}

#[test]
fn any_predicate_can_be_signed_and_asked_for() {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    scene.write("provenance.json", r#"{"buildDefinition":{"buildType":"https://example.org/make"}}"#);
    let slsa = "https://slsa.dev/provenance/v1";
    scene.ok(&format!("attest acme-1.0 --key acme.pem --member acme --predicate provenance.json --type {slsa}"));
    let statement = statement(&scene, "acme-1.0.sigstore.json");
    assert_eq!(statement["predicateType"], slsa);
    assert_eq!(statement["predicate"]["buildDefinition"]["buildType"], "https://example.org/make");
    scene.run("verify acme-1.0").says(1, "[predicate-type]");
    let seen = scene.ok(&format!("verify acme-1.0 --type {slsa}"));
    assert!(seen.first().ends_with(": signed https://slsa.dev/provenance/v1; no practices were asked for"), "{seen:?}");
    scene.run(&format!("verify acme-1.0 --type {slsa} --require TST-01")).says(2, "");
    scene.run(&format!("attest acme-1.0 {ACME} --predicate provenance.json --type {slsa}")).says(2, "");
    scene.write("bad.json", "{\"a\":1,\"a\":2}");
    let bad = format!("attest acme-1.0 --key acme.pem --member acme --predicate bad.json --type {slsa} --force");
    scene.run(&bad).says(3, "[malformed]");
}

#[test]
fn print_statement_writes_nothing() {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    let shown = scene.ok("attest acme-1.0 --member acme --profile base --claims claims.toml --print-statement");
    assert_eq!(names(&valid(&shown.out, "practices-v1.json")), ["acme-1.0"]);
    assert!(!scene.path("acme-1.0.sigstore.json").exists());
}

#[test]
fn evidence_is_found_beside_the_claims_and_bound_by_digest() {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    let cited = "basis = \"declared\"\nevidence = [\"report.txt\"]";
    scene.write("in/claims.toml", scene.text("claims.toml").replacen("basis = \"declared\"", cited, 1));
    let attest = "attest acme-1.0 --key acme.pem --member acme --profile base --claims in/claims.toml";
    scene.run(attest).says(3, "report.txt");
    scene.write("in/report.txt", "what was found");
    scene.write("extra.txt", "more");
    scene.ok(&format!("{attest} --evidence extra.txt"));
    let statement = statement(&scene, "acme-1.0.sigstore.json");
    let evidence = statement["predicate"]["evidence"].as_array().unwrap();
    assert_eq!((evidence[0]["name"].as_str(), evidence[1]["name"].as_str()), (Some("extra.txt"), Some("report.txt")));
    let sum = scene.peer("sha256sum", "in/report.txt");
    assert!(sum.text().starts_with(evidence[1]["digest"]["sha256"].as_str().unwrap()));
    let claims = statement["predicate"]["claims"].as_array().unwrap();
    let citing: Vec<_> = claims.iter().filter(|c| c["evidence"].as_array().is_some_and(|e| !e.is_empty())).collect();
    assert_eq!((citing.len(), &citing[0]["evidence"][0]), (1, &evidence[1]["id"]));
}

#[test]
fn what_cannot_be_claimed_or_signed_is_refused() {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    let claims = scene.text("claims.toml");
    scene.write("checked.toml", claims.replacen("\"declared\"", "\"checked\"", 1));
    scene.write("typo.toml", claims.replacen("practice = ", "practise = ", 1));
    scene.write("empty.toml", "");
    std::fs::remove_file(scene.path("acme.pub.pem")).unwrap();
    let attest = |flags: &str| -> Ran { scene.run(&format!("attest acme-1.0 --member acme {flags}")) };
    for (exit, words, flags) in [
        (3, "[claims-checked-by-hand]", "--key acme.pem --profile base --claims checked.toml"),
        (3, "[claims-malformed]", "--key acme.pem --profile base --claims typo.toml"),
        (3, "[claims-empty]", "--key acme.pem --profile base --claims empty.toml"),
        (3, "[file-not-found]", "--key acme.pem --profile base --claims none.toml"),
        (3, "[profile-unknown]", "--key acme.pem --profile nonsense --claims claims.toml"),
        (3, "[file-not-found]", "--key none.pem --profile base --claims claims.toml"),
        (3, "[file-not-found]", "--key acme.pem --profile base --claims claims.toml --evidence none.sarif"),
        (2, "", "--key acme.pem --profile base --claims claims.toml --valid-for soon"),
        (2, "", "--profile base --claims claims.toml"),
        (2, "", "--key acme.pem --source https://example.org/git --claims claims.toml"),
    ] {
        attest(flags).says(exit, words);
        assert!(!scene.path("acme-1.0.sigstore.json").exists(), "{flags}: nothing is written");
    }
    scene.run(&format!("attest acme-9.9 {ACME}")).says(3, "[file-not-found]");
    let unmet = attest("--key acme.pem --profile standard --claims claims.toml");
    unmet.says(0, "of the profile not claimed as met");
}

#[test]
fn an_unregistered_key_is_told_and_refused_later() {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    let signed = scene.ok("attest acme-1.0 --key mallory.pem --member acme --profile base --claims claims.toml");
    assert!(signed.err.contains("Example Forum knows this key as nobody's"), "{signed:?}");
    scene.run("verify acme-1.0").says(1, "[signer-unknown]");
    let signed = scene.ok("attest acme-1.0 --key globex.pem --member acme --claims claims.toml --force");
    assert!(signed.err.contains("knows this key as globex's"), "{signed:?}");
    scene.run("verify acme-1.0").says(1, "[out-of-scope]");
}

#[cfg(unix)]
#[test]
fn an_encrypted_key_signs_with_its_passphrase_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    for (name, phrase) in [("right", "open sesame\n"), ("wrong", "open seasme\n")] {
        scene.write(name, phrase);
        std::fs::set_permissions(scene.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    scene.ok("key import acme.pem --out sealed.pem --passphrase-file right");
    let attest = format!("attest acme-1.0 {}", ACME.replace("acme.pem", "sealed.pem"));
    scene.run(&attest).says(3, "[passphrase-needed]");
    scene.run(&format!("{attest} --passphrase-file wrong")).says(3, "[passphrase-wrong]");
    assert!(!scene.path("acme-1.0.sigstore.json").exists());
    scene.ok(&format!("{attest} --passphrase-file right"));
    scene.ok("verify acme-1.0");
}

#[test]
fn a_p256_member_signs_alone() {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    scene.ok(&format!("attest acme-1.0 {PARTNER}"));
    valid(&scene.read("acme-1.0.sigstore.json"), "sigstore-bundle-v0.3.json");
    let seen = scene.ok("verify acme-1.0");
    assert!(seen.first().starts_with("VERIFIED  acme-1.0  Partner, member since 2019, attested 20"), "{seen:?}");
}
