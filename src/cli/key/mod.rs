//! `vouchsafe key`: makes, shows, imports, exports and proves keys.

mod card;
mod export;
mod generate;
mod import;
mod load;
mod prove;
mod show;

use super::Answer;
use super::context::Context;
use clap::{Args, Subcommand};

/// Make, show, import, export and prove keys
#[derive(Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a key: FILE.pem (private, mode 0600) and FILE.pub.pem (public)
    Generate(generate::GenerateArgs),
    /// Show whose key a file holds: id, suite, fingerprints
    Show(show::ShowArgs),
    /// Turn a private key in another format (OpenSSL, OpenSSH, minisign) into ours
    Import(import::ImportArgs),
    /// Write the public half for other tools: OpenSSL, OpenSSH, minisign, JOSE
    Export(export::ExportArgs),
    /// Prove to a forum that you hold a key, so that its board can register it
    Prove(prove::ProveArgs),
}

/// Runs `vouchsafe key …`.
pub(crate) fn run(context: &Context, args: &KeyArgs) -> Answer {
    match &args.command {
        KeyCommand::Generate(args) => generate::run(context, args),
        KeyCommand::Show(args) => show::run(context, args),
        KeyCommand::Import(args) => import::run(context, args),
        KeyCommand::Export(args) => export::run(context, args),
        KeyCommand::Prove(args) => prove::run(context, args),
    }
}
