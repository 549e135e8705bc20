//! `vouchsafe log append`: enters the signatures of attestations in a log, and keeps the proofs with them.

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::registry::typed;
use super::super::trouble::Trouble;
use super::super::trust::location;
use super::bundle::{Believed, Bundle, WhoseArgs};
use super::keeper;
use clap::Args;
use serde::Serialize;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::gather::Location;
use vouchsafe::publish::Notary as _;
use vouchsafe::publish::submit::RemoteLog;
use vouchsafe::signer::KeyReference;
use vouchsafe::transparency::{Checkpoint, Entry, Note, Proof, signed_checkpoint};

/// Flags of `log append`.
#[derive(Args)]
pub(super) struct AppendArgs {
    /// The log's folder, or the URL of a log that takes attestations (`log serve`)
    #[arg(value_name = "DIR|URL")]
    log: OsString,
    /// Attestations: sigstore bundles, or DSSE envelopes in JSON Lines
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// The log's private key, for a log in a folder
    #[arg(long, value_name = "KEY")]
    key: Option<KeyReference>,
    #[command(flatten)]
    whose: WhoseArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// schemas/log-append-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    origin: String,
    /// Of the checkpoint that was published.
    size: u64,
    cosigned: Vec<String>,
    bundles: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    bundle: String,
    /// The place of each signature in the log.
    indices: Vec<u64>,
    /// Where the proofs are.
    proofs: Vec<String>,
}

/// Runs `log append`.
pub(super) fn run(context: &Context, args: &AppendArgs) -> Answer {
    // Whatever is to be refused is refused before anybody types a passphrase, and before anything is logged.
    let bundles = args.whose.read(context, &args.bundles)?;
    let count = bundles.iter().map(|b| b.entries().count()).sum();
    let Entered { mut proofs, log, note } = match location(&args.log)? {
        Location::Web(url, network) => there(context, args, &RemoteLog::at(&url, &network)?, &bundles)?,
        folder => here(context, args, folder.as_path(), &bundles)?,
    };
    let key = &log.key;
    let mut document = Document {
        schema: "vouchsafe-log-append/v1",
        origin: key.name().to_owned(),
        size: signed_checkpoint(&note, key)?.size,
        cosigned: note.signatures().iter().filter(|s| !key.is_named_by(s)).map(|s| s.name.clone()).collect(),
        bundles: Vec::new(),
    };
    for bundle in bundles {
        let rest = proofs.split_off(bundle.entries().count().min(proofs.len()));
        let mine = std::mem::replace(&mut proofs, rest);
        let (path, indices) = (bundle.path.clone(), mine.iter().map(|proof| proof.index).collect());
        let kept = bundle.keep(&mine, &log, context.now)?.iter().map(|p| p.to_string_lossy().into_owned()).collect();
        document.bundles.push(Line { bundle: path.to_string_lossy().into_owned(), indices, proofs: kept });
    }
    context.answer(&text(context, &document, count), &document)?;
    Ok(ExitCode::SUCCESS)
}

/// Proofs in the order of the entries, the log, and the checkpoint they lead to.
struct Entered {
    proofs: Vec<Proof>,
    log: Believed,
    note: Note,
}

/// Enters them in a log that is kept in a folder.
fn here(context: &Context, args: &AppendArgs, folder: &Path, bundles: &[Bundle]) -> Result<Entered, Trouble> {
    let key = args
        .key
        .as_ref()
        .ok_or_else(|| Trouble::usage("a log in a folder is written with --key KEY, its private key"))?;
    let keeper = keeper(context, folder, key, &args.passphrase)?;
    let entries: Vec<Entry> = bundles.iter().flat_map(|b| b.entries().cloned()).collect();
    let proofs = keeper.enter(&entries)?;
    let log = Believed { key: keeper.log().key().clone(), policy: keeper.log().policy().cloned() };
    Ok(Entered { proofs, log, note: keeper.log().checkpoint()? })
}

/// Hands them to a log that somebody else keeps, one file after the other.
fn there(context: &Context, args: &AppendArgs, log: &RemoteLog, bundles: &[Bundle]) -> Result<Entered, Trouble> {
    let policy = args.whose.log_policy(context)?;
    let mut proofs = Vec::new();
    for bundle in bundles {
        let entries: Vec<Entry> = bundle.entries().cloned().collect();
        proofs.extend(log.enter(bundle.bytes(), &entries, &policy, context.now)?);
    }
    let last = proofs.last().and_then(|proof| {
        let origin = Checkpoint::parse(proof.note.text()).ok()?.origin;
        let key = policy.logs().iter().find(|log| log.key.name() == origin)?.key.clone();
        Some((key, proof.note.clone()))
    });
    let (key, note) = last.ok_or_else(|| Trouble::usage("there is no signature in these files"))?;
    Ok(Entered { proofs, log: Believed { key, policy: Some(policy) }, note })
}

fn text(context: &Context, document: &Document, entries: usize) -> String {
    let cosigned = match document.cosigned.as_slice() {
        [] => "cosigned by nobody".into(),
        names => format!("cosigned by {}", names.iter().map(|n| shown(n)).collect::<Vec<_>>().join(", ")),
    };
    let mut text = format!(
        "{}  {}  {}, in a log of {}, {cosigned}\n",
        context.paint(32, "LOGGED"),
        shown(&document.origin),
        count(entries, "signature"),
        document.size,
    );
    for line in &document.bundles {
        let places: Vec<String> = line.indices.iter().map(u64::to_string).collect();
        let kept: Vec<String> = line.proofs.iter().map(|p| typed(p.as_ref())).collect();
        let _ = writeln!(
            text,
            "  {}  entry {}, proof in {}",
            typed(line.bundle.as_ref()),
            places.join(", "),
            kept.join(", ")
        );
    }
    text
}
