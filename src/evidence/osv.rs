//! OSV-Scanner's JSON.

use super::cvss::Severity;
use super::finding::{Finding, Scan};
use super::purl::Purl;
use super::supply::{self, HandedOn};
use super::{Extracted, Fault, Target};
use crate::encoding::Malformed;
use serde::Deserialize;
use std::io::Read;

const WHAT: &str = "OSV-Scanner report";

#[derive(Deserialize)]
struct Report {
    results: Vec<Source>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "packages")]
    _packages: HandedOn,
}

#[derive(Deserialize)]
struct Entry {
    package: Package,
    vulnerabilities: Option<Vec<Vulnerability>>,
    groups: Option<Vec<Group>>,
}

#[derive(Deserialize)]
struct Package {
    name: Option<String>,
    version: Option<String>,
    ecosystem: Option<String>,
    commit: Option<String>,
}

#[derive(Deserialize)]
struct Vulnerability {
    id: String,
    aliases: Option<Vec<String>>,
    severity: Option<Vec<Score>>,
    database_specific: Option<serde_json::Value>,
    affected: Option<Vec<Affected>>,
    withdrawn: Option<String>,
}

#[derive(Deserialize)]
struct Affected {
    package: Option<Package>,
    severity: Option<Vec<Score>>,
}

#[derive(Deserialize)]
struct Score {
    score: Option<String>,
}

#[derive(Deserialize)]
struct Group {
    ids: Vec<String>,
    aliases: Option<Vec<String>>,
    max_severity: Option<String>,
}

/// The type of package URL of an ecosystem of OSV. A distribution stands before a colon and its release.
const ECOSYSTEMS: [(&str, &str); 12] = [
    ("crates.io", "cargo"),
    ("npm", "npm"),
    ("PyPI", "pypi"),
    ("Go", "golang"),
    ("Maven", "maven"),
    ("NuGet", "nuget"),
    ("RubyGems", "gem"),
    ("Packagist", "composer"),
    ("Hex", "hex"),
    ("Pub", "pub"),
    ("SwiftURL", "swift"),
    ("ConanCenter", "conan"),
];

impl Package {
    /// Of the ecosystems of languages; which distribution a package of a distribution is of would be a guess.
    fn purl(&self) -> Option<Purl> {
        let ecosystem = self.ecosystem.as_deref()?;
        let (_, kind) = ECOSYSTEMS.iter().find(|(name, _)| *name == ecosystem)?;
        let name = self.name.as_deref().filter(|name| !name.is_empty())?.replace(':', "/");
        Some(Purl::new(kind, &name, self.version.as_deref()))
    }
    fn label(&self) -> String {
        let parts = [&self.ecosystem, &self.name, &self.version, &self.commit];
        parts.map(|part| part.as_deref().unwrap_or_default()).join(" ")
    }
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    let (mut findings, mut packages) = (Vec::new(), 0);
    let report: Report = supply::stream(input, WHAT, &[&["results", "*", "packages"]], |_, bytes| {
        packages = supply::counted(packages, "packages")?;
        add(&mut findings, &supply::element(bytes, "package of OSV-Scanner")?)
    })?;
    // The same file comes of a project without findings and of a folder without packages.
    if report.results.is_empty() || packages == 0 {
        let expected = "the packages it looked at: osv-scanner scan --all-packages --format json";
        return Err(supply::empty(name, expected, "no package at all"));
    }
    let mut out = Extracted { produced_by: Some(("osv-scanner".to_owned(), None)), ..Extracted::default() };
    Scan::new(findings).finish(&mut out);
    Ok(out)
}

/// The findings in one package: what it lists, and what its groups say belongs together.
fn add(findings: &mut Vec<Finding>, entry: &Entry) -> Result<(), Malformed> {
    let package = &entry.package;
    for one in entry.vulnerabilities.iter().flatten().filter(|v| v.withdrawn.is_none()) {
        let names = one.aliases.iter().flatten().map(String::as_str).chain([one.id.as_str()]);
        let mut severity = Severity::default();
        let here =
            one.affected.iter().flatten().filter(|a| {
                a.package.as_ref().is_none_or(|p| p.name == package.name && p.ecosystem == package.ecosystem)
            });
        for score in one.severity.iter().flatten().chain(here.flat_map(|a| a.severity.iter().flatten())) {
            severity.scored(score.score.as_deref().filter(|s| s.starts_with("CVSS:")), None);
        }
        severity.said(one.database_specific.as_ref().and_then(|db| db.get("severity")?.as_str()));
        Scan::push(findings, Finding::new(names, package.purl(), package.label(), severity.value()))?;
    }
    for group in entry.groups.iter().flatten() {
        // Of a group the names are taken; a withdrawn vulnerability is in none that matters.
        let known = entry.vulnerabilities.iter().flatten().filter(|v| group.ids.contains(&v.id));
        if known.clone().count() > 0 && known.clone().all(|v| v.withdrawn.is_some()) {
            continue;
        }
        let names = group.ids.iter().chain(group.aliases.iter().flatten()).map(String::as_str);
        let said = group.max_severity.as_deref().and_then(|s| s.parse().ok()).filter(|s| (0.0..=10.0).contains(s));
        // The vulnerability itself says how bad it is; the group alone does so where it is missing.
        let score = if known.count() > 0 { said.unwrap_or(0.0) } else { said.unwrap_or(super::cvss::UNKNOWN) };
        Scan::push(findings, Finding::new(names, package.purl(), package.label(), score))?;
    }
    Ok(())
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    let packages = supply::holds(head, &["\"packages\"", "\"ecosystem\""]);
    supply::object_with(head, &["\"results\""]) && (packages || supply::holds(head, &["\"experimental_config\""]))
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::*;

    fn read(text: &str) -> Result<Extracted, Code> {
        extract("osv.json", &mut text.as_bytes(), &Target::default()).map_err(|fault| fault.code)
    }

    fn package(rest: &str) -> String {
        format!(
            r#"{{"results":[{{"source":{{"path":"Cargo.lock"}},"packages":[{{"package":{{"name":"a","version":"1.0.0","ecosystem":"crates.io"}}{rest}}}]}}]}}"#
        )
    }

    #[test]
    fn a_group_is_one_finding() {
        let text = package(
            r#","vulnerabilities":[
            {"id":"RUSTSEC-2026-0001","aliases":["CVE-2026-1"],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]},
            {"id":"GHSA-1","aliases":["CVE-2026-1"],"database_specific":{"severity":"LOW"}},
            {"id":"GHSA-2"},{"id":"GHSA-3","withdrawn":"2026-01-01T00:00:00Z"}],
            "groups":[{"ids":["GHSA-1","RUSTSEC-2026-0001"],"max_severity":"9.8"},{"ids":["GHSA-2"],"max_severity":""},{"ids":["GHSA-3"]}]"#,
        );
        let facts = read(&text).unwrap().facts;
        let want = serde_json::json!({"found": 2, "explained": 0, "open": {"count": 2, "maxCvss": 10.0}});
        assert_eq!(serde_json::Value::Object(facts), want, "of GHSA-2 nothing is known");
    }

    #[test]
    fn a_package_without_findings_has_been_looked_at_and_an_empty_list_has_not() {
        let want =
            serde_json::json!({"found": 0, "explained": 0, "open": {"count": 0, "maxCvss": 0.0, "knownExploited": 0}});
        assert_eq!(serde_json::Value::Object(read(&package("")).unwrap().facts), want);
        for (text, code) in [
            (r#"{"results":[]}"#, Code::Empty),
            (r#"{"results":[{"packages":[]}]}"#, Code::Empty),
            (r#"{"results":null}"#, Code::Malformed),
            (r#"{"results":[{}]}"#, Code::Malformed),
            ("{}", Code::Malformed),
            (&package(r#","vulnerabilities":[{"id":""}]"#), Code::Malformed),
            (&package(r#","vulnerabilities":[{}]"#), Code::Malformed),
            (&package(r#","vulnerabilities":[{"id":"#), Code::Malformed),
        ] {
            assert_eq!(read(text).unwrap_err(), code, "{text}");
        }
    }
}
