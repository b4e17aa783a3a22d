//! The database: SQLite or PostgreSQL, behind one connection type. Reading only: the one way to
//! write is [`crate::journal`].

pub(crate) mod caller_writes;
mod cancel;
pub mod connection;
mod constraint;
pub mod database;
mod deadline;
pub(crate) mod direct;
mod failure;
mod files;
mod group_commit;
pub(crate) mod job;
pub mod lists;
pub mod migrate;
pub mod reader;
pub mod reads;
mod replica;
pub mod schema;
pub mod turns;
pub mod types;
mod waiter;
pub(crate) mod watch;
mod worker;
pub(crate) mod worker_pool;
