//! Groups of seats beside the board: whose endorsements a policy may ask for.

use super::contents::Contents;
use super::metadata::{Board, tuf_key_id};
use super::record::ForumRecord;
use super::refusal::{Code, Refusal};
use super::rules::valid_id;
use crate::encoding::text::shown;
use crate::encoding::{Malformed, base64};
use crate::key::{KeyId, PublicKey, Suite};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Seats by name, by the name of their group.
pub type Groups = BTreeMap<String, BTreeMap<String, SeatRecord>>;

/// A seat of a group: one principal, one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatRecord {
    /// Base64 of the SPKI DER.
    pub spki: String,
    /// The suite its signatures are made in. This record decides it, no envelope does.
    pub suite: Suite,
}

impl SeatRecord {
    /// A seat with this key.
    pub fn new(key: &PublicKey) -> Self {
        Self { spki: base64::encode(key.spki_der()), suite: key.suite() }
    }

    /// The key itself; refused if weak, or of another suite than recorded.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn public_key(&self) -> Result<PublicKey, Malformed> {
        let bad = |why: String| Malformed::new("seat key", why);
        let key = PublicKey::from_spki_der(&base64::decode(&self.spki, "seat key")?).map_err(|e| bad(e.to_string()))?;
        if key.suite() != self.suite {
            return Err(bad(format!("recorded for suite {}, but it is {}", self.suite, key.suite())));
        }
        Ok(key)
    }
}

impl ForumRecord {
    /// A seat of a group.
    pub fn seat(&self, group: &str, seat: &str) -> Option<&SeatRecord> {
        self.groups.get(group)?.get(seat)
    }

    /// Every seat there is: group, name, record.
    pub fn group_seats(&self) -> impl Iterator<Item = (&str, &str, &SeatRecord)> {
        self.groups
            .iter()
            .flat_map(|(group, seats)| seats.iter().map(move |(name, seat)| (group.as_str(), name.as_str(), seat)))
    }

    /// The group and the name of the seat that has this key.
    pub fn seat_with(&self, key: &KeyId) -> Option<(&str, &str)> {
        let has = |seat: &SeatRecord| seat.public_key().is_ok_and(|k| k.id() == key);
        self.group_seats().find(|(_, _, seat)| has(seat)).map(|(group, name, _)| (group, name))
    }
}

/// One principal, one seat, for a registry whose board and member keys are these.
///
/// # Errors
/// As the check of a change's history.
pub fn check_group_seats(contents: &Contents, board: &Board) -> Result<(), Refusal> {
    let Some(forum) = &contents.forum else { return Ok(()) };
    check_seats(forum, Some(board), |key| {
        contents.members.values().find(|m| m.key(key).is_some()).map(|m| m.id.as_str())
    })
}

/// One principal, one seat: no two seats have one key, and none has a member's, a board member's or the online key.
/// Without a `board`, the board seats the forum's record names are looked at.
///
/// # Errors
/// [`Code::NameInvalid`], [`Code::SeatTaken`], [`Code::KeyTaken`], [`Code::Malformed`] for a key that cannot be used.
pub(super) fn check_seats<'a>(
    forum: &ForumRecord,
    board: Option<&Board>,
    members: impl Fn(&KeyId) -> Option<&'a str>,
) -> Result<(), Refusal> {
    let mut keys = BTreeSet::new();
    for (group, name, record) in forum.group_seats() {
        let seat = format!("{group}/{name}");
        if !valid_id(group) || !valid_id(name) {
            return Err(Refusal::new(Code::NameInvalid, seat, "groups and seats of a-z, 0-9, '-' and '.'", name));
        }
        let key = record
            .public_key()
            .map_err(|e| Refusal::new(Code::Malformed, &seat, "a key that can be used", e.to_string()))?;
        let tuf = tuf_key_id(&key);
        let on_board = forum.seats.contains_key(&tuf)
            || board.is_some_and(|b| b.keys.contains_key(&tuf) || b.online_keys.contains_key(&tuf));
        if on_board {
            return Err(Refusal::new(Code::SeatTaken, seat, "a key that is nobody else's", "one of the board's"));
        }
        if let Some(owner) = members(key.id()) {
            let got = format!("one of member {}", shown(owner));
            return Err(Refusal::new(Code::KeyTaken, seat, "a key that is nobody else's", got));
        }
        if !keys.insert(key.id().clone()) {
            return Err(Refusal::new(Code::SeatTaken, seat, "a key that is nobody else's", "one of another seat"));
        }
    }
    Ok(())
}

/// Seats that come, go, or get another key, one sentence each.
pub(super) fn difference(was: &Groups, is: &Groups, out: &mut Vec<String>) {
    let id = |seat: &SeatRecord| seat.public_key().map_or_else(|e| shown(&e.why), |k| k.id().to_string());
    let find = |groups: &Groups, group: &str, name: &str| groups.get(group).and_then(|g| g.get(name)).cloned();
    let named = |groups: &Groups| -> Vec<(String, String)> {
        groups.iter().flat_map(|(g, seats)| seats.keys().map(|s| (g.clone(), s.clone()))).collect()
    };
    for (group, name) in named(is) {
        let Some(seat) = find(is, &group, &name) else { continue };
        let (shown_name, key) = (format!("{} of group {}", shown(&name), shown(&group)), id(&seat));
        match find(was, &group, &name) {
            None => out.push(format!("seat {shown_name} is added, with key {key}: its endorsements may count")),
            Some(old) if old != seat => out.push(format!(
                "seat {shown_name} gets key {key} in place of {}: what it endorsed until now no longer counts",
                id(&old)
            )),
            Some(_) => {}
        }
    }
    for (group, name) in named(was) {
        if find(is, &group, &name).is_none() {
            out.push(format!(
                "seat {} of group {} is removed: what it endorsed no longer counts",
                shown(&name),
                shown(&group)
            ));
        }
    }
}
