//! `vouchsafe registry publish` and `refresh`: the online key makes a registry version what clients see.

use super::super::Answer;
use super::super::context::Context;
use super::super::log::keeper;
use super::super::passphrase::PassphraseArgs;
use super::super::trust::held;
use super::{Card, open, trouble, typed};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::duration::rfc3339;
use vouchsafe::encoding::text::shown;
use vouchsafe::publish::{Before, Nobody, Notary};
use vouchsafe::registry::TrustedRegistry;
use vouchsafe::signer::{self, KeyReference};

/// Flags of `registry publish`.
#[derive(Args)]
pub(super) struct PublishArgs {
    #[command(flatten)]
    online: OnlineArgs,
    /// Sign the staged change with this board seat's private key first, where it is at hand (repeatable)
    #[arg(long, value_name = "KEY")]
    board_key: Vec<KeyReference>,
    /// The folder of the forum's log, in which this version is entered first
    #[arg(long, value_name = "DIR", requires = "log_key")]
    log: Option<PathBuf>,
    /// The log's private key
    #[arg(long, value_name = "KEY", requires = "log")]
    log_key: Option<KeyReference>,
    /// No log that the forum relied on until now can be written any more; whoever follows the forum is refused
    /// (log-policy-changed) until they confirm it anew
    #[arg(long)]
    log_lost: bool,
}

/// Flags of `registry refresh`.
#[derive(Args)]
pub(super) struct OnlineArgs {
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
    let OnlineArgs { folder, online_key, passphrase } = &args.online;
    let forum = open(folder)?;
    for key in &args.board_key {
        let mut change = forum.need_staged().map_err(|e| trouble(e, folder))?;
        change.sign(signer::open(key, &passphrase.source())?.as_ref()).map_err(|e| trouble(e, folder))?;
        forum.write_signatures(&change).map_err(|e| trouble(e, folder))?;
    }
    // Who is missing is told before anybody types a passphrase.
    forum.need_staged().and_then(|change| change.check_threshold()).map_err(|e| trouble(e, folder))?;
    let signer = signer::open(online_key, &passphrase.source())?;
    let keeper = args.log.as_deref().zip(args.log_key.as_ref()).map(|(log, key)| keeper(context, log, key, passphrase));
    let before = if args.log_lost { Before::Lost } else { Before::Kept };
    let keeper = keeper.transpose()?.map(|keeper| keeper.after(before));
    let notary = keeper.as_ref().map(|keeper| -> &dyn Notary { keeper });
    let notary = notary.or(args.log_lost.then_some(&Nobody));
    let registry = forum.publish_logged(signer.as_ref(), notary, context.now).map_err(|e| trouble(e, folder))?;
    answer(context, folder, &registry, "PUBLISHED")
}

/// Runs `registry refresh`.
pub(super) fn refresh(context: &Context, args: &OnlineArgs) -> Answer {
    let forum = open(&args.folder)?;
    let signer = signer::open(&args.online_key, &args.passphrase.source())?;
    let registry = forum.refresh(signer.as_ref(), context.now).map_err(|e| trouble(e, &args.folder))?;
    answer(context, &args.folder, &registry, "REFRESHED")
}

fn answer(context: &Context, folder: &Path, registry: &TrustedRegistry, word: &str) -> Answer {
    let published = folder.join("published");
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
        typed(folder),
        registry.fingerprint(),
    );
    context.answer(&text, &card)?;
    Ok(ExitCode::SUCCESS)
}
