//! The database: SQLite or PostgreSQL, behind one connection type. Reading only: the one way to
//! write is [`crate::journal`].

pub mod connection;
mod constraint;
pub mod database;
pub(crate) mod job;
mod lists;
pub mod migrate;
pub mod reader;
pub mod replica;
pub mod schema;
pub mod types;
pub(crate) mod worker_pool;
