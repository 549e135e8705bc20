//! Staging: new files in place of the old ones, waiting for the board's signatures. Only the roles that a change
//! touches are read, checked and written again.

use super::Error;
use super::change::{Change, Files, parse};
use super::draft::{Draft, staged_bin};
use super::forum::{Forum, ROOT_LIFE, TARGETS_LIFE};
use super::notice;
use super::published::Published;
use crate::encoding::MAX_DOCUMENT;
use crate::encoding::duration::{Span, instant, rfc3339};
use crate::registry::{
    self, Bins, Code, ForumRecord, Listing, Metadata, Newcomers, Pin, Refusal, TOP, TargetFile, by_role, check_history,
};
use crate::store::{self, Lock, Overwrite, read_bounded, write_atomic};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Which roles are to be signed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resign {
    /// Those that list something else than what is published.
    Changed,
    /// All of them: the board is another, or what it signed runs out.
    All,
}

impl Forum {
    /// Edits the files of the roles that the targets of these names belong to, and those of the top level, and stages
    /// the result. Signatures collected so far were on something else and are gone.
    ///
    /// # Errors
    /// [`Code::Unchanged`] if nothing is; what [`check_history`] or the edit refuses; [`Error`].
    pub fn edit<T>(
        &self,
        names: &[String],
        now: Timestamp,
        edit: impl FnOnce(&mut Files) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _lock = Lock::wait(&self.folder)?;
        let draft = Draft::open(self)?;
        let bins = draft.bins();
        let roles: BTreeSet<String> = names.iter().map(|name| bins.home(name)).chain([TOP.to_owned()]).collect();
        let was = draft.files(&roles)?;
        let mut files = was.clone();
        let made = edit(&mut files)?;
        if files == was {
            return Err(Refusal::new(Code::Unchanged, "", "a change", "what the registry says already").into());
        }
        self.restage(draft, bins, (roles, files), Resign::Changed, now)?;
        Ok(made)
    }

    /// Stages new files in place of all there are, as [`Forum::edit`].
    ///
    /// # Errors
    /// What [`check_history`] refuses; [`Error`].
    pub fn stage(&self, files: &Files, now: Timestamp) -> Result<(), Error> {
        let _lock = Lock::wait(&self.folder)?;
        let draft = Draft::open(self)?;
        let (bins, roles) = (draft.bins(), draft.roles());
        self.restage(draft, bins, (roles, files.clone()), Resign::Changed, now)
    }

    /// How many hexadecimal digits name a bin, staged or published; 0 without bins.
    ///
    /// # Errors
    /// [`Error`].
    pub fn digits(&self) -> Result<usize, Error> {
        Ok(Draft::open(self)?.bins().digits())
    }

    /// Stages the same content spread over bins of so many hexadecimal digits, one to three; as it is signed anew
    /// anyhow, whatever the layout was.
    ///
    /// # Errors
    /// [`Code::Unchanged`] if there are as many already: bins are never taken together again; [`Error`].
    pub fn spread(&self, digits: usize, now: Timestamp) -> Result<(), Error> {
        let _lock = Lock::wait(&self.folder)?;
        let draft = Draft::open(self)?;
        let bins = draft.bins().spread(digits);
        if bins.digits() <= draft.bins().digits() {
            let (expected, got) = ("more bins than there are", format!("{} hexadecimal digits", bins.digits()));
            return Err(Refusal::new(Code::Unchanged, "", expected, got).into());
        }
        let roles = draft.roles();
        let files = draft.files(&roles)?;
        self.restage(draft, bins, (roles, files), Resign::Changed, now)
    }

    /// Stages the same content again, with a new version and expiry; a root past half of its life is renewed with it.
    ///
    /// # Errors
    /// [`Error`].
    pub fn renew(&self, now: Timestamp) -> Result<(), Error> {
        let _lock = Lock::wait(&self.folder)?;
        if let Some(published) = self.published()? {
            let path = self.staged().join("root.json");
            if let Some(root) = renewed(&published.root, now)?.filter(|_| !store::exists(&path)) {
                write_atomic(&path, &root.to_bytes(), Overwrite::Replace)?;
            }
        }
        let draft = Draft::open(self)?;
        let (bins, roles) = (draft.bins(), BTreeSet::from([TOP.to_owned()]));
        let files = draft.files(&roles)?;
        self.restage(draft, bins, (roles, files), Resign::All, now)
    }

    /// Stages the files of some roles. The layout `bins` may be finer than that of the draft; if a role has become too
    /// full it gets finer still, and then everything is moved.
    pub(super) fn restage(
        &self,
        mut draft: Draft,
        bins: Bins,
        (mut roles, mut files): (BTreeSet<String>, Files),
        resign: Resign,
        now: Timestamp,
    ) -> Result<(), Error> {
        let was = draft.bins();
        let fullest = by_role(&bins, files.keys().filter(|n| n.starts_with("members/"))).values().map(Vec::len).max();
        let bins = bins.clone().spread(bins.needed(fullest.unwrap_or(0)));
        if bins.digits() > was.digits() {
            let rest: BTreeSet<String> = draft.roles().difference(&roles).cloned().collect();
            files.extend(draft.files(&rest)?);
            roles = draft.roles();
        }
        let unchecked = notice::roles_of_authors(&draft.before(&roles)?, &files, &draft.bins())?;
        let unchecked: BTreeSet<String> = unchecked.difference(&roles).cloned().collect();
        files.extend(draft.files(&unchecked)?);
        roles.extend(unchecked);
        let before = draft.before(&roles)?;
        check_history(&parse(&before)?, &parse(&files)?)?;
        self.unique(&draft, &roles, &before, &files)?;
        self.stale_root(&mut draft, &before, &mut files)?;
        let resign = if draft.exchanges_board()? { Resign::All } else { resign };

        for (name, bytes) in files.iter().filter(|(name, bytes)| before.get(*name) != Some(*bytes)) {
            write_atomic(&self.staged().join(TOP).join(name), bytes, Overwrite::Replace)?;
        }
        let listings = listings(&draft, (&was, &bins), (&roles, &files), resign)?;
        self.write_roles(&draft, bins, &listings, resign, now)
    }

    /// A root that was staged and is not the next one any more: another was published meanwhile, and the seats that
    /// this one named go with it.
    fn stale_root(&self, draft: &mut Draft, before: &Files, files: &mut Files) -> Result<(), Error> {
        let published = draft.published.as_ref().map(|p| p.root.version());
        if draft.root.as_ref().is_some_and(|root| published.is_some_and(|is| root.version() <= is)) {
            draft.root = None;
            let path = self.staged().join("root.json");
            std::fs::remove_file(&path).map_err(|e| store::Error::io(&path, e))?;
            files.extend(before.get_key_value(ForumRecord::TARGET).map(|(name, bytes)| (name.clone(), bytes.clone())));
        }
        Ok(())
    }

    /// Writes the staged roles: the bins that list something else than what is published, then the targets, which
    /// name the version of each.
    fn write_roles(
        &self,
        draft: &Draft,
        mut bins: Bins,
        listings: &BTreeMap<String, Listing>,
        resign: Resign,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (board, expires) = (draft.board()?, TARGETS_LIFE.after(now));
        let was = draft.published.as_ref().map(Published::bins).unwrap_or_default();
        let version = |role: &str| match &draft.published {
            Some(published) if role == TOP => published.targets.version(),
            _ => was.pin(role).version,
        };
        let path = |name: &str| self.staged().join(format!("{name}.json"));
        let put = |name: &str, metadata: &Metadata| write_atomic(&path(name), &metadata.to_bytes(), Overwrite::Replace);
        let document = |role: &str, listing: &Listing, bins: &Bins| {
            let next = version(role).saturating_add(1);
            Metadata::around(registry::targets(role, next, expires, listing, bins, &board))
        };
        // What was a bin of records and now stands above others delegates: that is another document.
        let deeper = draft.published.is_some() && was.digits() < bins.digits();
        for bin in bins.names().cloned().collect::<Vec<_>>() {
            let is_changed = match listings.get(&bin) {
                None => draft.staged.contains_key(&bin),
                Some(_) if resign == Resign::All || version(&bin) == 0 => true,
                Some(listing) => {
                    draft.published.as_ref().is_none_or(|p| p.listing(&bin).ok().as_ref() != Some(listing))
                }
            };
            if !is_changed && !deeper {
                bins.set(&bin, was.pin(&bin));
                continue;
            }
            // Staged before, and untouched now; but what is published may have moved on.
            let listing = listings.get(&bin).cloned().map_or_else(|| draft.listing(&bin), Ok)?;
            let metadata = document(&bin, &listing, &bins);
            let pin = Pin::of(&metadata)?;
            put(&staged_bin(&bin, &pin), &metadata)?;
            bins.set(&bin, pin);
        }
        if let Ok(root) = read_bounded(&path("root"), MAX_DOCUMENT) {
            let unsigned = Metadata::around(Metadata::parse(&root)?.signed().clone());
            write_atomic(&path("root"), &unsigned.to_bytes(), Overwrite::Replace)?;
        }
        put(TOP, &document(TOP, listings.get(TOP).unwrap_or(&Listing::new()), &bins))?;
        // Nothing names these any more.
        for (bin, metadata) in &draft.staged {
            let pin = Pin::of(metadata)?;
            if pin != bins.pin(bin) {
                drop(std::fs::remove_file(path(&staged_bin(bin, &pin))));
            }
        }
        Ok(())
    }

    /// As [`Forum::unique`], for a change that waits to be published.
    pub(super) fn check_unique(&self, change: &Change) -> Result<(), Error> {
        let draft = Draft::open(self)?;
        // Of bins that are only signed anew the change holds no files.
        let held = by_role(&draft.bins(), change.after.keys());
        let roles: BTreeSet<String> = held.into_keys().chain([TOP.to_owned()]).collect();
        self.unique(&draft, &roles, &change.before, &change.after)
    }

    /// Who comes is compared with everybody, also where only some of the members were looked at.
    fn unique(&self, draft: &Draft, roles: &BTreeSet<String>, before: &Files, files: &Files) -> Result<(), Error> {
        let (was, is) = (parse(before)?, parse(files)?);
        let newcomers = Newcomers::between(&was, &is);
        let others = draft.roles();
        for role in others.difference(roles).filter(|_| !newcomers.is_empty()) {
            newcomers.check(&parse(&draft.files([role])?)?)?;
        }
        Ok(())
    }
}

/// What each role lists: of the roles that were read, as the files are now; of the others, where they are to be signed
/// anew, as they were.
fn listings(
    draft: &Draft,
    (was, bins): (&Bins, &Bins),
    (roles, files): (&BTreeSet<String>, &Files),
    resign: Resign,
) -> Result<BTreeMap<String, Listing>, Error> {
    let mut listings: BTreeMap<String, Listing> = BTreeMap::from([(TOP.to_owned(), Listing::new())]);
    let finer = bins.digits() > was.digits();
    let read = |role: &&String| finer || roles.contains(*role);
    listings.extend(bins.names().filter(read).map(|role| (role.clone(), Listing::new())));
    for (role, names) in by_role(bins, files.keys()) {
        let entries = names.into_iter().filter_map(|n| files.get(n).map(|b| (n.clone(), TargetFile::of(b))));
        listings.entry(role).or_default().extend(entries);
    }
    if resign == Resign::All {
        for role in bins.names().filter(|role| !roles.contains(*role)) {
            if !finer {
                listings.insert(role.clone(), draft.listing(role)?);
            }
        }
    }
    Ok(listings)
}

/// The next version of a root that is past half of its life: the same keys, a fresh expiry.
fn renewed(root: &Metadata, now: Timestamp) -> Result<Option<Metadata>, Error> {
    let mut signed = root.signed().clone();
    let expires = signed.get("expires").and_then(Value::as_str).unwrap_or_default().to_owned();
    let half = Span::seconds(ROOT_LIFE.as_seconds() / 2);
    if instant(&expires)? > half.after(now) {
        return Ok(None);
    }
    if let Some(fields) = signed.as_object_mut() {
        fields.insert("version".into(), root.version().saturating_add(1).into());
        fields.insert("expires".into(), rfc3339(ROOT_LIFE.after(now)).into());
    }
    Ok(Some(Metadata::around(signed)))
}
