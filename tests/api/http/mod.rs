//! What holds of HTTP for every operation.

pub mod bodies;
pub mod cors;
pub mod etags;
pub mod idempotency;
pub mod lists;
pub mod shape;
