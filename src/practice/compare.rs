//! What one version of a catalogue says that another does not, in words for whoever has to follow it.

use super::{Catalogue, Practice, State};
use crate::encoding::text::shown;
use std::collections::BTreeSet;

/// What differs, one sentence each, in the order of the newer catalogue; empty if nothing does.
pub fn compare(old: &Catalogue, new: &Catalogue) -> Vec<String> {
    let mut out = Vec::new();
    for practice in &new.practices {
        match old.practice(&practice.id) {
            None => out.push(format!("{} is added: {}", practice.id, shown(&practice.title))),
            Some(was) => practice_differs(was, practice, &mut out),
        }
    }
    let gone = old.practices.iter().filter(|p| new.practice(&p.id).is_none());
    out.extend(gone.map(|p| format!("{} is gone: {}", p.id, shown(&p.title))));
    for profile in &new.profiles {
        let now = new.profile(&profile.id).unwrap_or_default();
        let Some(was) = old.profile(&profile.id) else {
            out.push(format!("profile {} is added, with {} practices", shown(&profile.id), now.len()));
            continue;
        };
        let more: Vec<String> = now.difference(&was).map(ToString::to_string).collect();
        let less: Vec<String> = was.difference(&now).map(ToString::to_string).collect();
        out.extend(
            (!more.is_empty()).then(|| format!("profile {} also asks for {}", shown(&profile.id), more.join(", "))),
        );
        out.extend(
            (!less.is_empty())
                .then(|| format!("profile {} no longer asks for {}", shown(&profile.id), less.join(", "))),
        );
    }
    let kept: BTreeSet<&str> = new.profiles.iter().map(|p| p.id.as_str()).collect();
    let gone = old.profiles.iter().filter(|p| !kept.contains(p.id.as_str()));
    out.extend(gone.map(|p| format!("profile {} is gone", shown(&p.id))));
    for check in &new.checks {
        match old.check(&check.id) {
            None => out.push(format!("check {} is added: {}", shown(&check.id), shown(&check.title))),
            Some(was) if was != check => {
                let says = |c: &super::CheckDef| c.assertions().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                out.push(format!("check {} asks {}, where it asked {}", shown(&check.id), says(check), says(was)));
            }
            Some(_) => {}
        }
    }
    out
}

fn practice_differs(was: &Practice, is: &Practice, out: &mut Vec<String>) {
    if was.state != is.state {
        let by = is.replaced_by.map(|id| format!(", {id} takes its place")).unwrap_or_default();
        let word = if is.state == State::Retired { "retired" } else { "active again" };
        out.push(format!("{} is {word}{by}", is.id));
    }
    if was.outcome != is.outcome {
        out.push(format!("{} means {:?}, where it meant {:?}", is.id, shown(&is.outcome), shown(&was.outcome)));
    }
    if was.title != is.title {
        out.push(format!("{} is called {:?}, where it was {:?}", is.id, shown(&is.title), shown(&was.title)));
    }
    if was.level != is.level {
        out.push(format!("{} is of level {}, where it was {}", is.id, is.level, was.level));
    }
    if was.checks != is.checks {
        let list = |checks: &[String]| if checks.is_empty() { "none".to_owned() } else { shown(&checks.join(", ")) };
        out.push(format!("{} has the checks {}, where it had {}", is.id, list(&is.checks), list(&was.checks)));
    }
}
