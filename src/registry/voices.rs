//! One key, one voice. A role that lists one key under two ids would count its signature twice: the TUF library tells
//! keys apart by their ids, and whoever writes the metadata makes those up.

use super::refusal::{Code, Refusal};
use sigstore_tuf::Key;
use sigstore_tuf::metadata::Root;
use std::collections::{BTreeMap, BTreeSet};

/// Refuses a root in which any role lists a key twice.
pub(super) fn of_root(root: &Root) -> Result<(), Refusal> {
    root.roles.iter().try_for_each(|(role, listed)| of_role(role, &listed.keyids, &root.keys))
}

/// Refuses a role that lists a key twice. A key that we cannot read verifies nothing and has no voice.
pub(super) fn of_role(role: &str, ids: &[String], keys: &BTreeMap<String, Key>) -> Result<(), Refusal> {
    let ids: BTreeSet<&String> = ids.iter().collect();
    let mut voices = BTreeSet::new();
    let again = ids.into_iter().find(|id| keys.get(*id).and_then(bytes).is_some_and(|key| !voices.insert(key)));
    match again {
        Some(id) => Err(Refusal::new(Code::SignatureInvalid, role, "each key once", format!("a key again as {id}"))),
        None => Ok(()),
    }
}

/// The key itself, however it is written: the bytes that verify.
fn bytes(key: &Key) -> Option<Vec<u8>> {
    key.verification_key().ok().map(|key| key.as_bytes().to_vec())
}
