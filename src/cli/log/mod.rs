//! `vouchsafe log`: transparency logs and their witnesses.

mod check;
mod monitor;
mod policy;
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
use std::path::Path;
use vouchsafe::gather::network::Network;
use vouchsafe::publish::Keeper;
use vouchsafe::publish::ask::Asking;
use vouchsafe::publish::log::LogFolder;
use vouchsafe::signer::{self, KeyReference};
use vouchsafe::transparency::LogPolicy;

/// Keep transparency logs, and be a witness of them
#[derive(Args)]
pub(crate) struct LogArgs {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Subcommand)]
enum LogCommand {
    /// Say which witnesses a log asks, and write the log policy that a forum can adopt
    Policy(policy::PolicyArgs),
    /// Has a log only grown since it was last seen?
    Check(check::CheckArgs),
    /// List what was entered under a member's keys, and as versions of the registry
    Monitor(monitor::MonitorArgs),
    /// Take attestations over HTTP into a log: POST /add, and the answer is the proof
    #[cfg(feature = "http")]
    Serve(serve::ServeArgs),
    /// Be a witness: cosign what a log says, as long as it only grows
    Witness(witness::WitnessArgs),
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
    let asking = Asking { network, passphrase: passphrase.source(), now: context.now };
    Ok(Keeper::new(log, signer, &asking)?)
}

/// Runs `vouchsafe log …`.
pub(crate) fn run(context: &Context, args: &LogArgs) -> Answer {
    match &args.command {
        LogCommand::Policy(args) => policy::run(context, args),
        LogCommand::Check(args) => check::run(context, args),
        LogCommand::Monitor(args) => monitor::run(context, args),
        #[cfg(feature = "http")]
        LogCommand::Serve(args) => serve::run(context, args),
        LogCommand::Witness(args) => witness::run(context, args),
    }
}
