//! SLSA provenance v1: who built these bytes, from which source and revision. Signed, and nothing is believed before the
//! signature is: docs/evidence/origin.md has every rule.

mod source;

use super::signed::{self, Match, Release, text};
use super::{Code, Extracted, Fault, Target};
use crate::encoding::duration::instant;
use serde_json::{Map, Value};
use sha2::Digest as _;
use source::Source;
pub(super) use source::normal;
use std::collections::BTreeSet;
use std::io::Read;

/// What the predicate calls itself.
const TYPE: &str = "https://slsa.dev/provenance/v1";

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let opened = signed::open(name, input, target)?;
    let found = opened.of_type(name, TYPE)?;
    let mut out = Extracted::default();
    out.fact(&["signatureValid"], !found.is_empty());
    let release = Release::of(target);
    let mut about = Vec::new();
    for (subjects, predicate) in found {
        match release.compare(subjects.iter()) {
            Match::Same => about.push((subjects, predicate)),
            Match::None => {}
            Match::Contradicts => {
                out.fact(&["subjectMatches"], false);
                return Ok(out);
            }
        }
    }
    out.fact(&["subjectMatches"], !about.is_empty());
    let mut each = about.into_iter().map(|(subjects, predicate)| {
        let mut facts = one(name, predicate, target)?;
        matched(&mut facts, &release.known(subjects.iter()));
        Ok::<_, Fault>(facts)
    });
    let Some(first) = each.next() else { return Ok(out) };
    let mut agreed = first?;
    for other in each {
        agree(&mut agreed, &other?);
    }
    out.facts.append(&mut agreed.facts);
    Ok(Extracted { facts: out.facts, ..agreed })
}

/// The facts of one statement about this release.
fn one(name: &str, predicate: &Value, target: &Target<'_>) -> Result<Extracted, Fault> {
    let mut out = Extracted::default();
    let builder = text(predicate, &["runDetails", "builder", "id"]).filter(|id| !id.is_empty());
    let accepted = builder.is_some_and(|id| target.builders.iter().any(|known| known == id));
    out.fact(&["builderAccepted"], accepted);
    if let Some(id) = builder {
        out.fact(&["builder"], id);
        out.produced_by = Some((id.to_owned(), None));
    }
    if let Some(kind) = text(predicate, &["buildDefinition", "buildType"]) {
        out.fact(&["buildType"], kind);
    }
    let source = Source::of(predicate, target.source);
    if let Some(expected) = source.expected {
        out.fact(&["sourceUriExpected"], expected);
    }
    if let Some(revision) = source.revision {
        if let Some(want) = target.revision
            && !want.eq_ignore_ascii_case(&revision)
        {
            return Err(Fault::new(Code::OtherBuild, name, format!("revision {want}"), revision));
        }
        out.fact(&["revision", "hex"], revision.as_str());
        out.fact(&["revision", "length"], revision.len());
        out.revision = Some(revision);
    }
    for (fact, field) in [("startedAt", "startedOn"), ("finishedAt", "finishedOn")] {
        let at = text(predicate, &["runDetails", "metadata", field]).and_then(|at| instant(at).ok());
        if let Some(at) = at {
            out.fact(&[fact], crate::encoding::duration::rfc3339(at));
            out.produced_at = Some(at);
        }
    }
    Ok(out)
}

/// Which files of the release it is about, in few bytes: how many digests, and one digest over them all in order. Two
/// documents with the same one are about the same bytes.
fn matched(out: &mut Extracted, known: &BTreeSet<String>) {
    let mut hash = sha2::Sha256::new();
    for digest in known {
        hash.update(digest.as_bytes());
        hash.update(b"\n");
    }
    out.fact(&["matched", "digests"], known.len());
    out.fact(&["matched", "sha256"], hex::encode(hash.finalize()));
}

/// Keeps of one statement's facts what another says as well. A truth value that one of them denies is false.
fn agree(facts: &mut Extracted, other: &Extracted) {
    retain(&mut facts.facts, &other.facts);
    if facts.revision != other.revision {
        facts.revision = None;
    }
    if facts.produced_by != other.produced_by {
        facts.produced_by = None;
    }
    facts.produced_at = facts.produced_at.max(other.produced_at);
}

fn retain(facts: &mut Map<String, Value>, other: &Map<String, Value>) {
    facts.retain(|key, value| match (value, other.get(key)) {
        (Value::Bool(one), Some(Value::Bool(two))) => {
            *one &= two;
            true
        }
        (Value::Bool(one), None) => !*one,
        (one, Some(two)) => *one == *two,
        (_, None) => false,
    });
    for (key, value) in other {
        if *value == Value::Bool(false) {
            facts.insert(key.clone(), Value::Bool(false));
        }
    }
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    signed::seems(head, TYPE)
}
