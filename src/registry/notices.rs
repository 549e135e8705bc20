//! The notices a registry holds. They decide only here, where none can be left out: a withdrawal kept as a loose file
//! would be gone with the file. A list grows and never shrinks, and the board signs it as everything else.

use super::contents::Contents;
use super::notice::{MAX_NOTICE, Notice, is_sha256};
use super::refusal::{Code, Refusal};
use crate::attestation::Envelope;
use crate::encoding::text::count;
use crate::encoding::{MAX_SMALL, Malformed, json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// So many notices about one attestation.
const MAX_ABOUT_ONE: usize = 64;
/// So many attestations in a registry that there are notices about.
const MAX_ATTESTATIONS: usize = 10_000;

/// A notice as a registry holds it: the signed envelope, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The envelope (DSSE).
    pub envelope: Value,
    /// SHA-256 of what is signed of it.
    pub digest: String,
    /// What it says. The board signed the list it stands in.
    pub notice: Notice,
}

/// Notices by the SHA-256 of the payload of the attestation they are about.
pub type Notices = BTreeMap<String, Vec<Recorded>>;

/// Target `notices/SHA256.json`: all notices about one attestation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    notices: Vec<Value>,
}

const SCHEMA: &str = "vouchsafe-notices/v1";

/// Where the notices about an attestation stand among the targets.
pub fn notices_target(attestation: &str) -> String {
    format!("notices/{attestation}.json")
}

/// The file of notices about one attestation.
pub fn notices_file(notices: &[Recorded]) -> Vec<u8> {
    let notices = notices.iter().map(|n| n.envelope.clone()).collect();
    json::pretty(&File { schema: SCHEMA.into(), notices })
}

/// Reads the file `notices/FILE` and adds it to the others. Whatever cannot be read is refused and never passed over.
///
/// # Errors
/// [`Malformed`], also for notices about another attestation, and for more than there may be.
pub(super) fn read(file: &str, bytes: &[u8], into: &mut Notices) -> Result<(), Malformed> {
    let bad = |why: String| Malformed::new("notices", why);
    let about = file.strip_suffix(".json").filter(|hex| is_sha256(hex));
    let about = about.ok_or_else(|| bad(format!("target {file:?} is named after no attestation")))?;
    let limit = MAX_SMALL.saturating_add(MAX_ABOUT_ONE.saturating_mul(MAX_NOTICE));
    let written: File = json::parse(bytes, limit, "notices")?;
    if written.schema != SCHEMA {
        return Err(bad(format!("schema {:?}, expected {SCHEMA:?}", written.schema)));
    }
    let all = written.notices.len();
    if all == 0 || all > MAX_ABOUT_ONE || into.len() >= MAX_ATTESTATIONS {
        return Err(bad(format!(
            "{} about attestation {about}, one of {}; the limits are {MAX_ABOUT_ONE} and {MAX_ATTESTATIONS}",
            count(all, "notice"),
            into.len().saturating_add(1)
        )));
    }
    let mut notices: Vec<Recorded> = Vec::new();
    for envelope in written.notices {
        let bytes = json::compact(&envelope);
        let notice = Notice::claimed(&bytes)?;
        let digest = Envelope::parse(&bytes)?.payload_sha256();
        if notice.attestation != about {
            return Err(bad(format!(
                "a notice about attestation {} stands among those about {about}",
                notice.attestation
            )));
        }
        notices.push(Recorded { envelope, digest, notice });
    }
    into.insert(about.to_owned(), notices);
    Ok(())
}

/// What a change may do to notices: add those that check, each once. None is removed or changed.
///
/// # Errors
/// [`Code::NoticeInvalid`], [`Code::HistoryRewritten`].
pub(super) fn check_notices(old: &Contents, new: &Contents) -> Result<(), Refusal> {
    let none = Vec::new();
    for (about, before) in &old.notices {
        if !new.notices.get(about).unwrap_or(&none).starts_with(before) {
            let what = format!("the notices about attestation {about}");
            return Err(Refusal::new(Code::HistoryRewritten, what, "all of them for ever", "fewer, or other ones"));
        }
    }
    for (about, after) in &new.notices {
        let known = old.notices.get(about).map_or(0, Vec::len);
        for (place, recorded) in after.iter().enumerate().skip(known) {
            let notice = Notice::check(&json::compact(&recorded.envelope), new, None)?;
            if after.iter().take(place).any(|earlier| earlier.digest == recorded.digest) {
                return Err(notice.invalid("each notice once", "the same twice"));
            }
            // Stands in the member's record, so that whoever signs a change of a registry with bins sees that record.
            let record = notice.said.member.as_ref().and_then(|id| new.members.get(id));
            if record.is_some_and(|m| !m.notices.contains(&recorded.digest)) {
                return Err(notice.invalid("a member record that names it", "one that does not"));
            }
        }
    }
    Ok(())
}

/// Notices that come, one sentence each.
pub(super) fn difference(old: &Notices, new: &Notices, out: &mut Vec<String>) {
    for (about, after) in new {
        let known = old.get(about).map_or(0, Vec::len);
        out.extend(after.iter().skip(known).map(|n| format!("notice: {}", n.notice.sentence())));
    }
}

/// Members that say something in `new` which `old` does not hold.
pub fn notice_authors(old: &Contents, new: &Contents) -> BTreeSet<String> {
    let known = |about: &String| old.notices.get(about).map_or(0, Vec::len);
    let added = new.notices.iter().flat_map(|(about, list)| list.iter().skip(known(about)));
    added.filter_map(|n| n.notice.said.member.clone()).collect()
}
