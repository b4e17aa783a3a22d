//! The journal: the only way to write. A change and its entries are one transaction.

pub mod coalesce;
pub mod draft;
pub mod entry;
pub mod new_entry;
pub mod recorded;
pub mod records;
mod transact;
pub mod tx;
