//! L2: the ledger, followed by pages of 1,000, and proofs of entries.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    data::random::Random,
    error::Result,
    measure::{
        client::Client,
        rounds::{Measurement, run_rounds},
        samples::{Sample, percentile},
    },
    report::figures::{Figure, Results},
    suite::bench::Bench,
};

/// Entries whose proofs are asked for, in turn.
const PROVEN: usize = 200;

/// Measures one follower, and one client that asks for proofs, on the largest databases.
pub fn measure(bench: &Bench, results: &mut Results) -> Result<()> {
    let entries = bench.settings.largest();
    let databases: Vec<_> = bench.databases.iter().filter(|it| it.entries == entries).collect();
    let services = databases.iter().map(|it| bench.service(it)).collect::<Result<Vec<_>>>()?;
    let (mut measurements, mut kinds) = (Vec::new(), Vec::new());
    for (database, service) in databases.iter().zip(&services) {
        let (mut follower, mut auditor) = (service.client()?, service.client()?);
        let paths = proof_paths(&mut auditor)?;
        let mut from = 0;
        let label = format!("L2: records, {}", database.label());
        measurements.push(Measurement::new(label, move |round| {
            follow(&mut follower, &mut from, round.seconds)
        }));
        kinds.push((database.engine.name(), "records, by pages of 1,000", "records/s"));
        let label = format!("L2: proofs, {}", database.label());
        measurements
            .push(Measurement::new(label, move |round| prove(&mut auditor, &paths, round.seconds)));
        kinds.push((database.engine.name(), "proofs of random entries", "proofs/s"));
    }
    let samples = run_rounds(bench.settings.rounds, bench.settings.seconds, measurements)?;
    for ((on, what, unit), one) in kinds.iter().zip(&samples) {
        results.figures.push(Figure::new("L2", what, on, unit, one).entries(entries));
    }
    Ok(())
}

/// Follows the ledger, from its beginning again after its end.
fn follow(client: &mut Client, from: &mut u64, seconds: u64) -> Result<Sample> {
    let (begun, mut records, mut times) = (Instant::now(), 0, Vec::new());
    while begun.elapsed() < Duration::from_secs(seconds) {
        let asked = Instant::now();
        let page = client.get(&format!("/ledger?from={from}&limit=1000"))?;
        times.push(asked.elapsed().as_secs_f64() * 1e3);
        let (next, size) = (number_after(&page, "\"next\":")?, number_after(&page, "\"size\":")?);
        records += next - *from;
        *from = if next == size { 0 } else { next };
    }
    Ok(sample(records, begun, times))
}

/// A number behind the last occurrence of a name: to read the whole page is not the measurement.
fn number_after(page: &[u8], name: &str) -> Result<u64> {
    let tail = page.get(page.len().saturating_sub(100)..).unwrap_or_default();
    let tail = String::from_utf8_lossy(tail).into_owned();
    let (_, rest) = tail.rsplit_once(name).ok_or("the page of the ledger does not end")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Ok(digits.parse()?)
}

/// The paths of proofs of random entries.
fn proof_paths(client: &mut Client) -> Result<Vec<String>> {
    let page: Value = serde_json::from_slice(&client.get("/ledger?limit=1")?)?;
    let size = page["size"].as_u64().unwrap_or_default().max(1);
    let mut random = Random(3);
    let mut paths = Vec::new();
    for _ in 0..PROVEN {
        let path = format!("/ledger?from={}&limit=1", random.below(size));
        let page: Value = serde_json::from_slice(&client.get(&path)?)?;
        let record = &page["data"][0];
        let id = |name: &str| record[name].as_str().ok_or("a record without its entry");
        paths.push(format!("/users/{}/activity/{}/proof", id("user_id")?, id("entry_id")?));
    }
    Ok(paths)
}

fn prove(client: &mut Client, paths: &[String], seconds: u64) -> Result<Sample> {
    let (begun, mut times) = (Instant::now(), Vec::new());
    for path in paths.iter().cycle() {
        if begun.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
        let asked = Instant::now();
        client.get(path)?;
        times.push(asked.elapsed().as_secs_f64() * 1e3);
    }
    Ok(sample(times.len() as u64, begun, times))
}

fn sample(count: u64, begun: Instant, mut millis: Vec<f64>) -> Sample {
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    millis.sort_by(f64::total_cmp);
    let (p50, p99) = (percentile(&millis, 0.5), percentile(&millis, 0.99));
    Sample { rate, p50, p99, ..Sample::default() }
}
