//! `vouchsafe explain`: what a code or a practice means, offline.

use super::context::Context;
use super::trouble::Trouble;
use super::{Answer, practice};
use clap::Args;
use std::process::ExitCode;
use vouchsafe::encoding::text::shown;
use vouchsafe::practice::Requirement;

/// The same text that stands in the documentation: a heading per code.
const REFUSALS: &str = include_str!("../../docs/refusals.md");

/// Flags of `explain`.
#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// A code such as digest-mismatch, or a practice such as TST-01 or ssdf-1.1:PS.3.2
    #[arg(value_name = "CODE|PRACTICE")]
    what: String,
}

/// Explains a code, or shows a practice.
pub(crate) fn run(args: &ExplainArgs, context: &Context) -> Answer {
    if let Some(text) = section(&args.what) {
        let answer = format!("{}: {}\n", args.what, text.trim());
        let value = serde_json::json!({"schema": "vouchsafe-explain/v1", "code": args.what, "text": text.trim()});
        context.answer(&answer, &value)?;
        return Ok(ExitCode::SUCCESS);
    }
    if Requirement::parse(&args.what).is_ok() {
        return practice::show(&args.what, context);
    }
    let like = codes().filter(|code| code.contains(args.what.as_str()) || args.what.contains(code)).collect::<Vec<_>>();
    let got = shown(&args.what);
    let next = if like.is_empty() {
        "vouchsafe practice list; every code stands in docs/refusals.md".to_owned()
    } else {
        format!("vouchsafe explain {}", like.join(" | "))
    };
    Err(Trouble::undecided("nothing-to-explain", format!("{got} is neither a code nor a practice"), next)
        .because("a code or a practice id", got))
}

fn codes() -> impl Iterator<Item = &'static str> {
    REFUSALS.lines().filter_map(|line| line.strip_prefix("## "))
}

/// The text under a code's heading.
fn section(code: &str) -> Option<String> {
    let mut lines = REFUSALS.lines().skip_while(|line| line.strip_prefix("## ") != Some(code));
    lines.next()?;
    let body: Vec<&str> = lines.take_while(|line| !line.starts_with("# ") && !line.starts_with("## ")).collect();
    Some(body.join("\n"))
}
