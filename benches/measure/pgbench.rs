//! Load on PostgreSQL, by pgbench.

use std::{fs, path::Path};

use crate::{
    error::Result,
    measure::{
        postgres::{Postgres, run_command},
        samples::{Sample, percentile},
    },
};

/// The threads of pgbench: no more, because pgbench shares the cores with what it measures.
const THREADS: usize = 2;

/// Runs a script on a database for some seconds, with prepared statements.
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
    let output = String::from_utf8(run_command(&mut pgbench)?.stdout)?;
    if !output.contains("failed transactions: 0 ") {
        return Err(format!("pgbench: {output}").into());
    }
    let rate = output
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|it| it.split(' ').next());
    let rate = rate.ok_or("pgbench prints no rate")?.parse()?;
    let mut millis = latencies(&prefix)?;
    millis.sort_by(f64::total_cmp);
    let (p50, p99) = (percentile(&millis, 0.5), percentile(&millis, 0.99));
    Ok(Sample { rate, p50, p99, refused: 0 })
}

/// Reads the log files of pgbench, and removes them. The third word of a line is the latency of a
/// transaction, in microseconds; the result is in milliseconds.
fn latencies(prefix: &Path) -> Result<Vec<f64>> {
    let (folder, name) =
        (prefix.parent().ok_or("no folder")?, prefix.file_name().ok_or("no name")?);
    let name = name.to_string_lossy().into_owned();
    let mut millis = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with(&name) {
            let lines = fs::read_to_string(file.path())?;
            let micros = lines.lines().filter_map(|it| it.split(' ').nth(2)?.parse::<f64>().ok());
            millis.extend(micros.map(|micros| micros / 1e3));
            fs::remove_file(file.path())?;
        }
    }
    Ok(millis)
}
