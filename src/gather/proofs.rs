//! Proofs of being in a log that lie beside attestations: `NAME.tlog-proof`, and for further signatures
//! `NAME.2.tlog-proof` and so on. Believes nothing.

use super::evidence::ENDINGS;
use crate::attestation::MAX_ENTRIES;
use crate::store::read_bounded;
use crate::transparency::Proof;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Ending of a file with a proof.
const ENDING: &str = ".tlog-proof";
/// The most bytes of such a file.
const MAX_PROOF: usize = 256 << 10;
/// The most proofs of one attestation file: one for each signature.
pub const MAX_PROOFS: usize = 64;

/// Where the proof of the n-th signature, from 1, of an attestation file belongs.
pub fn place(container: &Path, nth: usize) -> PathBuf {
    let name = container.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    let file = if nth <= 1 { format!("{stem}{ENDING}") } else { format!("{stem}.{nth}{ENDING}") };
    container.with_file_name(file)
}

/// What is known of the proofs beside an attestation file before anybody has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Perhaps,
    /// That there are none: the names of its folder have been read.
    None,
}

/// The proofs beside an attestation file, as far as they can be read: of one that cannot, nothing is believed. No two
/// are the same, and no more than an attestation takes along.
pub(super) fn beside(container: &Path) -> Arc<[Proof]> {
    let files = (1..=MAX_PROOFS).map(|nth| place(container, nth)).take_while(|path| path.is_file());
    let mut proofs = Vec::new();
    for proof in files.filter_map(|path| Proof::parse(&read_bounded(&path, MAX_PROOF).ok()?).ok()) {
        if proofs.len() < MAX_ENTRIES && !proofs.contains(&proof) {
            proofs.push(proof);
        }
    }
    proofs.into()
}

/// Whether a file is a proof by its name: not itself a subject when a folder is verified.
pub fn is_proof(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(ENDING.as_bytes())
}

/// Whether a file holds a proof and not a byte more.
pub fn is_bare_proof(path: &Path) -> bool {
    let bytes = read_bounded(path, MAX_PROOF).unwrap_or_default();
    Proof::parse(&bytes).is_ok_and(|proof| proof.to_string().as_bytes() == bytes)
}
