//! SARIF 2.1.0, of static analysers and of secret scanners.
//!
//! Read in one pass: keys come in any order, so results are counted by what decides their level, and the levels are
//! worked out when the rules are known. Nothing is kept of a result but its count.

mod few;
mod level;
mod result;
mod rules;
mod run;
mod secret;
mod sum;

use super::{Code, Extracted, Fault, Target};
use crate::encoding::elements::{Limits, elements};
use crate::encoding::{Malformed, json};
use result::Results;
use rules::Rule;
use run::Root;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::cell::Cell;
use std::io::Read;

const WHAT: &str = "SARIF report";
/// The most rules, bytes of what is kept of all of them, and bytes of what is neither a result nor a rule.
const MAX_RULES: usize = 100_000;
const MAX_RULE_BYTES: usize = 12 << 20;
const MAX_REST: usize = 4 << 20;

/// A text, borrowed from the document where it can be.
#[derive(Debug, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    fn as_str(&self) -> &str {
        &self.0
    }
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let limits = Limits { rest: MAX_REST, ..Limits::default() };
    let place = Place::default();
    let mut all = All::default();
    let rest = elements(
        input,
        limits,
        WHAT,
        |path| place.enter(path),
        |bytes| match place.at.get() {
            At::Results => all.results.add(place.results.get(), bytes, limits.element),
            At::DriverRules => all.rule(place.drivers.get(), true, bytes, limits.element),
            At::ExtensionRules => all.rule(place.extensions.get(), false, bytes, limits.element),
            At::Notifications => all.notification(bytes, limits.element),
            At::Nothing => json::parse::<IgnoredAny>(bytes, limits.element, WHAT).map(|_| ()),
        },
    )?;
    let Version { version } = json::parse(&rest, limits.rest, WHAT)?;
    match version.as_ref().map(Text::as_str) {
        Some("2.1.0") => {}
        Some(other) => return Err(Fault::new(Code::Unsupported, name, "SARIF 2.1.0", other)),
        None => return Err(Malformed::new(WHAT, "names no version").into()),
    }
    let root: Root<'_> = json::parse(&rest, limits.rest, WHAT)?;
    if root.inline_external_properties.is_some_and(|list| !list.is_empty()) {
        return Err(external(name));
    }
    let runs = root.runs.unwrap_or_default();
    if runs.iter().any(|run| run.external_property_file_references.is_some()) {
        return Err(external(name));
    }
    if let Some(why) = all.results.wrong.take() {
        return Err(Malformed::new(WHAT, why).into());
    }
    if !runs.iter().any(|run| run.results.is_some()) {
        return Err(Fault::new(Code::Empty, name, "a run with results, be they none", "no run that looked for any"));
    }
    sum::sum(name, &runs, &all, target)
}

fn external(name: &str) -> Fault {
    Fault::new(Code::Unsupported, name, "a report in one file", "parts of it in other files")
}

/// The one thing that all versions have.
#[derive(Deserialize)]
struct Version<'a> {
    #[serde(default, borrow)]
    version: Option<Text<'a>>,
}

/// What the elements handed on are.
#[derive(Clone, Copy, Debug, Default)]
enum At {
    #[default]
    Nothing,
    Results,
    DriverRules,
    ExtensionRules,
    Notifications,
}

/// Where in the document the reader is. Arrays are numbered as they come; the rest of the document has them in the same
/// order, and says whose they are.
#[derive(Debug, Default)]
struct Place {
    at: Cell<At>,
    results: Cell<usize>,
    drivers: Cell<usize>,
    extensions: Cell<usize>,
}

impl Place {
    /// Whether the elements of this array are to be handed on.
    fn enter(&self, path: &[&str]) -> bool {
        let ["runs", "*", inner @ ..] = path else { return false };
        let next = |counter: &Cell<usize>| counter.set(counter.get().saturating_add(1));
        let at = match inner {
            ["results"] => {
                next(&self.results);
                At::Results
            }
            ["tool", "driver", "rules"] => {
                next(&self.drivers);
                At::DriverRules
            }
            ["tool", "extensions", "*", "rules"] => {
                next(&self.extensions);
                At::ExtensionRules
            }
            ["invocations", "*", "toolExecutionNotifications" | "toolConfigurationNotifications"] => At::Notifications,
            [
                "artifacts"
                | "logicalLocations"
                | "threadFlowLocations"
                | "graphs"
                | "addresses"
                | "taxonomies"
                | "translations"
                | "webRequests"
                | "webResponses",
            ]
            | ["tool", "driver", "taxa" | "notifications"]
            | ["tool", "extensions", "*", "taxa" | "notifications"] => At::Nothing,
            _ => return false,
        };
        self.at.set(at);
        true
    }
}

/// What was read before it was known whose it is.
#[derive(Debug, Default)]
struct All {
    results: Results,
    drivers: Vec<Vec<Rule>>,
    extensions: Vec<Vec<Rule>>,
    /// Notifications of errors.
    errors: u64,
    rules: usize,
    bytes: usize,
}

impl All {
    /// A rule of the array of that number, counted from 1.
    fn rule(&mut self, number: usize, driver: bool, bytes: &[u8], limit: usize) -> Result<(), Malformed> {
        let rule = Rule::read(bytes, limit)?;
        self.rules = self.rules.saturating_add(1);
        self.bytes = self.bytes.saturating_add(rule.bytes());
        if self.rules > MAX_RULES || self.bytes > MAX_RULE_BYTES || number > MAX_RULES {
            return Err(Malformed::new(WHAT, "too many rules"));
        }
        let arrays = if driver { &mut self.drivers } else { &mut self.extensions };
        arrays.resize_with(arrays.len().max(number), Vec::new);
        if let Some(rules) = number.checked_sub(1).and_then(|at| arrays.get_mut(at)) {
            rules.push(rule);
        }
        Ok(())
    }

    fn notification(&mut self, bytes: &[u8], limit: usize) -> Result<(), Malformed> {
        #[derive(Deserialize)]
        struct Notification<'a> {
            #[serde(default, borrow)]
            level: Option<Text<'a>>,
        }
        let notification: Notification<'_> = json::parse(bytes, limit, WHAT)?;
        let error = notification.level.is_some_and(|level| level.as_str() == "error");
        self.errors = self.errors.saturating_add(u64::from(error));
        Ok(())
    }
}

/// Whether a file seems to be one.
pub(super) fn looks(name: &str, head: &[u8]) -> bool {
    let mentions = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
    let named = name.to_ascii_lowercase().ends_with(".sarif");
    head.trim_ascii_start().starts_with(b"{")
        && (mentions(b"\"runs\"") || named)
        && (named || mentions(b"sarif") || (mentions(b"\"2.1.0\"") && mentions(b"\"driver\"")))
}
