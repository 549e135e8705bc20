//! Whether signed facts are what the evidence says: they were made again from its bytes, and are compared here.

use super::refusal::{Code, Refusal};
use crate::attestation::{Evidence, Practices};
use crate::encoding::text::shown;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Facts made again, by the id of the evidence in the statement; or why none could be made of a file that has the
/// digest. Evidence whose file was not there has no entry.
pub type Remade = BTreeMap<String, Result<Map<String, Value>, String>>;

/// Refuses a statement whose facts are not those its evidence yields. Evidence that is not there says nothing
/// here, and is [`missing`].
pub(super) fn check(claimed: &Practices, remade: &Remade) -> Result<(), Refusal> {
    for evidence in &claimed.evidence {
        let (Some(signed), Some(found)) = (&evidence.facts, remade.get(&evidence.id)) else { continue };
        match found {
            Ok(facts) if facts == signed => {}
            Ok(facts) => {
                let name = first_difference(signed, facts);
                let show = |facts: &Map<String, Value>| {
                    let value = facts.get(&name).map_or_else(|| "nothing".to_owned(), Value::to_string);
                    format!("{} {}", shown(&name), shown(&value))
                };
                return Err(Refusal::new(Code::EvidenceDiffers, shown(&evidence.name), show(signed), show(facts)));
            }
            Err(why) => {
                let expected = "facts, as they were signed";
                return Err(Refusal::new(Code::EvidenceDiffers, shown(&evidence.name), expected, shown(why)));
            }
        }
    }
    Ok(())
}

fn first_difference(signed: &Map<String, Value>, found: &Map<String, Value>) -> String {
    let names: BTreeSet<&String> = signed.keys().chain(found.keys()).collect();
    let differs = |name: &&&String| signed.get(**name) != found.get(**name);
    names.iter().find(differs).map(|name| (**name).clone()).unwrap_or_default()
}

/// The evidence with facts that was not there to be read again, by file name; None if nobody asked. All of it is meant:
/// what one document says (a vulnerability is explained, or is not) changes the facts of another.
pub(super) fn missing(claimed: &Practices, remade: Option<&Remade>) -> Option<Vec<String>> {
    let remade = remade?;
    let absent = |e: &&Evidence| e.facts.is_some() && !remade.contains_key(&e.id);
    Some(claimed.evidence.iter().filter(absent).map(|e| e.name.clone()).collect())
}
