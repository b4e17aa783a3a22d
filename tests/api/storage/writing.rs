//! Failures in the threads that write and read: acknowledged changes are kept, the others leave
//! nothing behind, and the next job runs.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use daybook::{
    db::{connection::snapshot, reader::Reader},
    error::{Code, Error, Result},
    journal::recorded::{Recorded, Unlogged},
    store::users,
};
use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::support::{
    app::{TestApp, block_on},
    dump::{dump, lines},
};

const RENAME: &str = "UPDATE users SET surname = 'Renamed'";

fn renamed(app: &TestApp) -> bool {
    !lines(&app.database, "SELECT surname AS line FROM users WHERE surname = 'Renamed'").is_empty()
}

#[test]
fn a_change_that_swallowed_an_error_of_the_database_is_not_acknowledged_and_lost() {
    let app = TestApp::start();
    let outcome = block_on(app.db.transact(|tx| {
        tx.write().batch_execute(RENAME)?;
        // This ends a transaction of PostgreSQL, which then accepts COMMIT without an error.
        let _ = tx.write().batch_execute("INSERT INTO nowhere VALUES (1)");
        Ok(Recorded::unlogged(Unlogged::InParts, ()))
    }));
    assert_eq!(outcome.is_ok(), renamed(&app));
}

#[test]
fn a_change_that_wrote_can_not_say_that_nothing_changed() {
    let app = TestApp::start();
    let before = dump(&app.database);
    let unchanged = |tx: &mut daybook::journal::tx::Tx<'_>| -> Result<Recorded<()>> {
        tx.write().batch_execute(RENAME)?;
        Ok(Recorded::unchanged(()))
    };
    assert_eq!(block_on(app.db.transact(unchanged)).unwrap_err().code, Code::Internal);
    let without_entries = |tx: &mut daybook::journal::tx::Tx<'_>| -> Result<Recorded<()>> {
        tx.write().batch_execute(RENAME)?;
        Ok(Recorded::new((), Vec::new()))
    };
    assert_eq!(block_on(app.db.transact(without_entries)).unwrap_err().code, Code::Internal);
    assert_eq!(dump(&app.database), before);
}

#[test]
fn a_change_that_panics_or_fails_takes_no_other_with_it() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let path = format!("/users/{}/activity", sam.id);
    thread::scope(|scope| {
        for _ in 0..8 {
            let (db, client, path) = (&app.db, app.admin(), &path);
            scope.spawn(move || {
                for _ in 0..5 {
                    client.post(path, json!({"notes": "fine"})).ok(201);
                }
            });
            scope.spawn(move || {
                for number in 0..6 {
                    let outcome: Result<()> = block_on(db.transact(move |tx| {
                        tx.write().batch_execute(RENAME)?;
                        assert!(number % 2 == 0, "on purpose");
                        Err(Error::conflict("on purpose"))
                    }));
                    let expected = if number % 2 == 0 { Code::Conflict } else { Code::Internal };
                    assert_eq!(outcome.unwrap_err().code, expected);
                }
            });
        }
    });
    assert!(!renamed(&app));
    assert_eq!(app.actions(&sam.id), ["note"; 40]);
}

#[test]
fn where_the_disk_is_full_nothing_is_half_written_and_the_service_goes_on_when_there_is_room() {
    let app = TestApp::start();
    if !app.database.url.is_sqlite() {
        // The disk is that of another machine: the statement fails, and with it the transaction.
        return;
    }
    let sam = app.learner("Sam");
    let path = format!("/users/{}/activity", sam.id);
    let pages = lines(&app.database, "SELECT page_count || '' AS line FROM pragma_page_count");
    let limit = format!("PRAGMA max_page_count = {}", pages[0].parse::<u32>().unwrap() + 40);
    let outcome = block_on(app.db.transact(move |tx| {
        tx.read().batch_execute(&limit)?;
        Ok(Recorded::unchanged(()))
    }));
    outcome.unwrap();
    // The connection that found it full is given up, and the limit with it: then all stop.
    let (full, acknowledged) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            let (client, path, full, acknowledged) = (app.admin(), &path, &full, &acknowledged);
            scope.spawn(move || {
                let body = json!({"notes": "x".repeat(9000)});
                while !full.load(Ordering::SeqCst) {
                    let answer = client.post(path, body.clone());
                    match answer.status {
                        201 => drop(acknowledged.fetch_add(1, Ordering::SeqCst)),
                        500 | 503 => full.store(true, Ordering::SeqCst),
                        other => panic!("{other}: {}", answer.text),
                    }
                }
            });
        }
    });
    let acknowledged = acknowledged.into_inner();
    assert_eq!(app.actions(&sam.id).len(), acknowledged);
    // A new connection has no limit: there is room again.
    app.admin().post(&path, json!({"notes": "room"})).ok(201);
    assert_eq!(app.actions(&sam.id).len(), acknowledged + 1);
    let check = lines(&app.database, "SELECT integrity_check AS line FROM pragma_integrity_check");
    assert_eq!(check, ["ok"]);
}

#[test]
fn a_change_whose_connection_is_lost_before_the_commit_is_begun_anew_and_made_once() {
    let app = TestApp::start();
    if app.database.url.is_sqlite() {
        return;
    }
    let before = app.log(&app.admin_id.to_string()).len();
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let outcome = block_on(app.db.transact(move |tx| {
        tx.write().batch_execute("UPDATE users SET version = version + 1")?;
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            tx.write().batch_execute("SELECT pg_terminate_backend(pg_backend_pid())")?;
        }
        Ok(Recorded::unlogged(Unlogged::InParts, ()))
    }));
    outcome.unwrap();
    assert_eq!(attempts.load(Ordering::SeqCst), 2);
    assert_eq!(lines(&app.database, "SELECT version::text AS line FROM users"), ["2"]);
    // The reader's connections were not touched.
    assert_eq!(app.log(&app.admin_id.to_string()).len(), before + 1);
}

#[test]
fn a_commit_that_may_have_taken_place_is_not_asked_for_again() {
    let app = TestApp::start();
    if app.database.url.is_sqlite() {
        return;
    }
    let (admin, sam) = (app.admin(), app.learner("Sam"));
    // Numbers of a sequence are not rolled back: it counts the commits that were tried.
    app.database
        .sabotage(
            "CREATE SEQUENCE commits;
             CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 PERFORM nextval('commits'), pg_terminate_backend(pg_backend_pid());
                 RETURN NULL;
             END $$;
             CREATE CONSTRAINT TRIGGER die AFTER INSERT ON entries
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();",
        )
        .unwrap();
    let path = format!("/users/{}/activity", sam.id);
    let answer = admin.post(&path, json!({"notes": "Did it?"}));
    answer.problem(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
    let tried = lines(&app.database, "SELECT last_value::text AS line FROM commits");
    assert_eq!(tried, ["1"]);
    app.database.sabotage("DROP TRIGGER die ON entries").unwrap();
    admin.post(&path, json!({"notes": "Now it did."})).ok(201);
    let notes = admin.all(&format!("{path}?type=manual"));
    assert_eq!(notes.len(), 1);
}

#[test]
fn a_reader_that_panics_in_the_middle_of_a_snapshot_does_not_go_on_reading_the_past() {
    let app = TestApp::start();
    let admin_id = app.admin_id;
    let panics = move |conn: &mut Reader<'_>| {
        snapshot(conn, |conn| -> Result<()> {
            users::get(conn, admin_id)?;
            panic!("on purpose")
        })
    };
    // More often than there are readers.
    for _ in 0..4 {
        assert!(block_on(app.db.read_much(panics)).is_err());
        let here = catch_unwind(AssertUnwindSafe(|| block_on(app.db.read(panics))));
        assert!(here.is_err() || here.unwrap().is_err());
    }
    app.admin().patch_now(&format!("/users/{admin_id}"), json!({"surname": "Renamed"})).ok(200);
    let read = move |conn: &mut Reader<'_>| Ok(users::get(conn, admin_id)?.surname);
    for _ in 0..4 {
        assert_eq!(block_on(app.db.read(read)).unwrap(), "Renamed");
        assert_eq!(block_on(app.db.read_much(read)).unwrap(), "Renamed");
    }
    let again = |conn: &mut Reader<'_>| snapshot(conn, |_| Ok(()));
    block_on(app.db.read_much(again)).unwrap();
    block_on(app.db.read(again)).unwrap();
}
