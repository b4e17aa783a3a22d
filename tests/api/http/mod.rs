//! HTTP behaviour that every operation shares.

pub mod bodies;
pub mod cors;
pub mod etags;
pub mod idempotency;
pub mod lists;
pub mod operator;
pub mod shape;
pub mod slow_bodies;
pub mod slow_readers;
