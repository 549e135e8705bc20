//! gitleaks' JSON: a list of findings and nothing else. So an empty list does not say what was searched: whether it was
//! the history, a folder or nothing at all.

use super::{Code, Extracted, Fault, Target};
use crate::encoding::elements::{Limits, elements};
use crate::encoding::{Malformed, json};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::io::Read;

const WHAT: &str = "gitleaks report";

/// What is read of a finding; every version since 8.0 writes these.
#[derive(Deserialize)]
struct Finding<'a> {
    #[serde(rename = "RuleID", borrow)]
    rule: Cow<'a, str>,
    #[serde(rename = "File", borrow)]
    _file: Cow<'a, str>,
    #[serde(rename = "Commit", borrow)]
    commit: Cow<'a, str>,
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    let limits = Limits::default();
    let (mut open, mut in_history) = (0_u64, 0_u64);
    let rest = elements(
        input,
        limits,
        WHAT,
        |path| path.is_empty(),
        |bytes| {
            let finding: Finding<'_> = json::parse(bytes, limits.element, WHAT)?;
            if finding.rule.is_empty() {
                return Err(Malformed::new(WHAT, "a finding of no rule"));
            }
            open = open.saturating_add(1);
            in_history = in_history.saturating_add(u64::from(!finding.commit.is_empty()));
            Ok(())
        },
    )?;
    if rest.trim_ascii_start().starts_with(b"{") {
        return Err(Fault::new(Code::Unsupported, name, "a list of findings, as gitleaks 8 writes it", "an object"));
    }
    json::parse::<Vec<IgnoredAny>>(&rest, limits.rest, WHAT)?;
    let mut out = Extracted { produced_by: Some(("gitleaks".into(), None)), ..Extracted::default() };
    out.fact(&["open"], open);
    out.fact(&["scannedHistory"], open > 0 && in_history == open);
    Ok(out)
}

/// Whether a file seems to be one. An empty list could be anything: only its name tells.
pub(super) fn looks(name: &str, head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    let mentions = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
    let named = name.to_ascii_lowercase().contains("gitleaks");
    text.starts_with(b"[") && (mentions(b"\"RuleID\"") || (named && text.trim_ascii_end() == b"[]"))
}
