//! The behaviour of Daybook, through HTTP. SQLite is what it runs on unless
//! `DAYBOOK_TEST_POSTGRES_URL` names a PostgreSQL server where databases can be made.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here fails a test; clippy.toml covers #[test] functions alone"
)]

mod activity;
mod demo;
mod groups;
mod guards;
mod http;
mod learning;
mod ledger;
mod limits;
mod session;
mod storage;
mod support;
mod users;
