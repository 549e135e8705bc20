//! SARIF: levels, suppressions, rules and what a run says of itself.

use super::*;

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
