//! OpenVEX 0.2.

use super::purl::Purl;
use super::supply::{self, HandedOn};
use super::vex::{self, Scope, Statement, Status};
use super::{Extracted, Fault, Target};
use crate::encoding::Malformed;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;

const WHAT: &str = "OpenVEX document";

/// The justifications that OpenVEX knows.
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "@context")]
    context: String,
    #[serde(rename = "statements")]
    _statements: HandedOn,
    timestamp: Option<String>,
    tooling: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    vulnerability: Vulnerability,
    products: Option<Vec<Product>>,
    status: String,
    justification: Option<String>,
    timestamp: Option<String>,
    last_updated: Option<String>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(rename = "@id")]
    id: Option<String>,
    name: Option<String>,
    aliases: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Product {
    #[serde(rename = "@id")]
    id: Option<String>,
    identifiers: Option<BTreeMap<String, String>>,
    hashes: Option<BTreeMap<String, String>>,
    subcomponents: Option<Vec<Product>>,
}

impl Product {
    fn names(&self) -> Vec<&str> {
        let purl = self.identifiers.as_ref().and_then(|all| all.get("purl"));
        self.id.iter().chain(purl).map(String::as_str).collect()
    }
    /// Its package URL; of two that differ, neither.
    fn package(&self) -> Option<Purl> {
        let mut purls: Vec<Purl> = self.names().into_iter().filter_map(|name| Purl::parse(name).ok()).collect();
        purls.dedup();
        purls.pop().filter(|_| purls.is_empty())
    }
    /// Whether it is one version: not every version of a package can be fixed.
    fn is_one(&self) -> bool {
        self.package().is_none_or(|purl| purl.version.is_some()) || !self.hashes().is_empty()
    }
    fn hashes(&self) -> Vec<(&str, &str)> {
        self.hashes.iter().flatten().map(|(alg, value)| (alg.as_str(), value.as_str())).collect()
    }
    /// What a statement about it is about. One about a component inside another product says nothing of ours.
    fn scopes(&self, target: &Target<'_>) -> Vec<Scope> {
        let release = vex::is_release(&self.names(), &self.hashes(), target);
        match self.subcomponents.as_deref().unwrap_or_default() {
            [] if release => vec![Scope::Release],
            [] => self.package().map(Scope::Component).into_iter().collect(),
            inner if release => inner.iter().filter_map(Self::package).map(Scope::Component).collect(),
            _ => Vec::new(),
        }
    }
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    // A statement of an older version has another form: which version it is comes before what is wrong with it.
    let (mut kept, mut wrong) = (Vec::new(), None);
    let document: Document = supply::stream(input, WHAT, &[&["statements"]], |_, bytes| {
        let said: Said = match supply::element(bytes, "statement of OpenVEX") {
            Ok(said) => said,
            Err(error) => {
                wrong.get_or_insert(error);
                return Ok(());
            }
        };
        supply::counted(kept.len(), WHAT)?;
        let mut statement = read(&said)?;
        let products = said.products.iter().flatten().filter(|p| statement.status != Status::Fixed || p.is_one());
        statement.scopes = products.flat_map(|p| p.scopes(target)).collect();
        kept.push(statement);
        Ok(())
    })?;
    let version = document.context.strip_prefix("https://openvex.dev/ns/v0.2.");
    if version.is_none_or(|v| v.is_empty() || !v.bytes().all(|b| b.is_ascii_digit())) {
        return Err(supply::unsupported(name, "https://openvex.dev/ns/v0.2.0", &document.context));
    }
    if let Some(error) = wrong {
        return Err(error.into());
    }
    if kept.is_empty() {
        return Err(supply::empty(name, "at least one statement", "none"));
    }
    let mut out = Extracted { produced_at: supply::time(document.timestamp.as_deref()), ..Extracted::default() };
    out.produced_by = document.tooling.filter(|t| !t.is_empty()).map(|tool| (tool, None));
    // A statement is as old as its document, unless it says otherwise.
    for one in &mut kept {
        one.at = one.at.or(out.produced_at);
    }
    vex::finish(kept, &mut out)?;
    Ok(out)
}

fn read(said: &Said) -> Result<Statement, Malformed> {
    let justified = said.justification.as_deref().is_some_and(|j| JUSTIFICATIONS.contains(&j));
    let status = match said.status.as_str() {
        "not_affected" => Status::NotAffected { justified },
        "affected" => Status::Affected,
        "fixed" => Status::Fixed,
        "under_investigation" => Status::UnderInvestigation,
        other => return Err(Malformed::new(WHAT, format!("a status that OpenVEX does not know: {other:?}"))),
    };
    let at = supply::time(said.last_updated.as_deref()).or_else(|| supply::time(said.timestamp.as_deref()));
    // The @id is often an address; the name stands at its end.
    let id = said.vulnerability.id.as_deref().map(|id| id.rsplit('/').next().unwrap_or(id));
    let names = said.vulnerability.aliases.iter().flatten().chain(&said.vulnerability.name);
    let names = names.map(String::as_str).chain(id.filter(|_| said.vulnerability.name.is_none()));
    let statement = Statement::new(names, status, at);
    match statement.ids.is_empty() {
        true => Err(Malformed::new(WHAT, "a statement about no vulnerability")),
        false => Ok(statement),
    }
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    supply::object_with(head, &["\"@context\"", "openvex.dev/ns"])
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Material};
    use super::*;

    fn read(text: &str) -> Result<Extracted, Code> {
        let digests = ["a".repeat(64)].into();
        let target = Target { product: Some("pkg:generic/acme@1.0"), digests: Some(&digests), ..Target::default() };
        extract("vex.json", &mut text.as_bytes(), &target).map_err(|fault| fault.code)
    }

    fn document(statements: &str) -> String {
        format!(
            r#"{{"@context":"https://openvex.dev/ns/v0.2.0","timestamp":"2026-01-02T00:00:00Z","statements":[{statements}]}}"#
        )
    }

    #[test]
    fn a_statement_is_about_a_component_or_about_ours() {
        let lib = || Scope::Component(Purl::parse("pkg:cargo/lib@1").unwrap());
        let digest = "a".repeat(64);
        for (product, want) in [
            (r#""@id":"pkg:cargo/lib@1""#.to_owned(), vec![lib()]),
            (r#""@id":"lib","identifiers":{"purl":"pkg:cargo/lib@1?x=y"}"#.to_owned(), vec![lib()]),
            (r#""@id":"pkg:generic/acme@1.0""#.to_owned(), vec![Scope::Release]),
            (r#""@id":"pkg:generic/acme""#.to_owned(), vec![Scope::Release]),
            (format!(r#""hashes":{{"sha-256":"{digest}"}}"#), vec![Scope::Release]),
            (format!(r#""@id":"pkg:oci/acme@sha256%3A{digest}""#), vec![Scope::Release]),
            (r#""@id":"pkg:generic/acme@1.0","subcomponents":[{"@id":"pkg:cargo/lib@1"}]"#.to_owned(), vec![lib()]),
            (r#""@id":"pkg:generic/other@1.0","subcomponents":[{"@id":"pkg:cargo/lib@1"}]"#.to_owned(), vec![]),
            (r#""@id":"pkg:cargo/a@1","identifiers":{"purl":"pkg:cargo/b@1"}"#.to_owned(), vec![]),
        ] {
            let text = format!(
                r#"{{"vulnerability":{{"name":"CVE-1"}},"products":[{{{product}}}],"status":"not_affected","justification":"component_not_present"}}"#
            );
            let out = read(&document(&text)).unwrap();
            let Material::Statements(found) = out.material else { panic!() };
            assert_eq!(found[0].scopes, want, "{product}");
            assert_eq!(found[0].at, out.produced_at);
        }
    }

    #[test]
    fn every_version_of_the_release_cannot_be_fixed() {
        for (status, want) in [("fixed", 0), ("affected", 1)] {
            let text = format!(
                r#"{{"vulnerability":{{"name":"CVE-1"}},"products":[{{"@id":"pkg:generic/acme"}}],"status":"{status}"}}"#
            );
            let Material::Statements(found) = read(&document(&text)).unwrap().material else { panic!() };
            assert_eq!(found[0].scopes.len(), want, "{status}");
        }
    }

    #[test]
    fn facts_and_faults() {
        let one = |rest: &str| format!(r#"{{"vulnerability":{{"@id":"https://x.example/CVE-1"}},{rest}}}"#);
        let all = [
            one(r#""status":"not_affected","impact_statement":"trust us""#),
            one(r#""status":"not_affected","justification":"because""#),
            one(r#""status":"fixed""#),
            one(r#""status":"affected""#),
            one(r#""status":"under_investigation""#),
        ];
        let out = read(&document(&all.join(","))).unwrap();
        let want = serde_json::json!({"statements": 5, "notAffected": {"total": 2, "withoutJustification": 2},
            "fixed": 1, "affected": 1, "underInvestigation": 1});
        assert_eq!(serde_json::Value::Object(out.facts), want);
        for (text, code) in [
            (document(""), Code::Empty),
            (document(&one(r#""status":"fine""#)), Code::Malformed),
            (document(r#"{"vulnerability":{},"status":"fixed"}"#), Code::Malformed),
            (document(&all[2]).replace("v0.2.0", "v0.3.0"), Code::Unsupported),
            (document(&all[2]).replace("ns/v0.2.0", "ns"), Code::Unsupported),
            (document(r#"{"vulnerability":"CVE-1","status":"fixed"}"#).replace("ns/v0.2.0", "ns"), Code::Unsupported),
            (document(r#"{"vulnerability":"CVE-1","status":"fixed"}"#), Code::Malformed),
            (document(&all[2]).replace("]}", "]"), Code::Malformed),
            (document(&all[2]).replace("statements", "statement"), Code::Malformed),
        ] {
            assert_eq!(read(&text).unwrap_err(), code, "{text}");
        }
    }
}
