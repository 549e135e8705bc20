//! Edits of the registry's records, each staged for the board to sign.

use super::Error;
use super::change::{Files, parse};
use super::forum::Forum;
use crate::encoding::{MAX_SMALL, json};
use crate::practice::Catalogue;
use crate::registry::{
    Code, Contents, ForumRecord, KeyProof, KeyRecord, MemberRecord, MemberState, Refusal, StatusChange, valid_id,
};
use jiff::Timestamp;

impl Forum {
    /// The forum's record, published or staged.
    ///
    /// # Errors
    /// [`Error`].
    pub fn record(&self) -> Result<ForumRecord, Error> {
        parse(&self.files()?)?
            .forum
            .ok_or_else(|| Refusal::new(Code::Incomplete, ForumRecord::TARGET, "a forum record", "none").into())
    }

    /// Stages the admission of a member without keys.
    ///
    /// # Errors
    /// [`Code::NameInvalid`], [`Code::MemberTaken`].
    pub fn add_member(
        &self,
        id: &str,
        name: &str,
        scope: Vec<String>,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !valid_id(id) {
            return Err(Refusal::new(Code::NameInvalid, id, "an id such as acme or acme-security", id).into());
        }
        let mut files = self.files()?;
        if files.contains_key(&MemberRecord::target(id)) {
            return Err(Refusal::new(Code::MemberTaken, id, "a free id", "a taken one").into());
        }
        put(&mut files, &MemberRecord::new(id, name, since, scope));
        self.stage(&files, now)
    }

    /// Stages the admission of a key on its holder's proof of possession.
    ///
    /// # Errors
    /// [`Code::ProofInvalid`], [`Code::KeyTaken`], [`Code::MemberUnknown`].
    pub fn add_key(&self, id: &str, proof: &[u8], now: Timestamp) -> Result<KeyRecord, Error> {
        let forum = self.record()?;
        let key = KeyProof::check(proof, &forum.id, id)?;
        let proof = json::parse(proof, MAX_SMALL, "key proof")?;
        let record = KeyRecord::new(&key, now, proof);
        self.edit_member(id, now, |member, contents| {
            let taken = contents.members.values().find(|m| m.key(key.id()).is_some());
            if let Some(owner) = taken {
                return Err(Refusal::new(
                    Code::KeyTaken,
                    key.id().as_str(),
                    "a key nobody has registered",
                    format!("one of {}", owner.id),
                ));
            }
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
            record.reason = reason;
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

    /// Stages a decision about a membership.
    ///
    /// # Errors
    /// [`Code::MemberUnknown`].
    pub fn set_state(
        &self,
        id: &str,
        state: MemberState,
        at: Timestamp,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.edit_member(id, now, |member, _| {
            member.status.push(StatusChange { state, at, reason });
            Ok(())
        })
    }

    /// Stages a catalogue version.
    ///
    /// # Errors
    /// [`Code::HistoryRewritten`] if that version was published with other bytes.
    pub fn add_catalogue(&self, bytes: &[u8], now: Timestamp) -> Result<Catalogue, Error> {
        let catalogue = Catalogue::parse(bytes)?;
        let mut files = self.files()?;
        files.insert(format!("catalogues/{}", catalogue.file_name()), bytes.to_vec());
        self.stage(&files, now)?;
        Ok(catalogue)
    }

    /// Stages the same content again, with a new version and expiry.
    ///
    /// # Errors
    /// [`Error`].
    pub fn renew(&self, now: Timestamp) -> Result<(), Error> {
        let files = self.files()?;
        self.stage(&files, now)
    }

    fn edit_member(
        &self,
        id: &str,
        now: Timestamp,
        edit: impl FnOnce(&mut MemberRecord, &Contents) -> Result<(), Refusal>,
    ) -> Result<(), Error> {
        let mut files = self.files()?;
        let contents = parse(&files)?;
        let known = contents.members.get(id).ok_or_else(|| {
            let ids: Vec<&str> = contents.members.keys().map(String::as_str).collect();
            Refusal::new(Code::MemberUnknown, id, format!("one of {}", ids.join(", ")), id)
        })?;
        let mut member = known.clone();
        edit(&mut member, &contents)?;
        put(&mut files, &member);
        self.stage(&files, now)
    }

    fn edit_key(&self, id: &str, key: &str, now: Timestamp, edit: impl FnOnce(&mut KeyRecord)) -> Result<(), Error> {
        self.edit_member(id, now, |member, _| {
            let ids: Vec<String> = member.keys.iter().map(|k| k.keyid.clone()).collect();
            match member.keys.iter_mut().find(|k| k.keyid == key) {
                Some(record) => {
                    edit(record);
                    Ok(())
                }
                None => Err(Refusal::new(Code::KeyUnknown, key, format!("one of {}", ids.join(", ")), key)),
            }
        })
    }
}

fn put(files: &mut Files, member: &MemberRecord) {
    files.insert(MemberRecord::target(&member.id), json::pretty(member));
}
