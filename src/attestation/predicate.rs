//! Our predicate, `https://vouchsafe.dev/practices/v1`: which practices were followed, on what evidence.
//!
//! Fields we do not know are ignored when reading (in-toto's rule), so leaving one out must never help.

use super::DigestSet;
use crate::practice::Claim;
use jiff::Timestamp;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The predicate type. An identifier; never fetched.
pub const PRACTICES_V1: &str = "https://vouchsafe.dev/practices/v1";

/// The predicate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Practices {
    /// The catalogue the claims speak about, pinned by digest.
    pub catalogue: CatalogueRef,
    /// What product and source the claims are about.
    pub scope: ProductScope,
    /// Who assessed, and with what.
    pub assessor: Assessor,
    /// When the claims were made, according to the signer.
    pub assessed_at: Timestamp,
    /// When they end, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// Whether the subjects are exactly the release, or files of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_set: Option<SubjectSet>,
    /// Documents the claims rest on, each bound by digest.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// The claims. A practice without one is unclaimed, never met.
    #[serde(deserialize_with = "claims")]
    pub claims: Vec<Claim>,
    /// What the signer says is missing; verifiers count for themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<Completeness>,
    /// Digest of the statement this one takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<DigestSet>,
    /// Who affirms the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affirmation: Option<Affirmation>,
}

/// So many claims most statements have at most; a list that grows is moved again and again.
const CLAIMS: usize = 40;

fn claims<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Claim>, D::Error> {
    struct List;
    impl<'de> Visitor<'de> for List {
        type Value = Vec<Claim>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a sequence")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Claim>, A::Error> {
            let mut claims = Vec::with_capacity(CLAIMS);
            while let Some(claim) = list.next_element()? {
                claims.push(claim);
            }
            Ok(claims)
        }
    }
    deserializer.deserialize_seq(List)
}

/// A catalogue, by id, version and digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueRef {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its exact bytes.
    pub digest: DigestSet,
    /// Where a copy is; never fetched by verify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// The profile the signer set out to meet. What is demanded is the policy's business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// What the claims are about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductScope {
    /// Package URL of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The source revision it was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The organisation that claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Parts the claims do not cover.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
}

/// A source revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Repository, as a SPDX download location.
    pub uri: String,
    /// Revision.
    pub digest: DigestSet,
}

/// A part that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// Which.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Who assessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessor {
    /// Who: a URI, or the member's id.
    pub id: String,
    /// `self`, `secondParty` or `thirdParty`.
    pub independence: String,
    /// With what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Tool>,
}

/// The program that made the statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Whether the subjects are the whole release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SubjectSet {
    /// Exactly these files, no more and no fewer.
    Exact,
}

/// A document a claim rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Its id within the statement.
    pub id: String,
    /// Its file name.
    pub name: String,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its digest.
    pub digest: DigestSet,
    /// Its length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub produced_at: Option<Timestamp>,
    /// By which tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub produced_by: Option<ProducedBy>,
    /// Which extractor read it; None means it is bound by digest only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extractor: Option<String>,
    /// What the extractor found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<serde_json::Map<String, serde_json::Value>>,
}

/// What a piece of evidence is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// A product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// A source revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
}

/// A tool that made evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducedBy {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The signer's own count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Against which profile.
    pub profile: String,
    /// How many practices it has.
    pub practices: usize,
    /// How many are claimed.
    pub claimed: usize,
    /// Which are not.
    pub unclaimed: Vec<String>,
}

/// A person's word for the whole, such as a form signed by an executive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Affirmation {
    /// The text affirmed.
    pub statement_id: String,
    /// In which role.
    pub role: String,
}
