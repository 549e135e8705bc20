//! Who must sign what: a new root wants the board that goes and the board that comes, everything else the latter.

use super::change::{Change, RoleReview};
use crate::encoding::Malformed;
use crate::registry::{Board, ForumRecord, Metadata, TOP, board};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The boards that decide on a change.
#[derive(Debug)]
pub(super) struct Boards {
    /// The board of the root in force, where the change has a new root.
    old: Option<Board>,
    /// The board once the change is in force.
    new: Board,
    /// Names of seats, before and after, by TUF key id.
    names: BTreeMap<String, String>,
}

/// One document and one board that must sign it.
pub(super) struct Part<'a> {
    pub(super) role: String,
    /// `old` or `new`, where the two are not the same board.
    pub(super) whose: Option<&'static str>,
    pub(super) metadata: &'a Metadata,
    pub(super) board: &'a Board,
}

impl Boards {
    /// Of a change.
    ///
    /// # Errors
    /// [`Malformed`] if there is no root, or one cannot be read.
    pub(super) fn of(change: &Change) -> Result<Self, Malformed> {
        let old = change.root.as_ref().and(change.before_root.as_ref()).map(|r| board(r.signed())).transpose()?;
        let mut boards = Self { old, new: change.board()?, names: BTreeMap::new() };
        let forum = |files: &super::change::Files| {
            files.get(ForumRecord::TARGET).map(|bytes| ForumRecord::parse(bytes)).transpose()
        };
        let after = forum(&change.after)?.map(|f| f.seats).unwrap_or_default();
        let stays = |id: &String| boards.new.keys.contains_key(id);
        let mut names = BTreeMap::new();
        for (id, name) in forum(&change.before)?.map(|f| f.seats).unwrap_or_default() {
            // A seat that goes keeps its name; one whose key is exchanged is there twice, under one name.
            let twice = !stays(&id) && after.iter().any(|(other, n)| *n == name && *other != id);
            names.insert(id, if twice { format!("{name} (old key)") } else { name });
        }
        for (id, name) in after {
            if stays(&id) || !names.contains_key(&id) {
                names.insert(id, name);
            }
        }
        boards.names = names;
        Ok(boards)
    }

    /// Everything that must be signed, and by whom.
    pub(super) fn parts<'a>(&'a self, change: &'a Change) -> Vec<Part<'a>> {
        let old = self.old.as_ref().filter(|old| !old.decides_as(&self.new));
        let whose = |word| old.map(|_| word);
        let mut parts = Vec::new();
        if let Some(root) = &change.root {
            let role = || "root".to_owned();
            parts.extend(old.map(|board| Part { role: role(), whose: whose("old"), metadata: root, board }));
            parts.push(Part { role: role(), whose: whose("new"), metadata: root, board: &self.new });
        }
        let (whose, board) = (whose("new"), &self.new);
        parts.push(Part { role: TOP.to_owned(), whose, metadata: &change.targets, board });
        let bins = change.bins.iter().map(|(bin, metadata)| Part { role: bin.clone(), whose, metadata, board });
        parts.extend(bins);
        parts
    }

    /// Every board, the one that goes first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Board> {
        self.old.iter().chain([&self.new])
    }
    /// Every seat that may sign something, by TUF key id.
    pub(super) fn seats(&self) -> BTreeSet<&str> {
        self.all().flat_map(|b| b.keys.keys()).map(String::as_str).collect()
    }
    /// The board that decides on everything but the root.
    pub(super) fn new_board(&self) -> &Board {
        &self.new
    }
    /// A seat's name, or the beginning of its key id.
    pub(super) fn name(&self, id: &str) -> String {
        self.names.get(id).cloned().unwrap_or_else(|| id.chars().take(16).collect())
    }

    /// Who has signed what, and how many more signatures would do: a seat of both boards signs for both at once.
    pub(super) fn review(&self, change: &Change) -> Result<(Vec<RoleReview>, usize), Malformed> {
        let (mut roles, mut old, mut new) = (Vec::new(), Lack::default(), Lack::default());
        for part in self.parts(change) {
            let tally = part.board.quorum.tally(&part.metadata.canonical()?, &part.metadata.votes());
            let signed = tally.signed();
            let (has, has_not): (Vec<&String>, Vec<&String>) =
                part.board.keys.keys().partition(|id| signed.contains(id.as_str()));
            let lack = if part.whose == Some("old") { &mut old } else { &mut new };
            lack.count = lack.count.max(part.board.quorum.need().saturating_sub(has.len()));
            lack.seats.extend(has_not.iter().map(|id| (*id).clone()));
            let names = |ids: Vec<&String>| {
                let mut names: Vec<String> = ids.into_iter().map(|id| self.name(id)).collect();
                names.sort();
                names
            };
            let expires = part.metadata.signed().get("expires").and_then(Value::as_str).unwrap_or_default().to_owned();
            let is_bin = change.bins.contains_key(&part.role);
            let review = RoleReview {
                role: if is_bin { BINS.to_owned() } else { part.role },
                board: part.whose.map(str::to_owned),
                version: part.metadata.version(),
                documents: is_bin.then_some(1),
                expires,
                need: part.board.quorum.need(),
                signed: names(has),
                missing: names(has_not),
            };
            match roles.last_mut().filter(|last: &&mut RoleReview| is_bin && last.role == BINS) {
                Some(bins) => bins.and(review),
                None => roles.push(review),
            }
        }
        let shared = old.seats.intersection(&new.seats).count();
        let missing = old.count.saturating_add(new.count);
        Ok((roles, missing.saturating_sub(shared.min(old.count).min(new.count))))
    }
}

/// All bins together, in a review.
const BINS: &str = "bins";

impl RoleReview {
    /// Another bin: a seat has signed the bins once it has signed each.
    fn and(&mut self, other: Self) {
        self.version = self.version.max(other.version);
        self.documents = self.documents.map(|n| n.saturating_add(1));
        self.expires = std::cmp::min(std::mem::take(&mut self.expires), other.expires);
        self.signed.retain(|seat| other.signed.contains(seat));
        self.missing.extend(other.missing);
        self.missing.sort();
        self.missing.dedup();
    }
}

/// What one board has not signed yet.
#[derive(Default)]
struct Lack {
    count: usize,
    seats: BTreeSet<String>,
}
