//! SPDX 2.3 as JSON; SPDX 3.0 goes to its own reader.

use super::cyclonedx::Counted;
use super::purl::Purl;
use super::supply::{self, HandedOn, MAX_KEPT};
use super::{Extracted, Fault, Target, spdx3};
use crate::encoding::Malformed;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::Read;

pub(super) const WHAT: &str = "SPDX document";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    spdx_version: Option<String>,
    #[serde(rename = "SPDXID")]
    id: Option<String>,
    creation_info: Option<CreationInfo>,
    packages: Option<HandedOn>,
    document_describes: Option<Vec<String>>,
    #[serde(rename = "@context")]
    context: Option<serde_json::Value>,
    #[serde(rename = "@graph")]
    graph: Option<HandedOn>,
}

#[derive(Deserialize)]
struct CreationInfo {
    created: Option<String>,
    creators: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    #[serde(rename = "SPDXID")]
    id: String,
    version_info: Option<String>,
    checksums: Option<Vec<Checksum>>,
    external_refs: Option<Vec<ExternalRef>>,
    has_files: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: String,
    checksum_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    reference_type: String,
    reference_locator: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: String,
    related_spdx_element: String,
}

/// A package or a file, as much of it as is kept until it is known what the document describes.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) id: String,
    pub(super) is_package: bool,
    pub(super) versioned: bool,
    pub(super) hashed: bool,
    pub(super) purl: Option<Purl>,
    /// Whether its hashes are a subject's.
    pub(super) subject: Option<bool>,
}

/// All that is read of either version.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pub(super) elements: Vec<Element>,
    /// What the document is about.
    pub(super) roots: BTreeSet<String>,
    /// What is contained, by what contains it. Beyond the limit it is left out, and describes nothing then.
    pub(super) contains: Vec<(String, String)>,
}

impl Inventory {
    pub(super) fn push(&mut self, one: Element) -> Result<(), Malformed> {
        supply::counted(self.elements.len(), "packages and files")?;
        self.elements.push(one);
        Ok(())
    }
    pub(super) fn root(&mut self, id: &str) {
        if self.roots.len() < MAX_KEPT {
            self.roots.insert(id.to_owned());
        }
    }
    pub(super) fn contain(&mut self, outer: &str, inner: &str) {
        if self.contains.len() < MAX_KEPT {
            self.contains.push((outer.to_owned(), inner.to_owned()));
        }
    }

    /// The facts. What the document describes is the subject if its own hashes are, or those of a file in it.
    pub(super) fn finish(self, target: &Target<'_>, packages: bool, out: &mut Extracted) -> Result<(), Malformed> {
        let inside: BTreeSet<&String> =
            self.contains.iter().filter(|(outer, _)| self.roots.contains(outer)).map(|(_, inner)| inner).collect();
        let (mut counted, mut describes) = (Counted::default(), false);
        for one in self.elements {
            let root = self.roots.contains(&one.id);
            let file_of_root = !one.is_package && inside.contains(&one.id);
            describes |= (root || file_of_root) && one.subject == Some(true);
            if one.is_package && !root {
                counted.add(one.versioned, one.hashed, one.purl)?;
            }
        }
        if target.digests.is_some_and(|d| !d.is_empty()) {
            out.fact(&["describesSubject"], describes);
        }
        if packages {
            counted.finish(out);
        }
        Ok(())
    }
}

/// Whether a field says something: NONE and NOASSERTION do not.
pub(super) fn told(text: Option<&str>) -> bool {
    text.map(str::trim).is_some_and(|t| !t.is_empty() && t != "NOASSERTION" && t != "NONE")
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let (mut inventory, mut three) = (Inventory::default(), spdx3::Graph::default());
    let paths: [&[&str]; 4] = [&["packages"], &["files"], &["relationships"], &["@graph"]];
    let document: Document = supply::stream(input, WHAT, &paths, |which, bytes| match which {
        0 => package(&mut inventory, supply::element(bytes, "package of SPDX")?, true, target),
        1 => package(&mut inventory, supply::element(bytes, "file of SPDX")?, false, target),
        2 => {
            relate(&mut inventory, &supply::element(bytes, "relationship of SPDX")?);
            Ok(())
        }
        _ => three.element(bytes, target),
    })?;
    if document.context.is_some() || document.graph.is_some() {
        return three.finish(name, document.context.as_ref(), target);
    }
    let version = document.spdx_version.ok_or_else(|| Malformed::new(WHAT, "neither spdxVersion nor @context"))?;
    if version != "SPDX-2.3" {
        return Err(supply::unsupported(name, "SPDX-2.3, or SPDX 3.0 as JSON-LD", &version));
    }
    if document.id.as_deref() != Some("SPDXRef-DOCUMENT") {
        return Err(Malformed::new(WHAT, "SPDXID is not SPDXRef-DOCUMENT").into());
    }
    document.document_describes.iter().flatten().for_each(|id| inventory.root(id));
    let mut out = Extracted::default();
    out.fact(&["specVersion"], "2.3");
    if let Some(info) = document.creation_info {
        out.produced_at = supply::time(info.created.as_deref());
        out.produced_by = info.creators.iter().flatten().find_map(|c| tool(c));
    }
    inventory.finish(target, document.packages.is_some(), &mut out)?;
    Ok(out)
}

fn package(inventory: &mut Inventory, one: Package, is_package: bool, target: &Target<'_>) -> Result<(), Malformed> {
    let hashes = || one.checksums.iter().flatten().map(|c| (c.algorithm.as_str(), c.checksum_value.as_str()));
    let refs = one.external_refs.iter().flatten().filter(|r| r.reference_type == "purl");
    let purl = refs.filter_map(|r| Purl::parse(&r.reference_locator).ok()).next();
    for file in one.has_files.iter().flatten() {
        inventory.contain(&one.id, file);
    }
    inventory.push(Element {
        is_package,
        versioned: told(one.version_info.as_deref()),
        hashed: hashes().any(|(alg, value)| supply::strong(alg) && !value.is_empty()),
        purl,
        subject: supply::names_subject(hashes(), target),
        id: one.id,
    })
}

fn relate(inventory: &mut Inventory, one: &Relationship) {
    let (from, to) = (one.spdx_element_id.as_str(), one.related_spdx_element.as_str());
    match one.relationship_type.as_str() {
        "DESCRIBES" if from == "SPDXRef-DOCUMENT" => inventory.root(to),
        "DESCRIBED_BY" if to == "SPDXRef-DOCUMENT" => inventory.root(from),
        "CONTAINS" => inventory.contain(from, to),
        "CONTAINED_BY" => inventory.contain(to, from),
        _ => {}
    }
}

/// `Tool: name-version`.
fn tool(creator: &str) -> Option<(String, Option<String>)> {
    let tool = creator.strip_prefix("Tool:")?.trim();
    let split = tool.rsplit_once('-').filter(|(_, v)| v.starts_with(|c: char| c.is_ascii_digit() || c == 'v'));
    Some(split.map_or((tool.to_owned(), None), |(name, version)| (name.to_owned(), Some(version.to_owned()))))
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    supply::object_with(head, &["\"spdxVersion\""]) || supply::object_with(head, &["\"@context\"", "spdx.org/rdf/3."])
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::*;

    fn read(text: &str) -> Result<Extracted, Code> {
        let digests = ["a".repeat(64)].into();
        let target = Target { digests: Some(&digests), ..Target::default() };
        extract("sbom.spdx.json", &mut text.as_bytes(), &target).map_err(|fault| fault.code)
    }

    fn document(rest: &str) -> String {
        let rest = rest.replace("HASH", &format!(r#"{{"algorithm":"SHA256","checksumValue":"{}"}}"#, "A".repeat(64)));
        format!(
            r#"{{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","creationInfo":{{"created":"2026-11-01T00:00:00Z","creators":["Organization: x","Tool: syft-1.2.3"]}}{rest}}}"#
        )
    }

    #[test]
    fn the_root_is_what_the_document_describes() {
        let root = r#"{"SPDXID":"R","checksums":[HASH]}"#;
        let plain = r#"{"SPDXID":"R"}"#;
        let lib = r#"{"SPDXID":"L","versionInfo":"NOASSERTION","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/a@1"}]}"#;
        let file = r#""files":[{"SPDXID":"F","checksums":[HASH]}]"#;
        let related = |from: &str, kind: &str, to: &str| {
            format!(r#"{{"spdxElementId":"{from}","relationshipType":"{kind}","relatedSpdxElement":"{to}"}}"#)
        };
        let describes = related("SPDXRef-DOCUMENT", "DESCRIBES", "R");
        for (rest, want, components) in [
            (format!(r#","packages":[{root},{lib}],"relationships":[{describes}]"#), true, 1),
            (format!(r#","packages":[{root},{lib}],"documentDescribes":["R"]"#), true, 1),
            (
                format!(
                    r#","relationships":[{}],"packages":[{root},{lib}]"#,
                    related("R", "DESCRIBED_BY", "SPDXRef-DOCUMENT")
                ),
                true,
                1,
            ),
            (format!(r#","packages":[{root},{lib}]"#), false, 2),
            (format!(r#","packages":[{root},{lib}],"documentDescribes":["L"]"#), false, 1),
            (format!(r#","packages":[{plain},{lib}],{file},"documentDescribes":["R"]"#), false, 1),
            (format!(r#","packages":[{plain}],{file},"documentDescribes":["F"]"#), true, 1),
            (
                format!(
                    r#","packages":[{plain},{lib}],{file},"relationships":[{describes},{}]"#,
                    related("R", "CONTAINS", "F")
                ),
                true,
                1,
            ),
            (
                format!(
                    r#","packages":[{plain},{lib}],{file},"relationships":[{describes},{}]"#,
                    related("L", "CONTAINS", "F")
                ),
                false,
                1,
            ),
        ] {
            let out = read(&document(&rest)).unwrap();
            assert_eq!(out.facts["describesSubject"], want, "{rest}");
            assert_eq!(out.facts["components"], components, "{rest}");
            assert_eq!(out.produced_by, Some(("syft".into(), Some("1.2.3".into()))));
        }
        let out = read(&document(&format!(r#","packages":[{root},{lib}],"documentDescribes":["R"]"#))).unwrap();
        assert!(out.facts["withoutVersion"] == 1 && out.facts["withoutIdentity"] == 0);
    }

    #[test]
    fn hostile_documents() {
        let bare = read(&document("")).unwrap().facts;
        assert!(!bare.contains_key("components") && bare["describesSubject"] == false);
        for (text, code) in [
            ("{}".to_owned(), Code::Malformed),
            (document("").replace("SPDX-2.3", "SPDX-2.2"), Code::Unsupported),
            (document("").replace("SPDXRef-DOCUMENT", "SPDXRef-X"), Code::Malformed),
            (document(r#","packages":{}"#), Code::Malformed),
            (document(r#","packages":[{}]"#), Code::Malformed),
            (document(r#","packages":[],"packages":[]"#), Code::Malformed),
            (document(r#","packages":[{"SPDXID":"#), Code::Malformed),
            (document(r#","relationships":[{}]"#), Code::Malformed),
        ] {
            assert_eq!(read(&text).unwrap_err(), code, "{text}");
        }
    }
}
