//! Attestation files, as a log takes them: every signature in them good and by a known key, or none of it is logged.

use super::super::context::Context;
use super::super::registry::typed;
use super::super::trouble::Trouble;
use super::super::trust_of;
use clap::Args;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use vouchsafe::attestation::{Container, Envelope, embed, read_container};
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::encoding::{MAX_DOCUMENT, MAX_SMALL};
use vouchsafe::gather::{evidence, proofs};
use vouchsafe::key::PublicKey;
use vouchsafe::registry::Wanted;
use vouchsafe::store::{Overwrite, read_bounded, write_atomic};
use vouchsafe::transparency::{Entry, LogPolicy, NoteKey, Proof};

/// Whose signatures are logged.
#[derive(Args)]
pub(super) struct WhoseArgs {
    /// A forum's folder, its published folder, or an exported trust file; without it the one trusted forum
    #[arg(long, value_name = "DIR|FILE", env = "VOUCHSAFE_TRUST")]
    trust: Option<PathBuf>,
    /// Take signatures by this key, and ask no registry (repeatable)
    #[arg(long, value_name = "FILE", conflicts_with = "trust")]
    public_key: Vec<PathBuf>,
}

/// A log, and the policy that its proofs are held to.
pub(super) struct Believed {
    pub(super) key: NoteKey,
    pub(super) policy: Option<LogPolicy>,
}

/// An attestation file that was read, and what of it goes into a log.
pub(super) struct Bundle {
    pub(super) path: PathBuf,
    container: Container,
    bytes: Vec<u8>,
    /// Each envelope with an entry for each of its signatures.
    envelopes: Vec<(Envelope, Vec<Entry>)>,
}

impl WhoseArgs {
    /// Reads attestation files.
    pub(super) fn read(&self, context: &Context, paths: &[PathBuf]) -> Result<Vec<Bundle>, Trouble> {
        let keys = self.keys(context, paths)?;
        paths.iter().map(|path| Bundle::read(path, &keys)).collect()
    }

    /// The log policy of the registry: which logs are believed.
    pub(super) fn log_policy(&self, context: &Context) -> Result<LogPolicy, Trouble> {
        let held = trust_of(context, self.trust.as_deref(), context.now, false, Wanted::nobody)?;
        held.registry.log_policy().cloned().ok_or_else(|| {
            Trouble::undecided(
                "log-policy-missing",
                "the trusted forum has no log policy, so that nobody says what the log's key is",
                "the forum sets one with vouchsafe registry set-log; --trust names another registry",
            )
        })
    }

    fn keys(&self, context: &Context, paths: &[PathBuf]) -> Result<Vec<PublicKey>, Trouble> {
        if !self.public_key.is_empty() {
            let read = |path: &PathBuf| Ok(PublicKey::import(&read_bounded(path, MAX_SMALL)?)?.0);
            return self.public_key.iter().map(read).collect();
        }
        let wanted = || evidence::claimants(paths, &[]);
        let held = trust_of(context, self.trust.as_deref(), context.now, false, wanted)?;
        let records = held.registry.members().values().flat_map(|member| &member.keys);
        Ok(records.map(|record| record.public_key()).collect::<Result<_, _>>()?)
    }
}

impl Bundle {
    fn read(path: &Path, keys: &[PublicKey]) -> Result<Self, Trouble> {
        let bytes = read_bounded(path, MAX_DOCUMENT)?;
        let read = read_container(&bytes)?;
        let mut envelopes = Vec::new();
        for envelope in read.envelopes {
            let envelope = envelope?;
            let mut entries = envelope.entries(keys);
            entries.dedup();
            if entries.is_empty() || entries.len() != envelope.signatures() {
                let expected = "every signature good, and by a key that is registered or was given";
                let got = format!("{} of {}", entries.len(), count(envelope.signatures(), "signature"));
                let message =
                    format!("{}: not every signature is one that may be logged", shown(&path.to_string_lossy()));
                let next = format!(
                    "vouchsafe inspect {} names the keys; --trust names another registry, --public-key a single key",
                    typed(path)
                );
                return Err(Trouble::refused("signature-not-loggable", message, next).because(expected, got));
            }
            envelopes.push((envelope, entries));
        }
        Ok(Self { path: path.to_owned(), container: read.container, bytes, envelopes })
    }

    /// The file, as it was read.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// One for each signature of the file.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.envelopes.iter().flat_map(|(_, entries)| entries)
    }

    /// Writes proofs, in the order of the entries: into a sigstore bundle, beside anything else. Where they are now. An
    /// earlier proof that all the same witnesses cosigned stays: its time may keep the signature good, a later one not.
    pub(super) fn keep(self, proofs: &[Proof], log: &Believed, now: Timestamp) -> Result<Vec<PathBuf>, Trouble> {
        let embedded = match (self.container, self.envelopes.first(), proofs) {
            (Container::SigstoreBundle, Some((envelope, entries)), [proof]) => {
                if entries.iter().all(|e| envelope.proofs().iter().any(|old| is_as_good(old, proof, e, log, now))) {
                    return Ok(vec![self.path]);
                }
                let mut envelope = envelope.clone();
                entries.iter().for_each(|entry| envelope.log(entry, &log.key.log_id(), proof.clone()));
                embed(&self.bytes, &envelope)
            }
            _ => None,
        };
        if let Some(bytes) = embedded {
            write_atomic(&self.path, &bytes, Overwrite::Replace)?;
            return Ok(vec![self.path]);
        }
        let mut places = Vec::new();
        for ((nth, proof), entry) in (1..).zip(proofs).zip(self.entries()) {
            let place = proofs::place(&self.path, nth);
            let there = read_bounded(&place, MAX_SMALL).ok().and_then(|bytes| Proof::parse(&bytes).ok());
            if !there.is_some_and(|old| is_as_good(&old, proof, entry, log, now)) {
                write_atomic(&place, proof.to_string().as_bytes(), Overwrite::Replace)?;
            }
            places.push(place);
        }
        Ok(places)
    }
}

/// Whether an earlier proof of an entry holds, with a time, and with every witness that the new one has.
fn is_as_good(old: &Proof, new: &Proof, entry: &Entry, log: &Believed, now: Timestamp) -> bool {
    let Some(policy) = &log.policy else { return false };
    let (Ok(old), Ok(new)) = (policy.includes(entry.leaf(), old, now), policy.trust(&new.note, now)) else {
        return false;
    };
    let has = |witness: &str| old.checkpoint().cosigned().iter().any(|c| c.witness == witness);
    old.time().is_some() && new.cosigned().iter().all(|c| has(&c.witness))
}
