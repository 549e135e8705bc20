//! `vouchsafe registry add-seat` and `drop-seat`: groups beside the board.

use super::super::Answer;
use super::super::context::Context;
use super::init::read_key;
use super::{open, review, trouble};
use clap::Args;
use std::path::PathBuf;
use vouchsafe::encoding::text::shown;

/// Flags of `registry add-seat`.
#[derive(Args)]
pub(super) struct AddSeatArgs {
    /// The forum's folder
    folder: PathBuf,
    /// The group, such as advisory; made with its first seat
    group: String,
    /// The seat's name
    seat: String,
    /// The seat's public key: nobody else's, not a member's, not the board's
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Flags of `registry drop-seat`.
#[derive(Args)]
pub(super) struct DropSeatArgs {
    /// The forum's folder
    folder: PathBuf,
    /// The group
    group: String,
    /// The seat's name
    seat: String,
}

/// Runs `registry add-seat`.
pub(super) fn add(context: &Context, args: &AddSeatArgs) -> Answer {
    let forum = open(&args.folder)?;
    let key = read_key(&args.key)?;
    forum.add_seat(&args.group, &args.seat, &key, context.now).map_err(|e| trouble(e, &args.folder))?;
    let answer = format!("seat {} of group {} is to be added", shown(&args.seat), shown(&args.group));
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}

/// Runs `registry drop-seat`.
pub(super) fn drop_seat(context: &Context, args: &DropSeatArgs) -> Answer {
    let forum = open(&args.folder)?;
    forum.drop_seat(&args.group, &args.seat, context.now).map_err(|e| trouble(e, &args.folder))?;
    let answer = format!("seat {} of group {} is to be removed", shown(&args.seat), shown(&args.group));
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}
