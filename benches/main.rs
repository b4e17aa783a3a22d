//! The parts of `make bench` that are best said in Rust; `scripts/bench` and `scripts/bench-lists`
//! put them together.
//!
//! - `seed URL` fills an empty database with users and a log for each of them;
//! - `static FILE` serves a file from memory, through the same actix;
//! - `pgbench URL` prints the service's own SELECT as a script of pgbench;
//! - `ratios` reads `name round requests-per-second p50 p99` from its input, and prints medians;
//! - `seed-platform URL` fills an empty database with a platform of 50,000 users;
//! - `lists NAME=ADDRESS…` times the lists of services that run on such databases;
//! - `export ADDRESS PID FILE…` exports a million entries from one, and watches its memory.

use std::{
    env, error, fs,
    io::{self, Write},
};

mod client;
mod export;
mod lists;
mod measure;
mod people;
mod platform;
mod platform_log;
mod random;
mod seed;
mod speed;

type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["seed", url] => seed::seed(&url.parse()?),
        ["static", file] => speed::serve_static(fs::read(file)?),
        ["pgbench", url] => print(&speed::pgbench_script(&url.parse()?)?),
        ["ratios"] => print(&speed::ratios(io::stdin().lock())?),
        ["seed-platform", url] => platform::seed(&url.parse()?),
        ["lists", ref services @ ..] if !services.is_empty() => measure::lists(services),
        ["export", name, address, pid] => export::run(name, address, pid.parse()?),
        _ => Err("see the head of benches/main.rs for what there is".into()),
    }
}

fn print(text: &str) -> Result<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}
