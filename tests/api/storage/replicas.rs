//! Several processes on one PostgreSQL; several clients of one process on SQLite.

use std::{
    collections::BTreeSet,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::{Value, json};

use crate::support::{
    batch::item,
    client::{Client, JSON},
    database::TestDatabase,
    process::Process,
    reply::text,
};

/// Clients of each process.
const CLIENTS: usize = 4;

/// As many processes as the database allows, with clients that are logged in at each.
struct Replicas {
    _processes: Vec<Process>,
    clients: Vec<Client>,
    user: String,
    // Dropped last.
    _database: TestDatabase,
}

impl Replicas {
    fn start() -> Self {
        let database = TestDatabase::migrated();
        let number = if database.url.is_sqlite() { 1 } else { 2 };
        let processes: Vec<Process> = (0..number).map(|_| Process::serve(&database, &[])).collect();
        // A token is valid at every replica.
        let token = processes[0].admin().token;
        let clients: Vec<Client> = processes
            .iter()
            .flat_map(|it| vec![Client { token: token.clone(), ..it.client.clone() }; CLIENTS])
            .collect();
        let body = json!({"email": "sam@example.com", "given_name": "Sam", "surname": "Rivera"});
        let user = text(&clients[0].post("/users", body).ok(201)["id"]);
        Self { _processes: processes, clients, user, _database: database }
    }

    fn admin(&self) -> &Client {
        &self.clients[0]
    }

    fn course(&self, title: &str) -> String {
        text(
            &self.admin().post("/courses", json!({"title": title, "type": "online"})).ok(201)["id"],
        )
    }

    /// Runs something for all clients at the same time.
    fn together<T: Send>(&self, work: impl Fn(usize, &Client) -> T + Sync) -> Vec<T> {
        let barrier = Barrier::new(self.clients.len());
        thread::scope(|scope| {
            let threads: Vec<_> = (0..)
                .zip(&self.clients)
                .map(|(number, client)| {
                    let (barrier, work) = (&barrier, &work);
                    scope.spawn(move || {
                        barrier.wait();
                        work(number, client)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    fn log(&self, query: &str) -> Vec<Value> {
        self.admin().all(&format!("/users/{}/activity?{query}", self.user))
    }
}

#[test]
fn all_write_one_users_log_at_once_and_nothing_is_lost_or_doubled() {
    let it = Replicas::start();
    let courses: Vec<String> = (0..6).map(|number| it.course(&number.to_string())).collect();
    let created = AtomicUsize::new(0);
    let notes = it.together(|client_number, client| {
        // All create the same enrollments: one client succeeds, and the others get a conflict.
        for course in &courses {
            let body = json!({"course_id": course});
            let answer = client.post(&format!("/users/{}/enrollments", it.user), body);
            match answer.status {
                201 => drop(created.fetch_add(1, Ordering::Relaxed)),
                _ => drop(answer.problem(409, "already_exists")),
            }
        }
        let add = |number: usize| {
            let body = json!({"notes": format!("{client_number} {number}")});
            client.post(&format!("/users/{}/activity", it.user), body).ok(201)
        };
        (0..10).map(|number| text(&add(number)["id"])).collect::<Vec<_>>()
    });
    assert_eq!(created.into_inner(), courses.len());
    let targets = it.log("action=enrollment.created");
    let targets: Vec<String> = targets.iter().map(|entry| text(&entry["target"]["id"])).collect();
    assert_eq!(targets.len(), courses.len());
    assert_eq!(targets.iter().collect::<BTreeSet<_>>(), courses.iter().collect());
    let acknowledged: BTreeSet<String> = notes.into_iter().flatten().collect();
    let there = it.log("type=manual");
    assert_eq!(there.len(), it.clients.len() * 10);
    assert_eq!(there.iter().map(|note| text(&note["id"])).collect::<BTreeSet<_>>(), acknowledged);
    // The order of the log is the same for all clients.
    let orders = it.together(|_, client| client.all(&format!("/users/{}/activity", it.user)));
    assert!(orders.windows(2).all(|two| two[0] == two[1]));
}

#[test]
fn all_ingest_the_same_entries_at_once_in_any_order_and_each_is_made_once() {
    let it = Replicas::start();
    let numbers: Vec<usize> = (0..250).collect();
    let outcomes = it.together(|client_number, client| {
        let of = |number: &usize| item(&it.user, &format!("lms:{number}"));
        let mut made = 0;
        // Overlapping halves, forwards and backwards.
        for numbers in [&numbers[..150], &numbers[100..]] {
            let mut items: Vec<Value> = numbers.iter().map(of).collect();
            if client_number % 2 == 1 {
                items.reverse();
            }
            let report = client.post("/activity/batch", json!({"items": items})).ok(200);
            let outcomes: Vec<String> =
                report["data"].as_array().unwrap().iter().map(|it| text(&it["outcome"])).collect();
            made += outcomes.iter().filter(|it| *it == "created").count();
            assert!(outcomes.iter().all(|it| it == "created" || it == "duplicate"));
        }
        made
    });
    assert_eq!(outcomes.iter().sum::<usize>(), numbers.len());
    assert_eq!(it.log("source=api").len(), numbers.len());
}

#[test]
fn twenty_posts_with_one_key_at_once_make_one_entry() {
    let replicas = Replicas::start();
    let path = format!("/users/{}/activity", replicas.user);
    let headers = [JSON, ("idempotency-key", "one")];
    let body = json!({"notes": "Once."}).to_string();
    let answers = thread::scope(|scope| {
        let threads: Vec<_> = (0..20)
            .map(|number| {
                let client = &replicas.clients[number % replicas.clients.len()];
                let (path, body) = (&path, &body);
                scope.spawn(move || client.send("POST", path, &headers, Some(body)))
            })
            .collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect::<Vec<_>>()
    });
    let made: BTreeSet<String> =
        answers.iter().filter(|it| it.status == 201).map(|it| it.text.clone()).collect();
    assert_eq!(made.len(), 1, "all who were answered were answered the same");
    for answer in answers.iter().filter(|it| it.status != 201) {
        answer.problem(409, "idempotency_in_flight");
    }
    assert_eq!(replicas.log("action=note").len(), 1);
}

#[test]
fn of_many_edits_of_one_version_exactly_one_wins() {
    let it = Replicas::start();
    let course = it.course("Security Basics");
    let enrollments = format!("/users/{}/enrollments", it.user);
    let made = it.admin().post(&enrollments, json!({"course_id": course})).ok(201);
    let activity = format!("/users/{}/activity", it.user);
    let note = it.admin().post(&activity, json!({"notes": "one"})).ok(201);
    let (enrollment, note) = (
        format!("/enrollments/{}", text(&made["id"])),
        format!("{activity}/{}", text(&note["id"])),
    );
    type Body = fn(usize) -> Value;
    let edits: [(&str, Body); 3] = [
        (&enrollment, |number| json!({"grade": number})),
        (&note, |number| json!({"notes": format!("edited {number}")})),
        (&note, |number| json!({"occurred_at": format!("2026-01-01T00:00:{number:02}Z")})),
    ];
    for (round, (path, body)) in edits.into_iter().enumerate() {
        let etag = it.admin().get(path).etag();
        let answers = it.together(|number, client| client.patch(path, &etag, body(number + 1)));
        let won: Vec<Value> =
            answers.iter().filter(|it| it.status == 200).map(|it| it.json()).collect();
        assert_eq!(won.len(), 1, "round {round}");
        assert_eq!(it.admin().get(path).ok(200), won[0]);
        for lost in answers.iter().filter(|it| it.status != 200) {
            lost.problem(412, "precondition_failed");
        }
    }
    assert_eq!(it.log("action=enrollment.grade_changed").len(), 1);
    let kept = it.admin().all(&format!("{note}/revisions"));
    assert_eq!(kept.len(), 2);
}

#[test]
fn replicas_that_start_together_on_an_empty_database_all_come_up() {
    let database = TestDatabase::empty();
    // SQLite belongs to one process.
    let number = if database.url.is_sqlite() { 1 } else { 3 };
    let barrier = Barrier::new(number);
    let replicas: Vec<Process> = thread::scope(|scope| {
        let start = || {
            barrier.wait();
            Process::serve(&database, &[])
        };
        let threads: Vec<_> = (0..number).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for replica in &replicas {
        let admin = replica.admin();
        assert_eq!(admin.all("/users").len(), 1);
    }
    for replica in replicas {
        assert_eq!(replica.terminate(), Some(0));
    }
}

#[test]
fn notes_to_many_users_through_all_replicas_while_they_are_changed_are_all_there() {
    let it = Replicas::start();
    let users: Vec<String> = (0..6)
        .map(|number| {
            let body = json!({"email": null, "kind": "api", "given_name": "U", "surname": number.to_string()});
            text(&it.admin().post("/users", body).ok(201)["id"])
        })
        .collect();
    let course = it.course("Security Basics");
    let acknowledged = it.together(|number, client| {
        let mut made = Vec::new();
        for round in 0..5 {
            // Each client in an order of its own.
            for at in 0..users.len() {
                let user = &users[(at * 5 + number + round) % users.len()];
                let notes = json!({"notes": format!("{number} {round}")});
                let note = client.post(&format!("/users/{user}/activity"), notes).ok(201);
                if at == round {
                    let moved = json!({"occurred_at": "2026-01-01T00:00:00Z"});
                    let path = format!("/users/{user}/activity/{}", text(&note["id"]));
                    client.patch_now(&path, moved).ok(200);
                    let name = json!({"surname": format!("{number} {round}")});
                    client.patch_now(&format!("/users/{user}"), name).ok(200);
                    let body = json!({"course_id": course});
                    client.post(&format!("/users/{user}/enrollments"), body);
                }
                made.push(text(&note["id"]));
            }
        }
        made
    });
    let acknowledged: BTreeSet<String> = acknowledged.into_iter().flatten().collect();
    let there = it.admin().all("/activity?type=manual");
    assert_eq!(there.iter().map(|note| text(&note["id"])).collect::<BTreeSet<_>>(), acknowledged);
    assert_eq!(there.len(), it.clients.len() * 5 * users.len());
}
