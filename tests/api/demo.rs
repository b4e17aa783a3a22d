//! `serve --demo`: what a newcomer sees first.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use daybook::{
    auth::passwords::{Cost, Passwords},
    db::{
        database::{Db, Options},
        reader::Reader,
    },
    demo,
    domain::{clock::Clock, timestamp::Timestamp},
    store::{
        self,
        page::{ListQuery, PageRequest},
        user_list::{UserQuery, UserSort},
        visible_users::VisibleUsers,
    },
};
use serde_json::{Value, json};

use crate::support::{
    app::{PASSWORD, block_on},
    client::Client,
    database::TestDatabase,
    process::{Process, daybook},
    reply::text,
};

const ADMINISTRATOR: &str = "cristiano.ferreira@example.com";
const SUPERVISOR: &str = "marta.kowalczyk@example.com";
const LEARNER: &str = "sam.rivera@example.com";

fn log_in(process: &Process, email: &str, password: &str) -> Client {
    let body = json!({"email": email, "password": password});
    let token = process.client.post("/auth/login", body).ok(200)["access_token"].clone();
    Client { token: Some(text(&token)), ..process.client.clone() }
}

fn demo_person(process: &Process, email: &str) -> Client {
    log_in(process, email, "daybook-demo")
}

/// Serves until it answers, and stops.
fn serve_once(database: &TestDatabase, words: &[&str]) {
    let process = Process::serve(database, words);
    process.client.get("/health/live").ok(200);
    assert_eq!(process.terminate(), Some(0));
}

/// The id of the only user who is found by these characters.
fn find(client: &Client, q: &str) -> String {
    let found = client.all(&format!("/users?q={q}"));
    assert_eq!(found.len(), 1, "{q}: {found:#?}");
    text(&found[0]["id"])
}

/// The newest entry in somebody's log that a query finds.
fn newest(client: &Client, user: &str, query: &str) -> Value {
    client.get(&format!("/users/{user}/activity?{query}")).ok(200)["data"][0].clone()
}

#[test]
fn the_demo_data_tells_the_three_stories() {
    let database = TestDatabase::empty();
    let process = Process::serve(&database, &["--demo"]);

    // A supervisor reads when Jonas completed the security training.
    let marta = demo_person(&process, SUPERVISOR);
    let jonas = find(&marta, "jonas");
    let completed = newest(&marta, &jonas, "action=enrollment.completed&target_type=course");
    assert!(text(&completed["occurred_at"]).ends_with("-06-30T16:42:07.318Z"), "{completed}");
    assert_eq!(completed["target"]["name"], "Information Security Training");
    assert_eq!(completed["entered_by"]["name"], "Learning Platform");
    assert_eq!(completed["entered_by"]["kind"], "api");
    assert_eq!(completed["source"], "api");

    // An administrator forced a course to completion, and said why.
    let cristiano = demo_person(&process, ADMINISTRATOR);
    let noor = find(&cristiano, "noor");
    let forced = newest(&cristiano, &noor, "action=enrollment.forced_complete");
    assert_eq!(forced["entered_by"]["name"], "Cristiano Ferreira");
    let why = newest(&cristiano, &noor, &format!("relates_to={}", text(&forced["id"])));
    assert!(text(&why["notes"]).contains("completed the live version"), "{why}");

    // Anna took the plan away; the note of the reason names her.
    let diego = find(&cristiano, "diego");
    let plans = cristiano.all(&format!("/users/{diego}/learning-plans"));
    assert!(plans.iter().all(|it| it["plan"]["name"] != "Forklift Training"), "{plans:#?}");
    let taken = newest(&cristiano, &diego, "action=learning_plan.unassigned");
    assert_eq!(taken["target"]["name"], "Forklift Training");
    assert_eq!(taken["entered_by"]["name"], "Anna Lindqvist");
    assert!(text(&taken["occurred_at"]).contains("-07-29T"), "{taken}");
    let why = newest(&cristiano, &diego, &format!("relates_to={}", text(&taken["id"])));
    assert_eq!(why["created_by"]["name"], "Anna Lindqvist");
    assert_eq!(why["entered_by"]["name"], "Cristiano Ferreira");

    // And the notes next to them.
    let elena = find(&cristiano, "elena");
    let leave = newest(&cristiano, &elena, "q=maternity%20leave");
    assert_eq!(leave["created_by"]["name"], "Priya Raman");
    assert!(text(&leave["occurred_at"]) < text(&leave["recorded_at"]));
    let tom = find(&cristiano, "okafor");
    let graded = newest(&cristiano, &tom, "action=enrollment.grade_changed");
    let change = json!([{"field": "result", "before": "pass", "after": "fail"}]);
    assert_eq!(graded["changes"], change);
    let why = newest(&cristiano, &tom, &format!("relates_to={}", text(&graded["id"])));
    assert_eq!(why["revision"], 2, "the note was made clearer");
}

#[test]
fn the_reader_can_force_sams_scorm_course() {
    let database = TestDatabase::empty();
    let process = Process::serve(&database, &["--demo"]);
    let sam = demo_person(&process, LEARNER);
    let me = text(&sam.get("/me").ok(200)["id"]);
    let open = sam.all(&format!("/users/{me}/enrollments?status=in_progress"));
    assert_eq!(open.len(), 1, "{open:#?}");
    let course = sam.get(&format!("/courses/{}", text(&open[0]["course_id"]))).ok(200);
    assert_eq!(course["type"], "scorm");
    let path = format!("/enrollments/{}/completion", text(&open[0]["id"]));
    sam.put(&path, json!({"method": "forced"})).problem(403, "forbidden");
    let cristiano = demo_person(&process, ADMINISTRATOR);
    cristiano.put(&path, json!({"method": "forced"})).ok(200);
    assert_eq!(newest(&sam, &me, "")["action"], "enrollment.forced_complete");
}

#[test]
fn a_few_hundred_people_have_a_few_thousand_entries_in_the_order_of_time() {
    let database = TestDatabase::empty();
    let process = Process::serve(&database, &["--demo"]);
    let admin = demo_person(&process, ADMINISTRATOR);
    let users = admin.all("/users");
    assert!((300..400).contains(&users.len()), "{}", users.len());
    let now = Timestamp::system_now().to_string();
    let (mut entries, mut sources) = (0, std::collections::BTreeSet::new());
    for user in &users {
        let log = admin.all(&format!("/users/{}/activity", text(&user["id"])));
        entries += log.len();
        for entry in &log {
            assert!(text(&entry["recorded_at"]) < now, "in the future: {entry}");
            sources.insert(text(&entry["source"]));
        }
        // Ids follow the time of recording: later ones are greater.
        let mut written: Vec<(String, String)> =
            log.iter().map(|it| (text(&it["recorded_at"]), text(&it["id"]))).collect();
        written.sort();
        assert!(written.is_sorted_by_key(|(_, id)| id), "{written:#?}");
    }
    assert!((3000..5000).contains(&entries), "{entries}");
    assert_eq!(
        sources.into_iter().collect::<Vec<_>>(),
        ["admin", "api", "group", "rule", "self", "system"]
    );
}

#[test]
fn a_demo_database_is_served_again_as_it_is() {
    let database = TestDatabase::migrated();
    let first = Process::serve(&database, &["--demo"]);
    let path = format!("/users/{}/activity", find(&demo_person(&first, ADMINISTRATOR), "rivera"));
    let note = json!({"notes": "Kept over the restart."});
    demo_person(&first, ADMINISTRATOR).post(&path, note).ok(201);
    assert_eq!(first.terminate(), Some(0));

    for words in [&["--demo"][..], &[]] {
        let again = Process::serve(&database, words);
        let admin = demo_person(&again, ADMINISTRATOR);
        assert_eq!(admin.all(&format!("{path}?type=manual")).len(), 1);
        assert_eq!(admin.all("/users?q=cristiano").len(), 1);
        assert_eq!(again.terminate(), Some(0));
    }
}

#[test]
fn a_database_that_holds_anything_else_is_refused_with_one_clear_line() {
    let database = TestDatabase::migrated();
    // Creates a first administrator.
    serve_once(&database, &[]);
    let words = ["serve", "--demo", "--listen", "127.0.0.1:0"];
    let refused = daybook(&database, &words).env("RUST_LOG", "off").output().unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("--demo refuses this database, which holds other data"), "{said}");

    // Nothing was written.
    let process = Process::serve(&database, &[]);
    assert_eq!(process.admin().all("/users").len(), 1);
}

#[test]
fn an_administrator_can_be_created_in_a_demo_database() {
    let database = TestDatabase::empty();
    serve_once(&database, &["--demo"]);
    let words = ["create-admin", "--email", "me@example.com"];
    let made = daybook(&database, &words).env("DAYBOOK_ADMIN_PASSWORD", PASSWORD).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let process = Process::serve(&database, &["--demo"]);
    assert_eq!(
        log_in(&process, "me@example.com", PASSWORD).get("/me").ok(200)["role"],
        "administrator"
    );
}

#[test]
fn the_start_prints_the_demo_log_ins_and_the_address_of_swagger_ui() {
    let database = TestDatabase::empty();
    let mut child = daybook(&database, &["serve", "--demo", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !said.contains("/docs") && lines.read_line(&mut said).unwrap() > 0 {}
    child.kill().unwrap();
    child.wait().unwrap();
    for word in ["daybook-demo", ADMINISTRATOR, SUPERVISOR, LEARNER, "http://127.0.0.1:"] {
        assert!(said.contains(word), "no {word} in {said}");
    }
}

/// A database whose service has a stopped clock.
fn open(database: &TestDatabase, clock: &Clock) -> Db {
    Db::open(&Options::new(database.url.clone(), 1), clock.clone()).unwrap()
}

fn cheap_passwords() -> Passwords {
    Passwords::new(Cost { memory_kib: 8, passes: 1 }, 1).unwrap()
}

#[test]
fn the_stories_are_past_on_whatever_day_the_demo_data_is_loaded() {
    let days = [
        ("2027-01-01T00:00:00Z", "2026-06-30T16:42:07.318Z"),
        ("2028-02-29T12:00:00Z", "2027-06-30T16:42:07.318Z"),
        ("2027-08-31T23:59:59Z", "2026-06-30T16:42:07.318Z"),
        ("2027-09-01T00:00:00Z", "2027-06-30T16:42:07.318Z"),
    ];
    for (today, completed) in days {
        let now: Timestamp = today.parse().unwrap();
        let database = TestDatabase::migrated();
        let db = open(&database, &Clock::stopped_at(now));
        block_on(demo::load(&db, &cheap_passwords())).unwrap();
        let read = db.read(|conn| {
            let jonas =
                store::users::by_email(conn, &"jonas.weber@example.com".parse().unwrap())?.unwrap();
            let everything = PageRequest { after: None, limit: 1000 };
            let filter = Default::default();
            let mut log = Vec::new();
            store::log::user_log::page(conn, jonas.id, &filter, &everything, &mut |entry| {
                log.push((entry.occurred_at, entry.recorded_at));
            })?;
            let newest = PageRequest { after: None, limit: 1 };
            let query = UserQuery { sort: UserSort::CreatedDescending, ..UserQuery::default() };
            let users = query.rows(conn, &VisibleUsers::Everyone, &newest)?;
            Ok((log, users[0].0.created_at))
        });
        let (log, last_joined) = block_on(read).unwrap();
        let times: Vec<String> = log.iter().map(|(occurred, _)| occurred.to_string()).collect();
        assert!(times.iter().any(|it| it == completed), "{today}: {times:#?}");
        assert!(log.iter().all(|(_, recorded)| *recorded < now), "{today}");
        assert!(last_joined < now, "{today}: {last_joined}");
    }
}

#[test]
fn two_replicas_that_start_at_once_load_the_demo_data_once() {
    let database = TestDatabase::migrated();
    let clock = Clock::system();
    let starts: Vec<_> = (0..2)
        .map(|_| open(&database, &clock))
        .map(|db| std::thread::spawn(move || block_on(demo::load(&db, &cheap_passwords()))))
        .collect();
    for start in starts {
        start.join().unwrap().unwrap();
    }
    let count = |conn: &mut Reader<'_>| UserQuery::default().count(conn, &VisibleUsers::Everyone);
    assert_eq!(block_on(open(&database, &clock).read(count)).unwrap(), 312);
}
