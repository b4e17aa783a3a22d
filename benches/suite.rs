//! One run of `make bench`: the databases, then the parts in their order, then the results.

use std::{env, fs, process::Command, time::Instant};

use daybook::{
    config::database_url::DatabaseUrl,
    db::connection::{AnyConnection, open_writer},
};

use diesel::connection::SimpleConnection;

use crate::{
    Result, batch, exports, login,
    postgres::{Postgres, run as run_command},
    print, reads, report,
    results::{Results, short},
    scale, seed,
    service::Service,
    settings::Settings,
    starts, writes,
};

/// The two kinds of database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A database that is measured on.
pub struct Place {
    pub engine: Engine,
    /// How many entries it was filled with, but for the long log.
    pub entries: u64,
    /// The name of the database, or of the file without its ending.
    pub database: String,
    /// How the service reaches it.
    pub url: String,
}

impl Place {
    /// `SQLite, 1 M`
    pub fn name(&self) -> String {
        format!("{}, {}", self.engine.name(), short(self.entries))
    }

    /// Reads the whole log once, so that it lies in the system's cache, as far as that goes: what is
    /// compared is databases in use, and not how fast a disk is.
    pub fn warm(&self) -> Result<()> {
        // The last column of a row is behind all others of it.
        let scan = "SELECT count(*) FROM entries WHERE length(search_key) < 0";
        Ok(match &mut self.open()? {
            conn @ AnyConnection::Sqlite(_) => conn.batch_execute(scan),
            conn @ AnyConnection::Postgres(_) => conn.batch_execute(&format!(
                "SET max_parallel_workers_per_gather = 0; {scan}; SET enable_seqscan = off; \
                 SELECT count(*) FROM (SELECT user_id FROM entries \
                 ORDER BY user_id, occurred_at, id) AS log"
            )),
        }?)
    }

    /// A connection of the benchmark's own.
    pub fn open(&self) -> Result<AnyConnection> {
        let url: DatabaseUrl = self.url.parse()?;
        Ok(open_writer(&url).map_err(|error| error.to_string())?)
    }
}

/// What all parts use.
pub struct Bench {
    pub settings: Settings,
    pub server: Postgres,
    /// The smallest size first, of each SQLite first.
    pub places: Vec<Place>,
}

impl Bench {
    /// Starts a service on each database: of each part its own, so that its memory is the part's.
    pub fn services(&self) -> Result<Vec<Service>> {
        self.places.iter().map(|place| self.service(place)).collect()
    }

    /// Starts a service on a database.
    pub fn service(&self, place: &Place) -> Result<Service> {
        Service::start(&place.url, &self.settings.folder)
    }

    /// The smallest databases.
    pub fn small(&self) -> Vec<&Place> {
        let smallest = self.settings.ends().0;
        self.places.iter().filter(|it| it.entries == smallest).collect()
    }

    /// Where PostgreSQL has a size.
    pub fn postgres(&self, entries: u64) -> Result<usize> {
        let at = |it: &Place| it.engine == Engine::Postgres && it.entries == entries;
        Ok(self.places.iter().position(at).ok_or("no such database")?)
    }
}

/// Measures everything that the environment asks for, and writes what came of it.
pub fn run() -> Result<()> {
    let begun = Instant::now();
    let settings = Settings::from_env()?;
    fs::create_dir_all(&settings.folder)?;
    let server = Postgres::start(&settings.folder.join("postgres"), settings.keep)?;
    let mut bench = Bench { settings, server, places: Vec::new() };
    let mut results = Results::default();
    let ended = fill(&mut bench).and_then(|()| measure(&bench, &mut results, begun));
    if !bench.settings.keep {
        for place in bench.places.iter().filter(|it| it.engine == Engine::Sqlite) {
            remove(&bench, &place.database);
        }
    }
    ended
}

type Measure = fn(&Bench, &mut Results) -> Result<()>;

/// Measures one part after another. What was measured is written after each; one that fails
/// does not keep those after it from being measured.
fn measure(bench: &Bench, results: &mut Results, begun: Instant) -> Result<()> {
    let all: &[(&str, Measure)] = &[
        ("START", starts::measure),
        ("R", reads::pages),
        ("F", reads::filters),
        ("G", reads::all_logs),
        ("L", login::measure),
        ("X", exports::measure),
        ("S", scale::reads),
        // These add to the databases, so they come last.
        ("W", writes::notes),
        ("C", writes::completions),
        ("B", batch::measure),
        ("S", scale::writes),
    ];
    // Asked before the results are written, which are committed too.
    let commit = said("git", &["describe", "--always", "--dirty"]).unwrap_or_default();
    let mut failed = Vec::new();
    for (part, measure) in all.iter().filter(|it| bench.settings.has(it.0)) {
        print(&format!("{part}, after {:.1} minutes\n", begun.elapsed().as_secs_f64() / 60.0))?;
        if let Err(error) = measure(bench, results) {
            print(&format!("{part} FAILED: {error}\n"))?;
            failed.push(format!("{part}: {error}"));
        }
        results.about = about(&bench.settings, begun, &commit, &failed)?;
        results.write(&bench.settings.results)?;
    }
    report::write(results, &bench.settings.results)?;
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}

/// Fills the databases of each size, unless they were kept.
fn fill(bench: &mut Bench) -> Result<()> {
    let Settings { seconds, rounds, ref sizes, ref folder, keep, .. } = bench.settings;
    // As many as could be completed, at ten thousand a second.
    let enrollments = 10_000 * seconds * (rounds as u64 + 1);
    for entries in sizes.clone() {
        let file = format!("bench_{entries}");
        let at = |name: &str| folder.join(format!("{name}.db"));
        let unfinished = format!("{file}_part");
        let url = format!("sqlite://{}", at(&file).display());
        if !keep || !at(&file).exists() {
            remove(bench, &file);
            remove(bench, &unfinished);
            let part = format!("sqlite://{}", at(&unfinished).display());
            seeded(&format!("SQLite, {}", short(entries)), &part, entries, enrollments)?;
            fs::rename(at(&unfinished), at(&file))?;
            remove(bench, &unfinished);
        }
        let engine = Engine::Sqlite;
        bench.places.push(Place { engine, entries, database: file.clone(), url });

        let url = bench.server.url(&file);
        if bench.server.psql(&file, &["SELECT 1"]).is_err() {
            let drop = format!("DROP DATABASE IF EXISTS {unfinished}");
            bench.server.psql("postgres", &[&drop, &format!("CREATE DATABASE {unfinished}")])?;
            let part = bench.server.url(&unfinished);
            seeded(&format!("PostgreSQL, {}", short(entries)), &part, entries, enrollments)?;
            let rename = format!("ALTER DATABASE {unfinished} RENAME TO {file}");
            bench.server.psql("postgres", &[&rename])?;
        }
        bench.places.push(Place { engine: Engine::Postgres, entries, database: file, url });
    }
    Ok(())
}

/// Fills a database in a process of its own: the gigabytes of its cache are not to be missing while
/// something is measured.
fn seeded(name: &str, url: &str, entries: u64, enrollments: u64) -> Result<()> {
    let begun = Instant::now();
    let numbers = [entries.to_string(), enrollments.to_string()];
    run_command(Command::new(env::current_exe()?).args(["seed", url]).args(numbers))?;
    print(&format!("{name}: filled in {:.0?}\n", begun.elapsed()))
}

fn remove(bench: &Bench, file: &str) {
    for end in ["db", "db-wal", "db-shm", "db-journal"] {
        let _ = fs::remove_file(bench.settings.folder.join(format!("{file}.{end}")));
    }
}

/// What a program says.
fn said(program: &str, args: &[&str]) -> Result<String> {
    let out = run_command(Command::new(program).args(args))?.stdout;
    Ok(String::from_utf8_lossy(&out).trim().to_owned())
}

/// The head of the table.
fn about(
    settings: &Settings,
    begun: Instant,
    commit: &str,
    failed: &[String],
) -> Result<Vec<String>> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let cpu = cpu.map_or("unknown", |it| it.trim_start_matches(['\t', ' ', ':']));
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib: f64 = memory.split_whitespace().nth(1).unwrap_or("0").parse()?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').nth(2).unwrap_or_default();
    let sizes: Vec<String> = settings.sizes.iter().map(|it| short(*it)).collect();
    let mut about = vec![
        format!("{} UTC, commit {commit}", said("date", &["-u", "+%Y-%m-%d %H:%M"])?),
        format!("{cpu}, {cores} cores, {:.0} GB; load average {load} at the end", kib / 1e6),
        format!(
            "{} entries of {} users; {} rounds of {} s, in turn; medians; {:.0} minutes in all",
            sizes.join(" and "),
            seed::USERS,
            settings.rounds,
            settings.seconds,
            begun.elapsed().as_secs_f64() / 60.0
        ),
    ];
    about.extend(failed.iter().map(|it| format!("**failed**: {}", it.replace('\n', " "))));
    Ok(about)
}
