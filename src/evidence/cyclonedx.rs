//! CycloneDX 1.4 to 1.7, as JSON: the list of components.

use super::purl::Purl;
use super::supply::{self, HandedOn, MAX_KEPT};
use super::{Extracted, Fault, Material, Target};
use crate::encoding::Malformed;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::Read;

const WHAT: &str = "CycloneDX document";
/// Versions that are read.
pub(super) const VERSIONS: [&str; 4] = ["1.4", "1.5", "1.6", "1.7"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    bom_format: String,
    spec_version: String,
    metadata: Option<Metadata>,
    components: Option<HandedOn>,
}

/// What is said of the document itself.
#[derive(Deserialize, Default)]
pub(super) struct Metadata {
    pub(super) timestamp: Option<String>,
    pub(super) component: Option<Component>,
    tools: Option<serde_json::Value>,
}

impl Metadata {
    /// The tool, from the list of 1.4 or the object of 1.5.
    pub(super) fn tool(&self) -> Option<(String, Option<String>)> {
        let tools = self.tools.as_ref()?;
        let first = tools.as_array().or_else(|| tools.get("components")?.as_array())?.first()?;
        let text = |key: &str| first.get(key)?.as_str().map(str::to_owned);
        Some((text("name")?, text("version")))
    }
}

/// A component, with those inside it.
#[derive(Deserialize)]
pub(super) struct Component {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "bom-ref")]
    pub(super) bom_ref: Option<String>,
    version: Option<String>,
    pub(super) purl: Option<String>,
    hashes: Option<Vec<Hash>>,
    pub(super) components: Option<Vec<Component>>,
}

#[derive(Deserialize)]
struct Hash {
    alg: String,
    content: String,
}

impl Component {
    /// Its hashes, by algorithm.
    pub(super) fn hashes(&self) -> Vec<(&str, &str)> {
        self.hashes.iter().flatten().map(|h| (h.alg.as_str(), h.content.as_str())).collect()
    }
    pub(super) fn package(&self) -> Option<Purl> {
        Purl::parse(self.purl.as_deref()?).ok()
    }
}

/// What the components come to.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) components: usize,
    pub(super) without_version: usize,
    pub(super) without_identity: usize,
    pub(super) purls: BTreeSet<Purl>,
}

impl Counted {
    /// One more.
    pub(super) fn add(&mut self, versioned: bool, hashed: bool, purl: Option<Purl>) -> Result<(), Malformed> {
        if self.components >= MAX_KEPT {
            return Err(Malformed::new("components", format!("more than {MAX_KEPT}")));
        }
        self.components = self.components.saturating_add(1);
        self.without_version = self.without_version.saturating_add(usize::from(!versioned));
        self.without_identity = self.without_identity.saturating_add(usize::from(!hashed && purl.is_none()));
        self.purls.extend(purl);
        Ok(())
    }

    /// The facts. Nothing is said of the components of an empty list.
    pub(super) fn finish(self, out: &mut Extracted) {
        out.fact(&["components"], self.components);
        if self.components > 0 {
            out.fact(&["withoutVersion"], self.without_version);
            out.fact(&["withoutIdentity"], self.without_identity);
        }
        out.material = Material::Components(self.purls);
    }
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let mut counted = Counted::default();
    let document: Document = supply::stream(input, WHAT, &[&["components"]], |_, bytes| {
        add(&mut counted, &supply::element(bytes, "component of CycloneDX")?)
    })?;
    version(name, &document.bom_format, &document.spec_version)?;
    let metadata = document.metadata.unwrap_or_default();
    let root = metadata.component.as_ref();
    let mut out = Extracted { produced_by: metadata.tool(), ..Extracted::default() };
    out.produced_at = supply::time(metadata.timestamp.as_deref());
    out.fact(&["specVersion"], document.spec_version);
    let describes = supply::names_subject(root.map(Component::hashes).unwrap_or_default(), target);
    if let Some(describes) = describes {
        out.fact(&["describesSubject"], describes);
    }
    // What the root is made of stands inside it in the documents of some tools.
    for inner in root.and_then(|root| root.components.as_ref()).into_iter().flatten() {
        add(&mut counted, inner)?;
    }
    if document.components.is_some() || counted.components > 0 {
        counted.finish(&mut out);
    }
    Ok(out)
}

/// That it is CycloneDX, of a version that is read here.
pub(super) fn version(name: &str, format: &str, version: &str) -> Result<(), Fault> {
    if format != "CycloneDX" {
        return Err(Malformed::new(WHAT, format!("bomFormat is {format:?}")).into());
    }
    if !VERSIONS.contains(&version) {
        return Err(supply::unsupported(name, "CycloneDX 1.4 to 1.7", &format!("version {version}")));
    }
    Ok(())
}

/// Counts a component and all that is inside it. The strict reader has limited how deep that can be.
fn add(counted: &mut Counted, component: &Component) -> Result<(), Malformed> {
    let purl = component.package();
    let versioned = component.version.as_ref().is_some_and(|v| !v.trim().is_empty());
    let hashed = component.hashes().iter().any(|(alg, content)| supply::strong(alg) && !content.is_empty());
    // The hash of a file is its version.
    let versioned = versioned || (hashed && component.kind.as_deref() == Some("file"));
    counted.add(versioned, hashed, purl)?;
    component.components.iter().flatten().try_for_each(|inner| add(counted, inner))
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    supply::object_with(head, &["\"bomFormat\"", "CycloneDX"])
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::*;

    fn read(text: &str, digests: &[&str]) -> Result<Extracted, Code> {
        let digests = digests.iter().map(|d| (*d).to_owned()).collect();
        let target = Target { digests: Some(&digests), ..Target::default() };
        extract("bom.json", &mut text.as_bytes(), &target).map_err(|fault| fault.code)
    }

    const HEAD: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6""#;

    #[test]
    fn nested_components_count_and_the_root_does_not() {
        let digest = "a".repeat(64);
        let text = format!(
            r#"{HEAD},"metadata":{{"component":{{"type":"application","name":"x","hashes":[{{"alg":"SHA-256","content":"{digest}"}}]}}}},
            "components":[{{"name":"a","version":"1","purl":"pkg:cargo/a@1","components":[{{"name":"b"}}]}},
            {{"type":"file","name":"f","hashes":[{{"alg":"SHA-256","content":"00"}}]}},{{"name":"c","version":"","hashes":[{{"alg":"MD5","content":"00"}}]}}]}}"#
        );
        let out = read(&text, &[&digest]).unwrap();
        let want = serde_json::json!({"specVersion": "1.6", "describesSubject": true, "components": 4,
            "withoutVersion": 2, "withoutIdentity": 2});
        assert_eq!(serde_json::Value::Object(out.facts), want);
        assert_eq!(read(&text, &[&"b".repeat(64)]).unwrap().facts["describesSubject"], false);
        assert!(!read(&text, &[]).unwrap().facts.contains_key("describesSubject"));
    }

    #[test]
    fn what_is_missing_is_unknown() {
        let out = read(&format!("{HEAD}}}"), &["00"]).unwrap();
        assert!(!out.facts.contains_key("components") && !out.facts.contains_key("withoutIdentity"));
        let out = read(&format!("{HEAD},\"components\":[]}}"), &["00"]).unwrap();
        assert!(out.facts["components"] == 0 && !out.facts.contains_key("withoutVersion"));
        assert_eq!(out.facts["describesSubject"], false);
    }

    #[test]
    fn a_weak_hash_or_one_that_differs_names_nothing() {
        let (good, other) = ("a".repeat(64), "b".repeat(64));
        let root = |hashes: &str| format!(r#"{HEAD},"metadata":{{"component":{{"hashes":[{hashes}]}}}}}}"#);
        let hash = |alg: &str, content: &str| format!(r#"{{"alg":"{alg}","content":"{content}"}}"#);
        let describes = |hashes: &str| read(&root(hashes), &[&good]).unwrap().facts["describesSubject"] == true;
        assert!(describes(&hash("SHA-256", &good.to_uppercase())));
        assert!(!describes(&hash("MD5", &good)));
        assert!(!describes(&format!("{},{}", hash("SHA-256", &good), hash("SHA-256", &other))));
        assert!(describes(&format!("{},{}", hash("SHA-256", &good), hash("SHA3-256", &other))), "of another algorithm");
    }

    #[test]
    fn hostile_documents() {
        let deep = format!("{HEAD},\"components\":[{}", r#"{"components":["#.repeat(100));
        for (text, code) in [
            ("", Code::Malformed),
            ("{}", Code::Malformed),
            (r#"{"bomFormat":"SPDX","specVersion":"1.6"}"#, Code::Malformed),
            (r#"{"bomFormat":"CycloneDX","specVersion":"1.3"}"#, Code::Unsupported),
            (r#"{"bomFormat":"CycloneDX","specVersion":"2.0"}"#, Code::Unsupported),
            (&format!("{HEAD},\"components\":[{{\"name\":\"a\""), Code::Malformed),
            (&format!("{HEAD},\"components\":{{}}}}"), Code::Malformed),
            (&format!("{HEAD},\"components\":[[]]}}"), Code::Malformed),
            (&format!("{HEAD},\"components\":[{{\"a\":1,\"a\":2}}]}}"), Code::Malformed),
            (&format!("{HEAD},\"components\":[],\"components\":[]}}"), Code::Malformed),
            (&deep, Code::Malformed),
            (&format!("{HEAD},\"components\":[{}{{}}]}}", "{},".repeat(MAX_KEPT)), Code::Malformed),
        ] {
            assert_eq!(read(text, &[]).unwrap_err(), code, "{}", text.chars().take(80).collect::<String>());
        }
    }
}
