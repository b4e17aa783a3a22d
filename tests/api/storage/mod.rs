//! Transactions, worker threads, replicas, durability.

pub mod coalesce;
pub mod durability;
pub mod read_replica;
pub mod replicas;
pub mod writing;
