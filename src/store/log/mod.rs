//! The queries of the log: of one user, of all users, of single entries and earlier wordings.

pub mod all_logs;
pub mod entries;
pub mod filter;
mod merge;
mod ranges;
pub mod revisions;
pub mod user_log;
mod whole_log;
