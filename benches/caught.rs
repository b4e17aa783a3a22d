//! The service's own statements, caught by PostgreSQL's log and not copied, as scripts of pgbench.

use std::{fs, path::Path, thread, time::Duration};

use crate::{
    Result,
    postgres::Postgres,
    random::{USER_FIRST, user_id},
    seed::USERS,
    service::Service,
};

/// The user in whose place a random one is put.
const SOMEBODY: u64 = 12_345;
/// What pgbench makes the id of a random user of.
pub const RANDOM_USER: &str = "CAST('019001e9-5c00-7000-8000-' || CAST(:user AS text) AS uuid)";

/// The line of a script that picks a random user.
pub fn pick_user() -> String {
    format!("\\set user random({USER_FIRST}, {})\n", USERS + USER_FIRST - 1)
}

/// Writes scripts with the statements that the service reads entries with for paths, in which
/// `{user}` is a random user.
pub fn reads(
    server: &Postgres,
    database: &str,
    paths: &[(&str, &Path)],
    folder: &Path,
) -> Result<()> {
    let log_all = format!("ALTER DATABASE {database} SET log_statement = 'all'");
    server.psql("postgres", &[&log_all])?;
    let written = scripts(server, database, paths, folder);
    server.psql("postgres", &[&format!("ALTER DATABASE {database} RESET log_statement")])?;
    written
}

fn scripts(
    server: &Postgres,
    database: &str,
    paths: &[(&str, &Path)],
    folder: &Path,
) -> Result<()> {
    let service = Service::start(&server.url(database), folder)?;
    let mut client = service.client()?;
    let somebody = user_id(SOMEBODY)?.to_string();
    for (path, script) in paths {
        let at = path.replace("{user}", &somebody);
        // The first request may do what is done once for each connection.
        client.get(&at)?;
        thread::sleep(Duration::from_millis(100));
        let before = fs::metadata(server.log())?.len();
        client.get(&at)?;
        thread::sleep(Duration::from_millis(100));
        let log = fs::read(server.log())?;
        let said = String::from_utf8_lossy(&log[usize::try_from(before)?..]).into_owned();
        let statements = statements(&said);
        if statements.is_empty() {
            return Err(format!("no statement on entries for {at} in:\n{said}").into());
        }
        let mut text = pick_user();
        for statement in statements {
            text += &statement.replace(&format!("'{somebody}'"), RANDOM_USER);
            text += ";\n";
        }
        fs::write(script, text)?;
    }
    Ok(())
}

/// The SELECTs on entries of a log, with the values of their parameters.
fn statements(log: &str) -> Vec<String> {
    // The further lines of a statement begin with a tab.
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
            *sql = filled_in(sql, values);
        }
    }
    found.retain(|sql| !sql.is_empty());
    found
}

/// Puts values (`$1 = '…', $2 = NULL`) in the place of parameters.
fn filled_in(sql: &str, values: &str) -> String {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    let mut rest = values;
    while let Some((name, after)) = rest.split_once(" = ") {
        // The next value begins after a comma and a dollar sign.
        let end = after.find(", $").unwrap_or(after.len());
        pairs.push((name, &after[..end]));
        rest = after.get(end + 2..).unwrap_or("");
    }
    // From the last, so that $1 is not found in $10.
    pairs.iter().rev().fold(sql.to_owned(), |sql, (name, value)| sql.replace(name, value))
}
