//! `vouchsafe log check`: has a log only grown since it was last seen?

use super::super::Answer;
use super::super::context::Context;
use super::watched::WatchedArgs;
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;
use vouchsafe::audit::WitnessLine;
use vouchsafe::encoding::text::{count, shown};

/// Flags of `log check`.
#[derive(Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    watched: WatchedArgs,
}

#[derive(Serialize)]
struct CheckAnswer {
    schema: &'static str,
    origin: String,
    size: u64,
    root: String,
    /// How large it was when it was seen last; null the first time.
    before: Option<u64>,
    witnesses: Vec<WitnessLine>,
    quorum: String,
}

/// Runs `log check`.
pub(super) fn run(context: &Context, args: &CheckArgs) -> Answer {
    let (log, policy) = args.watched.open(context)?;
    let checked = args.watched.check(context, &log, &policy)?;
    let is = checked.now.checkpoint();
    let before = checked.before.as_ref().map(|was| was.size);
    let answer = CheckAnswer {
        schema: "vouchsafe-log-check/v1",
        origin: is.origin.clone(),
        size: is.size,
        root: is.root.to_string(),
        before,
        witnesses: checked.now.cosigned().iter().map(WitnessLine::of).collect(),
        quorum: policy.demand(),
    };
    let grown = match before {
        None => "seen for the first time; from now on it may only grow".to_owned(),
        Some(before) if before == is.size => "unchanged since it was last seen".to_owned(),
        Some(before) => format!("{} more than when it was last seen, and nothing else changed", is.size - before),
    };
    let names: Vec<String> = answer.witnesses.iter().map(|w| shown(&w.witness)).collect();
    let witnesses = match names.as_slice() {
        [] => "none: one truth for all rests on its operator".to_owned(),
        names => names.join(", "),
    };
    let size = usize::try_from(is.size).unwrap_or(usize::MAX);
    let word = context.paint(32, "CONSISTENT");
    let origin = shown(&is.origin);
    let text = format!(
        "{word}  {origin}  {}, {grown}\n  root       {}\n  cosigned   {witnesses}\n",
        count(size, "entry"),
        is.root
    );
    context.answer(&text, &answer)?;
    Ok(ExitCode::SUCCESS)
}
