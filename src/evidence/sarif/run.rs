//! A run, without its results and rules.

use super::Text;
use super::few::Few;
use super::rules::{Configuration, Reference};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A report, without the results and rules of its runs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Root<'a> {
    #[serde(default, borrow)]
    pub(super) runs: Option<Few<Run<'a>, 1000>>,
    #[serde(default)]
    pub(super) inline_external_properties: Option<Vec<IgnoredAny>>,
}

/// One run of one tool.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run<'a> {
    #[serde(borrow)]
    pub(super) tool: Tools<'a>,
    /// None if it did not look for any.
    #[serde(default)]
    pub(super) results: Option<Vec<IgnoredAny>>,
    #[serde(default, borrow)]
    pub(super) invocations: Option<Few<Invocation<'a>, 100>>,
    #[serde(default, borrow)]
    pub(super) version_control_provenance: Option<Few<Provenance<'a>, 100>>,
    #[serde(default)]
    pub(super) external_property_file_references: Option<IgnoredAny>,
}

/// A tool and what extends it.
#[derive(Debug, Deserialize)]
pub(super) struct Tools<'a> {
    #[serde(borrow)]
    pub(super) driver: Tool<'a>,
    #[serde(default, borrow)]
    pub(super) extensions: Option<Few<Tool<'a>, 1000>>,
}

/// A tool, or an extension of one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tool<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(default, borrow)]
    pub(super) guid: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(super) version: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(super) semantic_version: Option<Text<'a>>,
    #[serde(default)]
    pub(super) rules: Option<Vec<IgnoredAny>>,
}

/// How the tool was run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation<'a> {
    #[serde(default)]
    pub(super) execution_successful: Option<bool>,
    #[serde(default, borrow)]
    pub(super) start_time_utc: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(super) end_time_utc: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(super) command_line: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(super) arguments: Option<Few<Text<'a>, 1000>>,
    #[serde(default, borrow)]
    pub(super) rule_configuration_overrides: Option<Few<Override<'a>, 10_000>>,
    #[serde(default)]
    pub(super) properties: Option<Said>,
}

/// What an invocation may say of itself in a bag of properties.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Said {
    #[serde(default)]
    pub(super) scanned_history: Option<bool>,
}

/// A rule that was set up otherwise for one invocation.
#[derive(Debug, Deserialize)]
pub(super) struct Override<'a> {
    #[serde(borrow)]
    pub(super) descriptor: Reference<'a>,
    #[serde(borrow)]
    pub(super) configuration: Configuration<'a>,
}

/// What was analysed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provenance<'a> {
    #[serde(default, borrow)]
    pub(super) revision_id: Option<Text<'a>>,
}
