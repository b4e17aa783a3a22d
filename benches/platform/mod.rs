//! A platform of 50,000 users: its data, the times of all its lists, and its exports.

pub mod export;
pub mod groups;
pub mod learning;
pub mod lists;
pub mod log;
pub mod people;
pub mod queries;
pub mod seed;
