//! The behaviour of Daybook, through HTTP. SQLite is what it runs on unless
//! `DAYBOOK_TEST_POSTGRES_URL` names a PostgreSQL server where databases can be made.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here fails a test; clippy.toml covers #[test] functions alone"
)]

mod activity;
mod app;
mod architecture;
mod atomicity;
mod cases;
mod contract;
mod database;
mod demo;
mod dump;
mod durability;
mod immutability;
mod journal_coverage;
mod migrations;
mod notes;
mod openapi;
mod paging;
mod permissions;
mod process;
mod replicas;
mod session;
mod stories;
mod writing;
