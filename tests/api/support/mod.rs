//! The service under test, its database, and what tests share.

pub mod app;
pub mod cases;
pub mod contract;
pub mod database;
pub mod dump;
pub mod expect;
pub mod process;
pub mod raw;
pub mod sources;
