//! S: processes of the service over one PostgreSQL, behind a plain load balancer.

use crate::{
    Result, balancer,
    load::Load,
    results::{Figure, Results},
    rounds::{Runner, in_turn},
    service::Service,
    suite::{Bench, Engine},
};

/// How many processes there are.
const PROCESSES: &[usize] = &[1, 2, 4];

/// A process that is too small to fill the machine: so that it is seen what more of them add.
const SMALL: &[(&str, &str)] = &[("DAYBOOK_WORKERS", "1"), ("DAYBOOK_DB_POOL", "1")];

/// Pages, by as many connections as for R.
pub fn reads(bench: &Bench, results: &mut Results) -> Result<()> {
    let load = Load::get("/users/{user}/activity?limit=50");
    measure(bench, results, "newest page of 50, small processes", &load, SMALL)?;
    measure(bench, results, "newest page of 50", &load, &[])
}

/// Notes, by as many connections as for W.
pub fn writes(bench: &Bench, results: &mut Results) -> Result<()> {
    measure(bench, results, "one durable note", &Load::of("note", 64), &[])
}

/// Measures on the smallest PostgreSQL, always by way of the balancer.
fn measure(
    bench: &Bench,
    results: &mut Results,
    what: &str,
    load: &Load<'_>,
    settings: &[(&str, &str)],
) -> Result<()> {
    let entries = bench.settings.ends().0;
    let place = &bench.places[bench.postgres(entries)?];
    let most = PROCESSES.iter().copied().max().unwrap_or(1);
    let start = |_| Service::start_with(&place.url, &bench.settings.folder, settings);
    let services = (0..most).map(start).collect::<Result<Vec<_>>>()?;
    let name = |count: usize| {
        let connections = load.connections;
        format!("{what}, {connections} connections, processes: {count}")
    };
    let mut runners = Vec::new();
    for &count in PROCESSES {
        let behind = services[..count].iter().map(|it| it.address.clone()).collect();
        let (address, services) = (balancer::start(behind)?, &services);
        runners.push(Runner::new(format!("S: {}", name(count)), move |turn| {
            // Any process takes the token of another.
            load.run(&address, &services[0].token()?, turn.seconds)
        }));
    }
    let series = in_turn(bench.settings.rounds, bench.settings.seconds, runners)?;
    for (count, one) in PROCESSES.iter().zip(&series) {
        let figure = Figure::of("S", &name(*count), Engine::Postgres.name(), "requests/s", one);
        results.figures.push(figure.entries(entries).limit("one process", &series[0]));
    }
    Ok(())
}
