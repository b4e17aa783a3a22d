//! The ledger: every record in its order, and what proves it.

pub mod checkpoint;
mod examples;
pub mod feed;
pub mod proof;
pub mod record_json;
pub mod schema;
pub mod tiles;
