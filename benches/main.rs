//! The program behind `make bench` and `scripts/bench-platform`.
//!
//! - `run` fills the databases, measures what the environment asks for (`suite/settings.rs`), and
//!   writes the results.
//! - `report FOLDER` makes the table and the plots again from `results.json`.
//! - `seed URL ENTRIES ENROLLMENTS` fills an empty database for `run`.
//! - `static FILE` serves a file from memory, through the same actix.
//! - `seed-platform URL` fills an empty database with a platform of 50,000 users.
//! - `lists NAME=ADDRESS…` times the lists of services that run on such databases.
//! - `export NAME ADDRESS PID` exports a million entries from one service, and watches its memory.

use std::{env, fs, path::Path};

mod data;
mod error;
mod measure;
mod output;
mod platform;
mod report;
mod suite;

use crate::{
    data::seed,
    error::Result,
    measure::static_body,
    platform::{export, lists},
    report::{figures::Results, markdown},
    suite::run,
};

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run"] => run::run(),
        ["report", folder] => {
            let folder = Path::new(folder);
            markdown::write(&Results::read(folder)?, folder)
        }
        ["seed", url, entries, enrollments] => {
            seed::seed(&url.parse()?, entries.parse()?, enrollments.parse()?)
        }
        ["static", file] => static_body::serve(fs::read(file)?, &env::var("DAYBOOK_LISTEN")?),
        ["seed-platform", url] => platform::seed::seed(&url.parse()?),
        ["lists", ref services @ ..] if !services.is_empty() => lists::time(services),
        ["export", name, address, pid] => export::run(name, address, pid.parse()?),
        _ => Err("see the head of benches/main.rs for the commands".into()),
    }
}
