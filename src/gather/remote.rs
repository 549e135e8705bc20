//! A registry on the web as one run sees it: a name has one content, and what is held already is not fetched again.

use super::http::Http;
use super::location::Url;
use super::network::{Network, NetworkError};
use super::repository::{Folder, is_inside};
use crate::encoding::MAX_SMALL;
use crate::registry::Repository;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Roots looked for, as many as loading follows.
const MAX_ROOTS: u64 = 1024;

/// A URL, and perhaps a folder with an older view of the same registry.
#[derive(Debug)]
pub struct Remote {
    http: Http,
    held: Option<Folder>,
    /// Metadata this run has seen. A server that gives another timestamp each time cannot make a view of two.
    seen: RefCell<BTreeMap<String, Option<Vec<u8>>>>,
}

impl Remote {
    /// The registry below `url`; files that never change under their name are taken from `held` where it has them.
    ///
    /// # Errors
    /// As [`Http::open`].
    pub fn open(url: &Url, network: &Network, held: Option<Folder>) -> Result<Self, NetworkError> {
        Ok(Self { http: Http::open(url, network)?, held, seen: RefCell::default() })
    }
    /// The roots there are, from the first on. There is no list of them: each is asked for until one is missing.
    ///
    /// # Errors
    /// As [`Repository::metadata`].
    pub fn roots(&self) -> Result<Vec<Vec<u8>>, NetworkError> {
        let mut roots = Vec::new();
        for version in 1..=MAX_ROOTS {
            match self.metadata(&format!("{version}.root.json"), MAX_SMALL)? {
                Some(root) => roots.push(root),
                None => break,
            }
        }
        Ok(roots)
    }
    /// A file as it is held. One that cannot be read is fetched.
    fn held(&self, name: &str, read: impl FnOnce(&Folder) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        self.held.as_ref().filter(|_| never_changes(name)).and_then(read)
    }
}

impl Repository for Remote {
    type Error = NetworkError;
    fn metadata(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, NetworkError> {
        // No registry has such a name, so nobody is asked for it; the same below.
        if !is_inside(name) {
            return Ok(None);
        }
        if let Some(seen) = self.seen.borrow().get(name) {
            return Ok(seen.clone());
        }
        let found = match self.held(name, |folder| folder.metadata(name, limit).ok().flatten()) {
            Some(bytes) => Some(bytes),
            None => self.http.metadata(name, limit)?,
        };
        self.seen.borrow_mut().insert(name.to_owned(), found.clone());
        Ok(found)
    }
    fn target(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, NetworkError> {
        if !is_inside(path) {
            return Ok(None);
        }
        match self.held(path, |folder| folder.target(path, limit).ok().flatten()) {
            Some(bytes) => Ok(Some(bytes)),
            None => self.http.target(path, limit),
        }
    }
}

/// `N.role.json` and `HASH.name`: a file that changed would have another name.
fn never_changes(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    let first = file.split_once('.').map_or("", |(first, _)| first);
    let version = !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit());
    version || (first.len() == 64 && first.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::never_changes;

    #[test]
    fn only_names_that_say_which_version_are_held() {
        let hashed = format!("members/{}.acme.json", "0a".repeat(32));
        for name in ["1.root.json", "12.snapshot.json", hashed.as_str()] {
            assert!(never_changes(name), "{name}");
        }
        for name in ["timestamp.json", "snapshot.json", ".json", "forum.json", "members/abc.json", ""] {
            assert!(!never_changes(name), "{name}");
        }
    }
}
