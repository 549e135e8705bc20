//! `vouchsafe tuf-client`: the protocol by which the TUF conformance suite tests a client. Hidden: nobody else needs it.

use super::Answer;
use super::context::Context;
use super::trouble::Trouble;
use super::trust::network;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::text::shown_path;
use vouchsafe::gather::location::Url;
use vouchsafe::gather::tuf_client::{self, TufClient};

/// Flags of `tuf-client`, as the protocol names them.
#[derive(Args)]
pub(crate) struct TufClientArgs {
    /// Where accepted metadata is kept
    #[arg(long, value_name = "DIR")]
    metadata_dir: PathBuf,
    /// Below which URL the metadata lies
    #[arg(long, value_name = "URL")]
    metadata_url: Option<String>,
    /// A target to download; may be given several times
    #[arg(long, value_name = "PATH")]
    target_name: Vec<String>,
    /// Below which URL the targets lie
    #[arg(long, value_name = "URL")]
    target_base_url: Option<String>,
    /// Where downloaded targets are kept
    #[arg(long, value_name = "DIR")]
    target_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: TufClientCommand,
}

#[derive(Subcommand)]
enum TufClientCommand {
    /// Start from this root
    Init {
        /// The root that is trusted
        root: PathBuf,
    },
    /// Bring the metadata up to date
    Refresh,
    /// Bring the metadata up to date and download targets
    Download,
}

/// Runs `vouchsafe tuf-client …`. The protocol knows no exit code but 0 and 1.
pub(crate) fn run(context: &Context, args: &TufClientArgs) -> Answer {
    if let Err(trouble) = obey(context, args) {
        let _ = trouble.report(context);
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn obey(context: &Context, args: &TufClientArgs) -> Result<(), Trouble> {
    let url = |flag: &str, given: &Option<String>| -> Result<Url, Trouble> {
        let given = given.as_deref().ok_or_else(|| Trouble::usage(format!("{flag} is missing")))?;
        Ok(Url::parse(given)?)
    };
    if let TufClientCommand::Init { root } = &args.command {
        return Ok(tuf_client::init(&args.metadata_dir, root)?);
    }
    let client = TufClient {
        folder: args.metadata_dir.clone(),
        metadata: url("--metadata-url", &args.metadata_url)?,
        network: network()?,
        now: context.now,
    };
    if matches!(args.command, TufClientCommand::Refresh) {
        let versions = client.refresh()?;
        context.say(format_args!("root {}, targets {}", versions.root, versions.targets));
        return Ok(());
    }
    let into = args.target_dir.as_ref().ok_or_else(|| Trouble::usage("--target-dir is missing"))?;
    if args.target_name.is_empty() {
        return Err(Trouble::usage("--target-name is missing"));
    }
    for path in client.download(url("--target-base-url", &args.target_base_url)?, &args.target_name, into)? {
        context.say(shown_path(&path));
    }
    Ok(())
}
