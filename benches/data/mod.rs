//! What `make bench` measures on: users, their logs, and enrollments. The same rows each time.

pub mod catalogue;
pub mod enrollments;
pub mod entries;
pub mod ids;
pub mod indexes;
pub mod insert;
pub mod random;
pub mod seed;
pub mod users;
