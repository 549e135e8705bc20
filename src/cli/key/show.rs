//! `vouchsafe key show`: whose key is this?

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::card::Card;
use super::load;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::text::shown_path;

/// Flags of `key show`.
#[derive(Args)]
pub(super) struct ShowArgs {
    /// A public or private key in any format
    file: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Runs `key show`.
pub(super) fn run(context: &Context, args: &ShowArgs) -> Answer {
    let (key, notes) = load::public_half(context, &args.file, &args.passphrase.source())?;
    let card = Card::of(&key).read_from(&notes);
    let half = if notes.format.is_private() { "private" } else { "public" };
    let head = format!(
        "{}  {}  {} {half} key ({})",
        context.paint(1, "KEY"),
        shown_path(&args.file),
        key.suite(),
        notes.format
    );
    context.answer(&format!("{head}\n{}", card.details()), &card)?;
    Ok(ExitCode::SUCCESS)
}
