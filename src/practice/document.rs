//! A catalogue file as it is written, before any of it is believed: what `lint` looks at and
//! [`Catalogue`](super::Catalogue) is made from. Identifiers are still plain text here.

use super::catalogue::{Area, Automation, Scope, State};
use super::check::CheckDef;
use super::mapping::{Entry, Framework};
use crate::encoding::{MAX_DOCUMENT, Malformed, json};
use serde::Deserialize;

/// The `schema` of the files we write.
const SCHEMA: &str = "vouchsafe-catalogue/v1";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    #[serde(default)]
    schema: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    format_version: Option<String>,
    pub(super) id: String,
    pub(super) version: String,
    pub(super) status: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) frameworks: Vec<Framework>,
    pub(super) areas: Vec<Area>,
    pub(super) profiles: Vec<WrittenProfile>,
    pub(super) checks: Vec<CheckDef>,
    pub(super) practices: Vec<WrittenPractice>,
}

#[derive(Deserialize)]
pub(super) struct WrittenProfile {
    pub(super) id: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) extends: Option<String>,
    pub(super) practices: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenPractice {
    pub(super) id: String,
    pub(super) area: String,
    pub(super) level: u8,
    pub(super) scope: Scope,
    pub(super) state: State,
    #[serde(default)]
    pub(super) replaced_by: Option<String>,
    pub(super) title: String,
    pub(super) outcome: String,
    #[serde(default)]
    pub(super) origin: Vec<String>,
    pub(super) automation: Automation,
    pub(super) checks: Vec<String>,
    #[serde(default)]
    pub(super) mappings: Vec<InlineMapping>,
}

/// A mapping that stands inside its practice, the way drafts of a catalogue are written.
#[derive(Deserialize)]
pub(super) struct InlineMapping {
    framework: String,
    id: String,
    relation: String,
    basis: String,
}

impl Document {
    /// Reads our own form (`schema`) and the draft form (`kind` and `formatVersion`); fields it does not know
    /// are ignored, except inside checks, where one could be a condition.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let document: Self = json::parse(bytes, MAX_DOCUMENT, "catalogue")?;
        let ours = document.schema.as_deref() == Some(SCHEMA);
        let draft =
            document.kind.as_deref() == Some("PracticeCatalogue") && document.format_version.as_deref() == Some("1");
        if ours || (document.schema.is_none() && draft) {
            Ok(document)
        } else {
            Err(Malformed::new("catalogue", format!("expected \"schema\": \"{SCHEMA}\"")))
        }
    }
    /// The mappings that stand inside practices.
    pub(super) fn inline_mappings(&self) -> impl Iterator<Item = Entry> {
        self.practices.iter().flat_map(|p| {
            p.mappings.iter().map(|m| Entry {
                practice: p.id.clone(),
                framework: m.framework.clone(),
                id: m.id.clone(),
                relation: m.relation.clone(),
                basis: m.basis.clone(),
            })
        })
    }
}
