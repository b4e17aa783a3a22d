//! `make bench`, and the parts of `scripts/bench-platform`.
//!
//! - `run` measures what the environment asks for (`settings.rs`), from filling the databases to
//!   the plots; `report` makes table and plots again from `results.json`;
//! - `seed URL ENTRIES ENROLLMENTS` fills an empty database for it;
//! - `static FILE` serves a file from memory, through the same actix;
//! - `seed-platform URL` fills an empty database with a platform of 50,000 users;
//! - `lists NAME=ADDRESS…` times the lists of services that run on such databases;
//! - `export NAME ADDRESS PID` exports a million entries from one, and watches its memory.

use std::{
    env, error, fs,
    io::{self, Write},
    path::Path,
};

mod balancer;
mod batch;
mod caught;
mod client;
mod export;
mod exports;
mod fill;
mod learning;
mod lists;
mod load;
mod login;
mod measure;
mod people;
mod plain_loop;
mod platform;
mod platform_learning;
mod platform_log;
mod plots;
mod postgres;
mod random;
mod reads;
mod report;
mod results;
mod rounds;
mod scale;
mod seed;
mod service;
mod settings;
mod starts;
mod static_body;
mod stripped;
mod suite;
mod writes;

type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run"] => suite::run(),
        ["report", folder] => {
            report::write(&results::Results::read(Path::new(folder))?, Path::new(folder))
        }
        ["seed", url, entries, enrollments] => {
            seed::seed(&url.parse()?, entries.parse()?, enrollments.parse()?)
        }
        ["static", file] => static_body::serve(fs::read(file)?, &env::var("DAYBOOK_LISTEN")?),
        ["seed-platform", url] => platform::seed(&url.parse()?),
        ["lists", ref services @ ..] if !services.is_empty() => measure::lists(services),
        ["export", name, address, pid] => export::run(name, address, pid.parse()?),
        _ => Err("see the head of benches/main.rs for what there is".into()),
    }
}

fn print(text: &str) -> Result<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}
