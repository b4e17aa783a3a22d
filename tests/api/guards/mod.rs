//! Guards: rules that every operation, every file, and every table keeps.

pub mod architecture;
pub mod atomicity;
pub mod documents;
pub mod hostile;
pub mod immutability;
pub mod journal_coverage;
pub mod migrations;
pub mod openapi;
pub mod operations;
pub mod pages;
pub mod permissions;
pub mod scopes;
pub mod unlogged;
pub mod visibility;
pub mod words;
