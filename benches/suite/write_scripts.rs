//! Scripts for pgbench that write the same rows as the service.

use std::{fs, path::PathBuf};

use serde_json::{Map, Value};

use crate::{
    data::{
        ids::{FIRST_SUFFIX, enrollment_id, user_id},
        users::USERS,
    },
    error::Result,
    measure::{
        service::Service,
        statements::{USER_ID, set_random_user},
    },
    suite::bench::{Bench, Database},
};

/// The user whose note is the example.
const SAMPLE_USER: u64 = 12_345;
/// The body of the request that adds a note, the same as in `benches/requests.lua`.
const NOTE: &str = r#"{"notes":"The due date was extended for maternity leave, as agreed with the supervisor by e-mail."}"#;

/// A new UUIDv7, as the service makes them: so the index of ids grows at its end for pgbench too.
const NEW_ID: &str = "CAST(encode(overlay(overlay(uuid_send(gen_random_uuid()) PLACING \
     substring(int8send(CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)) FROM 3) \
     FROM 1 FOR 6) PLACING '\\x70'::bytea FROM 7 FOR 1), 'hex') AS uuid)";

/// Has the service write a note, and writes the script that inserts its row.
pub fn write_note_script(bench: &Bench, service: &Service, database: &Database) -> Result<PathBuf> {
    let user = user_id(SAMPLE_USER)?;
    let response = service.client()?.send("POST", &format!("/users/{user}/activity"), NOTE)?;
    let response: Value = serde_json::from_slice(&response)?;
    let id = response["id"].as_str().ok_or("a note without id")?;
    let rows = read_rows(bench, database, &format!("id = '{id}'"))?;
    let [row] = &rows[..] else { return Err("a note is not one row".into()) };
    write_script(bench, database, "note", set_random_user() + &insert_statement(row))
}

/// Has the service complete the enrollment `number`, and writes the script that does the same in one
/// transaction: it updates one of the first `used` enrollments, and inserts the three entries.
pub fn write_completion_script(
    bench: &Bench,
    service: &Service,
    database: &Database,
    number: u64,
    used: u64,
) -> Result<PathBuf> {
    let (user, id) = (user_id(number % USERS)?, enrollment_id(number)?);
    let path = format!("/enrollments/{id}/completion");
    service.client()?.send("PUT", &path, r#"{"method":"earned"}"#)?;
    let newest = format!("(SELECT max(recorded_at) FROM entries WHERE user_id = '{user}')");
    let rows =
        read_rows(bench, database, &format!("user_id = '{user}' AND recorded_at = {newest}"))?;
    if rows.len() != 3 {
        return Err(format!("a completion has three entries, not {}", rows.len()).into());
    }
    let mut script = set_random_user();
    // Enrollments of the warm-up only: one that pgbench completes costs the service less.
    script += &format!("\\set number random({FIRST_SUFFIX}, {})\n", FIRST_SUFFIX + used - 1);
    script += "BEGIN;\nUPDATE enrollments SET version = version + 1, status = 'completed', \
               completed_at = now(), completion_method = 'earned' WHERE id = \
               CAST('019001e9-5c00-7000-8001-' || CAST(:number AS text) AS uuid);\n";
    for row in &rows {
        script += &insert_statement(row);
    }
    write_script(bench, database, "completion", script + "COMMIT;\n")
}

fn write_script(bench: &Bench, database: &Database, name: &str, script: String) -> Result<PathBuf> {
    let file = bench.settings.folder.join(format!("{name}-{}.sql", database.entries));
    fs::write(&file, script)?;
    Ok(file)
}

/// The rows of the entries that meet a condition, in the order of their ids.
fn read_rows(
    bench: &Bench,
    database: &Database,
    condition: &str,
) -> Result<Vec<Map<String, Value>>> {
    let select = format!("SELECT row_to_json(e) FROM entries e WHERE {condition} ORDER BY id");
    let lines = bench.server.psql(&database.name, &[&select])?;
    Ok(lines.lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>()?)
}

/// The statement that inserts a row again, for a random user, at the present time and with a new id.
fn insert_statement(row: &Map<String, Value>) -> String {
    let value = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("user_id", _) => USER_ID.to_owned(),
        ("id", _) => NEW_ID.to_owned(),
        ("occurred_at" | "recorded_at", _) => "now()".to_owned(),
        (_, Value::Null) => "NULL".to_owned(),
        // pgbench reads a colon as the start of a variable, in a text too.
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
