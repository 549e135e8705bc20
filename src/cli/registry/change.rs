//! `vouchsafe registry add-catalogue`, `renew`, `split`, `drop`: changes that are about no member.

use super::super::Answer;
use super::super::context::Context;
use super::{open, review, trouble, typed};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::{MAX_DOCUMENT, text::shown};
use vouchsafe::practice::BUILTIN;
use vouchsafe::store::read_bounded;

/// Flags of `registry add-catalogue`.
#[derive(Args)]
pub(super) struct AddCatalogueArgs {
    /// The forum's folder
    folder: PathBuf,
    /// A catalogue (JSON); the built-in one without
    file: Option<PathBuf>,
}

/// Flags of `registry renew` and `registry drop`.
#[derive(Args)]
pub(super) struct FolderArgs {
    /// The forum's folder
    folder: PathBuf,
}

/// Runs `registry add-catalogue`.
pub(super) fn add_catalogue(context: &Context, args: &AddCatalogueArgs) -> Answer {
    let forum = open(&args.folder)?;
    let bytes = match &args.file {
        Some(path) => read_bounded(path, MAX_DOCUMENT)?,
        None => BUILTIN.to_vec(),
    };
    let catalogue = forum.add_catalogue(&bytes, context.now).map_err(|e| trouble(e, &args.folder))?;
    let answer = format!(
        "catalogue {} with {} practices is to be added, sha256:{}",
        shown(&catalogue.uri()),
        catalogue.practices.len(),
        catalogue.digest_hex()
    );
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}

/// Runs `registry renew`.
pub(super) fn renew(context: &Context, args: &FolderArgs) -> Answer {
    let forum = open(&args.folder)?;
    forum.renew(context.now).map_err(|e| trouble(e, &args.folder))?;
    review::staged(context, &forum, &args.folder, "the same content is to be renewed", &review::to_sign(&args.folder))
}

/// Flags of `registry split`.
#[derive(Args)]
pub(super) struct SplitArgs {
    /// The forum's folder
    folder: PathBuf,
    /// How many bins: 16, 256 or 4096; sixteen times as many as there are without. It is never fewer again
    #[arg(long, value_name = "N", value_parser = ["16", "256", "4096"])]
    bins: Option<String>,
}

/// Runs `registry split`.
pub(super) fn split(context: &Context, args: &SplitArgs) -> Answer {
    let forum = open(&args.folder)?;
    let digits = match args.bins.as_deref() {
        Some("16") => 1,
        Some("256") => 2,
        Some(_) => 3,
        None => forum.digits()?.saturating_add(1),
    };
    forum.spread(digits, context.now).map_err(|e| trouble(e, &args.folder))?;
    review::staged(context, &forum, &args.folder, "the members are to be spread", &review::to_sign(&args.folder))
}

/// Runs `registry drop`. Works on a change that is damaged, too: that is when it is needed.
pub(super) fn drop_staged(context: &Context, args: &FolderArgs) -> Answer {
    let forum = open(&args.folder)?;
    forum.drop_staged().map_err(|e| trouble(e, &args.folder))?;
    let folder = typed(&args.folder);
    let rest = match forum.fingerprint()? {
        Some(_) => "what is published stays as it is".to_owned(),
        None => format!("nothing was published; vouchsafe registry init {folder} founds the forum again"),
    };
    let text = format!("{}  the staged change of {folder} is given up; {rest}\n", context.paint(33, "DROPPED"));
    context.answer(&text, &json!({"schema": "vouchsafe-registry-drop/v1", "folder": args.folder.to_string_lossy()}))?;
    Ok(ExitCode::SUCCESS)
}
