//! Notices about attestations, each staged for the board to sign.

use super::Error;
use super::change::{Files, parse};
use super::forum::Forum;
use crate::encoding::duration::{Span, rfc3339};
use crate::encoding::{MAX_SMALL, json};
use crate::registry::{
    Bins, Code, MemberRecord, Notice, Recorded, Refusal, notice_authors, notices_file, notices_target,
};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// How far ahead the clock of whoever gave a notice may run.
const SKEW: Span = Span::seconds(300);

impl Forum {
    /// Stages a notice, beside those about the same attestation. It is never removed again.
    ///
    /// # Errors
    /// [`Code::NoticeInvalid`] if it is not signed by the member or seat it names, by a key that is in force now;
    /// [`Code::Unchanged`] if it is there already.
    pub fn add_notice(&self, envelope: &[u8], now: Timestamp) -> Result<Notice, Error> {
        let claimed = Notice::claimed(envelope)?;
        let digest = crate::attestation::Envelope::parse(envelope)?.payload_sha256();
        let written: Value = json::parse(envelope, MAX_SMALL, "claim notice")?;
        let target = notices_target(&claimed.attestation);
        let record = claimed.said.member.as_deref().map(MemberRecord::target);
        let names: Vec<String> = record.into_iter().chain([target.clone()]).collect();
        self.edit(&names, now, |files| {
            let mut contents = parse(files)?;
            let notice = Notice::check(envelope, &contents, Some(now))?;
            if notice.said.at > SKEW.after(now) {
                let (expected, got) = (format!("{} at the latest", rfc3339(now)), rfc3339(notice.said.at));
                return Err(Refusal::new(Code::NoticeInvalid, notice.by(), expected, got).into());
            }
            let there = contents.notices.entry(notice.attestation.clone()).or_default();
            if there.iter().any(|n| n.digest == digest) {
                let (expected, got) = ("a notice that is not there yet", "one that is");
                return Err(Refusal::new(Code::Unchanged, notice.by(), expected, got).into());
            }
            there.push(Recorded { envelope: written, digest: digest.clone(), notice: notice.clone() });
            files.insert(target, notices_file(there));
            if let Some(member) = notice.said.member.as_ref().and_then(|id| contents.members.get_mut(id)) {
                member.notices.insert(digest);
                files.insert(MemberRecord::target(&member.id), json::pretty(member));
            }
            Ok(notice)
        })
    }
}

/// The roles that hold the members whose notices a change adds: without their records nobody could check them.
pub(super) fn roles_of_authors(before: &Files, after: &Files, bins: &Bins) -> Result<BTreeSet<String>, Error> {
    let of = |files: &Files| {
        let top = files.iter().filter(|(name, _)| name.starts_with("notices/"));
        parse(&top.map(|(name, bytes)| (name.clone(), bytes.clone())).collect())
    };
    let authors = notice_authors(&of(before)?, &of(after)?);
    Ok(authors.iter().map(|id| bins.home(&MemberRecord::target(id))).collect())
}
