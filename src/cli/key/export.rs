//! `vouchsafe key export`: the public half in the words of another tool. Private halves never leave.

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::trouble::Trouble;
use super::card::Card;
use super::load;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::{json, text::shown_path};
use vouchsafe::key::{KeyError, MinisignId, PublicKey};
use vouchsafe::store;

/// Flags of `key export`.
#[derive(Args)]
pub(super) struct ExportArgs {
    /// A public or private key in any format
    file: PathBuf,
    /// What to write
    #[arg(long = "as", visible_alias = "to", value_enum, value_name = "FORMAT")]
    form: Form,
    /// Where to write it; standard output without. Never overwritten
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Key number for minisign, in hexadecimal, where an imported key should keep its own
    #[arg(long, value_name = "HEX")]
    minisign_id: Option<MinisignId>,
    /// Comment at the end of an OpenSSH key
    #[arg(long, value_name = "TEXT", default_value = "")]
    comment: String,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Forms of a public key.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// PUBLIC KEY PEM, for OpenSSL and most others
    Spki,
    /// One line, for authorized_keys and allowed_signers
    Openssh,
    /// minisign.pub
    Minisign,
    /// JSON Web Key
    Jwk,
}

/// Runs `key export`.
pub(super) fn run(context: &Context, args: &ExportArgs) -> Answer {
    if args.minisign_id.is_some() && args.form != Form::Minisign {
        return Err(Trouble::usage("--minisign-id is for --as minisign"));
    }
    let (key, notes) = load::public_half(context, &args.file, &args.passphrase.source())?;
    let id = args.minisign_id.or(notes.minisign_id).unwrap_or_else(|| MinisignId::of(&key));
    let text = write(&key, args.form, id, &args.comment)?;
    let card = Card::of(&key).read_from(&notes).exported(&text);
    match &args.out {
        None => context.answer(&text, &card)?,
        Some(path) => {
            store::write_atomic(path, text.as_bytes(), store::Overwrite::Refuse)
                .map_err(|e| Trouble::from(e).then("choose another name, or leave -o out"))?;
            let head = format!(
                "{}  {}  public half of {} key {}\n",
                context.paint(32, "EXPORTED"),
                shown_path(path),
                key.suite(),
                key.id()
            );
            context.answer(&head, &card)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(key: &PublicKey, form: Form, id: MinisignId, comment: &str) -> Result<String, KeyError> {
    Ok(match form {
        Form::Spki => key.to_pem(),
        Form::Openssh => key.to_openssh(comment),
        Form::Minisign => key.to_minisign(id)?,
        Form::Jwk => String::from_utf8_lossy(&json::pretty(&key.to_jwk())).into_owned(),
    })
}
