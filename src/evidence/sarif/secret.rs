//! Scanners for secrets: whether a tool is one, and whether a run says that it searched the whole history.

use super::run::{Invocation, Run};

/// Names of scanners for secrets, in lower case, without spaces and dashes.
const SCANNERS: &[&str] = &[
    "betterleaks",
    "detectsecrets",
    "ggshield",
    "gitguardian",
    "gitleaks",
    "gitsecrets",
    "kingfisher",
    "noseyparker",
    "ripsecrets",
    "secretlint",
    "talisman",
    "trufflehog",
    "whispers",
];

/// Whether a run is of a scanner for secrets.
pub(super) fn is_scanner(run: &Run<'_>) -> bool {
    let name = run.tool.driver.name.as_str();
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SCANNERS.contains(&plain.as_str())
}

/// Whether a run says that it searched the whole history: by its command, or by `scannedHistory` among the properties of
/// an invocation.
pub(super) fn scanned_history(run: &Run<'_>) -> bool {
    let all = run.invocations.as_deref().unwrap_or_default();
    let says = |invocation: &Invocation<'_>| {
        let said = invocation.properties.as_ref().and_then(|p| p.scanned_history);
        said.unwrap_or_else(|| command_scans_history(invocation))
    };
    !all.is_empty() && all.iter().all(says)
}

/// `gitleaks git`, `gitleaks detect`, with nothing that leaves out a part of the history or of the rules.
fn command_scans_history(invocation: &Invocation<'_>) -> bool {
    let line: Vec<&str> = invocation.command_line.iter().flat_map(|line| line.as_str().split_whitespace()).collect();
    let arguments: Vec<&str> = invocation.arguments.iter().flatten().map(|argument| argument.as_str()).collect();
    // Arguments alone begin with the subcommand; a command line begins with the program.
    let program = line.first().and_then(|word| word.rsplit(['/', '\\']).next());
    let gitleaks = program.is_none_or(|program| program.trim_end_matches(".exe") == "gitleaks");
    let words = [line, arguments].concat();
    let whole = words.iter().any(|word| matches!(*word, "git" | "detect"));
    let short = |word: &str| {
        let flag = word.split('=').next().unwrap_or(word);
        matches!(
            flag,
            "--no-git"
                | "--log-opts"
                | "--staged"
                | "--pre-commit"
                | "--pipe"
                | "--baseline-path"
                | "-b"
                | "--enable-rule"
                | "--max-target-megabytes"
                | "--timeout"
                | "dir"
                | "stdin"
                | "protect"
        )
    };
    gitleaks && whole && !words.iter().any(|word| short(word))
}
