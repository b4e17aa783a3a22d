//! Fills the databases of a run, and removes them.

use std::{env, fs, process::Command, time::Instant};

use crate::{
    error::Result,
    measure::postgres::run_command,
    output::print,
    report::numbers::short_count,
    suite::bench::{Bench, Database, Engine},
};

/// More completions a second than any database reaches.
const COMPLETIONS_PER_SECOND: u64 = 10_000;

/// Fills the databases of each size, except those that an earlier run kept.
pub fn fill_databases(bench: &mut Bench) -> Result<()> {
    let settings = &bench.settings;
    let enrollments = COMPLETIONS_PER_SECOND * settings.seconds * (settings.rounds as u64 + 1);
    for entries in settings.sizes.clone() {
        let name = format!("bench_{entries}");
        fill_sqlite(bench, &name, entries, enrollments)?;
        fill_postgres(bench, &name, entries, enrollments)?;
    }
    Ok(())
}

fn fill_sqlite(bench: &mut Bench, name: &str, entries: u64, enrollments: u64) -> Result<()> {
    let file = |name: &str| bench.settings.folder.join(format!("{name}.db"));
    let url = |name: &str| format!("sqlite://{}", file(name).display());
    if !bench.settings.keep || !file(name).exists() {
        // Under another name until it is full, so that an interrupted run leaves no half of one.
        let partial = format!("{name}_part");
        remove_sqlite(bench, name);
        remove_sqlite(bench, &partial);
        seed_in_process(Engine::Sqlite, &url(&partial), entries, enrollments)?;
        fs::rename(file(&partial), file(name))?;
        remove_sqlite(bench, &partial);
    }
    let (engine, url, name) = (Engine::Sqlite, url(name), name.to_owned());
    bench.databases.push(Database { engine, entries, name, url });
    Ok(())
}

fn fill_postgres(bench: &mut Bench, name: &str, entries: u64, enrollments: u64) -> Result<()> {
    let server = &bench.server;
    if server.psql(name, &["SELECT 1"]).is_err() {
        let partial = format!("{name}_part");
        let drop = format!("DROP DATABASE IF EXISTS {partial}");
        server.psql("postgres", &[&drop, &format!("CREATE DATABASE {partial}")])?;
        seed_in_process(Engine::Postgres, &server.url(&partial), entries, enrollments)?;
        server.psql("postgres", &[&format!("ALTER DATABASE {partial} RENAME TO {name}")])?;
    }
    let (engine, url, name) = (Engine::Postgres, server.url(name), name.to_owned());
    bench.databases.push(Database { engine, entries, name, url });
    Ok(())
}

/// Fills a database in another process, whose caches of gigabytes are free again before a part runs.
fn seed_in_process(engine: Engine, url: &str, entries: u64, enrollments: u64) -> Result<()> {
    let begun = Instant::now();
    let numbers = [entries.to_string(), enrollments.to_string()];
    run_command(Command::new(env::current_exe()?).args(["seed", url]).args(numbers))?;
    let (name, size) = (engine.name(), short_count(entries));
    print(&format!("{name}, {size}: filled in {:.0?}\n", begun.elapsed()))
}

/// Removes the files of a SQLite database, where they exist.
pub fn remove_sqlite(bench: &Bench, name: &str) {
    for extension in ["db", "db-wal", "db-shm", "db-journal"] {
        let _ = fs::remove_file(bench.settings.folder.join(format!("{name}.{extension}")));
    }
}
