//! S: several processes of the service on one PostgreSQL, behind a load balancer.

use crate::{
    error::Result,
    measure::{
        balancer,
        rounds::{Measurement, run_rounds},
        service::Service,
        wrk::Load,
    },
    report::figures::{Figure, Results},
    suite::bench::{Bench, Engine},
};

/// The numbers of processes.
const PROCESSES: &[usize] = &[1, 2, 4];

/// The settings of a process that is too small for the machine, to show what more of them add.
const SMALL: &[(&str, &str)] = &[("DAYBOOK_WORKERS", "1"), ("DAYBOOK_DB_POOL", "1")];

/// Pages, with as many connections as R.
pub fn reads(bench: &Bench, results: &mut Results) -> Result<()> {
    let load = Load::get("/users/{user}/activity?limit=50");
    measure(bench, results, "newest page of 50, small processes", &load, SMALL)?;
    measure(bench, results, "newest page of 50", &load, &[])
}

/// Notes, with as many connections as W.
pub fn writes(bench: &Bench, results: &mut Results) -> Result<()> {
    measure(bench, results, "one durable note", &Load::new("note", 64), &[])
}

/// Measures on the smallest PostgreSQL, always through the balancer.
fn measure(
    bench: &Bench,
    results: &mut Results,
    what: &str,
    load: &Load<'_>,
    settings: &[(&str, &str)],
) -> Result<()> {
    let entries = bench.settings.smallest();
    let database = &bench.databases[bench.postgres(entries)?];
    let most = PROCESSES.iter().copied().max().unwrap_or(1);
    let start = |_| Service::start_with(&database.url, &bench.settings.folder, settings);
    let services = (0..most).map(start).collect::<Result<Vec<_>>>()?;
    let name = |count: usize| {
        let connections = load.connections;
        format!("{what}, {connections} connections, processes: {count}")
    };
    let mut measurements = Vec::new();
    for &count in PROCESSES {
        let addresses = services[..count].iter().map(|it| it.address.clone()).collect();
        let (address, services) = (balancer::start(addresses)?, &services);
        measurements.push(Measurement::new(format!("S: {}", name(count)), move |round| {
            // A token is valid at every process.
            load.run(&address, &services[0].token()?, round.seconds)
        }));
    }
    let samples = run_rounds(bench.settings.rounds, bench.settings.seconds, measurements)?;
    for (count, one) in PROCESSES.iter().zip(&samples) {
        let figure = Figure::new("S", &name(*count), Engine::Postgres.name(), "requests/s", one);
        results.figures.push(figure.entries(entries).limit("one process", &samples[0]));
    }
    Ok(())
}
