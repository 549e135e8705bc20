//! The difference between two registry versions, in words a board member can sign.

use super::confusable;
use super::contents::Contents;
use super::endorsement::{self, Endorsed};
use super::group::{self, Groups};
use super::metadata::{Board, Fingerprint, board};
use super::notices;
use super::record::{KeyRecord, MemberRecord, MemberState};
use crate::encoding::duration::{day, rfc3339};
use crate::encoding::text::shown;
use crate::key::PublicKey;
use serde_json::Value;
use std::collections::BTreeMap;

/// What would change, one sentence each; empty if nothing does. `roots` are the signed parts, before and after.
pub fn differences(old: &Contents, new: &Contents, roots: (Option<&Value>, Option<&Value>)) -> Vec<String> {
    let mut out = Vec::new();
    roots_differ(roots, (old, new), &mut out);
    if let (Some(was), Some(is)) = (&old.forum, &new.forum) {
        if was.name != is.name {
            out.push(format!("the forum is renamed from {:?} to {:?}", shown(&was.name), shown(&is.name)));
        }
        seats_differ((&was.seats, &is.seats), roots, &mut out);
    }
    if let Some(is) = &new.forum {
        let none = Groups::new();
        group::difference(old.forum.as_ref().map_or(&none, |was| &was.groups), &is.groups, &mut out);
    }
    for (id, is) in &new.members {
        match old.members.get(id) {
            None => {
                let bare =
                    MemberRecord { keys: Vec::new(), ..MemberRecord::new(id, &is.name, is.since, is.scope.clone()) };
                let (name, since) = (shown(&is.name), day(is.since));
                out.push(format!(
                    "member {id} ({name}) is admitted, since {since}, for {}",
                    shown(&is.scope.join(" "))
                ));
                member_differs(&bare, is, &mut out);
                confusable::remarks(is, &new.members, &mut out);
            }
            Some(was) => {
                member_differs(was, is, &mut out);
                if was.name != is.name || was.confusable_with != is.confusable_with {
                    confusable::remarks(is, &new.members, &mut out);
                }
            }
        }
    }
    for (name, catalogue) in &new.catalogues {
        if !old.catalogues.contains_key(name) {
            let practices = catalogue.practices.len();
            out.push(format!(
                "catalogue {} {} is added: {practices} practices, sha256:{}",
                catalogue.id,
                catalogue.version,
                catalogue.digest_hex()
            ));
        }
        let of = (old.endorsements_of(catalogue), new.endorsements_of(catalogue));
        endorsement::difference(of, &Endorsed::catalogue(catalogue), &mut out);
    }
    notices::difference(&old.notices, &new.notices, &mut out);
    policies_differ((&old.policies, &new.policies), &mut out);
    log_policy_differs((old, new), &mut out);
    out
}

fn log_policy_differs((was, is): (&Contents, &Contents), out: &mut Vec<String>) {
    let text = |of: &Contents| of.log_policy.as_ref().map(|(_, text)| text.clone());
    match (text(was), text(is)) {
        (None, Some(is)) => out.push(format!("the log policy is set, sha256:{}", told(&is))),
        (Some(was), Some(is)) if was != is => out.push(format!("the log policy is changed, sha256:{}", told(&is))),
        (Some(_), None) => {
            out.push("the log policy is REMOVED: nothing of this forum has to be in a log any more".into());
        }
        _ => {}
    }
}

/// Policies by name.
type Policies = BTreeMap<String, Vec<u8>>;

fn policies_differ((was, is): (&Policies, &Policies), out: &mut Vec<String>) {
    for (name, bytes) in is {
        match was.get(name) {
            None => out.push(format!("policy {} is added, sha256:{}", shown(name), told(bytes))),
            Some(before) if before != bytes => {
                out.push(format!("policy {} is changed, sha256:{}", shown(name), told(bytes)));
            }
            Some(_) => {}
        }
    }
    out.extend(was.keys().filter(|n| !is.contains_key(*n)).map(|n| format!("policy {} is removed", shown(n))));
}

/// A policy's digest and its text: a board member signs what it demands, not only that it changes.
fn told(policy: &[u8]) -> String {
    let text = String::from_utf8_lossy(policy);
    let one_line: Vec<&str> = text.split_whitespace().collect();
    format!("{}: {}", Fingerprint::of(policy), shown(&one_line.join(" ")))
}

/// Names of seats; those that come or go with their key were named already.
fn seats_differ(
    (was, is): (&BTreeMap<String, String>, &BTreeMap<String, String>),
    roots: (Option<&Value>, Option<&Value>),
    out: &mut Vec<String>,
) {
    let keys = |root: Option<&Value>| root.and_then(|r| board(r).ok()).map(|b| b.keys).unwrap_or_default();
    let (before, after) = (keys(roots.0), keys(roots.1));
    let told = |id: &String| before.contains_key(id) != after.contains_key(id);
    let named = is.iter().filter(|(id, name)| was.get(*id) != Some(name) && !told(id));
    out.extend(named.map(|(id, name)| format!("the board seat of TUF key {} is named {}", short(id), shown(name))));
    let gone = was.iter().filter(|(id, _)| !is.contains_key(*id) && !told(id));
    out.extend(gone.map(|(_, name)| format!("the name of board seat {} is removed", shown(name))));
}

fn roots_differ(roots: (Option<&Value>, Option<&Value>), (old, new): (&Contents, &Contents), out: &mut Vec<String>) {
    let name = |of: &Contents, id: &String| of.forum.as_ref().and_then(|f| f.seats.get(id)).map(|name| shown(name));
    let seat = |id: &String| name(new, id).or_else(|| name(old, id)).unwrap_or_else(|| short(id));
    let read = |root: Option<&Value>| root.and_then(|r| board(r).ok());
    match (read(roots.0), read(roots.1)) {
        (None, Some(is)) => {
            out.push(format!("the forum is founded: {} of {} board seats must sign", is.quorum.need(), is.keys.len()));
            let mut seats: Vec<String> =
                is.keys.iter().map(|(id, key)| format!("board seat {} has key {}", seat(id), key.id())).collect();
            seats.sort();
            out.extend(seats);
            out.extend(is.online_keys.values().map(|key| format!("the online key is {}", key.id())));
        }
        (Some(was), Some(is)) => {
            // A seat that goes keeps the name the board knew it by, whatever the change calls it.
            let gone = |id: &String| name(old, id).unwrap_or_else(|| short(id));
            board_differs((&was, &is), (&gone, &seat), out);
            if was.quorum.need() != is.quorum.need() {
                out.push(format!("the board's threshold changes from {} to {}", was.quorum.need(), is.quorum.need()));
            }
            if was.online != is.online {
                out.extend(is.online_keys.values().map(|key| format!("the online key is exchanged for {}", key.id())));
            }
        }
        _ => {}
    }
}

/// Names the seat of a TUF key.
type Name<'a> = dyn Fn(&String) -> String + 'a;

/// Seats that come, go, or get another key under the same name.
fn board_differs((was, is): (&Board, &Board), (before, after): (&Name<'_>, &Name<'_>), out: &mut Vec<String>) {
    let mut gone: Vec<(String, &PublicKey)> =
        was.keys.iter().filter(|(id, _)| !is.keys.contains_key(*id)).map(|(id, key)| (before(id), key)).collect();
    for (id, key) in is.keys.iter().filter(|(id, _)| !was.keys.contains_key(*id)) {
        let (name, key) = (after(id), key.id());
        match gone.iter().position(|(old, _)| *old == name).map(|at| gone.remove(at)) {
            Some((_, old)) => out.push(format!("board seat {name} gets key {key} in place of {}", old.id())),
            None => out.push(format!("board seat {name} is added, with key {key}")),
        }
    }
    out.extend(gone.iter().map(|(name, key)| format!("board seat {name} is removed, with key {}", key.id())));
}

fn short(id: &str) -> String {
    id.chars().take(16).collect()
}

fn admitted(member: &str, key: &KeyRecord) -> String {
    let follows = key.follows.as_ref().map(|old| format!(", signed by the key it follows, {}", shown(old)));
    format!("key {} ({}) of {member} is admitted{}", key.keyid, key.suite, follows.unwrap_or_default())
}

fn member_differs(was: &MemberRecord, is: &MemberRecord, out: &mut Vec<String>) {
    let id = &is.id;
    if was.name != is.name {
        out.push(format!("member {id} is renamed from {:?} to {:?}", shown(&was.name), shown(&is.name)));
    }
    if was.scope != is.scope {
        out.push(format!(
            "member {id} may speak for {} (until now {})",
            shown(&is.scope.join(" ")),
            shown(&was.scope.join(" "))
        ));
    }
    for change in is.status.iter().skip(was.status.len()) {
        let reason = change.reason.as_deref().map(|r| format!(": {}", shown(r))).unwrap_or_default();
        let word = match change.state {
            MemberState::Left => "leaves, for good,".to_owned(),
            state => format!("is {}", state.as_str()),
        };
        out.push(format!("member {id} {word} from {}{reason}", day(change.at)));
    }
    endorsement::difference((&was.endorsements, &is.endorsements), &Endorsed::member(is), out);
    for key in &is.keys {
        let reason = key.reason.as_deref().map(|r| format!(": {}", shown(r))).unwrap_or_default();
        let old = was.keys.iter().find(|k| k.keyid == key.keyid);
        if old.is_none() {
            out.push(admitted(id, key));
        }
        if let Some(at) = key.retired_at.filter(|_| old.and_then(|o| o.retired_at) != key.retired_at) {
            out.push(format!("key {} of {id} is retired at {}{reason}", key.keyid, rfc3339(at)));
        }
        if let Some(since) =
            key.compromised_since.filter(|_| old.and_then(|o| o.compromised_since) != key.compromised_since)
        {
            out.push(format!("key {} of {id} is REVOKED, compromised since {}{reason}", key.keyid, rfc3339(since)));
        }
    }
}
