//! `vouchsafe registry sign`: a board member's signature, here or by file on a machine that is never online.

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::trouble::Trouble;
use super::{open, review, trouble, typed};
use clap::Args;
use std::path::{Path, PathBuf};
use vouchsafe::encoding::MAX_DOCUMENT;
use vouchsafe::publish::Change;
use vouchsafe::signer::{self, KeyReference};
use vouchsafe::store::{Overwrite, read_bounded, write_atomic};

/// Flags of `registry sign`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(super) struct SignArgs {
    /// The forum's folder, or a change exported from it
    path: PathBuf,
    /// A board member's private key
    #[arg(long, value_name = "KEY", group = "what")]
    key: Option<KeyReference>,
    /// Write the staged change to a file, to be signed on another machine
    #[arg(long, value_name = "CHANGE.json", group = "what")]
    export: Option<PathBuf>,
    /// Take over the signatures of a file that was signed on another machine
    #[arg(long, value_name = "CHANGE.json", group = "what")]
    import: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Runs `registry sign`.
pub(super) fn run(context: &Context, args: &SignArgs) -> Answer {
    match (&args.key, &args.export, &args.import) {
        (Some(key), _, _) => sign(context, args, key),
        (_, Some(file), _) => export(context, &args.path, file),
        (_, _, Some(file)) => import(context, &args.path, file),
        _ => Err(Trouble::usage("give one of --key, --export, --import")),
    }
}

fn sign(context: &Context, args: &SignArgs, key: &KeyReference) -> Answer {
    let path = &args.path;
    // What is wrong with the change is told before anybody types a passphrase.
    let (mut change, fingerprint) = review::read(path)?;
    change.review().map_err(|e| trouble(e, path))?;
    let signer = signer::open(key, &args.passphrase.source())?;
    change.sign(signer.as_ref()).map_err(|e| trouble(e, path))?;
    let fingerprint = if path.is_dir() {
        let forum = open(path)?;
        forum.write_signatures(&change).map_err(|e| trouble(e, path))?;
        // Another seat may have signed meanwhile: show what is there now.
        change = forum.need_staged().map_err(|e| trouble(e, path))?;
        forum.fingerprint()?
    } else {
        write_atomic(path, &change.to_bytes()?, Overwrite::Replace)?;
        fingerprint
    };
    let seat = change.seat_of(signer.public())?;
    let next = review::after(path, &change)?;
    review::answer(context, &change, fingerprint, ("SIGNED", &format!("{seat} has signed")), &next)
}

fn export(context: &Context, folder: &Path, file: &Path) -> Answer {
    let forum = open(folder)?;
    let change = forum.need_staged().map_err(|e| trouble(e, folder))?;
    write_atomic(file, &change.to_bytes()?, Overwrite::Refuse)
        .map_err(|e| Trouble::from(e).then("choose another name"))?;
    let name = typed(file);
    let next =
        format!("on the other machine: vouchsafe registry review {name}, vouchsafe registry sign {name} --key KEY");
    review::answer(
        context,
        &change,
        forum.fingerprint()?,
        ("EXPORTED", &format!("the staged change is in {name}")),
        &next,
    )
}

fn import(context: &Context, folder: &Path, file: &Path) -> Answer {
    let forum = open(folder)?;
    let signed = Change::parse(&read_bounded(file, MAX_DOCUMENT)?)?;
    let mut change = forum.need_staged().map_err(|e| trouble(e, folder))?;
    change.merge(&signed).map_err(|e| {
        Trouble::from(e)
            .then(format!("export it again: vouchsafe registry sign {} --export CHANGE.json", typed(folder)))
    })?;
    forum.write_signatures(&change).map_err(|e| trouble(e, folder))?;
    let change = forum.need_staged().map_err(|e| trouble(e, folder))?;
    let next = review::after(folder, &change)?;
    let done = format!("the signatures in {} are taken over", typed(file));
    review::answer(context, &change, forum.fingerprint()?, ("IMPORTED", &done), &next)
}
