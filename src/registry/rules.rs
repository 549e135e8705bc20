//! What a change may do to the history of a registry: add to it, never rewrite it.

use super::confusable::check_names;
use super::contents::Contents;
use super::endorsement::{Endorsed, check_endorsements};
use super::group::check_seats;
use super::notices::check_notices;
use super::proof::KeyProof;
use super::record::{ForumRecord, KeyRecord, MemberRecord, MemberState};
use super::refusal::{Code, Refusal};
use crate::encoding::json;
use crate::key::Quorum;
use std::num::NonZeroUsize;

/// Whether a text can be a member's id: it becomes a file name and is read aloud.
pub fn valid_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| plain(b) || matches!(b, b'-' | b'.'))
        && id.bytes().next().is_some_and(plain)
        && !id.contains("..")
}

/// Checks that `new` grows out of `old`: nobody vanishes, nothing that was decided is undone, every key belongs
/// to one member for ever and was admitted on a valid proof of possession.
///
/// # Errors
/// [`Code::HistoryRewritten`], [`Code::KeyTaken`], [`Code::ProofInvalid`], [`Code::NameInvalid`], [`Code::MemberGone`],
/// [`Code::SeatTaken`], [`Code::EndorsementInvalid`], [`Code::NameConfusable`], [`Code::NameInvisible`],
/// [`Code::NoticeInvalid`], [`Code::Malformed`].
pub fn check_history(old: &Contents, new: &Contents) -> Result<(), Refusal> {
    let forum =
        new.forum.as_ref().ok_or_else(|| Refusal::new(Code::Malformed, "forum.json", "a forum record", "none"))?;
    if old.forum.as_ref().is_some_and(|f| f.id != forum.id) {
        return Err(rewritten("the forum's id", "the same", "another"));
    }
    if let Some(gone) = old.members.keys().find(|id| !new.members.contains_key(*id)) {
        return Err(rewritten(&format!("member {gone}"), "a record for ever", "none"));
    }
    if let Some(gone) = old
        .catalogues
        .iter()
        .find(|(name, c)| new.catalogues.get(*name).is_none_or(|n| n.digest_sha256() != c.digest_sha256()))
    {
        return Err(rewritten(gone.0, "the same bytes for ever; a new version for changes", "other bytes, or none"));
    }
    for member in new.members.values() {
        if !valid_id(&member.id) {
            return Err(Refusal::new(Code::NameInvalid, &member.id, "a-z, 0-9, '-' and '.'", &member.id));
        }
        check_member(old.members.get(&member.id), member)?;
        for key in member
            .keys
            .iter()
            .filter(|k| old.members.get(&member.id).is_none_or(|m| !m.keys.iter().any(|o| o.keyid == k.keyid)))
        {
            check_proof(key, &forum.id, member)?;
        }
    }
    let keys = new.keys().map_err(|e| Refusal::new(Code::Malformed, "member key", "usable keys", e.to_string()))?;
    let distinct = keys.len();
    let quorum = Quorum::new(keys, NonZeroUsize::MIN)
        .map_err(|e| Refusal::new(Code::KeyTaken, "", "one member for each key", e.to_string()))?;
    if quorum.len() != distinct {
        return Err(Refusal::new(Code::KeyTaken, "", "each key once", "the same key twice in one record"));
    }
    check_seats(forum, None, |key| quorum.principal_of(key))?;
    check_endorsed(old, new, forum)?;
    check_notices(old, new)?;
    let named = |m: &&MemberRecord| old.members.get(&m.id).is_none_or(|was| was.name != m.name);
    let named: Vec<&MemberRecord> = new.members.values().filter(named).collect();
    let all = new.members.values().map(|m| (m.id.as_str(), m.name.as_str()));
    check_names(&named, all, |id| new.members.get(id))
}

/// Endorsements of members and catalogues: those that count stay, those that come are of what will be.
fn check_endorsed(old: &Contents, new: &Contents, forum: &ForumRecord) -> Result<(), Refusal> {
    for member in new.members.values() {
        let before = old.members.get(&member.id).map_or(&[][..], |m| &m.endorsements);
        if before != member.endorsements {
            check_endorsements((before, &member.endorsements), forum, &Endorsed::member(member))?;
        }
    }
    for catalogue in new.catalogues.values() {
        let (before, after) = (old.endorsements_of(catalogue), new.endorsements_of(catalogue));
        if before != after {
            check_endorsements((before, after), forum, &Endorsed::catalogue(catalogue))?;
        }
    }
    match new.endorsements.keys().find(|target| !new.catalogues.contains_key(*target)) {
        None => Ok(()),
        Some(target) => Err(Refusal::new(Code::EndorsementInvalid, target, "a catalogue of the forum", "none")),
    }
}

fn rewritten(what: &str, expected: &str, got: &str) -> Refusal {
    Refusal::new(Code::HistoryRewritten, what, expected, got)
}

fn check_proof(key: &KeyRecord, forum: &str, member: &MemberRecord) -> Result<(), Refusal> {
    let proof = json::compact(&key.proof);
    let proven = KeyProof::check(&proof, forum, &member.id)?;
    if proven.id().as_str() != key.keyid {
        let (expected, got) = (format!("a proof for key {}", key.keyid), format!("one for {}", proven.id()));
        return Err(Refusal::new(Code::ProofInvalid, &member.id, expected, got));
    }
    // Whom a key follows is recorded only if that key says so, too.
    let Some(follows) = &key.follows else { return Ok(()) };
    match KeyProof::follows(&proof, proven.id(), member)? {
        Some(old) if old.as_str() == follows => Ok(()),
        other => Err(Refusal::new(
            Code::ProofInvalid,
            &member.id,
            format!("a proof that key {follows} signed, too"),
            other.map_or_else(|| "one signed by one key".to_owned(), |id| format!("one signed by {id}")),
        )),
    }
}

fn check_member(old: Option<&MemberRecord>, new: &MemberRecord) -> Result<(), Refusal> {
    if new.status.is_empty() || !new.status.is_sorted_by_key(|s| s.at) {
        return Err(rewritten(
            &format!("the status of {}", new.id),
            "decisions in the order of their time",
            "another order, or none",
        ));
    }
    if new.status.iter().rev().skip(1).any(|s| s.state == MemberState::Left) {
        return Err(Refusal::new(Code::MemberGone, &new.id, "no state after leaving", "one"));
    }
    let Some(old) = old else { return Ok(()) };
    if new.since != old.since || !new.status.starts_with(&old.status) {
        return Err(rewritten(&format!("the status of {}", new.id), "past decisions unchanged", "changed ones"));
    }
    if !new.notices.is_superset(&old.notices) {
        return Err(rewritten(&format!("the notices of {}", new.id), "all of them for ever", "fewer"));
    }
    if old.leaves() && new.keys.len() > old.keys.len() {
        return Err(Refusal::new(Code::MemberGone, &new.id, "no new key", "one"));
    }
    for was in &old.keys {
        let what = || format!("key {} of {}", was.keyid, old.id);
        let Some(is) = new.keys.iter().find(|k| k.keyid == was.keyid) else {
            return Err(rewritten(&what(), "a record for ever", "none"));
        };
        if is.spki != was.spki
            || is.suite != was.suite
            || is.added != was.added
            || is.proof != was.proof
            || is.follows != was.follows
        {
            return Err(rewritten(&what(), "the key as it was admitted", "another"));
        }
        if was.retired_at.is_some() && is.retired_at != was.retired_at {
            return Err(rewritten(&what(), "the retirement as it was decided", "another, or none"));
        }
        if let Some(since) = was.compromised_since
            && is.compromised_since.is_none_or(|now| now > since)
        {
            return Err(rewritten(&what(), "a compromise that only moves to an earlier time", "a later one, or none"));
        }
    }
    Ok(())
}
