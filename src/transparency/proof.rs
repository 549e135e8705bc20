//! Proofs over a tree: that a leaf is in it, and that it only grew.

use super::hash::Hash;

/// The most hashes in a proof: one for each level of a tree of 2^63 leaves.
pub const MAX_HASHES: usize = 63;

/// The root that a leaf at `index` and its inclusion proof lead to in a tree of `size` leaves (RFC 9162, section
/// 2.1.3.2). None if no tree of that size has such a proof.
pub fn root_of_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut root) = (index, size.checked_sub(1)?, leaf);
    for hash in proof {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            root = Hash::node(hash, &root);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            root = Hash::node(&root, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

/// Whether a tree of `new` leaves begins with the tree of `old` leaves (RFC 9162, section 2.1.4.2). Any tree begins
/// with the empty one, and with itself; the proof is empty then.
pub fn is_consistent((old, old_root): (u64, Hash), (new, new_root): (u64, Hash), proof: &[Hash]) -> bool {
    if old == 0 {
        return proof.is_empty() && old_root == Hash::of_nothing() && (new > 0 || new_root == old_root);
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    old < new && roots_of_consistency((old, old_root), new, proof) == Some((old_root, new_root))
}

fn roots_of_consistency((old, old_root): (u64, Hash), new: u64, proof: &[Hash]) -> Option<(Hash, Hash)> {
    // A complete subtree is its own first hash, which the proof leaves out.
    let (first, rest) =
        if old.is_power_of_two() { (old_root, proof) } else { proof.split_first().map(|(f, r)| (*f, r))? };
    let (mut at, mut last) = (old.checked_sub(1)?, new.checked_sub(1)?);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (mut old_hash, mut new_hash) = (first, first);
    for hash in rest {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            (old_hash, new_hash) = (Hash::node(hash, &old_hash), Hash::node(hash, &new_hash));
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            new_hash = Hash::node(&new_hash, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    (last == 0).then_some((old_hash, new_hash))
}
