//! A log in a folder: `public/`, which a web server serves, and `state/`, which is nobody else's business.

use super::error::Error;
use super::files::{Folder, HeadFile};
use super::fsck::Fsck;
use super::index::Index;
use super::publishing::Cosigner;
use super::sequencer::Sequencer;
use super::writer::{Log, Logged};
use crate::encoding::{MAX_SMALL, Malformed, json};
use crate::signer::Signer;
use crate::store::{self, Lock, Overwrite, exists, read_bounded, write_atomic};
use crate::transparency::{Hash, LogPolicy, Note, NoteKey, Proof, Scheme};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const PUBLIC: &str = "public";
const STATE: &str = "state";
const CONFIG: &str = "config.json";
const POLICY: &str = "log-policy";
const INDEX: &str = "index.sqlite";

/// schemas/log-v1.json
#[derive(Serialize, Deserialize)]
struct Config {
    schema: String,
    origin: String,
    vkey: String,
}

impl Config {
    const SCHEMA: &'static str = "vouchsafe-log/v1";
}

/// A log kept in a folder.
#[derive(Debug)]
pub struct LogFolder {
    path: PathBuf,
    /// Its policy, as it was read.
    policy: Option<Vec<u8>>,
    pub(super) log: Log<Folder, HeadFile>,
}

impl LogFolder {
    /// Makes an empty log. `policy` is a C2SP tlog-policy that names this log's key, and the witnesses it asks.
    ///
    /// # Errors
    /// [`store::Error::Exists`] if there is one; [`Malformed`] for an origin that notes cannot carry, another key than
    /// Ed25519, and a policy that cannot be read or does not name the key.
    pub fn init(
        folder: &Path,
        origin: &str,
        signer: &dyn Signer,
        policy: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let key = NoteKey::new(origin, Scheme::Ed25519(signer.public().clone()))?;
        if let Some(bytes) = policy {
            read_policy(bytes, &key)?;
        }
        let state = folder.join(STATE);
        let config = state.join(CONFIG);
        {
            let _held = Lock::wait(&state)?;
            // What an interrupted run left has no configuration, and nothing public.
            for there in [&config, &folder.join(PUBLIC).join("tile")] {
                if exists(there) {
                    return Err(store::Error::Exists(there.clone()).into());
                }
            }
            if let Some(bytes) = policy {
                write_atomic(&state.join(POLICY), bytes, Overwrite::Replace)?;
            }
        }
        let log = Self::at(folder, key.clone(), policy)?;
        log.log.begin(signer, now)?;
        let document = Config { schema: Config::SCHEMA.into(), origin: origin.into(), vkey: key.to_string() };
        write_atomic(&config, &json::pretty(&document), Overwrite::Refuse)?;
        Ok(log)
    }

    /// Opens a log. Nothing is written by that but the index, if it is missing.
    ///
    /// # Errors
    /// [`Error::NotALog`]; [`Malformed`] for a damaged configuration.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let state = folder.join(STATE);
        let config = match read_bounded(&state.join(CONFIG), MAX_SMALL) {
            Err(store::Error::NotFound(_)) => return Err(Error::NotALog(folder.to_owned())),
            other => other?,
        };
        let config: Config = json::parse(&config, MAX_SMALL, "log configuration")?;
        let key = NoteKey::parse(&config.vkey)?;
        if config.schema != Config::SCHEMA || config.origin != key.name() {
            let why = "another schema, or an origin that is not the name of the key";
            return Err(Malformed::new("log configuration", why).into());
        }
        Self::at(folder, key, policy_in(&state)?.as_deref())
    }

    fn at(folder: &Path, key: NoteKey, policy: Option<&[u8]>) -> Result<Self, Error> {
        let read = policy.map(|bytes| read_policy(bytes, &key)).transpose()?;
        let policy = policy.map(<[u8]>::to_vec);
        let state = folder.join(STATE);
        let index = Index::open(&state.join(INDEX))?;
        let sequencer = Sequencer {
            public: Folder::at(folder.join(PUBLIC)),
            state: Folder::at(state.clone()),
            head: HeadFile::at(state),
            key,
        };
        Ok(Self { path: folder.to_owned(), policy, log: Log::with(sequencer, read, index) })
    }

    /// Its key; the name is its origin.
    pub fn key(&self) -> &NoteKey {
        self.log.key()
    }
    /// Which witnesses it asks, if any.
    pub fn policy(&self) -> Option<&LogPolicy> {
        self.log.policy()
    }
    /// From now on asks the witnesses of another policy.
    ///
    /// # Errors
    /// [`Malformed`] for a policy that cannot be read or does not name the log's key; what the store says.
    pub fn set_policy(&mut self, bytes: &[u8]) -> Result<(), Error> {
        read_policy(bytes, self.key())?;
        let state = self.path.join(STATE);
        let held = Lock::wait(&state)?;
        write_atomic(&state.join(POLICY), bytes, Overwrite::Replace)?;
        drop(held);
        *self = Self::open(&self.path)?;
        Ok(())
    }
    /// Takes up the policy that stands in the folder now; whether it is another one than before.
    ///
    /// # Errors
    /// As [`LogFolder::set_policy`]; the policy stays as it was then.
    pub fn reread_policy(&mut self) -> Result<bool, Error> {
        let there = policy_in(&self.path.join(STATE))?;
        if there == self.policy {
            return Ok(false);
        }
        let policy = there.as_deref().map(|bytes| read_policy(bytes, self.key())).transpose()?;
        self.log.set_policy(policy);
        self.policy = there;
        Ok(true)
    }
    /// The folder a web server serves.
    pub fn public_path(&self) -> PathBuf {
        self.path.join(PUBLIC)
    }

    /// As [`Log::append`].
    ///
    /// # Errors
    /// [`Error`].
    pub fn append(
        &self,
        entries: &[Vec<u8>],
        signer: &dyn Signer,
        witnesses: &[&dyn Cosigner],
        now: Timestamp,
    ) -> Result<Vec<Proof>, Error> {
        self.log.append(entries, signer, witnesses, now)
    }

    /// As [`Log::log`]: without proofs, which can be had later.
    ///
    /// # Errors
    /// [`Error`].
    pub fn log(
        &self,
        entries: &[Vec<u8>],
        signer: &dyn Signer,
        witnesses: &[&dyn Cosigner],
        now: Timestamp,
    ) -> Result<Logged, Error> {
        self.log.log(entries, signer, witnesses, now)
    }

    /// As [`Log::proofs`].
    ///
    /// # Errors
    /// [`Error`].
    pub fn proofs(&self, logged: &Logged) -> Result<Vec<Proof>, Error> {
        self.log.proofs(logged)
    }

    /// As [`Log::prove`].
    ///
    /// # Errors
    /// [`Error`].
    pub fn prove(&self, leaf: &Hash) -> Result<Option<Proof>, Error> {
        self.log.prove(leaf)
    }

    /// As [`Log::fsck`].
    ///
    /// # Errors
    /// [`Error`].
    pub fn fsck(&self) -> Result<Fsck, Error> {
        self.log.fsck()
    }

    /// As [`Log::checkpoint`].
    ///
    /// # Errors
    /// [`Error`].
    pub fn checkpoint(&self) -> Result<Note, Error> {
        self.log.checkpoint()
    }
}

fn policy_in(state: &Path) -> Result<Option<Vec<u8>>, store::Error> {
    match read_bounded(&state.join(POLICY), MAX_SMALL) {
        Err(store::Error::NotFound(_)) => Ok(None),
        other => other.map(Some),
    }
}

fn read_policy(bytes: &[u8], key: &NoteKey) -> Result<LogPolicy, Malformed> {
    let policy = LogPolicy::parse(bytes)?;
    if policy.names(key) {
        return Ok(policy);
    }
    Err(Malformed::new("log policy", format!("it has no line \"log {key}\"")))
}
