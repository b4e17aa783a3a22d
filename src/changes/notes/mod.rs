//! Notes: the manual entries of a log.

pub mod add;
pub mod edit;
mod rules;
