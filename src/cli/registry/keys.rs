//! `vouchsafe registry add-key`, `retire-key`, `revoke-key`: the life of a member's key.

use super::super::Answer;
use super::super::context::Context;
use super::super::trouble::Trouble;
use super::{open, review, trouble, typed};
use clap::Args;
use jiff::Timestamp;
use std::path::PathBuf;
use vouchsafe::encoding::duration::{instant, rfc3339};
use vouchsafe::encoding::{MAX_SMALL, text::shown};
use vouchsafe::store::read_bounded;

/// Flags of `registry add-key`.
#[derive(Args)]
pub(super) struct AddKeyArgs {
    /// The forum's folder
    folder: PathBuf,
    /// The member's id
    id: String,
    /// What vouchsafe key prove wrote
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
}

/// Flags of `registry retire-key`.
#[derive(Args)]
pub(super) struct RetireKeyArgs {
    /// The forum's folder
    folder: PathBuf,
    /// The member's id
    id: String,
    /// The key's id, as vouchsafe registry show lists it
    #[arg(value_name = "KEYID")]
    key: String,
    /// From when on it no longer signs: a date or an RFC 3339 time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Timestamp,
    /// Why; stands in the registry for everybody to read
    #[arg(long)]
    reason: Option<String>,
}

/// Flags of `registry revoke-key`.
#[derive(Args)]
pub(super) struct RevokeKeyArgs {
    /// The forum's folder
    folder: PathBuf,
    /// The member's id
    id: String,
    /// The key's id, as vouchsafe registry show lists it
    #[arg(value_name = "KEYID")]
    key: String,
    /// The last moment it was surely safe: a date or an RFC 3339 time; may later move to an earlier time only
    #[arg(long, value_name = "TIME", value_parser = instant)]
    compromised_since: Timestamp,
    /// Why; stands in the registry for everybody to read
    #[arg(long)]
    reason: String,
}

/// Runs `registry add-key`.
pub(super) fn add(context: &Context, args: &AddKeyArgs) -> Answer {
    let forum = open(&args.folder)?;
    let proof = read_bounded(&args.proof, MAX_SMALL)?;
    let key = forum.add_key(&args.id, &proof, context.now).map_err(|e| trouble(e, &args.folder))?;
    let follows = key.follows.as_ref().map(|old| format!(", and so did the key it follows, {}", shown(old)));
    let answer = format!(
        "key {} ({}) of {} is to be admitted; its holder proved possession{}",
        key.keyid,
        key.suite,
        shown(&args.id),
        follows.unwrap_or_default()
    );
    let next = match &key.follows {
        Some(old) => format!(
            "vouchsafe registry retire-key {} {} {} --at TIME, when the new key has taken over",
            typed(&args.folder),
            shown(&args.id),
            shown(old)
        ),
        None => review::to_sign(&args.folder),
    };
    review::staged(context, &forum, &args.folder, &answer, &next)
}

/// Runs `registry retire-key`.
pub(super) fn retire(context: &Context, args: &RetireKeyArgs) -> Answer {
    let forum = open(&args.folder)?;
    forum
        .retire_key(&args.id, &args.key, args.at, args.reason.clone(), context.now)
        .map_err(|e| trouble(e, &args.folder))?;
    let answer = format!("key {} of {} is to be retired at {}", shown(&args.key), shown(&args.id), rfc3339(args.at));
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}

/// Runs `registry revoke-key`.
pub(super) fn revoke(context: &Context, args: &RevokeKeyArgs) -> Answer {
    if args.compromised_since > context.now {
        return Err(Trouble::usage("--compromised-since lies in the future; to end a key's use later, use retire-key"));
    }
    let forum = open(&args.folder)?;
    forum
        .revoke_key(&args.id, &args.key, args.compromised_since, args.reason.clone(), context.now)
        .map_err(|e| trouble(e, &args.folder))?;
    let since = rfc3339(args.compromised_since);
    let answer = format!("key {} of {} is to be REVOKED, compromised since {since}", shown(&args.key), shown(&args.id));
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}
