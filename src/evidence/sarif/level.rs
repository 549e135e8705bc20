//! Levels and severities, as results and rules write them.

use super::Text;
use super::few::Few;
use serde::Deserialize;

/// How grave a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Level {
    None,
    Note,
    Warning,
    Error,
}

impl Level {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "note" => Some(Self::Note),
            "warning" => Some(Self::Warning),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

/// The bag of properties that rules and results have: what code scanning services read of it.
#[derive(Debug, Deserialize)]
pub(super) struct Properties<'a> {
    #[serde(default, borrow)]
    pub(super) tags: Option<Few<Text<'a>, 1000>>,
    #[serde(default, rename = "security-severity", borrow)]
    severity: Option<Severity<'a>>,
}

/// A text for most tools, a number for some.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Severity<'a> {
    Number(f64),
    #[serde(borrow)]
    Text(Text<'a>),
}

/// The worst there is.
const WORST: f64 = 10.0;

impl Properties<'_> {
    /// From 0 to 10. What is there and cannot be read is taken for the worst.
    pub(super) fn severity(&self) -> Option<f64> {
        let score = match self.severity.as_ref()? {
            Severity::Number(score) => Some(*score),
            Severity::Text(text) if text.as_str().trim().is_empty() => return None,
            Severity::Text(text) => text.as_str().trim().parse().ok(),
        };
        Some(score.filter(|score| (0.0..=WORST).contains(score)).unwrap_or(WORST))
    }
}
