//! SPDX 3.0 as JSON-LD, in the one form its schema allows: a context and a flat graph.

use super::purl::Purl;
use super::spdx::{Element, Inventory, WHAT, told};
use super::supply;
use super::{Extracted, Fault, Target};
use crate::encoding::Malformed;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is read of one element, whatever its type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    #[serde(rename = "type", alias = "@type")]
    kind: String,
    #[serde(alias = "@id")]
    spdx_id: Option<String>,
    #[serde(rename = "software_packageVersion")]
    version: Option<String>,
    #[serde(rename = "software_packageUrl")]
    url: Option<String>,
    verified_using: Option<Vec<Value>>,
    external_identifier: Option<Vec<Value>>,
    root_element: Option<Vec<String>>,
    from: Option<Value>,
    to: Option<Vec<Value>>,
    relationship_type: Option<String>,
    spec_version: Option<String>,
    created: Option<String>,
}

/// The graph so far.
#[derive(Debug, Default)]
pub(super) struct Graph {
    inventory: Inventory,
    packages: bool,
    /// Roots of the document, and of the lists of components; a document's root may be such a list.
    documents: Vec<(String, bool, Vec<String>)>,
    versions: BTreeSet<String>,
    created: Option<jiff::Timestamp>,
}

impl Graph {
    /// Reads one element of the graph.
    pub(super) fn element(&mut self, bytes: &[u8], target: &Target<'_>) -> Result<(), Malformed> {
        let node: Node = supply::element(bytes, "element of SPDX 3")?;
        match node.kind.as_str() {
            "CreationInfo" => {
                // There are few different versions, and more than one is refused at the end.
                if self.versions.len() < 8 {
                    self.versions.extend(node.spec_version);
                }
                self.created = self.created.max(supply::time(node.created.as_deref()));
                Ok(())
            }
            kind @ ("SpdxDocument" | "software_Sbom" | "Bom") => {
                supply::counted(self.documents.len(), "documents")?;
                let id = node.spdx_id.unwrap_or_default();
                self.documents.push((id, kind == "SpdxDocument", node.root_element.unwrap_or_default()));
                Ok(())
            }
            "software_Package" | "software_File" => self.artifact(&node, target),
            "Relationship" | "LifecycleScopedRelationship" => {
                let (Some("contains"), Some(from)) =
                    (node.relationship_type.as_deref(), node.from.as_ref().and_then(Value::as_str))
                else {
                    return Ok(());
                };
                for to in node.to.iter().flatten().filter_map(Value::as_str) {
                    self.inventory.contain(from, to);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn artifact(&mut self, node: &Node, target: &Target<'_>) -> Result<(), Malformed> {
        let is_package = node.kind == "software_Package";
        self.packages |= is_package;
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        // A verification code is over many files.
        let listed = node.verified_using.iter().flatten().filter(|v| text(v, "type") == "Hash");
        let listed = listed.map(|v| (text(v, "algorithm"), text(v, "hashValue")));
        let hashes: Vec<(String, String)> = listed.collect();
        let hashes = || hashes.iter().map(|(alg, value)| (alg.as_str(), value.as_str()));
        let identifiers = node.external_identifier.iter().flatten();
        let purls = identifiers.filter(|v| text(v, "externalIdentifierType") == "packageUrl");
        let urls = node.url.iter().cloned().chain(purls.map(|v| text(v, "identifier")));
        let id = node.spdx_id.clone().ok_or_else(|| Malformed::new(WHAT, "an element without spdxId"))?;
        self.inventory.push(Element {
            id,
            is_package,
            versioned: told(node.version.as_deref()),
            hashed: hashes().any(|(alg, value)| supply::strong(alg) && !value.is_empty()),
            purl: urls.filter_map(|url| Purl::parse(&url).ok()).next(),
            subject: supply::names_subject(hashes(), target),
        })
    }

    /// The facts.
    pub(super) fn finish(
        mut self,
        name: &str,
        context: Option<&Value>,
        target: &Target<'_>,
    ) -> Result<Extracted, Fault> {
        let context = context.and_then(Value::as_str).unwrap_or_default();
        let known = context.strip_prefix("https://spdx.org/rdf/3.0.").and_then(|c| c.split_once('/'));
        let patch = |v: &str| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit());
        if known.is_none_or(|(version, _)| !patch(version)) {
            return Err(supply::unsupported(name, "the context of SPDX 3.0", context));
        }
        let other = self.versions.iter().find(|v| v.strip_prefix("3.0.").is_none_or(|p| !patch(p)));
        if let Some(other) = other {
            return Err(supply::unsupported(name, "specVersion 3.0", other));
        }
        let (Some(version), 1) = (self.versions.first().cloned(), self.versions.len()) else {
            return Err(Malformed::new(WHAT, "a graph has one specVersion").into());
        };
        let documents: Vec<_> = self.documents.iter().filter(|(_, is_document, _)| *is_document).collect();
        let [(_, _, of_document)] = documents.as_slice() else {
            return Err(Malformed::new(WHAT, "a graph has one SpdxDocument").into());
        };
        let lists = self.documents.iter().filter(|(_, is_document, _)| !is_document);
        let lists: BTreeMap<&String, &Vec<String>> = lists.map(|(id, _, roots)| (id, roots)).collect();
        for id in of_document {
            match lists.get(id) {
                Some(roots) => roots.iter().for_each(|root| self.inventory.root(root)),
                None => self.inventory.root(id),
            }
        }
        let mut out = Extracted { produced_at: self.created, ..Extracted::default() };
        out.fact(&["specVersion"], version);
        self.inventory.finish(target, self.packages, &mut out)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::super::spdx::extract;
    use super::*;

    fn read(text: &str) -> Result<Extracted, Code> {
        let digests = ["a".repeat(64)].into();
        let target = Target { digests: Some(&digests), ..Target::default() };
        extract("sbom.json", &mut text.as_bytes(), &target).map_err(|fault| fault.code)
    }

    fn document(roots: &str, more: &str) -> String {
        let more = more
            .replace("HASH", &format!(r#"{{"type":"Hash","algorithm":"sha256","hashValue":"{}"}}"#, "a".repeat(64)));
        format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
            {{"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1","created":"2026-11-01T00:00:00Z"}},
            {{"type":"SpdxDocument","spdxId":"d","rootElement":[{roots}]}},
            {{"type":"software_Package","spdxId":"r","verifiedUsing":[HASH]}},
            {{"type":"software_Package","spdxId":"l","software_packageVersion":"1","software_packageUrl":"pkg:npm/a@1"}},
            {{"type":"software_Package","spdxId":"m","externalIdentifier":[{{"externalIdentifierType":"packageUrl","identifier":"pkg:npm/b@1"}}]}}{more}]}}"#
        )
        .replace("HASH", &format!(r#"{{"type":"Hash","algorithm":"sha256","hashValue":"{}"}}"#, "a".repeat(64)))
    }

    #[test]
    fn facts() {
        let want = serde_json::json!({"specVersion": "3.0.1", "describesSubject": true, "components": 2,
            "withoutVersion": 1, "withoutIdentity": 0});
        assert_eq!(Value::Object(read(&document("\"r\"", "")).unwrap().facts), want);
        let sbom = r#",{"type":"software_Sbom","spdxId":"s","rootElement":["r"]}"#;
        assert_eq!(Value::Object(read(&document("\"s\"", sbom)).unwrap().facts), want);
        let file = r#",{"type":"software_File","spdxId":"f","verifiedUsing":[HASH]},
            {"type":"Relationship","spdxId":"x","from":"l","relationshipType":"contains","to":["f"]}"#;
        assert_eq!(read(&document("\"l\"", file)).unwrap().facts["describesSubject"], true);
        assert_eq!(read(&document("\"m\"", file)).unwrap().facts["describesSubject"], false);
    }

    #[test]
    fn hostile_documents() {
        for (text, code) in [
            (document("", "").replace("rdf/3.0.1", "rdf/3.1.0"), Code::Unsupported),
            (document("", "").replace("\"3.0.1\"", "\"3.1\""), Code::Unsupported),
            (document("", r#",{"type":"SpdxDocument","spdxId":"e"}"#), Code::Malformed),
            (document("", r#",{"type":"CreationInfo","specVersion":"3.0.0"}"#), Code::Malformed),
            (document("", r#",{"type":"software_File"}"#), Code::Malformed),
            (document("", ",{}"), Code::Malformed),
            (document("", ",[]"), Code::Malformed),
            (r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}"#.to_owned(), Code::Malformed),
        ] {
            assert_eq!(read(&text).unwrap_err(), code, "{text}");
        }
    }
}
