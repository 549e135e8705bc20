//! `vouchsafe log`: transparency logs and their witnesses.

#[cfg(feature = "http")]
mod serve;
mod witness;

use super::Answer;
use super::context::Context;
use clap::{Args, Subcommand};

/// Keep transparency logs, and be a witness of them
#[derive(Args)]
pub(crate) struct LogArgs {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Subcommand)]
enum LogCommand {
    /// Take attestations over HTTP into a log: POST /add, and the answer is the proof
    #[cfg(feature = "http")]
    Serve(serve::ServeArgs),
    /// Be a witness: cosign what a log says, as long as it only grows
    Witness(witness::WitnessArgs),
}

/// Runs `vouchsafe log …`.
pub(crate) fn run(context: &Context, args: &LogArgs) -> Answer {
    match &args.command {
        #[cfg(feature = "http")]
        LogCommand::Serve(args) => serve::run(context, args),
        LogCommand::Witness(args) => witness::run(context, args),
    }
}
