//! `vouchsafe registry set-log`, and what `registry show` says of it: which logs and witnesses a forum relies on.

use super::super::Answer;
use super::super::context::Context;
use super::{open, review, trouble};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::text::shown;
use vouchsafe::store::read_bounded;
use vouchsafe::transparency::{Log, LogPolicy, Witness};

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

/// The log policy of a forum, as `vouchsafe registry show` tells it.
#[derive(Serialize)]
pub(super) struct LogCard {
    logs: Vec<Keyed>,
    witnesses: Vec<Keyed>,
    /// In words.
    quorum: String,
}

#[derive(Serialize)]
struct Keyed {
    name: String,
    vkey: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl LogCard {
    pub(super) fn of(policy: &LogPolicy) -> Self {
        let log = |log: &Log| Keyed { name: log.key.name().into(), vkey: log.key.to_string(), url: log.url.clone() };
        let witness = |w: &Witness| Keyed { name: w.name.clone(), vkey: w.key.to_string(), url: w.url.clone() };
        Self {
            logs: policy.logs().iter().map(log).collect(),
            witnesses: policy.witnesses().iter().map(witness).collect(),
            quorum: policy.demand(),
        }
    }
    pub(super) fn text(&self) -> String {
        let logs: Vec<String> = self.logs.iter().map(|log| shown(&log.name)).collect();
        format!("{}, cosigned by {}", logs.join(" or "), shown(&self.quorum))
    }
}

/// Runs `registry set-log`.
pub(super) fn set(context: &Context, args: &SetLogArgs) -> Answer {
    let forum = open(&args.folder)?;
    let (policy, answer) = match &args.file {
        Some(path) => {
            let bytes = read_bounded(path, MAX_SMALL)?;
            let policy = LogPolicy::parse(&bytes)?;
            let logs: Vec<String> = policy.logs().iter().map(|log| shown(log.key.name())).collect();
            (
                Some(bytes),
                format!("{} is to be the forum's log, cosigned by {}", logs.join(" or "), shown(&policy.demand())),
            )
        }
        None => (None, "the forum is to rely on no log any more".to_owned()),
    };
    forum.set_log_policy(policy.as_deref(), context.now).map_err(|e| trouble(e, &args.folder))?;
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}
