//! Big reads: a caller has few at a time, nobody's small reads wait behind them, and they end when
//! nobody waits for them.

use std::{
    future::{Future, poll_fn},
    io::{Read, Write},
    net::TcpStream,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    task::Poll,
    time::{Duration, Instant},
};

use actix_web::rt::{System, SystemRunner};
use daybook::{
    db::{
        connection::AnyConnection,
        database::{Db, Options},
        reader::Reader,
        reads::ReadSize,
    },
    domain::clock::Clock,
    error::{Code, Error, Result},
};
use diesel::RunQueryDsl;
use ureq::Agent;
use uuid::Uuid;

use crate::support::{
    app::{Settings, TestApp, block_on},
    client::Client,
    fixtures::Person,
};

/// More than the threads for big reads.
const MANY: usize = 8;

type Waiting<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// The service, whose reads take at most this long.
fn start(timeout: Duration) -> TestApp {
    TestApp::start_adjusted(Clock::system(), &Settings::default(), |services| {
        let options = Options::new(services.db.url().clone(), 2);
        let options = Options { read_timeout: timeout, ..options };
        services.db = Db::open(&options, services.db.clock().clone()).unwrap();
    })
}

fn slow() -> TestApp {
    start(Duration::from_secs(600))
}

/// Begins reads of one caller, or lets them wait for their turn.
fn begin<T>(reads: &mut [Waiting<T>]) {
    begin_on(&System::new(), reads);
}

/// The same, for reads that are waited for later: their deadlines belong to one system.
fn begin_on<T>(system: &SystemRunner, reads: &mut [Waiting<T>]) {
    system.block_on(poll_fn(|context| {
        for read in reads.iter_mut() {
            assert!(read.as_mut().poll(context).is_pending());
        }
        Poll::Ready(())
    }));
}

/// A big read that ends when the sender has gone.
fn blocked(db: &Db, caller: Uuid) -> (Waiting<()>, mpsc::Sender<()>) {
    blocked_of(db, caller, ReadSize::Big)
}

/// A read of a size that ends when the sender has gone.
fn blocked_of(db: &Db, caller: Uuid, size: ReadSize) -> (Waiting<()>, mpsc::Sender<()>) {
    let (sender, receiver) = mpsc::channel::<()>();
    let (db, receiver) = (db.clone(), std::sync::Mutex::new(receiver));
    let work = move |_: &mut Reader<'_>| {
        let _ = receiver.lock().unwrap().recv();
        Ok(())
    };
    (Box::pin(async move { db.read_in_turn(caller, size, work).await }), sender)
}

/// Takes all threads for big reads, as two callers may.
fn block_all(db: &Db) -> (Vec<Waiting<()>>, Vec<mpsc::Sender<()>>) {
    let callers = [Uuid::now_v7(), Uuid::now_v7()];
    let blocked = callers.iter().flat_map(|it| [*it, *it]).map(|it| blocked(db, it));
    let (mut reads, senders): (Vec<_>, Vec<_>) = blocked.unzip();
    begin(&mut reads);
    (reads, senders)
}

/// A read that would take hours.
fn endless(conn: &mut AnyConnection) -> Result<()> {
    let sql = match conn {
        AnyConnection::Sqlite(_) => {
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers \
             WHERE still_wanted()) SELECT count(*) FROM numbers"
        }
        AnyConnection::Postgres(_) => "SELECT pg_sleep(7200)",
    };
    diesel::sql_query(sql).execute(conn).map(drop).map_err(Error::from)
}

fn id(person: &Person) -> Uuid {
    person.id.parse().unwrap()
}

const BIG: &str = "/activity?q=zzzz&include=total_count";

/// A big read over HTTP, on its way: none where it is refused at once.
fn send(app: &TestApp, client: &Client) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(app.address.trim_start_matches("http://")).unwrap();
    let token = client.token.as_deref().unwrap();
    let head = format!("GET {BIG} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut chunk = [0; 4096];
    match stream.read(&mut chunk) {
        Ok(count) => {
            assert!(chunk[..count].starts_with(b"HTTP/1.1 429 "), "{chunk:?}");
            None
        }
        Err(_) => Some(stream),
    }
}

#[test]
fn a_caller_has_two_big_reads_running_and_four_waiting_and_small_reads_go_on() {
    let app = slow();
    let (sam, lea) = (app.learner("Sam"), app.learner("Lea"));
    let (mut reads, senders): (Vec<_>, Vec<_>) = (0..6).map(|_| blocked(&app.db, id(&sam))).unzip();
    let system = System::new();
    begin_on(&system, &mut reads);
    let own = format!("/users/{}/activity", sam.id);
    for big in [BIG, "/activity?q=zzzz", "/users?q=zzzz", "/users?include=total_count"] {
        let refused = sam.client.get(big);
        refused.problem(429, "rate_limited");
        assert!(refused.header("retry-after").is_some());
    }
    sam.client.get(&format!("{own}?q=zzzz")).problem(429, "rate_limited");
    for path in ["/me", &own, "/activity", "/courses", &format!("{own}?type=system")] {
        sam.client.get(path).ok(200);
    }
    assert_eq!(app.stranger().get("/health/ready").status, 200);
    // Others have their own turns.
    lea.client.get(BIG).ok(200);
    drop(senders);
    for read in reads {
        system.block_on(read).unwrap();
    }
    sam.client.get(BIG).ok(200);
}

#[test]
fn small_reads_never_wait_behind_the_big_reads_of_all_callers() {
    let app = slow();
    let sam = app.learner("Sam");
    let (_reads, senders) = block_all(&app.db);
    let own = format!("/users/{}/activity", sam.id);
    for path in ["/me", &own, "/activity", "/users", &format!("/users/{}", sam.id)] {
        sam.client.get(path).ok(200);
    }
    assert_eq!(app.stranger().get("/health/ready").status, 200);
    app.client_of(&sam.email);
    drop(senders);
}

#[test]
fn the_exports_and_the_lists_of_a_caller_leave_connections_for_others() {
    let app = slow();
    let (sam, lea) = (app.learner("Sam"), app.learner("Lea"));
    let sizes = [ReadSize::Export, ReadSize::Export, ReadSize::List, ReadSize::List];
    let blocked = sizes.map(|size| blocked_of(&app.db, id(&sam), size));
    let (mut reads, senders): (Vec<_>, Vec<_>) = blocked.into_iter().unzip();
    let system = System::new();
    begin_on(&system, &mut reads);
    for path in ["/me", "/activity", "/courses", BIG] {
        lea.client.get(path).ok(200);
    }
    drop(senders);
    for read in reads {
        system.block_on(read).unwrap();
    }
}

#[test]
fn a_read_that_nobody_waits_for_is_not_begun() {
    let app = slow();
    let (_reads, senders) = block_all(&app.db);
    let begun = Arc::new(AtomicBool::new(false));
    let (db, flag) = (app.db.clone(), Arc::clone(&begun));
    let work = move |_: &mut Reader<'_>| {
        flag.store(true, Ordering::Relaxed);
        Ok(())
    };
    let caller = Uuid::now_v7();
    let mut reads: [Waiting<()>; 1] =
        [Box::pin(async move { db.read_in_turn(caller, ReadSize::Big, work).await })];
    begin(&mut reads);
    drop(reads);
    drop(senders);
    block_on(app.db.read_in_turn(caller, ReadSize::Big, |_| Ok(()))).unwrap();
    assert!(!begun.load(Ordering::Relaxed));
}

#[test]
fn a_read_that_nobody_waits_for_any_more_is_interrupted() {
    let app = slow();
    let callers: [Uuid; MANY] = std::array::from_fn(|_| Uuid::now_v7());
    for caller in callers {
        let (sender, running) = mpsc::channel();
        let db = app.db.clone();
        let work = move |reader: &mut Reader<'_>| {
            let _ = sender.send(());
            endless(reader)
        };
        let mut reads: [Waiting<()>; 1] =
            [Box::pin(async move { db.read_in_turn(caller, ReadSize::Big, work).await })];
        begin(&mut reads);
        running.recv().unwrap();
    }
    app.admin().get(BIG).ok(200);
    for caller in callers {
        block_on(app.db.read_in_turn(caller, ReadSize::Big, |_| Ok(()))).unwrap();
    }
}

#[test]
fn the_reads_of_clients_who_have_gone_take_no_turn() {
    let app = slow();
    let sam = app.learner("Sam");
    let (_reads, senders) = block_all(&app.db);
    let mut waiting = Vec::new();
    while let Some(stream) = send(&app, &sam.client) {
        waiting.push(stream);
        assert!(waiting.len() <= 6, "too many wait");
    }
    assert_eq!(waiting.len(), 6);
    drop(waiting);
    let until = Instant::now() + Duration::from_secs(20);
    while send(&app, &sam.client).is_none() {
        assert!(Instant::now() < until, "the service still waits for a client who has gone");
    }
    drop(senders);
    sam.client.get(BIG).ok(200);
}

#[test]
fn a_read_that_takes_too_long_is_unavailable() {
    let app = start(Duration::from_millis(200));
    let read = app.db.read_in_turn(Uuid::now_v7(), ReadSize::Big, |reader| endless(reader));
    assert_eq!(block_on(read).unwrap_err().code, Code::Unavailable);
    // The connection is good for the next one.
    app.admin().get(BIG).ok(200);
}

#[test]
fn a_read_that_waits_too_long_for_its_turn_or_for_a_thread_is_503() {
    let app = start(Duration::from_secs(1));
    let (sam, lea) = (app.learner("Sam"), app.learner("Lea"));
    let patient = |client: &Client| Client { agent: patient(), ..client.clone() };
    let (mut reads, senders): (Vec<_>, Vec<_>) = (0..2).map(|_| blocked(&app.db, id(&sam))).unzip();
    begin(&mut reads);
    let (_others, other_senders) = block_all(&app.db);
    // One waits for the caller's own reads, the other for those of all callers.
    for client in [&sam.client, &lea.client] {
        let answer = patient(client).get(BIG);
        answer.problem(503, "unavailable");
        assert!(answer.header("retry-after").is_some());
        client.get("/me").ok(200);
    }
    drop((senders, other_senders));
    // Neither of them kept its turn.
    sam.client.get(BIG).ok(200);
    lea.client.get(BIG).ok(200);
}

/// Waits longer than the service does, but not without end.
fn patient() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into()
}

#[test]
fn a_search_through_many_entries_that_takes_too_long_is_503() {
    let app = start(Duration::from_millis(20));
    let sam = app.learner("Sam");
    let user = app.database.id(&sam.id);
    // Each turn of the loop doubles the log.
    let numbered = match app.database.url.is_sqlite() {
        true => ("randomblob(16)", "occurred_at - 1000000"),
        false => ("gen_random_uuid()", "occurred_at - interval '1 second'"),
    };
    for _ in 0..17 {
        app.database
            .sabotage(&format!(
                "INSERT INTO entries (id, user_id, occurred_at, recorded_at, action, source, \
                 description, search_key) SELECT {}, user_id, {}, recorded_at, action, source, \
                 description, search_key FROM entries WHERE user_id = {user}",
                numbered.0, numbered.1
            ))
            .unwrap();
    }
    let answer = app.admin().get("/activity?q=zzzz");
    answer.problem(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
}

#[test]
fn a_caller_exports_one_file_at_a_time() {
    let app = TestApp::start_single();
    let sam = app.learner("Sam");
    let turn = block_on(app.db.begin_export(id(&sam))).unwrap();
    let path = format!("/users/{}/activity/export", sam.id);
    let refused = sam.client.get(&path);
    refused.problem(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(app.admin().get(&path).status, 200);
    drop(turn);
    for _ in 0..3 {
        assert_eq!(sam.client.get(&path).status, 200);
    }
    let others: Vec<_> =
        (0..4).map(|_| block_on(app.db.begin_export(Uuid::now_v7())).unwrap()).collect();
    sam.client.get(&path).problem(503, "unavailable");
    drop(others);
    assert_eq!(sam.client.get(&path).status, 200);
}
