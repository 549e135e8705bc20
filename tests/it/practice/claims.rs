//! Claims: the file that people write, hostile and careless ones, and the form that is signed.

use serde_json::json;
use vouchsafe::encoding::{Explain as _, json as strict};
use vouchsafe::practice::claims::{self, ClaimsError, Draft};
use vouchsafe::practice::{Basis, ByPractice, Claim, ClaimResult, builtin};

fn read(text: &str) -> Result<Vec<Draft>, ClaimsError> {
    claims::parse(text, &builtin().unwrap())
}

/// One claim about TST-08 with these lines in it.
fn one(lines: &str) -> Result<Vec<Draft>, ClaimsError> {
    read(&format!("[[claim]]\npractice = \"TST-08\"\n{lines}\n"))
}

#[test]
fn the_template_is_read_again() {
    let catalogue = builtin().unwrap();
    for (profile, size) in [("base", 34), ("standard", 53), ("high", 60)] {
        let drafts = read(&claims::template(&catalogue, profile).unwrap()).unwrap();
        assert_eq!(drafts.len(), size);
        assert!(drafts.iter().all(|d| d.result == ClaimResult::NotMet && d.basis == Basis::Declared));
        let named: std::collections::BTreeSet<_> = drafts.iter().map(|d| d.practice).collect();
        assert_eq!(Some(named), catalogue.profile(profile));
    }
    assert!(claims::template(&catalogue, "none").is_none());
}

#[test]
fn a_full_claims_file() {
    let text = r#"
        [[claim]]
        practice = "DES-02"
        result = "met"
        basis = "reviewed"
        evidence = ["threat-model.pdf"]
        reviewed_by = "architect"
        statement = "Model updated for the new update channel."
        [[claim]]
        practice = "TST-08"
        result = "notMet"
        basis = "declared"
        [claim.exception]
        reason = "first release; test booked"
        compensated_by = ["TST-03", "COD-07"]
        owner = "security-lead"
        approved_at = 2026-11-20
        expires = "2027-03-01T02:00:00+02:00"
        [[claim]]
        practice = "TST-04"
        result = "notApplicable"
        basis = "declared"
        reason = "command-line tool with no listening service"
    "#;
    let signed: Vec<Claim> = read(text).unwrap().into_iter().map(|d| d.into_claim(vec![])).collect();
    assert_eq!(
        strict::parse::<serde_json::Value>(&strict::compact(&signed), 10_000, "claims").unwrap(),
        json!([
            {"practice": "DES-02", "result": "met", "basis": "reviewed", "reviewedBy": {"role": "architect"}, "statement": "Model updated for the new update channel."},
            {"practice": "TST-08", "result": "notMet", "basis": "declared", "exception": {"reason": "first release; test booked", "compensatedBy": ["TST-03", "COD-07"],
                "owner": {"role": "security-lead"}, "approvedAt": "2026-11-20T00:00:00Z", "expires": "2027-03-01T00:00:00Z"}},
            {"practice": "TST-04", "result": "notApplicable", "basis": "declared", "reason": "command-line tool with no listening service"},
        ])
    );
    let exception = signed[1].exception.as_ref().unwrap();
    let at = |text: &str| text.parse().unwrap();
    assert!(exception.in_force(at("2026-11-20T00:00:00Z")) && exception.in_force(at("2027-02-28T23:59:59Z")));
    assert!(!exception.in_force(at("2026-11-19T23:59:59Z")) && !exception.in_force(at("2027-03-01T00:00:00Z")));
}

#[test]
fn careless_and_hostile_claims_files() {
    let declared = "result = \"met\"\nbasis = \"declared\"";
    let exception =
        |lines: &str| one(&format!("result = \"notMet\"\nbasis = \"declared\"\n[claim.exception]\n{lines}"));
    let dated = "approved_at = 2026-01-01\nexpires = 2026-02-01";
    for (case, got, code) in [
        ("nothing", read(""), "claims-empty"),
        ("comments only", read("# claims"), "claims-empty"),
        ("not TOML", read("[[claim"), "claims-malformed"),
        ("an unknown table", read("[[claims]]\npractice = \"TST-01\""), "claims-malformed"),
        ("an unknown key", one(&format!("{declared}\nresutl = \"met\"")), "claims-malformed"),
        ("a repeated key", one(&format!("{declared}\nresult = \"notMet\"")), "claims-malformed"),
        ("no basis", one("result = \"met\""), "claims-malformed"),
        ("another word", one("result = \"yes\"\nbasis = \"declared\""), "claims-malformed"),
        ("another case", one("result = \"Met\"\nbasis = \"declared\""), "claims-malformed"),
        ("a list for a table", read("claim = [[\"TST-01\", \"met\", \"declared\"]]"), "claims-malformed"),
        (
            "a table for a list",
            read("[claim]\npractice = \"TST-01\"\nresult = \"met\"\nbasis = \"declared\""),
            "claims-malformed",
        ),
        (
            "a list for an exception",
            one("result = \"notMet\"\nbasis = \"declared\"\nexception = [\"r\", \"o\", 2026-01-01, 2026-02-01]"),
            "claims-malformed",
        ),
        ("checked", one("result = \"met\"\nbasis = \"checked\""), "claims-checked-by-hand"),
        (
            "checked, with evidence",
            one("result = \"met\"\nbasis = \"checked\"\nevidence = [\"a\"]"),
            "claims-checked-by-hand",
        ),
        ("an unknown practice", read(&format!("[[claim]]\npractice = \"TST-99\"\n{declared}")), "practice-unknown"),
        (
            "a malformed practice",
            read(&format!("[[claim]]\npractice = \"\\u001b[2J\"\n{declared}")),
            "practice-unknown",
        ),
        ("lower case", read(&format!("[[claim]]\npractice = \"tst-01\"\n{declared}")), "practice-unknown"),
        ("twice", one(&format!("{declared}\n[[claim]]\npractice = \"TST-08\"\n{declared}")), "claims-duplicate"),
        ("reviewed by nobody", one("result = \"met\"\nbasis = \"reviewed\"\nevidence = [\"a\"]"), "claims-incomplete"),
        ("nothing reviewed", one("result = \"met\"\nbasis = \"reviewed\"\nreviewed_by = \"x\""), "claims-incomplete"),
        ("declared and reviewed", one(&format!("{declared}\nreviewed_by = \"x\"")), "claims-incomplete"),
        (
            "an empty role",
            one("result = \"met\"\nbasis = \"reviewed\"\nreviewed_by = \" \"\nevidence = [\"a\"]"),
            "claims-incomplete",
        ),
        ("evidence twice", one(&format!("{declared}\nevidence = [\"a\", \"a\"]")), "claims-incomplete"),
        ("no reason", one("result = \"notApplicable\"\nbasis = \"declared\""), "claims-incomplete"),
        ("a blank reason", one("result = \"notApplicable\"\nbasis = \"declared\"\nreason = \"\""), "claims-incomplete"),
        (
            "met, with an exception",
            one(&format!("{declared}\n[claim.exception]\nreason = \"r\"\nowner = \"o\"\n{dated}")),
            "claims-incomplete",
        ),
        ("no owner", exception(&format!("reason = \"r\"\n{dated}")), "claims-malformed"),
        ("a blank owner", exception(&format!("reason = \"r\"\nowner = \"\"\n{dated}")), "claims-incomplete"),
        ("never expires", exception("reason = \"r\"\nowner = \"o\"\napproved_at = 2026-01-01"), "claims-malformed"),
        (
            "expires before",
            exception("reason = \"r\"\nowner = \"o\"\napproved_at = 2026-02-01\nexpires = 2026-01-01"),
            "claims-incomplete",
        ),
        (
            "a local time",
            exception("reason = \"r\"\nowner = \"o\"\napproved_at = 2026-01-01T00:00:00\nexpires = 2026-02-01"),
            "claims-malformed",
        ),
        (
            "a number for a time",
            exception("reason = \"r\"\nowner = \"o\"\napproved_at = 0\nexpires = 2026-02-01"),
            "claims-malformed",
        ),
        (
            "makes up for itself",
            exception(&format!("reason = \"r\"\nowner = \"o\"\n{dated}\ncompensated_by = [\"TST-08\"]")),
            "claims-incomplete",
        ),
        (
            "made up for by nothing",
            exception(&format!("reason = \"r\"\nowner = \"o\"\n{dated}\ncompensated_by = [\"TST-88\"]")),
            "practice-unknown",
        ),
        ("too long", read(&"#".repeat(2 << 20)), "claims-malformed"),
        ("too deep", read(&format!("a = {}", "[".repeat(100_000))), "claims-malformed"),
    ] {
        let error = got.expect_err(case);
        assert_eq!(error.code(), code, "{case}: {error}");
        assert!(!error.next().is_empty() && !error.got().is_empty() && !error.expected().is_empty(), "{case}");
        assert!(!error.to_string().contains('\u{1b}') && !error.got().contains('\u{1b}'), "{case}");
    }
    let error = one("result = \"met\"\nbasis = \"declared\"\n\nbais = 1").unwrap_err();
    assert!(error.to_string().contains("line 6"), "{error}");
}

#[test]
fn the_signed_form_is_read_with_fields_nobody_knows() {
    let read = |value: serde_json::Value| strict::parse::<Claim>(value.to_string().as_bytes(), 10_000, "claim");
    let claim = read(json!({"practice": "TST-01", "result": "met", "basis": "checked", "later": {"x": 1},
        "checks": [{"id": "sast-ran", "evidence": ["e1"], "pass": true, "more": 0}]}));
    let claim = claim.unwrap();
    assert_eq!((claim.basis, claim.checks.len()), (Basis::Checked, 1));
    for bad in [
        json!({"practice": "TST-01", "result": "superb", "basis": "checked"}),
        json!({"practice": "TST-01", "result": "met", "basis": "sworn"}),
        json!({"practice": "TST-01", "result": "met"}),
        json!({"practice": "tst-01", "result": "met", "basis": "declared"}),
        json!(["TST-01", "met", "declared"]),
        json!({"practice": "TST-01", "result": "notMet", "basis": "declared", "exception": {"reason": "r", "owner": {"role": "o"}, "approvedAt": "2026-01-01"}}),
    ] {
        assert!(read(bad.clone()).is_err(), "{bad}");
    }
    let other = Claim { result: ClaimResult::NotMet, ..claim.clone() };
    assert!(ByPractice::new(&[claim.clone(), other]).is_err(), "one of two contradicting claims would be ignored");
    assert_eq!(ByPractice::new(&[claim]).unwrap().in_order().len(), 1);
    assert!(Basis::Declared < Basis::Reviewed && Basis::Reviewed < Basis::Checked);
}
