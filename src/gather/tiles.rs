//! A log that somebody keeps, read from a folder or a URL: its checkpoint, and its tiles. Bounded, and believed by nobody.

use super::http::Http;
use super::location::Location;
use super::network::NetworkError;
use crate::encoding::{Class, Explain, Malformed};
use crate::registry::Repository as _;
use crate::store::{self, exists, read_bounded};
use crate::transparency::{Code, MAX_NOTE, Note, Refusal, Tile, Tiles};
use std::path::PathBuf;

/// Where the checkpoint is, below a log's address.
const CHECKPOINT: &str = "checkpoint";

/// The files of a log, wherever they are.
#[derive(Debug)]
pub struct TilesAt {
    place: Place,
    /// As it is shown.
    name: String,
    /// As it is remembered.
    remembered: String,
}

#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    Web(Http),
}

/// Why a file of a log was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TilesError {
    /// The world failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The network failed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// It is not what it should be, or not there.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<Malformed> for TilesError {
    fn from(error: Malformed) -> Self {
        Refusal::new(Code::Malformed, "", format!("a well-formed {}", error.what), error.why).into()
    }
}

impl TilesError {
    fn part(&self) -> &dyn Explain {
        match self {
            Self::Store(e) => e,
            Self::Network(e) => e,
            Self::Refused(e) => e,
        }
    }
}

impl Explain for TilesError {
    fn code(&self) -> &'static str {
        self.part().code()
    }
    fn class(&self) -> Class {
        self.part().class()
    }
    fn expected(&self) -> String {
        self.part().expected()
    }
    fn got(&self) -> String {
        self.part().got()
    }
    fn next(&self) -> String {
        self.part().next()
    }
}

impl TilesAt {
    /// The log at a location: a public folder, the folder it is kept in, or the URL it is served below.
    ///
    /// # Errors
    /// [`NetworkError`] if this build cannot read it.
    pub fn open(location: &Location) -> Result<Self, TilesError> {
        let (place, remembered) = match location {
            Location::Path(path) => {
                let public = path.join("public");
                let kept = !exists(&path.join(CHECKPOINT)) && exists(&public);
                let folder = if kept { public } else { path.clone() };
                (Place::Folder(folder.clone()), Location::Path(folder).remembered())
            }
            Location::Web(url, network) => {
                (Place::Web(Http::at(url.clone(), url.clone(), network)?), location.remembered())
            }
        };
        Ok(Self { place, name: location.as_path().to_string_lossy().into_owned(), remembered })
    }

    /// Where it is, however that was typed: the URL, or the path of the public folder from the root on.
    pub fn remembered(&self) -> &str {
        &self.remembered
    }

    /// What is published. Nobody has checked it.
    ///
    /// # Errors
    /// [`TilesError`], also if there is none.
    pub fn checkpoint(&self) -> Result<Note, TilesError> {
        match self.read(CHECKPOINT, MAX_NOTE)? {
            Some(bytes) => Ok(Note::parse(&bytes)?),
            None => Err(self.missing(CHECKPOINT)),
        }
    }

    fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, TilesError> {
        match &self.place {
            Place::Web(http) => Ok(http.target(name, limit)?),
            Place::Folder(folder) => match read_bounded(&folder.join(name), limit) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(store::Error::NotFound(_)) => Ok(None),
                Err(e) => Err(e.into()),
            },
        }
    }

    fn missing(&self, name: &str) -> TilesError {
        Refusal::new(Code::Malformed, format!("{}/{name}", self.name), "a file of the log", "nothing").into()
    }
}

impl Tiles for TilesAt {
    type Error = TilesError;

    /// An unfinished tile may be gone once it is full; the full one begins with it.
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, TilesError> {
        if let Some(bytes) = self.read(&tile.path(), tile.max_bytes())? {
            return Ok(bytes);
        }
        let whole = tile.full();
        let full = if tile.is_full() { None } else { self.read(&whole.path(), whole.max_bytes())? };
        let begin = full.and_then(|bytes| tile.beginning(&bytes).map(<[u8]>::to_vec));
        begin.ok_or_else(|| self.missing(&tile.path()))
    }
}
