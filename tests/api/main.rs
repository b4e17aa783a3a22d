//! The behaviour of Daybook, through HTTP. SQLite is what it runs on unless
//! `DAYBOOK_TEST_POSTGRES_URL` names a PostgreSQL server where databases can be made.

mod app;
mod cases;
mod contract;
mod database;
mod process;

mod architecture;
mod export;
mod feed;
mod journal_coverage;
mod migrations;
mod openapi;
mod permissions;
mod session;
