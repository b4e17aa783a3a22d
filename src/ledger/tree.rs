//! The Merkle tree of RFC 6962, section 2.1: root, inclusion and consistency proofs, and how they
//! are checked.

use std::fmt;

use super::hash::{Hash, empty_root, node_hash};

/// Where the hashes of complete subtrees come from.
pub trait Nodes {
    /// Why a hash cannot be had.
    type Error;

    /// The root of the complete subtree of `2^height` leaves that begins at leaf
    /// `index * 2^height`.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// The root of the tree of the first `size` leaves.
///
/// # Errors
/// Those of the nodes.
pub fn root<N: Nodes>(nodes: &mut N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 { Ok(empty_root()) } else { range_root(nodes, 0, size) }
}

/// The audit path of a leaf in the tree of the first `size` leaves (section 2.1.1), from the leaf's
/// sibling up. The leaf is below the size.
///
/// # Errors
/// Those of the nodes.
pub fn inclusion<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let (mut start, mut end) = (0, size);
    let mut siblings = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            siblings.push((middle, end));
            end = middle;
        } else {
            siblings.push((start, middle));
            start = middle;
        }
    }
    siblings.reverse();
    siblings.into_iter().map(|(start, end)| range_root(nodes, start, end)).collect()
}

/// The proof that the tree of the first `from` leaves is the beginning of that of the first `to`
/// (section 2.1.2). `from` is at least 1 and at most `to`.
///
/// # Errors
/// Those of the nodes.
pub fn consistency<N: Nodes>(nodes: &mut N, from: u64, to: u64) -> Result<Vec<Hash>, N::Error> {
    let (mut start, mut end) = (0, to);
    let mut ranges = Vec::new();
    while from != end {
        let middle = start + split(end - start);
        if from <= middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    // The old root itself is known to the one who asks, where it is a node of the new tree.
    if start != 0 {
        ranges.push((start, end));
    }
    ranges.reverse();
    ranges.into_iter().map(|(start, end)| range_root(nodes, start, end)).collect()
}

/// The root over the leaves from `start` to before `end`, which begin at a split of the tree.
fn range_root<N: Nodes>(nodes: &mut N, start: u64, end: u64) -> Result<Hash, N::Error> {
    // Complete subtrees from the left, the largest first; folded from the right.
    let mut complete = Vec::new();
    let mut at = start;
    while at < end {
        let rest = end - at;
        let height = rest.ilog2();
        complete.push(nodes.node(height, at >> height)?);
        at += 1 << height;
    }
    let mut folded = complete.into_iter().rev();
    let last = folded.next().unwrap_or_else(empty_root);
    Ok(folded.fold(last, |right, left| node_hash(left, right)))
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// A proof does not prove what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unproven;

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the proof does not lead to the root of the tree")
    }
}

/// Checks an audit path: that the leaf with this hash stands at `index` of the tree with `size`
/// leaves and this root.
///
/// # Errors
/// [`Unproven`].
pub fn check_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> Result<(), Unproven> {
    if index >= size {
        return Err(Unproven);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = leaf;
    for sibling in proof {
        if last == 0 {
            return Err(Unproven);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(*sibling, hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, *sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == root { Ok(()) } else { Err(Unproven) }
}

/// Checks that the tree of `from` leaves with `old` as its root is the beginning of the tree of `to`
/// leaves with `new` as its root.
///
/// # Errors
/// [`Unproven`].
pub fn check_consistency(
    from: u64,
    to: u64,
    proof: &[Hash],
    old: Hash,
    new: Hash,
) -> Result<(), Unproven> {
    if from == 0 || from > to {
        return Err(Unproven);
    }
    if from == to {
        return if proof.is_empty() && old == new { Ok(()) } else { Err(Unproven) };
    }
    let mut proof = proof.iter().copied();
    let first = if from.is_power_of_two() { old } else { proof.next().ok_or(Unproven)? };
    let (mut node, mut last) = (from - 1, to - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_root, mut to_root) = (first, first);
    for sibling in proof {
        if last == 0 {
            return Err(Unproven);
        }
        if node & 1 == 1 || node == last {
            from_root = node_hash(sibling, from_root);
            to_root = node_hash(sibling, to_root);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            to_root = node_hash(to_root, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 && from_root == old && to_root == new { Ok(()) } else { Err(Unproven) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::{
        super::{frontier::Frontier, hash::leaf_hash},
        *,
    };

    /// The definition of section 2.1, as it stands there.
    fn defined_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let middle = split(leaves.len() as u64) as usize;
                node_hash(defined_root(&leaves[..middle]), defined_root(&leaves[middle..]))
            }
        }
    }

    struct Leaves(Vec<Hash>);

    impl Nodes for Leaves {
        type Error = Infallible;

        fn node(&mut self, height: u32, index: u64) -> Result<Hash, Infallible> {
            let start = (index << height) as usize;
            Ok(defined_root(&self.0[start..start + (1 << height)]))
        }
    }

    fn leaves(count: u64) -> Leaves {
        Leaves((0..count).map(|it| leaf_hash(&it.to_be_bytes())).collect())
    }

    #[test]
    fn the_root_of_known_leaves_is_the_known_one() {
        // The leaves of the tests of Certificate Transparency, and their root.
        let inputs: [&[u8]; 8] = [
            &[],
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let mut nodes = Leaves(inputs.iter().map(|it| leaf_hash(it)).collect());
        let root = root(&mut nodes, 8).unwrap();
        let hex: String = root.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    proptest! {
        #[test]
        fn the_root_is_the_defined_one(size in 0u64..600) {
            let mut nodes = leaves(size);
            let defined = defined_root(&nodes.0);
            prop_assert_eq!(root(&mut nodes, size).unwrap(), defined);
            let mut frontier = Frontier::default();
            nodes.0.iter().for_each(|it| frontier.push(*it));
            prop_assert_eq!((frontier.size(), frontier.root()), (size, defined));
        }

        #[test]
        fn every_leaf_is_proven_and_no_other(size in 1u64..600, at: u64, flip: u16) {
            let mut nodes = leaves(size);
            let index = at % size;
            let proof = inclusion(&mut nodes, index, size).unwrap();
            let root = root(&mut nodes, size).unwrap();
            let leaf = nodes.0[index as usize];
            prop_assert_eq!(check_inclusion(leaf, index, size, &proof, root), Ok(()));
            prop_assert!(check_inclusion(leaf, index + size, size, &proof, root).is_err());
            let mut other = leaf;
            other.0[usize::from(flip) / 8 % 32] ^= 1 << (flip % 8);
            prop_assert!(check_inclusion(other, index, size, &proof, root).is_err());
            for (at, _) in proof.iter().enumerate() {
                let mut wrong = proof.clone();
                wrong[at].0[usize::from(flip) / 8 % 32] ^= 1 << (flip % 8);
                prop_assert!(check_inclusion(leaf, index, size, &wrong, root).is_err());
            }
            let mut longer = proof;
            longer.push(leaf);
            prop_assert!(check_inclusion(leaf, index, size, &longer, root).is_err());
        }

        #[test]
        fn every_beginning_is_proven_and_no_other(to in 1u64..600, at: u64, flip: u16) {
            let mut nodes = leaves(to);
            let from = at % to + 1;
            let proof = consistency(&mut nodes, from, to).unwrap();
            let old = root(&mut nodes, from).unwrap();
            let new = root(&mut nodes, to).unwrap();
            prop_assert_eq!(check_consistency(from, to, &proof, old, new), Ok(()));
            let mut other = old;
            other.0[usize::from(flip) / 8 % 32] ^= 1 << (flip % 8);
            prop_assert!(check_consistency(from, to, &proof, other, new).is_err());
            prop_assert!(from == to || check_consistency(from, to, &proof, old, other).is_err());
            let mut longer = proof;
            longer.push(old);
            prop_assert!(check_consistency(from, to, &longer, old, new).is_err());
        }
    }
}
