//! A witness with its own key and state (C2SP tlog-witness): one folder, one process at a time.
//!
//! `witness.json` names its key and the logs it knows; `logs/SHA256-OF-ORIGIN` holds the checkpoint it cosigned last,
//! with the signature of the log and its own; an empty file is a log it knows and has never cosigned.

mod error;
#[cfg(feature = "http")]
mod http;
#[cfg_attr(not(feature = "ml-dsa"), path = "ml_dsa_absent.rs")]
mod ml_dsa;
mod state;

pub use error::WitnessError;

use crate::encoding::text::shown;
use crate::encoding::{MAX_DOCUMENT, json};
use crate::key::PublicKey;
use crate::signer::{Signer, sign_checked};
use crate::store::{self, Lock, Overwrite};
use crate::transparency::witness::{AddCheckpoint, NotCosigned};
use crate::transparency::{Checkpoint, Note, NoteKey, Scheme, Signature, Signed, cosignature};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use state::State;
use std::path::{Path, PathBuf};

const CONFIG: &str = "witness.json";
const SCHEMA: &str = "vouchsafe-witness/v1";

/// `witness.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    schema: String,
    /// The witness's own key, as others name it in their log policies.
    vkey: String,
    /// Its ML-DSA-44 key, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ml_dsa: Option<String>,
    /// Where its private key is, if that is a file: for those who ask it in the same process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<PathBuf>,
    /// The keys of the logs it knows; the name of a key is the origin of its log.
    logs: Vec<String>,
}

impl Config {
    /// The keys of one log. The others are not even parsed: a witness may know thousands.
    fn keys_of(&self, origin: &str) -> Result<Vec<NoteKey>, WitnessError> {
        let own = self.logs.iter().filter(|vkey| vkey.split('+').next() == Some(origin));
        Ok(own.map(|vkey| NoteKey::parse(vkey)).collect::<Result<_, _>>()?)
    }
}

/// Whether a log was new to a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is now.
    Added,
    /// It was known by this very key.
    Already,
}

/// A witness's folder. What it knows is read anew for each request, so that a log can be added while it serves.
#[derive(Clone, Debug)]
pub struct WitnessFolder {
    folder: PathBuf,
    key: NoteKey,
    key_file: Option<PathBuf>,
}

impl WitnessFolder {
    /// Makes a witness that knows these logs. `key_file` may say where the private key is.
    ///
    /// # Errors
    /// [`store::Error::Exists`] if there is one; [`WitnessError::Malformed`] for a name or key that cannot be a
    /// witness's, or a log key that is none.
    pub fn init(
        folder: &Path,
        name: &str,
        key: &PublicKey,
        logs: &[NoteKey],
        key_file: Option<&Path>,
    ) -> Result<Self, WitnessError> {
        let key = NoteKey::new(name, Scheme::Cosignature(key.clone()))?;
        logs.iter().try_for_each(error::a_log_key)?;
        let _lock = Lock::wait(folder)?;
        let path = folder.join(CONFIG);
        if store::exists(&path) {
            return Err(store::Error::Exists(path).into());
        }
        logs.iter().try_for_each(|log| State::of(folder, log.name()).begin())?;
        let mut vkeys: Vec<String> = logs.iter().map(NoteKey::to_string).collect();
        vkeys.sort_unstable();
        vkeys.dedup();
        let key_file = key_file.map(Path::to_owned);
        let config =
            Config { schema: SCHEMA.into(), vkey: key.to_string(), ml_dsa: None, key: key_file.clone(), logs: vkeys };
        store::write_atomic(&path, &json::pretty(&config), Overwrite::Refuse)?;
        Ok(Self { folder: folder.to_owned(), key, key_file })
    }

    /// Opens a witness that was made before.
    ///
    /// # Errors
    /// [`WitnessError::NotAWitness`]; [`WitnessError::Malformed`] if its `witness.json` is damaged.
    pub fn open(folder: &Path) -> Result<Self, WitnessError> {
        let config = config(folder)?;
        let key = NoteKey::parse(&config.vkey)?;
        if !matches!(key.scheme(), Scheme::Cosignature(_)) {
            return Err(error::config("its key is no Ed25519 cosignature key"));
        }
        Ok(Self { folder: folder.to_owned(), key, key_file: config.key })
    }

    /// The witness's key, as others name it in their log policies.
    pub fn key(&self) -> &NoteKey {
        &self.key
    }
    /// Where its private key is, if that was said when it was made.
    pub fn key_file(&self) -> Option<&Path> {
        self.key_file.as_deref()
    }
    /// Whether a signer holds the witness's key; asked before a server starts.
    ///
    /// # Errors
    /// [`WitnessError::OtherKey`].
    pub fn check_signer(&self, signer: &dyn Signer) -> Result<(), WitnessError> {
        if signer.public().raw() == self.key.public_bytes() { Ok(()) } else { Err(self.other_key(signer)) }
    }
    /// The keys of the logs it knows.
    ///
    /// # Errors
    /// As [`WitnessFolder::open`].
    pub fn logs(&self) -> Result<Vec<NoteKey>, WitnessError> {
        Ok(config(&self.folder)?.logs.iter().map(|vkey| NoteKey::parse(vkey)).collect::<Result<_, _>>()?)
    }

    /// Its ML-DSA-44 key, if it has one, as others name it in their log policies.
    ///
    /// # Errors
    /// As [`WitnessFolder::open`].
    pub fn ml_dsa(&self) -> Result<Option<String>, WitnessError> {
        Ok(config(&self.folder)?.ml_dsa)
    }

    /// Gives the witness an ML-DSA-44 key, with which it cosigns from then on, too.
    ///
    /// # Errors
    /// No randomness, or what the system says.
    #[cfg(feature = "ml-dsa")]
    pub fn add_ml_dsa(&self) -> Result<NoteKey, WitnessError> {
        let _lock = Lock::wait(&self.folder)?;
        let mut config = config(&self.folder)?;
        let key = ml_dsa::key(&self.folder, self.key.name())?;
        config.ml_dsa = Some(key.to_string());
        store::write_atomic(&self.folder.join(CONFIG), &json::pretty(&config), Overwrite::Replace)?;
        Ok(key)
    }

    /// Makes a log known. What was cosigned of a log of this origin before stays binding.
    ///
    /// # Errors
    /// [`WitnessError::Malformed`] for the key of a witness; what the system says.
    pub fn add_log(&self, log: &NoteKey) -> Result<Known, WitnessError> {
        error::a_log_key(log)?;
        let _lock = Lock::wait(&self.folder)?;
        let mut config = config(&self.folder)?;
        if config.logs.contains(&log.to_string()) {
            return Ok(Known::Already);
        }
        // A log that is known has a record; if that was lost, another key of the log is no new beginning.
        if config.keys_of(log.name())?.is_empty() {
            State::of(&self.folder, log.name()).begin()?;
        }
        config.logs.push(log.to_string());
        config.logs.sort_unstable();
        store::write_atomic(&self.folder.join(CONFIG), &json::pretty(&config), Overwrite::Replace)?;
        Ok(Known::Added)
    }

    /// Answers an `add-checkpoint` request: the lines of our cosignature, once the checkpoint is durable. Looking at
    /// what was cosigned last and writing what is cosigned now happen under one lock.
    ///
    /// # Errors
    /// [`WitnessError::NotCosigned`] is the answer no; with any other error there is no answer, and no cosignature.
    pub fn add_checkpoint(
        &self,
        request: &[u8],
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<Vec<Signature>, WitnessError> {
        let request = AddCheckpoint::parse(request).map_err(|e| NotCosigned::BadRequest(e.to_string()))?;
        self.cosign(&request, signer, now)
    }

    /// As [`WitnessFolder::add_checkpoint`], of a request that was read already.
    ///
    /// # Errors
    /// As [`WitnessFolder::add_checkpoint`].
    pub fn cosign(
        &self,
        request: &AddCheckpoint,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<Vec<Signature>, WitnessError> {
        if now.as_second() <= 0 {
            return Err(WitnessError::Clock(now));
        }
        let origin = request.origin()?;
        let _lock = Lock::wait(&self.folder)?;
        let config = config(&self.folder)?;
        let logs = config.keys_of(&origin)?;
        if logs.is_empty() {
            return Err(NotCosigned::UnknownLog(origin).into());
        }
        let state = State::of(&self.folder, &origin);
        let last = state.last(&self.key)?;
        let judged = request.judge(&logs, last.as_ref().map(|(_, checkpoint)| checkpoint));
        if let (Err(NotCosigned::Inconsistent), Some((note, checkpoint))) = (&judged, &last)
            && contradict(request, checkpoint)
        {
            // Proof against the log, for whoever looks. Nothing hangs on it, and the answer is no either way.
            let _ = state.keep_fork(note, &request.note);
        }
        judged?;
        let mut lines = vec![self.line(&request.note, signer, now)?];
        if let Some(vkey) = &config.ml_dsa {
            lines.push(ml_dsa::line(&self.folder, vkey, &request.note, now)?);
        }
        // One line of each key, however often it stands there, and nothing that could not be read again.
        let mut note = request.note.only(|_| false);
        let of_log = logs.iter().filter_map(|log| request.note.signatures().iter().find(|s| log.is_named_by(s)));
        of_log.chain(&lines).for_each(|line| note.add(line.clone()));
        Note::parse(note.to_string().as_bytes()).map_err(|e| NotCosigned::BadRequest(format!("cosigned: {e}")))?;
        // A write that failed half-way is not read back as done: the next request writes all of it again.
        state.put(&note)?;
        Ok(lines)
    }

    /// The checkpoint cosigned last of the log whose origin has this SHA-256, in lower-case hex, with our cosignature
    /// and the log's signature. None if there is none.
    ///
    /// # Errors
    /// [`WitnessError::StateDamaged`]; what the system says.
    pub fn checkpoint(&self, origin_hash: &str) -> Result<Option<Note>, WitnessError> {
        let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if origin_hash.len() != 64 || !origin_hash.bytes().all(lower_hex) {
            return Ok(None);
        }
        match State::named(&self.folder, origin_hash).last(&self.key) {
            Ok(last) => Ok(last.map(|(note, _)| note)),
            Err(WitnessError::Store(store::Error::NotFound(_))) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Our cosignature, checked as others will check it.
    fn line(&self, note: &Note, signer: &dyn Signer, now: Timestamp) -> Result<Signature, WitnessError> {
        let message = cosignature::message(note.text(), now);
        let line = self.key.line(cosignature::join(now, &sign_checked(signer, message.as_bytes())?));
        let mut alone = note.only(|_| false);
        alone.add(line.clone());
        match self.key.signed(&alone) {
            Signed::Good(Some(_)) => Ok(line),
            _ => Err(self.other_key(signer)),
        }
    }

    fn other_key(&self, signer: &dyn Signer) -> WitnessError {
        WitnessError::OtherKey { expected: self.key.to_string(), got: signer.public().id().to_string() }
    }
}

/// Whether a log signed two trees of one size: no proof of a client's could make that right.
fn contradict(request: &AddCheckpoint, last: &Checkpoint) -> bool {
    Checkpoint::parse(request.note.text()).is_ok_and(|new| new.size == last.size && new.root != last.root)
}

fn config(folder: &Path) -> Result<Config, WitnessError> {
    let bytes = store::read_bounded(&folder.join(CONFIG), MAX_DOCUMENT).map_err(|e| match e {
        store::Error::NotFound(_) => WitnessError::NotAWitness(folder.to_owned()),
        other => other.into(),
    })?;
    let config: Config = json::parse(&bytes, MAX_DOCUMENT, error::WHAT)?;
    if config.schema != SCHEMA {
        return Err(error::config(&format!("schema {}, expected {SCHEMA}", shown(&config.schema))));
    }
    Ok(config)
}
