//! Daybook: the user activity log of a learning platform, as a JSON REST API.
//!
//! The rooms of the house, from the street to the cellar; imports run downward only:
//!
//! - [`cli`] reads the command line and runs a command;
//! - [`demo`] tells three stories, with the people in them, to whoever wants to look around;
//! - [`app`] puts the service together; the binary and the tests share it;
//! - [`api`] speaks HTTP: types of requests and answers, thin handlers, the OpenAPI document;
//! - [`changes`] holds every change of the state: who may, what it does, what the log says of it;
//! - [`auth`] proves who somebody is: tokens, passwords;
//! - [`store`] has the queries, one file for each table;
//! - [`db`] is the database, SQLite or PostgreSQL, and the journal: the only way to write;
//! - [`domain`] has the words of the field and their rules, without HTTP and database;
//! - [`config`] and [`error`] may be used by all.

pub mod access;
pub mod api;
pub mod app;
pub mod auth;
pub mod changes;
pub mod cli;
pub mod config;
pub mod db;
pub mod demo;
pub mod domain;
pub mod error;
pub mod journal;
pub mod ledger;
pub mod maintenance;
pub mod store;
