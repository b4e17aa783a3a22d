//! How much a caller may send.

pub mod big_reads;
pub mod log_ins;
pub mod requests;
