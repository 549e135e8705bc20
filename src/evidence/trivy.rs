//! Trivy's JSON.

use super::cvss::Severity;
use super::finding::{Finding, Scan};
use super::purl::Purl;
use super::supply::{self, HandedOn};
use super::{Extracted, Fault, Target};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;

const WHAT: &str = "Trivy report";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    schema_version: u32,
    created_at: Option<String>,
    trivy: Option<Tool>,
    metadata: Option<Metadata>,
    results: Option<Vec<Part>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tool {
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    commit: Option<String>,
}

/// What was scanned: the packages of a lock file or of a system, or something else.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    class: Option<String>,
    #[serde(rename = "Vulnerabilities")]
    _vulnerabilities: Option<HandedOn>,
    #[serde(rename = "Packages")]
    _packages: Option<HandedOn>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(rename = "VulnerabilityID")]
    id: String,
    #[serde(rename = "VendorIDs")]
    vendor_ids: Option<Vec<String>>,
    #[serde(rename = "PkgName")]
    name: String,
    #[serde(rename = "InstalledVersion")]
    version: Option<String>,
    #[serde(rename = "PkgIdentifier")]
    identifier: Option<Identifier>,
    #[serde(rename = "CVSS")]
    cvss: Option<BTreeMap<String, Scores>>,
    #[serde(rename = "Severity")]
    severity: Option<String>,
}

#[derive(Deserialize)]
struct Identifier {
    #[serde(rename = "PURL")]
    purl: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Scores {
    #[serde(rename = "V2Score")]
    v2_score: Option<f64>,
    #[serde(rename = "V3Vector")]
    v3_vector: Option<String>,
    #[serde(rename = "V3Score")]
    v3_score: Option<f64>,
    #[serde(rename = "V40Vector")]
    v40_vector: Option<String>,
    #[serde(rename = "V40Score")]
    v40_score: Option<f64>,
}

/// A finding that was taken out of the list, by a file of the project or by VEX.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Modified {
    r#type: String,
    finding: serde_json::Value,
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let (mut findings, mut packages) = (Vec::new(), 0);
    let mut taken_out = 0_usize;
    let paths: [&[&str]; 4] = [
        &["Results", "*", "Vulnerabilities"],
        &["Results", "*", "ExperimentalModifiedFindings"],
        &["Results", "*", "ModifiedFindings"],
        &["Results", "*", "Packages"],
    ];
    let report: Report = supply::stream(input, WHAT, &paths, |which, bytes| match which {
        0 => Scan::push(&mut findings, finding(&supply::element(bytes, "vulnerability of Trivy")?)),
        3 => {
            let _: serde_json::Value = supply::element(bytes, "package of Trivy")?;
            packages = supply::counted(packages, "packages")?;
            Ok(())
        }
        // What is suppressed is found all the same; only a statement of the issuer explains it.
        _ => {
            let modified: Modified = supply::element(bytes, "modified finding of Trivy")?;
            if modified.r#type != "vulnerability" {
                return Ok(());
            }
            let inner = crate::encoding::json::compact(&modified.finding);
            taken_out = taken_out.saturating_add(1);
            Scan::push(&mut findings, finding(&supply::element(&inner, "vulnerability of Trivy")?))
        }
    })?;
    if report.schema_version != 2 {
        let got = format!("SchemaVersion {}", report.schema_version);
        return Err(supply::unsupported(name, "SchemaVersion 2", &got));
    }
    supply::same_build(name, report.metadata.as_ref().and_then(|m| m.commit.as_deref()), target)?;
    let scanned = |part: &Part| matches!(part.class.as_deref(), Some("os-pkgs" | "lang-pkgs"));
    let scanned = report.results.iter().flatten().filter(|part| scanned(part)).count();
    if scanned == 0 && findings.is_empty() {
        let expected = "packages that were scanned: Results of class os-pkgs or lang-pkgs";
        return Err(supply::empty(name, expected, "none"));
    }
    let version = report.trivy.and_then(|tool| tool.version);
    let mut out = Extracted { produced_by: Some(("trivy".to_owned(), version)), ..Extracted::default() };
    out.produced_at = supply::time(report.created_at.as_deref());
    out.revision = report.metadata.and_then(|m| m.commit);
    if let Some(at) = supply::said(out.produced_at) {
        out.fact(&["scannedAt"], at);
    }
    out.fact(&["ignored"], taken_out);
    Scan::new(findings).finish(&mut out);
    Ok(out)
}

fn finding(one: &Vulnerability) -> Finding {
    let mut severity = Severity::default();
    for scores in one.cvss.iter().flat_map(BTreeMap::values) {
        severity.scored(scores.v3_vector.as_deref().filter(|v| !v.is_empty()), scores.v3_score);
        severity.scored(scores.v40_vector.as_deref().filter(|v| !v.is_empty()), scores.v40_score);
        severity.legacy(scores.v2_score);
    }
    severity.said(one.severity.as_deref());
    let purl = one.identifier.as_ref().and_then(|id| Purl::parse(id.purl.as_deref()?).ok());
    let label = format!("{} {}", one.name, one.version.as_deref().unwrap_or_default());
    let names = one.vendor_ids.iter().flatten().chain([&one.id]);
    // A distribution's advisory is about several vulnerabilities: it is no other name of one.
    let names = names.filter(|n| **n == one.id || n.starts_with("GHSA-") || n.starts_with("RUSTSEC-"));
    Finding::new(names.map(String::as_str), purl, label, severity.value())
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    supply::object_with(head, &["\"SchemaVersion\"", "\"ArtifactName\""])
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::*;

    fn read(results: &str) -> Result<Extracted, Code> {
        let text = format!(
            r#"{{"SchemaVersion":2,"CreatedAt":"2026-11-20T10:00:00.123456789+02:00","ArtifactName":".","Metadata":{{"Commit":"abc"}}{results}}}"#
        );
        let target = Target { revision: Some("abc"), ..Target::default() };
        extract("trivy.json", &mut text.as_bytes(), &target).map_err(|fault| fault.code)
    }

    const ONE: &str = r#"{"VulnerabilityID":"CVE-2026-1","VendorIDs":["DSA-1"],"PkgName":"a","InstalledVersion":"1",
        "PkgIdentifier":{"PURL":"pkg:deb/debian/a@1?arch=amd64"},"Severity":"HIGH"}"#;

    #[test]
    fn facts() {
        let out = read(&format!(r#","Results":[{{"Class":"os-pkgs","Vulnerabilities":[{ONE},{ONE}]}}]"#)).unwrap();
        let want = serde_json::json!({"found": 1, "explained": 0, "open": {"count": 1, "maxCvss": 8.9}, "ignored": 0,
            "scannedAt": "2026-11-20T08:00:00Z"});
        assert_eq!(serde_json::Value::Object(out.facts), want);
        let hidden = format!(
            r#","Results":[{{"Class":"os-pkgs","ExperimentalModifiedFindings":[{{"Type":"vulnerability","Status":"ignored","Finding":{ONE}}}]}}]"#
        );
        let out = read(&hidden).unwrap();
        assert!(out.facts["found"] == 1 && out.facts["ignored"] == 1 && out.facts["open"]["count"] == 1);
        let scored = ONE.replace(
            "\"Severity\"",
            r#""CVSS":{"ghsa":{"V3Score":5.3},"nvd":{"V2Score":9.9,"V40Score":0}},"Severity""#,
        );
        let out = read(&format!(r#","Results":[{{"Class":"os-pkgs","Vulnerabilities":[{scored}]}}]"#)).unwrap();
        assert_eq!(out.facts["open"]["maxCvss"], 5.3);
    }

    #[test]
    fn a_scan_of_nothing_says_nothing() {
        let clean = read(r#","Results":[{"Class":"lang-pkgs","Packages":[{"Name":"a"}]}]"#).unwrap().facts;
        assert_eq!(clean["open"], serde_json::json!({"count": 0, "maxCvss": 0.0, "knownExploited": 0}));
        for (text, code) in [
            ("", Code::Empty),
            (r#","Results":null"#, Code::Empty),
            (r#","Results":[]"#, Code::Empty),
            (r#","Results":[{"Class":"secret"}]"#, Code::Empty),
            (r#","Results":[{"Vulnerabilities":[{}]}]"#, Code::Malformed),
            (r#","Results":[{"Vulnerabilities":{}}]"#, Code::Malformed),
            (r#","Results":{"Vulnerabilities":[]}"#, Code::Malformed),
            (r#","SchemaVersion":2"#, Code::Malformed),
        ] {
            assert_eq!(read(text).unwrap_err(), code, "{text}");
        }
        let old = r#"{"SchemaVersion":1,"ArtifactName":"."}"#;
        let new = r#"{"SchemaVersion":2,"ArtifactName":".","Metadata":{"Commit":"def"}}"#;
        let target = Target { revision: Some("abc"), ..Target::default() };
        assert_eq!(extract("", &mut old.as_bytes(), &target).unwrap_err().code, Code::Unsupported);
        assert_eq!(extract("", &mut new.as_bytes(), &target).unwrap_err().code, Code::OtherBuild);
    }
}
