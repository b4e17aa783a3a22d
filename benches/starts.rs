//! START: how long the service takes until it is ready, and its memory while nobody asks.

use std::{thread, time::Duration};

use crate::{
    Result,
    load::Sample,
    print,
    results::{Figure, Results, short},
    rounds::Series,
    suite::Bench,
};

/// Starts each service several times, on the databases as they are.
pub fn measure(bench: &Bench, results: &mut Results) -> Result<()> {
    let mut ready = vec![Series::default(); bench.places.len()];
    let mut idle = vec![Series::default(); bench.places.len()];
    for _ in 0..bench.settings.rounds.max(3) {
        for (at, place) in bench.places.iter().enumerate() {
            let service = bench.service(place)?;
            // What the start does in passing is done then.
            thread::sleep(Duration::from_secs(1));
            let millis = service.ready_after.as_secs_f64() * 1e3;
            let resident = service.memory("VmRSS:")? / 1e6;
            ready[at].samples.push(Sample { rate: millis, ..Sample::default() });
            idle[at].samples.push(Sample { rate: resident, ..Sample::default() });
        }
    }
    for ((place, ready), idle) in bench.places.iter().zip(&ready).zip(&idle) {
        let (on, entries) = (place.engine.name(), place.entries);
        let what = "from the start until /health/ready says so";
        results.figures.push(Figure::of("start", what, on, "ms", ready).entries(entries));
        let figure = Figure::of("memory", "resident, idle", on, "MB", idle);
        results.figures.push(figure.entries(entries));
        let size = short(entries);
        results.aim(format!("ready after, {on}, {size}"), ready.rate(), true, 100.0, "ms");
        results.aim(format!("idle memory, {on}, {size}"), idle.rate(), true, 40.0, "MB");
        print(&format!(
            "  {}: ready after {:.0} ms, idle {:.1} MB\n",
            place.name(),
            ready.rate(),
            idle.rate()
        ))?;
    }
    Ok(())
}
