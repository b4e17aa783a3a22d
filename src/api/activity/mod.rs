//! The activity log: of one user, of all users, as a file, and what other systems add to it.

pub mod all_logs;
pub mod export;
pub mod export_csv;
pub mod export_format;
pub mod filter;
pub mod ingest;
pub mod ingest_body;
pub mod ingest_items;
pub mod json;
pub mod schema;
pub mod user_log;
