//! What is asked: policies, and the flags that add to them.

use crate::scene::Scene;

fn scene() -> Scene {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene
}

#[test]
fn flags_add_demands() {
    let scene = scene();
    for (flags, exit, words) in [
        ("--require TST-01", 0, "34 of 34"),
        ("--require ssdf-1.1:PS.3.2", 0, "VERIFIED"),
        ("--require TST-01,INT-07", 0, "VERIFIED"),
        ("--require TST-09", 1, "[practices-not-met]"),
        ("--require TST-01 --require TST-09", 1, "TST-09 unclaimed"),
        ("--require ssdf-1.1:XX.9.9", 3, "[policy-unusable]"),
        ("--require nist-0:AA.1", 3, "[policy-unusable]"),
        ("--signer acme", 0, "VERIFIED"),
        ("--signer globex", 1, "[signer-not-accepted]"),
        ("--signer nobody", 1, "[signer-not-accepted]"),
        ("--max-age 1h", 0, "VERIFIED"),
        ("--max-age 1h --require TST-01 --signer acme", 0, "VERIFIED"),
    ] {
        scene.run(&format!("verify acme-1.0 {flags}")).says(exit, words);
    }
}

#[test]
fn time_is_asked_for_and_never_guessed() {
    let scene = scene();
    for (at, exit, code) in [
        ("2018-01-01", 1, "[member-not-yet]"),
        ("2020-01-01", 1, "[key-not-yet]"),
        ("2020-01-01T10:00:00Z", 1, "[key-not-yet]"),
        ("2200-01-01", 3, "[registry-expired]"),
    ] {
        scene.run(&format!("verify acme-1.0 --at {at}")).says(exit, code);
    }
    let now = jiff::Timestamp::now();
    for (hours, exit, word) in [(24, 0, "VERIFIED"), (24 * 8, 3, "[trust-stale]"), (24 * 60, 3, "[registry-expired]")] {
        let at = now.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap();
        scene.run(&format!("verify acme-1.0 --at {at:.0}")).says(exit, word);
    }
    let later = now.checked_add(jiff::SignedDuration::from_hours(50)).unwrap();
    scene.run(&format!("verify acme-1.0 --max-age 2d --at {later:.0}")).says(1, "[attestation-too-old]");
    scene.ok(&format!("verify acme-1.0 --max-age 3d --at {later:.0}"));
}

#[test]
fn a_policy_is_toml_or_json_and_read_strictly() {
    let scene = scene();
    let schema = "schema = \"vouchsafe-policy/v1\"\n";
    for (name, text, exit, words) in [
        ("p.toml", format!("{schema}[practices]\nprofile = \"base\"\n"), 0, "34 of 34"),
        ("p.toml", format!("{schema}[practices]\nprofile = \"high\"\n"), 1, "[practices-not-met]"),
        ("p.toml", format!("{schema}[practices]\nprofile = \"nonsense\"\n"), 3, "[policy-unusable]"),
        (
            "p.toml",
            format!("{schema}[practices]\nrequire = [\"TST-01\"]\nmin_basis = {{ TST-01 = \"checked\" }}\n"),
            1,
            "[practices-not-met]",
        ),
        ("p.toml", format!("{schema}[practices]\ncatalogue = \"another\"\n"), 1, "[catalogue-not-accepted]"),
        ("p.toml", format!("{schema}[signers]\nmembers = [\"globex\"]\n"), 1, "[signer-not-accepted]"),
        ("p.toml", format!("{schema}[signers]\nthreshold = 2\n"), 1, "[signers-too-few]"),
        ("p.toml", format!("{schema}[log]\nrequire = \"required\"\n"), 1, "[not-logged]"),
        ("p.toml", format!("{schema}[cosigners]\nadvisory = 2\n"), 1, "[cosigners-missing]"),
        ("p.toml", schema.into(), 0, "no practices were asked for"),
        ("p.toml", format!("{schema}[signers]\nthreshold = 0\n"), 3, "threshold"),
        ("p.toml", format!("{schema}[signers]\nmembers = []\n"), 3, "members"),
        ("p.toml", format!("{schema}[practices]\nprofle = \"base\"\n"), 3, "profle"),
        ("p.toml", format!("{schema}nonsense = 1\n"), 3, "nonsense"),
        ("p.toml", "[practices]\nprofile = \"base\"\n".into(), 3, "schema"),
        ("p.toml", String::new(), 3, ""),
        ("p.json", r#"{"schema":"vouchsafe-policy/v1","practices":{"profile":"base"}}"#.into(), 0, "34 of 34"),
        ("p.json", r#"{"schema":"vouchsafe-policy/v1","signers":{"threshold":0}}"#.into(), 3, "threshold"),
        ("p.json", r#"{"schema":"vouchsafe-policy/v1","nonsense":1}"#.into(), 3, "nonsense"),
        (
            "p.json",
            r#"{"schema":"vouchsafe-policy/v1","log":{"require":"optional"},"log":{"require":"optional"}}"#.into(),
            3,
            "log",
        ),
    ] {
        scene.write(name, &text);
        let ran = scene.run(&format!("verify acme-1.0 --policy {name}")).says(exit, words);
        assert!(exit == 0 || !ran.text().starts_with("VERIFIED"), "{text}: {ran:?}");
    }
    scene.run("verify acme-1.0 --policy none.toml").says(3, "[file-not-found]");
}

/// What a policy does not ask for shows as SKIPPED, in text and in JSON.
#[test]
fn what_is_skipped_is_told() {
    let scene = scene();
    scene.write("p.toml", "schema = \"vouchsafe-policy/v1\"\n");
    let text = scene.ok("verify acme-1.0 --policy p.toml");
    assert!(
        text.text().contains("SKIPPED   predicate, practices, cosigners, logged (not asked for by the policy)"),
        "{text:?}"
    );
    let report = super::report(&scene.ok("verify acme-1.0 --policy p.toml --format json"));
    let skipped: Vec<_> = report["subjects"][0]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["status"] == "SKIPPED")
        .map(|c| c["id"].as_str().unwrap())
        .collect();
    assert_eq!(skipped, ["predicate", "practices", "cosigners", "logged"]);
}
