//! One run of `make bench`: fills the databases, measures the parts in order, and writes the results.

use std::{fs, process::Command, thread, time::Instant};

use crate::{
    data::users::USERS,
    error::Result,
    measure::postgres::{Postgres, run_command},
    output::print,
    report::{figures::Results, markdown, numbers::short_count},
    suite::{
        batch,
        bench::{Bench, Engine},
        databases::{fill_databases, remove_sqlite},
        exports, ledger, login, reads, scale,
        settings::Settings,
        starts, writes,
    },
};

type Measure = fn(&Bench, &mut Results) -> Result<()>;

/// The parts in their order. The last ones add entries to the databases, so they follow the reads.
const PARTS: &[(&str, Measure)] = &[
    ("START", starts::measure),
    ("R", reads::pages),
    ("F", reads::filters),
    ("G", reads::all_logs),
    ("L", login::measure),
    ("L2", ledger::measure),
    ("X", exports::measure),
    ("S", scale::reads),
    ("W", writes::notes),
    ("C", writes::completions),
    ("B", batch::measure),
    ("S", scale::writes),
];

/// Measures everything that the environment asks for, and writes the results.
pub fn run() -> Result<()> {
    let begun = Instant::now();
    let parts: Vec<&str> = PARTS.iter().map(|it| it.0).collect();
    let settings = Settings::from_env(&parts)?;
    fs::create_dir_all(&settings.folder)?;
    let server = Postgres::start(&settings.folder.join("postgres"), settings.keep)?;
    let mut bench = Bench { settings, server, databases: Vec::new() };
    let mut results = Results::default();
    let measured =
        fill_databases(&mut bench).and_then(|()| measure_parts(&bench, &mut results, begun));
    if !bench.settings.keep {
        for database in bench.databases.iter().filter(|it| it.engine == Engine::Sqlite) {
            remove_sqlite(&bench, &database.name);
        }
    }
    measured
}

/// Measures one part after another. It writes the results after each part, and goes on after a part
/// that fails.
fn measure_parts(bench: &Bench, results: &mut Results, begun: Instant) -> Result<()> {
    // Before the results are written: the commit has them too, so they would make it dirty.
    let commit = output_of("git", &["describe", "--always", "--dirty"]).unwrap_or_default();
    let mut failed = Vec::new();
    for (part, measure) in PARTS.iter().filter(|it| bench.settings.has(it.0)) {
        print(&format!("{part}, after {:.1} minutes\n", begun.elapsed().as_secs_f64() / 60.0))?;
        if let Err(error) = measure(bench, results) {
            print(&format!("{part} FAILED: {error}\n"))?;
            failed.push(format!("{part}: {error}"));
        }
        results.heading = heading(&bench.settings, begun, &commit, &failed)?;
        results.write(&bench.settings.results)?;
    }
    markdown::write(results, &bench.settings.results)?;
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}

/// What a program prints.
fn output_of(program: &str, args: &[&str]) -> Result<String> {
    let output = run_command(Command::new(program).args(args))?.stdout;
    Ok(String::from_utf8_lossy(&output).trim().to_owned())
}

/// The lines above the table: when, on which machine and how.
fn heading(
    settings: &Settings,
    begun: Instant,
    commit: &str,
    failed: &[String],
) -> Result<Vec<String>> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let cpu = cpu.map_or("unknown", |it| it.trim_start_matches(['\t', ' ', ':']));
    let cores = thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib: f64 = memory.split_whitespace().nth(1).unwrap_or("0").parse()?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').nth(2).unwrap_or_default();
    let sizes: Vec<String> = settings.sizes.iter().map(|it| short_count(*it)).collect();
    let mut heading = vec![
        format!("{} UTC, commit {commit}", output_of("date", &["-u", "+%Y-%m-%d %H:%M"])?),
        format!("{cpu}, {cores} cores, {:.0} GB; load average {load} at the end", kib / 1e6),
        format!(
            "{} entries of {USERS} users; {} rounds of {} s, in turn; medians; {:.0} minutes in all",
            sizes.join(" and "),
            settings.rounds,
            settings.seconds,
            begun.elapsed().as_secs_f64() / 60.0
        ),
    ];
    heading.extend(failed.iter().map(|it| format!("**failed**: {}", it.replace('\n', " "))));
    Ok(heading)
}
