//! R, R10, R-deep, F and G: pages of one log and of all logs, beside the same bytes from memory (H)
//! and the same SELECT by pgbench (P).

use std::fs;

use crate::{
    Result, caught,
    client::Client,
    load::{Load, pgbench},
    random::user_id,
    results::{Figure, Results},
    rounds::{Runner, Series, in_turn},
    seed::{LONG_LOG, long_log},
    service::Service,
    suite::{Bench, Engine},
};

/// A page that is read.
struct Read {
    measure: &'static str,
    what: &'static str,
    /// For each of the databases: a cursor is of one of them.
    paths: Vec<String>,
    /// The least share of H that is reached on SQLite, and of P on PostgreSQL.
    aims: Option<(f64, f64)>,
}

/// The page that R is about.
const NEWEST: &str = "/users/{user}/activity?limit=50";

/// How long a service is asked for it before anything is measured.
const WARM_SECONDS: u64 = 15;

/// How many entries are on the pages of one log.
const LIMIT: u64 = 50;

/// What somebody looks for in a log: F.
const FILTERS: &[(&str, &str)] = &[
    ("action=enrollment.*", "action=enrollment.*"),
    ("exclude_action=enrollment.*", "exclude_action=enrollment.*"),
    ("type=manual", "type=manual"),
    ("source=admin", "source=admin"),
    ("q=dangerous", "q=dangerous"),
    ("occurred_after and occurred_before, a year", A_YEAR),
];
const A_YEAR: &str = "occurred_after=2024-09-01T00:00:00Z&occurred_before=2025-09-01T00:00:00Z";

/// R: pages of one log, on all databases.
pub fn pages(bench: &Bench, results: &mut Results) -> Result<()> {
    let services = bench.services()?;
    for place in &bench.places {
        place.warm()?;
    }
    let mut cursors = Vec::new();
    for (place, service) in bench.places.iter().zip(&services) {
        // What a process maps is mapped page by page, as it is looked at.
        Load::get(NEWEST).run(&service.address, &service.token()?, WARM_SECONDS)?;
        cursors.push(deep(&mut service.client()?, place.entries)?);
    }
    let one = |path: &str| vec![path.to_owned(); services.len()];
    let pages = [
        Read {
            measure: "R",
            what: "newest page of 50 of a random user",
            paths: one(NEWEST),
            aims: Some((0.22, 0.65)),
        },
        Read {
            measure: "R10",
            what: "newest page of 10 of a random user",
            paths: one("/users/{user}/activity?limit=10"),
            aims: None,
        },
        Read {
            measure: "R-deep",
            what: "page 1,000 of a log of 60,000, by cursor",
            paths: cursors,
            aims: None,
        },
    ];
    let every: Vec<usize> = (0..bench.places.len()).collect();
    compare(bench, &services, &every, &pages, results)?;
    let (smallest, largest) = bench.settings.ends();
    aims_of_pages(bench, smallest, largest, results);
    results.memories("the load of R", &bench.places, &services)
}

/// F: what somebody looks for in one log.
pub fn filters(bench: &Bench, results: &mut Results) -> Result<()> {
    let path = |query: &str| format!("/users/{{user}}/activity?limit=50&{query}");
    let lists = FILTERS.iter().map(|(what, query)| (*what, path(query)));
    at_the_largest(bench, results, "F", lists.collect())
}

/// G: what somebody looks for in all logs.
pub fn all_logs(bench: &Bench, results: &mut Results) -> Result<()> {
    let by = user_id(7)?;
    let list = |query: &str| format!("/activity?limit=50{query}");
    let lists = vec![
        ("all logs", list("")),
        ("all logs, one action", list("&action=enrollment.completed")),
        ("all logs, entered_by, a year", list(&format!("&entered_by={by}&{A_YEAR}"))),
    ];
    at_the_largest(bench, results, "G", lists)
}

/// Lists are compared with their limits on the largest databases alone.
fn at_the_largest(
    bench: &Bench,
    results: &mut Results,
    measure: &'static str,
    lists: Vec<(&'static str, String)>,
) -> Result<()> {
    let services = bench.services()?;
    let largest = bench.settings.ends().1;
    let places: Vec<usize> =
        (0..services.len()).filter(|at| bench.places[*at].entries == largest).collect();
    let read = |(what, path)| Read { measure, what, paths: vec![path; services.len()], aims: None };
    let lists: Vec<Read> = lists.into_iter().map(read).collect();
    compare(bench, &services, &places, &lists, results)
}

/// The page that follows after five sixths of the long log: the thousandth.
fn deep(client: &mut Client, entries: u64) -> Result<String> {
    let log = format!("/users/{}/activity?limit={LIMIT}", user_id(LONG_LOG)?);
    let mut path = log.clone();
    for _ in 1..(long_log(entries) / LIMIT * 5 / 6).max(2) {
        let page: serde_json::Value = serde_json::from_slice(&client.get(&path)?)?;
        let cursor = page["page"]["next_cursor"].as_str().ok_or("the long log is too short")?;
        path = format!("{log}&cursor={cursor}");
    }
    Ok(path)
}

/// What a runner of [`compare`] measures, of the page of a number.
enum Of {
    Body(usize),
    Service(usize, usize),
    Pgbench(usize, usize),
}

fn compare(
    bench: &Bench,
    services: &[Service],
    places: &[usize],
    reads: &[Read],
    results: &mut Results,
) -> Result<()> {
    let folder = &bench.settings.folder;
    let script = |place: usize, read: usize| folder.join(format!("read-{place}-{read}.sql"));
    let mut bodies = Vec::new();
    for (at, read) in reads.iter().enumerate() {
        let place = places[0];
        let path = read.paths[place].replace("{user}", &user_id(12_345)?.to_string());
        let file = folder.join(format!("page-{at}.json"));
        fs::write(&file, services[place].client()?.get(&path)?)?;
        bodies.push(Service::start_static(&file, folder)?);
    }
    let (mut runners, mut kinds) = (Vec::new(), Vec::new());
    for &place in places {
        if bench.places[place].engine == Engine::Postgres {
            let files: Vec<_> = (0..reads.len()).map(|read| script(place, read)).collect();
            let paths = reads.iter().zip(&files);
            let paths: Vec<_> =
                paths.map(|(read, file)| (read.paths[place].as_str(), file.as_path())).collect();
            caught::reads(&bench.server, &bench.places[place].database, &paths, folder)?;
        }
    }
    for (at, read) in reads.iter().enumerate() {
        let body = &bodies[at];
        let name = format!("{}: {}", read.measure, read.what);
        kinds.push(Of::Body(at));
        runners.push(Runner::new(format!("{name}, H"), move |turn| {
            Load::get("/").run(&body.address, "none", turn.seconds)
        }));
        for &place in places {
            let (service, of) = (&services[place], &bench.places[place]);
            kinds.push(Of::Service(at, place));
            runners.push(Runner::new(format!("{name}, {}", of.name()), move |turn| {
                Load::get(&read.paths[place]).run(&service.address, &service.token()?, turn.seconds)
            }));
            if of.engine == Engine::Postgres {
                let file = script(place, at);
                kinds.push(Of::Pgbench(at, place));
                runners.push(Runner::new(format!("{name}, {}, P", of.name()), move |turn| {
                    pgbench(&bench.server, &of.database, &file, 16, turn.seconds)
                }));
            }
        }
    }
    let series = in_turn(bench.settings.rounds, bench.settings.seconds, runners)?;
    let limit = |read: usize, place: Option<usize>| -> Series {
        let found = kinds.iter().zip(&series).find(|(kind, _)| match (kind, place) {
            (Of::Body(at), None) => *at == read,
            (Of::Pgbench(at, where_), Some(place)) => *at == read && *where_ == place,
            _ => false,
        });
        found.map(|it| it.1.clone()).unwrap_or_default()
    };
    for (kind, series) in kinds.iter().zip(&series) {
        let (read, place) = match kind {
            Of::Body(read) => (&reads[*read], None),
            Of::Service(read, place) | Of::Pgbench(read, place) => (&reads[*read], Some(*place)),
        };
        let on = match (kind, place) {
            (Of::Service(..), Some(place)) => bench.places[place].engine.name(),
            (Of::Pgbench(..), _) => "pgbench (P)",
            _ => "static body (H)",
        };
        let mut figure = Figure::of(read.measure, read.what, on, "requests/s", series);
        figure.entries = place.map(|place| bench.places[place].entries);
        let (Of::Service(at, place), aims) = (kind, read.aims) else {
            results.figures.push(figure);
            continue;
        };
        let (figure, aim) = match bench.places[*place].engine {
            Engine::Sqlite => (figure.limit("H", &limit(*at, None)), aims.map(|it| it.0)),
            Engine::Postgres => (figure.limit("P", &limit(*at, Some(*place))), aims.map(|it| it.1)),
        };
        match aim {
            Some(aim) => results.add_with_aim(figure, aim),
            None => results.figures.push(figure),
        }
    }
    Ok(())
}

/// The aims that compare pages with pages.
fn aims_of_pages(bench: &Bench, smallest: u64, largest: u64, results: &mut Results) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let on = engine.name();
        if let (Some(small), Some(large)) =
            (results.value("R", on, smallest), results.value("R", on, largest))
            && smallest < largest
        {
            let what = format!("R: time at the largest / at the smallest, {on}");
            results.aim(what, small / large, true, 1.15, "");
        }
        for entries in &bench.settings.sizes {
            let size = crate::results::short(*entries);
            if let (Some(new), Some(deep)) =
                (results.value("R", on, *entries), results.value("R-deep", on, *entries))
            {
                let what = format!("R-deep: time / of R, {on}, {size}");
                results.aim(what, new / deep, true, 1.3, "");
            }
            let page =
                |it: &&Figure| it.measure == "R" && it.on == on && it.entries == Some(*entries);
            let spread = results.figures.iter().find(page).and_then(|it| Some(it.p99? / it.p50?));
            if let (Some(spread), Engine::Postgres) = (spread, engine) {
                let what = format!("R: p99 / p50, {on}, {size}");
                results.aim(what, spread, true, 5.0, "");
            }
        }
    }
}
