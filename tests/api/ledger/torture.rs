//! The ledger while everything goes wrong: slow and rolled back transactions, and `kill -9`.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{
    client::{Client, JSON},
    database::TestDatabase,
    ledger::{follow, follow_on, new_user, verifier},
    process::{Process, daybook},
    reply::text,
};

/// Writers at a time.
const WRITERS: usize = 16;

/// How long a writer tries: far longer than it takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Notes of each writer that have to be acknowledged.
const NOTES: usize = 40;

/// On PostgreSQL, some transactions take long after they got their numbers, and some fail.
const TROUBLE: &str = "
    CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.seq % 13 = 0 THEN PERFORM pg_sleep(0.05); END IF;
        IF NEW.seq % 29 = 0 THEN RAISE EXCEPTION 'trouble'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER trouble AFTER INSERT ON ledger_pending
        FOR EACH ROW EXECUTE FUNCTION trouble()";

/// Writes notes until enough of them are acknowledged, to whichever replica is there.
fn write(clients: &[Client], path: &str, writer: usize, acknowledged: &Mutex<BTreeSet<String>>) {
    let (mut written, mut tries, begun) = (0, 0, Instant::now());
    while written < NOTES {
        tries += 1;
        assert!(begun.elapsed() < PATIENCE, "writer {writer} wrote {written} notes");
        let body = json!({"notes": format!("Writer {writer}, note {written}.")}).to_string();
        let client = &clients[(writer + tries) % clients.len()];
        // A replica that is gone, or a transaction that was rolled back.
        let Ok(reply) = client.try_send("POST", path, &[JSON], Some(&body)) else {
            std::thread::yield_now();
            continue;
        };
        if reply.status != 201 {
            assert!(reply.status >= 500, "{} {}", reply.status, reply.text);
            continue;
        }
        let note: Value = serde_json::from_str(&reply.text).unwrap();
        acknowledged.lock().unwrap().insert(text(&note["id"]));
        written += 1;
    }
}

#[test]
fn a_follower_gets_each_record_once_through_rollbacks_and_a_killed_replica() {
    let database = TestDatabase::migrated();
    let first = Process::serve(&database, &[]);
    let admin = first.admin();
    let path = format!("/users/{}/activity", new_user(&admin));
    // SQLite has one process at a time: there the second one comes when the first one is dead.
    let second = (!database.url.is_sqlite()).then(|| Process::serve(&database, &[]));
    if second.is_some() {
        database.sabotage(TROUBLE).unwrap();
    }
    let at = |process: &Process| Client { token: admin.token.clone(), ..process.client.clone() };

    let (acknowledged, done) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
    let mut followed: Vec<Value> = Vec::new();
    let enough = WRITERS * NOTES / 3;
    let survivor = std::thread::scope(|scope| {
        let mut clients = vec![admin.clone()];
        clients.extend(second.iter().map(at));
        let start = |clients: Vec<Client>| {
            let (path, acknowledged) = (&path, &acknowledged);
            (0..WRITERS).map(move |writer| {
                let clients = clients.clone();
                scope.spawn(move || write(&clients, path, writer, acknowledged))
            })
        };
        // Where one process follows the other, the writers meet it at the same address.
        let address = admin.address.strip_prefix("http://").unwrap().to_owned();
        let writers: Vec<_> = start(clients).collect();
        let mut follower = second.as_ref().map_or(admin.clone(), at);
        while followed.len() < enough {
            follow_on(&follower, &mut followed, 1);
        }
        first.kill();
        let survivor = second.unwrap_or_else(|| Process::serve_at(&database, &address, &[]));
        follower = at(&survivor);
        scope.spawn({
            let done = &done;
            move || {
                let failed = writers.into_iter().filter_map(|it| it.join().err()).count();
                done.store(true, Ordering::Release);
                assert_eq!(failed, 0, "writers failed");
            }
        });
        while !done.load(Ordering::Acquire) {
            follow_on(&follower, &mut followed, 1);
        }
        survivor
    });
    // What was acknowledged last has its position within two seconds, and the next look finds it.
    let client = at(&survivor);
    let acknowledged = acknowledged.into_inner().unwrap();
    for _ in 0..10 {
        follow_on(&client, &mut followed, 1);
    }

    let positions: Vec<usize> =
        followed.iter().map(|it| it["position"].as_u64().unwrap() as usize).collect();
    assert_eq!(positions, (0..followed.len()).collect::<Vec<_>>());
    assert_eq!(followed, follow(&client, 0), "what was followed is what is there");
    let recorded: BTreeSet<String> = followed.iter().map(|it| text(&it["entry_id"])).collect();
    assert_eq!(recorded.len(), followed.len(), "each once");
    assert!(recorded.is_superset(&acknowledged), "every acknowledged note is in the ledger");
    let entries: BTreeSet<String> =
        client.all("/activity").iter().map(|it| text(&it["id"])).collect();
    assert_eq!(recorded, entries);

    let again = Process::serve(&database, &[]);
    let checkpoints = [&survivor, &again].map(|it| it.client.get("/ledger/checkpoint").text);
    assert_eq!(checkpoints[0], checkpoints[1], "all replicas sign the same tree");
    std::fs::write(database.folder.path().join("checkpoint"), &checkpoints[0]).unwrap();
    let key = verifier().to_string();
    let words = ["verify", "database", "--checkpoint", "checkpoint", "--key", &key];
    let output = daybook(&database, &words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
