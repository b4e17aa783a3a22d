//! What the service compares at its start: its key, and the end of the ledger.

use serde_json::json;

use crate::support::{
    batch::item,
    database::TestDatabase,
    ledger::{follow_until, new_user},
    process::{Process, daybook, refusal},
};

/// What a start says that is refused.
fn refused_start(database: &TestDatabase, key: Option<&str>) -> String {
    let mut command = daybook(database, &["serve", "--listen", "127.0.0.1:0"]);
    if let Some(key) = key {
        command.env("DAYBOOK_LEDGER_KEY", key);
    }
    refusal(command)
}

fn new_key(database: &TestDatabase, origin: &str) -> String {
    let output = daybook(database, &["ledger-key", "new", origin]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn another_key_or_origin_stops_the_start_until_it_is_said_to_be_meant() {
    let database = TestDatabase::migrated();
    drop(Process::serve(&database, &[]));
    for origin in ["daybook.invalid/tests", "log.example.com/daybook"] {
        let key = new_key(&database, origin);
        let refused = refused_start(&database, Some(&key));
        assert!(refused.contains("the ledger was begun with the key"), "{refused}");
        assert!(refused.contains("daybook ledger-key rotate"), "{refused}");

        let mut rotate = daybook(&database, &["ledger-key", "rotate"]);
        assert!(rotate.env("DAYBOOK_LEDGER_KEY", &key).status().unwrap().success());
        let serve = Process::serve_with(&database, "127.0.0.1:0", &[], |command| {
            command.env("DAYBOOK_LEDGER_KEY", &key);
        });
        let checkpoint = serve.client.get("/ledger/checkpoint").text;
        assert!(checkpoint.starts_with(&format!("{origin}\n")), "{checkpoint}");
        refused_start(&database, None);
    }
}

#[test]
fn a_key_that_is_none_stops_the_start_and_is_not_printed() {
    let database = TestDatabase::migrated();
    let refused =
        refused_start(&database, Some("PRIVATE+KEY+daybook.invalid/tests+00000000+c2VjcmV0"));
    assert!(refused.contains("DAYBOOK_LEDGER_KEY"), "{refused}");
    assert!(!refused.contains("c2VjcmV0"), "{refused}");
}

#[test]
fn a_ledger_that_lost_its_end_stops_the_start() {
    let database = TestDatabase::migrated();
    let serve = Process::serve(&database, &[]);
    let admin = serve.admin();
    let sam = new_user(&admin);
    let items: Vec<_> = (0..300).map(|it| item(&sam, &format!("lms:{it}"))).collect();
    admin.post("/activity/batch", json!({"items": items})).ok(200);
    let size = follow_until(&admin, admin.all("/activity").len()).len();
    drop(serve);

    database.rewrite(&format!("DELETE FROM ledger WHERE position >= {}", size - 100));
    let refused = refused_start(&database, None);
    let said = format!("the ledger has {} records, and its head says {size}", size - 100);
    assert!(refused.contains(&said), "{refused}");
    // With a head that fits, the tiles still say that there were more.
    database.rewrite(&format!("UPDATE ledger_head SET size = {}", size - 100));
    let refused = refused_start(&database, None);
    assert!(refused.contains("does not fit its 1 tiles of level 0"), "{refused}");
}
