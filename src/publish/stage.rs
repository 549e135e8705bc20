//! Staging: new files in place of the old ones, waiting for the board's signatures.

use super::Error;
use super::change::{Files, parse};
use super::forum::{Forum, ROOT_LIFE, TARGETS_LIFE};
use crate::encoding::MAX_DOCUMENT;
use crate::encoding::duration::{Span, instant, rfc3339};
use crate::registry::{self, Code, ForumRecord, Metadata, Refusal, TargetFile, check_history};
use crate::store::{self, Lock, Overwrite, read_bounded, write_atomic};
use jiff::Timestamp;
use serde_json::Value;

impl Forum {
    /// Edits the files and stages the result. Signatures collected so far were on something else and are gone.
    ///
    /// # Errors
    /// [`Code::Unchanged`] if nothing is; what [`check_history`] or the edit refuses; [`Error`].
    pub fn edit<T>(&self, now: Timestamp, edit: impl FnOnce(&mut Files) -> Result<T, Error>) -> Result<T, Error> {
        let _lock = Lock::wait(&self.folder)?;
        let was = self.files()?;
        let mut files = was.clone();
        let made = edit(&mut files)?;
        if files == was {
            return Err(Refusal::new(Code::Unchanged, "", "a change", "what the registry says already").into());
        }
        self.restage(&files, now)?;
        Ok(made)
    }

    /// Stages new files in place of the ones there are, as [`Forum::edit`].
    ///
    /// # Errors
    /// What [`check_history`] refuses; [`Error`].
    pub fn stage(&self, files: &Files, now: Timestamp) -> Result<(), Error> {
        let _lock = Lock::wait(&self.folder)?;
        self.restage(files, now)
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
        self.restage(&self.files()?, now)
    }

    pub(super) fn restage(&self, files: &Files, now: Timestamp) -> Result<(), Error> {
        let published = self.published()?;
        let before = published.as_ref().map(|p| p.files.clone()).unwrap_or_default();
        check_history(&parse(&before)?, &parse(files)?)?;
        let (root, mut files) = (self.staged().join("root.json"), files.clone());
        if let (Some(published), Ok(bytes)) = (&published, read_bounded(&root, MAX_DOCUMENT))
            && Metadata::parse(&bytes)?.version() <= published.root.version()
        {
            // Another root was published meanwhile; the seats that this one named go with it.
            std::fs::remove_file(&root).map_err(|e| store::Error::io(&root, e))?;
            files.extend(before.get_key_value(ForumRecord::TARGET).map(|(name, bytes)| (name.clone(), bytes.clone())));
        }
        self.write_staged(&before, &files, published.map_or(1, |p| p.targets.version().saturating_add(1)), now)
    }

    pub(super) fn write_staged(
        &self,
        before: &Files,
        files: &Files,
        version: u64,
        now: Timestamp,
    ) -> Result<(), Error> {
        for (name, bytes) in files.iter().filter(|(name, bytes)| before.get(*name) != Some(*bytes)) {
            write_atomic(&self.staged().join("targets").join(name), bytes, Overwrite::Replace)?;
        }
        let entries = files.iter().map(|(name, bytes)| (name.clone(), TargetFile::of(bytes))).collect();
        let targets = Metadata::around(registry::targets(version, TARGETS_LIFE.after(now), &entries));
        if let Ok(root) = read_bounded(&self.staged().join("root.json"), MAX_DOCUMENT) {
            let unsigned = Metadata::around(Metadata::parse(&root)?.signed().clone());
            write_atomic(&self.staged().join("root.json"), &unsigned.to_bytes(), Overwrite::Replace)?;
        }
        Ok(write_atomic(&self.staged().join("targets.json"), &targets.to_bytes(), Overwrite::Replace)?)
    }
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
