//! The root of a tree whose leaves come one after another, in memory that grows with their logarithm.

use super::hash::{Hash, empty_root, node_hash};

/// The complete subtrees of a tree that grows, the largest first.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut root = leaf;
        // Each set bit of the size is a complete subtree; adding one carries like a number.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                root = node_hash(left, root);
            }
        }
        self.roots.push(root);
        self.size += 1;
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree of all leaves so far.
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev().copied();
        let last = roots.next().unwrap_or_else(empty_root);
        roots.fold(last, |right, left| node_hash(left, right))
    }
}
