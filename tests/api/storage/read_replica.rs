//! A read replica serves lists and exports, and callers always see what they wrote. Only PostgreSQL
//! has one. In these tests, it is a copy that never catches up by itself.

use serde_json::{Value, json};

use crate::support::{
    app::PASSWORD,
    batch::item,
    client::{CSV, Client},
    database::TestDatabase,
    process::{Process, daybook},
    reply::text,
};

/// A service with a read replica that lags behind: it knows the people and their sessions, and
/// nothing that came after.
struct Lagging {
    process: Process,
    ada: Client,
    /// Another administrator.
    eve: Client,
    eve_id: String,
    /// The user whose log is read.
    sam: String,
    primary: TestDatabase,
    replica: TestDatabase,
}

impl Lagging {
    /// None on SQLite.
    fn start() -> Option<Self> {
        let primary = TestDatabase::migrated();
        if primary.url.is_sqlite() {
            return None;
        }
        // There is none yet, and the service does not need it.
        let nowhere = primary.url_text().replace("daybook_test_", "daybook_nowhere_");
        let before = Process::serve(&primary, &["--read-database-url", &nowhere]);
        let ada = before.admin();
        let person = |name: &str, role: &str| {
            let body = json!({
                "email": format!("{name}@example.com"), "given_name": name, "surname": "Rivera",
                "role": role, "password": PASSWORD,
            });
            text(&ada.post("/users", body).ok(201)["id"])
        };
        let sam = person("sam", "learner");
        let eve_id = person("eve", "administrator");
        let body = json!({"email": "eve@example.com", "password": PASSWORD});
        let eve = before.client.post("/auth/login", body).ok(200)["access_token"].clone();
        let tokens = (ada.token, eve.as_str().map(str::to_owned));
        assert_eq!(before.terminate(), Some(0));
        let replica = primary.copy();
        let process = Process::serve(&primary, &["--read-database-url", &replica.url_text()]);
        let ada = Client { token: tokens.0, ..process.client.clone() };
        let eve = Client { token: tokens.1, ..process.client.clone() };
        Some(Self { process, ada, eve, eve_id, sam, primary, replica })
    }

    fn activity(&self) -> String {
        format!("/users/{}/activity", self.sam)
    }

    fn note(&self, client: &Client, notes: &str) -> String {
        text(&client.post(&self.activity(), json!({"notes": notes})).ok(201)["id"])
    }

    fn notes(&self, client: &Client) -> Vec<String> {
        let notes = client.all(&format!("{}?type=manual", self.activity()));
        notes.iter().map(|note| text(&note["id"])).collect()
    }

    /// Lets the replica catch up with the counts alone, so that the service reads from it again.
    fn pretend_that_it_caught_up(&self) {
        let sql = "SELECT string_agg(format('(%L, %s, %s)', user_id, slot, writes), ', ') \
                   FROM caller_writes";
        let rows = self.primary.ask(sql);
        self.replica
            .sabotage(&format!(
                "TRUNCATE caller_writes; \
                 INSERT INTO caller_writes (user_id, slot, writes) VALUES {rows}"
            ))
            .unwrap();
    }
}

#[test]
fn writers_see_their_change_in_every_list_and_others_see_what_the_replica_has() {
    let Some(it) = Lagging::start() else { return };
    let note = it.note(&it.ada, "The due date was extended.");
    assert_eq!(it.notes(&it.ada), std::slice::from_ref(&note));
    assert_eq!(it.notes(&it.eve), [""; 0], "the primary was asked, or the replica lags no more");
    let feed = |client: &Client| client.all("/activity?action=note").len();
    assert_eq!((feed(&it.ada), feed(&it.eve)), (1, 0));
    for path in [format!("{}/export?format=ndjson", it.activity()), "/activity/export".to_owned()] {
        assert!(it.ada.get(&path).text.contains(&note), "{path}");
        assert!(!it.eve.get(&path).text.contains(&note), "{path}");
    }
    // A single resource is no list: it is always current.
    let path = format!("{}/{note}", it.activity());
    assert_eq!(text(&it.eve.get(&path).ok(200)["id"]), note);
    // A change without an entry is a write as well.
    it.ada.patch_now(&path, json!({"notes": "It was extended by a week."})).ok(200);
    it.ada.post("/courses", json!({"title": "Security Basics", "type": "online"})).ok(201);
    let courses = |client: &Client| client.all("/courses").len();
    assert_eq!((courses(&it.ada), courses(&it.eve)), (1, 0));
    let revisions = |client: &Client| client.all(&format!("{path}/revisions")).len();
    assert_eq!(revisions(&it.ada), 1);
    // The replica does not have this note yet.
    assert_eq!(revisions(&it.eve), 1);

    let own = it.note(&it.eve, "As agreed with her supervisor.");
    assert_eq!(it.notes(&it.eve), [own.clone(), note.clone()], "she wrote too");
    assert_eq!(it.notes(&it.ada), [own, note]);
}

#[test]
fn many_writers_of_one_account_all_see_what_they_wrote() {
    let Some(it) = Lagging::start() else { return };
    std::thread::scope(|scope| {
        for number in 0..8 {
            let it = &it;
            scope.spawn(move || {
                for round in 0..10 {
                    let note = it.note(&it.ada, &format!("{number} {round}"));
                    assert!(it.notes(&it.ada).contains(&note));
                }
            });
        }
    });
    it.pretend_that_it_caught_up();
    assert_eq!(it.notes(&it.ada), [""; 0], "it is asked as soon as it has caught up");
    it.note(&it.ada, "One more.");
    assert_eq!(it.notes(&it.ada).len(), 81);
}

#[test]
fn a_log_in_a_batch_and_an_import_are_seen_by_their_author() {
    let Some(it) = Lagging::start() else { return };
    let body = json!({"email": "eve@example.com", "password": PASSWORD});
    let answer = it.process.client.post("/auth/login", body).ok(200);
    let (token, id) = (text(&answer["access_token"]), &it.eve_id);
    let eve = Client { token: Some(token), ..it.process.client.clone() };
    let log_ins = eve.all(&format!("/users/{id}/activity?action=session.logged_in")).len();
    assert_eq!(log_ins, 2);

    let item = item(&it.sam, "lms:1");
    it.ada.post("/activity/batch", json!({"items": [item]})).ok(200);
    assert_eq!(it.ada.all(&format!("{}?source=api", it.activity())).len(), 1);

    let csv = "email,given_name,surname\nkim@example.com,Kim,Lee\n";
    it.eve.send("POST", "/users/import", &[CSV], Some(csv)).ok(200);
    assert_eq!(it.eve.all("/users?q=kim").len(), 1);
}

#[test]
fn a_replica_that_follows_no_more_is_not_asked() {
    let Some(it) = Lagging::start() else { return };
    let note = it.note(&it.ada, "The due date was extended.");
    it.replica
        .sabotage("UPDATE caller_writes SET writes = writes - 120 WHERE writes > 1000000")
        .unwrap();
    assert_eq!(it.notes(&it.eve), [note]);
}

#[test]
fn a_list_that_began_on_the_primary_goes_on_there() {
    let Some(it) = Lagging::start() else { return };
    let notes: Vec<String> = (0..3).map(|number| it.note(&it.ada, &number.to_string())).collect();
    let page = |query: &str| -> Value {
        it.ada.get(&format!("{}?type=manual&limit=1{query}", it.activity())).ok(200)
    };
    let mut seen = page("");
    it.pretend_that_it_caught_up();
    for note in notes.iter().rev() {
        assert_eq!(text(&seen["data"][0]["id"]), *note);
        let Some(cursor) = seen["page"]["next_cursor"].as_str() else { break };
        seen = page(&format!("&cursor={cursor}"));
    }
    assert_eq!(seen["page"]["has_more"], false);
    assert_eq!(page("")["data"], json!([]), "the replica is asked for a new list");
}

#[test]
fn who_may_see_a_list_is_asked_of_the_primary() {
    let Some(it) = Lagging::start() else { return };
    let path = format!("/users/{}", it.eve_id);
    it.eve.get(&it.activity()).ok(200);
    it.ada.patch_now(&path, json!({"role": "learner"})).ok(200);
    it.eve.get(&it.activity()).problem(404, "not_found");
    it.eve.get(&format!("{}/export", it.activity())).problem(404, "not_found");
    assert_eq!(it.eve.all("/users").len(), 1);
    it.ada.patch_now(&path, json!({"status": "inactive"})).ok(200);
    it.eve.get("/activity").problem(401, "invalid_token");
}

#[test]
fn a_read_replica_is_refused_where_the_database_is_sqlite() {
    let database = TestDatabase::migrated();
    let replica = match database.url.is_sqlite() {
        true => "postgres://localhost/daybook",
        false => "sqlite://replica.db",
    };
    let words = ["serve", "--listen", "127.0.0.1:0", "--read-database-url", replica];
    let output = daybook(&database, &words).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("DAYBOOK_READ_DATABASE_URL"), "{said}");
}
