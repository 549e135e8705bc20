//! Grype's JSON.

use super::cvss::Severity;
use super::finding::{Finding, Scan};
use super::purl::Purl;
use super::supply::{self, HandedOn};
use super::{Extracted, Fault, Target};
use crate::encoding::Malformed;
use serde::Deserialize;
use serde_json::Value;
use std::io::Read;

const WHAT: &str = "Grype report";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(rename = "matches")]
    _matches: HandedOn,
    ignored_matches: Option<HandedOn>,
    source: Option<Value>,
    descriptor: Descriptor,
}

#[derive(Deserialize)]
struct Descriptor {
    name: String,
    version: Option<String>,
    timestamp: Option<String>,
    db: Option<Value>,
    configuration: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    vulnerability: Vulnerability,
    related_vulnerabilities: Option<Vec<Vulnerability>>,
    artifact: Artifact,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability {
    id: String,
    severity: Option<String>,
    cvss: Option<Vec<Scored>>,
    known_exploited: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Scored {
    vector: Option<String>,
    metrics: Option<Metrics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    base_score: Option<f64>,
}

#[derive(Deserialize)]
struct Artifact {
    name: String,
    version: Option<String>,
    purl: Option<String>,
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    let (mut findings, mut ignored) = (Vec::new(), 0_usize);
    let paths: [&[&str]; 2] = [&["matches"], &["ignoredMatches"]];
    let report: Report = supply::stream(input, WHAT, &paths, |which, bytes| {
        // What is ignored is found all the same; only a statement of the issuer explains it.
        ignored = ignored.saturating_add(which);
        Scan::push(&mut findings, finding(&supply::element(bytes, "match of Grype")?))
    })?;
    let Descriptor { name: tool, version, timestamp, db, configuration } = report.descriptor;
    if tool != "grype" {
        return Err(Malformed::new(WHAT, format!("descriptor.name is {tool:?}")).into());
    }
    if report.source.is_none_or(|source| source.is_null()) {
        return Err(supply::empty(name, "a source that was scanned", "none"));
    }
    // Two places, by version of the database; and the fifth knew nothing of exploitation.
    let db = db.unwrap_or_default();
    let of = |key: &str| db.get("status").and_then(|s| s.get(key)).or_else(|| db.get(key)).cloned().unwrap_or_default();
    let knows = of("schemaVersion").as_str().is_some_and(|v| {
        v.trim_start_matches('v').split('.').next().and_then(|n| n.parse::<u32>().ok()).is_some_and(|n| n >= 6)
    });
    for one in &mut findings {
        one.exploited = one.exploited.or(knows.then_some(false));
    }
    let mut out = Extracted { produced_by: Some((tool, version)), ..Extracted::default() };
    out.produced_at = supply::time(timestamp.as_deref());
    let times = [("scannedAt", out.produced_at), ("databaseAt", supply::time(of("built").as_str()))];
    for (fact, at) in times {
        if let Some(at) = supply::said(at) {
            out.fact(&[fact], at);
        }
    }
    out.fact(&["ignored"], ignored);
    let mut scan = Scan::new(findings);
    let filter = |key: &str| configuration.as_ref().and_then(|c| c.get(key)).and_then(Value::as_bool) == Some(true);
    // These move what has no fix, or what has one, to the ignored matches, which are counted; a report without them
    // has left them out.
    scan.all = report.ignored_matches.is_some() || !(filter("only-fixed") || filter("only-notfixed"));
    scan.finish(&mut out);
    Ok(out)
}

fn finding(one: &Match) -> Finding {
    let related = one.related_vulnerabilities.as_deref().unwrap_or_default();
    let mut severity = Severity::default();
    for scored in related.iter().chain([&one.vulnerability]).flat_map(|v| v.cvss.iter().flatten()) {
        severity.scored(scored.vector.as_deref(), scored.metrics.as_ref().and_then(|m| m.base_score));
    }
    severity.said(one.vulnerability.severity.as_deref());
    // An advisory about several vulnerabilities has them all as relatives: each has to be explained.
    let names = related.iter().chain([&one.vulnerability]).map(|v| v.id.as_str());
    let purl = one.artifact.purl.as_deref().and_then(|purl| Purl::parse(purl).ok());
    let label = format!("{} {}", one.artifact.name, one.artifact.version.as_deref().unwrap_or_default());
    let mut found = Finding::new(names, purl, label, severity.value());
    let mut listed = related.iter().chain([&one.vulnerability]).filter_map(|v| v.known_exploited.as_ref());
    found.exploited = listed.any(|list| !list.is_empty()).then_some(true);
    found
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    let matches = supply::object_with(head, &["\"matches\""]);
    matches && (supply::holds(head, &["\"matchDetails\""]) || supply::holds(head, &["\"grype\""]))
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::*;

    fn read(matches: &str, db: &str) -> Result<Extracted, Code> {
        let text = format!(
            r#"{{"matches":{matches},"source":{{"type":"directory","target":"."}},"descriptor":{{"name":"grype","version":"0.100.0",
            "timestamp":"2026-11-21T00:00:00Z","db":{db}}}}}"#
        );
        extract("grype.json", &mut text.as_bytes(), &Target::default()).map_err(|fault| fault.code)
    }

    const V6: &str = r#"{"status":{"schemaVersion":"v6.1.2","built":"2026-11-20T00:00:00Z"}}"#;
    const V5: &str = r#"{"schemaVersion":5,"built":"2026-11-20T00:00:00Z"}"#;
    const ONE: &str = r#"{"vulnerability":{"id":"GHSA-1","severity":"Medium","cvss":[{"version":"3.1",
        "vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N","metrics":{"baseScore":5.3}}]},
        "relatedVulnerabilities":[{"id":"CVE-1"}],"artifact":{"name":"a","version":"1","purl":"pkg:npm/a@1"}}"#;

    #[test]
    fn facts() {
        let want = |open: Value| {
            serde_json::json!({"found": 1, "explained": 0, "open": open, "ignored": 0,
                "scannedAt": "2026-11-21T00:00:00Z", "databaseAt": "2026-11-20T00:00:00Z"})
        };
        let facts = |text: &str, db: &str| Value::Object(read(text, db).unwrap().facts);
        let one = format!("[{ONE}]");
        let known = serde_json::json!({"count": 1, "maxCvss": 5.3, "knownExploited": 0});
        assert_eq!(facts(&one, V6), want(known));
        assert_eq!(facts(&one, V5), want(serde_json::json!({"count": 1, "maxCvss": 5.3})), "it does not say");
        let exploited = one.replace("\"severity\"", r#""knownExploited":[{"cve":"CVE-1"}],"severity""#);
        assert_eq!(facts(&exploited, V5)["open"]["knownExploited"], 1);
        let ignored = read(&format!("[],\"ignoredMatches\":[{ONE}]"), V6).unwrap().facts;
        assert!(ignored["found"] == 1 && ignored["open"]["count"] == 1 && ignored["ignored"] == 1);
        assert_eq!(read("[]", V6).unwrap().facts["open"]["knownExploited"], 0);
        let without = read("[]", "null").unwrap().facts;
        assert!(!without.contains_key("databaseAt"));
    }

    #[test]
    fn hostile_reports() {
        for (text, code) in [
            ("null", Code::Malformed),
            ("{}", Code::Malformed),
            ("[{}]", Code::Malformed),
            ("[1", Code::Malformed),
            ("[],\"matches\":[]", Code::Malformed),
        ] {
            assert_eq!(read(text, V6).unwrap_err(), code, "{text}");
        }
        let no_source = r#"{"matches":[],"descriptor":{"name":"grype"}}"#;
        assert_eq!(extract("", &mut no_source.as_bytes(), &Target::default()).unwrap_err().code, Code::Empty);
        let other = r#"{"matches":[],"source":{},"descriptor":{"name":"grope"}}"#;
        assert_eq!(extract("", &mut other.as_bytes(), &Target::default()).unwrap_err().code, Code::Malformed);
    }
}
