//! Load, bounded in time: wrk on a service, pgbench on PostgreSQL.

use std::{fs, path::Path, process::Command};

use crate::{
    Result,
    postgres::{Postgres, run},
};

/// What wrk and pgbench share the two cores with is measured, so they get no more threads.
const THREADS: usize = 2;

/// What one measurement came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// A second: requests, transactions, rows.
    pub rate: f64,
    /// Half of them took no longer, in milliseconds.
    pub p50: Option<f64>,
    /// All but a hundredth took no longer, in milliseconds.
    pub p99: Option<f64>,
    /// How many were refused (503), where that is no failure.
    pub refused: u64,
}

/// A kind of request; `benches/requests.lua` makes them.
#[derive(Clone)]
pub struct Load<'a> {
    /// `get`, `note`, `complete`, `login`.
    pub kind: &'a str,
    /// The path, for `get`: `{user}` is a random user.
    pub path: &'a str,
    /// How many ask at the same time.
    pub connections: usize,
    /// Refusals are counted, and not a failure.
    pub may_be_refused: bool,
    /// The numbers of what each request takes one of, for `complete`.
    pub numbers: (u64, u64),
}

impl<'a> Load<'a> {
    /// Reads a path with 16 connections.
    pub fn get(path: &'a str) -> Self {
        Self { path, ..Self::of("get", 16) }
    }

    /// Requests of a kind.
    pub fn of(kind: &'a str, connections: usize) -> Self {
        Self { kind, path: "", connections, may_be_refused: false, numbers: (0, 0) }
    }

    /// Puts it on an address for some seconds.
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
        let said = String::from_utf8(run(&mut wrk)?.stdout)?;
        let line = said.lines().find_map(|line| line.strip_prefix("RESULT "));
        let words = line.ok_or_else(|| format!("wrk: {said}"))?.split(' ');
        let values: Vec<f64> = words.map(str::parse).collect::<std::result::Result<_, _>>()?;
        let [rate, p50, p99, refused, failed] = values[..] else {
            return Err(format!("wrk: {said}").into());
        };
        if failed > 0.0 || refused > 0.0 && !self.may_be_refused {
            return Err(format!("{} {}: failures\n{said}", self.kind, self.path).into());
        }
        Ok(Sample { rate, p50: Some(p50), p99: Some(p99), refused: refused as u64 })
    }
}

/// Has pgbench run a script on a database for some seconds, its statements prepared.
pub fn pgbench(
    server: &Postgres,
    database: &str,
    script: &Path,
    connections: usize,
    seconds: u64,
) -> Result<Sample> {
    let prefix = script.with_extension("times");
    let mut pgbench = server.pgbench(database);
    pgbench
        .args(["-n", "-M", "prepared", "-l", "--sampling-rate=0.1"])
        .args([format!("-c{connections}"), format!("-j{THREADS}"), format!("-T{seconds}")])
        .arg(format!("--log-prefix={}", prefix.display()))
        .arg(format!("-f{}", script.display()));
    let said = String::from_utf8(run(&mut pgbench)?.stdout)?;
    if !said.contains("failed transactions: 0 ") {
        return Err(format!("pgbench: {said}").into());
    }
    let rate = said
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|it| it.split(' ').next());
    let rate = rate.ok_or("pgbench says no rate")?.parse()?;
    let mut micros = times(&prefix)?;
    micros.sort_unstable();
    let at = |share: f64| {
        let micros = micros.get((micros.len() as f64 * share) as usize)?;
        Some(*micros as f64 / 1e3)
    };
    Ok(Sample { rate, p50: at(0.5), p99: at(0.99), refused: 0 })
}

/// Reads, and removes, pgbench's files: the third word of a line is how long a transaction took.
fn times(prefix: &Path) -> Result<Vec<u64>> {
    let (folder, name) =
        (prefix.parent().ok_or("no folder")?, prefix.file_name().ok_or("no name")?);
    let name = name.to_string_lossy().into_owned();
    let mut micros = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with(&name) {
            let lines = fs::read_to_string(file.path())?;
            micros.extend(lines.lines().filter_map(|it| it.split(' ').nth(2)?.parse::<u64>().ok()));
            fs::remove_file(file.path())?;
        }
    }
    Ok(micros)
}
