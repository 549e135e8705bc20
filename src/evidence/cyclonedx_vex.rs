//! VEX in CycloneDX: the analysis of vulnerabilities, alone or beside a list of components.

use super::cyclonedx::{Component, Metadata, version};
use super::purl::{Purl, decoded};
use super::supply::{self, HandedOn};
use super::vex::{self, Scope, Statement, Status};
use super::{Extracted, Fault, Target};
use crate::encoding::Malformed;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;

const WHAT: &str = "CycloneDX VEX";

/// The justifications that CycloneDX knows.
const JUSTIFICATIONS: [&str; 9] = [
    "code_not_present",
    "code_not_reachable",
    "requires_configuration",
    "requires_dependency",
    "requires_environment",
    "protected_by_compiler",
    "protected_at_runtime",
    "protected_at_perimeter",
    "protected_by_mitigating_control",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    bom_format: String,
    spec_version: String,
    metadata: Option<Metadata>,
    #[serde(rename = "components")]
    _components: Option<HandedOn>,
    vulnerabilities: Option<HandedOn>,
}

#[derive(Deserialize)]
struct Vulnerability {
    id: Option<String>,
    references: Option<Vec<Reference>>,
    analysis: Option<Analysis>,
    affects: Option<Vec<Affects>>,
    updated: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Analysis {
    state: Option<String>,
    justification: Option<String>,
    first_issued: Option<String>,
    last_updated: Option<String>,
}

#[derive(Deserialize)]
struct Affects {
    #[serde(rename = "ref")]
    target: String,
    versions: Option<Vec<Version>>,
}

#[derive(Deserialize)]
struct Version {
    version: Option<String>,
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let (mut purls, mut kept, mut seen) = (BTreeMap::new(), Vec::new(), 0);
    let paths: [&[&str]; 2] = [&["components"], &["vulnerabilities"]];
    let document: Document = supply::stream(input, WHAT, &paths, |which, bytes| {
        if which == 0 {
            return refer(&mut purls, &mut seen, &supply::element(bytes, "component of CycloneDX")?);
        }
        let one: Vulnerability = supply::element(bytes, "vulnerability of CycloneDX")?;
        supply::counted(kept.len(), WHAT)?;
        kept.push(one);
        Ok(())
    })?;
    version(name, &document.bom_format, &document.spec_version)?;
    if document.vulnerabilities.is_none() || kept.is_empty() {
        return Err(supply::empty(name, "vulnerabilities, each with its analysis", "none"));
    }
    let metadata = document.metadata.unwrap_or_default();
    let root = metadata.component.as_ref();
    let mut out = Extracted { produced_by: metadata.tool(), ..Extracted::default() };
    out.produced_at = supply::time(metadata.timestamp.as_deref());
    let root_ref = root.and_then(|root| root.bom_ref.as_deref());
    let root_purl = root.and_then(|root| root.purl.as_deref());
    let release =
        root.is_some_and(|root| vex::is_release(&root_purl.into_iter().collect::<Vec<_>>(), &root.hashes(), target));
    let mut statements = Vec::new();
    for one in &kept {
        let mut statement = read(one, out.produced_at)?;
        for affects in one.affects.iter().flatten() {
            if root_ref.is_some_and(|root| is_ref(&affects.target, root)) {
                let scope = root.and_then(Component::package).map(Scope::Component);
                statement.scopes.extend(if release { Some(Scope::Release) } else { scope });
            } else {
                statement.scopes.extend(scopes(affects, &purls, target));
            }
        }
        statements.push(statement);
    }
    vex::finish(statements, &mut out)?;
    Ok(out)
}

/// Notes what the components are called in this document.
fn refer(purls: &mut BTreeMap<String, Purl>, seen: &mut usize, component: &Component) -> Result<(), Malformed> {
    *seen = supply::counted(*seen, "components")?;
    if let (Some(name), Some(purl)) = (&component.bom_ref, component.package()) {
        purls.insert(name.clone(), purl);
    }
    component.components.iter().flatten().try_for_each(|inner| refer(purls, seen, inner))
}

fn read(one: &Vulnerability, document: Option<jiff::Timestamp>) -> Result<Statement, Malformed> {
    let names = one.references.iter().flatten().map(|r| &r.id).chain([&one.id]);
    let none = Analysis::default();
    let analysis = one.analysis.as_ref().unwrap_or(&none);
    let justified = analysis.justification.as_deref().is_some_and(|j| JUSTIFICATIONS.contains(&j));
    let status = match analysis.state.as_deref() {
        Some("resolved" | "resolved_with_pedigree") => Status::Fixed,
        Some("not_affected" | "false_positive") => Status::NotAffected { justified },
        Some("exploitable") => Status::Affected,
        // A vulnerability of which nothing is said is one of which nothing is known.
        Some("in_triage") | None => Status::UnderInvestigation,
        Some(other) => return Err(Malformed::new(WHAT, format!("a state that CycloneDX does not know: {other:?}"))),
    };
    let times = [&analysis.last_updated, &analysis.first_issued, &one.updated];
    let at = times.into_iter().find_map(|text| supply::time(text.as_deref())).or(document);
    let statement = Statement::new(names.flatten().map(String::as_str), status, at);
    match statement.ids.is_empty() {
        true => Err(Malformed::new(WHAT, "a vulnerability without a name")),
        false => Ok(statement),
    }
}

/// Whether a reference is to a name in this document, or is a BOM link to one of that name.
fn is_ref(said: &str, name: &str) -> bool {
    said == name || linked(said).is_some_and(|inner| inner == name)
}

/// What a BOM link names: the part after `#`, decoded.
fn linked(said: &str) -> Option<String> {
    decoded(said.strip_prefix("urn:cdx:")?.split_once('#')?.1)
}

fn scopes(affects: &Affects, purls: &BTreeMap<String, Purl>, target: &Target<'_>) -> Vec<Scope> {
    let name = linked(&affects.target).unwrap_or_else(|| affects.target.clone());
    let Some(purl) = purls.get(&name).cloned().or_else(|| Purl::parse(&name).ok()) else { return Vec::new() };
    if vex::is_release(&[&name], &[], target) {
        return vec![Scope::Release];
    }
    match (&purl.version, &affects.versions) {
        // Of a package without a version, those versions that are listed; a range says less than it seems to.
        (None, Some(versions)) if !versions.is_empty() => versions
            .iter()
            .filter_map(|v| v.version.as_deref())
            .map(|v| Scope::Component(Purl::new(&purl.kind, &purl.name, Some(v))))
            .collect(),
        _ => vec![Scope::Component(purl)],
    }
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    supply::object_with(head, &["\"bomFormat\"", "CycloneDX", "\"vulnerabilities\"", "\"analysis\""])
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Material};
    use super::*;

    fn read(text: &str) -> Result<Extracted, Code> {
        let target = Target { product: Some("pkg:generic/acme@1.0"), ..Target::default() };
        extract("vex.json", &mut text.as_bytes(), &target).map_err(|fault| fault.code)
    }

    fn document(rest: &str) -> String {
        format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.5",{rest}}}"#)
    }

    #[test]
    fn references_lead_to_components() {
        let purl = |text: &str| Scope::Component(Purl::parse(text).unwrap());
        for (said, want) in [
            (r#""c1""#, vec![purl("pkg:npm/a@1")]),
            (r#""pkg:npm/b@2""#, vec![purl("pkg:npm/b@2")]),
            (r#""urn:cdx:00/1#pkg:npm/b%402""#, vec![purl("pkg:npm/b@2")]),
            (r#""root""#, vec![Scope::Release]),
            (r#""unheard-of""#, vec![]),
            (r#""pkg:npm/b","versions":[{"version":"3"},{"range":"vers:npm/>1"}]"#, vec![purl("pkg:npm/b@3")]),
        ] {
            let text = document(&format!(
                r#""metadata":{{"component":{{"bom-ref":"root","purl":"pkg:generic/acme@1.0"}}}},
                "vulnerabilities":[{{"id":"CVE-1","analysis":{{"state":"not_affected","justification":"code_not_present"}},
                "affects":[{{"ref":{said}}}]}}],"components":[{{"bom-ref":"c1","purl":"pkg:npm/a@1"}}]"#
            ));
            let Material::Statements(found) = read(&text).unwrap().material else { panic!() };
            assert_eq!(found[0].scopes, want, "{said}");
        }
    }

    #[test]
    fn a_state_is_no_justification() {
        let one = |analysis: &str| document(&format!(r#""vulnerabilities":[{{"id":"CVE-1"{analysis}}}]"#));
        let facts = |analysis: &str| read(&one(analysis)).unwrap().facts;
        let why = facts(r#","analysis":{"state":"not_affected","justification":"code_not_reachable"}"#);
        assert_eq!(why["notAffected"]["withoutJustification"], 0);
        for text in [r#""state":"false_positive""#, r#""state":"not_affected","justification":"because""#] {
            let facts = facts(&format!(r#","analysis":{{{text}}}"#));
            assert_eq!(facts["notAffected"], serde_json::json!({"total": 1, "withoutJustification": 1}));
        }
        assert_eq!(facts("")["underInvestigation"], 1);
        assert_eq!(read(&one(r#","analysis":{"state":"fine"}"#)).unwrap_err(), Code::Malformed);
        assert_eq!(read(&document(r#""vulnerabilities":[]"#)).unwrap_err(), Code::Empty);
        assert_eq!(read(&document(r#""components":[]"#)).unwrap_err(), Code::Empty);
        assert_eq!(read(&document(r#""vulnerabilities":[{"id":""}]"#)).unwrap_err(), Code::Malformed);
    }
}
