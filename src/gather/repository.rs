//! TUF repositories in folders and in exported trust files, and a recorder of what was used of them.

use super::location::segment;
use crate::encoding::{MAX_DOCUMENT, MAX_SMALL, Malformed, base64, json};
use crate::registry::{Oversize, Repository};
use crate::store::{self, read_bounded};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A folder with `metadata/` and `targets/`.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The repository at or in `path`: a published folder, or a forum's folder with one in it. None if neither.
    pub fn find(path: &Path) -> Option<Self> {
        let is = |p: &Path| p.join("metadata").is_dir();
        [path.to_owned(), path.join("published")].into_iter().find(|p| is(p)).map(|root| Self { root })
    }
    /// A repository at exactly this path, which need not exist yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }
    /// The root files there are, oldest first.
    ///
    /// # Errors
    /// What the system says.
    pub fn roots(&self) -> Result<Vec<Vec<u8>>, store::Error> {
        let folder = self.root.join("metadata");
        let names = std::fs::read_dir(&folder).map_err(|e| store::Error::io(&folder, e))?;
        let version = |name: &str| {
            name.strip_suffix(".root.json").and_then(|v| v.parse::<u64>().ok().filter(|n| n.to_string() == v))
        };
        let mut versions: Vec<u64> =
            names.flatten().filter_map(|e| version(&e.file_name().to_string_lossy())).collect();
        versions.sort_unstable();
        versions.into_iter().map(|v| read_bounded(&folder.join(format!("{v}.root.json")), MAX_SMALL)).collect()
    }
    fn read(&self, folder: &str, name: &str, limit: usize) -> Result<Option<Vec<u8>>, store::Error> {
        if !is_inside(name) {
            return Ok(None);
        }
        match read_bounded(&self.root.join(folder).join(name), limit) {
            Err(store::Error::NotFound(_)) => Ok(None),
            other => other.map(Some),
        }
    }
}

/// A relative path without a way out.
pub fn is_inside(name: &str) -> bool {
    !name.is_empty()
        && name
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0', ':']))
}

impl Oversize for store::Error {
    fn is_oversize(&self) -> bool {
        matches!(self, Self::TooLarge { .. })
    }
}

impl Repository for Folder {
    type Error = store::Error;
    fn metadata(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, store::Error> {
        self.read("metadata", &segment(name), limit)
    }
    fn target(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, store::Error> {
        self.read("targets", path, limit)
    }
}

/// A view of a registry, in memory: what an exported trust file holds.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The root to start from.
    pub pinned_root: Vec<u8>,
    /// Metadata files by name.
    pub metadata: BTreeMap<String, Vec<u8>>,
    /// Target files by path.
    pub targets: BTreeMap<String, Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    schema: String,
    forum: String,
    fingerprint: String,
    pinned_root: String,
    metadata: BTreeMap<String, String>,
    targets: BTreeMap<String, String>,
}

const WHAT: &str = "exported trust file";
const SCHEMA: &str = "vouchsafe-trust/v1";

impl View {
    /// Reads an exported trust file; nothing in it is believed until it was loaded from a pinned root.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let written: Written = json::parse(bytes, MAX_DOCUMENT, WHAT)?;
        if written.schema != SCHEMA {
            return Err(Malformed::new(WHAT, format!("schema {:?}, expected {SCHEMA:?}", written.schema)));
        }
        let decode = |files: BTreeMap<String, String>| {
            files
                .into_iter()
                .map(|(name, text)| base64::decode(&text, WHAT).map(|bytes| (name, bytes)))
                .collect::<Result<_, _>>()
        };
        Ok(Self {
            pinned_root: base64::decode(&written.pinned_root, WHAT)?,
            metadata: decode(written.metadata)?,
            targets: decode(written.targets)?,
        })
    }
    /// The file to export.
    pub fn to_bytes(&self, forum: &str, fingerprint: &str) -> Vec<u8> {
        let encode =
            |files: &BTreeMap<String, Vec<u8>>| files.iter().map(|(n, b)| (n.clone(), base64::encode(b))).collect();
        json::pretty(&Written {
            schema: SCHEMA.into(),
            forum: forum.into(),
            fingerprint: fingerprint.into(),
            pinned_root: base64::encode(&self.pinned_root),
            metadata: encode(&self.metadata),
            targets: encode(&self.targets),
        })
    }
}

impl Repository for View {
    type Error = store::Error;
    fn metadata(&self, name: &str, _: usize) -> Result<Option<Vec<u8>>, store::Error> {
        Ok(self.metadata.get(name).cloned())
    }
    fn target(&self, path: &str, _: usize) -> Result<Option<Vec<u8>>, store::Error> {
        Ok(self.targets.get(path).cloned())
    }
}

/// Files about to be written, over those that are there.
#[derive(Debug)]
pub struct Layered<'a> {
    over: &'a View,
    under: Folder,
}

impl<'a> Layered<'a> {
    /// `over` hides what has the same name `under` it.
    pub fn new(over: &'a View, under: Folder) -> Self {
        Self { over, under }
    }
}

impl Repository for Layered<'_> {
    type Error = store::Error;
    fn metadata(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, store::Error> {
        self.over.metadata(name, limit)?.map_or_else(|| self.under.metadata(name, limit), |bytes| Ok(Some(bytes)))
    }
    fn target(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, store::Error> {
        self.over.target(path, limit)?.map_or_else(|| self.under.target(path, limit), |bytes| Ok(Some(bytes)))
    }
}

/// Passes everything through and keeps what was accepted: exactly the files of one consistent view.
#[derive(Debug)]
pub struct Recorder<R> {
    inner: R,
    used: RefCell<View>,
}

impl<R: Repository> Recorder<R> {
    /// Records what is fetched from `inner`.
    pub fn new(inner: R, pinned_root: &[u8]) -> Self {
        Self { inner, used: RefCell::new(View { pinned_root: pinned_root.to_vec(), ..View::default() }) }
    }
    /// Exchanges the root to start from.
    pub fn pin(&self, root: &[u8]) {
        self.used.borrow_mut().pinned_root = root.to_vec();
    }
    /// What was fetched.
    pub fn into_view(self) -> View {
        self.used.into_inner()
    }
}

impl<R: Repository> Repository for Recorder<R> {
    type Error = R::Error;
    fn metadata(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, R::Error> {
        self.inner.metadata(name, limit)
    }
    fn target(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, R::Error> {
        let found = self.inner.target(path, limit)?;
        if let Some(bytes) = &found {
            self.used.borrow_mut().targets.insert(path.to_owned(), bytes.clone());
        }
        Ok(found)
    }
    fn accepted(&self, _: &str, name: &str, bytes: &[u8]) {
        self.used.borrow_mut().metadata.insert(name.to_owned(), bytes.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use super::Folder;
    use crate::registry::Repository as _;

    #[test]
    fn a_metadata_name_is_one_name_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("metadata/1.a")).unwrap();
        for file in ["x.json", "metadata/1.a/b.json", "metadata/1.a%2Fb.json", "metadata/1.targets.json"] {
            std::fs::write(folder.path().join(file), file).unwrap();
        }
        let read = |name: &str| {
            let bytes = Folder::at(folder.path()).metadata(name, 100).unwrap();
            bytes.map(|bytes| String::from_utf8(bytes).unwrap())
        };
        assert_eq!(read("1.targets.json").unwrap(), "metadata/1.targets.json");
        assert_eq!(read("1.a/b.json").unwrap(), "metadata/1.a%2Fb.json");
        for name in ["../x.json", "1.a/../../x.json", "/x.json", "", ".", ".."] {
            assert_eq!(read(name), None, "{name}");
        }
    }
}
