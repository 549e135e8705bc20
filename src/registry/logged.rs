//! Registry versions as entries of a log: a forum that shows two people two registries shows that to everybody.
//!
//! Each root and each version of the targets is one entry: the SHA-256 of what the board signed, and the signature of
//! one of its seats. Where the registry has a log policy, a client takes nothing that is not in a log. A root is
//! entered under a seat of the board before it, whose keys those who watch the log know.

use super::chain::Chain;
use super::metadata::{Board, Metadata, board};
use super::refusal::{Code, Refusal};
use super::repository::{LoadError, Repository};
use super::tuf_error::malformed;
use crate::encoding::Malformed;
use crate::encoding::refusal::Coded as _;
use crate::encoding::text::shown;
use crate::key::KeyId;
use crate::transparency::{self, Entry, LogPolicy, Proof};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes of a proof.
const MAX_PROOF: usize = 256 << 10;

/// Where the proof of a metadata file stands among the metadata. The name does not begin with a version: a proof is
/// made anew when witnesses change.
pub fn proof_name(role: &str, version: u64) -> String {
    format!("{role}-{version}.tlog-proof")
}

/// The entries a metadata file may stand in a log as: one for each good signature by a seat of `board`.
///
/// # Errors
/// [`Malformed`] if it has no canonical form.
pub fn log_entries(metadata: &Metadata, board: &Board) -> Result<Vec<Entry>, Malformed> {
    let message = metadata.canonical()?;
    let digest: [u8; 32] = Sha256::digest(&message).into();
    let votes = metadata.votes();
    let mut entries = Vec::new();
    for key in board.keys.values() {
        let good = votes.iter().filter(|vote| key.verifies(&message, &vote.signature));
        entries.extend(good.map(|vote| Entry { digest, signature: vote.signature.clone(), key: key.clone() }));
    }
    Ok(entries)
}

/// Whether a proof shows one of these entries to be in a log that the policy believes.
///
/// # Errors
/// What was expected and what was got.
pub fn is_logged(entries: &[Entry], proof: Option<&[u8]>, policy: &LogPolicy) -> Result<(), (String, String)> {
    let expected = || match policy.asks_for_witnesses() {
        true => format!("a proof that it is in the log, cosigned by {}", policy.demand()),
        false => "a proof that it is in the log".to_owned(),
    };
    let proof = proof.ok_or_else(|| (expected(), "none".into()))?;
    let proof = Proof::parse(proof).map_err(|e| (expected(), e.to_string()))?;
    let words =
        |refusal: transparency::Refusal| (refusal.expected, format!("{} ({})", refusal.got, refusal.code.as_str()));
    // No time is taken from it, so there is no moment after which a cosignature would be too young. Checked once: there
    // may be as many entries as somebody repeated signatures.
    let trusted = policy.trust(&proof.note, Timestamp::MAX).map_err(words)?;
    let mut fault = (expected(), "a proof of something else".to_owned());
    for entry in entries {
        match trusted.clone().includes(entry.leaf(), &proof) {
            Ok(_) => return Ok(()),
            Err(refusal) => fault = words(refusal),
        }
    }
    Err(fault)
}

/// What was signed as a version of the registry: `root 2`, `targets 7`, by its SHA-256, as a log entry has it.
pub(super) fn digests<R: Repository>(chain: &Chain<'_, R>) -> Result<BTreeMap<[u8; 32], String>, Malformed> {
    let roots = chain.roots_walked().iter().map(|bytes| ("root", bytes.as_slice()));
    let versions = roots.chain([("targets", chain.targets_bytes())]);
    let digest = |(role, bytes): (&str, &[u8])| {
        let metadata = Metadata::parse(bytes)?;
        Ok((Sha256::digest(metadata.canonical()?).into(), format!("{role} {}", metadata.version())))
    };
    versions.map(digest).collect()
}

/// Every key that ever had a seat, from the pinned root on to the board of today: who was given up may still sign
/// another version.
pub(super) fn seats<R: Repository>(chain: &Chain<'_, R>, today: &Board) -> Result<BTreeSet<KeyId>, Malformed> {
    let of = |board: &Board| board.keys.values().map(|key| key.id().clone()).collect::<Vec<_>>();
    let mut seats = BTreeSet::from_iter(of(today));
    for bytes in chain.roots_walked().iter().rev().skip(1) {
        seats.extend(of(&board(Metadata::parse(bytes)?.signed())?));
    }
    Ok(seats)
}

/// Refuses a registry that has a log policy and is not in the log itself: every root after the pinned one, and the
/// targets.
pub(super) fn check<R: Repository>(
    chain: &Chain<'_, R>,
    policy: Option<&LogPolicy>,
) -> Result<(), LoadError<R::Error>> {
    let Some(policy) = policy else { return Ok(()) };
    // The log has the targets alone. A role whose digest they do not state could be shown in two forms.
    let bins = chain.bins();
    if let Some((_, role)) = chain.verified.iter().find(|(_, role)| !bins.pins().contains_key(role)) {
        let expected = "a role whose digest stands in the targets";
        return Err(Refusal::new(Code::NotLogged, shown(role), expected, "one that does not").into());
    }
    let mut before: Option<Board> = None;
    for bytes in chain.roots_walked() {
        let root = Metadata::parse(bytes).map_err(malformed)?;
        if let Some(before) = &before {
            one(chain, ("root", &root), before, policy)?;
        }
        before = Some(board(root.signed()).map_err(malformed)?);
    }
    let Some(board) = before else { return Ok(()) };
    let targets = Metadata::parse(chain.targets_bytes()).map_err(malformed)?;
    one(chain, ("targets", &targets), &board, policy)
}

fn one<R: Repository>(
    chain: &Chain<'_, R>,
    (role, metadata): (&str, &Metadata),
    board: &Board,
    policy: &LogPolicy,
) -> Result<(), LoadError<R::Error>> {
    let name = proof_name(role, metadata.version());
    let proof = chain.repository().metadata(&name, MAX_PROOF).map_err(LoadError::World)?;
    let entries = log_entries(metadata, board).map_err(malformed)?;
    is_logged(&entries, proof.as_deref(), policy)
        .map_err(|(expected, got)| Refusal::new(Code::NotLogged, shown(&name), expected, got))?;
    if let Some(proof) = proof {
        chain.repository().accepted("tlog-proof", &name, &proof);
    }
    Ok(())
}
