//! `vouchsafe key import`: a private key of another tool becomes one of ours.

use super::super::Answer;
use super::super::context::Context;
use super::card::Card;
use super::generate::{SealArgs, refuse_existing, write_pair};
use super::load;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::{MAX_SMALL, text::shown_path};
use vouchsafe::signer::{Ask, PassphraseSource};
use vouchsafe::store;

/// Flags of `key import`.
#[derive(Args)]
pub(super) struct ImportArgs {
    /// A private key: PKCS#8 (PEM, DER), SEC1 PEM, OpenSSH or minisign
    file: PathBuf,
    /// The new private key's file; the public key goes beside it. Never overwritten
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// File that holds the passphrase of the key to import [env: VOUCHSAFE_IN_PASSPHRASE=the passphrase itself]
    #[arg(long, value_name = "FILE", conflicts_with = "in_passphrase_fd")]
    in_passphrase_file: Option<PathBuf>,
    /// Open file descriptor to read the passphrase of the key to import from
    #[arg(long, value_name = "N")]
    in_passphrase_fd: Option<u32>,
    #[command(flatten)]
    seal: SealArgs,
}

/// Runs `key import`.
pub(super) fn run(context: &Context, args: &ImportArgs) -> Answer {
    refuse_existing(&args.out)?;
    let source = PassphraseSource {
        file: args.in_passphrase_file.clone(),
        descriptor: args.in_passphrase_fd,
        variable: Some("VOUCHSAFE_IN_PASSPHRASE"),
        terminal: Ask::IfTerminal,
    };
    let bytes = store::read_private(&args.file, MAX_SMALL)?;
    let (key, notes) = load::unlock(&bytes, &args.file, &source)?;
    let card = Card::of(key.public()).read_from(&notes);
    let card = write_pair(context, &key, &args.out, &args.seal, card)?;
    if let Some(warning) = &notes.warning {
        context.say(format_args!("warning: {}: {warning}", shown_path(&args.file)));
    }
    if let Some(id) = notes.minisign_id {
        context.say(format_args!("note: minisign knew this key as {id}; vouchsafe key export --as minisign --minisign-id {id} keeps that number"));
    }
    let head = format!(
        "{}  {}  {} key from {} ({})",
        context.paint(32, "IMPORTED"),
        shown_path(&args.out),
        key.public().suite(),
        shown_path(&args.file),
        notes.format
    );
    context.answer(&format!("{head}\n{}", card.details()), &card)?;
    Ok(ExitCode::SUCCESS)
}
