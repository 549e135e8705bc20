//! `vouchsafe log append`: enters the signatures of attestations in a log, and keeps the proofs with them.

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::registry::typed;
use super::bundle::WhoseArgs;
use super::keeper;
use clap::Args;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::publish::Notary as _;
use vouchsafe::signer::KeyReference;
use vouchsafe::transparency::{Entry, signed_checkpoint};

/// Flags of `log append`.
#[derive(Args)]
pub(super) struct AppendArgs {
    /// The log's folder
    folder: PathBuf,
    /// Attestations: sigstore bundles, or DSSE envelopes in JSON Lines
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// The log's private key
    #[arg(long, value_name = "KEY")]
    key: KeyReference,
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
    let keeper = keeper(context, &args.folder, &args.key, &args.passphrase)?;
    let key = keeper.log().key();
    let entries: Vec<Entry> = bundles.iter().flat_map(|b| b.entries().cloned()).collect();
    let mut proofs = keeper.enter(&entries)?;
    let note = keeper.log().checkpoint()?;
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
        let kept =
            bundle.keep(&mine, keeper.log(), context.now)?.iter().map(|p| p.to_string_lossy().into_owned()).collect();
        document.bundles.push(Line { bundle: path.to_string_lossy().into_owned(), indices, proofs: kept });
    }
    context.answer(&text(context, &document, entries.len()), &document)?;
    Ok(ExitCode::SUCCESS)
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
