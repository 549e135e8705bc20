//! Checks over honest, wrong and hostile facts.

use serde_json::{Map, Value, json};
use vouchsafe::encoding::json as strict;
use vouchsafe::practice::{CheckDef, builtin, evaluate};

fn check(body: Value) -> CheckDef {
    let mut check = json!({"id": "c", "evidence": "e", "title": "t"});
    check.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    strict::parse(check.to_string().as_bytes(), 10_000, "check").unwrap()
}

fn holds(fact: &str, op: &str, against: Value, facts: &str) -> bool {
    let facts: Map<String, Value> = strict::parse(facts.as_bytes(), 10_000, "facts").unwrap();
    evaluate(&check(json!({"all": [{"fact": fact, "op": op, "value": against}]})), &facts)
}

#[test]
fn what_holds() {
    for (fact, op, against, facts) in [
        ("a", "eq", json!(1), r#"{"a": 1.0}"#),
        ("a", "eq", json!(0), r#"{"a": 0}"#),
        ("a", "ne", json!("x"), r#"{"a": "y"}"#),
        ("a", "lt", json!(7.0), r#"{"a": 6.9}"#),
        ("a", "le", json!(7), r#"{"a": 7}"#),
        ("a", "gt", json!(0), r#"{"a": 1}"#),
        ("a", "ge", json!(-1), r#"{"a": -1}"#),
        ("a", "in", json!(["x", 1]), r#"{"a": 1}"#),
        ("a", "exists", json!(true), r#"{"a": false}"#),
        ("a.b.c", "eq", json!(1), r#"{"a": {"b": {"c": 1}}}"#),
        ("a.b.c", "eq", json!(1), r#"{"a.b.c": 1}"#),
        ("a.b.c", "eq", json!(1), r#"{"a": {"b.c": 1}}"#),
        ("a.b.c", "eq", json!(1), r#"{"a.b": {"c": 1}}"#),
        ("suites.security.failed", "eq", json!(0), r#"{"suites.security": 3, "suites.security.failed": 0}"#),
    ] {
        assert!(holds(fact, op, against.clone(), facts), "{fact} {op} {against} in {facts}");
    }
}

#[test]
fn what_does_not_hold() {
    for (fact, op, against, facts) in [
        ("a", "eq", json!(0), r#"{}"#),
        ("a", "ne", json!(0), r#"{}"#),
        ("a", "exists", json!(true), r#"{"b": 1}"#),
        ("a", "exists", json!(true), r#"{"a": null}"#),
        ("a", "eq", json!(0), r#"{"a": null}"#),
        ("a", "ne", json!(0), r#"{"a": null}"#),
        ("a", "ne", json!(0), r#"{"a": "1"}"#),
        ("a", "eq", json!(0), r#"{"a": "0"}"#),
        ("a", "eq", json!(0), r#"{"a": false}"#),
        ("a", "eq", json!(true), r#"{"a": "true"}"#),
        ("a", "eq", json!(true), r#"{"a": 1}"#),
        ("a", "lt", json!(7), r#"{"a": "6"}"#),
        ("a", "lt", json!(7), r#"{"a": [1]}"#),
        ("a", "lt", json!(7), r#"{"a": {}}"#),
        ("a", "lt", json!(7), r#"{"a": true}"#),
        ("a", "in", json!(["x"]), r#"{"a": ["x"]}"#),
        ("a", "in", json!(["x"]), r#"{"a": "X"}"#),
        ("a", "eq", json!(9007199254740992u64), r#"{"a": 9007199254740993}"#),
        ("a", "ge", json!(1), r#"{"a": 18446744073709551615}"#),
        ("a.b", "eq", json!(0), r#"{"a": {"b": 0}, "a.b": 9}"#),
        ("a.b", "eq", json!(0), r#"{"a": {"b": 0}, "a.b": 0}"#),
        ("a.b", "eq", json!(0), r#"{"a": 0, "b": 0}"#),
        ("a.b", "eq", json!(0), r#"{"a": [0]}"#),
        ("a", "eq", json!(0), r#"{"A": 0}"#),
    ] {
        assert!(!holds(fact, op, against.clone(), facts), "{fact} {op} {against} in {facts}");
    }
}

#[test]
fn asking_for_nothing_is_not_satisfied() {
    let facts = json!({"a": 1});
    let facts = facts.as_object().unwrap();
    let yes = json!([{"fact": "a", "op": "eq", "value": 1}]);
    let no = json!([{"fact": "a", "op": "eq", "value": 2}]);
    let both = json!([{"fact": "a", "op": "eq", "value": 2}, {"fact": "a", "op": "eq", "value": 1}]);
    for (body, want) in [
        (json!({}), false),
        (json!({"all": []}), false),
        (json!({"any": []}), false),
        (json!({"all": yes, "any": []}), false),
        (json!({"all": [], "any": yes}), false),
        (json!({"all": yes}), true),
        (json!({"any": yes}), true),
        (json!({"any": both}), true),
        (json!({"all": both}), false),
        (json!({"all": yes, "any": no}), false),
        (json!({"all": yes, "any": yes}), true),
    ] {
        assert_eq!(evaluate(&check(body.clone()), facts), want, "{body}");
    }
    for check in &builtin().unwrap().checks {
        assert!(!evaluate(check, &Map::new()), "{} passes on no facts at all", check.id);
    }
}

/// Leaving out a fact never makes a failing check pass: every check, every mix of a few values, each fact gone.
#[test]
fn removing_facts_never_helps() {
    let pool =
        [json!(0), json!(1), json!(0.5), json!(true), json!("True"), json!("full"), json!("architect"), json!(null)];
    let mut checks = builtin().unwrap().checks;
    checks.push(check(json!({"any": [{"fact": "a", "op": "ne", "value": 1}, {"fact": "b", "op": "exists"}]})));
    let mut passed = 0;
    for check in &checks {
        let names: Vec<&str> = check.assertions().map(|a| a.fact()).collect();
        for mix in 0..pool.len().pow(u32::try_from(names.len()).unwrap()) {
            let digit = |i: usize| mix / pool.len().pow(u32::try_from(i).unwrap()) % pool.len();
            let facts: Map<String, Value> =
                names.iter().enumerate().map(|(i, name)| ((*name).to_owned(), pool[digit(i)].clone())).collect();
            let whole = evaluate(check, &facts);
            passed += usize::from(whole);
            for gone in &names {
                let mut fewer = facts.clone();
                fewer.remove(*gone);
                assert!(whole || !evaluate(check, &fewer), "{} without {gone} of {facts:?}", check.id);
            }
        }
    }
    assert!(passed > 30, "the mixes must reach both answers");
}
