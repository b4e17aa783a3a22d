//! W and C: durable notes, and enrollments that are completed, beside pgbench inserting the same
//! rows with as many connections.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::{
    Result,
    caught::{RANDOM_USER, pick_user},
    learning,
    load::{Load, pgbench},
    random::{USER_FIRST, enrollment_id, user_id},
    results::{Figure, Results},
    rounds::{Runner, Series, in_turn},
    seed::USERS,
    service::Service,
    suite::{Bench, Engine, Place},
};

const CONNECTIONS: usize = 64;
/// More than wait in the queue (`db::QUEUE`) and are in a commit.
const OVERLOAD: usize = 2_048;
const NOTE: &str = r#"{"notes":"The due date was extended for maternity leave, as agreed with her supervisor by e-mail."}"#;

/// An id of the form that the service gives, of this moment: so the index of ids grows at its end
/// for pgbench as it does for the service.
const NEW_ID: &str = "CAST(encode(overlay(overlay(uuid_send(gen_random_uuid()) PLACING \
     substring(int8send(CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)) FROM 3) \
     FROM 1 FOR 6) PLACING '\\x70'::bytea FROM 7 FOR 1), 'hex') AS uuid)";

/// W: a note in the log of a random user; then the same with more writers than the service takes.
pub fn notes(bench: &Bench, results: &mut Results) -> Result<()> {
    let services = bench.services()?;
    let make = |at: usize| note_script(bench, &services[at], &bench.places[at]);
    let load = Load::of("note", CONNECTIONS);
    let what = "one durable note, 64 connections";
    compare(bench, results, "W", what, make, Some(1.0), |at, turn| {
        let service = &services[at];
        load.run(&service.address, &service.token()?, turn.seconds)
    })?;
    let load = Load { may_be_refused: true, ..Load::of("note", OVERLOAD) };
    let overloaded = bench.places.iter().zip(&services).map(|(place, service)| {
        Runner::new(format!("W: 2,048 connections, {}", place.name()), |turn| {
            load.run(&service.address, &service.token()?, turn.seconds)
        })
    });
    let series = in_turn(bench.settings.rounds, bench.settings.seconds, overloaded.collect())?;
    for (place, series) in bench.places.iter().zip(&series) {
        let what = "one durable note, 2,048 connections (overload)";
        let figure = Figure::of("W-overload", what, place.engine.name(), "requests/s", series);
        results.figures.push(figure.entries(place.entries));
    }
    results.memories("the load of W and its overload", &bench.places, &services)
}

/// C: an enrollment is completed, and with it a certification and a plan are met.
pub fn completions(bench: &Bench, results: &mut Results) -> Result<()> {
    let services = bench.services()?;
    let mut shares = Vec::new();
    for place in &bench.places {
        // The last is for the script.
        let count = learning::reset(&mut place.open()?)?;
        shares.push((count - 1) / (bench.settings.rounds as u64 + 1));
    }
    let make = |at: usize| {
        let last = shares[at] * (bench.settings.rounds as u64 + 1);
        completion_script(bench, &services[at], &bench.places[at], last, shares[at])
    };
    let what = "an enrollment completed: three entries, 64 connections";
    compare(bench, results, "C", what, make, None, |at, turn| {
        let (service, from) = (&services[at], shares[at] * turn.round as u64);
        let numbers = (from, from + shares[at]);
        let load = Load { numbers, ..Load::of("complete", CONNECTIONS) };
        load.run(&service.address, &service.token()?, turn.seconds)
    })
}

/// Measures all services, and pgbench on each PostgreSQL, in turn. SQLite's limit is the same.
fn compare(
    bench: &Bench,
    results: &mut Results,
    measure: &str,
    what: &str,
    script: impl Fn(usize) -> Result<PathBuf>,
    aim: Option<f64>,
    run: impl Fn(usize, crate::rounds::Turn) -> Result<crate::load::Sample>,
) -> Result<()> {
    let (mut runners, mut kinds) = (Vec::new(), Vec::new());
    let run = &run;
    for (at, place) in bench.places.iter().enumerate() {
        kinds.push((at, false));
        runners
            .push(Runner::new(format!("{measure}: {}", place.name()), move |turn| run(at, turn)));
        if place.engine == Engine::Postgres {
            let file = script(at)?;
            kinds.push((at, true));
            runners.push(Runner::new(
                format!("{measure}: pgbench, {}", place.name()),
                move |turn| {
                    pgbench(&bench.server, &place.database, &file, CONNECTIONS, turn.seconds)
                },
            ));
        }
    }
    let series = in_turn(bench.settings.rounds, bench.settings.seconds, runners)?;
    for (&(at, is_limit), one) in kinds.iter().zip(&series) {
        let place = &bench.places[at];
        if is_limit {
            let figure = Figure::of(measure, what, "pgbench", "transactions/s", one);
            results.figures.push(figure.entries(place.entries));
            continue;
        }
        let beside = (bench.postgres(place.entries)?, true);
        let limit = kinds.iter().position(|kind| *kind == beside).map(|it| &series[it]);
        let figure = Figure::of(measure, what, place.engine.name(), "requests/s", one);
        let figure =
            figure.entries(place.entries).limit("pgbench", limit.unwrap_or(&Series::default()));
        match aim {
            Some(aim) => results.add_with_aim(figure, aim),
            None => results.figures.push(figure),
        }
    }
    Ok(())
}

/// The script that inserts the row of a note that the service wrote.
fn note_script(bench: &Bench, service: &Service, place: &Place) -> Result<PathBuf> {
    let user = user_id(12_345)?;
    let answer = service.client()?.send("POST", &format!("/users/{user}/activity"), NOTE)?;
    let answer: Value = serde_json::from_slice(&answer)?;
    let id = answer["id"].as_str().ok_or("a note without id")?;
    let rows = rows(bench, place, &format!("id = '{id}'"))?;
    let [row] = &rows[..] else { return Err("a note is one row".into()) };
    write(bench, place, "note", pick_user() + &insert(row))
}

/// The script that does in one transaction what the service writes for a completion: the
/// enrollment, of the first `taken`, and the entries. `number` is the one that shows what they are.
fn completion_script(
    bench: &Bench,
    service: &Service,
    place: &Place,
    number: u64,
    taken: u64,
) -> Result<PathBuf> {
    let (user, id) = (user_id(number % USERS)?, enrollment_id(number)?);
    let path = format!("/enrollments/{id}/completion");
    service.client()?.send("PUT", &path, r#"{"method":"earned"}"#)?;
    let last = format!("(SELECT max(recorded_at) FROM entries WHERE user_id = '{user}')");
    let rows = rows(bench, place, &format!("user_id = '{user}' AND recorded_at = {last}"))?;
    if rows.len() != 3 {
        return Err(format!("a completion has three entries, not {}", rows.len()).into());
    }
    let mut script = pick_user();
    // Those of the round that does not count: one that pgbench completes would cost the service less.
    script += &format!("\\set number random({USER_FIRST}, {})\n", USER_FIRST + taken - 1);
    script += "BEGIN;\nUPDATE enrollments SET version = version + 1, status = 'completed', \
               completed_at = now(), completion_method = 'earned' WHERE id = \
               CAST('019001e9-5c00-7000-8001-' || CAST(:number AS text) AS uuid);\n";
    for row in &rows {
        script += &insert(row);
    }
    write(bench, place, "completion", script + "COMMIT;\n")
}

fn write(bench: &Bench, place: &Place, name: &str, script: String) -> Result<PathBuf> {
    let file = bench.settings.folder.join(format!("{name}-{}.sql", place.entries));
    std::fs::write(&file, script)?;
    Ok(file)
}

/// Rows of entries, in the order of their ids.
fn rows(bench: &Bench, place: &Place, which: &str) -> Result<Vec<Map<String, Value>>> {
    let select = format!("SELECT row_to_json(e) FROM entries e WHERE {which} ORDER BY id");
    let said = bench.server.psql(&place.database, &[&select])?;
    Ok(said.lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>()?)
}

/// The statement that inserts a row again: of a random user, of now, and with an id of its own.
fn insert(row: &Map<String, Value>) -> String {
    let value = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("user_id", _) => RANDOM_USER.to_owned(),
        ("id", _) => NEW_ID.to_owned(),
        ("occurred_at" | "recorded_at", _) => "now()".to_owned(),
        (_, Value::Null) => "NULL".to_owned(),
        // pgbench takes what follows a colon for a variable, in a text too.
        (_, Value::String(text)) => {
            let text = text.replace('\\', "\\\\").replace('\'', "''").replace(':', "\\x3a");
            format!("E'{text}'")
        }
        (_, other) => other.to_string(),
    };
    let names: Vec<&str> = row.keys().map(String::as_str).collect();
    let values: Vec<String> = row.iter().map(value).collect();
    format!("INSERT INTO entries ({}) VALUES ({});\n", names.join(", "), values.join(", "))
}
