//! Edits of the registry's records, each staged for the board to sign.

use super::Error;
use super::change::{Files, parse};
use super::draft::Draft;
use super::forum::Forum;
use crate::encoding::{MAX_SMALL, json};
use crate::practice::Catalogue;
use crate::registry::{
    Code, Contents, Endorsed, ForumRecord, KeyProof, KeyRecord, MemberRecord, MemberState, Refusal, StatusChange, TOP,
    valid_id,
};
use jiff::Timestamp;

/// A display name, and the members it could be taken for though it is another's.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The name.
    pub name: &'a str,
    /// Ids of those members, as the keeper confirmed.
    pub confusable_with: &'a [String],
}

impl<'a> From<&'a str> for Named<'a> {
    fn from(name: &'a str) -> Self {
        Self { name, confusable_with: &[] }
    }
}

impl<'a> From<&'a String> for Named<'a> {
    fn from(name: &'a String) -> Self {
        name.as_str().into()
    }
}

impl Forum {
    /// The forum's record, published or staged.
    ///
    /// # Errors
    /// [`Error`].
    pub fn record(&self) -> Result<ForumRecord, Error> {
        parse(&Draft::open(self)?.files(&[TOP.to_owned()])?)?
            .forum
            .ok_or_else(|| Refusal::new(Code::Incomplete, ForumRecord::TARGET, "a forum record", "none").into())
    }

    /// Stages the admission of a member without keys.
    ///
    /// # Errors
    /// [`Code::NameInvalid`], [`Code::MemberTaken`], [`Code::NameConfusable`], [`Code::NameInvisible`].
    pub fn add_member<'a>(
        &self,
        id: &str,
        name: impl Into<Named<'a>>,
        scope: Vec<String>,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !valid_id(id) {
            return Err(Refusal::new(Code::NameInvalid, id, "an id such as acme or acme-security", id).into());
        }
        let named = name.into();
        self.edit(&[MemberRecord::target(id)], now, |files| {
            if files.contains_key(&MemberRecord::target(id)) {
                return Err(Refusal::new(Code::MemberTaken, id, "a free id", "a taken one").into());
            }
            let confusable_with = named.confusable_with.iter().cloned().collect();
            put(files, &MemberRecord { confusable_with, ..MemberRecord::new(id, named.name, since, scope) });
            Ok(())
        })
    }

    /// Stages the admission of a key on its holder's proof of possession.
    ///
    /// # Errors
    /// [`Code::ProofInvalid`], [`Code::KeyTaken`], [`Code::MemberUnknown`], [`Code::MemberGone`].
    pub fn add_key(&self, id: &str, proof: &[u8], now: Timestamp) -> Result<KeyRecord, Error> {
        let forum = self.record()?;
        let key = KeyProof::check(proof, &forum.id, id)?;
        let written = json::parse(proof, MAX_SMALL, "key proof")?;
        let mut record = KeyRecord::new(&key, now, written);
        self.edit_member(id, now, |member, contents| {
            stays(member)?;
            let taken = contents.members.values().find(|m| m.key(key.id()).is_some());
            if let Some(owner) = taken {
                return Err(Refusal::new(
                    Code::KeyTaken,
                    key.id().as_str(),
                    "a key nobody has registered",
                    format!("one of {}", owner.id),
                ));
            }
            record.follows = KeyProof::follows(proof, key.id(), member)?.map(|old| old.to_string());
            member.keys.push(record.clone());
            Ok(())
        })?;
        Ok(record)
    }

    /// Stages the end of a key's use: signatures provably older than `at` stay good.
    ///
    /// # Errors
    /// [`Code::KeyUnknown`], [`Code::HistoryRewritten`].
    pub fn retire_key(
        &self,
        id: &str,
        key: &str,
        at: Timestamp,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.edit_key(id, key, now, |record| {
            record.retired_at = Some(at);
            record.reason = reason.or(record.reason.take());
        })
    }

    /// Stages the revocation of a key: only signatures provably older than `since` stay good.
    ///
    /// # Errors
    /// As [`Forum::retire_key`].
    pub fn revoke_key(
        &self,
        id: &str,
        key: &str,
        since: Timestamp,
        reason: String,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.edit_key(id, key, now, |record| {
            record.compromised_since = Some(since);
            record.reason = Some(reason);
        })
    }

    /// Stages another display name, another scope, or both.
    ///
    /// # Errors
    /// [`Code::MemberUnknown`], [`Code::Unchanged`], [`Code::NameConfusable`], [`Code::NameInvisible`].
    pub fn describe_member(
        &self,
        id: &str,
        name: Option<Named<'_>>,
        scope: Option<Vec<String>>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.edit_member(id, now, |member, _| {
            if let Some(named) = name {
                member.name = named.name.to_owned();
                member.confusable_with = named.confusable_with.iter().cloned().collect();
            }
            member.scope = scope.unwrap_or_else(|| member.scope.clone());
            Ok(())
        })
    }

    /// Stages a decision about a membership. Who has left does not come back under the same id.
    ///
    /// # Errors
    /// [`Code::MemberUnknown`], [`Code::MemberGone`].
    pub fn set_state(
        &self,
        id: &str,
        state: MemberState,
        at: Timestamp,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.edit_member(id, now, |member, _| {
            if member.status.last().is_none_or(|last| last.state != state) {
                stays(member)?;
                member.status.push(StatusChange { state, at, reason });
            }
            Ok(())
        })
    }

    /// Stages a catalogue version.
    ///
    /// # Errors
    /// [`Code::HistoryRewritten`] if that version was published with other bytes.
    pub fn add_catalogue(&self, bytes: &[u8], now: Timestamp) -> Result<Catalogue, Error> {
        let catalogue = Catalogue::parse(bytes)?;
        let name = format!("catalogues/{}", catalogue.file_name());
        self.edit(std::slice::from_ref(&name), now, |files| {
            files.insert(name.clone(), bytes.to_vec());
            Ok(())
        })?;
        Ok(catalogue)
    }

    pub(super) fn edit_member(
        &self,
        id: &str,
        now: Timestamp,
        edit: impl FnOnce(&mut MemberRecord, &Contents) -> Result<(), Refusal>,
    ) -> Result<(), Error> {
        self.edit(&[MemberRecord::target(id)], now, |files| {
            let contents = parse(files)?;
            let known = contents.members.get(id).ok_or_else(|| {
                let ids: Vec<&str> = contents.members.keys().map(String::as_str).collect();
                Refusal::new(Code::MemberUnknown, id, one_of(&ids), id)
            })?;
            let mut member = known.clone();
            edit(&mut member, &contents)?;
            if Endorsed::member(known) != Endorsed::member(&member) {
                // What was endorsed is no longer so.
                member.endorsements.clear();
            }
            put(files, &member);
            Ok(())
        })
    }

    fn edit_key(&self, id: &str, key: &str, now: Timestamp, edit: impl FnOnce(&mut KeyRecord)) -> Result<(), Error> {
        self.edit_member(id, now, |member, _| {
            let ids: Vec<String> = member.keys.iter().map(|k| k.keyid.clone()).collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            match member.keys.iter_mut().find(|k| k.keyid == key) {
                Some(record) => {
                    edit(record);
                    Ok(())
                }
                None => Err(Refusal::new(Code::KeyUnknown, key, one_of(&ids), key)),
            }
        })
    }
}

/// Refuses for a member that has left.
fn stays(member: &MemberRecord) -> Result<(), Refusal> {
    if member.leaves() {
        return Err(Refusal::new(Code::MemberGone, &member.id, "a member that has not left", "one that has"));
    }
    Ok(())
}

fn put(files: &mut Files, member: &MemberRecord) {
    files.insert(MemberRecord::target(&member.id), json::pretty(member));
}

fn one_of(names: &[&str]) -> String {
    if names.is_empty() {
        "one that is registered; there is none".to_owned()
    } else {
        format!("one of {}", names.join(", "))
    }
}
