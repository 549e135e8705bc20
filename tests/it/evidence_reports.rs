//! Reports of tests, analysers, coverage, secret scanners and fuzzers, as their tools write them and as somebody hostile
//! would: facts, or a fault with the right code.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use vouchsafe::evidence::{Code, Extracted, Fault, Target, extract, recognise};
use vouchsafe::practice::EvidenceKind as K;

const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";
const OTHER: &str = "1123456789abcdef0123456789abcdef01234567";

const FILES: &[(K, &str)] = &[
    (K::Sarif, "bandit/bandit.sarif"),
    (K::Sarif, "ruff/ruff.sarif"),
    (K::Sarif, "semgrep/semgrep.sarif"),
    (K::Sarif, "eslint/eslint.sarif"),
    (K::Sarif, "gitleaks/clean-history.sarif"),
    (K::Junit, "pytest/junit.xml"),
    (K::Junit, "nextest/junit.xml"),
    (K::Junit, "jest/junit.xml"),
    (K::Junit, "surefire/TEST-org.example.security.LoginTest.xml"),
    (K::Cobertura, "coverage-py/cobertura.xml"),
    (K::Cobertura, "gcovr/cobertura.xml"),
    (K::Cobertura, "jest/cobertura.xml"),
    (K::Lcov, "coverage-py/lcov.info"),
    (K::Lcov, "gcovr/lcov.info"),
    (K::Lcov, "jest/lcov.info"),
    (K::Gitleaks, "gitleaks/git.json"),
    (K::Scorecard, "scorecard/probe.json"),
    (K::Scorecard, "scorecard/checks.json"),
    (K::FuzzSummary, "fuzz/summary.json"),
];

fn bytes(file: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/evidence").join(file)).unwrap()
}

fn read_at(kind: K, text: impl AsRef<[u8]>, revision: Option<&str>) -> Result<Extracted, Fault> {
    let mut input = text.as_ref();
    extract(kind, "report", &mut input, &Target { revision, ..Target::default() })
}

fn read(kind: K, text: impl AsRef<[u8]>) -> Result<Extracted, Fault> {
    read_at(kind, text, Some(REVISION))
}

fn facts(kind: K, text: impl AsRef<[u8]>) -> Value {
    Value::Object(read(kind, text).unwrap().facts)
}

fn code(kind: K, text: impl AsRef<[u8]>) -> Code {
    read(kind, text).unwrap_err().code
}

#[test]
fn the_tools_reports_have_these_facts() {
    let of = |file: &str| {
        let kind = FILES.iter().find(|(_, known)| *known == file).unwrap().0;
        facts(kind, bytes(file))
    };
    let bandit = of("bandit/bandit.sarif");
    assert_eq!((&bandit["runs"], &bandit["toolErrors"]), (&json!(1), &json!(0)));
    assert_eq!(bandit["open"]["error"], 2);
    assert_eq!(bandit["open"]["note"], 1);
    assert_eq!(
        bandit["open"]["byTag"],
        json!({"banned-api": 0, "security": 3, "external/cwe/cwe-78": 2, "external/cwe/cwe-327": 1})
    );
    assert_eq!(of("ruff/ruff.sarif")["open"]["error"], 3);
    // Semgrep leaves the level to the rule.
    let semgrep = of("semgrep/semgrep.sarif")["open"].clone();
    assert_eq!((&semgrep["error"], &semgrep["warning"]), (&json!(2), &json!(1)));
    assert_eq!(semgrep["maxSecuritySeverity"], 8.1);
    let eslint = of("eslint/eslint.sarif");
    assert_eq!(eslint["suppressed"], json!({"total": 1, "withoutJustification": 0}));
    assert_eq!((&eslint["open"]["error"], &eslint["open"]["warning"]), (&json!(1), &json!(1)));
    assert_eq!(eslint["revisionMatchesSubject"], false, "it names none");

    let history = of("gitleaks/clean-history.sarif");
    assert_eq!((&history["open"], &history["scannedHistory"]), (&json!(0), &json!(true)));
    assert_eq!(history.get("runs"), None, "a scanner for secrets is no static analyser");
    let found = of("gitleaks/git.json");
    assert_eq!(found, json!({"open": 1, "scannedHistory": true}));
    assert_eq!(facts(K::Gitleaks, bytes("gitleaks/clean.json")), json!({"open": 0, "scannedHistory": false}));
}

#[test]
fn tests_are_counted_in_every_dialect() {
    let of = |file: &str| facts(K::Junit, bytes(file));
    let pytest = of("pytest/junit.xml");
    let want = json!({
        "tests": 7, "failures": 1, "errors": 1, "skipped": 1, "skippedRatio": 0.142_858, "flaky": 0, "countsAgree": true,
        "suites": {"total": 1, "security": 1, "security.failed": 1},
    });
    assert_eq!(pytest, want);
    let nextest = of("nextest/junit.xml");
    let want = json!({
        "tests": 4, "failures": 1, "errors": 0, "skipped": 0, "skippedRatio": 0.0, "flaky": 1, "countsAgree": true,
        "suites": {"total": 2, "security": 1, "security.failed": 0},
    });
    assert_eq!(nextest, want);
    let jest = of("jest/junit.xml");
    assert_eq!((&jest["tests"], &jest["failures"], &jest["skipped"]), (&json!(3), &json!(1), &json!(1)));
    let surefire = of("surefire/TEST-org.example.security.LoginTest.xml");
    let want = json!({
        "tests": 5, "failures": 1, "errors": 1, "skipped": 1, "skippedRatio": 0.2, "flaky": 1, "countsAgree": true,
        "suites": {"total": 1, "security": 1, "security.failed": 1},
    });
    assert_eq!(surefire, want);
}

#[test]
fn both_formats_of_coverage_agree() {
    for (tool, total, covered, ratio) in [("coverage-py", 12, 6, 0.5), ("gcovr", 3, 2, 0.666_666), ("jest", 4, 3, 0.75)]
    {
        for (kind, file) in [(K::Lcov, "lcov.info"), (K::Cobertura, "cobertura.xml")] {
            let facts = facts(kind, bytes(&format!("{tool}/{file}")));
            assert_eq!(facts["lines"], json!({"total": total, "covered": covered, "ratio": ratio}), "{tool} {file}");
            assert_eq!(facts["branches"]["total"], 2, "{tool} {file}");
        }
    }
    let functions = facts(K::Lcov, bytes("gcovr/lcov.info"))["functions"].clone();
    assert_eq!((&functions["total"], &functions["covered"]), (&json!(3), &json!(2)));
    // The same file for two tests is one file; counts below zero are none.
    let twice = "TN:a\nSF:x.c\nDA:1,0\nDA:2,5\nend_of_record\nTN:b\nSF:x.c\nDA:1,3\nDA:2,0\nDA:3,-4\nend_of_record\n";
    assert_eq!(facts(K::Lcov, twice)["lines"], json!({"total": 3, "covered": 2, "ratio": 0.666_666}));
}

#[test]
fn probes_and_fuzzers() {
    let probe = facts(K::Scorecard, bytes("scorecard/probe.json"));
    let want = json!({
        "blocksForcePushOnBranches": "NotAvailable", "codeApproved": "True", "hasDangerousWorkflowScriptInjection": "False",
        "hasDangerousWorkflowUntrustedCheckout": "False", "hasUnverifiedBinaryArtifacts": "True",
        "topLevelPermissions": "False",
    });
    assert_eq!((&probe["probe"], &probe["commitMatches"]), (&want, &json!(true)));
    let checks = facts(K::Scorecard, bytes("scorecard/checks.json"));
    assert_eq!((&checks["check"], &checks["score"]), (&json!({"Binary-Artifacts": 10, "CI-Tests": 0}), &json!(7.4)));
    let fuzz = read(K::FuzzSummary, bytes("fuzz/summary.json")).unwrap();
    let cpu_hours = 9000.5 / 3600.0;
    assert_eq!(fuzz.facts["cpuHours"], cpu_hours);
    assert_eq!((&fuzz.facts["targets"], &fuzz.facts["openCrashes"]), (&json!(2), &json!(0)));
    assert_eq!(fuzz.produced_at.unwrap().to_string(), "2026-11-22T20:00:00Z");

    let schema = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/fuzz-summary-v1.json")).unwrap();
    let value = |bytes: &[u8]| vouchsafe::encoding::json::parse::<Value>(bytes, 1 << 20, "test").unwrap();
    let schema = jsonschema::validator_for(&value(&schema)).unwrap();
    assert!(schema.is_valid(&value(&bytes("fuzz/summary.json"))));
}

#[test]
fn a_file_is_taken_for_what_it_is() {
    for (kind, file) in FILES {
        assert_eq!(recognise(file, &bytes(file)), Some(*kind), "{file}");
        assert_eq!(recognise("report", &bytes(file)), Some(*kind), "{file} under another name");
    }
    assert_eq!(recognise("gitleaks.json", b"[]\n"), Some(K::Gitleaks));
    assert_eq!(recognise("other.json", b"[]\n"), None);
}

#[test]
fn a_report_cut_short_says_nothing_else() {
    for (kind, file) in FILES {
        let whole = bytes(file);
        let all = read(*kind, &whole).unwrap();
        for end in (0..whole.len()).step_by(29) {
            match read(*kind, &whole[..end]) {
                Err(fault) => {
                    assert!(matches!(fault.code, Code::Malformed | Code::Empty), "{file} at {end}: {fault:?}")
                }
                Ok(some) => assert_eq!(some, all, "{file} at {end}"),
            }
        }
    }
}

#[test]
fn another_revision_is_another_build() {
    for (kind, file) in [
        (K::Sarif, "gitleaks/clean-history.sarif"),
        (K::Scorecard, "scorecard/probe.json"),
        (K::Scorecard, "scorecard/checks.json"),
        (K::FuzzSummary, "fuzz/summary.json"),
    ] {
        assert_eq!(read_at(kind, bytes(file), Some(OTHER)).unwrap_err().code, Code::OtherBuild, "{file}");
        let unknown = read_at(kind, bytes(file), None).unwrap();
        let said = unknown.facts.get("revisionMatchesSubject").or(unknown.facts.get("commitMatches"));
        assert_eq!(said, Some(&json!(false)), "{file}: what was released is not known");
        assert_eq!(unknown.revision.as_deref(), Some(REVISION), "{file}");
    }
    let short = String::from_utf8(bytes("scorecard/probe.json")).unwrap().replace(REVISION, "unknown");
    assert_eq!(facts(K::Scorecard, short)["commitMatches"], false);
}

fn sarif(results: Value, tool: Value, more: Value) -> String {
    let mut run = json!({"tool": tool, "results": results});
    run.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"version": "2.1.0", "runs": [run]}).to_string()
}

fn tool() -> Value {
    let severe = json!({"security-severity": "9.8", "tags": ["security", "banned-api"]});
    json!({
        "driver": {"name": "CodeQL", "rules": [
            {"id": "A", "defaultConfiguration": {"level": "error"}},
            {"id": "B", "guid": "b-guid", "defaultConfiguration": {"level": "note"}, "properties": {"security-severity": 3}},
            {"id": "C"},
        ]},
        "extensions": [{"name": "empty"}, {"name": "pack", "guid": "p-guid", "rules": [
            {"id": "P", "defaultConfiguration": {"level": "error"}, "properties": severe},
        ]}],
    })
}

/// The level of one result: the one that is counted.
fn level(result: &Value, more: &Value) -> String {
    let facts = facts(K::Sarif, sarif(json!([result]), tool(), more.clone()));
    let levels = ["error", "warning", "note", "none"].into_iter().filter(|l| facts["open"][l] == 1);
    levels.collect::<Vec<_>>().join(" and ")
}

#[test]
fn a_level_is_found_where_code_scanning_finds_it() {
    let pack = |component: Value| json!({"rule": {"id": "P", "index": 0, "toolComponent": component}});
    for (result, want) in [
        (json!({}), "warning"),
        (json!({"level": "note"}), "note"),
        (json!({"level": "error", "kind": "pass"}), "none"),
        (json!({"kind": "review"}), "none"),
        (json!({"kind": "fail", "ruleId": "A"}), "error"),
        (json!({"ruleId": "A/sub/case"}), "error"),
        (json!({"ruleId": "AB"}), "warning"),
        (json!({"ruleIndex": 1}), "note"),
        (json!({"rule": {"index": 1}}), "note"),
        (json!({"rule": {"guid": "b-guid"}}), "note"),
        (json!({"ruleId": "A", "ruleIndex": -1}), "error"),
        (json!({"ruleId": "A", "ruleIndex": 1}), "error"),
        (json!({"ruleIndex": 99}), "warning"),
        (json!({"ruleId": "C"}), "warning"),
        (json!({"ruleId": "P"}), "error"),
        (pack(json!({"index": 1})), "error"),
        (pack(json!({"guid": "p-guid"})), "error"),
        (pack(json!({"name": "pack"})), "error"),
        (pack(json!({"index": 0})), "warning"),
        (pack(json!({"index": 7})), "warning"),
    ] {
        assert_eq!(level(&result, &json!({})), want, "{result}");
    }
    let to = |level: &str| json!({"descriptor": {"id": "A"}, "configuration": {"level": level}});
    let one = json!({"invocations": [{"executionSuccessful": true, "ruleConfigurationOverrides": [to("note")]}]});
    assert_eq!(level(&json!({"ruleId": "A"}), &one), "note");
    assert_eq!(level(&json!({"ruleId": "A", "level": "error"}), &one), "error");
    let two = json!({"invocations": [
        {"executionSuccessful": true, "ruleConfigurationOverrides": [to("note")]},
        {"executionSuccessful": true, "ruleConfigurationOverrides": [to("none")]},
    ]});
    assert_eq!(level(&json!({"ruleId": "A"}), &two), "error", "which of the two is not said");
    assert_eq!(level(&json!({"ruleId": "A", "provenance": {"invocationIndex": 1}}), &two), "none");
}

#[test]
fn what_is_open_and_what_is_not() {
    let results = json!([
        {"ruleId": "P", "suppressions": [{"kind": "inSource"}]},
        {"ruleId": "P", "suppressions": [{"kind": "external", "status": "accepted", "justification": "a test"}]},
        {"ruleId": "P", "suppressions": [{"kind": "external", "status": "accepted", "justification": "  "}]},
        {"ruleId": "P", "suppressions": [], "level": "note"},
        {"ruleId": "A", "suppressions": [{"kind": "external", "status": "underReview", "justification": "soon"}]},
        {"ruleId": "A", "suppressions": [{"kind": "external"}, {"kind": "external", "status": "rejected"}]},
        {"ruleId": "P", "baselineState": "absent"},
    ]);
    let all = facts(K::Sarif, sarif(results, tool(), json!({})));
    assert_eq!(all["suppressed"], json!({"total": 3, "withoutJustification": 2}));
    assert_eq!((&all["open"]["error"], &all["open"]["note"]), (&json!(2), &json!(1)));
    assert_eq!(all["open"]["byTag"], json!({"banned-api": 1, "security": 1}));
    assert_eq!(all["open"]["maxSecuritySeverity"], 9.8);
    for (severity, want) in
        [(json!("high"), 10.0), (json!(""), 0.0), (json!(11), 10.0), (json!("4.5"), 4.5), (json!("NaN"), 10.0)]
    {
        let one = json!([{"properties": {"security-severity": severity}}]);
        assert_eq!(facts(K::Sarif, sarif(one, tool(), json!({})))["open"]["maxSecuritySeverity"], want, "{severity}");
    }
    let many: Vec<String> = (0..100).map(|n| format!("tag-{n}")).collect();
    let many: Vec<Value> = many.chunks(10).map(|tags| json!({"properties": {"tags": tags}})).collect();
    let tags = facts(K::Sarif, sarif(json!(many), tool(), json!({})))["open"]["byTag"].clone();
    assert_eq!((tags.as_object().unwrap().len(), &tags["banned-api"]), (65, &json!(0)));
}

#[test]
fn runs_know_their_own_rules_in_any_order_of_keys() {
    let text = |a: &str, b: &str| {
        format!(
            r#"{{"runs":[{{"results":[{{"ruleId":"X"}}],"tool":{{"driver":{{"name":"one","rules":[{a}]}}}}}},
            {{"tool":{{"driver":{{"rules":[],"name":"idle"}}}}}},
            {{"tool":{{"driver":{{"rules":[{b}],"name":"two"}}}},"results":[{{"ruleId":"X"}},{{"ruleId":"X"}}]}}],
            "version":"2.1.0"}}"#
        )
    };
    let rule = |level: &str| format!(r#"{{"id":"X","defaultConfiguration":{{"level":"{level}"}}}}"#);
    let all = facts(K::Sarif, text(&rule("error"), &rule("note")));
    assert_eq!((&all["open"]["error"], &all["open"]["note"], &all["runs"]), (&json!(1), &json!(2), &json!(2)));
    let all = facts(K::Sarif, text("", &rule("note")));
    assert_eq!((&all["open"]["warning"], &all["open"]["note"]), (&json!(1), &json!(2)));
    assert_eq!(all["tools"], json!(["one", "two"]));
}

#[test]
fn what_a_sarif_report_has_to_say() {
    let invocations = json!({"invocations": [
        {"executionSuccessful": false, "endTimeUtc": "2026-11-20T10:00:00.123Z"},
        {"executionSuccessful": true, "endTimeUtc": "2026-11-19T10:00:00Z", "toolExecutionNotifications": [
            {"level": "error", "message": {"text": "x"}}, {"level": "note"}, {}],
         "toolConfigurationNotifications": [{"level": "error"}]},
        {},
    ]});
    let read_it = read(K::Sarif, sarif(json!([]), tool(), invocations)).unwrap();
    assert_eq!(read_it.facts["toolErrors"], 4);
    assert_eq!(read_it.produced_at.unwrap().to_string(), "2026-11-19T10:00:00Z");
    assert_eq!(read_it.produced_by, Some(("CodeQL".into(), None)));
    let at = |revisions: &[&str]| {
        let all: Vec<Value> =
            revisions.iter().map(|r| json!({"repositoryUri": "https://x", "revisionId": r})).collect();
        read(K::Sarif, sarif(json!([]), tool(), json!({"versionControlProvenance": all})))
    };
    assert_eq!(at(&[REVISION]).unwrap().facts["revisionMatchesSubject"], true);
    assert_eq!(at(&[OTHER, REVISION]).unwrap().facts["revisionMatchesSubject"], true, "a submodule");
    assert_eq!(at(&[&REVISION[..8]]).unwrap().facts["revisionMatchesSubject"], false, "a part of it is not it");
    assert_eq!(at(&[OTHER]).unwrap_err().code, Code::OtherBuild);
    let with = |more: Value| code(K::Sarif, sarif(json!([]), tool(), more));
    assert_eq!(with(json!({"externalPropertyFileReferences": {"results": []}})), Code::Unsupported);
    assert_eq!(with(json!({"results": null})), Code::Empty);
    assert_eq!(code(K::Sarif, r#"{"version":"2.1.0","runs":[]}"#), Code::Empty);
    assert_eq!(code(K::Sarif, r#"{"version":"2.1.0","runs":null}"#), Code::Empty);
    let old = r#"{"version":"1.0.0","runs":[{"results":[{"level":"pass"}]}]}"#;
    assert_eq!(code(K::Sarif, old), Code::Unsupported);
    let outside = r#"{"version":"2.1.0","runs":[],"inlineExternalProperties":[{"results":[]}]}"#;
    assert_eq!(code(K::Sarif, outside), Code::Unsupported);
    for wrong in [
        json!({"level": "fatal"}),
        json!({"kind": "bad"}),
        json!({"baselineState": "x"}),
        json!({"level": 1}),
        json!([]),
    ] {
        assert_eq!(code(K::Sarif, sarif(json!([wrong]), tool(), json!({}))), Code::Malformed, "{wrong}");
    }
    for wrong in ["", "{}", "[]", "null", "{\"runs\":[]}", r#"{"version":"2.1.0","runs":{"*":{"results":[{}]}}}"#] {
        assert_eq!(code(K::Sarif, wrong), Code::Malformed, "{wrong}");
    }
}

#[test]
fn a_history_is_searched_if_the_report_says_so() {
    let tool = json!({"driver": {"name": "Gitleaks"}});
    let says = |invocation: Value| {
        facts(K::Sarif, sarif(json!([]), tool.clone(), json!({"invocations": [invocation]})))["scannedHistory"].clone()
    };
    let command = |line: &str| says(json!({"executionSuccessful": true, "commandLine": line}));
    for whole in ["gitleaks git .", "/usr/bin/gitleaks detect --source . -v", "gitleaks.exe git"] {
        assert_eq!(command(whole), true, "{whole}");
    }
    for part in ["gitleaks dir .", "gitleaks detect --no-git", "gitleaks git --log-opts=-1", "git log", "x git"] {
        assert_eq!(command(part), false, "{part}");
    }
    assert_eq!(says(json!({"executionSuccessful": true, "arguments": ["git", "."]})), true);
    assert_eq!(says(json!({"executionSuccessful": true, "properties": {"scannedHistory": true}})), true);
    assert_eq!(says(json!({"executionSuccessful": false, "properties": {"scannedHistory": true}})), false);
    assert_eq!(facts(K::Sarif, sarif(json!([]), tool.clone(), json!({})))["scannedHistory"], false);
    assert_eq!(facts(K::Sarif, sarif(json!([{"ruleId": "key"}]), tool, json!({})))["open"], 1);
}

#[test]
fn suites_are_held_against_their_totals() {
    let suite = |attributes: &str, inner: &str| format!("<testsuite name='s' {attributes}>{inner}</testsuite>");
    let case = "<testcase name='a' classname='x'/>";
    let failing = "<testcase name='b'><failure/></testcase>";
    let counts = |text: String| {
        let f = facts(K::Junit, text);
        (f["tests"].clone(), f["failures"].clone(), f["countsAgree"].clone())
    };
    let of = |t: u64, f: u64, agree: bool| (json!(t), json!(f), json!(agree));
    assert_eq!(counts(suite("", case)), of(1, 0, true));
    assert_eq!(counts(suite("tests='1' failures='0'", failing)), of(1, 1, false), "a failure that is not counted");
    assert_eq!(counts(suite("tests='9' failures='2'", case)), of(1, 2, false), "failures that are not shown");
    assert_eq!(counts(suite("tests='x'", case)), of(1, 0, false));
    let nested = suite("tests='2' failures='1'", &format!("{case}{}", suite("tests='1' failures='1'", failing)));
    assert_eq!(counts(nested), of(2, 1, true), "with the suites in it");
    let nested = suite("tests='1' failures='0'", &format!("{case}{}", suite("tests='1' failures='1'", failing)));
    assert_eq!(counts(nested), of(2, 1, true), "without them");
    let hidden = format!("<testsuites tests='1' failures='0'>{}</testsuites>", suite("tests='1' failures='3'", case));
    assert_eq!(counts(hidden), of(1, 3, false));
    assert_eq!(counts(suite("", "<testcase name='b' status='failed'/>")), of(1, 1, true), "by an attribute alone");
    let broken = suite("", &format!("{case}<error/>"));
    assert_eq!(facts(K::Junit, broken)["errors"], 1, "a suite that could not start");
    let skipped = suite("tests='1' disabled='1'", "<testcase name='c' status='notrun'/>");
    let skipped = facts(K::Junit, skipped);
    assert_eq!((&skipped["skippedRatio"], &skipped["countsAgree"]), (&json!(1.0), &json!(true)));
}

#[test]
fn suites_that_test_security() {
    let of = |text: &str| {
        let suites = facts(K::Junit, text)["suites"].clone();
        (suites["security"].as_u64().unwrap(), suites["security.failed"].as_u64().unwrap())
    };
    let case = "<testcase name='a'/>";
    for (mark, want) in [
        ("<testsuite name='demo::security'>CASE</testsuite>", (1, 0)),
        ("<testsuite name='insecurity'>CASE</testsuite>", (0, 0)),
        ("<testsuite name='x' package='org.Security.login'>CASE</testsuite>", (1, 0)),
        ("<testsuite name='x'><testcase classname='tests.security.test_x' name='a'/></testsuite>", (1, 0)),
        (
            "<testsuite name='x'><properties><property name='tag' value='slow, security'/></properties>CASE</testsuite>",
            (1, 0),
        ),
        ("<testsuite name='x'><properties><property name='os' value='security'/></properties>CASE</testsuite>", (0, 0)),
        (
            "<testsuite name='x'><testcase name='a'><properties><property name='category' value='security'/></properties></testcase></testsuite>",
            (1, 0),
        ),
        (
            "<testsuites><testsuite name='security'><testsuite name='a'>CASE</testsuite><testsuite name='b'><testcase name='b'><error/></testcase></testsuite></testsuite></testsuites>",
            (2, 1),
        ),
        ("<testsuite name='security'><testcase name='a'><skipped/></testcase></testsuite>", (0, 0)),
        ("<testsuite name='security' failures='1'>CASE</testsuite>", (1, 1)),
    ] {
        assert_eq!(of(&mark.replace("CASE", case)), want, "{mark}");
    }
}

#[test]
fn hostile_xml() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>"#;
    let case = "<testsuite name='s'><testcase name='a'/></testsuite>";
    for (text, why) in [
        (format!("{bomb}{}", case.replace("'s'", "'&b;'")), "an entity bomb"),
        (format!("<!DOCTYPE testsuite SYSTEM 'file:///etc/passwd'>{case}"), "a document type"),
        (case.replace("'s'", "'&b;'"), "an unknown entity in an attribute"),
        (case.replace("<testcase", "&b;<testcase"), "an unknown entity in a text"),
        (format!("<?xml version='1.0' encoding='utf-16'?>{case}"), "another encoding"),
        (format!("{case}{case}"), "two documents"),
        (format!("{case} x"), "text behind it"),
        (case.replace("name='s'", "name='s' name='t'"), "an attribute twice"),
        (case.replace("</testsuite>", "</testsuites>"), "closed by another name"),
        ("<testsuite>".repeat(100_000), "deep"),
        (format!("<testsuite {}/>", (0..1000).map(|n| format!("a{n}='' ")).collect::<String>()), "many attributes"),
        (format!("<testsuite name='{}'/>", "x".repeat(2 << 20)), "a long attribute"),
        ("<testsuite><testcase><testcase/></testcase></testsuite>".into(), "a case in a case"),
        ("not xml at all".into(), "no XML"),
        (String::new(), "nothing"),
    ] {
        assert_eq!(code(K::Junit, &text), Code::Malformed, "{why}");
    }
    assert_eq!(code(K::Junit, [b"<testsuite name='\xff'/>".as_slice(), b""].concat()), Code::Malformed, "no UTF-8");
    assert_eq!(code(K::Junit, "<testsuites/>"), Code::Empty);
    assert_eq!(code(K::Junit, "<testsuites tests='5'><testsuite tests='5'/></testsuites>"), Code::Empty);
    assert_eq!(code(K::Junit, "<test-run><test-case/></test-run>"), Code::Unsupported);
    let five = facts(K::Junit, case.replace("<testcase", "&lt;&#65;&amp;<![CDATA[&b; ]]><testcase"));
    assert_eq!(five["tests"], 1);

    let lines = |doctype: &str, line: &str| {
        format!(
            "{doctype}<coverage><packages><package><classes><class filename='a'><lines>{line}</lines></class></classes></package></packages></coverage>"
        )
    };
    assert_eq!(code(K::Cobertura, lines(bomb, "<line number='1' hits='1'/>")), Code::Malformed);
    assert_eq!(code(K::Cobertura, lines("", "<line number='1'/>")), Code::Malformed);
    assert_eq!(code(K::Cobertura, lines("", "<line number='-1' hits='1'/>")), Code::Malformed);
    assert_eq!(code(K::Cobertura, lines("", "")), Code::Empty);
    assert_eq!(code(K::Cobertura, "<coverage line-rate='1' lines-valid='10' lines-covered='10'/>"), Code::Empty);
    assert_eq!(code(K::Cobertura, "<report/>"), Code::Malformed);
}

#[test]
fn hostile_text_and_json() {
    for (text, want) in [
        ("", Code::Empty),
        ("TN:\n", Code::Empty),
        ("SF:a\nLF:10\nLH:10\nend_of_record\n", Code::Empty),
        ("SF:a\nDA:1,1\n", Code::Malformed),
        ("DA:1,1\n", Code::Malformed),
        ("SF:a\nDA:1\nend_of_record\n", Code::Malformed),
        ("SF:a\nDA:x,1\nend_of_record\n", Code::Malformed),
        ("SF:a\nDA:1,yes\nend_of_record\n", Code::Malformed),
        ("SF:a\nSF:b\nend_of_record\n", Code::Malformed),
        ("SF:a\nWHAT:1\nend_of_record\n", Code::Malformed),
        ("hello\n", Code::Malformed),
    ] {
        assert_eq!(code(K::Lcov, text), want, "{text:?}");
    }
    assert_eq!(code(K::Lcov, format!("SF:{}\n", "a".repeat(1 << 20))), Code::Malformed, "a long line");
    for (text, want) in [
        ("", Code::Malformed),
        ("null", Code::Malformed),
        ("{\"findings\":[]}", Code::Unsupported),
        ("[{}]", Code::Malformed),
        ("[{\"RuleID\":\"a\",\"File\":\"b\"}]", Code::Malformed),
        ("[1]", Code::Malformed),
    ] {
        assert_eq!(code(K::Gitleaks, text), want, "{text:?}");
    }
    let scorecard = |inner: &str| format!(r#"{{"repo":{{"name":"x","commit":"{REVISION}"}}{inner}}}"#);
    for (text, want) in [
        (scorecard(""), Code::Unsupported),
        (scorecard(r#","findings":[]"#), Code::Empty),
        (scorecard(r#","findings":[{"probe":"a.b","outcome":"True"}]"#), Code::Malformed),
        (scorecard(r#","findings":[{"probe":"a","outcome":"Perhaps"}]"#), Code::Malformed),
        (scorecard(r#","findings":[{"probe":"a","outcome":"Mixed"}]"#), Code::Malformed),
        (scorecard(r#","checks":[{"name":"A","score":1},{"name":"A","score":9}]"#), Code::Malformed),
        (r#"{"Repo":"x","Checks":[]}"#.to_owned(), Code::Malformed),
    ] {
        assert_eq!(code(K::Scorecard, &text), want, "{text}");
    }
    let whole = String::from_utf8(bytes("fuzz/summary.json")).unwrap();
    for (from, to, want) in [
        ("summary/v1", "summary/v2", Code::Unsupported),
        ("\"tool\"", "\"tools\"", Code::Malformed),
        ("\"verify\"", "\"parse\"", Code::Malformed),
        ("7200", "-1", Code::Malformed),
        ("7200", "1e300", Code::Malformed),
        ("48000000", "1.5", Code::Malformed),
        ("2026-11-22T20:00:00Z", "yesterday", Code::Malformed),
        (REVISION, "", Code::Malformed),
    ] {
        assert_eq!(code(K::FuzzSummary, whole.replace(from, to)), want, "{to:?}");
    }
    let idle = whole.replace("48000000", "0").replace("900000", "0");
    assert_eq!(code(K::FuzzSummary, idle), Code::Empty);
}

/// A document that is made while it is read: a beginning, parts over and over, an end.
struct Endless {
    begin: &'static str,
    part: Box<dyn Fn(u64) -> String>,
    end: &'static str,
    parts: u64,
    next: u64,
    now: Vec<u8>,
    given: u64,
}

impl Endless {
    fn new(begin: &'static str, part: impl Fn(u64) -> String + 'static, parts: u64, end: &'static str) -> Self {
        Self { begin, part: Box::new(part), end, parts, next: 0, now: Vec::new(), given: 0 }
    }
    fn read_as(mut self, kind: K) -> (Result<Extracted, Fault>, u64) {
        let target = Target { revision: Some(REVISION), ..Target::default() };
        let result = extract(kind, "report", &mut self, &target);
        (result, self.given)
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.now.is_empty() {
            self.now = match self.next {
                0 => self.begin.into(),
                n if n <= self.parts => (self.part)(n).into_bytes(),
                n if n == self.parts + 1 => self.end.into(),
                _ => return Ok(0),
            };
            self.next += 1;
        }
        let length = self.now.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.now[..length]);
        self.now.drain(..length);
        self.given += length as u64;
        Ok(length)
    }
}

#[test]
fn half_a_gigabyte_of_results_is_counted() {
    const END: &str =
        r#"],"tool":{"driver":{"name":"CodeQL","rules":[{"id":"A","defaultConfiguration":{"level":"note"}}]}}}]}"#;
    let text = "x".repeat(500_000);
    let part =
        move |n: u64| format!(r#"{}{{"ruleId":"A","message":{{"text":"{text}"}}}}"#, if n > 1 { "," } else { "" });
    let (result, given) = Endless::new(r#"{"version":"2.1.0","runs":[{"results":["#, part, 1000, END).read_as(K::Sarif);
    assert!(given > 500_000_000);
    assert_eq!(result.unwrap().facts["open"]["note"], 1000);
}

#[test]
fn what_never_ends_is_given_up() {
    const MANY: u64 = u64::MAX - 10;
    let names: BTreeMap<&str, (K, Endless)> = [
        (
            "one result",
            (
                K::Sarif,
                Endless::new(
                    r#"{"runs":[{"results":["#,
                    |_| "[1],".repeat(9999).replace("],", "[1],[1]],").replacen('[', "[\"", 1),
                    MANY,
                    "",
                ),
            ),
        ),
        ("one long text", (K::Sarif, Endless::new(r#"{"runs":[{"results":[{"a":""#, |_| "x".repeat(99_999), MANY, ""))),
        ("the rest", (K::Sarif, Endless::new(r#"{"a":""#, |_| "x".repeat(99_999), MANY, ""))),
        (
            "rules",
            (K::Sarif, Endless::new(r#"{"runs":[{"results":["#, |n| format!(r#"{{"ruleId":"{n}"}},"#), MANY, "")),
        ),
        ("depth", (K::Sarif, Endless::new("", |_| "[".repeat(999), MANY, ""))),
        ("spaces", (K::Sarif, Endless::new("", |_| " ".repeat(99_999), MANY, ""))),
        ("an attribute", (K::Junit, Endless::new("<testsuite name='", |_| "x".repeat(99_999), MANY, ""))),
        ("a text", (K::Junit, Endless::new("<testsuite>", |_| "x".repeat(99_999), MANY, ""))),
        ("a comment", (K::Junit, Endless::new("<!--", |_| "x".repeat(99_999), MANY, ""))),
        ("files", (K::Cobertura, Endless::new("<coverage>", |n| format!("<class filename='{n}'></class>"), MANY, ""))),
        ("a line", (K::Lcov, Endless::new("SF:", |_| "x".repeat(99_999), MANY, ""))),
        ("sparse lines", (K::Lcov, Endless::new("SF:a\n", |n| format!("DA:{},1\n", n * 64), MANY, ""))),
        ("a finding", (K::Gitleaks, Endless::new("[{\"RuleID\":\"", |_| "x".repeat(99_999), MANY, ""))),
        (
            "probes",
            (
                K::Scorecard,
                Endless::new("{\"findings\":[", |n| format!(r#"{{"probe":"p{n}","outcome":"True"}},"#), MANY, ""),
            ),
        ),
        ("a summary", (K::FuzzSummary, Endless::new("{\"schema\":\"", |_| "x".repeat(99_999), MANY, ""))),
    ]
    .into();
    for (what, (kind, endless)) in names {
        let (result, given) = endless.read_as(kind);
        assert_eq!(result.unwrap_err().code, Code::Malformed, "{what}");
        assert!(given < 64 << 20, "{what}: gave up only after {given} bytes");
    }
}

#[test]
fn an_input_that_fails_is_no_report() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    for kind in [K::Sarif, K::Junit, K::Lcov, K::Cobertura, K::Gitleaks, K::Scorecard, K::FuzzSummary] {
        let fault = extract(kind, "report", &mut Broken, &Target::default()).unwrap_err();
        assert_eq!(fault.code, Code::Malformed, "{kind:?}");
        assert!(fault.got.contains("the disk is gone"), "{kind:?}: {fault:?}");
    }
}
