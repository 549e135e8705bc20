//! cargo-audit's JSON.

use super::cvss::{Severity, UNKNOWN};
use super::finding::{Finding, Scan};
use super::purl::Purl;
use super::supply;
use super::{Extracted, Fault, Target};
use crate::encoding::{MAX_DOCUMENT, Malformed, json};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;

const WHAT: &str = "cargo-audit report";

#[derive(Deserialize)]
struct Report {
    database: Database,
    lockfile: Lockfile,
    settings: Settings,
    vulnerabilities: Vulnerabilities,
    warnings: BTreeMap<String, Vec<Warning>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Database {
    last_updated: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Lockfile {
    dependency_count: u64,
}

#[derive(Deserialize)]
struct Settings {
    severity: Option<String>,
    ignore: Vec<String>,
    informational_warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Vulnerabilities {
    count: usize,
    list: Vec<Vulnerability>,
}

#[derive(Deserialize)]
struct Vulnerability {
    advisory: Advisory,
    package: Package,
}

#[derive(Deserialize)]
struct Warning {
    advisory: Option<Advisory>,
    package: Package,
}

#[derive(Deserialize)]
struct Advisory {
    id: String,
    aliases: Option<Vec<String>>,
    cvss: Option<String>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

fn finding(advisory: Option<&Advisory>, package: &Package) -> Finding {
    let mut severity = Severity::default();
    severity.scored(advisory.and_then(|a| a.cvss.as_deref()), None);
    let names = advisory.into_iter().flat_map(|a| a.aliases.iter().flatten().chain([&a.id]));
    let purl = Purl::new("cargo", &package.name, Some(&package.version));
    let label = format!("{} {}", package.name, package.version);
    Finding::new(names.map(String::as_str), Some(purl), label, severity.value())
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    let report: Report = json::parse(&supply::whole(input, WHAT)?, MAX_DOCUMENT, WHAT)?;
    if report.lockfile.dependency_count == 0 {
        return Err(supply::empty(name, "a report on a lock file with packages", "a lock file without any"));
    }
    let list = &report.vulnerabilities.list;
    if report.vulnerabilities.count != list.len() {
        let why = format!("counts {} vulnerabilities and lists {}", report.vulnerabilities.count, list.len());
        return Err(Malformed::new(WHAT, why).into());
    }
    let mut findings = Vec::new();
    for one in list {
        Scan::push(&mut findings, finding(Some(&one.advisory), &one.package))?;
    }
    // An ignored advisory is left out of the report wherever it applies: it is there until somebody explains it.
    for id in &report.settings.ignore {
        Scan::push(&mut findings, Finding::new([id.as_str()], None, "ignored in the settings".into(), UNKNOWN))?;
    }
    let of = |kind: &str| report.warnings.get(kind).map(Vec::as_slice).unwrap_or_default();
    let asked = report.settings.informational_warnings.iter().any(|kind| kind == "unmaintained");
    let unmaintained = of("unmaintained").iter().map(|w| finding(w.advisory.as_ref(), &w.package)).collect();

    let mut out = Extracted { produced_by: Some(("cargo-audit".to_owned(), None)), ..Extracted::default() };
    out.fact(&["dependencies"], report.lockfile.dependency_count);
    out.fact(&["ignored"], report.settings.ignore.len());
    out.fact(&["yanked"], of("yanked").len());
    if let Some(at) = supply::said(supply::time(report.database.last_updated.as_deref())) {
        out.fact(&["databaseAt"], at);
    }
    let mut scan = Scan::new(findings);
    scan.unmaintained = (asked || !of("unmaintained").is_empty()).then_some(unmaintained);
    scan.all = report.settings.severity.is_none();
    scan.finish(&mut out);
    Ok(out)
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    supply::object_with(head, &["\"database\"", "\"advisory-count\"", "\"lockfile\""])
}

#[cfg(test)]
mod tests {
    use super::super::{Code, combine};
    use super::*;

    const REPORT: &str = r#"{"database":{"advisory-count":2,"last-commit":null,"last-updated":"2026-11-20T10:00:00+01:00"},
        "lockfile":{"dependency-count":3},"settings":{"target_arch":[],"target_os":[],"severity":null,"ignore":[],
        "informational_warnings":["unmaintained","unsound","notice"]},
        "vulnerabilities":{"found":true,"count":1,"list":[{"advisory":{"id":"RUSTSEC-2026-0001","aliases":["CVE-2026-1"],
        "cvss":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},"package":{"name":"a","version":"1.0.0"}}]},
        "warnings":{"unmaintained":[{"kind":"unmaintained","advisory":{"id":"RUSTSEC-2026-0002"},"package":{"name":"b","version":"1.0.0"}}],
        "yanked":[{"kind":"yanked","advisory":null,"package":{"name":"c","version":"1.0.0"}}]}}"#;

    fn read(text: &str) -> Result<Extracted, Code> {
        extract("audit.json", &mut text.as_bytes(), &Target::default()).map_err(|fault| fault.code)
    }

    #[test]
    fn facts() {
        let want = serde_json::json!({"found": 1, "explained": 0, "open": {"count": 1, "maxCvss": 7.5}, "ignored": 0,
            "unmaintained": {"total": 1, "unexcused": 1}, "yanked": 1, "dependencies": 3, "databaseAt": "2026-11-20T09:00:00Z"});
        assert_eq!(serde_json::Value::Object(read(REPORT).unwrap().facts), want);
    }

    #[test]
    fn to_ignore_is_not_to_explain() {
        let ignored = REPORT.replace("\"ignore\":[]", "\"ignore\":[\"RUSTSEC-2026-0003\"]");
        let facts = read(&ignored).unwrap().facts;
        assert_eq!(facts["open"], serde_json::json!({"count": 2, "maxCvss": 10.0}));
        let vex = r#"{"@context":"https://openvex.dev/ns/v0.2.0","timestamp":"2026-11-01T00:00:00Z","statements":[
            {"vulnerability":{"name":"RUSTSEC-2026-0003"},"products":[{"@id":"pkg:generic/acme@1"}],"status":"not_affected",
            "justification":"vulnerable_code_not_present"},
            {"vulnerability":{"name":"RUSTSEC-2026-0002"},"products":[{"@id":"pkg:cargo/b@1.0.0"}],"status":"not_affected",
            "justification":"vulnerable_code_not_present"}]}"#;
        let target = Target { product: Some("pkg:generic/acme@1"), ..Target::default() };
        let vex = super::super::openvex::extract("vex.json", &mut vex.as_bytes(), &target).unwrap();
        let mut all = [read(&ignored).unwrap(), vex];
        combine(&mut all);
        assert_eq!(all[0].facts["open"], serde_json::json!({"count": 1, "maxCvss": 7.5}));
        assert_eq!(all[0].facts["unmaintained"], serde_json::json!({"total": 1, "unexcused": 0}));
    }

    #[test]
    fn what_is_left_out_is_unknown() {
        let some = read(&REPORT.replace("\"severity\":null", "\"severity\":\"high\"")).unwrap().facts;
        assert!(!some.contains_key("open") && !some.contains_key("found"));
        let quiet = REPORT.replace("\"unmaintained\",\"unsound\"", "\"unsound\"");
        let quiet = quiet.replace("\"unmaintained\":[{\"kind\"", "\"unsound\":[{\"kind\"");
        assert!(!read(&quiet).unwrap().facts.contains_key("unmaintained"));
        assert!(!read(&REPORT.replace("last-updated", "x")).unwrap().facts.contains_key("databaseAt"));
        for (text, code) in [
            (REPORT.replace(":3}", ":0}"), Code::Empty),
            (REPORT.replace("\"count\":1", "\"count\":0"), Code::Malformed),
            (REPORT.replace("\"warnings\"", "\"warning\""), Code::Malformed),
            (REPORT.replace("\"ignore\":[],", ""), Code::Malformed),
            (REPORT.replace("\"found\":true", "\"count\":1"), Code::Malformed),
            (REPORT.chars().take(300).collect(), Code::Malformed),
        ] {
            assert_eq!(read(&text).unwrap_err(), code, "{text}");
        }
    }
}
