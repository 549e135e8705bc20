//! `vouchsafe key prove`: a proof of possession, for the board to admit a key on.

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::registry::typed;
use super::super::trouble::Trouble;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::text::shown;
use vouchsafe::gather::trust;
use vouchsafe::publish::{Forum, seal};
use vouchsafe::registry::{ForumRecord, KeyProof, Wanted, valid_id};
use vouchsafe::signer::{self, Ask, KeyReference, PassphraseSource};
use vouchsafe::store::{Overwrite, exists, write_atomic};

/// Flags of `key prove`.
#[derive(Args)]
pub(super) struct ProveArgs {
    /// The private key to prove possession of [env: VOUCHSAFE_KEY=its name, or the PEM itself]
    #[arg(long, value_name = "KEY")]
    key: KeyReference,
    /// The member's private key that this one follows; it signs the proof, too
    #[arg(long, value_name = "KEY")]
    rotates: Option<KeyReference>,
    /// File with the passphrase of that key (mode 0600) [env: VOUCHSAFE_ROTATES_PASSPHRASE=the passphrase itself]
    #[arg(long, value_name = "FILE", requires = "rotates", conflicts_with = "rotates_passphrase_fd")]
    rotates_passphrase_file: Option<PathBuf>,
    /// Open file descriptor to read that passphrase from
    #[arg(long, value_name = "N", requires = "rotates")]
    rotates_passphrase_fd: Option<u32>,
    /// The member it is to speak for
    #[arg(long, value_name = "ID", env = "VOUCHSAFE_MEMBER")]
    member: String,
    /// The forum: its folder, its published folder, or an exported trust file
    #[arg(long, value_name = "DIR|FILE", env = "VOUCHSAFE_TRUST")]
    forum: PathBuf,
    /// Where to write the proof
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// Replace an existing proof
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Runs `key prove`.
pub(super) fn run(context: &Context, args: &ProveArgs) -> Answer {
    if !valid_id(&args.member) {
        return Err(Trouble::usage(format!(
            "--member {}: ids are 1 to 64 of a-z, 0-9, '-' and '.', starting with a letter or digit",
            shown(&args.member)
        )));
    }
    if !args.force && exists(&args.out) {
        return Err(vouchsafe::store::Error::Exists(args.out.clone()).into());
    }
    let forum = forum(context, &args.forum)?;
    let signer = signer::open(&args.key, &args.passphrase.source())?;
    let proof = KeyProof::new(&forum.id, &args.member, signer.public(), context.now);
    let mut envelope = proof.envelope();
    seal(&mut envelope, signer.as_ref())?;
    let source = PassphraseSource {
        file: args.rotates_passphrase_file.clone(),
        descriptor: args.rotates_passphrase_fd,
        variable: Some("VOUCHSAFE_ROTATES_PASSPHRASE"),
        terminal: Ask::IfTerminal,
    };
    let old = args.rotates.as_ref().map(|old| signer::open(old, &source)).transpose()?;
    if let Some(old) = &old {
        if old.public().id() == signer.public().id() {
            return Err(Trouble::usage("--rotates names the same key as --key"));
        }
        seal(&mut envelope, old.as_ref())?;
    }
    let bytes = envelope.to_json();
    KeyProof::check(&bytes, &forum.id, &args.member)?;
    write_atomic(&args.out, &bytes, if args.force { Overwrite::Replace } else { Overwrite::Refuse })?;
    let text = format!(
        "{}  {}  possession of key {} for member {} of {}{}\nnext: send it to the board, who run vouchsafe registry add-key {} {} --proof {}\n",
        context.paint(32, "PROVED"),
        typed(&args.out),
        signer.public().id(),
        shown(&args.member),
        shown(&forum.name),
        old.map(|old| format!("; it follows key {}", old.public().id())).unwrap_or_default(),
        typed(&args.forum),
        shown(&args.member),
        typed(&args.out),
    );
    context.answer(&text, &proof)?;
    Ok(ExitCode::SUCCESS)
}

/// The forum's record: published or staged in its folder, or in an exported trust file.
fn forum(context: &Context, path: &Path) -> Result<ForumRecord, Trouble> {
    match Forum::open(path) {
        Ok(forum) => Ok(forum.record()?),
        Err(_) => Ok(trust::resolve(None, Some(path), context.now, Wanted::nobody)?.registry.forum().clone()),
    }
}
