//! The ledger, pure: leaves, commitments, the Merkle tree and its tiles, signed notes, proofs,
//! and what is said to a witness. No database, no HTTP.

pub mod checkpoint;
pub mod commitment;
pub mod cosignature;
pub mod frontier;
pub mod hash;
pub mod key;
pub mod leaf;
pub mod note;
pub mod proof;
pub mod tile;
pub mod tree;
pub mod witness;
