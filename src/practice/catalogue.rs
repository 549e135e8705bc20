//! The catalogue: practices by area, profiles of them, and the checks they can be checked with.

use super::check::CheckDef;
use super::document::{Document, WrittenPractice, WrittenProfile};
use super::lint::{self, Severity};
use super::{Mappings, PracticeId, Version};
use crate::encoding::Malformed;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A chapter of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Area {
    /// Three capitals; the practices of the area start with them.
    pub id: String,
    /// Its heading.
    pub title: String,
}

/// A named set of practices. [`Catalogue::profile`] gives the whole set, with what it extends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name, such as `base`.
    pub id: String,
    /// Whom it is for.
    pub title: String,
    /// The profile it adds to.
    pub extends: Option<String>,
    /// What it adds.
    pub practices: Vec<PracticeId>,
}

/// What a practice is a property of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// The producer as a whole.
    Organization,
    /// One product.
    Product,
}

/// Whether a practice may still be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It may.
    Active,
    /// It is kept so that old claims can be read.
    Retired,
}

/// How much of a practice a machine can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Automation {
    /// Nothing: a person must look.
    None,
    /// Some of it.
    Partial,
    /// All of it.
    Full,
}

macro_rules! words {
    ($($name:ident { $($variant:ident $word:literal)* })*) => {$(
        impl $name {
            /// The name in catalogues and reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    )*};
}
words! {
    Scope { Organization "organization" Product "product" }
    State { Active "active" Retired "retired" }
    Automation { None "none" Partial "partial" Full "full" }
}

/// One practice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Practice {
    /// Its identifier.
    pub id: PracticeId,
    /// The area it belongs to.
    pub area: String,
    /// 1 is asked of everybody, 3 of critical products.
    pub level: u8,
    /// What it is a property of.
    pub scope: Scope,
    /// Whether it may still be asked for.
    pub state: State,
    /// What took its place.
    pub replaced_by: Option<PracticeId>,
    /// One line.
    pub title: String,
    /// What is true when it is followed.
    pub outcome: String,
    /// Chapters of published guides on the same subject.
    pub origin: Vec<String>,
    /// How much of it a machine can see.
    pub automation: Automation,
    /// Checks that all have to pass for the basis `checked`.
    pub checks: Vec<String>,
}

/// A catalogue of practices. Its identity is id, version and the SHA-256 of its exact bytes.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Its identifier, such as `forum-fp`.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// `draft`, or what the forum calls its states.
    pub status: String,
    /// Its title.
    pub title: String,
    /// Areas, in order.
    pub areas: Vec<Area>,
    /// Profiles, in order.
    pub profiles: Vec<Profile>,
    /// Checks, in order.
    pub checks: Vec<CheckDef>,
    /// Practices, in order.
    pub practices: Vec<Practice>,
    /// Mappings that stand in the catalogue's own file.
    pub inline: Mappings,
    index: BTreeMap<PracticeId, usize>,
    digest: [u8; 32],
}

impl Catalogue {
    /// Reads a catalogue from the exact bytes that are pinned or signed.
    ///
    /// # Errors
    /// [`Malformed`] if it cannot be read, or if `lint` finds an error in its own structure: duplicate or
    /// malformed ids, dangling references, profiles that extend each other, checks that assert nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let document = Document::read(bytes)?;
        if let Some(fault) = lint::structure(&document).into_iter().find(|f| f.severity == Severity::Error) {
            return Err(Malformed::new("catalogue", format!("{}: {} [{}]", fault.at, fault.message, fault.code)));
        }
        let mapped = document.inline_mappings().collect::<Vec<_>>();
        let practices = document.practices.into_iter().map(Practice::from_written).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            version: Version::parse(&document.version)?,
            profiles: document.profiles.into_iter().map(Profile::from_written).collect::<Result<_, _>>()?,
            index: practices.iter().enumerate().map(|(i, p)| (p.id, i)).collect(),
            digest: Sha256::digest(bytes).into(),
            inline: Mappings::from_entries(document.frameworks, mapped.into_iter())?,
            practices,
            id: document.id,
            status: document.status,
            title: document.title,
            areas: document.areas,
            checks: document.checks,
        })
    }
    /// SHA-256 of the exact bytes.
    pub fn digest_sha256(&self) -> &[u8; 32] {
        &self.digest
    }
    /// The same in lower-case hexadecimal.
    pub fn digest_hex(&self) -> String {
        hex::encode(self.digest)
    }
    /// The name the catalogue gives itself: `forum-fp@2026.1`; with `#TST-01` after it, a practice.
    pub fn uri(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }
    /// The name of its file in a registry: `forum-fp-2026.1.json`.
    pub fn file_name(&self) -> String {
        format!("{}-{}.json", self.id, self.version)
    }
    /// A practice.
    pub fn practice(&self, id: &PracticeId) -> Option<&Practice> {
        self.index.get(id).and_then(|i| self.practices.get(*i))
    }
    /// A check.
    pub fn check(&self, id: &str) -> Option<&CheckDef> {
        self.checks.iter().find(|c| c.id == id)
    }
    /// Every practice of a profile, those of the profiles it extends included.
    pub fn profile(&self, name: &str) -> Option<BTreeSet<PracticeId>> {
        let mut all = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut next = Some(name);
        while let Some(name) = next.filter(|n| seen.insert(*n)) {
            let profile = self.profiles.iter().find(|p| p.id == name)?;
            all.extend(&profile.practices);
            next = profile.extends.as_deref();
        }
        Some(all)
    }
    /// Names of the profiles that ask for a practice, in the catalogue's order.
    pub fn profiles_with(&self, id: &PracticeId) -> Vec<&str> {
        let holds = |name: &str| self.profile(name).is_some_and(|set| set.contains(id));
        self.profiles.iter().map(|p| p.id.as_str()).filter(|name| holds(name)).collect()
    }
}

impl Practice {
    fn from_written(written: WrittenPractice) -> Result<Self, Malformed> {
        Ok(Self {
            id: PracticeId::parse(&written.id)?,
            area: written.area,
            level: written.level,
            scope: written.scope,
            state: written.state,
            replaced_by: written.replaced_by.as_deref().map(PracticeId::parse).transpose()?,
            title: written.title,
            outcome: written.outcome,
            origin: written.origin,
            automation: written.automation,
            checks: written.checks,
        })
    }
}

impl Profile {
    fn from_written(written: WrittenProfile) -> Result<Self, Malformed> {
        Ok(Self {
            id: written.id,
            title: written.title,
            extends: written.extends,
            practices: written.practices.iter().map(|id| PracticeId::parse(id)).collect::<Result<_, _>>()?,
        })
    }
}
