//! A summary of fuzzing, `vouchsafe-fuzz-summary/v1`: what ran for how long, and which crashes are still open. Fuzzers
//! have no common report, so this is a small one of ours; schemas/fuzz-summary-v1.json says it all.

use super::revision::same;
use super::{Code, Extracted, Fault, Target};
use crate::encoding::{MAX_SMALL, Malformed, duration, json};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::Read;

const WHAT: &str = "fuzz summary";
const SCHEMA: &str = "vouchsafe-fuzz-summary/v1";
/// The largest whole number that every reader of JSON has exactly.
const MAX_NUMBER: u64 = 1 << 53;

#[derive(Deserialize)]
struct Schema {
    schema: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    #[serde(rename = "schema")]
    _schema: String,
    revision: String,
    #[serde(default, rename = "finishedAt")]
    finished_at: Option<String>,
    #[serde(default)]
    tool: Option<String>,
    targets: Vec<Fuzzed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fuzzed {
    name: String,
    #[serde(rename = "cpuSeconds")]
    cpu_seconds: f64,
    executions: u64,
    #[serde(rename = "openCrashes")]
    open_crashes: u64,
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let mut bytes = Vec::new();
    let most = (MAX_SMALL as u64).saturating_add(1);
    input.take(most).read_to_end(&mut bytes).map_err(|e| Malformed::new(WHAT, e.to_string()))?;
    let Schema { schema } = json::parse(&bytes, MAX_SMALL, WHAT)?;
    if schema != SCHEMA {
        return Err(Fault::new(Code::Unsupported, name, SCHEMA, schema));
    }
    let summary: Summary = json::parse(&bytes, MAX_SMALL, WHAT)?;
    let bad = |why: &str| Fault::from(Malformed::new(WHAT, why));
    if summary.revision.trim().is_empty() {
        return Err(bad("names no revision"));
    }
    let matches = same(&summary.revision, target, name)?;
    let finished = summary.finished_at.as_deref().map(duration::instant).transpose()?;
    let (mut names, mut ran, mut seconds, mut executions, mut crashes) = (BTreeSet::new(), 0_u64, 0.0, 0_u64, 0_u64);
    for fuzzed in &summary.targets {
        if fuzzed.name.is_empty() || !names.insert(&fuzzed.name) {
            return Err(bad("a target without a name of its own"));
        }
        if !fuzzed.cpu_seconds.is_finite() || fuzzed.cpu_seconds < 0.0 {
            return Err(bad("a time that is none"));
        }
        executions = executions.saturating_add(fuzzed.executions);
        crashes = crashes.saturating_add(fuzzed.open_crashes);
        // A target that was never executed was not fuzzed, however long it took.
        if fuzzed.executions > 0 {
            ran = ran.saturating_add(1);
            seconds += fuzzed.cpu_seconds;
        }
    }
    if ran == 0 {
        return Err(Fault::new(Code::Empty, name, "a target that was executed", "none"));
    }
    if executions.max(crashes) > MAX_NUMBER || seconds > 1e12 {
        return Err(bad("a number that is too large"));
    }
    let mut out = Extracted { revision: Some(summary.revision), produced_at: finished, ..Extracted::default() };
    out.produced_by = summary.tool.map(|tool| (tool, None));
    out.fact(&["targets"], ran);
    out.fact(&["cpuHours"], seconds / 3600.0);
    out.fact(&["executions"], executions);
    out.fact(&["openCrashes"], crashes);
    out.fact(&["revisionMatchesSubject"], matches);
    Ok(out)
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    head.trim_ascii_start().starts_with(b"{")
        && head.windows(SCHEMA.len()).any(|w| w.eq_ignore_ascii_case(SCHEMA.as_bytes()))
}
