//! Enters registry versions in the forum's log before they are published: clients of a registry with a log policy
//! take nothing else.

use super::Error;
use super::ask::Asking;
use super::forum::Forum;
use super::log::{Cosigner, LogFolder};
use crate::encoding::MAX_DOCUMENT;
use crate::encoding::text::shown;
use crate::gather::repository::{Folder, Layered, View};
use crate::registry::{
    Code, LOG_POLICY, Metadata, Refusal, Repository as _, board, is_logged, listed, log_entries, proof_name,
    target_path,
};
use crate::signer::Signer;
use crate::transparency::{Entry, Log, LogPolicy, NoteKey, Proof};
use jiff::Timestamp;

/// Whoever enters things in a log.
pub trait Notary {
    /// The key of that log.
    ///
    /// # Errors
    /// [`crate::encoding::Malformed`] for a name or key that no log has; [`Code::NotLogged`] of [`Nobody`].
    fn log_key(&self) -> Result<NoteKey, Error>;
    /// Proofs that these are in the log, in their order. What was entered before keeps its place.
    ///
    /// # Errors
    /// [`Error`]; nothing is to be relied on then.
    fn enter(&self, entries: &[Entry]) -> Result<Vec<Proof>, Error>;
    /// Whether a log where followers look for this version can still be written.
    fn before(&self) -> Before {
        Before::Kept
    }
}

/// The logs that a forum relied on until now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// One of them is there, so this version is entered in it.
    Kept,
    /// None can be written any more. Whoever follows the forum has to confirm it anew.
    Lost,
}

/// Nobody: every log that the forum relied on is lost, and it relies on none from now on.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Notary for Nobody {
    fn log_key(&self) -> Result<NoteKey, Error> {
        Err(nowhere(LOG_POLICY).into())
    }
    fn enter(&self, _: &[Entry]) -> Result<Vec<Proof>, Error> {
        Err(nowhere(LOG_POLICY).into())
    }
    fn before(&self) -> Before {
        Before::Lost
    }
}

/// A log in a folder, its key, and the witnesses that its policy names and says where to find.
pub struct Keeper {
    log: LogFolder,
    signer: Box<dyn Signer>,
    witnesses: Vec<Box<dyn Cosigner>>,
    before: Before,
    now: Timestamp,
}

impl Keeper {
    /// Of a log. Nobody is asked yet.
    ///
    /// # Errors
    /// A witness's URL that is none.
    pub fn new(log: LogFolder, signer: Box<dyn Signer>, asking: &Asking, now: Timestamp) -> Result<Self, Error> {
        let witnesses = log.policy().map(LogPolicy::witnesses).unwrap_or_default();
        let witnesses = witnesses.iter().filter_map(|w| asking.cosigner(w).transpose()).collect::<Result<_, _>>()?;
        Ok(Self { log, signer, witnesses, before: Before::Kept, now })
    }
    /// The same, knowing what became of the logs before it.
    #[must_use]
    pub fn after(self, before: Before) -> Self {
        Self { before, ..self }
    }
    /// The log.
    pub fn log(&self) -> &LogFolder {
        &self.log
    }
}

impl Notary for Keeper {
    fn log_key(&self) -> Result<NoteKey, Error> {
        Ok(self.log.key().clone())
    }
    fn enter(&self, entries: &[Entry]) -> Result<Vec<Proof>, Error> {
        let bodies: Vec<Vec<u8>> = entries.iter().map(Entry::body).collect();
        let witnesses: Vec<&dyn Cosigner> = self.witnesses.iter().map(AsRef::as_ref).collect();
        Ok(self.log.append(&bodies, self.signer.as_ref(), &witnesses, self.now)?)
    }
    fn before(&self) -> Before {
        self.before
    }
}

impl Forum {
    /// Stages which logs and witnesses the forum relies on (C2SP tlog-policy), or that it relies on none.
    ///
    /// # Errors
    /// [`crate::encoding::Malformed`] if it cannot be read; [`Code::Unchanged`].
    pub fn set_log_policy(&self, policy: Option<&[u8]>, now: Timestamp) -> Result<(), Error> {
        policy.map(LogPolicy::parse).transpose()?;
        self.edit(&[LOG_POLICY.to_owned()], now, |files| {
            match policy {
                Some(policy) => files.insert(LOG_POLICY.into(), policy.to_vec()),
                None => files.remove(LOG_POLICY),
            };
            Ok(())
        })
    }

    /// Puts into `view` the proofs that it needs and that are not published yet: of the targets, and of every root
    /// after the first. A proof that the witnesses of today did not cosign is made again.
    pub(super) fn enter(&self, view: &mut View, targets: &Metadata, notary: Option<&dyn Notary>) -> Result<(), Error> {
        let whole = Layered::new(view, Folder::at(self.published_path()));
        let published = self.published()?.map(|published| policy_of(&whole, &published.targets)).transpose()?.flatten();
        // A log that is at hand is not lost.
        let there = |before: &LogPolicy, notary: &dyn Notary| {
            notary.before() == Before::Kept || notary.log_key().is_ok_and(|log| before.names(&log))
        };
        let left = published.filter(|before| notary.is_none_or(|notary| there(before, notary)));
        // A version that leaves the log is entered there, for those who follow from the one before.
        let Some(policy) = policy_of(&whole, targets)?.or_else(|| left.clone()) else { return Ok(()) };

        let mut wanted: Vec<(String, Vec<Entry>)> = Vec::new();
        let mut before = None;
        for version in 1.. {
            let Some(bytes) = whole.metadata(&format!("{version}.root.json"), MAX_DOCUMENT)? else { break };
            let root = Metadata::parse(&bytes)?;
            if let Some(before) = &before {
                wanted.push((proof_name("root", version), log_entries(&root, before)?));
            }
            before = Some(board(root.signed())?);
        }
        let board = before.ok_or_else(|| missing("1.root.json"))?;
        wanted.push((proof_name("targets", targets.version()), log_entries(targets, &board)?));

        let mut lacking = Vec::new();
        for (name, entries) in wanted {
            let there = whole.metadata(&name, MAX_DOCUMENT)?;
            if is_logged(&entries, there.as_deref(), &policy).is_err() {
                lacking.push((name, entries));
            }
        }
        let Some((first, _)) = lacking.first() else { return Ok(()) };
        let notary = notary.ok_or_else(|| nowhere(first))?;
        let firsts: Vec<Entry> = lacking.iter().filter_map(|(_, entries)| entries.first().cloned()).collect();
        is_named(&notary.log_key()?, left.as_ref(), &policy)?;
        let proofs = notary.enter(&firsts)?;
        let proven = lacking.into_iter().zip(proofs).map(|((name, _), proof)| (name, proof.to_string().into_bytes()));
        view.metadata.extend(proven);
        Ok(())
    }
}

/// The log policy that a version of the registry has.
fn policy_of(whole: &Layered<'_>, targets: &Metadata) -> Result<Option<LogPolicy>, Error> {
    let Some(entry) = listed(targets.signed())?.remove(LOG_POLICY) else { return Ok(None) };
    let path = target_path(LOG_POLICY, entry.sha256().unwrap_or_default());
    let text = whole.target(&path, MAX_DOCUMENT)?.ok_or_else(|| missing(LOG_POLICY))?;
    Ok(Some(LogPolicy::parse(&text)?))
}

/// Refuses a log that nobody would look in: one that the policy does not name, and for a version that names a new shard
/// that shard itself, since who follows the forum looks for it in a log that was named before. Where none of those is
/// named any more, nobody who follows would take this version.
fn is_named(log: &NoteKey, before: Option<&LogPolicy>, policy: &LogPolicy) -> Result<(), Refusal> {
    let stays = |other: &&Log| before.is_none_or(|before| before.names(&other.key));
    let names = |logs: &[&Log]| logs.iter().map(|log| shown(log.key.name())).collect::<Vec<_>>().join(" or ");
    let looked_in: Vec<&Log> = policy.logs().iter().filter(stays).collect();
    if policy.names(log) && before.is_none_or(|before| before.names(log)) {
        return Ok(());
    }
    if let (Some(before), []) = (before, looked_in.as_slice()) {
        let old: Vec<&Log> = before.logs().iter().collect();
        let expected = format!("a log policy that still names {}, where followers look", names(&old));
        let got = names(&policy.logs().iter().collect::<Vec<_>>());
        return Err(Refusal::new(Code::LogPolicyChanged, LOG_POLICY, expected, got));
    }
    let expected = format!("this version in a log where it is looked for: {}", names(&looked_in));
    Err(Refusal::new(Code::NotLogged, LOG_POLICY, expected, shown(log.name())))
}

fn nowhere(name: &str) -> Refusal {
    Refusal::new(Code::NotLogged, name, "the log, to enter this version in: --log DIR --log-key KEY", "none")
}

fn missing(name: &str) -> Refusal {
    Refusal::new(Code::Incomplete, name, "a file of the registry", "none")
}
