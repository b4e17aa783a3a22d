//! Transactions, worker threads, replicas, durability.

pub mod coalesce;
pub mod durability;
pub mod files;
pub mod locks;
pub mod read_replica;
pub mod replicas;
pub mod writing;
