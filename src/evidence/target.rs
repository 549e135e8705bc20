//! What evidence is held against, and what is made of it.

use super::{Purl, Scan, Statement};
use crate::key::PublicKey;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What evidence is held against: the release that it should be about. Whoever verifies again makes the same target
/// from the signed statement, and so the same facts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target<'a> {
    /// Digests of the subjects, in lower-case hexadecimal, of any algorithm.
    pub digests: Option<&'a BTreeSet<String>>,
    /// The revision they were built from.
    pub revision: Option<&'a str>,
    /// The repository they were built from.
    pub source: Option<&'a str>,
    /// The product.
    pub product: Option<&'a str>,
    /// Builders whose provenance is accepted, by id.
    pub builders: &'a [String],
    /// Keys whose provenance and source summaries are accepted.
    pub keys: &'a [PublicKey],
}

/// What a reader made of a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extracted {
    /// The facts.
    pub facts: Map<String, Value>,
    /// The revision the document says that it is about, if it does.
    pub revision: Option<String>,
    /// When it was made, if it says so.
    pub produced_at: Option<Timestamp>,
    /// The tool that made it, and its version.
    pub produced_by: Option<(String, Option<String>)>,
    /// What other documents are held against.
    pub material: Material,
}

/// What one document contributes to the facts of another.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Material {
    /// Nothing.
    #[default]
    None,
    /// Packages of a list of components: those that have a package URL.
    Components(BTreeSet<Purl>),
    /// What a scanner found.
    Scan(Scan),
    /// Statements of a VEX document.
    Statements(Vec<Statement>),
    /// Packages of a lock file that a list of components has to hold.
    Locked(BTreeSet<Purl>),
}

impl Extracted {
    /// Puts a fact, by a path of plain names.
    pub fn fact(&mut self, path: &[&str], value: impl Into<Value>) {
        let Some((last, folders)) = path.split_last() else { return };
        let mut at = &mut self.facts;
        for folder in folders {
            let next = at.entry((*folder).to_owned()).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = next else { return };
            at = inner;
        }
        at.insert((*last).to_owned(), value.into());
    }
}
