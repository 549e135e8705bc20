//! The command line: one file per command. The only room that prints, reads the clock and the environment.

mod attest;
mod audit;
mod claim;
mod claimed;
mod context;
mod demo;
mod digest;
mod effort;
mod explain;
mod exported;
mod inspect;
mod key;
mod log;
mod passphrase;
mod policy;
mod practice;
mod quoted;
mod registry;
mod trouble;
mod trust;
mod trust_view;
mod tuf_client;
mod usage;
mod verify;

use clap::error::ErrorKind;
use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use context::{Context, Format, GlobalArgs};
use std::ffi::OsString;
use std::process::ExitCode;
use trouble::Trouble;
use trust_view::trust_of;

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
    /// Plays a whole forum in a folder: keys, registry, attestations, verdicts, refusals
    Demo(demo::DemoArgs),
    /// Hashes files and folders as sha256sum does, or checks such a list strictly
    Digest(digest::DigestArgs),
    /// Reads the catalogue of practices: list, show, search, lint, template
    Practice(practice::PracticeArgs),
    /// Signs that artifacts followed practices, or any other statement about them
    Attest(Box<attest::AttestArgs>),
    /// Withdraws, supersedes, disputes or endorses an attestation that was signed
    Claim(Box<claim::ClaimArgs>),
    /// Checks that artifacts are vouched for by members of a trusted forum
    Verify(verify::VerifyArgs),
    /// Asks the same of whole folders of releases, and says what has to be looked at
    Audit(Box<audit::AuditArgs>),
    /// Shows what stands in a file, UNVERIFIED
    Inspect(inspect::InspectArgs),
    /// Explains a code or a practice, offline
    Explain(explain::ExplainArgs),
    /// Writes a policy to start from, or says whether one can be used
    Policy(policy::PolicyArgs),
    /// Make, show, import, export and prove keys
    Key(key::KeyArgs),
    /// Keeps a forum's registry of members and keys: init, edit, review, sign, publish, check
    Registry(registry::RegistryArgs),
    /// Keeps transparency logs, and their witnesses
    Log(log::LogArgs),
    /// Keeps the forums you trust: add, show, update, export, import
    Trust(trust::TrustArgs),
    /// Speaks the protocol of the TUF conformance suite: init, refresh, download
    #[command(hide = true)]
    TufClient(tuf_client::TufClientArgs),
}

/// Parses the arguments, runs the command, and turns its answer into an exit code.
pub(crate) fn run() -> ExitCode {
    let given: Vec<OsString> = std::env::args_os().collect();
    let args = match hurried(&given) {
        Some(args) => args,
        None => match thorough(&given) {
            Ok(args) => args,
            Err(ends) => return ends,
        },
    };
    let context = Context::new(&args.global);
    let answer: Answer = match args.command {
        Command::Demo(args) => demo::run(&args, &context),
        Command::Digest(args) => digest::run(&args, &context),
        Command::Practice(args) => practice::run(&args, &context),
        Command::Attest(args) => attest::run(&args, &context),
        Command::Claim(args) => claim::run(&context, &args),
        Command::Verify(args) => verify::run(&args, &context),
        Command::Audit(args) => audit::run(&args, &context),
        Command::Inspect(args) => inspect::run(&args, &context),
        Command::Explain(args) => explain::run(&args, &context),
        Command::Policy(args) => policy::run(&args, &context),
        Command::Key(args) => key::run(&context, &args),
        Command::Registry(args) => registry::run(&context, &args),
        Command::Log(args) => log::run(&context, &args),
        Command::Trust(args) => trust::run(&context, &args),
        Command::TufClient(args) => tuf_client::run(&context, &args),
    };
    answer.unwrap_or_else(|trouble| trouble.report(&context))
}

/// The arguments of a command that builds run a thousand times, by a parser that knows no other: to describe all sixty
/// takes longer than to verify. None if it is any other, or a complaint or help is due.
fn hurried(given: &[OsString]) -> Option<Args> {
    let names = given.iter().skip(1).filter_map(|argument| argument.to_str());
    let only = names.into_iter().find_map(|name| match name {
        "verify" => Some(verify::VerifyArgs::augment_args(clap::Command::new("verify"))),
        "attest" => Some(attest::AttestArgs::augment_args(clap::Command::new("attest"))),
        "digest" => Some(digest::DigestArgs::augment_args(clap::Command::new("digest"))),
        _ => None,
    })?;
    let command = GlobalArgs::augment_args(clap::Command::new("vouchsafe")).subcommand(only);
    let found = usage::without_empty_settings(command).try_get_matches_from(given).ok()?;
    Args::from_arg_matches(&found).ok()
}

/// The arguments, by the parser that knows every command; or how it all ends.
fn thorough(given: &[OsString]) -> Result<Args, ExitCode> {
    let command = usage::without_empty_settings(Args::command());
    let parsed = command.clone().try_get_matches_from(given).and_then(|found| Args::from_arg_matches(&found));
    parsed.map_err(|asked| {
        if asked.use_stderr() {
            return complain(&asked, &command, given);
        }
        let _ = asked.print();
        ExitCode::SUCCESS
    })
}

/// Without a command, people are shown all there are; every other complaint is told as any trouble is.
fn complain(complaint: &clap::Error, command: &clap::Command, given: &[OsString]) -> ExitCode {
    let format = usage::format_of(given);
    if format == Format::Text && complaint.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = complaint.print();
        return ExitCode::from(2);
    }
    usage::trouble(complaint, command, given).report(&Context::plain(format))
}
