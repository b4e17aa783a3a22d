//! START: the time until the service is ready, and its memory while it is idle.

use std::{thread, time::Duration};

use crate::{
    error::Result,
    measure::samples::{Sample, Samples},
    output::print,
    report::{
        figures::{Figure, Results},
        numbers::short_count,
    },
    suite::bench::Bench,
};

/// The least number of starts of a service.
const STARTS_MIN: usize = 3;
/// The longest time until a service is ready, in milliseconds.
const READY_MAX: f64 = 100.0;
/// The most resident memory of an idle service, in MB.
const IDLE_MAX: f64 = 40.0;

/// Starts a service on each database several times.
pub fn measure(bench: &Bench, results: &mut Results) -> Result<()> {
    let mut ready = vec![Samples::default(); bench.databases.len()];
    let mut idle = vec![Samples::default(); bench.databases.len()];
    for _ in 0..bench.settings.rounds.max(STARTS_MIN) {
        for (at, database) in bench.databases.iter().enumerate() {
            let service = bench.service(database)?;
            // Until the work after the start is done.
            thread::sleep(Duration::from_secs(1));
            let millis = service.ready_after.as_secs_f64() * 1e3;
            let resident = service.memory("VmRSS:")? / 1e6;
            ready[at].0.push(Sample { rate: millis, ..Sample::default() });
            idle[at].0.push(Sample { rate: resident, ..Sample::default() });
        }
    }
    for ((database, ready), idle) in bench.databases.iter().zip(&ready).zip(&idle) {
        let (on, entries) = (database.engine.name(), database.entries);
        let what = "from the start until /health/ready is 200";
        results.figures.push(Figure::new("start", what, on, "ms", ready).entries(entries));
        let figure = Figure::new("memory", "resident, idle", on, "MB", idle);
        results.figures.push(figure.entries(entries));
        let size = short_count(entries);
        results.add_aim(format!("ready after, {on}, {size}"), ready.rate(), true, READY_MAX, "ms");
        results.add_aim(format!("idle memory, {on}, {size}"), idle.rate(), true, IDLE_MAX, "MB");
        print(&format!(
            "  {}: ready after {:.0} ms, idle {:.1} MB\n",
            database.label(),
            ready.rate(),
            idle.rate()
        ))?;
    }
    Ok(())
}
