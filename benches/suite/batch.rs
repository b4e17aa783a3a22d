//! B: `/activity/batch`, beside COPY of the same rows on PostgreSQL, and a loop of a prepared INSERT on
//! SQLite.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use daybook::{
    domain::{
        entry::{Action, Source},
        text::fold,
    },
    journal::entry::row::EntryRow,
    store::users::UserRow,
};
use serde_json::json;

use crate::{
    data::{
        entries::entry_row,
        insert::insert,
        random::{FIRST_MILLIS, Random, timestamp},
        seed::SPAN_MILLIS,
        users::{ADMINISTRATOR, USERS, user_row},
    },
    error::Result,
    measure::{
        insert_loop,
        rounds::{Measurement, Round, run_rounds},
        samples::{Sample, percentile},
    },
    report::figures::{Figure, Results},
    suite::{
        bench::{Bench, Database, Engine},
        memory::add_memory,
    },
};

/// How many items a request has, and how many rows a transaction of the loop.
const ITEMS: usize = 1_000;
/// How many rows one COPY has: more do not make it faster.
const COPY_ROWS: usize = 20_000;
/// A rate in rows a second that is enough on SQLite, whatever the rate of the loop.
const ENOUGH: f64 = 100_000.0;

/// Makes entries of another system, for random users, each with a new external id.
struct Sender {
    random: Random,
    users: Vec<UserRow>,
    count: u64,
    /// A part of the external ids that no earlier run had.
    run: u128,
}

impl Sender {
    fn new() -> Result<Self> {
        let run = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
        let users = (0..=ADMINISTRATOR).map(user_row).collect::<Result<_>>()?;
        Ok(Self { random: Random(u64::try_from(run)?), users, count: 0, run })
    }

    /// The rows that the service would make from as many items.
    fn rows(&mut self, count: usize) -> Vec<EntryRow> {
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            let user = &self.users[self.random.below(USERS) as usize];
            // A time within those of the log, as entries of other systems have.
            let millis = FIRST_MILLIS + self.random.below(SPAN_MILLIS);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            let now = u64::try_from(now).unwrap_or(millis);
            let by = &self.users[ADMINISTRATOR as usize];
            let mut row = entry_row(&mut self.random, user, by, millis);
            if row.action == Action::Note {
                continue;
            }
            self.count += 1;
            // The ids of the service are in the order of its writes.
            row.id = self.random.id(now);
            row.recorded_at = timestamp(now);
            row.source = Source::Api;
            row.external_id = Some(format!("bench:{}:{}", self.run, self.count));
            row.search_key = fold(row.description.as_deref().unwrap_or_default());
            rows.push(row);
        }
        rows
    }

    /// The body of a request.
    fn items(&mut self) -> Result<String> {
        let item = |row: &EntryRow| -> Result<serde_json::Value> {
            let changes: serde_json::Value =
                serde_json::from_str(row.changes.as_deref().unwrap_or("[]"))?;
            Ok(json!({
                "user": {"id": row.user_id},
                "action": row.action,
                "occurred_at": row.occurred_at,
                "external_id": row.external_id,
                "description": row.description,
                "target": {"type": row.target_type, "id": row.target_id, "name": row.target_name},
                "changes": changes,
            }))
        };
        let rows = self.rows(ITEMS);
        let items = rows.iter().map(item).collect::<Result<Vec<_>>>()?;
        Ok(json!({ "items": items }).to_string())
    }
}

/// Measures batches on one connection, from the request to its response, without making the request.
pub fn measure(bench: &Bench, results: &mut Results) -> Result<()> {
    let services = bench.services()?;
    let mut measurements = Vec::new();
    for (database, service) in bench.databases.iter().zip(&services) {
        let mut sender = Sender::new()?;
        measurements.push(Measurement::new(format!("B: {}", database.label()), move |round| {
            let mut client = service.client()?;
            let mut body = sender.items()?;
            repeat(round, ITEMS, || {
                let begun = Instant::now();
                let response = client.send("POST", "/activity/batch", &body)?;
                let elapsed = begun.elapsed();
                let created = String::from_utf8(response)?.matches("\"created\"").count();
                if created != ITEMS {
                    return Err(format!("{created} of {ITEMS} were created").into());
                }
                body = sender.items()?;
                Ok(elapsed)
            })
        }));
        let mut sender = Sender::new()?;
        let (limit, mut insert_rows) = (limit_name(database), fastest_insert(database)?);
        measurements.push(Measurement::new(
            format!("B: {limit}, {}", database.label()),
            move |round| {
                let count = if database.engine == Engine::Sqlite { ITEMS } else { COPY_ROWS };
                repeat(round, count, || {
                    let rows = sender.rows(count);
                    let begun = Instant::now();
                    insert_rows(&rows)?;
                    Ok(begun.elapsed())
                })
            },
        ));
    }
    let samples = run_rounds(bench.settings.rounds, bench.settings.seconds, measurements)?;
    for (database, both) in bench.databases.iter().zip(samples.chunks(2)) {
        let (what, on) = ("batches of 1,000, one connection", database.engine.name());
        let limit = limit_name(database);
        let figure = Figure::new("B", what, on, "rows/s", &both[0]).entries(database.entries);
        let figure = figure.limit(limit, &both[1]);
        // On SQLite one of two aims is enough: half of the loop, or the rate.
        if database.engine == Engine::Sqlite && figure.value >= ENOUGH {
            let what = format!("B: rows a second, {}", database.label());
            results.add_aim(what, figure.value, false, ENOUGH, "rows/s");
            results.figures.push(figure);
        } else {
            results.add_with_aim(figure, 0.5);
        }
        let figure = Figure::new("B", "the same rows", limit, "rows/s", &both[1]);
        results.figures.push(figure.entries(database.entries));
    }
    add_memory(results, "the load of B", &bench.databases, &services)
}

fn limit_name(database: &Database) -> &'static str {
    match database.engine {
        Engine::Sqlite => "INSERT loop",
        Engine::Postgres => "COPY",
    }
}

/// Repeats work that returns its time, until the sum is the time of the round. A run writes `rows`
/// rows.
fn repeat(round: Round, rows: usize, mut once: impl FnMut() -> Result<Duration>) -> Result<Sample> {
    let (mut count, mut total, mut millis) = (0, Duration::ZERO, Vec::new());
    while total.as_secs() < round.seconds {
        let time = once()?;
        millis.push(time.as_secs_f64() * 1e3);
        total += time;
        count += rows;
    }
    millis.sort_by(f64::total_cmp);
    let (p50, p99) = (percentile(&millis, 0.5), percentile(&millis, 0.99));
    let rate = count as f64 / total.as_secs_f64();
    Ok(Sample { rate, p50, p99, refused: 0 })
}

type Insert = Box<dyn FnMut(&[EntryRow]) -> Result<()>>;

/// The fastest way to insert rows into a database.
fn fastest_insert(database: &Database) -> Result<Insert> {
    if database.engine == Engine::Sqlite {
        let mut conn = insert_loop::open(&database.url)?;
        return Ok(Box::new(move |rows| insert_loop::insert(&mut conn, rows)));
    }
    let mut conn = database.open()?;
    Ok(Box::new(move |rows| insert(&mut conn, &[], rows)))
}
