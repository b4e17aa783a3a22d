//! The time of the first page of each list, beside the newest page of a log without filters.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{
    data::users::{PASSWORD, email},
    error::Result,
    measure::{client::Client, samples::median},
    output::print,
    platform::{
        people::{ADMINISTRATOR, CALLERS, LONG_LOG, log_path},
        queries::{ListQuery, all_queries, caller_name, short_path},
    },
};

/// The most requests for a list.
const REQUESTS_MAX: usize = 30;
/// The time after which there are no more requests for a list.
const TIME_MAX: Duration = Duration::from_secs(1);
/// The highest ratio that a list should have.
const RATIO_MAX: f64 = 10.0;

/// The time of one list on one service.
struct Timing {
    /// The median, in milliseconds.
    millis: f64,
    /// The ratio to the newest page of a log.
    ratio: f64,
}

/// Times the lists of services (`NAME=ADDRESS`), and prints two tables: the lists above the highest
/// ratio, and all lists.
pub fn time(services: &[&str]) -> Result<()> {
    let queries = all_queries()?;
    let mut names = Vec::new();
    let mut columns: Vec<Vec<Timing>> = Vec::new();
    for service in services {
        let (name, address) = service.split_once('=').ok_or("expected NAME=ADDRESS")?;
        names.push(name);
        columns.push(time_service(address, &queries)?);
    }
    let rule = "|---|---|".to_owned() + &"---|---|".repeat(names.len());
    let mut head = "| who | list |".to_owned();
    for name in &names {
        head += &format!(" {name} ms | ratio |");
    }
    let (mut slow, mut all, mut slow_count) = (String::new(), String::new(), 0);
    for (at, query) in queries.iter().enumerate() {
        let mut line = format!("| {} | `{}` |", caller_name(query.caller), short_path(&query.path));
        let timings: Vec<&Timing> = columns.iter().map(|column| &column[at]).collect();
        for Timing { millis, ratio } in &timings {
            let mark = if *ratio > RATIO_MAX { "**" } else { "" };
            line += &format!(" {millis:.2} | {mark}{ratio:.1}{mark} |");
        }
        line.push('\n');
        if timings.iter().any(|it| it.ratio > RATIO_MAX) {
            slow_count += 1;
            slow += &line;
        }
        all += &line;
    }
    print(&format!(
        "{} lists; {slow_count} take more than {RATIO_MAX} times the newest page of a log:\n\n\
         {head}\n{rule}\n{slow}\nAll lists:\n\n{head}\n{rule}\n{all}",
        queries.len()
    ))
}

fn time_service(address: &str, queries: &[ListQuery]) -> Result<Vec<Timing>> {
    let mut clients = BTreeMap::new();
    for caller in CALLERS {
        clients.insert(*caller, Client::log_in(address, &email(*caller), PASSWORD)?);
    }
    let mut reference_client = Client::log_in(address, &email(ADMINISTRATOR), PASSWORD)?;
    let newest = log_path(LONG_LOG)?;
    let mut timings = Vec::new();
    for query in queries {
        let client = clients.get_mut(&query.caller).ok_or("an unknown caller")?;
        let begun = Instant::now();
        // The first request fills the caches.
        client.get(&query.path)?;
        let (mut times, mut reference) = (Vec::new(), Vec::new());
        while times.is_empty() || times.len() < REQUESTS_MAX && begun.elapsed() < TIME_MAX {
            times.push(time_request(client, &query.path)?);
            reference.push(time_request(&mut reference_client, &newest)?);
        }
        let millis = median(times);
        timings.push(Timing { millis, ratio: millis / median(reference) });
    }
    Ok(timings)
}

fn time_request(client: &mut Client, path: &str) -> Result<f64> {
    let begun = Instant::now();
    client.get(path)?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}
