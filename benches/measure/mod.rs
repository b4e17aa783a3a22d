//! The instruments: processes, load generators, and rounds of samples.

pub mod balancer;
pub mod client;
pub mod insert_loop;
pub mod pgbench;
pub mod postgres;
pub mod rounds;
pub mod samples;
pub mod service;
pub mod statements;
pub mod static_body;
pub mod wrk;
