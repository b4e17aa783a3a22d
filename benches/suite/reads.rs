//! R, R10, R-deep, F and G: pages of one log and of all logs.

use crate::{
    data::{ids::user_id, seed::long_log, users::LONG_LOG},
    error::Result,
    measure::{client::Client, wrk::Load},
    report::figures::Results,
    suite::{
        bench::Bench,
        memory::add_memory,
        read_aims::add_read_aims,
        read_comparison::{Page, compare_pages},
    },
};

/// The page of R.
const NEWEST: &str = "/users/{user}/activity?limit=50";

/// How long each service serves R before the first round. A process maps its file page by page, as it
/// reads them.
const WARM_UP_SECONDS: u64 = 15;

/// How many entries a page has.
const LIMIT: u64 = 50;

/// The filters of F, each with its query.
const FILTERS: &[(&str, &str)] = &[
    ("action=enrollment.*", "action=enrollment.*"),
    ("exclude_action=enrollment.*", "exclude_action=enrollment.*"),
    ("type=manual", "type=manual"),
    ("source=admin", "source=admin"),
    ("q=dangerous", "q=dangerous"),
    ("occurred_after and occurred_before, a year", ONE_YEAR),
];
const ONE_YEAR: &str = "occurred_after=2024-09-01T00:00:00Z&occurred_before=2025-09-01T00:00:00Z";

/// R, R10 and R-deep: pages of one log, on all databases.
pub fn pages(bench: &Bench, results: &mut Results) -> Result<()> {
    let services = bench.services()?;
    for database in &bench.databases {
        database.warm()?;
    }
    let mut deep_pages = Vec::new();
    for (database, service) in bench.databases.iter().zip(&services) {
        Load::get(NEWEST).run(&service.address, &service.token()?, WARM_UP_SECONDS)?;
        deep_pages.push(deep_page(&mut service.client()?, database.entries)?);
    }
    let same = |path: &str| vec![path.to_owned(); services.len()];
    let pages = [
        Page {
            measure: "R",
            what: "newest page of 50 of a random user",
            paths: same(NEWEST),
            aims: Some((0.22, 0.65)),
        },
        Page {
            measure: "R10",
            what: "newest page of 10 of a random user",
            paths: same("/users/{user}/activity?limit=10"),
            aims: None,
        },
        Page {
            measure: "R-deep",
            what: "page 1,000 of a log of 60,000, by cursor",
            paths: deep_pages,
            aims: None,
        },
    ];
    let all: Vec<usize> = (0..bench.databases.len()).collect();
    compare_pages(bench, &services, &all, &pages, results)?;
    add_read_aims(bench, results);
    add_memory(results, "the load of R", &bench.databases, &services)
}

/// F: filters in the log of one user.
pub fn filters(bench: &Bench, results: &mut Results) -> Result<()> {
    let path = |query: &str| format!("/users/{{user}}/activity?limit=50&{query}");
    let lists = FILTERS.iter().map(|(what, query)| (*what, path(query)));
    compare_at_largest(bench, results, "F", lists.collect())
}

/// G: the log of all users.
pub fn all_logs(bench: &Bench, results: &mut Results) -> Result<()> {
    let entered_by = user_id(7)?;
    let path = |query: &str| format!("/activity?limit=50{query}");
    let lists = vec![
        ("all logs", path("")),
        ("all logs, one action", path("&action=enrollment.completed")),
        ("all logs, entered_by, a year", path(&format!("&entered_by={entered_by}&{ONE_YEAR}"))),
    ];
    compare_at_largest(bench, results, "G", lists)
}

/// Compares lists with their limits, on the largest databases only.
fn compare_at_largest(
    bench: &Bench,
    results: &mut Results,
    measure: &'static str,
    lists: Vec<(&'static str, String)>,
) -> Result<()> {
    let services = bench.services()?;
    let largest = bench.settings.largest();
    let databases: Vec<usize> =
        (0..services.len()).filter(|at| bench.databases[*at].entries == largest).collect();
    let page = |(what, path)| Page { measure, what, paths: vec![path; services.len()], aims: None };
    let pages: Vec<Page> = lists.into_iter().map(page).collect();
    compare_pages(bench, &services, &databases, &pages, results)
}

/// The path of the page after five sixths of the long log, which is the thousandth of 60,000 entries.
fn deep_page(client: &mut Client, entries: u64) -> Result<String> {
    let log = format!("/users/{}/activity?limit={LIMIT}", user_id(LONG_LOG)?);
    let mut path = log.clone();
    for _ in 1..(long_log(entries) / LIMIT * 5 / 6).max(2) {
        let page: serde_json::Value = serde_json::from_slice(&client.get(&path)?)?;
        let cursor = page["page"]["next_cursor"].as_str().ok_or("the long log is too short")?;
        path = format!("{log}&cursor={cursor}");
    }
    Ok(path)
}
