//! X: all entries as a file, beside `psql \copy … csv` of the same entries in the same order.

use std::{
    io::{self, Write},
    time::Instant,
};

use crate::{
    error::Result,
    measure::{
        rounds::{Measurement, run_rounds},
        samples::Sample,
    },
    report::figures::{Figure, Results},
    suite::{
        bench::{Bench, Engine},
        memory::add_memory_figure,
    },
};

/// Counts lines, and drops them.
#[derive(Default)]
struct LineCount(u64);

impl Write for LineCount {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.iter().filter(|it| **it == b'\n').count() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The columns that psql writes: those of an export.
const COLUMNS: &str = "user_id, occurred_at, id, recorded_at, action, source, created_by_id, \
     created_by_name, created_by_kind, entered_by_id, entered_by_name, entered_by_kind, \
     relates_to, description, target_type, target_id, target_name, changes, external_id, notes, \
     revision, edited_at, edited_by_id, edited_by_name, edited_by_kind";

/// How much a process may grow by during the exports, in MB.
const GROWTH_MAX: f64 = 64.0;

/// Exports all entries of the smallest databases. An export is a round, however long it takes.
pub fn measure(bench: &Bench, results: &mut Results) -> Result<()> {
    let entries = bench.settings.smallest();
    let name = &bench.databases[bench.postgres(entries)?].name;
    let count = bench.server.psql(name, &["SELECT count(*) FROM entries"])?.parse::<f64>()?;
    let databases = bench.smallest();
    let services = databases.iter().map(|it| bench.service(it)).collect::<Result<Vec<_>>>()?;
    let mut before = Vec::new();
    let (mut measurements, mut exports) = (Vec::new(), Vec::new());
    for (database, service) in databases.iter().zip(&services) {
        // Before the exports, because log-ins and the first request start threads and connections.
        let mut clients = [service.client()?, service.client()?];
        clients[0].get("/activity?limit=100")?;
        before.push(service.memory("VmRSS:")?);
        for (format, mut client) in ["csv", "ndjson"].into_iter().zip(clients) {
            exports.push((database.engine.name(), format));
            let label = format!("X: {format}, {}", database.label());
            measurements.push(Measurement::new(label, move |round| {
                let mut lines = LineCount::default();
                let begun = Instant::now();
                // The warm-up needs no complete export.
                let query = if round.number == 0 { "csv&type=manual" } else { format };
                let path = format!("/activity/export?format={query}");
                client.get_into(&path, &mut lines)?;
                Ok(Sample {
                    rate: lines.0 as f64 / begun.elapsed().as_secs_f64(),
                    ..Sample::default()
                })
            }));
        }
    }
    let copy = format!(
        "\\copy (SELECT {COLUMNS} FROM entries ORDER BY occurred_at DESC, id DESC) TO '/dev/null' csv"
    );
    exports.push(("psql \\copy", "csv"));
    measurements.push(Measurement::new("X: psql \\copy, csv", move |_| {
        let begun = Instant::now();
        bench.server.psql(name, &[&copy])?;
        Ok(Sample { rate: count / begun.elapsed().as_secs_f64(), ..Sample::default() })
    }));
    let samples = run_rounds(bench.settings.rounds, bench.settings.seconds, measurements)?;
    let limit = samples.last().ok_or("nothing was exported")?;
    for ((on, format), one) in exports.iter().zip(&samples) {
        let what = format!("all entries as {format}");
        // Only the CSV has an aim.
        let measure = if *format == "csv" { "X" } else { "X-ndjson" };
        let figure = Figure::new(measure, &what, on, "rows/s", one).entries(entries);
        if on.starts_with("psql") {
            results.figures.push(figure);
        } else if *on == Engine::Postgres.name() && *format == "csv" {
            results.add_with_aim(figure.limit("\\copy", limit), 0.5);
        } else {
            results.figures.push(figure.limit("\\copy", limit));
        }
    }
    for ((database, service), before) in databases.iter().zip(&services).zip(before) {
        let after = service.memory("VmHWM:")?;
        add_memory_figure(results, "peak resident memory, under the exports", database, after);
        let what = format!("X: growth of memory, {}", database.label());
        results.add_aim(what, (after - before) / 1e6, true, GROWTH_MAX, "MB");
    }
    Ok(())
}
