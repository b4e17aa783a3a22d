//! Daybook: the user activity log of a learning platform, as a JSON REST API.
//!
//! The modules, from top to bottom; imports run downward only:
//!
//! - [`cli`] reads the command line and runs a command;
//! - [`demo`] fills an empty database with three stories;
//! - [`app`] puts the service together, for the binary and for the tests;
//! - [`maintenance`] runs in the background;
//! - [`api`] speaks HTTP: types of requests and responses, thin handlers, the OpenAPI document;
//! - [`changes`] has every change of the state: who may make it, what it does, what it logs;
//! - [`access`] says who the caller is now, and whom they may see;
//! - [`auth`] checks tokens and passwords, and encrypts;
//! - [`store`] has the queries, one file for each table;
//! - [`journal`] is the only way to write, and writes the log;
//! - [`db`] is the database, SQLite or PostgreSQL: connections, the schema, the read replica;
//! - [`http_client`] makes the service's own requests to others;
//! - [`domain`] has the words of the field and their rules, without HTTP and database;
//! - [`config`] and [`error`] are used by all.

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
pub mod http_client;
pub mod journal;
pub mod ledger;
pub mod maintenance;
pub mod store;
