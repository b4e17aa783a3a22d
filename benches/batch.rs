//! B: `/activity/batch`, beside COPY of such rows into the same table, and beside a loop of a
//! prepared INSERT on SQLite.

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
    Result,
    load::Sample,
    plain_loop,
    random::{BEGIN, Random},
    results::{Figure, Results},
    rounds::{Runner, Turn, in_turn},
    seed::{self, ADMINISTRATOR, USERS, entry_row, user_row},
    suite::{Bench, Engine, Place},
};

/// How many items a request has, and a transaction of the loop.
const ITEMS: usize = 1_000;
/// How many rows one COPY has: more of them make it no faster.
const COPIED: usize = 20_000;
/// Rows a second that are enough on SQLite, whatever the loop does.
const MANY: f64 = 100_000.0;

/// Makes entries of another system, of random users, each with an id that was never there.
struct Sender {
    random: Random,
    users: Vec<UserRow>,
    made: u64,
    /// What the ids of this run begin with.
    run: u128,
}

impl Sender {
    fn new() -> Result<Self> {
        let run = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
        let users = (0..=ADMINISTRATOR).map(user_row).collect::<Result<_>>()?;
        Ok(Self { random: Random(u64::try_from(run)?), users, made: 0, run })
    }

    /// Such rows as the service makes of [`items`].
    fn rows(&mut self, count: usize) -> Vec<EntryRow> {
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            let user = &self.users[self.random.below(USERS) as usize];
            // Within what the log has already, as entries of other systems are.
            let at = BEGIN + self.random.below(63_072_000_000);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            let by = &self.users[ADMINISTRATOR as usize];
            let mut row = entry_row(&mut self.random, user, by, at);
            if row.action == Action::Note {
                continue;
            }
            self.made += 1;
            // The service gives ids in order of when it writes.
            row.id = self.random.id(u64::try_from(now).unwrap_or(at));
            row.recorded_at = crate::random::time(u64::try_from(now).unwrap_or(at));
            row.source = Source::Api;
            row.external_id = Some(format!("bench:{}:{}", self.run, self.made));
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

/// Measures batches on one connection: what is timed is the request and its answer, not making it.
pub fn measure(bench: &Bench, results: &mut Results) -> Result<()> {
    let services = bench.services()?;
    let mut runners = Vec::new();
    for (place, service) in bench.places.iter().zip(&services) {
        let mut source = Sender::new()?;
        runners.push(Runner::new(format!("B: {}", place.name()), move |turn| {
            let mut client = service.client()?;
            let mut body = source.items()?;
            repeat(turn, ITEMS, || {
                let begun = Instant::now();
                let answer = client.send("POST", "/activity/batch", &body)?;
                let took = begun.elapsed();
                let created = String::from_utf8(answer)?.matches("\"created\"").count();
                if created != ITEMS {
                    return Err(format!("{created} of {ITEMS} were created").into());
                }
                body = source.items()?;
                Ok(took)
            })
        }));
        let mut source = Sender::new()?;
        let (limit, mut insert) = (limit_of(place), inserts(place)?);
        runners.push(Runner::new(format!("B: {limit}, {}", place.name()), move |turn| {
            let count = if place.engine == Engine::Sqlite { ITEMS } else { COPIED };
            repeat(turn, count, || {
                let rows = source.rows(count);
                let begun = Instant::now();
                insert(&rows)?;
                Ok(begun.elapsed())
            })
        }));
    }
    let series = in_turn(bench.settings.rounds, bench.settings.seconds, runners)?;
    for (place, both) in bench.places.iter().zip(series.chunks(2)) {
        let (what, on) = ("batches of 1,000, one connection", place.engine.name());
        let limit = limit_of(place);
        let figure = Figure::of("B", what, on, "rows/s", &both[0]).entries(place.entries);
        let figure = figure.limit(limit, &both[1]);
        // SQLite has one of two aims to reach: what is short of the second is held to the first.
        if place.engine == Engine::Sqlite && figure.value >= MANY {
            let what = format!("B: rows a second, {}", place.name());
            results.aim(what, figure.value, false, MANY, "rows/s");
            results.figures.push(figure);
        } else {
            results.add_with_aim(figure, 0.5);
        }
        let figure = Figure::of("B", "such rows", limit, "rows/s", &both[1]);
        results.figures.push(figure.entries(place.entries));
    }
    results.memories("the load of B", &bench.places, &services)
}

fn limit_of(place: &Place) -> &'static str {
    match place.engine {
        Engine::Sqlite => "INSERT loop",
        Engine::Postgres => "COPY",
    }
}

/// Does something again until it took as long as the turn has; the rows a second.
fn repeat(turn: Turn, rows: usize, mut once: impl FnMut() -> Result<Duration>) -> Result<Sample> {
    let (mut count, mut took, mut each) = (0, Duration::ZERO, Vec::new());
    while took.as_secs() < turn.seconds {
        let time = once()?;
        each.push(time.as_secs_f64() * 1e3);
        took += time;
        count += rows;
    }
    each.sort_by(f64::total_cmp);
    let at = |share: f64| each.get((each.len() as f64 * share) as usize).copied();
    let rate = count as f64 / took.as_secs_f64();
    Ok(Sample { rate, p50: at(0.5), p99: at(0.99), refused: 0 })
}

type Insert = Box<dyn FnMut(&[EntryRow]) -> Result<()>>;

/// The quickest way that a database has for rows.
fn inserts(place: &Place) -> Result<Insert> {
    if place.engine == Engine::Sqlite {
        let mut conn = plain_loop::open(&place.url)?;
        return Ok(Box::new(move |rows| plain_loop::insert(&mut conn, rows)));
    }
    let mut conn = place.open()?;
    Ok(Box::new(move |rows| seed::insert(&mut conn, &[], rows)))
}
