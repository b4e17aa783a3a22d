//! How much a caller may send.

pub mod log_ins;
pub mod requests;
