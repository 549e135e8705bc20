//! `vouchsafe log`: transparency logs and their witnesses.

mod append;
mod bundle;
mod fsck;
mod init;
mod prove;
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
    /// Make an empty log
    Init(init::InitArgs),
    /// Enter attestations in a log and keep the proofs with them; what is there already keeps its place
    Append(append::AppendArgs),
    /// Write the proof that an attestation is in a log
    Prove(prove::ProveArgs),
    /// Hash a whole log again: entries, tiles, checkpoint, index
    Fsck(fsck::FsckArgs),
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
        LogCommand::Init(args) => init::run(context, args),
        LogCommand::Append(args) => append::run(context, args),
        LogCommand::Prove(args) => prove::run(context, args),
        LogCommand::Fsck(args) => fsck::run(context, args),
        LogCommand::Witness(args) => witness::run(context, args),
    }
}
