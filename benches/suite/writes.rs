//! W and C: durable notes and completed enrollments, beside pgbench inserting the same rows with as
//! many connections.

use std::path::PathBuf;

use crate::{
    data::enrollments::reset_enrollments,
    error::Result,
    measure::{
        pgbench::pgbench,
        rounds::{Measurement, Round, run_rounds},
        samples::{Sample, Samples},
        wrk::Load,
    },
    report::figures::{Figure, Results},
    suite::{
        bench::{Bench, Engine},
        memory::add_memory,
        write_scripts::{write_completion_script, write_note_script},
    },
};

const CONNECTIONS: usize = 64;
/// More connections than the queue of writes and one commit take together.
const OVERLOAD: usize = 2_048;

/// What W or C measures.
struct Write<'a> {
    measure: &'a str,
    what: &'a str,
    /// The least ratio to pgbench.
    aim: Option<f64>,
}

/// W: a note in the log of a random user; then the same with more connections than the service takes.
pub fn notes(bench: &Bench, results: &mut Results) -> Result<()> {
    let services = bench.services()?;
    let write = Write { measure: "W", what: "one durable note, 64 connections", aim: Some(1.0) };
    let script = |at: usize| write_note_script(bench, &services[at], &bench.databases[at]);
    let load = Load::new("note", CONNECTIONS);
    compare_writes(bench, results, &write, script, |at, round| {
        let service = &services[at];
        load.run(&service.address, &service.token()?, round.seconds)
    })?;
    let load = Load { may_be_refused: true, ..Load::new("note", OVERLOAD) };
    let overload = bench.databases.iter().zip(&services).map(|(database, service)| {
        Measurement::new(format!("W: 2,048 connections, {}", database.label()), |round| {
            load.run(&service.address, &service.token()?, round.seconds)
        })
    });
    let samples = run_rounds(bench.settings.rounds, bench.settings.seconds, overload.collect())?;
    for (database, samples) in bench.databases.iter().zip(&samples) {
        let (what, on) = ("one durable note, 2,048 connections (overload)", database.engine.name());
        let figure = Figure::new("W-overload", what, on, "requests/s", samples);
        results.figures.push(figure.entries(database.entries));
    }
    add_memory(results, "the load of W and its overload", &bench.databases, &services)
}

/// C: an enrollment is completed, which meets a certification and a learning plan.
pub fn completions(bench: &Bench, results: &mut Results) -> Result<()> {
    let services = bench.services()?;
    let rounds = bench.settings.rounds as u64 + 1;
    // How many enrollments each round may complete; the last enrollment is for the script.
    let mut shares = Vec::new();
    for database in &bench.databases {
        let count = reset_enrollments(&mut database.open()?)?;
        shares.push((count - 1) / rounds);
    }
    let write = Write {
        measure: "C",
        what: "an enrollment completed: three entries, 64 connections",
        aim: None,
    };
    let script = |at: usize| {
        let last = shares[at] * rounds;
        write_completion_script(bench, &services[at], &bench.databases[at], last, shares[at])
    };
    compare_writes(bench, results, &write, script, |at, round| {
        let (service, first) = (&services[at], shares[at] * round.number as u64);
        let numbers = (first, first + shares[at]);
        let load = Load { numbers, ..Load::new("complete", CONNECTIONS) };
        load.run(&service.address, &service.token()?, round.seconds)
    })
}

/// Measures all services, and pgbench on each PostgreSQL, whose rate is the limit on SQLite too.
/// `script` and `sample` take the index of a database.
fn compare_writes(
    bench: &Bench,
    results: &mut Results,
    write: &Write<'_>,
    script: impl Fn(usize) -> Result<PathBuf>,
    sample: impl Fn(usize, Round) -> Result<Sample>,
) -> Result<()> {
    let Write { measure, what, aim } = *write;
    let (mut measurements, mut measured) = (Vec::new(), Vec::new());
    let sample = &sample;
    for (at, database) in bench.databases.iter().enumerate() {
        let label = database.label();
        measured.push((at, false));
        let name = format!("{measure}: {label}");
        measurements.push(Measurement::new(name, move |round| sample(at, round)));
        if database.engine == Engine::Postgres {
            let file = script(at)?;
            measured.push((at, true));
            let name = format!("{measure}: pgbench, {label}");
            measurements.push(Measurement::new(name, move |round| {
                pgbench(&bench.server, &database.name, &file, CONNECTIONS, round.seconds)
            }));
        }
    }
    let samples = run_rounds(bench.settings.rounds, bench.settings.seconds, measurements)?;
    for (&(at, is_limit), own) in measured.iter().zip(&samples) {
        let database = &bench.databases[at];
        if is_limit {
            let figure = Figure::new(measure, what, "pgbench", "transactions/s", own);
            results.figures.push(figure.entries(database.entries));
            continue;
        }
        let limit = (bench.postgres(database.entries)?, true);
        let limit = measured.iter().position(|it| *it == limit).map(|it| samples[it].clone());
        let figure = Figure::new(measure, what, database.engine.name(), "requests/s", own);
        let limit: Samples = limit.unwrap_or_default();
        let figure = figure.entries(database.entries).limit("pgbench", &limit);
        match aim {
            Some(aim) => results.add_with_aim(figure, aim),
            None => results.figures.push(figure),
        }
    }
    Ok(())
}
