//! Catalogues of other people: the draft form, and each fault that lint has to find.

use serde_json::{Value, json};
use vouchsafe::practice::lint::{Finding, Severity, lint};
use vouchsafe::practice::{Catalogue, Mappings, Requirement};

/// A small catalogue in the draft form: mappings in line, fields nobody knows.
fn draft() -> Value {
    json!({
        "kind": "PracticeCatalogue", "formatVersion": "1", "id": "tiny", "version": "1.0-draft", "status": "draft", "title": "Tiny",
        "publisher": {"name": "nobody"}, "supersedes": null,
        "frameworks": [{"id": "other-1", "title": "Other", "version": "1", "ids": ["A.1"]}, {"id": "form-1", "title": "Form", "version": "1", "viaFramework": "other-1", "crosswalk": {"1": ["A.1"]}}],
        "areas": [{"id": "AAA", "title": "First"}],
        "profiles": [{"id": "small", "title": "Small", "practices": ["AAA-01"]}, {"id": "big", "title": "Big", "extends": "small", "practices": ["AAA-02"]}],
        "checks": [{"id": "ran", "evidence": "a|b", "title": "It ran", "all": [{"fact": "runs", "op": "ge", "value": 1}]}],
        "practices": [practice("AAA-01"), practice("AAA-02")],
    })
}

fn practice(id: &str) -> Value {
    json!({"id": id, "area": "AAA", "level": 1, "scope": "product", "state": "active", "title": "T", "outcome": "O", "extra": [1],
        "automation": "full", "checks": ["ran"], "mappings": [{"framework": "other-1", "id": "A.1", "relation": "supports", "basis": "editorial"}]})
}

fn errors(document: &Value) -> Vec<Finding> {
    lint(document.to_string().as_bytes(), [])
}

#[test]
fn the_draft_form_is_read() {
    assert_eq!(errors(&draft()), []);
    let catalogue = Catalogue::parse(draft().to_string().as_bytes()).unwrap();
    assert_eq!(catalogue.profile("big").unwrap().len(), 2);
    let mappings = Mappings::for_catalogue(&catalogue).unwrap();
    assert_eq!(mappings.entries.len(), 2);
    let asked = Requirement::parse("form-1:1").unwrap();
    assert_eq!(asked.resolve(&catalogue, &mappings).len(), 2);
    assert_eq!(catalogue.check("ran").unwrap().evidence_kinds().collect::<Vec<_>>(), ["a", "b"]);
}

/// Each fault, planted alone, is found by its code; errors inside the catalogue also keep it from being used.
#[test]
fn lint_finds_each_planted_fault() {
    type Plant = fn(&mut Value);
    let structural: [(&str, Plant); 17] = [
        ("id-duplicate", |d| d["practices"][1]["id"] = json!("AAA-01")),
        ("id-duplicate", |d| d["areas"] = json!([{"id": "AAA", "title": "a"}, {"id": "AAA", "title": "b"}])),
        ("id-malformed", |d| d["practices"][1]["id"] = json!("aaa-02")),
        ("id-malformed", |d| d["id"] = json!("../tiny")),
        ("version-malformed", |d| d["version"] = json!("../../1")),
        ("area-unknown", |d| d["practices"][0]["area"] = json!("BBB")),
        ("check-unknown", |d| d["practices"][0]["checks"] = json!(["walked"])),
        ("replacement-unknown", |d| d["practices"][0]["replacedBy"] = json!("AAA-09")),
        ("practice-unknown", |d| d["profiles"][0]["practices"] = json!(["AAA-01", "AAA-03"])),
        ("profile-unknown", |d| d["profiles"][1]["extends"] = json!("medium")),
        ("profile-cycle", |d| d["profiles"][0]["extends"] = json!("big")),
        ("profile-cycle", |d| d["profiles"][1]["extends"] = json!("big")),
        ("profile-empty", |d| d["profiles"][0]["practices"] = json!([])),
        ("check-empty", |d| d["checks"][0]["all"] = json!([])),
        ("check-empty", |d| d["checks"][0]["any"] = json!([])),
        ("check-without-evidence", |d| d["checks"][0]["evidence"] = json!("|")),
        ("catalogue-empty", |d| d["practices"] = json!([])),
    ];
    for (code, plant) in structural {
        let mut document = draft();
        plant(&mut document);
        let found = errors(&document);
        assert!(found.iter().any(|f| f.code == code && f.severity == Severity::Error), "{code}: {found:?}");
        assert!(Catalogue::parse(document.to_string().as_bytes()).is_err(), "{code}");
    }
    let other: [(&str, Plant); 9] = [
        ("foreign-id-unknown", |d| d["practices"][0]["mappings"][0]["id"] = json!("A.2")),
        ("foreign-id-unknown", |d| d["frameworks"][1]["crosswalk"] = json!({"1": ["A.2"]})),
        ("foreign-id-malformed", |d| d["practices"][0]["mappings"][0]["id"] = json!("A 1")),
        ("framework-unknown", |d| d["practices"][0]["mappings"][0]["framework"] = json!("other-2")),
        ("framework-unknown", |d| d["frameworks"][1]["viaFramework"] = json!("other-2")),
        ("mapping-relation-unknown", |d| d["practices"][0]["mappings"][0]["relation"] = json!("fulfils")),
        ("practice-in-no-profile", |d| d["profiles"][1]["practices"] = json!([])),
        ("practice-retired", |d| d["practices"][0]["state"] = json!("retired")),
        ("check-unused", |d| {
            d["checks"]
                .as_array_mut()
                .unwrap()
                .push(json!({"id": "x", "evidence": "a", "title": "X", "any": [{"fact": "a", "op": "exists"}]}))
        }),
    ];
    for (code, plant) in other {
        let mut document = draft();
        plant(&mut document);
        let found = errors(&document);
        assert!(found.iter().any(|f| f.code == code), "{code}: {found:?}");
        assert!(Catalogue::parse(document.to_string().as_bytes()).is_ok(), "{code}");
    }
}

#[test]
fn lint_reads_mapping_files() {
    let mapping = |catalogue: &str, practice: &str, id: &str| {
        json!({"schema": "vouchsafe-mapping/v1", "catalogue": catalogue, "framework": {"id": "more-1", "title": "More", "version": "1", "ids": ["B"]},
            "entries": [{"practice": practice, "id": id, "relation": "supports", "basis": "editorial"}]})
        .to_string()
    };
    let codes = |file: String| {
        let found = lint(draft().to_string().as_bytes(), [file.as_bytes()]);
        found.into_iter().map(|f| f.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(mapping("tiny", "AAA-01", "B")), Vec::<&str>::new());
    assert_eq!(codes(mapping("tiny", "AAA-07", "B")), ["mapping-practice-unknown"]);
    assert_eq!(codes(mapping("tiny", "AAA-01", "C")), ["foreign-id-unknown"]);
    assert_eq!(codes(mapping("huge", "AAA-01", "B")), ["mapping-other-catalogue"]);
    assert_eq!(codes("[]".into()), ["mapping-malformed"]);
    assert_eq!(lint(b"{", [])[0].code, "catalogue-malformed");
}

#[test]
fn checks_are_a_closed_language() {
    for check in [
        json!([{"fact": "a", "op": "matches", "value": ".*"}]),
        json!([{"fact": "a", "op": "eq"}]),
        json!([{"fact": "a", "op": "eq", "value": null}]),
        json!([{"fact": "a", "op": "eq", "value": [1]}]),
        json!([{"fact": "a", "op": "lt", "value": "7"}]),
        json!([{"fact": "a", "op": "in", "value": []}]),
        json!([{"fact": "a", "op": "in", "value": "abc"}]),
        json!([{"fact": "a", "op": "exists", "value": false}]),
        json!([{"fact": "", "op": "exists"}]),
        json!([{"fact": "a..b", "op": "exists"}]),
        json!([{"fact": "a", "op": "exists", "unless": true}]),
        json!([["a", "eq", 1]]),
    ] {
        let mut document = draft();
        document["checks"][0]["all"] = check.clone();
        assert_eq!(errors(&document)[0].code, "catalogue-malformed", "{check}");
    }
    let mut document = draft();
    document["checks"][0]["none"] = json!([{"fact": "a", "op": "exists"}]);
    assert_eq!(errors(&document)[0].code, "catalogue-malformed", "a condition that is not understood is not ignored");
}
