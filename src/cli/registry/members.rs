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
use vouchsafe::publish::Named;
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
    /// A member whose id or name is like this one's and who is another; stands in the registry, for the board to see
    #[arg(long, value_name = "ID")]
    confusable_with: Vec<String>,
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

/// Flags of `registry edit-member`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub(super) struct EditMemberArgs {
    /// The forum's folder
    folder: PathBuf,
    /// The member's id, which stays
    id: String,
    /// Another display name
    #[arg(long, group = "what")]
    name: Option<String>,
    /// A member whose id or name is like that name and who is another; stands in the registry, for the board to see
    #[arg(long, value_name = "ID", requires = "name")]
    confusable_with: Vec<String>,
    /// What the member may speak for, in place of everything it may speak for until now
    #[arg(long, value_name = "PATTERN", group = "what")]
    scope: Vec<String>,
}

/// Flags of `registry leave`.
#[derive(Args)]
pub(super) struct LeaveArgs {
    #[command(flatten)]
    state: StateArgs,
    /// From when on: a date or an RFC 3339 time; now if not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Timestamp>,
}

/// Runs `registry add-member`.
pub(super) fn add(context: &Context, args: &AddMemberArgs) -> Answer {
    if args.name.trim().is_empty() || args.scope.iter().any(|s| s.trim().is_empty()) {
        return Err(Trouble::usage("--name and --scope must not be empty"));
    }
    let forum = open(&args.folder)?;
    let since = args.since.unwrap_or(context.now);
    forum
        .add_member(&args.id, named(&args.name, &args.confusable_with), args.scope.clone(), since, context.now)
        .map_err(|e| trouble(e, &args.folder))?;
    let answer = format!("member {} ({}) is to be admitted, since {}", shown(&args.id), shown(&args.name), day(since));
    let (id, folder) = (shown(&args.id), typed(&args.folder));
    let next =
        format!("the member runs vouchsafe key prove --key KEY --member {id} --forum {folder} --out {id}.proof.json");
    review::staged(context, &forum, &args.folder, &answer, &next)
}

fn named<'a>(name: &'a str, confusable_with: &'a [String]) -> Named<'a> {
    Named { name: name.trim(), confusable_with }
}

/// Runs `registry edit-member`.
pub(super) fn edit(context: &Context, args: &EditMemberArgs) -> Answer {
    let empty = |text: &String| text.trim().is_empty();
    if args.name.as_ref().is_some_and(empty) || args.scope.iter().any(empty) {
        return Err(Trouble::usage("--name and --scope must not be empty"));
    }
    let forum = open(&args.folder)?;
    let scope = Some(args.scope.clone()).filter(|scope| !scope.is_empty());
    forum
        .describe_member(
            &args.id,
            args.name.as_ref().map(|name| named(name, &args.confusable_with)),
            scope,
            context.now,
        )
        .map_err(|e| trouble(e, &args.folder))?;
    let answer = format!("the record of member {} is to be changed", shown(&args.id));
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}

/// Runs `registry suspend`.
pub(super) fn suspend(context: &Context, args: &StateArgs) -> Answer {
    decide(context, args, MemberState::Suspended, "suspended")
}

/// Runs `registry reinstate`.
pub(super) fn reinstate(context: &Context, args: &StateArgs) -> Answer {
    decide(context, args, MemberState::Active, "active")
}

/// Runs `registry leave`.
pub(super) fn leave(context: &Context, args: &LeaveArgs) -> Answer {
    let at = args.at.unwrap_or(context.now);
    decide_at(context, &args.state, MemberState::Left, at, &format!("a member no longer, for good, from {}", day(at)))
}

fn decide(context: &Context, args: &StateArgs, state: MemberState, word: &str) -> Answer {
    decide_at(context, args, state, context.now, word)
}

fn decide_at(context: &Context, args: &StateArgs, state: MemberState, at: Timestamp, word: &str) -> Answer {
    let forum = open(&args.folder)?;
    forum.set_state(&args.id, state, at, args.reason.clone(), context.now).map_err(|e| trouble(e, &args.folder))?;
    let answer = format!("member {} is to be {word}", shown(&args.id));
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}
