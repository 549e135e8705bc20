//! A TUF client of any repository, which need not be a registry: what the conformance suite asks of one.
//!
//! It walks the same chain as `trust update`, over the same transport. Only what lies around it differs: metadata and
//! targets below two URLs, and a folder in which each role is kept as soon as it is accepted, under its own name.

use super::http::Http;
use super::location::{Url, segment};
use super::network::Network;
use super::source::FetchError;
use super::trust::TrustError;
use crate::encoding::{MAX_DOCUMENT, MAX_SMALL};
use crate::registry::{Chain, Code, Freshness, Refusal, Repository, Versions};
use crate::store::{self, Lock, Overwrite, read_bounded, write_atomic};
use jiff::Timestamp;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// Where a client keeps its metadata, and where it comes from.
#[derive(Clone, Debug)]
pub struct TufClient {
    /// The folder of what was accepted.
    pub folder: PathBuf,
    /// Where the metadata lies.
    pub metadata: Url,
    /// How the network is used.
    pub network: Network,
    /// The present.
    pub now: Timestamp,
}

/// Starts a client from a root that is trusted as it is; what it is worth is found out by the first refresh.
///
/// # Errors
/// [`TrustError::Store`], also if there is a client in the folder already.
pub fn init(folder: &Path, root: &Path) -> Result<(), TrustError> {
    let root = read_bounded(root, MAX_SMALL)?;
    let _lock = Lock::wait(folder)?;
    Ok(write_atomic(&file_of(folder, "root"), &root, Overwrite::Refuse)?)
}

impl TufClient {
    /// Brings the top-level roles up to date.
    ///
    /// # Errors
    /// [`TrustError`]; roles that were accepted before that are kept.
    pub fn refresh(&self) -> Result<Versions, TrustError> {
        let targets = self.metadata.clone();
        self.with(targets, |_| Ok(())).map(|(versions, ())| versions)
    }

    /// Brings the top-level roles up to date, then downloads these targets, one after the other, into a folder, where
    /// each has its own name, percent-encoded. One that is there already is not downloaded again.
    ///
    /// # Errors
    /// [`TrustError`]; what was downloaded before that stays.
    pub fn download(&self, targets: Url, names: &[String], into: &Path) -> Result<Vec<PathBuf>, TrustError> {
        let one = |chain: &mut Chain<'_, Kept<'_>>, name: &String| {
            let listed = chain.find(name)?;
            chain.repository().trouble()?;
            let entry = listed.ok_or_else(|| Refusal::new(Code::Incomplete, name, "a target of this name", "none"))?;
            let path = into.join(file_name(name));
            let most = usize::try_from(entry.length).unwrap_or(usize::MAX);
            if !read_bounded(&path, most).is_ok_and(|bytes| entry.agrees(&bytes)) {
                write_atomic(&path, &chain.read(name, &entry)?, Overwrite::Replace)?;
            }
            Ok(path)
        };
        let all = |chain: &mut Chain<'_, Kept<'_>>| names.iter().map(|name| one(chain, name)).collect();
        self.with(targets, all).map(|(_, paths)| paths)
    }

    /// Walks the chain, then does something with it, while no other process does.
    fn with<T>(
        &self,
        targets: Url,
        then: impl FnOnce(&mut Chain<'_, Kept<'_>>) -> Result<T, TrustError>,
    ) -> Result<(Versions, T), TrustError> {
        let _lock = Lock::wait(&self.folder)?;
        let root = read_bounded(&file_of(&self.folder, "root"), MAX_SMALL)?;
        let http = Http::at(self.metadata.clone(), targets, &self.network)?;
        let kept = Kept { http, folder: &self.folder, trouble: RefCell::default() };
        let walked = Chain::walk(&kept, &root, None, self.now, Freshness::Current);
        kept.trouble()?;
        let mut chain = walked?;
        let done = then(&mut chain)?;
        Ok((chain.versions(), done))
    }
}

/// A repository on the web, and what was accepted of it.
struct Kept<'a> {
    http: Http,
    folder: &'a Path,
    /// The first thing that went wrong while metadata was read or written here.
    trouble: RefCell<Option<store::Error>>,
}

impl Kept<'_> {
    /// What cannot be read or kept would be no floor the next time.
    fn trouble(&self) -> Result<(), store::Error> {
        self.trouble.borrow_mut().take().map_or(Ok(()), Err)
    }
}

impl Repository for Kept<'_> {
    type Error = FetchError;
    fn metadata(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, FetchError> {
        // Nothing is asked for on top of what could not be kept.
        self.trouble()?;
        Ok(self.http.metadata(name, limit)?)
    }
    fn target(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, FetchError> {
        Ok(self.http.target(path, limit)?)
    }
    fn held(&self, role: &str) -> Option<Vec<u8>> {
        match read_bounded(&file_of(self.folder, role), MAX_DOCUMENT) {
            Ok(bytes) => Some(bytes),
            Err(store::Error::NotFound(_)) => None,
            Err(error) => {
                self.trouble.borrow_mut().get_or_insert(error);
                None
            }
        }
    }
    fn accepted(&self, role: &str, _: &str, bytes: &[u8]) {
        if self.trouble.borrow().is_some() || self.held(role).is_some_and(|held| held == bytes) {
            return;
        }
        if let Err(error) = write_atomic(&file_of(self.folder, role), bytes, Overwrite::Replace) {
            self.trouble.borrow_mut().get_or_insert(error);
        }
    }
}

/// Where a role is kept.
fn file_of(folder: &Path, role: &str) -> PathBuf {
    folder.join(format!("{}.json", segment(role)))
}

/// A target's name as one file name that is neither hidden nor the folder itself.
fn file_name(target: &str) -> String {
    let name = segment(target);
    match name.strip_prefix('.') {
        Some(rest) => format!("%2E{rest}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::{file_name, file_of};
    use std::path::Path;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for (target, file) in [
            ("a.txt", "a.txt"),
            ("..", "%2E."),
            ("../a", "%2E.%2Fa"),
            ("/etc/passwd", "%2Fetc%2Fpasswd"),
            ("a\\b:c", "a%5Cb%3Ac"),
            (".lock", "%2Elock"),
            ("", ""),
        ] {
            assert_eq!(file_name(target), file);
        }
        assert_eq!(file_of(Path::new("d"), "../a"), Path::new("d/..%2Fa.json"));
    }
}
