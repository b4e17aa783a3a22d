//! How much a caller may send: requests, and log-ins.

pub mod client_address;
pub mod connections;
pub mod fixed_window;
pub mod log_ins;
pub mod memory;
pub mod quota;
pub mod requests;
pub mod shares;
