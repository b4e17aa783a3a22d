//! How long a change waits for a lock of PostgreSQL, and what its errors are told by.

use daybook::db::connection::open_writer;
use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::support::{database::TestDatabase, process::Process, reply::text};

/// The key of the rules' lock: see `store/rule_lock.rs`.
const RULES: i64 = 0x6461_7962_6f6f_6b01;

/// Sets something for all new connections to the database.
fn alter_database(database: &TestDatabase, setting: &str) {
    let sql = format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {setting}', current_database()); END $$"
    );
    database.sabotage(&sql).unwrap();
}

#[test]
fn a_change_that_waits_too_long_for_the_rules_is_503_with_retry_after_and_can_be_repeated() {
    let database = TestDatabase::migrated();
    if database.url.is_sqlite() {
        return;
    }
    alter_database(&database, "lock_timeout = 300");
    let service = Process::serve(&database, &[]);
    let admin = service.admin();
    let me = text(&admin.get("/me").ok(200)["id"]);
    let course = admin.post("/courses", json!({"title": "Security", "type": "online"})).ok(201);
    let body = json!({"course_id": course["id"]});
    let made = admin.post(&format!("/users/{me}/enrollments"), body).ok(201);
    let completion = format!("/enrollments/{}/completion", text(&made["id"]));
    let complete = || admin.put(&completion, json!({"method": "forced"}));
    let mut other = open_writer(&database.url).unwrap();
    other.batch_execute(&format!("BEGIN; SELECT pg_advisory_xact_lock({RULES})")).unwrap();
    let refused = complete();
    refused.problem(503, "unavailable");
    assert!(refused.header("retry-after").is_some());
    other.batch_execute("ROLLBACK").unwrap();
    complete().ok(200);
    let log = admin.all(&format!("/users/{me}/activity?action=enrollment.forced_complete"));
    assert_eq!(log.len(), 1);
}

#[test]
fn no_lock_is_waited_for_without_an_end_and_errors_are_not_translated() {
    let database = TestDatabase::migrated();
    if database.url.is_sqlite() {
        return;
    }
    assert_eq!(database.ask("current_setting('lock_timeout')"), "10s");
    alter_database(&database, "lc_messages = ''C.UTF-8''");
    assert_eq!(database.ask("current_setting('lc_messages')"), "C");
}
