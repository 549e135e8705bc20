//! The command line: one file per command. The only room that prints, reads the clock and the environment.

mod context;
mod digest;
mod key;
mod passphrase;
mod practice;
mod registry;
mod trouble;
mod trust;

use clap::{Parser, Subcommand};
use context::{Context, GlobalArgs};
use std::process::ExitCode;
use trouble::Trouble;

/// What a command ends with: an exit code of its own, or trouble.
type Answer = Result<ExitCode, Trouble>;

/// Signs and checks attestations that a release followed its forum's secure-development practices.
#[derive(Parser)]
#[command(
    name = "vouchsafe",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    subcommand_required = true
)]
struct Args {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Hashes files and folders as sha256sum does, or checks such a list strictly
    Digest(digest::DigestArgs),
    /// Reads the catalogue of practices: list, show, search, lint, template
    Practice(practice::PracticeArgs),
    /// Make, show, import, export and prove keys
    Key(key::KeyArgs),
    /// Keeps a forum's registry of members and keys: init, edit, review, sign, publish, check
    Registry(registry::RegistryArgs),
    /// Keeps the forums you trust: add, show, update, export, import
    Trust(trust::TrustArgs),
}

/// Parses the arguments, runs the command, and turns its answer into an exit code.
pub(crate) fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(usage) => {
            let _ = usage.print();
            return ExitCode::from(if usage.use_stderr() { 2 } else { 0 });
        }
    };
    let context = Context::new(&args.global);
    let answer: Answer = match args.command {
        Command::Digest(args) => digest::run(&args, &context),
        Command::Practice(args) => practice::run(&args, &context),
        Command::Key(args) => key::run(&context, &args),
        Command::Registry(args) => registry::run(&context, &args),
        Command::Trust(args) => trust::run(&context, &args),
    };
    answer.unwrap_or_else(|trouble| trouble.report(&context))
}
