//! Guard: the log never lies. The database itself refuses to rewrite it, past the service too.

use daybook::db::connection::{AnyConnection, open_reader};
use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::support::{app::TestApp, batch, dump::dump, reply::text};

/// A log with system entries, and one note that was edited once.
fn written() -> TestApp {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    app.enrollment(&sam.id, &app.course("Security Basics"));
    app.admin().post("/activity/batch", json!({"items": [batch::item(&sam.id, "one")]})).ok(200);
    let path = format!("/users/{}/activity", sam.id);
    let note = app.admin().post(&path, json!({"notes": "as it was"})).ok(201);
    let note = format!("{path}/{}", text(&note["id"]));
    app.admin().patch_now(&note, json!({"notes": "as it is"})).ok(200);
    app
}

/// Statements that would rewrite the log, in SQL for both databases.
const REFUSED: &[&str] = &[
    "DELETE FROM entries",
    "DELETE FROM entries WHERE action <> 'note'",
    "DELETE FROM entries WHERE action = 'note'",
    "UPDATE entries SET description = 'Nothing.' WHERE action = 'user.created'",
    "UPDATE entries SET occurred_at = recorded_at WHERE action = 'user.created'",
    "UPDATE entries SET entered_by_name = 'Nobody' WHERE action = 'user.created'",
    "UPDATE entries SET action = 'note', notes = 'x', revision = 1, description = NULL, \
         created_by_id = user_id WHERE action = 'user.created'",
    "UPDATE entries SET search_key = '' WHERE action = 'user.created'",
    // A note, without its earlier wording, or with a false one.
    "UPDATE entries SET notes = 'changed' WHERE action = 'note'",
    "UPDATE entries SET notes = 'changed', revision = revision + 1 WHERE action = 'note'",
    "UPDATE entries SET created_by_name = 'Nobody' WHERE action = 'note'",
    "UPDATE entries SET revision = 1 WHERE action = 'note'",
    "UPDATE entries SET revision = NULL WHERE action = 'note'",
    // What no edit may change, even with the earlier wording kept.
    "KEPT UPDATE entries SET revision = revision + 1, entered_by_id = user_id WHERE action = 'note'",
    "KEPT UPDATE entries SET revision = revision + 1, entered_by_name = 'x' WHERE action = 'note'",
    "KEPT UPDATE entries SET revision = revision + 1, recorded_at = (SELECT min(recorded_at) \
         FROM entries) WHERE action = 'note'",
    "KEPT UPDATE entries SET revision = revision + 1, user_id = entered_by_id WHERE action = 'note'",
    "KEPT UPDATE entries SET revision = revision + 1, source = 'self' WHERE action = 'note'",
    "KEPT UPDATE entries SET revision = revision + 2 WHERE action = 'note'",
    "FORGED UPDATE entries SET revision = revision + 1, notes = 'y' WHERE action = 'note'",
    "UPDATE entry_revisions SET notes = 'never said'",
    "UPDATE entry_revisions SET replaced_at = occurred_at",
    "DELETE FROM entry_revisions",
    "DELETE FROM users",
];

const SQLITE_REFUSED: &[&str] = &[
    "REPLACE INTO entries SELECT * FROM entries WHERE action <> 'note'",
    "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE action = 'note'",
    "UPDATE OR REPLACE entries SET id = (SELECT id FROM entries WHERE action = 'user.created')",
    "REPLACE INTO entry_revisions SELECT * FROM entry_revisions",
    // Another entry with the same external id would delete the one that is there.
    "REPLACE INTO entries SELECT user_id, occurred_at, randomblob(16), recorded_at, action, source, \
         created_by_id, created_by_name, created_by_kind, entered_by_id, entered_by_name, \
         entered_by_kind, relates_to, 'Forged.', target_type, target_id, target_name, changes, \
         external_id, notes, revision, edited_at, edited_by_id, edited_by_name, edited_by_kind, \
         search_key FROM entries WHERE external_id IS NOT NULL",
];

const POSTGRES_REFUSED: &[&str] = &[
    "TRUNCATE entries",
    "TRUNCATE entry_revisions",
    "TRUNCATE users CASCADE",
    "INSERT INTO entries SELECT * FROM entries ON CONFLICT (id) DO UPDATE SET notes = 'x'",
];

/// Keeps the wording that the note has, or another one.
fn keep(notes: &str, author: &str) -> String {
    format!(
        "INSERT INTO entry_revisions SELECT id, revision, user_id, {notes}, occurred_at, \
         created_by_id, {author}, created_by_kind, recorded_at, entered_by_id, entered_by_name, \
         entered_by_kind, relates_to, NULL FROM entries WHERE action = 'note'; "
    )
}

#[test]
fn the_database_refuses_to_rewrite_the_log() {
    let app = written();
    let before = dump(&app.database);
    let of_one = if app.database.url.is_sqlite() { SQLITE_REFUSED } else { POSTGRES_REFUSED };
    for sql in REFUSED.iter().chain(of_one) {
        let sql = match sql.split_once(' ').unwrap() {
            ("KEPT", rest) => keep("notes", "created_by_name") + rest,
            ("FORGED", rest) => keep("'never said'", "created_by_name") + rest,
            _ => (*sql).to_owned(),
        };
        let outcome = app.database.sabotage(&format!("BEGIN; {sql}; COMMIT;"));
        assert!(outcome.is_err(), "{sql}");
        assert_eq!(dump(&app.database), before, "{sql}");
    }
}

#[test]
fn a_wording_is_not_kept_under_another_authors_name() {
    let app = written();
    let edit = "UPDATE entries SET revision = revision + 1 WHERE action = 'note'";
    let forged = keep("notes", "'Somebody Else'") + edit;
    assert!(app.database.sabotage(&format!("BEGIN; {forged}; COMMIT;")).is_err());
}

#[test]
fn the_database_takes_the_edit_that_the_service_makes() {
    // This shows that the statements above are refused for what they rewrite, and for nothing else.
    let app = written();
    let edit = "UPDATE entries SET revision = revision + 1, notes = 'y' WHERE action = 'note'";
    app.database.sabotage(&(keep("notes", "created_by_name") + edit)).unwrap();
}

#[test]
fn connections_for_reading_can_not_write() {
    let app = written();
    let before = dump(&app.database);
    for sql in [
        "INSERT INTO supervisors SELECT id, id FROM users",
        "UPDATE users SET role = 'administrator'",
        "DELETE FROM sessions",
        "CREATE TABLE mine (id INTEGER)",
        "DROP TABLE entries",
    ] {
        let mut conn = open_reader(&app.database.url).unwrap();
        assert!(conn.batch_execute(sql).is_err(), "{sql}");
        // Nor in a transaction of its own.
        if let AnyConnection::Postgres(conn) = &mut conn {
            assert!(conn.batch_execute(&format!("BEGIN; {sql}; COMMIT;")).is_err(), "{sql}");
        }
    }
    assert_eq!(dump(&app.database), before);
}
