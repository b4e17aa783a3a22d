//! The ledger.

pub mod feed;
pub mod proofs;
pub mod start;
pub mod tampering;
pub mod torture;
pub mod witness;
