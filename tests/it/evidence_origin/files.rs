//! Files of the repository, and Security Insights.

use super::{code, facts, holds, read, vector};
use serde_json::{Value, json};
use vouchsafe::evidence::Target;
use vouchsafe::practice::EvidenceKind as K;

fn file(name: &str, text: &str) -> Value {
    facts(K::RepoFile, name, text.as_bytes(), &Target::default())
}

#[test]
fn a_security_policy_says_whom_to_write_to_and_when_an_answer_comes() {
    let good = file("docs/SECURITY.md", "# Security\n\nWrite to security@example.com.\nWe respond within 3 days.\n");
    assert_eq!(good, json!({"file": "SECURITY.md", "present": true, "hasContact": true, "hasResponseTime": true}));
    assert!(holds("policy-file", &good));
    let empty = file("SECURITY.md", "");
    assert_eq!(empty, json!({"file": "SECURITY.md", "present": true, "hasContact": false, "hasResponseTime": false}));
    let template = file("SECURITY.md", "<!-- Write to a@example.com; we respond within 2 days. -->");
    assert!(!holds("policy-file", &template), "instructions of a template");
    let txt = "Contact: mailto:security@example.com\nExpires: 2027-01-01T00:00:00Z\n";
    let txt = file(".well-known/security.txt", txt);
    assert_eq!((&txt["hasContact"], &txt["hasResponseTime"]), (&json!(true), &json!(false)));
    let other = file("README.md", "Write to a@example.com; we respond within 2 days.");
    assert_eq!(other, json!({"file": "README.md", "present": true}), "that is no policy");
}

#[test]
fn owners_of_every_path() {
    let good = file(".github/CODEOWNERS", "* @acme/all\n/docs/ @writers\n");
    assert_eq!(good, json!({"file": "CODEOWNERS", "present": true, "rules": 2, "unownedPaths": 0}));
    assert!(holds("codeowners", &good));
    for bad in ["", "/src @a\n", "* @acme/all\n/gen/\n", "*\n", "[Section]\n* @a\n"] {
        assert!(!holds("codeowners", &file("CODEOWNERS", bad)), "{bad:?}");
    }
}

#[test]
fn files_that_are_no_text_or_too_large() {
    for bytes in [vec![0xff; 9], b"a\0b".to_vec(), vec![b'a'; (1 << 20) + 1]] {
        assert_eq!(code(K::RepoFile, "SECURITY.md", &bytes, &Target::default()), "evidence-malformed");
    }
}

fn insights(text: &str) -> Value {
    facts(K::SecurityInsights, "security-insights.yml", text.as_bytes(), &Target::default())
}

#[test]
fn insights_that_fit_their_schema() {
    for name in ["security-insights/minimal.yml", "security-insights/full.yml"] {
        let text = String::from_utf8(vector(name)).unwrap();
        let want = json!({"schemaValid": true, "schemaVersion": "2.2.0",
            "reviewedAt": "2026-10-15T00:00:00Z", "updatedAt": "2026-09-01T00:00:00Z"});
        assert_eq!(insights(&text), want, "{name}");
    }
}

#[test]
fn insights_that_do_not() {
    let text = String::from_utf8(vector("security-insights/full.yml")).unwrap();
    for (from, to, problem) in [
        ("  status: active\n", "", "repository.status is missing"),
        ("status: active", "status: great", "repository.status is no word of the schema"),
        (
            "reports-accepted: true",
            "reports-accepted: 'true'",
            "project.vulnerability-reporting.reports-accepted is no truth value",
        ),
        ("last-reviewed: 2026-10-15", "last-reviewed: soon", "header.last-reviewed is no date"),
        ("last-reviewed: 2026-10-15", "last-reviewed: 2026-02-30", "header.last-reviewed is no date"),
        ("email: ada@example.com", "email: ada", "repository.security.champions[0].email is no mail address"),
        ("  name: Tool\n", "  name: 7\n", "project.name is no text"),
        (
            "    - name: Ada Example\n      primary: true\n  repositories",
            "    []\n  repositories",
            "project.administrators is no list of at least 1",
        ),
        ("automated-pipeline: true", "automated-pipeline:", "repository.release.automated-pipeline is no truth value"),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(broken, text, "{from}");
        let got = insights(&broken);
        assert_eq!((&got["schemaValid"], &got["problem"]), (&json!(false), &json!(problem)));
        if from.starts_with("last-reviewed") {
            assert_eq!(got.get("reviewedAt"), None);
        }
    }
    let head = text.split("project:").next().unwrap();
    assert_eq!(insights(head)["problem"], "neither project nor repository");
    assert_eq!(insights("a: 1")["schemaValid"], false);
    let of = |text: &str| code(K::SecurityInsights, "x", text.as_bytes(), &Target::default());
    assert_eq!(of(&text.replace("2.2.0", "1.0.0")), "evidence-unsupported");
    assert_eq!(of("# nothing\n"), "evidence-empty");
    assert_eq!(of("a: &a [*a]\n"), "evidence-malformed");
    // Cut anywhere, it is malformed or does not fit, but for the fields at its end, which may be there or not.
    let required = text.find("    champions:").unwrap();
    for end in (1..required - 60).step_by(11) {
        let got = read(K::SecurityInsights, "x", &text.as_bytes()[..end], &Target::default());
        assert!(got.is_err() || got.unwrap().facts["schemaValid"] == json!(false), "{end} bytes");
    }
}
