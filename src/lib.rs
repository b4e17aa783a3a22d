//! Daybook: the user activity log of a learning platform.

pub mod auth;
pub mod changes;
pub mod db;
pub mod domain;
pub mod error;
pub mod store;
