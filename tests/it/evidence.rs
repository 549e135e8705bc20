//! From a report to a verdict: evidence becomes facts, facts become checked claims, and whoever verifies makes both again.

use crate::scene::Scene;
use serde_json::{Value, json};
use vouchsafe::attestation::{Envelope, Payload as _, Statement};
use vouchsafe::encoding::base64;
use vouchsafe::signer::{self, PassphraseSource};

const REVISION: &str = "9fceb02d0ae598e95dc970b74767f19372d61af8";
const LCOV: &str = "TN:\nSF:src/a.rs\nDA:1,1\nDA:2,3\nDA:3,0\nDA:4,1\nend_of_record\n";
const POLICY: &str =
    "schema = \"vouchsafe-policy/v1\"\n[practices]\nrequire = [\"TST-06\"]\nmin_basis = { default = \"checked\" }\n";

fn junit(failures: usize) -> String {
    let failure = if failures > 0 { "<failure message=\"no\"/>" } else { "" };
    format!(
        "<testsuites><testsuite name=\"app.security\"><testcase classname=\"app.security\" name=\"login\">{failure}\
         </testcase><testcase classname=\"app.security\" name=\"logout\"/></testsuite></testsuites>"
    )
}

/// A report that names no revision does not contradict what somebody declares; one that names errors does.
#[test]
fn what_a_report_does_not_say_contradicts_nothing() {
    let scene = scene(0);
    let sarif = |results: Value| {
        let driver = json!({"driver": {"name": "lint", "rules": [{"id": "r"}]}});
        let done = json!([{"executionSuccessful": true}]);
        json!({"version": "2.1.0", "runs": [{"tool": driver, "invocations": done, "results": results}]}).to_string()
    };
    let claim = "[[claim]]\npractice = \"TST-01\"\nresult = \"met\"\nbasis = \"declared\"\nstatement = \"we look\"\n";
    scene.write("claims.toml", claim);
    scene.write("clean.sarif", sarif(json!([])));
    let line = attest("--evidence clean.sarif --claims claims.toml");
    let signed = scene.ok(&line);
    assert!(signed.text().contains("1 declared)"), "{signed:?}");
    assert!(
        signed.text().contains("sast-ran: expected that revisionMatchesSubject is true, it is false"),
        "{signed:?}"
    );
    let result = json!([{"ruleId": "r", "level": "error", "message": {"text": "x"}}]);
    scene.write("dirty.sarif", sarif(result));
    let line = attest("--evidence dirty.sarif --claims claims.toml --force");
    scene.run(&line).says(1, "[claims-contradicted]");
}

/// A release with the reports of its tests.
fn scene(failures: usize) -> Scene {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    scene.write("evidence/junit.xml", junit(failures));
    scene.write("evidence/lcov.info", LCOV);
    scene.write("policy.toml", POLICY);
    scene.write("replayed.toml", format!("{POLICY}tier = \"replayed\"\n"));
    scene
}

const ABOUT: &str = "--source git+https://example.com/acme --revision 9fceb02d0ae598e95dc970b74767f19372d61af8";

fn attest(evidence: &str) -> String {
    format!("attest acme-1.0 --key acme.pem --member acme --trust forum {ABOUT} {evidence}")
}

const BOTH: &str = "--evidence evidence/junit.xml --evidence evidence/lcov.info";

#[test]
fn a_practice_that_reports_show_is_claimed_as_checked() {
    let scene = scene(0);
    let signed = scene.ok(&attest(BOTH));
    assert!(signed.text().contains("1 practice claimed as met (1 checked)"), "{signed:?}");
    let gap = scene.run(&format!("--format json practice gap {BOTH} {ABOUT}"));
    assert_eq!(gap.exit, 1, "one practice is not the profile: {gap:?}");
    let gap = vouchsafe_json(&gap.out);
    let row = gap["practices"].as_array().unwrap().iter().find(|row| row["practice"] == "TST-06").unwrap();
    assert_eq!((&row["met"], &row["basis"]), (&json!(true), &json!("checked")));
    let verified = scene.ok("verify acme-1.0 --trust forum --policy policy.toml");
    assert!(verified.text().contains("1 of 1 practices met (1 checked)"), "{verified:?}");
    assert!(verified.text().contains("tier      recomputed"), "{verified:?}");
}

#[test]
fn what_is_missing_is_said_and_not_claimed() {
    let scene = scene(0);
    let signed = scene.ok(&attest("--evidence evidence/junit.xml"));
    assert!(signed.text().contains("TST-06 coverage-floor: no lcov that shows it"), "{signed:?}");
    scene.run("verify acme-1.0 --trust forum --policy policy.toml").says(1, "[practices-not-met]");
    // Nor is anything claimed of a build that nobody named.
    let unbound = format!("attest acme-1.0 --key acme.pem --member acme --trust forum {BOTH} --force");
    let signed = scene.ok(&unbound);
    assert!(signed.err.contains("it is known what it is about"), "{signed:?}");
    assert!(signed.text().contains("0 practices claimed as met"), "{signed:?}");
}

#[test]
fn a_claim_that_evidence_contradicts_is_not_signed() {
    let scene = scene(1);
    let claim = "[[claim]]\npractice = \"TST-06\"\nresult = \"met\"\nbasis = \"declared\"\nstatement = \"we test\"\n";
    scene.write("claims.toml", claim);
    let refused = scene.run(&attest(&format!("{BOTH} --claims claims.toml"))).says(1, "[claims-contradicted]");
    assert!(refused.err.contains("junit.xml") && refused.err.contains("failures is 0, it is 1"), "{refused:?}");
    scene.write("claims.toml", claim.replace("\"met\"", "\"notMet\""));
    scene.ok(&attest(&format!("{BOTH} --claims claims.toml")));
}

#[test]
fn facts_are_made_again_from_the_evidence() {
    let scene = scene(0);
    scene.ok(&attest(BOTH));
    let replay = "verify acme-1.0 --trust forum --policy replayed.toml --replay --evidence-dir evidence";
    let verified = scene.ok(replay);
    assert!(verified.text().contains("tier      replayed"), "{verified:?}");
    let report = scene.ok(&format!("--format json {replay}")).json("verify-v1.json");
    assert_eq!(report["subjects"][0]["tier"], "replayed");
    // Without being asked to, nobody reads evidence: the tier is not reached.
    scene.run("verify acme-1.0 --trust forum --policy replayed.toml").says(1, "[tier-not-reached]");

    // Under another name it is the same file.
    std::fs::rename(scene.path("evidence/lcov.info"), scene.path("evidence/renamed")).unwrap();
    scene.ok(replay);
    // It is gone: what is left could only be recomputed, which is not what was asked for.
    std::fs::remove_file(scene.path("evidence/renamed")).unwrap();
    let asked = "verify acme-1.0 --trust forum --policy policy.toml --replay --evidence-dir evidence";
    for line in [replay, asked] {
        let ran = scene.run(line).says(1, "[tier-not-reached]");
        assert!(ran.text().contains("not there: lcov.info"), "{ran:?}");
    }
    // One with other bytes is not the one that was signed.
    scene.write("evidence/lcov.info", LCOV.replace("DA:3,0", "DA:3,1"));
    scene.run(asked).says(1, "[tier-not-reached]");
}

/// What no claim names changes the facts of what one names: a statement about a vulnerability explains it, a later one
/// takes that back. Nor is one file gone because another has its id.
#[test]
fn all_evidence_is_read_again_or_the_tier_is_not_reached() {
    let scene = scene(0);
    scene.write("evidence/more.xml", junit(0).replace("logout", "other"));
    scene.ok(&attest(&format!("{BOTH} --evidence evidence/more.xml")));
    lie(&scene, |_| {});
    let replay = "verify acme-1.0 --trust forum --policy policy.toml --replay --evidence-dir evidence";
    assert!(scene.ok(replay).text().contains("tier      replayed"));
    std::fs::remove_file(scene.path("evidence/more.xml")).unwrap();
    scene.run(replay).says(1, "[tier-not-reached]");
}

#[test]
fn one_file_may_be_given_twice() {
    let scene = scene(0);
    scene.ok(&attest(&format!("{BOTH} --evidence evidence/junit.xml --evidence junit-xml=evidence/junit.xml")));
    let verified = scene.ok("verify acme-1.0 --trust forum --policy replayed.toml --replay --evidence-dir evidence");
    assert!(verified.text().contains("1 of 1 practices met (1 checked)"), "{verified:?}");
}

/// The member itself lies: the facts in the statement are better than the report they are said to be of.
#[test]
fn facts_that_the_evidence_does_not_say_are_refused() {
    let scene = scene(0);
    scene.write("evidence/lcov.info", LCOV.replace("DA:2,3", "DA:2,0"));
    scene.ok(&attest(BOTH));
    scene.run("verify acme-1.0 --trust forum --policy policy.toml").says(1, "[practices-not-met]");
    lie(&scene, |facts| facts["lines"]["ratio"] = json!(0.9));
    // The signed facts pass every check now …
    scene.ok("verify acme-1.0 --trust forum --policy policy.toml");
    // … and the evidence says otherwise.
    let replay = "verify acme-1.0 --trust forum --policy policy.toml --replay --evidence-dir evidence";
    let refused = scene.run(replay).says(1, "[evidence-differs]");
    assert!(refused.text().contains("lines"), "{refused:?}");
    // Nor does it help to take the evidence away.
    std::fs::remove_file(scene.path("evidence/lcov.info")).unwrap();
    scene.run(replay).says(1, "[tier-not-reached]");
}

fn vouchsafe_json(bytes: &[u8]) -> Value {
    vouchsafe::encoding::json::parse(bytes, 1 << 24, "test document").unwrap()
}

/// Signs again what the attestation says, with other facts of the coverage and TST-06 claimed as checked on both.
fn lie(scene: &Scene, edit: impl Fn(&mut Value)) {
    let bundle = vouchsafe_json(&scene.read("acme-1.0.sigstore.json"));
    let payload = base64::decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap(), "payload").unwrap();
    let mut statement = vouchsafe_json(&payload);
    let predicate = &mut statement["predicate"];
    for evidence in predicate["evidence"].as_array_mut().unwrap() {
        if evidence["name"] == "lcov.info" {
            edit(&mut evidence["facts"]);
        }
    }
    let checks = ["tests-pass", "tests-security-tagged", "skips-bounded", "coverage-floor"];
    let run =
        |id: &&str| json!({"id": id, "evidence": [if *id == "coverage-floor" { "e2" } else { "e1" }], "pass": true});
    predicate["claims"] = json!([{
        "practice": "TST-06", "result": "met", "basis": "checked", "evidence": ["e1", "e2"],
        "checks": checks.iter().map(run).collect::<Vec<_>>(),
    }]);
    let payload = vouchsafe::encoding::json::compact(&statement);
    Statement::parse(&payload).unwrap();
    let mut envelope = Envelope::around::<Statement>(payload);
    let reference = signer::KeyReference::File(scene.path("acme.pem"));
    let key = signer::open(&reference, &PassphraseSource::default()).unwrap();
    vouchsafe::publish::seal(&mut envelope, key.as_ref()).unwrap();
    scene.write("acme-1.0.sigstore.json", envelope.to_bundle().unwrap());
}

/// Reports that cannot be read, say nothing, or are about another build: a line, a code, and nothing rests on them.
#[test]
fn evidence_that_is_none_shows_nothing() {
    let scene = scene(0);
    let sarif = |revision: &str| {
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "lint"}}, "results": [],
            "versionControlProvenance": [{"repositoryUri": "https://example.com", "revisionId": revision}]}]})
        .to_string()
    };
    scene.write("evidence/other.sarif", sarif("0000000000000000000000000000000000000000"));
    scene.write("evidence/cut.sarif", &sarif(REVISION).as_bytes()[..60]);
    scene.write("evidence/old.sarif", sarif(REVISION).replace("2.1.0", "1.0.0"));
    scene.write("evidence/empty.xml", "<testsuites></testsuites>");
    for (file, code) in [
        ("evidence/other.sarif", "[evidence-other-build]"),
        ("evidence/cut.sarif", "[evidence-malformed]"),
        ("sarif-2.1.0=evidence/old.sarif", "[evidence-unsupported]"),
        ("junit-xml=evidence/empty.xml", "[evidence-empty]"),
    ] {
        let line =
            format!("attest acme-1.0 --key acme.pem --member acme --trust forum {ABOUT} --force --evidence {file}");
        let ran = scene.ok(&line);
        assert!(ran.err.contains(code) && ran.err.contains("nothing rests on it"), "{file}: {ran:?}");
        assert!(ran.text().contains("0 practices claimed as met"), "{file}: {ran:?}");
    }
    // What nobody recognises is a document, bound by its digest.
    scene.write("evidence/notes.txt", "we looked at it");
    let ran = scene.ok(&format!("{} --force", attest("--evidence evidence/notes.txt")));
    assert!(!ran.err.contains("nothing rests on it"), "{ran:?}");
}

#[test]
fn gaps_are_told_in_the_words_of_another_framework() {
    let scene = scene(0);
    let gap = scene.run(&format!("--format json practice gap {BOTH} {ABOUT} --framework ssdf-1.1"));
    let gap = gap.says(1, "").json("practice-gap-v1.json");
    assert_eq!((gap["profile"].as_str(), gap["met"].as_u64()), (Some("base"), Some(1)));
    let met = |r: &Value| r["met"].as_array().unwrap().contains(&json!("TST-06"));
    assert!(gap["requirements"].as_array().unwrap().iter().any(met), "{gap}");
    scene.run("practice gap --framework nist-9").says(3, "[framework-unknown]");
    let text = scene.run(&format!("practice gap {BOTH} {ABOUT}"));
    assert!(
        text.text().starts_with("GAP  base of forum-fp 2026.1 (draft): 1 of 34 met, 33 practices to go"),
        "{text:?}"
    );
    assert!(
        text.text().contains("TST-01") && text.text().contains("sast-ran: no sarif-2.1.0 that shows it"),
        "{text:?}"
    );
}

#[test]
fn two_catalogues_are_compared() {
    let scene = Scene::empty();
    let mut newer = vouchsafe_json(vouchsafe::practice::BUILTIN);
    newer["version"] = json!("2026.2");
    newer["practices"][0]["outcome"] = json!("Something else is true.");
    newer["profiles"][0]["practices"].as_array_mut().unwrap().push(json!("TST-08"));
    scene.write("newer.json", newer.to_string());
    let same = scene.ok("--format json practice diff builtin builtin").json("practice-diff-v1.json");
    assert_eq!(same["changes"], json!([]));
    let diff = scene.run("--format json practice diff builtin newer.json").says(1, "").json("practice-diff-v1.json");
    let changes = diff["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 3, "what base asks for, standard does: {changes:?}");
    assert!(changes[0].as_str().unwrap().starts_with("PRG-01 means \"Something else is true.\", where it meant"));
    assert_eq!(changes[1], "profile base also asks for TST-08");
}

#[test]
fn releases_are_shown_side_by_side() {
    let scene = scene(0);
    scene.ok(&attest(BOTH));
    scene.write("acme-2.0", "another");
    let matrix =
        scene.run("practice matrix acme-1.0 acme-2.0 --trust forum --policy policy.toml --output csv=matrix.csv");
    assert_eq!(matrix.exit, 3, "one of the two is undecided: {matrix:?}");
    let row = matrix.text().lines().find(|line| line.contains("TST-06")).unwrap();
    assert!(row.contains("checked"), "{row}");
    assert!(matrix.text().contains("attestation-missing") || matrix.text().contains("undecided"), "{matrix:?}");
    assert!(scene.text("matrix.csv").contains("TST-06"));
}
