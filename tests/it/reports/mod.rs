//! The reports of an audit: each against a reader of its format that is not ours, with names that mean harm.

mod browser;
mod portfolio;
mod scale;

use crate::peers::python;
use portfolio::{HOSTILE, portfolio};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use vouchsafe::audit::{FindingCode, Outcome, Severity, reports};
use vouchsafe::evidence;
use vouchsafe::practice::EvidenceKind;

type Report = fn(&dyn Outcome, &mut dyn std::io::Write) -> std::io::Result<()>;
const ALL: [(&str, Report); 5] = [
    ("csv", reports::csv),
    ("md", reports::markdown),
    ("sarif", reports::sarif),
    ("junit", reports::junit),
    ("html", reports::html),
];

pub(crate) fn written(outcome: &dyn Outcome, report: Report) -> String {
    let mut out = Vec::new();
    report(outcome, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What other people's readers make of a CSV or JUnit file.
fn read(kind: &str, text: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("report"), text).unwrap();
    let ran = python(folder.path(), "read_report.py", [kind, "report"]).says(0, "");
    crate::run::parse(&ran.out)
}

#[test]
fn the_same_outcome_gives_the_same_bytes_and_nothing_in_them_acts() {
    for (name, report) in ALL {
        let text = written(&portfolio(), report);
        assert!(text == written(&portfolio(), report), "{name}: two runs differ");
        let bad: BTreeSet<char> = text
            .chars()
            .filter(|c| (c.is_control() && !"\n\r".contains(*c)) || "\u{202e}\u{2028}\u{ffff}\u{fffe}".contains(*c))
            .collect();
        assert!(bad.is_empty(), "{name}: {bad:?}");
        assert!(text.contains("invoice\\u{202e}gpj.exe") || text.contains("invoice\\\\u"), "{name}: said, not drawn");
    }
}

#[test]
fn the_answer_is_a_sentence() {
    let mut made = portfolio();
    let totals = made.summary.totals;
    let want = format!("{} of 93 artifacts verified, 3 refused, 14 undecided", totals.verified);
    assert_eq!(reports::sentence(&made.summary), format!("{want}, as of registry version 7, 2 hours old."));
    made.artifacts.clear();
    made = made.counted();
    assert_eq!(reports::sentence(&made.summary), "Nothing was audited, as of registry version 7, 2 hours old.");
    for (name, report) in ALL {
        let text = written(&made, report);
        assert!(name == "csv" || text.contains("Nothing was audited"), "{name}: {text}");
    }
}

#[test]
fn a_table_holds_everything_and_no_formula() {
    let made = portfolio();
    let rows = read("csv", &written(&made, reports::csv));
    let rows = rows.as_array().unwrap();
    let of = |record: &str| rows.iter().filter(|row| row["record"] == record).collect::<Vec<_>>();
    let counts = ["artifact", "finding", "release", "not checked"].map(|record| of(record).len());
    assert_eq!(counts, [made.artifacts.len(), made.findings.len(), made.releases.len(), made.not_checked.len()]);
    for (row, line) in of("release").iter().zip(&made.releases) {
        for (id, cell) in &line.practices {
            let meaning = reports::Mark::of(cell).meaning();
            let want = if cell.status.is_some() { meaning.to_owned() } else { format!("({meaning})") };
            assert_eq!(row[id.as_str()], json!(want), "{id} of {}", line.product);
        }
        assert_eq!((&row["release"], &row["XTR-01"]), (&json!(line.id), &json!("(declared)")));
    }
    for (row, line) in of("artifact").iter().zip(&made.artifacts) {
        assert_eq!(row["verdict"], json!(line.verdict));
    }
    // A path that stands at the start of a cell is no formula, whatever it starts with.
    let mut odd = portfolio::scaled(1);
    for (i, line) in odd.artifacts.iter_mut().enumerate() {
        line.path = format!("{}cmd|' /C calc'!A{i}", ["=", "+", "-", "@", "\u{ff1d}"][i % 5]);
    }
    for row in read("csv", &written(&odd.counted(), reports::csv)).as_array().unwrap() {
        for (column, cell) in row.as_object().unwrap() {
            assert!(!cell.as_str().unwrap().starts_with(['=', '+', '-', '@', '\u{ff1d}']), "{column}: {cell}");
        }
    }
}

#[test]
fn findings_are_sarif_as_its_schema_says() {
    let made = portfolio();
    let text = written(&made, reports::sarif);
    let log = crate::run::parse(text.as_bytes());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/schemas/sarif-schema-2.1.0.json");
    let schema = crate::run::parse(&std::fs::read(path).unwrap());
    let validator = jsonschema::draft4::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!validator.is_valid(&json!({"version": "2.1.0", "runs": [{"results": [{"level": "bad"}]}]})));
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), made.findings.len());
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), FindingCode::ALL.len());
    let mut prints = BTreeSet::new();
    for (result, finding) in results.iter().zip(&made.findings) {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!((&result["ruleId"], &rule["id"]), (&json!(finding.code.as_str()), &json!(finding.code.as_str())));
        let level = match finding.severity {
            Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low => "note",
        };
        assert_eq!(result["level"], level);
        prints.insert(result["partialFingerprints"]["vouchsafeFinding/v1"].to_string());
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri.is_string(), finding.path.is_some());
        assert!(!uri.to_string().contains([':', '<', '#', '?', ' ']), "{uri}");
    }
    assert_eq!(prints.len(), results.len(), "no two findings have the same fingerprint");
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!((notes.len(), &run["properties"]["totals"]["requested"]), (HOSTILE.len(), &json!(93)));
    // The words of a finding may count days; its fingerprint stays.
    let mut later = portfolio();
    later.findings.iter_mut().for_each(|f| f.message.push_str(" (one day less)"));
    let later = crate::run::parse(written(&later, reports::sarif).as_bytes());
    let print = |log: &Value| log["runs"][0]["results"][0]["partialFingerprints"].clone();
    assert_eq!(print(&later), print(&log));
}

#[test]
fn verdicts_are_junit_that_others_and_we_can_read() {
    let made = portfolio();
    let text = written(&made, reports::junit);
    let seen = read("junit", &text);
    let totals = made.summary.totals;
    let all = totals.requested + made.not_checked.len();
    let want = json!({"tests": all, "failures": totals.refused, "errors": totals.undecided, "skipped": 12});
    assert_eq!((&seen["stated"], &seen["counted"]), (&want, &want));
    assert_eq!(seen["suites"], json!(["refused", "undecided", "verified", "not checked"]));
    let names: BTreeSet<&str> = seen["names"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    assert!(names.contains("mirror/</script><script>alert(1)</script>.tar.gz"), "{names:?}");
    assert!(names.contains("mirror/nothing\\u{0}here\\u{ffff}\\u{fffe}\\u{85}\\u{2028}"), "{names:?}");
    let facts = evidence_of(&text);
    assert_eq!((&facts["tests"], &facts["countsAgree"]), (&json!(all), &json!(true)));
    assert_eq!((&facts["failures"], &facts["errors"]), (&json!(totals.refused), &json!(totals.undecided)));
}

/// What our own reader of other tools' reports makes of it.
fn evidence_of(junit: &str) -> serde_json::Map<String, Value> {
    let mut input = junit.as_bytes();
    evidence::extract(EvidenceKind::Junit, "report", &mut input, &evidence::Target::default()).unwrap().facts
}

#[test]
fn a_table_of_markdown_stays_one() {
    let made = portfolio();
    let text = written(&made, reports::markdown);
    let rows = text.lines().filter(|line| line.starts_with('|')).count();
    let lines = made.artifacts.len() + made.findings.len() + made.releases.len() + made.not_checked.len();
    // Six tables: two lines of head each, one line of totals, eight parts of how to reproduce.
    assert_eq!(rows, lines + 12 + 1 + 8);
    for line in text.lines().filter(|line| line.contains("mirror/")) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!(bars == 8 || bars == 6, "{line}");
    }
    for acts in ["<script", "<img", "[link]", "http://", "www.", "<!--", "~~x"] {
        assert!(!text.contains(acts), "{acts}");
    }
}

#[test]
fn every_kind_of_finding_is_in_every_list_of_findings() {
    let made = portfolio();
    for (name, report) in ALL.into_iter().filter(|(name, _)| *name != "junit") {
        let text = written(&made, report);
        let missing: Vec<_> = made.findings.iter().filter(|f| !text.contains(f.code.as_str())).collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
    let codes: BTreeSet<FindingCode> = made.findings.iter().map(|f| f.code).collect();
    assert_eq!(codes.len(), FindingCode::ALL.len());
}
