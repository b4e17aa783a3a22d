//! X: all entries as a file, beside `psql \copy … csv` of the same entries in the same order.

use std::{
    io::{self, Write},
    time::Instant,
};

use crate::{
    Result,
    load::Sample,
    results::{Figure, Results},
    rounds::{Runner, in_turn},
    suite::{Bench, Engine},
};

/// Counts lines, and keeps none of them.
#[derive(Default)]
struct Lines(u64);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.iter().filter(|it| **it == b'\n').count() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What psql writes: the columns that an export has too.
const COLUMNS: &str = "user_id, occurred_at, id, recorded_at, action, source, created_by_id, \
     created_by_name, created_by_kind, entered_by_id, entered_by_name, entered_by_kind, \
     relates_to, description, target_type, target_id, target_name, changes, external_id, notes, \
     revision, edited_at, edited_by_id, edited_by_name, edited_by_kind";

/// How much a process may grow by while it exports a million entries and more, in MB.
const GROWTH: f64 = 64.0;

/// Exports everything from the smallest databases; each export is one round, however long it takes.
pub fn measure(bench: &Bench, results: &mut Results) -> Result<()> {
    let entries = bench.settings.ends().0;
    let database = &bench.places[bench.postgres(entries)?].database;
    let count = bench.server.psql(database, &["SELECT count(*) FROM entries"])?.parse::<f64>()?;
    let small = bench.small();
    let services = small.iter().map(|it| bench.service(it)).collect::<Result<Vec<_>>>()?;
    let mut before = Vec::new();
    let (mut runners, mut kinds) = (Vec::new(), Vec::new());
    for (place, service) in small.iter().zip(&services) {
        // What log-ins take and any first request (threads, connections) is not the export's.
        let mut clients = [service.client()?, service.client()?];
        clients[0].get("/activity?limit=100")?;
        before.push(service.memory("VmRSS:")?);
        for (format, mut client) in ["csv", "ndjson"].into_iter().zip(clients) {
            kinds.push((place.engine.name(), format));
            let name = format!("X: {format}, {}", place.name());
            runners.push(Runner::new(name, move |turn| {
                let mut lines = Lines::default();
                let begun = Instant::now();
                // The round that fills the caches needs no whole export.
                let query = if turn.round == 0 { "csv&type=manual" } else { format };
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
    kinds.push(("psql \\copy", "csv"));
    runners.push(Runner::new("X: psql \\copy, csv", move |_| {
        let begun = Instant::now();
        bench.server.psql(database, &[&copy])?;
        Ok(Sample { rate: count / begun.elapsed().as_secs_f64(), ..Sample::default() })
    }));
    let series = in_turn(bench.settings.rounds, bench.settings.seconds, runners)?;
    let limit = series.last().ok_or("nothing was exported")?;
    for ((on, format), one) in kinds.iter().zip(&series) {
        let what = format!("all entries as {format}");
        // The aim is one of the CSV.
        let measure = if *format == "csv" { "X" } else { "X-ndjson" };
        let figure = Figure::of(measure, &what, on, "rows/s", one).entries(entries);
        if on.starts_with("psql") {
            results.figures.push(figure);
        } else if *on == Engine::Postgres.name() && *format == "csv" {
            results.add_with_aim(figure.limit("\\copy", limit), 0.5);
        } else {
            results.figures.push(figure.limit("\\copy", limit));
        }
    }
    for ((place, service), before) in small.iter().zip(&services).zip(before) {
        let after = service.memory("VmHWM:")?;
        results.memory("resident at most, under the exports", place, after);
        let what = format!("X: growth of memory, {}", place.name());
        results.aim(what, (after - before) / 1e6, true, GROWTH, "MB");
    }
    Ok(())
}
