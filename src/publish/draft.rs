//! The registry as it would be: what is staged over what is published, role by role.

use super::Error;
use super::change::{Files, Roles};
use super::forum::Forum;
use super::published::Published;
use crate::encoding::{MAX_DOCUMENT, Malformed};
use crate::gather::repository::Folder;
use crate::registry::{Bins, Board, Code, Listing, Metadata, Pin, Refusal, Repository as _, TOP, board, listed};
use crate::store::{self, read_bounded};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The name under which a bin is staged. Its digest is in it, so that the bins of an edit that was interrupted before
/// it came to the targets take nobody's place.
pub(super) fn staged_bin(bin: &str, pin: &Pin) -> String {
    format!("{bin}.{}", pin.sha256)
}

/// What an edit starts from.
#[derive(Debug)]
pub(super) struct Draft {
    folder: PathBuf,
    pub(super) published: Option<Published>,
    /// The staged root, if it is not published yet.
    pub(super) root: Option<Metadata>,
    /// The staged targets; None if nothing is staged.
    pub(super) targets: Option<Metadata>,
    /// The staged bins.
    pub(super) staged: Roles,
    /// Whether the staged root is published already, and no timestamp after it.
    half_published: bool,
}

impl Draft {
    /// Of a forum's folder.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read.
    pub(super) fn open(forum: &Forum) -> Result<Self, Error> {
        let (folder, mut published) = (forum.staged(), forum.published()?);
        let read = |name: &str| match read_bounded(&folder.join(format!("{name}.json")), MAX_DOCUMENT) {
            Err(store::Error::NotFound(_)) => Ok(None),
            other => Ok::<_, Error>(Some(Metadata::parse(&other?)?)),
        };
        // Published already: whoever did it was interrupted before clearing up.
        let over = |targets: &Metadata| published.as_ref().is_none_or(|p| p.targets.signed() != targets.signed());
        let (root, targets) = (read("root")?, read(TOP)?.filter(over));
        let mut half_published = false;
        // Whoever published this root was interrupted before the timestamp: the one before is in force.
        if let (Some(published), Some(root), true) = (&mut published, &root, targets.is_some())
            && published.root.signed() == root.signed()
            && let Some(older) = before(forum, root)?
        {
            published.root = older;
            half_published = true;
        }
        let mut staged = Roles::new();
        if let Some(targets) = &targets {
            let was = published.as_ref().map(Published::bins).unwrap_or_default();
            for (bin, pin) in Bins::of(targets.signed()).pins().iter().filter(|(bin, is)| **is != was.pin(bin)) {
                staged.extend(read(&staged_bin(bin, pin))?.map(|metadata| (bin.clone(), metadata)));
            }
        }
        Ok(Self { folder, published, root, targets, staged, half_published })
    }

    /// Refuses what would leave the root that is published already without the targets it wants.
    ///
    /// # Errors
    /// [`Code::HalfPublished`].
    pub(super) fn may_go_back(&self) -> Result<(), Refusal> {
        if self.half_published {
            let got = "one whose root is published";
            return Err(Refusal::new(Code::HalfPublished, "root", "a rotation that nobody has seen", got));
        }
        Ok(())
    }

    /// Whether the change exchanges the board, or how many of it must sign.
    pub(super) fn exchanges_board(&self) -> Result<bool, Error> {
        let published = self.published.as_ref().map(|p| board(p.root.signed())).transpose()?;
        let is = self.board()?;
        Ok(published.is_some_and(|was| !is.decides_as(&was)))
    }

    /// The layout: that of the staged targets, on top of what is published.
    pub(super) fn bins(&self) -> Bins {
        let published = self.published.as_ref().map(Published::bins).unwrap_or_default();
        let staged = self.targets.as_ref().map(|t| Bins::of(t.signed())).unwrap_or_default();
        published.spread(staged.digits())
    }

    /// The board that decides on the change.
    pub(super) fn board(&self) -> Result<Board, Error> {
        let published = self.published.as_ref().map(|p| &p.root);
        let root = self.root.as_ref().filter(|r| published.is_none_or(|p| r.version() > p.version())).or(published);
        let root = root.ok_or_else(|| Malformed::new("staged change", "no root"))?;
        Ok(board(root.signed())?)
    }

    /// The targets a role lists.
    pub(super) fn listing(&self, role: &str) -> Result<Listing, Error> {
        let staged = if role == TOP { self.targets.as_ref() } else { self.staged.get(role) };
        match (staged, &self.published) {
            (Some(metadata), _) => Ok(listed(metadata.signed())?),
            (None, Some(published)) => published.listing(role),
            (None, None) => Ok(Listing::new()),
        }
    }

    /// The files of some roles.
    pub(super) fn files<'a>(&self, roles: impl IntoIterator<Item = &'a String>) -> Result<Files, Error> {
        let mut files = Files::new();
        for role in roles {
            files.extend(self.read(&self.listing(role)?)?);
        }
        Ok(files)
    }

    /// The files of a listing, staged or published.
    pub(super) fn read(&self, listing: &Listing) -> Result<Files, Error> {
        let (mut files, mut rest) = (Files::new(), Listing::new());
        for (name, entry) in listing {
            match read_bounded(&self.folder.join(TOP).join(name), MAX_DOCUMENT) {
                Ok(bytes) if entry.is(&bytes) => {
                    files.insert(name.clone(), bytes);
                }
                Ok(_) | Err(store::Error::NotFound(_)) => {
                    rest.insert(name.clone(), entry.clone());
                }
                Err(error) => return Err(error.into()),
            }
        }
        match &self.published {
            Some(published) => files.extend(published.files(&rest)?),
            None if rest.is_empty() => {}
            None => {
                let name = rest.into_keys().next().unwrap_or_default();
                return Err(Refusal::new(Code::HashMismatch, name, "the staged file", "another, or none").into());
            }
        }
        Ok(files)
    }

    /// Every role there is, the top-level one first.
    pub(super) fn roles(&self) -> BTreeSet<String> {
        self.bins().names().cloned().chain([TOP.to_owned()]).collect()
    }

    /// What is published of the targets that belong to some roles of this draft, whose bins may be finer.
    pub(super) fn before(&self, roles: &BTreeSet<String>) -> Result<Files, Error> {
        let Some(published) = &self.published else { return Ok(Files::new()) };
        let (was, is) = (published.bins(), self.bins());
        let coarser = |role: &String| match was.digits() {
            _ if role == TOP => TOP.to_owned(),
            0 => TOP.to_owned(),
            n => role.get(..n.saturating_add("bin-".len())).unwrap_or(role).to_owned(),
        };
        let mut files = Files::new();
        for role in roles.iter().map(coarser).collect::<BTreeSet<_>>() {
            let mut listing = published.listing(&role)?;
            listing.retain(|name, _| roles.contains(&is.home(name)));
            files.extend(published.files(&listing)?);
        }
        Ok(files)
    }
}

/// The published root before this one.
fn before(forum: &Forum, root: &Metadata) -> Result<Option<Metadata>, Error> {
    let name = format!("{}.root.json", root.version().saturating_sub(1));
    let older = Folder::at(forum.published_path()).metadata(&name, MAX_DOCUMENT)?;
    Ok(older.map(|bytes| Metadata::parse(&bytes)).transpose()?)
}
