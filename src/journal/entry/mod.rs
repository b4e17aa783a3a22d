//! The entry as the database has it: its columns, its row, and how rows are written and read.

mod array_insert;
pub mod columns;
pub mod insert;
pub mod raw_read;
mod raw_row;
pub mod row;
pub mod view;
