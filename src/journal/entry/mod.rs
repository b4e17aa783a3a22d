//! The entry as the database has it: its columns, its row, and how rows are written and read.

pub mod insert;
pub mod raw_read;
pub mod row;
pub mod view;
