//! `vouchsafe registry add-notice`, and the notices that `vouchsafe registry show` tells.

use super::super::Answer;
use super::super::context::Context;
use super::{open, review, trouble};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::duration::{day, rfc3339};
use vouchsafe::encoding::text::shown;
use vouchsafe::registry::{Contents, Notice};
use vouchsafe::store::read_bounded;

/// Flags of `registry add-notice`.
#[derive(Args)]
pub(super) struct AddNoticeArgs {
    /// The forum's folder
    folder: PathBuf,
    /// What vouchsafe claim wrote
    file: PathBuf,
}

/// Runs `registry add-notice`.
pub(super) fn add(context: &Context, args: &AddNoticeArgs) -> Answer {
    let forum = open(&args.folder)?;
    let bytes = read_bounded(&args.file, MAX_SMALL)?;
    let notice = forum.add_notice(&bytes, context.now).map_err(|e| trouble(e, &args.folder))?;
    let answer =
        format!("a notice is to be added, for ever: {} by {}", notice.said.action.as_str(), shown(notice.by()));
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}

/// A notice, for reports.
#[derive(Serialize)]
pub(crate) struct NoticeLine {
    /// SHA-256 of the payload of the attestation.
    attestation: String,
    name: String,
    action: &'static str,
    by: String,
    at: String,
    /// Empty for all of it.
    practices: Vec<String>,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_by: Option<String>,
}

impl NoticeLine {
    /// Of a notice.
    pub(crate) fn of(notice: &Notice) -> Self {
        let said = &notice.said;
        Self {
            attestation: notice.attestation.clone(),
            name: notice.name.clone(),
            action: said.action.as_str(),
            by: notice.by().to_owned(),
            at: rfc3339(said.at),
            practices: said.practices.iter().flatten().map(ToString::to_string).collect(),
            reason: said.reason.clone(),
            superseded_by: said.superseded_by.clone(),
        }
    }
}

/// All there are.
pub(super) fn of(contents: &Contents) -> Vec<NoticeLine> {
    contents.notices.values().flatten().map(|n| NoticeLine::of(&n.notice)).collect()
}

/// One line each, for `registry show`.
pub(super) fn text(contents: &Contents) -> String {
    let line = |notice: &Notice| {
        let all = notice.said.practices.as_ref().map(|p| p.iter().map(ToString::to_string).collect::<Vec<_>>());
        let practices = all.map(|p| format!(" ({})", p.join(", "))).unwrap_or_default();
        let (word, by, at) = (notice.said.action.as_str(), shown(notice.by()), day(notice.said.at));
        let (name, reason) = (shown(&notice.name), shown(&notice.said.reason));
        format!("  notice       sha256:{} {name}: {word} by {by} on {at}: {reason}{practices}\n", notice.attestation)
    };
    contents.notices.values().flatten().map(|n| line(&n.notice)).collect()
}
