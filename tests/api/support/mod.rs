//! The service under test, its database, and what tests share.

pub mod api_clients;
pub mod app;
pub mod batch;
pub mod client;
pub mod contract;
pub mod database;
pub mod dump;
pub mod expect;
pub mod fixtures;
pub mod groups;
pub mod imports;
pub mod learning;
pub mod ledger;
pub mod outcomes;
pub mod process;
pub mod raw;
pub mod reply;
pub mod sabotage;
pub mod sample_requests;
pub mod samples;
pub mod scopes;
pub mod sources;
pub mod texts;
pub mod tokens;
pub mod witness;
