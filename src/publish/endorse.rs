//! Seats of groups and their endorsements, each staged for the board to sign.

use super::Error;
use super::change::{Files, parse};
use super::forum::Forum;
use crate::encoding::{MAX_SMALL, json};
use crate::key::PublicKey;
use crate::registry::{
    self, CatalogueEndorsements, Code, Contents, Endorsed, Endorsement, ForumRecord, Refusal, SeatRecord, endorsing,
};
use jiff::Timestamp;
use serde_json::Value;

impl Forum {
    /// Stages a seat of a group; the group comes with its first seat.
    ///
    /// # Errors
    /// [`Code::SeatTaken`], [`Code::KeyTaken`], [`Code::NameInvalid`].
    pub fn add_seat(&self, group: &str, seat: &str, key: &PublicKey, now: Timestamp) -> Result<(), Error> {
        self.edit(&[ForumRecord::TARGET.to_owned()], now, |files| {
            let mut forum = forum_of(&parse(files)?)?;
            let taken = forum.groups.entry(group.to_owned()).or_default().insert(seat.into(), SeatRecord::new(key));
            if taken.is_some() {
                let what = format!("{group}/{seat}");
                return Err(Refusal::new(Code::SeatTaken, what, "a seat that is free", "one that is taken").into());
            }
            put_forum(files, &forum);
            self.apart(files)
        })
    }

    /// Stages the end of a seat: its endorsements no longer count.
    ///
    /// # Errors
    /// [`Code::SeatUnknown`].
    pub fn drop_seat(&self, group: &str, seat: &str, now: Timestamp) -> Result<(), Error> {
        self.edit(&[ForumRecord::TARGET.to_owned()], now, |files| {
            let mut forum = forum_of(&parse(files)?)?;
            let known: Vec<String> = forum.group_seats().map(|(group, name, _)| format!("{group}/{name}")).collect();
            if forum.groups.get_mut(group).and_then(|seats| seats.remove(seat)).is_none() {
                let what = format!("{group}/{seat}");
                let expected = if known.is_empty() { "a seat; there is none".into() } else { known.join(" or ") };
                return Err(Refusal::new(Code::SeatUnknown, &what, expected, &what).into());
            }
            forum.groups.retain(|_, seats| !seats.is_empty());
            put_forum(files, &forum);
            Ok(())
        })
    }

    /// Stages an endorsement, beside what it endorses. It takes the place of those that no longer count.
    ///
    /// # Errors
    /// [`Code::EndorsementInvalid`] if it is none of the record as it stands here; [`Code::MemberUnknown`],
    /// [`Code::CatalogueUnknown`]; [`Code::Unchanged`] if that seat endorses it already.
    pub fn add_endorsement(&self, envelope: &[u8], now: Timestamp) -> Result<Endorsement, Error> {
        let claimed = Endorsement::claimed(envelope)?;
        let written: Value = json::parse(envelope, MAX_SMALL, "endorsement")?;
        match &claimed.endorses {
            Endorsed::Member(endorsed) => self.edit_member(&endorsed.id, now, |member, contents| {
                let forum = forum_of(contents)?;
                let about = Endorsed::member(member);
                add(&mut member.endorsements, envelope, written, &forum, &about)
            })?,
            Endorsed::Catalogue(endorsed) => self.edit(&[ForumRecord::TARGET.to_owned()], now, |files| {
                let contents = parse(files)?;
                let about = Endorsed::catalogue_of(&contents, &format!("{}@{}", endorsed.id, endorsed.version))?;
                let file = format!("{}-{}.json", endorsed.id, endorsed.version);
                let mut there = contents.endorsements.get(&format!("catalogues/{file}")).cloned().unwrap_or_default();
                add(&mut there, envelope, written, &forum_of(&contents)?, &about)?;
                files.insert(CatalogueEndorsements::target(&file), json::pretty(&CatalogueEndorsements::new(there)));
                Ok(())
            })?,
        }
        Ok(claimed)
    }

    /// Refuses seats with a key of the board that decides, or the online key.
    fn apart(&self, files: &Files) -> Result<(), Error> {
        let board = match self.staged_change()? {
            Some(change) => change.board()?,
            None => match self.published()? {
                Some(published) => registry::board(published.root.signed())?,
                None => return Ok(()),
            },
        };
        Ok(registry::check_group_seats(&parse(files)?, &board)?)
    }
}

/// Adds an endorsement that counts, in place of those that do not.
fn add(
    there: &mut Vec<Value>,
    envelope: &[u8],
    written: Value,
    forum: &ForumRecord,
    about: &Endorsed,
) -> Result<(), Refusal> {
    let (endorsement, _) = Endorsement::check(envelope, forum, about)?;
    if endorsing(there, forum, about).contains(&(endorsement.group.clone(), endorsement.seat.clone())) {
        let what = format!("{}/{}", endorsement.group, endorsement.seat);
        let got = format!("one that endorses {} already", about.named());
        return Err(Refusal::new(Code::Unchanged, what, "a seat that does not yet", got));
    }
    there.retain(|old| Endorsement::check(&json::compact(old), forum, about).is_ok());
    there.push(written);
    Ok(())
}

fn forum_of(contents: &Contents) -> Result<ForumRecord, Refusal> {
    let missing = || Refusal::new(Code::Incomplete, ForumRecord::TARGET, "a forum record", "none");
    contents.forum.clone().ok_or_else(missing)
}

fn put_forum(files: &mut Files, forum: &ForumRecord) {
    files.insert(ForumRecord::TARGET.into(), json::pretty(forum));
}
