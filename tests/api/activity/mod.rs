//! The activity log.

pub mod all_logs;
pub mod export;
pub mod ingest;
pub mod notes;
pub mod paging;
pub mod stories;
pub mod user_log;
