//! `vouchsafe registry add-member`, `suspend`, `reinstate`: decisions about memberships.

use super::super::Answer;
use super::super::context::Context;
use super::super::trouble::Trouble;
use super::{open, review, trouble, typed};
use clap::Args;
use jiff::Timestamp;
use std::path::PathBuf;
use vouchsafe::encoding::duration::{day, instant};
use vouchsafe::encoding::text::shown;
use vouchsafe::registry::MemberState;

/// Flags of `registry add-member`.
#[derive(Args)]
pub(super) struct AddMemberArgs {
    /// The forum's folder
    folder: PathBuf,
    /// The member's id, such as acme; never used again for anybody else
    id: String,
    /// The member's display name
    #[arg(long)]
    name: String,
    /// What the member may speak for: a package URL pattern (pkg:generic/acme/*) or a file name pattern (acme-*)
    #[arg(long, value_name = "PATTERN", required = true)]
    scope: Vec<String>,
    /// Member since this date; today if not given
    #[arg(long, value_name = "DATE", value_parser = instant)]
    since: Option<Timestamp>,
}

/// Flags of `registry suspend` and `registry reinstate`.
#[derive(Args)]
pub(super) struct StateArgs {
    /// The forum's folder
    folder: PathBuf,
    /// The member's id
    id: String,
    /// Why; stands in the registry for everybody to read
    #[arg(long)]
    reason: Option<String>,
}

/// Runs `registry add-member`.
pub(super) fn add(context: &Context, args: &AddMemberArgs) -> Answer {
    if args.name.trim().is_empty() || args.scope.iter().any(|s| s.trim().is_empty()) {
        return Err(Trouble::usage("--name and --scope must not be empty"));
    }
    let forum = open(&args.folder)?;
    let since = args.since.unwrap_or(context.now);
    forum
        .add_member(&args.id, args.name.trim(), args.scope.clone(), since, context.now)
        .map_err(|e| trouble(e, &args.folder))?;
    let answer = format!("member {} ({}) is to be admitted, since {}", shown(&args.id), shown(&args.name), day(since));
    let (id, folder) = (shown(&args.id), typed(&args.folder));
    let next =
        format!("the member runs vouchsafe key prove --key KEY --member {id} --forum {folder} --out {id}.proof.json");
    review::staged(context, &forum, &args.folder, &answer, &next)
}

/// Runs `registry suspend`.
pub(super) fn suspend(context: &Context, args: &StateArgs) -> Answer {
    decide(context, args, MemberState::Suspended)
}

/// Runs `registry reinstate`.
pub(super) fn reinstate(context: &Context, args: &StateArgs) -> Answer {
    decide(context, args, MemberState::Active)
}

fn decide(context: &Context, args: &StateArgs, state: MemberState) -> Answer {
    let forum = open(&args.folder)?;
    forum
        .set_state(&args.id, state, context.now, args.reason.clone(), context.now)
        .map_err(|e| trouble(e, &args.folder))?;
    let answer = format!("member {} is to be {}", shown(&args.id), state.as_str());
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}
