//! `vouchsafe registry rotate`: stages another board, another threshold or another online key.

use super::super::Answer;
use super::super::context::Context;
use super::super::trouble::Trouble;
use super::init::{read_key, seat};
use super::{open, review, trouble, typed};
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::publish::Rotation;

/// Flags of `registry rotate`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub(super) struct RotateArgs {
    /// The forum's folder
    folder: PathBuf,
    /// Public key of a new seat; the seat is named after the file unless SEAT= comes before it
    #[arg(long, value_name = "[SEAT=]FILE", group = "what")]
    add_board_key: Vec<OsString>,
    /// A seat that goes. Together with --add-board-key SEAT=FILE, the seat gets another key
    #[arg(long, value_name = "SEAT", group = "what")]
    remove_seat: Vec<String>,
    /// How many board members must sign every change from then on
    #[arg(long, value_name = "N", group = "what")]
    threshold: Option<usize>,
    /// Public key of the machine that publishes from then on
    #[arg(long, value_name = "FILE", group = "what")]
    online_key: Option<PathBuf>,
}

/// Runs `registry rotate`.
pub(super) fn run(context: &Context, args: &RotateArgs) -> Answer {
    let forum = open(&args.folder)?;
    let folder = typed(&args.folder);
    if forum.fingerprint()?.is_none() {
        return Err(Trouble::undecided(
            "not-published",
            format!("{folder}: this forum has published nothing yet, so it has no board to exchange"),
            format!("vouchsafe registry drop {folder}, then found it again with vouchsafe registry init"),
        ));
    }
    let mut rotation = Rotation { remove: args.remove_seat.clone(), threshold: args.threshold, ..Rotation::default() };
    for text in &args.add_board_key {
        let (name, path) = seat(text);
        if name.is_empty() {
            return Err(Trouble::usage("--add-board-key: the seat has no name; write SEAT=FILE"));
        }
        rotation.add.push((name, read_key(&path)?));
    }
    rotation.online = args.online_key.as_deref().map(read_key).transpose()?;
    forum.rotate(&rotation, context.now).map_err(|e| trouble(e, &args.folder))?;
    if args.threshold == Some(1) {
        context.say("warning: one key alone decides who is a member; a threshold of 2 of 3 or more survives a lost or stolen key");
    }
    review::staged(context, &forum, &args.folder, &done(&rotation), &review::to_sign(&args.folder))
}

/// What is staged, in a sentence.
fn done(rotation: &Rotation) -> String {
    let names = |names: Vec<&String>| names.iter().map(|n| shown(n)).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    if !rotation.remove.is_empty() {
        let what = count(rotation.remove.len(), "board key");
        parts.push(format!("{what} removed ({})", names(rotation.remove.iter().collect())));
    }
    if !rotation.add.is_empty() {
        let what = count(rotation.add.len(), "board key");
        parts.push(format!("{what} added ({})", names(rotation.add.iter().map(|(n, _)| n).collect())));
    }
    parts.extend(rotation.threshold.map(|n| format!("a threshold of {n}")));
    parts.extend(rotation.online.as_ref().map(|_| "another online key, which publishes this change".to_owned()));
    format!("the root is to be exchanged: {}", parts.join(", "))
}
