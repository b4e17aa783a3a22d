//! The yardsticks of the newest page of a log, and what the rounds came to.

use std::{
    collections::BTreeMap,
    io::BufRead,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{App, HttpResponse, HttpServer, web};
use daybook::{
    config::DatabaseUrl,
    db::{AnyConnection, connection::open_reader, lean::with_reader},
    store::{entries::EntryFilter, page::Window, timeline},
};
use diesel::connection::{Connection, InstrumentationEvent};

use crate::{
    Result, print,
    random::{USER_FIRST, user_id},
    seed::USERS,
};

/// The yardstick: what actix, the loopback and the load generator leave to be had.
pub fn serve_static(body: Vec<u8>) -> Result<()> {
    let body = web::Bytes::from(body);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    print(&format!("listening on http://{}\n", listener.local_addr()?))?;
    // As many threads as the service takes by default.
    let workers = std::thread::available_parallelism()?;
    let answer = move || {
        let body = body.clone();
        async move { HttpResponse::Ok().content_type("application/json").body(body) }
    };
    let app = move || App::new().default_service(web::to(answer.clone()));
    let server = HttpServer::new(app).workers(workers.get()).listen(listener)?;
    Ok(actix_web::rt::System::new().block_on(server.run())?)
}

/// The statement that the service reads a first page of 50 with, as diesel sends it, for a random
/// user.
pub fn pgbench_script(url: &DatabaseUrl) -> Result<String> {
    const USER: &str = "CAST('019001e9-5c00-7000-8000-' || CAST(:user AS text) AS uuid)";
    let mut conn = open_reader(url).map_err(|error| error.to_string())?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let heard = seen.clone();
    if let AnyConnection::Postgres(conn) = &mut conn {
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(query.to_string());
            }
        });
    }
    let window = Window { after: None, limit: 50 };
    let (user, filter) = (user_id(0)?, EntryFilter::default());
    with_reader(url, &mut conn, |reader| {
        timeline::page(reader, user, &filter, &window, &mut |_| {})
    })
    .map_err(|error| error.to_string())?;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let [statement] = &seen[..] else { return Err("a page is not one statement".into()) };
    let (sql, binds) = statement.split_once("-- binds:").ok_or("a statement without binds")?;
    let user = user_id(0)?;
    if binds.trim() != format!("[{user}, 1, {user}, 51]") {
        return Err(format!("not the binds that are put in here: {binds}").into());
    }
    let mut sql = sql.trim().to_owned();
    for (bind, value) in [("$1", USER), ("$2", ":one"), ("$3", USER), ("$4", ":fetch")] {
        sql = sql.replace(bind, value);
    }
    let last = USER_FIRST + USERS - 1;
    let set = format!("\\set user random({USER_FIRST}, {last})\n\\set one 1\n\\set fetch 51\n");
    Ok(format!("{set}{sql};\n"))
}

/// The value in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The ratios first, then what they are made of; all of them medians of the rounds.
pub fn ratios(input: impl BufRead) -> Result<String> {
    let mut rounds: BTreeMap<String, [Vec<f64>; 3]> = BTreeMap::new();
    for line in input.lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let name = words.next().ok_or("an empty line")?.to_owned();
        let of_name = rounds.entry(name).or_default();
        for (values, word) in of_name.iter_mut().zip(words.skip(1)) {
            values.push(word.parse().unwrap_or(f64::NAN));
        }
    }
    let rate = |name: &str| rounds.get(name).map_or(f64::NAN, |values| median(&values[0]));
    let mut text = String::from("\n| ratio | |\n|---|---|\n");
    for (name, of, to) in [
        ("SQLite / static body (R/H)", "sqlite", "static"),
        ("PostgreSQL / pgbench (R/P)", "postgres", "pgbench"),
    ] {
        text += &format!("| {name} | {:.3} |\n", rate(of) / rate(to));
    }
    text += "\n| | requests/s | p50 ms | p99 ms | rounds |\n|---|---|---|---|---|\n";
    for (name, [rates, p50, p99]) in &rounds {
        let each: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
        let (rate, p50, p99) = (median(rates), median(p50), median(p99));
        text += &format!("| {name} | {rate:.0} | {p50:.2} | {p99:.2} | {} |\n", each.join(", "));
    }
    Ok(text)
}
