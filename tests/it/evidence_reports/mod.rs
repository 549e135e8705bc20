//! Reports of tests, analysers, coverage, secret scanners and fuzzers, as their tools write them and as somebody hostile
//! would: facts, or a fault with the right code.

mod hostile;
mod junit;
mod sarif;

use serde_json::{Value, json};
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
        // A search for secrets is no analysis, and says nothing of the kind.
        let want = (kind != K::Sarif).then_some(json!(false));
        assert_eq!(said, want.as_ref(), "{file}: what was released is not known");
        assert_eq!(unknown.revision.as_deref(), Some(REVISION), "{file}");
    }
    let short = String::from_utf8(bytes("scorecard/probe.json")).unwrap().replace(REVISION, "unknown");
    assert_eq!(facts(K::Scorecard, short)["commitMatches"], false);
}

/// Whether the facts satisfy a check of the built-in catalogue.
fn met(check: &str, facts: &Value) -> bool {
    let catalogue = vouchsafe::practice::builtin().unwrap();
    vouchsafe::practice::evaluate(catalogue.check(check).unwrap(), facts.as_object().unwrap())
}

#[test]
fn the_facts_are_those_that_the_catalogue_asks_for() {
    let revisions = json!([{"repositoryUri": "https://x", "revisionId": REVISION}]);
    let clean = json!({"version": "2.1.0", "runs": [
        {"tool": {"driver": {"name": "CodeQL"}}, "versionControlProvenance": revisions, "results": []},
    ]});
    let clean = facts(K::Sarif, clean.to_string());
    for check in ["sast-ran", "sast-no-open-error", "sast-max-severity", "suppressions-justified", "lint-unsafe"] {
        assert!(met(check, &clean), "{check}");
    }
    assert!(!met("secrets-none", &clean), "an analyser does not look for secrets");
    let secrets = facts(K::Sarif, bytes("gitleaks/clean-history.sarif"));
    assert!(met("secrets-none", &secrets));
    for check in ["sast-ran", "sast-no-open-error", "sast-max-severity", "lint-unsafe"] {
        assert!(!met(check, &secrets), "{check}: a scanner for secrets is no analyser");
    }
    assert!(!met("secrets-none", &facts(K::Gitleaks, bytes("gitleaks/clean.json"))));
    assert!(!met("sast-no-open-error", &facts(K::Sarif, bytes("semgrep/semgrep.sarif"))));

    let tests = facts(K::Junit, "<testsuite name='demo::security'><testcase name='a'/></testsuite>");
    for check in ["tests-pass", "tests-security-tagged", "skips-bounded"] {
        assert!(met(check, &tests), "{check}");
        assert!(!met(check, &facts(K::Junit, bytes("surefire/TEST-org.example.security.LoginTest.xml"))), "{check}");
    }
    assert!(!met("tests-security-tagged", &facts(K::Junit, bytes("jest/junit.xml"))));
    assert!(met("coverage-floor", &facts(K::Lcov, bytes("gcovr/lcov.info"))));
    assert!(met("coverage-floor", &facts(K::Cobertura, bytes("gcovr/cobertura.xml"))));
    assert!(!met("coverage-floor", &facts(K::Cobertura, bytes("coverage-py/cobertura.xml"))));
    let probes = facts(K::Scorecard, bytes("scorecard/probe.json"));
    assert!(met("scorecard-review", &probes) && met("scorecard-workflow", &probes));
    for check in ["scorecard-branch", "scorecard-tokens", "scorecard-binaries"] {
        assert!(!met(check, &probes), "{check}");
    }
    assert!(met("fuzz-budget", &facts(K::FuzzSummary, bytes("fuzz/summary.json"))));
}
