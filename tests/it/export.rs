//! `vouchsafe verify --output FORMAT=PATH`: every format against its own schema, and none that says yes about what was refused.

use crate::peers::python;
use crate::run::{Ran, parse, valid};
use crate::scene::{ACME, Scene};
use serde_json::{Value, json};
use std::path::Path;

const SCHEMAS: &str = "tests/vectors/schemas";
/// Documents that say yes about a release.
const DOCUMENTS: [&str; 6] = ["vsa", "svr", "cyclonedx", "oscal", "cisa", "cisa-md"];
const VSA: &str = "https://slsa.dev/verification_summary/v1";

fn every(prefix: &str) -> String {
    DOCUMENTS.iter().chain(&["csv", "md"]).map(|f| format!(" --output {f}={prefix}.{f}")).collect()
}

/// Every document of an answer that is JSON, validated.
fn documents(scene: &Scene, prefix: &str) -> [Value; 5] {
    for kind in ["vsa", "svr"] {
        python(&scene.path(""), "validate_export.py", [&format!("{prefix}.{kind}"), kind]).says(0, "valid https://");
    }
    let read = |kind: &str| scene.read(format!("{prefix}.{kind}"));
    let cyclonedx = official(&read("cyclonedx"), "bom-1.6.SNAPSHOT.schema.json");
    // What the schema as it is packaged leaves open.
    let head = (&cyclonedx["$schema"], &cyclonedx["version"]);
    assert_eq!(head, (&json!("http://cyclonedx.org/schema/bom-1.6.schema.json"), &json!(1)));
    let oscal = official(&read("oscal"), "oscal-assessment-results-1.1.3.json");
    let cisa = valid(&read("cisa"), "cisa-answers-v1.json");
    [parse(&read("vsa")), parse(&read("svr")), cyclonedx, oscal, cisa]
}

fn schema(name: &str) -> Value {
    parse(&std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMAS).join(name)).unwrap())
}

/// A document that an official schema allows. What the schema refers to lies beside it; there is no network.
fn official(bytes: &[u8], name: &str) -> Value {
    let value = parse(bytes);
    let errors = complaints(&value, name);
    assert!(errors.is_empty(), "{errors:?}");
    value
}

fn complaints(value: &Value, name: &str) -> Vec<String> {
    let beside = ["spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"];
    let beside = beside.map(|n| (format!("http://cyclonedx.org/schema/{n}"), schema(n)));
    let registry = jsonschema::Registry::new().extend(beside).unwrap().prepare().unwrap();
    let options = jsonschema::draft7::options().with_registry(&registry).should_validate_formats(true);
    let validator = options.build(&schema(name)).unwrap();
    validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn released() -> Scene {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene
}

#[test]
fn every_format_is_what_its_schema_says_and_the_same_every_time() {
    let scene = released();
    for prefix in ["a", "b"] {
        scene.ok(&format!("verify acme-1.0 --at {}{}", now(&scene), every(prefix)));
    }
    let [vsa, svr, cyclonedx, oscal, cisa] = documents(&scene, "a");
    for kind in DOCUMENTS.iter().chain(&["csv", "md"]) {
        assert_eq!(scene.read(format!("a.{kind}")), scene.read(format!("b.{kind}")), "{kind}");
    }
    let digest = scene.ok("digest acme-1.0").first()[..64].to_owned();
    assert_eq!(vsa["subject"], json!([{"name": "acme-1.0", "digest": {"sha256": digest}}]));
    assert_eq!(vsa["predicate"]["verificationResult"], "PASSED");
    assert_eq!(vsa["predicate"]["resourceUri"], format!("sha256:{digest}"));
    assert_eq!(vsa["predicate"]["timeVerified"], now(&scene));
    assert_eq!(vsa["predicate"]["verifiedLevels"], svr["predicate"]["properties"]);
    assert_eq!(vsa["predicate"]["verifiedLevels"].as_array().unwrap().len(), 37);
    assert_eq!(cyclonedx["declarations"]["claims"].as_array().unwrap().len(), 34);
    let findings = oscal["assessment-results"]["results"][0]["findings"].as_array().unwrap();
    assert!(findings.len() == 34 && findings.iter().all(|f| f["target"]["status"]["state"] == "satisfied"));
    assert_eq!(cisa["answers"].as_array().unwrap().len(), 9);
    assert_eq!(cisa["answers"][0]["answer"], "supported");
    assert!(cisa["poam"].as_array().unwrap().iter().all(|o| o["status"] == "not asked for"));
    let csv = scene.text("a.csv");
    assert!(
        csv.lines().count() == 35 && csv.ends_with("\r\n") && csv.contains("the mapping files of vouchsafe"),
        "{csv}"
    );
    assert!(scene.text("a.md").contains("it is not stated by a signer"));
    assert!(scene.text("a.cisa-md").contains("### Plan of action and milestones"));
}

/// A moment that every run of a test can ask about.
fn now(scene: &Scene) -> String {
    let statement = scene.ok("verify acme-1.0 --format json").json("verify-v1.json");
    statement["subjects"][0]["attested"].as_str().unwrap().to_owned()
}

#[test]
fn the_schemas_refuse_what_is_wrong() {
    assert!(
        !complaints(
            &json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "declarations": {"x": 1}}),
            "bom-1.6.SNAPSHOT.schema.json"
        )
        .is_empty()
    );
    assert!(
        !complaints(&json!({"assessment-results": {"uuid": "1"}}), "oscal-assessment-results-1.1.3.json").is_empty()
    );
    let scene = released();
    scene.ok(&format!("verify acme-1.0{}", every("a")));
    let mut vsa = parse(&scene.read("a.vsa"));
    vsa["predicate"]["verificationResult"] = "FAILED".into();
    scene.write("failed", vsa.to_string());
    vsa["predicate"]["verificationResult"] = "PASSED".into();
    vsa["predicate"]["verifiedLevels"] = json!(["SLSA_BUILD_LEVEL_3"]);
    scene.write("slsa", vsa.to_string());
    for wrong in ["failed", "slsa", "a.svr"] {
        python(&scene.path(""), "validate_export.py", [wrong, "vsa"]).says(1, "ValueError");
    }
    assert_eq!(python(&scene.path(""), "validate_export.py", ["a.vsa"]).exit, 2);
}

#[test]
fn nothing_says_yes_about_what_is_not_verified() {
    let scene = released();
    scene.write("acme-2.0", "nobody attested this");
    scene.write("changed/acme-1.0", "other bytes");
    let bundle = "--bundle acme-1.0.sigstore.json";
    for (subject, exit, verdict, code) in
        [("acme-2.0", 3, "undecided", "attestation-missing"), ("changed/acme-1.0", 1, "refused", "digest-mismatch")]
    {
        let bundle = if exit == 1 { bundle } else { "" };
        let ran = scene.run(&format!("verify {subject} {bundle}{}", every("no"))).says(exit, "vsa=no.vsa: not written");
        assert_eq!(ran.err.lines().count(), DOCUMENTS.len(), "{ran:?}");
        assert!(DOCUMENTS.iter().all(|f| !scene.path(format!("no.{f}")).exists()));
        let csv = scene.text("no.csv");
        assert_eq!(csv.lines().count(), 2, "{csv}");
        assert!(csv.contains(&format!("\"{verdict}\",\"{code}\",\"\"")), "{csv}");
        assert!(scene.text("no.md").contains(&format!("| {verdict} | {code} |  |")));
    }
    // Of two, only the one that is verified has a document; the set that is not whole has none.
    scene.run(&format!("verify acme-1.0 changed/acme-1.0 {bundle}{}", every("half"))).says(1, "1 of 2 verified");
    let [vsa, ..] = documents(&scene, "half");
    assert_eq!(vsa["subject"].as_array().unwrap().len(), 1);
    scene.run(&format!("verify acme-1.0 --exact-set{}", every("set"))).says(1, "[set-mismatch]");
    assert!(DOCUMENTS.iter().all(|f| !scene.path(format!("set.{f}")).exists()));
    assert!(scene.text("set.csv").contains("\"refused\",\"set-mismatch\",\"\""));
}

#[test]
fn a_document_speaks_about_one_attestation() {
    let scene = released();
    scene.release("acme-1.1");
    let both = "verify acme-1.0 acme-1.1 --output";
    scene.run(&format!("{both} vsa=two.vsa")).says(2, "these files rest on several");
    let json = scene.run(&format!("{both} vsa=two.vsa --output csv=two.csv --format json")).says(2, "");
    assert_eq!(json.json("error-v1.json")["code"], "usage");
    assert!(!scene.path("two.vsa").exists() && !scene.path("two.csv").exists(), "all or nothing");
    scene.write("acme-2.0", "nobody attested this");
    let three = both.replace("acme-1.1", "acme-1.1 acme-2.0");
    scene.run(&format!("{three} vsa=two.vsa")).says(3, "these files rest on several").says(3, "2 of 3 verified");
    scene.ok(&format!("{both} csv=two.csv"));
    assert_eq!(scene.text("two.csv").lines().count(), 69);
    // One statement about two files is one release; its product is the resource.
    scene.write("acme-a", "a");
    scene.write("acme-b", "b");
    scene.ok(&format!("attest acme-a acme-b {ACME} --out both.sigstore.json"));
    scene.ok(&format!("verify acme-a acme-b --bundle both.sigstore.json{}", every("both")));
    let [vsa, _, cyclonedx, oscal, _] = documents(&scene, "both");
    assert_eq!(vsa["subject"].as_array().unwrap().len(), 2);
    assert_eq!(cyclonedx["declarations"]["attestations"].as_array().unwrap().len(), 2);
    let components = &oscal["assessment-results"]["results"][0]["local-definitions"]["components"];
    assert_eq!(components.as_array().unwrap().len(), 2);
}

#[test]
fn another_predicate_has_no_practices_to_export() {
    let scene = Scene::new();
    scene.write("acme-1.0", "the bytes");
    scene.write("p.json", "{\"a\": 1}");
    scene.ok("attest acme-1.0 --key acme.pem --member acme --predicate p.json --type https://example.com/p/v1");
    let verify = "verify acme-1.0 --type https://example.com/p/v1 --output";
    for format in ["cyclonedx", "oscal", "cisa", "cisa-md"] {
        scene.run(&format!("{verify} {format}=x")).says(2, "no practices were asked for");
    }
    scene.ok(&format!("{verify} vsa=x.vsa --output csv=x.csv"));
    let vsa = parse(&scene.read("x.vsa"));
    assert_eq!(vsa["predicate"]["verifiedLevels"], json!(["SAFECODE_SIGNED_BY_MEMBER"]));
    assert!(vsa["predicate"]["policy"].get("digest").is_none(), "the policy file was not what was asked");
    assert!(scene.text("x.csv").contains("\"verified\",\"\",\"\""));
}

#[test]
fn an_exception_is_an_exception_everywhere() {
    let scene = Scene::new();
    let claims = scene.text("claims.toml");
    let met = "practice = \"COD-01\"\nresult = \"met\"\nbasis = \"declared\"";
    assert!(claims.contains(met), "{claims}");
    let words = "=HYPERLINK(\\\"x\\\") | <b>";
    let exception = format!(
        "practice = \"COD-01\"\nresult = \"notMet\"\nbasis = \"declared\"\n[claim.exception]\nreason = \"{words}\"\nowner = \
         \"security-lead\"\napproved_at = 2026-01-01\nexpires = 2999-01-01\n"
    );
    scene.write("claims.toml", claims.replace(met, &exception));
    scene.write("policy.toml", "schema = \"vouchsafe-policy/v1\"\n[practices]\nprofile = \"base\"\nexceptions = {}\n");
    scene.release("acme-1.0");
    scene.ok(&format!("verify acme-1.0 --policy policy.toml{}", every("a")));
    let [vsa, _, cyclonedx, oscal, cisa] = documents(&scene, "a");
    let levels = vsa["predicate"]["verifiedLevels"].to_string();
    assert!(levels.contains("SAFECODE_PROFILE_BASE_WITH_EXCEPTIONS") && !levels.contains("COD_01"), "{levels}");
    let map = cyclonedx["declarations"]["attestations"][0]["map"].as_array().unwrap();
    let entry = map.iter().find(|m| m["requirement"] == "requirement-COD-01").unwrap();
    assert_eq!((&entry["counterClaims"], &entry["conformance"]["score"]), (&json!(["claim-0-COD-01"]), &json!(0)));
    let findings = oscal["assessment-results"]["results"][0]["findings"].as_array().unwrap();
    let open: Vec<&Value> = findings.iter().filter(|f| f["target"]["status"]["state"] == "not-satisfied").collect();
    assert_eq!((open.len(), &open[0]["target"]["target-id"]), (1, &json!("COD-01")));
    let remarks = open[0]["target"]["status"]["remarks"].as_str().unwrap();
    assert!(remarks.contains("2999-01-01T00:00:00Z") && remarks.contains("\\| &lt;b\\>"), "{remarks}");
    let open = cisa["poam"].as_array().unwrap().iter().find(|o| o["practice"] == "COD-01").unwrap();
    let (owner, expires) = (json!("security-lead"), json!("2999-01-01T00:00:00Z"));
    assert_eq!((&open["status"], &open["owner"], &open["expires"]), (&json!("excepted"), &owner, &expires));
    assert_eq!(open["questions"], json!(["4"]));
    let line = "COD-01 Coding rules exist and are enforced | 4 | excepted | security-lead | 2999-01-01T00:00:00Z | =HYPERLINK(";
    assert!(scene.text("a.cisa-md").contains(line));
    assert!(scene.text("a.csv").contains("\"excepted\",\"notMet\",\"declared\",\"signed\",\"2999-01-01T00:00:00Z\""));
}

#[cfg(unix)]
#[test]
fn a_name_is_no_formula_and_no_markup() {
    let scene = released();
    let names = ["=1+1", "+1", "@SUM", "a|b", "a\"b,c", "x\u{1b}[2Jy", "[l](http:x)"];
    let mut args: Vec<String> = vec!["verify".into()];
    for name in names {
        scene.write(name, "nobody attested this");
        args.push(name.into());
    }
    args.extend(["--output".into(), "csv=n.csv".into(), "--output".into(), "md=n.md".into()]);
    scene.args(&args, b"").says(3, "undecided");
    let (csv, md) = (scene.text("n.csv"), scene.text("n.md"));
    for cell in ["\"'=1+1\",", "\"'+1\",", "\"'@SUM\",", "\"a\"\"b,c\",", "\"x\\u{1b}[2Jy\","] {
        assert!(csv.contains(&format!("\n{cell}")), "{cell}: {csv}");
    }
    assert!(md.contains("\n| a\\|b |") && md.contains("\\[l\\](http&#58;x)") && !md.contains('\u{1b}'), "{md}");
}

#[test]
fn an_exported_summary_can_be_signed_and_verified() {
    let scene = released();
    scene.ok("verify acme-1.0 --output vsa=acme.vsa.json");
    let sign = |what: &str, kind: &str| -> Ran {
        let key = "--key partner.pem --member partner";
        scene.run(&format!("attest {what} {key} --predicate acme.vsa.json --type {kind} --out vsa.sigstore.json"))
    };
    scene.write("acme-other", "another file");
    sign("acme-other", VSA).says(2, "about other artifacts");
    sign("acme-1.0", "https://example.com/p/v1")
        .says(2, "is a statement of type https://slsa.dev/verification_summary/v1");
    sign("acme-1.0", VSA).says(0, "");
    scene.ok(&format!("verify acme-1.0 --bundle vsa.sigstore.json --type {VSA} --signer partner"));
}

#[test]
fn formats_are_those_of_the_command() {
    let scene = released();
    scene.run("digest acme-1.0 --output vsa=x").says(2, "expected json=PATH or jsonl=PATH");
    for wrong in ["pdf=x", "vsa", "vsa="] {
        scene.run(&format!("verify acme-1.0 --output {wrong}")).says(2, "cyclonedx");
    }
    assert!(!scene.path("x").exists());
    // As with JSON, an older file is replaced, whole.
    scene.write("x.vsa", "older");
    scene.ok("verify acme-1.0 --output vsa=x.vsa --output json=x.json");
    assert!(scene.text("x.vsa").contains("PASSED"));
    valid(&scene.read("x.json"), "verify-v1.json");
}

/// A member may write whatever it likes into what it signs; an export of it is still what its schema says.
#[test]
fn words_of_a_member_break_no_document() {
    use crate::world::{NOW, POLICY, World, at, attestation, measured, predicate};
    use vouchsafe::audit::export::{Asked, Release, cisa_markdown, cyclonedx, oscal, vsa};
    use vouchsafe::verify::{Candidate, Evidence, Policy, verify};
    let world = World::new();
    let mut claimed = predicate();
    let odd = " \u{1b}[2J\u{202e}<script>|`*\n# x ";
    claimed.scope.product = Some("pkg:generic/acme/tool@1.0".into());
    claimed.assessor.id = odd.into();
    claimed.claims[0].statement = Some(odd.into());
    claimed.claims[0].evidence = vec![odd.into(), "none".into()];
    claimed.valid_until = Some(at("9999-01-01"));
    let piece = json!({"id": odd, "name": odd, "digest": {odd: odd}, "producedAt": "-000044-03-15T00:00:00Z"});
    let piece = serde_json::from_value::<vouchsafe::attestation::Evidence>(piece).unwrap();
    claimed.evidence = vec![piece.clone(), piece];
    let envelope = attestation(&claimed, &[&world.acme]);
    let (trust, policy) = (world.trust(), Policy::parse("p", POLICY.as_bytes()).unwrap());
    let candidate = Candidate { source: "here".into(), envelope: Ok(envelope), time: None, replay: None };
    let evidence = Evidence { name: "acme-1.0".into(), candidates: vec![candidate] };
    let verified = verify(&measured(b"release"), evidence, &trust, &policy, at(NOW)).unwrap();
    let asked = Asked { policy: &policy, trust: &trust, at: at(NOW) };
    assert!(Release::of(&[], asked).is_none(), "nothing is no release");
    let release = Release::of(&[&verified], asked).unwrap();
    let cyclonedx = official(&cyclonedx(&release).unwrap(), "bom-1.6.SNAPSHOT.schema.json");
    let refs =
        |list: &Value| -> Vec<String> { list.as_array().unwrap().iter().map(|v| v["bom-ref"].to_string()).collect() };
    assert_eq!(refs(&cyclonedx["declarations"]["evidence"]), ["\"evidence-0\"", "\"evidence-1\""]);
    assert_eq!(cyclonedx["declarations"]["targets"]["components"][0]["purl"], "pkg:generic/acme/tool@1.0");
    official(&oscal(&release).unwrap(), "oscal-assessment-results-1.1.3.json");
    assert_eq!(parse(&vsa(&release))["predicate"]["resourceUri"], "pkg:generic/acme/tool@1.0");
    let all = [cyclonedx.to_string().into_bytes(), oscal(&release).unwrap(), cisa_markdown(&release).unwrap()].concat();
    let all = String::from_utf8(all).unwrap();
    assert!(!all.contains(['\u{1b}', '\u{202e}']) && !all.contains("\\u001b"), "{all}");
}
