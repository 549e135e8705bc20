//! Reports that are torn, endless, or made to harm: a fault with the right code.

use super::*;
use std::collections::BTreeMap;
use std::io::Read;

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
fn a_small_report_does_not_become_a_large_one() {
    let many = |n: usize| vec!["{}"; n].join(",");
    let run = |inner: String| format!(r#"{{"tool":{{"driver":{{"name":"x"}}}},"results":[],{inner}}}"#);
    let report = |run: String| format!(r#"{{"version":"2.1.0","runs":[{run}]}}"#);
    for inner in [
        format!(r#""invocations":[{}]"#, many(101)),
        format!(r#""versionControlProvenance":[{}]"#, many(101)),
        format!(r#""invocations":[{{"arguments":[{}"x"]}}]"#, r#""","#.repeat(1000)),
    ] {
        assert_eq!(code(K::Sarif, report(run(inner))), Code::Malformed);
    }
    let result = format!(r#"{{"version":"2.1.0","runs":[{{"results":[{{"suppressions":[{}]}}]}}]}}"#, many(1001));
    assert_eq!(code(K::Sarif, result), Code::Malformed);
    let runs = vec![run(r#""columnKind":"utf16CodeUnits""#.into()); 1001].join(",");
    assert_eq!(code(K::Sarif, report(runs)), Code::Malformed);
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
