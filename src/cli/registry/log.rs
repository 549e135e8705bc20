//! `vouchsafe registry set-log`: which logs and witnesses a forum relies on.

use super::super::Answer;
use super::super::context::Context;
use super::{open, review, trouble};
use clap::Args;
use std::path::PathBuf;
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::text::shown;
use vouchsafe::store::read_bounded;
use vouchsafe::transparency::LogPolicy;

/// Flags of `registry set-log`.
#[derive(Args)]
pub(super) struct SetLogArgs {
    /// The forum's folder
    folder: PathBuf,
    /// A log policy (C2SP tlog-policy): logs, witnesses, groups, quorum
    #[arg(required_unless_present = "none")]
    file: Option<PathBuf>,
    /// Rely on no log any more
    #[arg(long, conflicts_with = "file")]
    none: bool,
}

/// Runs `registry set-log`.
pub(super) fn set(context: &Context, args: &SetLogArgs) -> Answer {
    let forum = open(&args.folder)?;
    let (policy, answer) = match &args.file {
        Some(path) => {
            let bytes = read_bounded(path, MAX_SMALL)?;
            let policy = LogPolicy::parse(&bytes)?;
            let logs: Vec<String> = policy.logs().iter().map(|log| shown(log.key.name())).collect();
            let quorum = if policy.asks_for_witnesses() { policy.demand() } else { "no witness".into() };
            (Some(bytes), format!("{} is to be the forum's log, cosigned by {}", logs.join(" or "), shown(&quorum)))
        }
        None => (None, "the forum is to rely on no log any more".to_owned()),
    };
    forum.set_log_policy(policy.as_deref(), context.now).map_err(|e| trouble(e, &args.folder))?;
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}
