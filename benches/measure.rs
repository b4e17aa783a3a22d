//! How long the first page of each list takes, beside the plain newest page of a log.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{
    Result,
    client::Client,
    lists::{self, Case},
    people::{ADMINISTRATOR, CALLERS, LONG_LOG, PASSWORD, email, log_of},
    print,
    rounds::median,
};

/// How often each list is asked for, unless that takes too long.
const REQUESTS: usize = 30;
/// How long one list is asked for, at most.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many times the plain newest page a list may take.
const AIM: f64 = 10.0;

/// What one list of one service came to.
struct Measured {
    millis: f64,
    ratio: f64,
}

/// Times the lists of services (`NAME=ADDRESS`), and prints a table: those that take longer than
/// the aim, and then, of each list, all.
pub fn lists(services: &[&str]) -> Result<()> {
    let cases = lists::cases()?;
    let mut names = Vec::new();
    let mut columns: Vec<Vec<Measured>> = Vec::new();
    for service in services {
        let (name, address) = service.split_once('=').ok_or("expected NAME=ADDRESS")?;
        names.push(name);
        columns.push(of_service(address, &cases)?);
    }
    let rule = "|---|---|".to_owned() + &"---|---|".repeat(names.len());
    let mut head = "| who | list |".to_owned();
    for name in &names {
        head += &format!(" {name} ms | ratio |");
    }
    let (mut slow, mut all, mut slow_count) = (String::new(), String::new(), 0);
    for (at, case) in cases.iter().enumerate() {
        let mut line = format!("| {} | `{}` |", lists::name(case.caller), lists::short(&case.path));
        let of_case: Vec<&Measured> = columns.iter().map(|column| &column[at]).collect();
        for Measured { millis, ratio } in &of_case {
            let mark = if *ratio > AIM { "**" } else { "" };
            line += &format!(" {millis:.2} | {mark}{ratio:.1}{mark} |");
        }
        line.push('\n');
        if of_case.iter().any(|it| it.ratio > AIM) {
            slow_count += 1;
            slow += &line;
        }
        all += &line;
    }
    print(&format!(
        "{} lists; {slow_count} take more than {AIM} times the plain newest page:\n\n\
         {head}\n{rule}\n{slow}\nAll of them:\n\n{head}\n{rule}\n{all}",
        cases.len()
    ))
}

fn of_service(address: &str, cases: &[Case]) -> Result<Vec<Measured>> {
    let mut clients = BTreeMap::new();
    for caller in CALLERS {
        clients.insert(*caller, Client::log_in(address, &email(*caller), PASSWORD)?);
    }
    let mut plain = Client::log_in(address, &email(ADMINISTRATOR), PASSWORD)?;
    let newest = log_of(LONG_LOG)?;
    let mut measured = Vec::new();
    for case in cases {
        let client = clients.get_mut(&case.caller).ok_or("nobody of this number")?;
        let begun = Instant::now();
        // The first time fills the caches.
        client.get(&case.path)?;
        let (mut times, mut yardstick) = (Vec::new(), Vec::new());
        while times.is_empty() || times.len() < REQUESTS && begun.elapsed() < PATIENCE {
            times.push(timed(client, &case.path)?);
            yardstick.push(timed(&mut plain, &newest)?);
        }
        let millis = median(times);
        measured.push(Measured { millis, ratio: millis / median(yardstick) });
    }
    Ok(measured)
}

fn timed(client: &mut Client, path: &str) -> Result<f64> {
    let begun = Instant::now();
    client.get(path)?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}
