//! Scripts for pgbench with the service's own statements, read from the log of PostgreSQL.

use std::{fs, path::Path, thread, time::Duration};

use crate::{
    data::{
        ids::{FIRST_SUFFIX, user_id},
        users::USERS,
    },
    error::Result,
    measure::{postgres::Postgres, service::Service},
};

/// The user whose id in the statements becomes a random one.
const SAMPLE_USER: u64 = 12_345;
/// The id of the user whose number is pgbench's variable `user`.
pub const USER_ID: &str = "CAST('019001e9-5c00-7000-8000-' || CAST(:user AS text) AS uuid)";

/// The line of a script that sets the variable `user` to a random user.
pub fn set_random_user() -> String {
    format!("\\set user random({FIRST_SUFFIX}, {})\n", USERS + FIRST_SUFFIX - 1)
}

/// For each path, writes a script with the SELECTs on entries that the service runs for it. `{user}`
/// in a path is a random user.
pub fn write_read_scripts(
    server: &Postgres,
    database: &str,
    paths: &[(&str, &Path)],
    folder: &Path,
) -> Result<()> {
    let log_all = format!("ALTER DATABASE {database} SET log_statement = 'all'");
    server.psql("postgres", &[&log_all])?;
    let written = write_scripts(server, database, paths, folder);
    server.psql("postgres", &[&format!("ALTER DATABASE {database} RESET log_statement")])?;
    written
}

fn write_scripts(
    server: &Postgres,
    database: &str,
    paths: &[(&str, &Path)],
    folder: &Path,
) -> Result<()> {
    let service = Service::start(&server.url(database), folder)?;
    let mut client = service.client()?;
    let sample_user = user_id(SAMPLE_USER)?.to_string();
    for (path, script) in paths {
        let path = path.replace("{user}", &sample_user);
        // The first request may run statements that each connection runs once.
        client.get(&path)?;
        thread::sleep(Duration::from_millis(100));
        let before = fs::metadata(server.log())?.len();
        client.get(&path)?;
        thread::sleep(Duration::from_millis(100));
        let log = fs::read(server.log())?;
        let lines = String::from_utf8_lossy(&log[usize::try_from(before)?..]).into_owned();
        let statements = selects_on_entries(&lines);
        if statements.is_empty() {
            return Err(format!("no statement on entries for {path} in:\n{lines}").into());
        }
        let mut text = set_random_user();
        for statement in statements {
            text += &statement.replace(&format!("'{sample_user}'"), USER_ID);
            text += ";\n";
        }
        fs::write(script, text)?;
    }
    Ok(())
}

/// The SELECTs on entries in a log, with the values of their parameters.
fn selects_on_entries(log: &str) -> Vec<String> {
    // A tab begins each further line of a statement.
    let log = log.replace("\n\t", " ");
    let mut found: Vec<String> = Vec::new();
    for line in log.lines() {
        if let Some((_, execute)) = line.split_once("LOG:  execute ") {
            let sql = execute.split_once(": ").map_or("", |it| it.1);
            let reads = sql.trim_start().to_ascii_lowercase();
            let reads = reads.starts_with("select") || reads.starts_with("with");
            found.push(if reads && sql.contains("entries") {
                sql.to_owned()
            } else {
                String::new()
            });
        } else if let Some((_, values)) = line.split_once("DETAIL:  parameters: ")
            && let Some(sql) = found.last_mut()
        {
            *sql = with_values(sql, values);
        }
    }
    found.retain(|sql| !sql.is_empty());
    found
}

/// Replaces the parameters of a statement by their values (`$1 = '…', $2 = NULL`).
fn with_values(sql: &str, values: &str) -> String {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    let mut rest = values;
    while let Some((name, after)) = rest.split_once(" = ") {
        // A comma and a dollar sign separate the values.
        let end = after.find(", $").unwrap_or(after.len());
        pairs.push((name, &after[..end]));
        rest = after.get(end + 2..).unwrap_or("");
    }
    // The last first, so that $1 does not match in $10.
    pairs.iter().rev().fold(sql.to_owned(), |sql, (name, value)| sql.replace(name, value))
}
