//! The ledger.

pub mod feed;
pub mod proofs;
pub mod tampering;
