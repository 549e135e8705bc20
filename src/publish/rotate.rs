//! Exchanging the board, its threshold or the online key: a new root that the old board and the new one must sign.

use super::Error;
use super::change::parse;
use super::draft::Draft;
use super::forum::{Forum, seated};
use super::stage::Resign;
use crate::encoding::{MAX_DOCUMENT, json};
use crate::key::PublicKey;
use crate::registry::{self, Board, Code, ForumRecord, Metadata, Refusal, TOP, board, tuf_key_id};
use crate::store::{self, Lock, Overwrite, read_bounded, write_atomic};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What is to be different about the board.
#[derive(Clone, Debug, Default)]
pub struct Rotation {
    /// New seats by name, with their keys.
    pub add: Vec<(String, PublicKey)>,
    /// Names of seats that go.
    pub remove: Vec<String>,
    /// How many must sign from then on; as many as before if not given.
    pub threshold: Option<usize>,
    /// Another key for snapshot and timestamp.
    pub online: Option<PublicKey>,
}

impl Forum {
    /// Stages a new root. A root that is staged already is gone on with, so that rotations can be put together.
    ///
    /// # Errors
    /// [`Code::SeatUnknown`], [`Code::SeatTaken`] also for the key of a group's seat, [`Code::ThresholdInvalid`], [`Code::Unchanged`],
    /// [`Code::Incomplete`] before the first publication; [`Code::HalfPublished`].
    pub fn rotate(&self, rotation: &Rotation, now: Timestamp) -> Result<(), Error> {
        let _lock = Lock::wait(&self.folder)?;
        let published = self.published()?;
        let published = published.ok_or_else(|| Refusal::new(Code::Incomplete, "root", "a published root", "none"))?;
        let version = published.root.version().saturating_add(1);
        let path = self.staged().join("root.json");
        let staged = match read_bounded(&path, MAX_DOCUMENT) {
            Err(store::Error::NotFound(_)) => None,
            other => Some(Metadata::parse(&other?)?).filter(|root| root.version() == version),
        };
        let was = board(staged.as_ref().unwrap_or(&published.root).signed())?;
        let roles = BTreeSet::from([TOP.to_owned()]);
        let draft = Draft::open(self)?;
        draft.may_go_back()?;
        let mut files = draft.files(&roles)?;
        let mut forum = parse(&files)?
            .forum
            .ok_or_else(|| Refusal::new(Code::Incomplete, ForumRecord::TARGET, "a forum record", "none"))?;

        let seats = seats(&was, &forum, rotation)?;
        let online = rotation.online.clone().or_else(|| was.online_keys.values().next().cloned());
        let online = online.ok_or_else(|| Refusal::new(Code::Incomplete, "root", "an online key", "none"))?;
        let threshold = rotation.threshold.unwrap_or_else(|| was.quorum.need());
        let same_board =
            seats.len() == was.keys.len() && seats.iter().all(|(_, k)| was.keys.contains_key(&tuf_key_id(k)));
        if same_board && threshold == was.quorum.need() && was.online.contains(&tuf_key_id(&online)) {
            return Err(Refusal::new(Code::Unchanged, "", "another board, threshold or online key", "the same").into());
        }
        let root = Metadata::around(registry::root(&seated(version, &seats, threshold, online, now)?));
        forum.seats = seats.into_iter().map(|(name, key)| (tuf_key_id(&key), name)).collect();
        files.insert(ForumRecord::TARGET.into(), json::pretty(&forum));
        registry::check_group_seats(&parse(&files)?, &board(root.signed())?)?;
        write_atomic(&path, &root.to_bytes(), Overwrite::Replace)?;
        let draft = Draft::open(self)?;
        let bins = draft.bins();
        self.restage(draft, bins, (roles, files), Resign::All, now)
    }
}

/// The seats there will be: those that stay, then those that come.
fn seats(was: &Board, forum: &ForumRecord, rotation: &Rotation) -> Result<Vec<(String, PublicKey)>, Refusal> {
    let name = |id: &String| forum.seats.get(id).cloned().unwrap_or_else(|| id.clone());
    let mut seats: Vec<(String, PublicKey)> = was.keys.iter().map(|(id, key)| (name(id), key.clone())).collect();
    for gone in &rotation.remove {
        let before = seats.len();
        seats.retain(|(name, _)| name != gone);
        if seats.len() == before {
            let names: Vec<&str> = seats.iter().map(|(name, _)| name.as_str()).collect();
            return Err(Refusal::new(Code::SeatUnknown, gone, format!("one of {}", names.join(", ")), gone));
        }
    }
    for (name, key) in &rotation.add {
        if let Some((taken, _)) = seats.iter().find(|(n, k)| n == name || k.id() == key.id()) {
            return Err(Refusal::new(Code::SeatTaken, name, "a new name and a new key", format!("those of {taken}")));
        }
        seats.push((name.clone(), key.clone()));
    }
    Ok(seats)
}
