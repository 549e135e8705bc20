//! Mappings: which practices support which requirement of another framework, said by whom.
//!
//! A mapping file covers one framework. A framework without entries of its own may point at another one by a
//! crosswalk, as an attestation form does that cites SSDF tasks.

use super::builtin::BUILTIN_MAPPINGS;
use super::{Catalogue, PracticeId};
use crate::encoding::{MAX_DOCUMENT, Malformed, json};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Another framework that practices map to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Framework {
    /// The name in front of the colon: `ssdf-1.1` of `ssdf-1.1:PS.3.2`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// Under what terms its text may be used; we carry identifiers only.
    #[serde(default)]
    pub license: Option<String>,
    /// All of its identifiers, where they have been collected.
    #[serde(default)]
    pub ids: Option<BTreeSet<String>>,
    /// The framework its crosswalk points into.
    #[serde(default)]
    pub via_framework: Option<String>,
    /// For each of its identifiers, those of the other framework.
    #[serde(default)]
    pub crosswalk: BTreeMap<String, Vec<String>>,
}

/// One practice and one requirement of another framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The practice.
    pub practice: PracticeId,
    /// The other framework.
    pub framework: String,
    /// The requirement, as that framework writes it.
    pub id: String,
    /// `supports` or `relates-to`; never "fulfils".
    pub relation: String,
    /// `published:SOURCE` where a publication says so, `editorial` where it is our judgement.
    pub basis: String,
}

/// A mapping before its practice id is believed.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) practice: String,
    pub(super) framework: String,
    pub(super) id: String,
    pub(super) relation: String,
    pub(super) basis: String,
}

/// A mapping file as it is written.
#[derive(Deserialize)]
pub(super) struct MappingFile {
    schema: String,
    pub(super) catalogue: String,
    pub(super) framework: Framework,
    entries: Vec<WrittenEntry>,
}

#[derive(Deserialize)]
struct WrittenEntry {
    practice: String,
    id: String,
    relation: String,
    basis: String,
}

impl MappingFile {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let file: Self = json::parse(bytes, MAX_DOCUMENT, "mapping")?;
        if file.schema != "vouchsafe-mapping/v1" {
            return Err(Malformed::new(
                "mapping",
                format!("expected \"schema\": \"vouchsafe-mapping/v1\", got {:?}", file.schema),
            ));
        }
        Ok(file)
    }
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().map(|e| Entry {
            practice: e.practice.clone(),
            framework: self.framework.id.clone(),
            id: e.id.clone(),
            relation: e.relation.clone(),
            basis: e.basis.clone(),
        })
    }
}

/// What is known about other frameworks, from any number of files.
#[derive(Clone, Debug, Default)]
pub struct Mappings {
    /// The frameworks, in the order they were read.
    pub frameworks: Vec<Framework>,
    /// The mappings, in the order they were read.
    pub entries: Vec<Mapping>,
}

impl Mappings {
    /// The mapping files that the tool carries for its built-in catalogue.
    ///
    /// # Errors
    /// Never for the data of a release: a test reads and lints it.
    pub fn builtin() -> Result<Self, Malformed> {
        Self::default().with(BUILTIN_MAPPINGS)
    }
    /// Those in the catalogue's own file, or the built-in ones if it has none and they are about it.
    ///
    /// # Errors
    /// As [`Mappings::builtin`].
    pub fn for_catalogue(catalogue: &Catalogue) -> Result<Self, Malformed> {
        if catalogue.inline.entries.is_empty() && catalogue.id == "forum-fp" {
            let known = |m: &Mapping| catalogue.practice(&m.practice).is_some();
            let mut mappings = Self::builtin()?;
            mappings.entries.retain(known);
            return Ok(mappings);
        }
        Ok(catalogue.inline.clone())
    }
    /// Where those of a catalogue come from, with the digest that pins them: the tool's own files, one after another,
    /// or the catalogue itself.
    pub fn origin(catalogue: &Catalogue) -> String {
        if catalogue.inline.entries.is_empty() && catalogue.id == "forum-fp" {
            let digest = hex::encode(Sha256::digest(BUILTIN_MAPPINGS.concat()));
            return format!("the mapping files of vouchsafe {}, sha256:{digest}", env!("CARGO_PKG_VERSION"));
        }
        format!("the mappings in {}, sha256:{}", catalogue.uri(), catalogue.digest_hex())
    }
    /// Adds mapping files. A framework that comes again is replaced, with all of its mappings.
    ///
    /// # Errors
    /// [`Malformed`] if a file cannot be read or holds a malformed practice id.
    pub fn with<'a>(mut self, files: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Malformed> {
        for bytes in files {
            let file = MappingFile::read(bytes)?;
            let added = Self::from_entries(vec![file.framework.clone()], file.entries())?;
            self.frameworks.retain(|f| f.id != file.framework.id);
            self.entries.retain(|m| m.framework != file.framework.id);
            self.frameworks.extend(added.frameworks);
            self.entries.extend(added.entries);
        }
        Ok(self)
    }
    pub(super) fn from_entries(
        frameworks: Vec<Framework>,
        entries: impl Iterator<Item = Entry>,
    ) -> Result<Self, Malformed> {
        let typed = entries.map(|e| {
            let practice = PracticeId::parse(&e.practice)?;
            Ok(Mapping { practice, framework: e.framework, id: e.id, relation: e.relation, basis: e.basis })
        });
        Ok(Self { frameworks, entries: typed.collect::<Result<_, Malformed>>()? })
    }
    /// A framework.
    pub fn framework(&self, id: &str) -> Option<&Framework> {
        self.frameworks.iter().find(|f| f.id == id)
    }
    /// The practices that a requirement of another framework maps to, directly or by that framework's
    /// crosswalk; sorted, each once. None mapped and unknown requirements both give nothing: callers refuse that.
    pub fn foreign(&self, framework: &str, id: &str) -> Vec<PracticeId> {
        let mut found: BTreeSet<PracticeId> = self.direct(framework, id).collect();
        if let Some((framework, via)) =
            self.framework(framework).and_then(|f| f.via_framework.as_deref().map(|via| (f, via)))
        {
            let across = framework.crosswalk.get(id).into_iter().flatten();
            found.extend(across.flat_map(|other| self.direct(via, other)));
        }
        found.into_iter().collect()
    }
    fn direct(&self, framework: &str, id: &str) -> impl Iterator<Item = PracticeId> {
        self.entries.iter().filter(move |m| m.framework == framework && m.id == id).map(|m| m.practice)
    }
    /// What a practice maps to.
    pub fn of(&self, practice: &PracticeId) -> Vec<&Mapping> {
        self.entries.iter().filter(|m| m.practice == *practice).collect()
    }
}
