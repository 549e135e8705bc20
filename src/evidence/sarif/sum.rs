//! The facts of all runs together.

use super::super::revision::{Stands, other, stands};
use super::super::{Extracted, Fault, Target};
use super::level::Level;
use super::result::{Kind, State, Tally};
use super::rules::{Rule, Rulebook};
use super::run::{Invocation, Run};
use super::{All, Text, WHAT, secret};
use crate::encoding::{Malformed, duration};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The tag of rules for functions that are banned: always a fact.
const BANNED: &str = "banned-api";
/// The most other tags that are facts, and the most tools.
const MAX_TAGS: usize = 64;
const MAX_TOOLS: usize = 20;

/// What is counted.
#[derive(Debug, Default)]
struct Sum {
    levels: [u64; 4],
    open: u64,
    severity: f64,
    tags: BTreeMap<String, u64>,
    suppressed: u64,
    unjustified: u64,
    without_rule: u64,
}

/// The facts.
pub(super) fn sum(name: &str, runs: &[Run<'_>], all: &All, target: &Target<'_>) -> Result<Extracted, Fault> {
    let looked: Vec<&Run<'_>> = runs.iter().filter(|run| run.results.is_some()).collect();
    let (revision, matches) = revision(name, &looked, target)?;
    let sum = count(runs, all)?;
    let invocations = || runs.iter().flat_map(|run| run.invocations.iter().flatten());
    // An invocation has to say that it succeeded.
    let failed = invocations().filter(|i| i.execution_successful != Some(true)).count();
    let errors = all.errors.saturating_add(failed as u64);
    let secrets = looked.iter().filter(|run| secret::is_scanner(run)).count();

    let mut out = Extracted { revision, ..Extracted::default() };
    out.fact(&["tools"], tools(&looked));
    out.fact(&["suppressed", "total"], sum.suppressed);
    out.fact(&["suppressed", "withoutJustification"], sum.unjustified);
    if secrets == looked.len() {
        let history = errors == 0 && looked.iter().all(|run| secret::scanned_history(run));
        out.fact(&["scannedHistory"], history);
        out.fact(&["open"], sum.open);
    } else {
        // Of analysers alone: a search for secrets that names no revision says nothing against them.
        out.fact(&["toolErrors"], errors);
        out.fact(&["revisionMatchesSubject"], matches);
        out.fact(&["runs"], looked.len().saturating_sub(secrets));
        out.fact(&["open"], Value::Object(open(sum)));
    }
    // The oldest part of a report is its age.
    let ended = |i: &Invocation<'_>| {
        let text = i.end_time_utc.as_ref().or(i.start_time_utc.as_ref())?;
        duration::instant(text.as_str()).ok()
    };
    out.produced_at = invocations().filter_map(ended).min();
    out.produced_by = looked.first().map(|run| {
        let tool = &run.tool.driver;
        let version = tool.semantic_version.as_ref().or(tool.version.as_ref());
        (tool.name.as_str().to_owned(), version.map(|v| v.as_str().to_owned()))
    });
    Ok(out)
}

/// The revision that all runs name, and whether it is the one released.
fn revision(name: &str, runs: &[&Run<'_>], target: &Target<'_>) -> Result<(Option<String>, bool), Fault> {
    let (mut named, mut matches) = (BTreeSet::new(), true);
    for run in runs {
        let all = run.version_control_provenance.iter().flatten();
        let ids: Vec<&str> = all.filter_map(|p| p.revision_id.as_ref().map(Text::as_str)).collect();
        // A run over several repositories names a revision of each.
        let same = ids.iter().any(|id| stands(id, target) == Stands::Same);
        if !same && let Some(id) = ids.iter().find(|id| stands(id, target) == Stands::Other) {
            return Err(other(id, target, name));
        }
        matches &= same;
        let main = if same { target.revision } else { ids.first().copied() };
        named.insert(main.map(str::to_owned));
    }
    let one = if named.len() == 1 { named.pop_first().flatten() } else { None };
    Ok((one, matches))
}

fn tools(runs: &[&Run<'_>]) -> Vec<String> {
    let short = |text: &str| text.chars().take(100).collect();
    let names: BTreeSet<String> = runs.iter().map(|run| short(run.tool.driver.name.as_str())).collect();
    names.into_iter().take(MAX_TOOLS).collect()
}

/// Counts every result at its level.
fn count(runs: &[Run<'_>], all: &All) -> Result<Sum, Malformed> {
    let mut sum = Sum::default();
    let mut by_run: HashMap<usize, Vec<(&Kind, &Tally)>> = HashMap::new();
    for (kind, tally) in all.results.kinds() {
        by_run.entry(kind.array).or_default().push((kind, tally));
    }
    let (mut drivers, mut extensions, mut array) = (all.drivers.iter(), all.extensions.iter(), 0_usize);
    for run in runs {
        let book = Rulebook::of(run, &mut drivers, &mut extensions);
        if run.results.is_none() {
            continue;
        }
        array = array.saturating_add(1);
        let overrides = Overrides::of(run, &book)?;
        for (kind, tally) in by_run.remove(&array).unwrap_or_default() {
            let place = book.find(all.results.named(kind));
            let level = overrides.level(kind.invocation, place);
            sum.add(kind, tally, place.and_then(|place| book.get(place)), level, all.results.tags_of(kind));
        }
    }
    if by_run.is_empty() { Ok(sum) } else { Err(Malformed::new(WHAT, "results of no run")) }
}

impl Sum {
    fn add<'a>(
        &mut self,
        kind: &Kind,
        tally: &Tally,
        rule: Option<&'a Rule>,
        overridden: Option<Level>,
        tags: impl Iterator<Item = &'a str>,
    ) {
        let more = |to: &mut u64| *to = to.saturating_add(tally.count);
        match kind.state {
            State::Gone => return,
            State::Suppressed { justified } => {
                more(&mut self.suppressed);
                if !justified {
                    more(&mut self.unjustified);
                }
                return;
            }
            State::Open => {}
        }
        let level = kind.level.or(overridden).or(rule.and_then(|r| r.level)).unwrap_or(Level::Warning);
        let [none, note, warning, error] = &mut self.levels;
        more(match level {
            Level::None => none,
            Level::Note => note,
            Level::Warning => warning,
            Level::Error => error,
        });
        // What passed or does not apply is counted by its level, and is nothing to be severe about.
        if !kind.found {
            return;
        }
        more(&mut self.open);
        if rule.is_none() {
            more(&mut self.without_rule);
        }
        let severities = tally.severity.into_iter().chain(rule.and_then(|r| r.severity));
        self.severity = severities.fold(self.severity, f64::max);
        let of_rule = rule.into_iter().flat_map(|r| r.tags.iter().map(|tag| &**tag));
        for tag in of_rule.chain(tags).collect::<BTreeSet<_>>() {
            more(self.tags.entry(tag.to_owned()).or_default());
        }
    }
}

/// Rules that an invocation set up otherwise.
struct Overrides {
    of: Vec<HashMap<(usize, usize), Level>>,
}

impl Overrides {
    fn of(run: &Run<'_>, book: &Rulebook<'_>) -> Result<Self, Malformed> {
        let mut of = Vec::new();
        for invocation in run.invocations.iter().flatten() {
            let mut levels = HashMap::new();
            for change in invocation.rule_configuration_overrides.iter().flatten() {
                let component = change.descriptor.tool_component.as_ref().and_then(|c| c.named());
                let named = change.descriptor.named(component.as_deref());
                if let (Some(place), Some(level)) = (book.find(named), change.configuration.level()?) {
                    levels.insert(place, level);
                }
            }
            of.push(levels);
        }
        Ok(Self { of })
    }

    /// The level that a rule was given by the invocation, or by the only one there is.
    fn level(&self, invocation: Option<usize>, place: Option<(usize, usize)>) -> Option<Level> {
        let levels = match (invocation, self.of.as_slice()) {
            (Some(at), all) => all.get(at)?,
            (None, [only]) => only,
            _ => return None,
        };
        levels.get(&place?).copied()
    }
}

/// The facts of open results.
fn open(sum: Sum) -> Map<String, Value> {
    let [none, note, warning, error] = sum.levels;
    let mut facts = Map::new();
    for (name, count) in [("error", error), ("warning", warning), ("note", note), ("none", none)] {
        facts.insert(name.into(), count.into());
    }
    facts.insert("maxSecuritySeverity".into(), sum.severity.into());
    facts.insert("withoutRule".into(), sum.without_rule.into());
    let mut tags = Map::new();
    tags.insert(BANNED.into(), sum.tags.get(BANNED).copied().unwrap_or(0).into());
    for (tag, count) in sum.tags.into_iter().filter(|(tag, _)| tag != BANNED).take(MAX_TAGS) {
        tags.insert(tag, count.into());
    }
    facts.insert("byTag".into(), tags.into());
    facts
}
