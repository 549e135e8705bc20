//! `vouchsafe registry publish` and `refresh`: the online key makes a registry version what clients see.

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::trust::held;
use super::{Card, open, trouble, typed};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::duration::rfc3339;
use vouchsafe::encoding::text::shown;
use vouchsafe::registry::TrustedRegistry;
use vouchsafe::signer::{self, KeyReference};

/// Flags of `registry publish` and `registry refresh`.
#[derive(Args)]
pub(super) struct PublishArgs {
    /// The forum's folder
    folder: PathBuf,
    /// The online private key
    #[arg(long, value_name = "KEY")]
    online_key: KeyReference,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Runs `registry publish`.
pub(super) fn publish(context: &Context, args: &PublishArgs) -> Answer {
    let forum = open(&args.folder)?;
    let folder = &args.folder;
    // Who is missing is told before anybody types a passphrase.
    forum.need_staged().and_then(|change| change.check_threshold()).map_err(|e| trouble(e, folder))?;
    let signer = signer::open(&args.online_key, &args.passphrase.source())?;
    let registry = forum.publish(signer.as_ref(), context.now).map_err(|e| trouble(e, folder))?;
    answer(context, args, &registry, "PUBLISHED")
}

/// Runs `registry refresh`.
pub(super) fn refresh(context: &Context, args: &PublishArgs) -> Answer {
    let forum = open(&args.folder)?;
    let signer = signer::open(&args.online_key, &args.passphrase.source())?;
    let registry = forum.refresh(signer.as_ref(), context.now).map_err(|e| trouble(e, &args.folder))?;
    answer(context, args, &registry, "REFRESHED")
}

fn answer(context: &Context, args: &PublishArgs, registry: &TrustedRegistry, word: &str) -> Answer {
    let published = args.folder.join("published");
    let card = Card::of(registry, published.to_string_lossy().into_owned(), context.now);
    let text = format!(
        "{}  {}  registry version {}, {}, good until {}\n  in          {} (static files: any web server will do)\n  fingerprint {}\nnext: vouchsafe trust add {} --fingerprint {}\n",
        context.paint(32, word),
        shown(&registry.forum().name),
        registry.versions().targets,
        held(registry),
        rfc3339(registry.timestamp_expires()),
        typed(&published),
        registry.fingerprint(),
        typed(&args.folder),
        registry.fingerprint(),
    );
    context.answer(&text, &card)?;
    Ok(ExitCode::SUCCESS)
}
