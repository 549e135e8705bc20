//! JUnit: dialects, totals that contradict, suites that test security.

use super::*;

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
