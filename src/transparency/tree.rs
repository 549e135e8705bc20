//! Growing a tree without holding it: the roots of its complete subtrees are enough.

use super::hash::Hash;

/// The right edge of a tree (a compact range from 0): one root for each complete subtree, largest first, as many as
/// its size has bits. Takes 64 hashes at most, however many leaves there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// Of a tree with `size` leaves, from the roots of its complete subtrees, largest first. None if they are not as
    /// many as the size has bits.
    pub fn new(size: u64, nodes: Vec<Hash>) -> Option<Self> {
        (usize::try_from(size.count_ones()) == Ok(nodes.len())).then_some(Self { size, nodes })
    }
    /// Adds a leaf, by its hash. A tree of 2^64 - 1 leaves stays as it is.
    pub fn append(&mut self, leaf: Hash) {
        let Some(size) = self.size.checked_add(1) else { return };
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = Hash::node(&left, &node);
            }
        }
        self.nodes.push(node);
        self.size = size;
    }
    /// Adds leaves, by their hashes.
    pub fn extend(&mut self, leaves: &[Hash]) {
        leaves.iter().for_each(|leaf| self.append(*leaf));
    }
    /// Of a tree of these entries.
    pub fn of<'e>(entries: impl IntoIterator<Item = &'e [u8]>) -> Self {
        let mut frontier = Self::default();
        entries.into_iter().for_each(|entry| frontier.append(Hash::leaf(entry)));
        frontier
    }
    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// The Merkle tree hash (RFC 6962, section 2.1).
    pub fn root(&self) -> Hash {
        let mut nodes = self.nodes.iter().rev();
        let Some(last) = nodes.next() else { return Hash::of_nothing() };
        nodes.fold(*last, |right, left| Hash::node(left, &right))
    }
}
