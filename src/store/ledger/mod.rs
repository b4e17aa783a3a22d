//! The queries of the ledger: its size, its records, and the entries that they tell of.

pub mod check;
pub mod finding;
pub mod heads;
pub mod records;
pub mod unrecorded;
pub mod verify;
pub mod wordings;
