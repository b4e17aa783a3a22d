//! The command line: arguments, and what each command does.

mod admin;
pub mod command_line;
mod database;
mod descriptors;
mod ledger_key;
mod output;
mod secrets;
mod serve;
mod verify;
mod witness;
