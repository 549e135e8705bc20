//! Results, counted by what decides their level: how many there are does not matter to memory, how different they are
//! does, and that has a limit.

use super::few::Few;
use super::level::{Level, Properties};
use super::rules::{Named, Reference, tags};
use super::{Text, WHAT};
use crate::encoding::{Malformed, json};
use serde::Deserialize;
use std::collections::HashMap;
use std::rc::Rc;

/// The most kinds of results, and bytes of all names in them.
const MAX_KINDS: usize = 1 << 16;
const MAX_NAMES: usize = 8 << 20;
/// Stands between tags.
const BETWEEN: char = '\u{1f}';

/// A result as a report writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(default, borrow)]
    rule_id: Option<Text<'a>>,
    #[serde(default)]
    rule_index: Option<i64>,
    #[serde(default, borrow)]
    rule: Option<Reference<'a>>,
    #[serde(default, borrow)]
    kind: Option<Text<'a>>,
    #[serde(default, borrow)]
    level: Option<Text<'a>>,
    #[serde(default, borrow)]
    baseline_state: Option<Text<'a>>,
    #[serde(default, borrow)]
    suppressions: Option<Few<Suppression<'a>, 1000>>,
    #[serde(default)]
    provenance: Option<Provenance>,
    #[serde(default, borrow)]
    properties: Option<Properties<'a>>,
}

#[derive(Deserialize)]
struct Suppression<'a> {
    #[serde(default, borrow)]
    status: Option<Text<'a>>,
    #[serde(default, borrow)]
    justification: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provenance {
    #[serde(default)]
    invocation_index: Option<i64>,
}

/// Whether a result counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum State {
    Open,
    Suppressed {
        justified: bool,
    },
    /// It was there before and is not any more.
    Gone,
}

/// What the level of a result is worked out from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    /// The array of results it stands in, counted from 1.
    pub(super) array: usize,
    pub(super) state: State,
    /// Given, or given by the kind.
    pub(super) level: Option<Level>,
    /// Whether something was found, not passed or looked at in vain.
    pub(super) found: bool,
    /// Which invocation it is of, if that is said.
    pub(super) invocation: Option<usize>,
    index: Option<usize>,
    id: Option<u32>,
    guid: Option<u32>,
    component: Option<u32>,
    tags: Option<u32>,
}

/// How many there are of a kind, and how severe the severest says it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) severity: Option<f64>,
}

/// All results.
#[derive(Debug, Default)]
pub(super) struct Results {
    kinds: HashMap<Kind, Tally>,
    numbers: HashMap<Rc<str>, u32>,
    names: Vec<Rc<str>>,
    bytes: usize,
    /// The first value that this version of the format does not have. Said only if it is this version.
    pub(super) wrong: Option<String>,
}

impl Results {
    /// Counts one.
    pub(super) fn add(&mut self, array: usize, bytes: &[u8], limit: usize) -> Result<(), Malformed> {
        let result: Written<'_> = json::parse(bytes, limit, WHAT)?;
        let rule = result.rule.as_ref();
        let id = result.rule_id.as_ref().or_else(|| rule.and_then(|r| r.id.as_ref()));
        let component = rule.and_then(|r| r.tool_component.as_ref()).and_then(|c| c.named());
        let (found, level) = self.level(&result);
        let kind = Kind {
            array,
            state: self.state(&result),
            level,
            found,
            invocation: result.provenance.as_ref().and_then(|p| place(p.invocation_index)),
            index: place(result.rule_index).or_else(|| place(rule.and_then(|r| r.index))),
            id: id.map(|id| self.number(id.as_str())).transpose()?,
            guid: rule.and_then(|r| r.guid.as_ref()).map(|guid| self.number(guid.as_str())).transpose()?,
            component: component.map(|component| self.number(&component)).transpose()?,
            tags: self.tags(result.properties.as_ref())?,
        };
        if self.kinds.len() >= MAX_KINDS && !self.kinds.contains_key(&kind) {
            return Err(Malformed::new(WHAT, "results of too many kinds"));
        }
        let tally = self.kinds.entry(kind).or_default();
        tally.count = tally.count.saturating_add(1);
        let severity = result.properties.as_ref().and_then(Properties::severity);
        tally.severity = tally.severity.into_iter().chain(severity).reduce(f64::max);
        Ok(())
    }

    /// Whether something was found, and the level if it is given. What is no failure has none.
    fn level(&mut self, result: &Written<'_>) -> (bool, Option<Level>) {
        match result.kind.as_ref().map(Text::as_str) {
            None | Some("fail") => {
                let text = result.level.as_ref().map(Text::as_str);
                let level = text.and_then(Level::parse);
                self.check(level.is_none(), "level", text);
                (true, level)
            }
            Some("pass" | "notApplicable" | "informational") => (false, Some(Level::None)),
            Some("open" | "review") => (true, Some(Level::None)),
            other => {
                self.check(true, "kind", other);
                (true, Some(Level::Error))
            }
        }
    }

    fn state(&mut self, result: &Written<'_>) -> State {
        match result.baseline_state.as_ref().map(Text::as_str) {
            Some("absent") => return State::Gone,
            None | Some("new" | "unchanged" | "updated") => {}
            other => self.check(true, "baselineState", other),
        }
        let suppressions = result.suppressions.as_deref().unwrap_or_default();
        let accepted = |s: &Suppression<'_>| s.status.as_ref().is_none_or(|status| status.as_str() == "accepted");
        // One that is not decided, or is turned down, leaves the result open, whatever the others say.
        if suppressions.is_empty() || !suppressions.iter().all(accepted) {
            return State::Open;
        }
        let given = |s: &Suppression<'_>| s.justification.as_ref().is_some_and(|why| !why.as_str().trim().is_empty());
        State::Suppressed { justified: suppressions.iter().any(given) }
    }

    fn check(&mut self, wrong: bool, what: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|_| wrong && self.wrong.is_none()) {
            self.wrong = Some(format!("unknown {what} {:?}", value.chars().take(60).collect::<String>()));
        }
    }

    fn tags(&mut self, properties: Option<&Properties<'_>>) -> Result<Option<u32>, Malformed> {
        let mut all = String::new();
        for tag in tags(properties) {
            all.extend(tag.chars().filter(|c| *c != BETWEEN));
            all.push(BETWEEN);
        }
        if all.is_empty() { Ok(None) } else { self.number(&all).map(Some) }
    }

    /// The number of a name.
    fn number(&mut self, name: &str) -> Result<u32, Malformed> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        self.bytes = self.bytes.saturating_add(name.len());
        if self.bytes > MAX_NAMES || self.names.len() >= MAX_KINDS {
            return Err(Malformed::new(WHAT, "results of too many rules"));
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let name: Rc<str> = name.into();
        self.names.push(Rc::clone(&name));
        self.numbers.insert(name, number);
        Ok(number)
    }

    fn name(&self, number: Option<u32>) -> Option<&str> {
        self.names.get(usize::try_from(number?).ok()?).map(|name| &**name)
    }

    /// Every kind of result, and how many there are.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (&Kind, &Tally)> {
        self.kinds.iter()
    }

    /// How a result names its rule.
    pub(super) fn named(&self, kind: &Kind) -> Named<'_> {
        let (id, guid, component) = (self.name(kind.id), self.name(kind.guid), self.name(kind.component));
        Named { id, guid, component, index: kind.index }
    }

    /// The tags of a result itself.
    pub(super) fn tags_of(&self, kind: &Kind) -> impl Iterator<Item = &str> {
        self.name(kind.tags).unwrap_or_default().split(BETWEEN).filter(|tag| !tag.is_empty())
    }
}

/// A place in an array; -1 stands for none.
fn place(index: Option<i64>) -> Option<usize> {
    index.and_then(|index| usize::try_from(index).ok())
}
