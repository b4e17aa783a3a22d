//! The parts of `make bench` that are best said in Rust; `scripts/bench` puts them together.
//!
//! - `seed URL` fills an empty database with users and a log for each of them;
//! - `static FILE` serves a file from memory, through the same actix;
//! - `pgbench URL` prints the service's own SELECT as a script of pgbench;
//! - `ratios` reads `name round requests-per-second p50 p99` from its input, and prints medians.

use std::{
    collections::BTreeMap,
    env, error, fs,
    io::{self, BufRead, Write},
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use actix_web::{App, HttpResponse, HttpServer, web};
use daybook::{
    config::DatabaseUrl,
    db::{
        AnyConnection, EntryRow,
        connection::{open_reader, open_writer},
        migrate,
        schema::{entries, users},
    },
    domain::{
        entry::{Action, Source, TargetType},
        ids::{EntryId, Id, UserId},
        text::fold,
        timestamp::Timestamp,
        user::{Role, UserKind, UserStatus},
    },
    store::{entries::EntryFilter, page::Window, timeline, users::UserRow},
};
use diesel::{
    ExecuteCopyFromDsl, RunQueryDsl,
    connection::{Connection, InstrumentationEvent, SimpleConnection},
};
use uuid::Uuid;

type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

const USERS: u64 = 20_000;
const ENTRIES_PER_USER: u64 = 50;
/// 2024-06-10, in milliseconds since 1970: when the first entry was written.
const BEGIN: u64 = 1_718_000_000_000;
/// Between two entries: a million of them are two years.
const STEP: u64 = 63_072;
/// Users have ids that differ in their last twelve digits, all decimal: pgbench, which knows no
/// text, can make them of a number.
const USER_PREFIX: &str = "019001e9-5c00-7000-8000-";
const USER_FIRST: u64 = 100_000_000_000;

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["seed", url] => seed(&url.parse()?),
        ["static", file] => serve_static(fs::read(file)?),
        ["pgbench", url] => print(&pgbench_script(&url.parse()?)?),
        ["ratios"] => print(&ratios(io::stdin().lock())?),
        _ => Err("expected seed URL, static FILE, pgbench URL or ratios".into()),
    }
}

fn print(text: &str) -> Result<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// SplitMix64: the same data each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    fn id<K>(&mut self, millis: u64) -> Id<K> {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        let builder = uuid::Builder::from_unix_timestamp_millis(millis, &bytes);
        Id::from_uuid(builder.into_uuid())
    }
}

const GIVEN_NAMES: &[&str] =
    &["Anna", "Cristiano", "Sam", "Zoë", "Mehmet", "Ingrid", "Priya", "Tomás", "Wanjiru", "Li"];
const SURNAMES: &[&str] = &[
    "Lindqvist",
    "Ferreira",
    "Rivera",
    "Brontë",
    "Yılmaz",
    "Haugen",
    "Raman",
    "Novák",
    "Kamau",
    "Wei",
];
const COURSES: &[&str] = &[
    "Security Basics",
    "Forklift Training",
    "First Aid at Work",
    "Handling of Dangerous Goods",
    "Leadership for New Managers",
    "Data Protection 2026",
];
const NOTES: &[&str] = &[
    "Sam completed the live version of this course on June 12; the certificate is in his file.",
    "The due date was extended for maternity leave, as agreed with her supervisor by e-mail.",
    "By the new policy of the department, a grade below 70 % is a fail; the result was changed.",
];

fn time(millis: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(0)).unwrap_or_else(Timestamp::system_now)
}

fn user_id(number: u64) -> Result<UserId> {
    Ok(Id::from_uuid(Uuid::parse_str(&format!("{USER_PREFIX}{}", USER_FIRST + number))?))
}

fn user_row(number: u64) -> Result<UserRow> {
    let given_name = GIVEN_NAMES[(number % 10) as usize].to_owned();
    let surname = SURNAMES[(number / 10 % 10) as usize].to_owned();
    let email = format!("learner-{number}@example.com");
    let name_key = fold(&format!("{given_name} {surname}"));
    Ok(UserRow {
        id: user_id(number)?,
        version: 1,
        created_at: time(BEGIN),
        updated_at: time(BEGIN),
        email_key: Some(fold(&email)),
        search_key: format!("{name_key}\n{email}"),
        email: Some(email),
        given_name,
        surname,
        name_key,
        kind: UserKind::Person,
        employee_id: Some(format!("E{number:06}")),
        status: UserStatus::Active,
        role: Role::Learner,
        time_zone: "Europe/Lisbon".to_owned(),
        password_hash: None,
        home_group_id: None,
        log_moves: 0,
    })
}

/// One entry: every tenth is a note, the others tell of what happened to a user in a course.
fn entry_row(random: &mut Random, user: &UserRow, by: &UserRow, millis: u64) -> EntryRow {
    let id: EntryId = random.id(millis);
    let course = random.below(COURSES.len() as u64) as usize;
    let (name, title) = (user.name(), COURSES[course]);
    let mut row = EntryRow {
        user_id: user.id,
        occurred_at: time(millis),
        id,
        recorded_at: time(millis),
        action: Action::Note,
        source: Source::Admin,
        created_by_id: None,
        created_by_name: None,
        created_by_kind: None,
        entered_by_id: Some(by.id),
        entered_by_name: Some(by.name()),
        entered_by_kind: Some(by.kind),
        relates_to: None,
        description: None,
        target_type: None,
        target_id: None,
        target_name: None,
        changes: None,
        external_id: None,
        notes: None,
        revision: None,
        edited_at: None,
        edited_by_id: None,
        edited_by_name: None,
        edited_by_kind: None,
        search_key: String::new(),
    };
    if random.below(10) == 0 {
        let notes = random.one_of(NOTES);
        row.created_by_id = Some(by.id);
        row.created_by_name = Some(by.name());
        row.created_by_kind = Some(by.kind);
        row.notes = Some(notes.to_owned());
        row.revision = Some(1);
        row.search_key = fold(notes);
        return row;
    }
    let day = random.below(28) + 1;
    let (action, what, changes) = match random.below(5) {
        0 => (Action::EnrollmentCreated, "was enrolled in", "[]".to_owned()),
        1 => (Action::EnrollmentStarted, "began", "[]".to_owned()),
        2 => (
            Action::EnrollmentCompleted,
            "completed",
            r#"[{"field":"status","before":"in_progress","after":"completed"}]"#.to_owned(),
        ),
        3 => (
            Action::EnrollmentDueDateChanged,
            "has a new due date for",
            format!(
                r#"[{{"field":"due_at","before":null,"after":"2026-07-{day:02}T00:00:00.000Z"}}]"#
            ),
        ),
        _ => (
            Action::EnrollmentGradeChanged,
            "has a new grade in",
            format!(r#"[{{"field":"grade","before":null,"after":{}.0}}]"#, 50 + day),
        ),
    };
    let description = format!("{name} {what} “{title}”.");
    row.action = action;
    row.search_key = fold(&description);
    row.description = Some(description);
    row.target_type = Some(TargetType::Course);
    // A course has one id, whoever is in it.
    row.target_id = Some(Random(course as u64).id(BEGIN));
    row.target_name = Some(title.to_owned());
    row.changes = Some(changes);
    row
}

/// Goes round the service, as a restored backup does: what is measured is reading.
fn seed(url: &DatabaseUrl) -> Result<()> {
    let begun = Instant::now();
    migrate::up(url).map_err(|error| error.to_string())?;
    let mut conn = open_writer(url).map_err(|error| error.to_string())?;
    if let AnyConnection::Sqlite(conn) = &mut conn {
        conn.batch_execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000")?;
    }
    let users: Vec<UserRow> = (0..USERS).map(user_row).collect::<Result<_>>()?;
    insert(&mut conn, &users, &[])?;
    let mut random = Random(1);
    let mut order: Vec<usize> = (0..users.len()).collect();
    let mut now = BEGIN;
    for _ in 0..ENTRIES_PER_USER {
        // In order of time, each time in another order of users: no log lies together by chance.
        for at in (1..order.len()).rev() {
            order.swap(at, random.below(at as u64 + 1) as usize);
        }
        let mut rows = Vec::with_capacity(order.len());
        for user in &order {
            let by = &users[random.below(USERS) as usize];
            rows.push(entry_row(&mut random, &users[*user], by, now));
            now += STEP;
        }
        insert(&mut conn, &[], &rows)?;
    }
    match &mut conn {
        // Without ANALYZE, which nobody runs on SQLite: the plan has to be right by itself.
        AnyConnection::Sqlite(conn) => {
            conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
        }
        AnyConnection::Postgres(conn) => conn.batch_execute("VACUUM ANALYZE")?,
    }
    let count = USERS * ENTRIES_PER_USER;
    print(&format!("{count} entries of {USERS} users in {:.0?}\n", begun.elapsed()))
}

fn insert(conn: &mut AnyConnection, users: &[UserRow], entries: &[EntryRow]) -> Result<()> {
    const ROWS: usize = 100;
    match conn {
        AnyConnection::Sqlite(conn) => conn.immediate_transaction(|conn| {
            for rows in users.chunks(ROWS) {
                diesel::insert_into(users::table).values(rows).execute(conn)?;
            }
            for rows in entries.chunks(ROWS) {
                diesel::insert_into(entries::table).values(rows).execute(conn)?;
            }
            diesel::QueryResult::Ok(())
        })?,
        AnyConnection::Postgres(conn) => {
            for rows in users.chunks(ROWS) {
                diesel::insert_into(users::table).values(rows).execute(conn)?;
            }
            diesel::copy_from(entries::table).from_insertable(entries).execute(conn)?;
        }
    }
    Ok(())
}

/// The yardstick: what actix, the loopback and the load generator leave to be had.
fn serve_static(body: Vec<u8>) -> Result<()> {
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
fn pgbench_script(url: &DatabaseUrl) -> Result<String> {
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
    timeline::page(&mut conn, user_id(0)?, &EntryFilter::default(), &window)
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

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The ratios first, then what they are made of; all of them medians of the rounds.
fn ratios(input: impl BufRead) -> Result<String> {
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
