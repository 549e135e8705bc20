//! The command line: one file per command. The only room that prints, reads the clock and the environment.

mod attest;
mod audit;
mod ci;
mod claim;
mod claimed;
mod context;
mod demo;
mod digest;
mod doctor;
mod effort;
mod explain;
mod exported;
mod init;
mod inspect;
mod key;
mod log;
mod passphrase;
mod policy;
mod practice;
mod quoted;
mod registry;
mod settings;
mod shell;
mod trouble;
mod trust;
mod trust_view;
mod tuf_client;
mod usage;
mod verify;

use clap::error::ErrorKind;
use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use context::{Context, Format, GlobalArgs};
use init::home_key;
use settings::Settings;
use std::ffi::OsString;
use std::process::ExitCode;
use trouble::Trouble;
use trust_view::trust_of;

/// What a command ends with: an exit code of its own, or trouble.
type Answer = Result<ExitCode, Trouble>;

/// What a newcomer is told below the list of commands.
const FIRST: &str = "\
New here?  vouchsafe demo     plays a whole forum in a folder
           vouchsafe init     prepares a repository to attest its releases
           vouchsafe doctor   says what this machine lacks
Every flag's variable stands beside it; vouchsafe config show --origin says what is set. -h is short, --help has examples.";

/// Signs and checks attestations that a release followed its forum's secure-development practices.
#[derive(Parser)]
#[command(
    name = "vouchsafe",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    subcommand_required = true,
    after_help = FIRST
)]
struct Args {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prepares a repository: settings, claims, a key and its enrolment, a workflow
    Init(init::InitArgs),
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
    /// Looks at this machine and its settings, and says what to do about what it finds
    Doctor(doctor::DoctorArgs),
    /// Shows the settings, and who says so
    Config(settings::ConfigArgs),
    /// Prints what your shell needs to complete commands, members and practices
    Completions(shell::CompletionsArgs),
    /// Prints the manual page, or writes one for every command
    Man(shell::ManArgs),
    /// Speaks the protocol of the TUF conformance suite: init, refresh, download
    #[command(hide = true)]
    TufClient(tuf_client::TufClientArgs),
}

/// Parses the arguments, runs the command, and turns its answer into an exit code.
pub(crate) fn run() -> ExitCode {
    let given: Vec<OsString> = std::env::args_os().collect();
    let read = Settings::read(&given);
    let unset = read.as_ref().is_ok_and(Settings::is_empty) && std::env::var_os("VOUCHSAFE_KEY").is_none();
    let hurried = if unset { hurried(&given) } else { None };
    match hurried {
        Some(args) => answer(Asked { args, settings: Settings::default(), broken: None, notes: Vec::new() }),
        None => thorough(&given, read).map_or_else(|ends| ends, answer),
    }
}

/// What is to be done, and what the files of settings said about it.
struct Asked {
    args: Args,
    settings: Settings,
    /// Why the settings cannot be used, for a command that helps to mend them.
    broken: Option<Trouble>,
    notes: Vec<String>,
}

fn answer(asked: Asked) -> ExitCode {
    let Asked { args, settings, broken, notes } = asked;
    let context = Context::new(&args.global);
    notes.iter().for_each(|note| context.say(note));
    let answer: Answer = match args.command {
        Command::Init(args) => init::run(&args, &context),
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
        Command::Doctor(args) => doctor::run(&args, &settings, broken.as_ref(), &context),
        Command::Config(args) => settings::run(&args, &settings, &context),
        Command::Completions(args) => shell::completions(&args, &context),
        Command::Man(args) => shell::man(&args, &context),
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
    let found = usage::with_variables(command).try_get_matches_from(given).ok()?;
    Args::from_arg_matches(&found).ok()
}

/// The arguments, by the parser that knows every command; or how it all ends.
fn thorough(given: &[OsString], read: Result<Settings, Trouble>) -> Result<Asked, ExitCode> {
    let command = usage::with_variables(Args::command());
    // Broken settings end every command but those that help to mend them.
    let ((command, settings), broken) = match read.and_then(|settings| with_settings(&command, settings)) {
        Ok(read) => (read, None),
        Err(trouble) if mends(given) => ((command, Settings::default()), Some(trouble)),
        Err(trouble) => return Err(trouble.report(&Context::plain(usage::format_of(given)))),
    };
    let parsed = command.clone().try_get_matches_from(given);
    let parsed = parsed.and_then(|found| Ok((Args::from_arg_matches(&found)?, settings::ignored(&settings, &found))));
    match parsed {
        Ok((args, notes)) => Ok(Asked { args, settings, broken, notes }),
        Err(asked) if !asked.use_stderr() => {
            let _ = asked.print();
            Err(ExitCode::SUCCESS)
        }
        Err(complaint) => Err(complain(&complaint, &command, given)),
    }
}

/// The command with what is set in files as its defaults.
fn with_settings(command: &clap::Command, settings: Settings) -> Result<(clap::Command, Settings), Trouble> {
    Ok((settings::with_defaults(command.clone(), &settings)?, settings))
}

/// Whether this is a command for somebody whose settings are broken.
fn mends(given: &[OsString]) -> bool {
    let words = ["doctor", "explain", "--help", "-h", "--version", "-V", "completions", "man"];
    given.iter().skip(1).any(|argument| words.iter().any(|word| argument == word))
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
