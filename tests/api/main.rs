//! The behaviour of Daybook, through HTTP. SQLite is what it runs on unless
//! `DAYBOOK_TEST_POSTGRES_URL` names a PostgreSQL server where databases can be made.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here fails a test; clippy.toml covers #[test] functions alone"
)]

mod activity;
mod api_clients;
mod app;
mod architecture;
mod at_once;
mod atomicity;
mod batch;
mod cases;
mod certifications;
mod contract;
mod cors;
mod courses;
mod database;
mod demo;
mod dump;
mod durability;
mod enrollment_changes;
mod enrollments;
mod expect;
mod expiry;
mod export;
mod external_training;
mod feed;
mod group_permissions;
mod group_plans;
mod groups;
mod hostile;
mod http_bodies;
mod http_etags;
mod http_lists;
mod http_shape;
mod idempotency;
mod immutability;
mod import;
mod journal_coverage;
mod learning_plans;
mod log_in_limits;
mod migrations;
mod notes;
mod oauth;
mod oidc;
mod openapi;
mod pages;
mod paging;
mod permissions;
mod process;
mod rate_limits;
mod raw;
mod read_replica;
mod replicas;
mod scopes;
mod session;
mod stories;
mod together;
mod tokens;
mod user_changes;
mod user_lists;
mod users;
mod writing;
