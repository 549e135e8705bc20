//! What a newcomer is compared with everybody in: a key belongs to one member for ever, and no name looks like another's.
//! Where members are spread over bins, a change holds some of them; these are the checks it needs the others for.

use super::confusable::check_names;
use super::contents::Contents;
use super::record::MemberRecord;
use super::refusal::{Code, Refusal};
use std::collections::BTreeSet;

/// What is new in a change and must be nobody else's.
#[derive(Debug)]
pub struct Newcomers<'a> {
    new: &'a Contents,
    named: Vec<&'a MemberRecord>,
    keys: BTreeSet<&'a str>,
    seats: BTreeSet<String>,
}

impl<'a> Newcomers<'a> {
    /// Keys and names that `new` has and `old` has not, and seats if there is a change in any.
    pub fn between(old: &Contents, new: &'a Contents) -> Self {
        let known: BTreeSet<&str> = old.members.values().flat_map(|m| &m.keys).map(|k| k.keyid.as_str()).collect();
        let keys = new.members.values().flat_map(|m| m.keys.iter().map(|k| k.keyid.as_str()));
        let named = |m: &&MemberRecord| old.members.get(&m.id).is_none_or(|was| was.name != m.name);
        let seats = new.forum.iter().filter(|f| old.forum.as_ref().is_none_or(|was| was.groups != f.groups));
        let seats = seats.flat_map(|f| f.group_seats()).filter_map(|(_, _, seat)| seat.public_key().ok());
        Self {
            new,
            named: new.members.values().filter(named).collect(),
            keys: keys.filter(|id| !known.contains(id)).collect(),
            seats: seats.map(|key| key.id().to_string()).collect(),
        }
    }

    /// Whether there is nothing that would have to be compared.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.keys.is_empty() && self.seats.is_empty()
    }

    /// Compares them with members that are not part of the change.
    ///
    /// # Errors
    /// [`Code::KeyTaken`], [`Code::NameConfusable`].
    pub fn check(&self, others: &Contents) -> Result<(), Refusal> {
        for member in others.members.values() {
            let new = |id: &&str| self.keys.contains(id) || self.seats.contains(*id);
            if let Some(key) = member.keys.iter().map(|k| k.keyid.as_str()).find(new) {
                let got = format!("one of {}", member.id);
                return Err(Refusal::new(Code::KeyTaken, key, "a key nobody has registered", got));
            }
        }
        let all = others.members.values().map(|m| (m.id.as_str(), m.name.as_str()));
        check_names(&self.named, all, |id| self.new.members.get(id).or_else(|| others.members.get(id)))
    }
}
