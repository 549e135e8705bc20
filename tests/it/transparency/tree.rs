//! Invariants of trees: one definition, whoever computes it.

use super::{Ideal, definition, hash, hashes};
use vouchsafe::transparency::{Frontier, Hash, is_consistent, root_of_inclusion};

/// Sizes at which a tree changes its shape.
fn edges() -> impl Iterator<Item = u64> {
    (0..=2000).chain([4095, 4096, 4097, 65_279, 65_280, 65_534, 65_535, 65_536, 65_537, 65_791, 65_792, 65_793])
}

#[test]
fn the_root_from_tiles_equals_the_definition_and_a_frontier_equals_the_tree() {
    let log = Ideal::new(65_793);
    let mut frontier = Frontier::default();
    for size in edges() {
        while frontier.size() < size {
            frontier.append(hash(&log.leaves()[usize::try_from(frontier.size()).unwrap()]));
        }
        let defined = log.root(size);
        assert_eq!(log.tree(size).root().unwrap(), defined, "tiles, {size} leaves");
        assert_eq!(frontier.root(), defined, "frontier, {size} leaves");
        assert_eq!(log.tree(size).frontier().unwrap(), frontier, "frontier from tiles, {size} leaves");
    }
    assert!(Frontier::new(3, vec![Hash::of_nothing()]).is_none(), "three leaves are two subtrees");
}

#[test]
fn a_frontier_takes_many_leaves_at_once_as_one_by_one() {
    let log = Ideal::new(3000);
    let leaves = hashes(log.leaves());
    for (first, then) in [(0, 0), (0, 1), (0, 3000), (1, 2), (3, 1000), (255, 2), (256, 256), (300, 2700), (1023, 1025)]
    {
        let mut one_by_one = Frontier::default();
        leaves[..first + then].iter().for_each(|leaf| one_by_one.append(*leaf));
        let mut at_once = Frontier::default();
        at_once.extend(&leaves[..first]);
        at_once.extend(&leaves[first..first + then]);
        assert_eq!(at_once, one_by_one, "{first} and {then}");
    }
}

#[test]
fn every_leaf_of_every_tree_up_to_300_has_one_proof_of_inclusion() {
    let log = Ideal::new(300);
    for size in 1..=300 {
        let (tree, root) = (log.tree(size), log.root(size));
        for index in 0..size {
            let proof = tree.inclusion(index).unwrap();
            let leaf = tree.leaf(index).unwrap();
            assert_eq!(root_of_inclusion(leaf, index, size, &proof), Some(root), "{index} of {size}");
            for other in [index ^ 1, index + 1, index.wrapping_sub(1), size, size + index] {
                assert_ne!(root_of_inclusion(leaf, other, size, &proof), Some(root), "{index} as {other} of {size}");
            }
        }
        assert!(tree.inclusion(size).is_err(), "there is no leaf {size}");
    }
}

#[test]
fn every_pair_of_trees_up_to_300_has_one_proof_of_consistency() {
    let log = Ideal::new(300);
    let roots: Vec<Hash> = (0..=300).map(|size| log.root(size)).collect();
    let root = |size: u64| (size, roots[usize::try_from(size).unwrap()]);
    for new in 0..=300_u64 {
        let tree = log.tree(new);
        for old in 0..=new {
            let proof = tree.consistency(old).unwrap();
            assert!(is_consistent(root(old), root(new), &proof), "{old} to {new}");
            assert!(old == new || !is_consistent(root(new), root(old), &proof), "{new} back to {old}");
            // With the roots of their neighbours no such proof is one; nor a longer or shorter one.
            if (old + new) % 3 > 0 {
                continue;
            }
            for (a, b) in [(old + 1, new), (old.wrapping_sub(1), new), (old, new + 1), (old, new.wrapping_sub(1))] {
                if a <= 300 && b <= 300 && a > 0 {
                    let forged = is_consistent((old, root(a).1), root(new), &proof) && a != old;
                    assert!(!forged, "{old} to {new} with the root of {a}");
                    let forged = is_consistent(root(old), (new, root(b).1), &proof) && b != new && old > 0;
                    assert!(!forged, "{old} to {new} with the root of {b}");
                }
            }
            let mut longer = proof.clone();
            longer.push(Hash::of_nothing());
            assert!(!is_consistent(root(old), root(new), &longer), "{old} to {new}, one hash more");
            let shorter = proof.split_last().map(|(_, rest)| rest);
            assert!(shorter.is_none_or(|p| !is_consistent(root(old), root(new), p)), "{old} to {new}, one less");
        }
        assert!(tree.consistency(new + 1).is_err());
    }
}

#[test]
fn any_one_bit_change_in_a_proof_a_leaf_or_a_root_fails() {
    let flip = |hash: &Hash, bit: usize| {
        let mut bytes = *hash.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Hash::from_bytes(&bytes).unwrap()
    };
    let log = Ideal::new(66_000);
    for (index, size) in [(0, 1), (0, 2), (6, 7), (255, 256), (256, 257), (1000, 2000), (65_535, 65_536), (70, 66_000)]
    {
        let (tree, root) = (log.tree(size), log.root(size));
        let (leaf, proof) = (tree.leaf(index).unwrap(), tree.inclusion(index).unwrap());
        for bit in 0..256 {
            assert_ne!(root_of_inclusion(flip(&leaf, bit), index, size, &proof), Some(root));
            for at in 0..proof.len() {
                let mut changed = proof.clone();
                changed[at] = flip(&changed[at], bit);
                assert_ne!(root_of_inclusion(leaf, index, size, &changed), Some(root), "hash {at}, bit {bit}");
            }
        }
        // The size alone is bound by the signature of the checkpoint: see `every_bit_of_a_proof_file_matters`.
        for bit in 0..64 {
            assert_ne!(root_of_inclusion(leaf, index ^ (1 << bit), size, &proof), Some(root), "index, bit {bit}");
        }
        let old = index.max(1);
        let (before, path) = ((old, log.root(old)), tree.consistency(old).unwrap());
        assert!(is_consistent(before, (size, root), &path));
        for bit in 0..256 {
            assert!(!is_consistent((old, flip(&before.1, bit)), (size, root), &path));
            assert!(!is_consistent(before, (size, flip(&root, bit)), &path));
            for at in 0..path.len() {
                let mut changed = path.clone();
                changed[at] = flip(&changed[at], bit);
                assert!(!is_consistent(before, (size, root), &changed), "hash {at}, bit {bit}");
            }
        }
    }
}

#[test]
fn only_the_empty_tree_has_the_root_of_nothing() {
    let nothing = (0, Hash::of_nothing());
    let one = (1, hash(&definition(&[[7; 32]])));
    assert!(is_consistent(nothing, nothing, &[]) && is_consistent(nothing, one, &[]));
    assert!(!is_consistent(nothing, one, &[one.1]), "the proof from nothing is empty");
    assert!(!is_consistent((0, one.1), one, &[]), "an empty tree with a root");
    assert!(!is_consistent(nothing, (0, one.1), &[]), "an empty tree with a root, later");
    assert_eq!(root_of_inclusion(one.1, 0, 0, &[]), None, "nothing is in an empty tree");
}
