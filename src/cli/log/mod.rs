//! `vouchsafe log`: transparency logs and their witnesses.

mod append;
mod bundle;
mod check;
mod fsck;
mod init;
mod monitor;
mod policy;
mod prove;
#[cfg(feature = "http")]
mod serve;
mod watched;
mod witness;

use super::Answer;
use super::context::Context;
use super::passphrase::PassphraseArgs;
use super::trouble::Trouble;
use super::trust::network;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use std::path::Path;
use vouchsafe::gather::network::Network;
use vouchsafe::publish::Keeper;
use vouchsafe::publish::ask::Asking;
use vouchsafe::publish::log::LogFolder;
use vouchsafe::signer::{self, KeyReference};
use vouchsafe::transparency::{LogPolicy, NoteKey};

/// Keep transparency logs, and be a witness of them
#[derive(Args)]
pub(crate) struct LogArgs {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Subcommand)]
enum LogCommand {
    /// Make an empty log
    Init(init::InitArgs),
    /// Say which witnesses a log asks, and write the log policy that a forum can adopt
    Policy(policy::PolicyArgs),
    /// Enter attestations in a log and keep the proofs with them; what is there already keeps its place
    Append(append::AppendArgs),
    /// Write the proof that an attestation is in a log
    Prove(prove::ProveArgs),
    /// Has a log only grown since it was last seen?
    Check(check::CheckArgs),
    /// List what was entered under a member's keys, and as versions of the registry
    Monitor(monitor::MonitorArgs),
    /// Hash a whole log again: entries, tiles, checkpoint, index
    Fsck(fsck::FsckArgs),
    /// Take attestations over HTTP into a log: POST /add, and the answer is the proof
    #[cfg(feature = "http")]
    Serve(serve::ServeArgs),
    /// Be a witness: cosign what a log says, as long as it only grows
    Witness(witness::WitnessArgs),
}

/// The key of a log: as it is written, or of the log that is kept in a folder.
fn log_key(text: &str) -> Result<NoteKey, String> {
    if Path::new(text).is_dir() {
        return LogFolder::open(Path::new(text)).map(|log| log.key().clone()).map_err(|e| e.to_string());
    }
    NoteKey::parse(text).map_err(|e| e.to_string())
}

/// The log in a folder, opened to write to it with the witnesses of its policy.
pub(super) fn keeper(
    context: &Context,
    folder: &Path,
    key: &KeyReference,
    passphrase: &PassphraseArgs,
) -> Result<Keeper, Trouble> {
    let signer = signer::open(key, &passphrase.source())?;
    let log = LogFolder::open(folder)?;
    let urls = log.policy().map(LogPolicy::witnesses).unwrap_or_default().iter().filter_map(|w| w.url.as_deref());
    // Only who goes to the web needs to know how.
    let network = if urls.clone().any(|url| url.starts_with("http")) { network()? } else { Network::default() };
    let asking = Asking { network, passphrase: passphrase.source(), clock: Timestamp::now };
    Ok(Keeper::new(log, signer, &asking, context.now)?)
}

/// Runs `vouchsafe log …`.
pub(crate) fn run(context: &Context, args: &LogArgs) -> Answer {
    match &args.command {
        LogCommand::Policy(args) => policy::run(context, args),
        LogCommand::Check(args) => check::run(context, args),
        LogCommand::Monitor(args) => monitor::run(context, args),
        #[cfg(feature = "http")]
        LogCommand::Serve(args) => serve::run(context, args),
        LogCommand::Init(args) => init::run(context, args),
        LogCommand::Append(args) => append::run(context, args),
        LogCommand::Prove(args) => prove::run(context, args),
        LogCommand::Fsck(args) => fsck::run(context, args),
        LogCommand::Witness(args) => witness::run(context, args),
    }
}
