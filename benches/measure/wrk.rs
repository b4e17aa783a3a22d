//! Load on a service, by wrk.

use std::process::Command;

use crate::{
    error::Result,
    measure::{postgres::run_command, samples::Sample},
};

/// The threads of wrk: no more, because wrk shares the cores with what it measures.
const THREADS: usize = 2;

/// The requests of one measurement; `benches/requests.lua` makes them.
#[derive(Clone)]
pub struct Load<'a> {
    /// `get`, `note`, `complete`, `login`.
    pub kind: &'a str,
    /// The path, for `get`: `{user}` is a random user.
    pub path: &'a str,
    /// How many connections send requests at the same time.
    pub connections: usize,
    /// Whether refusals (503) are counted. Otherwise one fails the measurement.
    pub may_be_refused: bool,
    /// The enrollments for `complete`: the first number, and the one after the last.
    pub numbers: (u64, u64),
}

impl<'a> Load<'a> {
    /// GET requests to a path, with 16 connections.
    pub fn get(path: &'a str) -> Self {
        Self { path, ..Self::new("get", 16) }
    }

    /// Requests of a kind.
    pub fn new(kind: &'a str, connections: usize) -> Self {
        Self { kind, path: "", connections, may_be_refused: false, numbers: (0, 0) }
    }

    /// Sends the requests to an address for some seconds.
    pub fn run(&self, address: &str, token: &str, seconds: u64) -> Result<Sample> {
        let mut wrk = Command::new("wrk");
        wrk.args([format!("-t{THREADS}"), format!("-c{}", self.connections)])
            .args([format!("-d{seconds}"), "--timeout=20".to_owned()])
            .args(["-s", "benches/requests.lua", address])
            .env("BENCH_KIND", self.kind)
            .env("BENCH_PATH", self.path)
            .env("BENCH_TOKEN", token)
            .env("BENCH_COUNT", if self.may_be_refused { "1" } else { "" })
            .env("BENCH_FROM", self.numbers.0.to_string())
            .env("BENCH_TO", self.numbers.1.to_string());
        let output = String::from_utf8(run_command(&mut wrk)?.stdout)?;
        let line = output.lines().find_map(|line| line.strip_prefix("RESULT "));
        let words = line.ok_or_else(|| format!("wrk: {output}"))?.split(' ');
        let values: Vec<f64> = words.map(str::parse).collect::<std::result::Result<_, _>>()?;
        let [rate, p50, p99, refused, failed] = values[..] else {
            return Err(format!("wrk: {output}").into());
        };
        if failed > 0.0 || refused > 0.0 && !self.may_be_refused {
            return Err(format!("{} {}: failures\n{output}", self.kind, self.path).into());
        }
        Ok(Sample { rate, p50: Some(p50), p99: Some(p99), refused: refused as u64 })
    }
}
