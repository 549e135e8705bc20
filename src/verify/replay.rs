//! Whether signed facts are what the evidence says: they were made again from its bytes, and are compared here.

use super::refusal::{Code, Refusal};
use crate::attestation::{Evidence, Practices};
use crate::encoding::text::shown;
use crate::practice::Claim;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Facts made again, by the id of the evidence in the statement; or why none could be made of a file that has the
/// digest. Evidence whose file was not there has no entry.
pub type Remade = BTreeMap<String, Result<Map<String, Value>, String>>;

/// Refuses a statement whose facts are not those its evidence yields. Evidence that is not there says nothing.
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

/// The evidence that claims rest on and that was not there to be read again, by file name; None if nobody asked.
pub(super) fn missing<'a>(
    claims: impl Iterator<Item = &'a Claim>,
    claimed: &Practices,
    remade: Option<&Remade>,
) -> Option<Vec<String>> {
    let remade = remade?;
    let used: BTreeSet<&String> = claims.flat_map(|c| &c.checks).flat_map(|run| &run.evidence).collect();
    let absent = |e: &&Evidence| used.contains(&e.id) && !remade.contains_key(&e.id);
    Some(claimed.evidence.iter().filter(absent).map(|e| e.name.clone()).collect())
}
