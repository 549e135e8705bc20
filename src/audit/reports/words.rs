//! Words that every report shares, and what makes words from outside harmless.

use crate::audit::{Summary, Verdict};
use crate::encoding::duration::Span;
use crate::encoding::text::{count, invisible};

/// The answer in one sentence: how many, how they came off, on which view of the registry.
pub fn sentence(summary: &Summary) -> String {
    let totals = summary.totals;
    let age = Span::seconds(summary.as_of.age_seconds.max(0));
    let of = match totals.requested {
        0 => "Nothing was audited".to_owned(),
        _ => format!(
            "{} of {} verified, {} refused, {} undecided",
            totals.verified,
            count(totals.requested, "artifact"),
            totals.refused,
            totals.undecided
        ),
    };
    format!("{of}, as of registry version {}, {age} old.", summary.as_of.registry_version)
}

/// The word for a verdict.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::Refused => "refused",
        Verdict::Undecided => "undecided",
    }
}

/// What it takes to come to the same answer again: name and value of each part.
pub(super) fn reproduce(summary: &Summary) -> Vec<(&'static str, String)> {
    let (how, view) = (&summary.reproduce, &summary.as_of);
    let policy = match how.policy_sha256.as_str() {
        "" => format!("{} (built in; it has no digest)", summary.policy.name),
        digest => format!("{}, SHA-256 {digest}", summary.policy.name),
    };
    let log = match &how.log {
        Some(log) => format!("{}, {} entries", log.origin, log.size),
        None => "no proof of a log was met".to_owned(),
    };
    vec![
        ("command", how.command.clone()),
        ("as of", how.at.clone()),
        ("registry", format!("{} ({}), version {}", view.forum, view.forum_id, how.registry_version)),
        ("registry issued", view.issued.clone()),
        ("trusted root", how.fingerprint.clone()),
        ("policy", policy),
        ("log", log),
        ("program", how.program.clone()),
    ]
}

/// Text from outside with everything that is not drawn, or changes how other text is drawn, written as `\u{..}`.
/// Paths come with escapes in them already, so a backslash stays as it is.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // The last two of every plane are no characters; XML allows none of U+FFFE and U+FFFF.
        if c.is_control() || invisible(c) || u32::from(c) & 0xfffe == 0xfffe {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Text as it stands in HTML and XML, in an element or in a quoted attribute.
pub(super) fn marked_up(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{marked_up, visible};

    #[test]
    fn words_from_outside_do_nothing() {
        assert_eq!(visible("a\u{202e}b\u{0}\u{ffff}\\xff"), "a\\u{202e}b\\u{0}\\u{ffff}\\xff");
        assert_eq!(visible(&visible("\u{1b}[2J")), "\\u{1b}[2J", "what is escaped stays as it is");
        assert_eq!(marked_up("</script>\"'&"), "&lt;/script&gt;&quot;&#39;&amp;");
    }
}
