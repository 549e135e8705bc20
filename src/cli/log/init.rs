//! `vouchsafe log init`: an empty log in a folder.

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::registry::typed;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::{MAX_SMALL, text::shown};
use vouchsafe::publish::log::LogFolder;
use vouchsafe::signer::{self, KeyReference};
use vouchsafe::store::read_bounded;

/// Flags of `log init`.
#[derive(Args)]
pub(super) struct InitArgs {
    /// The log's folder; made if it is missing
    folder: PathBuf,
    /// The log's name, for ever: a URL without its scheme, such as example.org/log
    #[arg(long)]
    origin: String,
    /// The log's private key (Ed25519)
    #[arg(long, value_name = "KEY")]
    key: KeyReference,
    /// Which witnesses have to cosign (C2SP tlog-policy); it has to name this log's key
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// schemas/log-init-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    folder: String,
    origin: String,
    vkey: String,
    public: String,
    next: String,
}

/// Runs `log init`.
pub(super) fn run(context: &Context, args: &InitArgs) -> Answer {
    let policy = args.policy.as_ref().map(|path| read_bounded(path, MAX_SMALL)).transpose()?;
    let signer = signer::open(&args.key, &args.passphrase.source())?;
    let log = LogFolder::init(&args.folder, &args.origin, signer.as_ref(), policy.as_deref(), context.now)?;
    let document = Document {
        schema: "vouchsafe-log-init/v1",
        folder: args.folder.to_string_lossy().into_owned(),
        origin: log.key().name().to_owned(),
        vkey: log.key().to_string(),
        public: log.public_path().to_string_lossy().into_owned(),
        next: format!("vouchsafe log append {} BUNDLE --key KEY", typed(&args.folder)),
    };
    let text = format!(
        "{}  {}  an empty log\n  vkey    {}\n  public  {} (static files: any web server will do)\nnext: {}\n",
        context.paint(32, "MADE"),
        shown(&document.origin),
        document.vkey,
        typed(&log.public_path()),
        document.next,
    );
    context.answer(&text, &document)?;
    Ok(ExitCode::SUCCESS)
}
