//! `vouchsafe registry init`: stages the founding of a forum.

use super::super::Answer;
use super::super::context::Context;
use super::super::trouble::Trouble;
use super::{review, trouble, typed};
use clap::Args;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use vouchsafe::encoding::{MAX_SMALL, text::shown};
use vouchsafe::key::PublicKey;
use vouchsafe::publish::{Forum, Founding};
use vouchsafe::store;
use vouchsafe::verify::Policy;
use vouchsafe::verify::default_policy_json;

/// Flags of `registry init`.
#[derive(Args)]
pub(super) struct InitArgs {
    /// The forum's folder; made if it is missing
    folder: PathBuf,
    /// The forum's display name
    #[arg(long)]
    name: String,
    /// A board member's public key, once for each; the seat is named after the file unless SEAT= comes before it
    #[arg(long, value_name = "[SEAT=]FILE", required = true)]
    board_key: Vec<OsString>,
    /// How many board members must sign every change
    #[arg(long, value_name = "N")]
    threshold: usize,
    /// Public key of the machine that publishes
    #[arg(long, value_name = "FILE")]
    online_key: PathBuf,
}

/// Runs `registry init`.
pub(super) fn run(context: &Context, args: &InitArgs) -> Answer {
    if args.name.trim().is_empty() {
        return Err(Trouble::usage("--name: the forum needs a name"));
    }
    let mut board: Vec<(String, PublicKey)> = Vec::new();
    for text in &args.board_key {
        let (seat, path) = seat(text);
        if seat.is_empty() || board.iter().any(|(taken, _)| *taken == seat) {
            return Err(Trouble::usage(format!(
                "--board-key: seat {:?} is empty or named twice; write SEAT=FILE",
                shown(&seat)
            )));
        }
        board.push((seat, read_key(&path)?));
    }
    let policy = default_policy_json()?;
    Policy::parse("default", &policy)?;
    let founding = Founding {
        name: &args.name,
        board: &board,
        threshold: args.threshold,
        online: read_key(&args.online_key)?,
        files: [("policies/default.json".to_owned(), policy)].into(),
    };
    let folder = typed(&args.folder);
    let forum = Forum::found(&args.folder, founding, context.now).map_err(|e| match e {
        vouchsafe::publish::Error::Store(store::Error::Exists(_)) => Trouble::from(e).then(format!(
            "choose another folder; vouchsafe registry show {folder} and review {folder} say what is there"
        )),
        other => trouble(other, &args.folder),
    })?;
    if args.threshold == 1 {
        context.say("warning: one key alone decides who is a member; a threshold of 2 of 3 or more survives a lost or stolen key");
    }
    let answer = format!("founded; {} of {} board seats must sign every change", args.threshold, board.len());
    let next = format!(
        "vouchsafe registry add-member {folder} ID --name NAME --scope PATTERN, then vouchsafe registry sign {folder} --key KEY"
    );
    review::staged(context, &forum, &args.folder, &answer, &next)
}

/// `SEAT=FILE`, or the file's name without `.pem` and `.pub`.
pub(super) fn seat(text: &std::ffi::OsStr) -> (String, PathBuf) {
    let path = Path::new(text);
    if let Some((seat, file)) = text.to_str().and_then(|t| t.split_once('='))
        && !store::exists(path)
    {
        return (seat.to_owned(), file.into());
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or_default();
    (stem.to_owned(), path.to_owned())
}

/// A public key from a file.
pub(super) fn read_key(path: &Path) -> Result<PublicKey, Trouble> {
    let bytes = store::read_bounded(path, MAX_SMALL)?;
    PublicKey::import(&bytes).map(|(key, _)| key).map_err(|e| {
        Trouble::from(e).then(format!(
            "give a public key, such as NAME.pub.pem; vouchsafe key show {} says what this is",
            typed(path)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::seat;
    use vouchsafe::verify::Policy;

    #[test]
    fn seats_and_policy() {
        for (text, name, path) in [
            ("keys/board1.pub.pem", "board1", "keys/board1.pub.pem"),
            ("chair=b.pem", "chair", "b.pem"),
            (".pem", "pem", ".pem"),
        ] {
            assert_eq!(seat(text.as_ref()), (name.to_owned(), path.into()));
        }
        let policy = Policy::parse("default", &vouchsafe::verify::default_policy_json().unwrap()).unwrap();
        assert_eq!(policy.practices.unwrap().profile.as_deref(), Some("base"));
    }
}
