//! `vouchsafe trust`: the forums a user trusts, each pinned by the fingerprint of a root.

mod add;
mod export;
mod location;
mod show;

pub(crate) use location::{location, network};
pub(crate) use show::held;

use super::Answer;
use super::context::Context;
use clap::{Args, Subcommand};

/// Keeps the forums you trust
#[derive(Args)]
pub(crate) struct TrustArgs {
    #[command(subcommand)]
    command: TrustCommand,
}

#[derive(Subcommand)]
enum TrustCommand {
    /// Trust a forum, by the fingerprint of its root
    Add(add::AddArgs),
    /// Show the forums you trust, and how old what you hold of them is
    Show,
    /// Read the registry of the trusted forums again; never takes an older one
    Update(show::UpdateArgs),
    /// Write a forum's registry as one file, for machines without a network
    Export(export::ExportArgs),
    /// Trust the forum of an exported file, by the fingerprint of its root
    Import(add::AddArgs),
}

/// Runs `vouchsafe trust …`.
pub(crate) fn run(context: &Context, args: &TrustArgs) -> Answer {
    match &args.command {
        TrustCommand::Add(args) => add::run(context, args, add::From::Anywhere),
        TrustCommand::Import(args) => add::run(context, args, add::From::Files),
        TrustCommand::Show => show::run(context),
        TrustCommand::Update(args) => show::update(context, args),
        TrustCommand::Export(args) => export::run(context, args),
    }
}
