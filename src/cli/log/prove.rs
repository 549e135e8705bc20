//! `vouchsafe log prove`: the proof of an attestation that is in a log kept here.

use super::super::Answer;
use super::super::context::Context;
use super::super::registry::typed;
use super::super::trouble::Trouble;
use super::bundle::{Believed, WhoseArgs};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::text::shown;
use vouchsafe::publish::log::LogFolder;
use vouchsafe::store::{Overwrite, write_atomic};
use vouchsafe::transparency::signed_checkpoint;

/// Flags of `log prove`.
#[derive(Args)]
pub(super) struct ProveArgs {
    /// The log's folder
    folder: PathBuf,
    /// An attestation
    bundle: PathBuf,
    /// Where to write the proof of its one signature; without it the proofs are kept where log append keeps them
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long, requires = "out")]
    force: bool,
    #[command(flatten)]
    whose: WhoseArgs,
}

/// schemas/log-prove-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    origin: String,
    size: u64,
    bundle: String,
    indices: Vec<u64>,
    proofs: Vec<String>,
}

/// Runs `log prove`.
pub(super) fn run(context: &Context, args: &ProveArgs) -> Answer {
    let log = LogFolder::open(&args.folder)?;
    let bundles = args.whose.read(context, std::slice::from_ref(&args.bundle))?;
    let mut document = Document {
        schema: "vouchsafe-log-prove/v1",
        origin: log.key().name().to_owned(),
        size: 0,
        bundle: args.bundle.to_string_lossy().into_owned(),
        indices: Vec::new(),
        proofs: Vec::new(),
    };
    for bundle in bundles {
        let mut proofs = Vec::new();
        for entry in bundle.entries() {
            let proof = log.prove(&entry.leaf())?.ok_or_else(|| absent(args, log.key().name()))?;
            document.indices.push(proof.index);
            document.size = signed_checkpoint(&proof.note, log.key())?.size;
            proofs.push(proof);
        }
        let places = match (&args.out, proofs.as_slice()) {
            (None, proofs) => {
                let log = Believed { key: log.key().clone(), policy: log.policy().cloned() };
                bundle.keep(proofs, &log, context.now)?
            }
            (Some(out), [proof]) => {
                let overwrite = if args.force { Overwrite::Replace } else { Overwrite::Refuse };
                write_atomic(out, proof.to_string().as_bytes(), overwrite)?;
                vec![out.clone()]
            }
            (Some(_), _) => {
                return Err(Trouble::usage("-o takes the proof of one signature; leave it out for several"));
            }
        };
        document.proofs = places.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    }
    let kept: Vec<String> = document.proofs.iter().map(|p| typed(p.as_ref())).collect();
    let places: Vec<String> = document.indices.iter().map(u64::to_string).collect();
    let text = format!(
        "{}  {}  entry {} of a log of {}\n  proof  {}\n",
        context.paint(32, "PROVEN"),
        shown(&document.origin),
        places.join(", "),
        document.size,
        kept.join(", "),
    );
    context.answer(&text, &document)?;
    Ok(ExitCode::SUCCESS)
}

fn absent(args: &ProveArgs, origin: &str) -> Trouble {
    let (folder, bundle) = (typed(&args.folder), typed(&args.bundle));
    let message = format!("{bundle}: the log {} does not hold it, or has not published it yet", shown(origin));
    Trouble::undecided("not-in-log", message, format!("vouchsafe log append {folder} {bundle} --key KEY"))
        .because("an entry that is published", "none")
}
