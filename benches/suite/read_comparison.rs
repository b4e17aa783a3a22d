//! Pages beside their limits: the same bytes from memory (H), and the same SELECTs by pgbench (P).

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    data::ids::user_id,
    error::Result,
    measure::{
        pgbench::pgbench,
        rounds::{Measurement, run_rounds},
        samples::Samples,
        service::Service,
        statements::write_read_scripts,
        wrk::Load,
    },
    report::figures::{Figure, Results},
    suite::bench::{Bench, Engine},
};

/// A page to read.
pub struct Page {
    /// The part, such as `R`.
    pub measure: &'static str,
    /// The page in words.
    pub what: &'static str,
    /// The path on each of the databases, whose cursors differ. `{user}` is a random user.
    pub paths: Vec<String>,
    /// The least ratio to H on SQLite, and to P on PostgreSQL.
    pub aims: Option<(f64, f64)>,
}

/// How many connections of pgbench read a page, as many as those of wrk.
const CONNECTIONS: usize = 16;
/// The user whose page the static body is.
const SAMPLE_USER: u64 = 12_345;

/// What serves a page: a limit, or the service on the database of an index.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Server {
    StaticBody,
    Service(usize),
    Pgbench(usize),
}

/// Measures pages on some of the databases, with their limits in the same rounds.
pub fn compare_pages(
    bench: &Bench,
    services: &[Service],
    databases: &[usize],
    pages: &[Page],
    results: &mut Results,
) -> Result<()> {
    let folder = &bench.settings.folder;
    let bodies = start_bodies(folder, &services[databases[0]], databases[0], pages)?;
    let script = |database: usize, page: usize| folder.join(format!("read-{database}-{page}.sql"));
    for &at in databases.iter().filter(|at| bench.databases[**at].engine == Engine::Postgres) {
        let files: Vec<PathBuf> = (0..pages.len()).map(|page| script(at, page)).collect();
        let paths = pages.iter().map(|page| page.paths[at].as_str());
        let scripts: Vec<(&str, &Path)> = paths.zip(files.iter().map(PathBuf::as_path)).collect();
        write_read_scripts(&bench.server, &bench.databases[at].name, &scripts, folder)?;
    }
    let (mut measurements, mut measured) = (Vec::new(), Vec::new());
    for (number, (page, body)) in pages.iter().zip(&bodies).enumerate() {
        let name = format!("{}: {}", page.measure, page.what);
        measured.push((number, Server::StaticBody));
        measurements.push(Measurement::new(format!("{name}, H"), move |round| {
            Load::get("/").run(&body.address, "none", round.seconds)
        }));
        for &at in databases {
            let (service, database) = (&services[at], &bench.databases[at]);
            let name = format!("{name}, {}", database.label());
            measured.push((number, Server::Service(at)));
            measurements.push(Measurement::new(name.clone(), move |round| {
                Load::get(&page.paths[at]).run(&service.address, &service.token()?, round.seconds)
            }));
            if database.engine == Engine::Postgres {
                let file = script(at, number);
                measured.push((number, Server::Pgbench(at)));
                measurements.push(Measurement::new(format!("{name}, P"), move |round| {
                    pgbench(&bench.server, &database.name, &file, CONNECTIONS, round.seconds)
                }));
            }
        }
    }
    let samples = run_rounds(bench.settings.rounds, bench.settings.seconds, measurements)?;
    let find = |page: usize, server: Server| -> Samples {
        let at = measured.iter().position(|it| *it == (page, server));
        at.map(|at| samples[at].clone()).unwrap_or_default()
    };
    for ((number, server), samples) in measured.iter().zip(&samples) {
        let page = &pages[*number];
        let figure = |on: &str| Figure::new(page.measure, page.what, on, "requests/s", samples);
        let at = match server {
            Server::StaticBody => {
                results.figures.push(figure("static body (H)"));
                continue;
            }
            Server::Pgbench(at) => {
                let entries = bench.databases[*at].entries;
                results.figures.push(figure("pgbench (P)").entries(entries));
                continue;
            }
            Server::Service(at) => *at,
        };
        let database = &bench.databases[at];
        let figure = figure(database.engine.name()).entries(database.entries);
        let (figure, aim) = match database.engine {
            Engine::Sqlite => {
                let limit = find(*number, Server::StaticBody);
                (figure.limit("H", &limit), page.aims.map(|it| it.0))
            }
            Engine::Postgres => {
                let limit = find(*number, Server::Pgbench(at));
                (figure.limit("P", &limit), page.aims.map(|it| it.1))
            }
        };
        match aim {
            Some(aim) => results.add_with_aim(figure, aim),
            None => results.figures.push(figure),
        }
    }
    Ok(())
}

/// Starts a static server for each page, with the bytes that the service sends for it.
fn start_bodies(
    folder: &Path,
    service: &Service,
    database: usize,
    pages: &[Page],
) -> Result<Vec<Service>> {
    let mut bodies = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        let path = page.paths[database].replace("{user}", &user_id(SAMPLE_USER)?.to_string());
        let file = folder.join(format!("page-{number}.json"));
        fs::write(&file, service.client()?.get(&path)?)?;
        bodies.push(Service::start_static(&file, folder)?);
    }
    Ok(bodies)
}
