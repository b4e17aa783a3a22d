//! The import of users: each line is a change of its own.

pub mod line;
mod line_references;
pub mod lines;
mod references;
pub mod user;
