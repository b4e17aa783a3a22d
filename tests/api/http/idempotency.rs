//! `Idempotency-Key`: a `POST` that is sent again has no second effect and gets the first reply.

use std::{sync::mpsc, thread};

use daybook::{
    domain::{clock::Clock, timestamp::Timestamp},
    journal::recorded::{Recorded, Unlogged},
};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{
    api_clients::api_user,
    app::{PASSWORD, TestApp, block_on},
    client::{CSV, Client, JSON},
    contract::operations,
    database::TestDatabase,
    dump::dump,
    process::Process,
    reply::{Reply, text},
    samples::{Fixture, Sample},
};

fn post(client: &Client, path: &str, key: &str, body: &Value) -> Reply {
    client.send("POST", path, &[JSON, ("idempotency-key", key)], Some(&body.to_string()))
}

/// What a repeated reply has to repeat: everything but the headers of the single request.
#[derive(Debug, PartialEq)]
struct Repeated {
    status: u16,
    location: Option<String>,
    etag: Option<String>,
    cache_control: Option<String>,
    text: String,
}

fn repeated(reply: &Reply) -> Repeated {
    let header = |name| reply.header(name);
    Repeated {
        status: reply.status,
        location: header("location"),
        etag: header("etag"),
        cache_control: header("cache-control"),
        text: reply.text.clone(),
    }
}

#[test]
fn every_post_sent_again_has_no_second_effect_and_gets_the_first_answer() {
    let app = TestApp::start();
    let admin = app.admin();
    let mut tried = 0;
    for operation in operations() {
        let fixture = Fixture::new(&app);
        let Some(sample) = Sample::new(&fixture, &operation) else { continue };
        if sample.method != "POST" {
            continue;
        }
        let client = sample.sender(&fixture, &admin);
        let send = |sample: &Sample| sample.send_with(client, &[("idempotency-key", "\"again\"")]);
        let first = send(&sample);
        assert_eq!(first.status, sample.status, "{}: {}", sample.operation, first.text);
        let after_first = dump(&app.database);
        let second = send(&sample);
        assert_eq!(repeated(&second), repeated(&first), "{}", sample.operation);
        assert!(dump(&app.database) == after_first, "{} had a second effect", sample.operation);
        // A key belongs to one caller and one path. Another path needs another key.
        if sample.has_problems() && sample.operation != "log_out" {
            let other = Sample { path: format!("{}?", sample.path), ..sample };
            let public = ["log_in", "refresh_session"].contains(&other.operation);
            let answer = send(&other);
            if !public {
                answer.problem(422, "idempotency_key_reused");
            }
        }
        let forget = "DELETE FROM idempotency_keys";
        app.database.sabotage(forget).unwrap();
        tried += 1;
    }
    assert!(tried > 12, "only {tried} operations were tried");
}

#[test]
fn a_key_that_was_used_for_another_body_or_path_is_refused() {
    let app = TestApp::start();
    let (admin, sam, tom) = (app.admin(), app.learner("Sam"), app.learner("Tom"));
    let log = |id: &str| format!("/users/{id}/activity");
    let note = json!({"notes": "One."});
    post(&admin, &log(&sam.id), "k", &note).ok(201);
    let other = post(&admin, &log(&sam.id), "k", &json!({"notes": "Two."}));
    other.problem(422, "idempotency_key_reused");
    post(&admin, &log(&tom.id), "k", &note).problem(422, "idempotency_key_reused");
    assert_eq!(app.actions(&sam.id), ["note"]);
    assert!(app.actions(&tom.id).is_empty());
}

#[test]
fn a_key_is_of_one_caller() {
    let app = TestApp::start();
    let (auditor, sam) = (app.person("administrator", "Anna", "Admin").client, app.learner("Sam"));
    let path = format!("/users/{}/activity", sam.id);
    let note = json!({"notes": "One."});
    let one = post(&app.admin(), &path, "k", &note).ok(201);
    let two = post(&auditor, &path, "k", &note).ok(201);
    assert_ne!(one["id"], two["id"]);
    assert_ne!(one["entered_by"], two["entered_by"]);
    // With a new session, the caller is the same.
    assert_eq!(post(&app.admin(), &path, "k", &note).ok(201), one);
}

#[test]
fn a_key_is_kept_for_a_day() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let app = TestApp::start_with(clock.clone());
    let sam = app.learner("Sam");
    let path = format!("/users/{}/activity", sam.id);
    let note = json!({"notes": "One."});
    let first = post(&app.admin(), &path, "k", &note).ok(201);
    clock.set(clock.now().plus_seconds(24 * 3600 - 1));
    assert_eq!(post(&app.admin(), &path, "k", &note).ok(201), first);
    clock.set(clock.now().plus_seconds(1));
    let second = post(&app.admin(), &path, "k", &json!({"notes": "Another."})).ok(201);
    assert_ne!(second["id"], first["id"]);
    let forgotten = block_on(daybook::changes::idempotency::forget_expired(&app.db));
    assert_eq!(forgotten.unwrap(), 0, "the second one took the first one's place");
}

#[test]
fn while_the_first_request_is_running_the_second_is_a_conflict() {
    let app = TestApp::start();
    let (admin, sam) = (app.admin(), app.learner("Sam"));
    let path = format!("/users/{}/activity", sam.id);
    let (holds, held) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let (answers, answered) = mpsc::channel();
    thread::scope(|scope| {
        let db = app.db.clone();
        scope.spawn(move || {
            // Until this ends, nobody can write to Sam's log.
            let holding = block_on(db.transact(move |tx| {
                tx.write().batch_execute("UPDATE users SET version = version")?;
                holds.send(()).unwrap();
                released.recv().unwrap();
                Ok(Recorded::unlogged(Unlogged::Housekeeping, ()))
            }));
            holding.unwrap();
        });
        held.recv().unwrap();
        for _ in 0..2 {
            let (admin, path, answers) = (&admin, &path, answers.clone());
            scope.spawn(move || {
                answers.send(post(admin, path, "k", &json!({"notes": "One."}))).unwrap();
            });
        }
        answered.recv().unwrap().problem(409, "idempotency_in_flight");
        release.send(()).unwrap();
        answered.recv().unwrap().ok(201);
    });
    assert_eq!(app.actions(&sam.id), ["note"]);
}

#[test]
fn what_was_refused_may_be_tried_again_with_the_same_key() {
    let app = TestApp::start();
    let (admin, sam) = (app.admin(), app.learner("Sam"));
    let path = format!("/users/{}/activity", sam.id);
    post(&admin, &path, "k", &json!({"notes": ""})).problem(422, "validation_failed");
    let later = json!({"notes": "x", "occurred_at": "2999-01-01T00:00:00Z"});
    post(&admin, &path, "k", &later).problem(422, "validation_failed");
    post(&admin, &path, "k", &json!({"notes": "x"})).ok(201);
    // A failed log-in is logged each time.
    let login = |password: &str| {
        let body = json!({"email": sam.email, "password": password});
        post(&app.stranger(), "/auth/login", "k", &body)
    };
    login("wrong").problem(401, "unauthenticated");
    login("wrong").problem(401, "unauthenticated");
    let failed = format!("{path}?action=session.login_failed");
    assert_eq!(admin.all(&failed).len(), 2);
    login(PASSWORD).ok(200);
}

#[test]
fn a_key_is_bare_or_quoted_and_nothing_else() {
    let app = TestApp::start();
    let (admin, sam) = (app.admin(), app.learner("Sam"));
    let path = format!("/users/{}/activity", sam.id);
    let note = json!({"notes": "One."});
    let bare = post(&admin, &path, "8e03978e-40d5-43dd-bc93-6894a57f9324", &note).ok(201);
    let quoted = post(&admin, &path, "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", &note).ok(201);
    assert_eq!(bare, quoted);
    post(&admin, &path, &"x".repeat(255), &note).ok(201);
    let (long, told) = ("x".repeat(256), app.actions(&sam.id));
    for key in ["", "\"", "\"\"", "\"a", "é", "a\tb", "\"a\"b\"", &long] {
        post(&admin, &path, key, &note).problem(400, "malformed_request");
    }
    let twice = [JSON, ("idempotency-key", "a"), ("idempotency-key", "a")];
    admin.send("POST", &path, &twice, Some(&note.to_string())).problem(400, "malformed_request");
    assert_eq!(app.actions(&sam.id), told);
}

#[test]
fn what_is_kept_can_not_be_read_in_the_database() {
    let app = TestApp::start();
    let user = api_user(&app, "learner");
    let body = json!({"name": "HR", "user_id": user, "scopes": ["users:read"]});
    let made = post(&app.admin(), "/api-clients", "k", &body).ok(201);
    let secret = text(&made["client_secret"]);
    let stored = dump(&app.database).join("\n");
    let hexed: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in [secret.clone(), hexed.clone(), hexed.to_uppercase()] {
        assert!(!stored.contains(&form));
    }
    // A client that lost the reply and sends the request again gets it.
    assert_eq!(
        text(&post(&app.admin(), "/api-clients", "k", &body).ok(201)["client_secret"]),
        secret
    );
}

#[test]
fn an_answer_is_given_again_after_a_restart() {
    let database = TestDatabase::migrated();
    let body = json!({"email": "sam@example.com", "given_name": "Sam", "surname": "Rivera"});
    let first = Process::serve(&database, &[]);
    let made = post(&first.admin(), "/users", "k", &body);
    made.ok(201);
    first.kill();
    let second = Process::serve(&database, &[]);
    let again = post(&second.admin(), "/users", "k", &body);
    assert_eq!(repeated(&again), repeated(&made));
    let other = json!({"email": "tom@example.com", "given_name": "Tom", "surname": "Baker"});
    post(&second.admin(), "/users", "k", &other).problem(422, "idempotency_key_reused");
}

#[test]
fn an_import_that_was_killed_may_be_sent_again_after_a_while() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let app = TestApp::start_with(clock.clone());
    let csv = "email,given_name,surname\nsam@example.com,Sam,Rivera\n";
    let headers = [CSV, ("idempotency-key", "k")];
    let send = |query: &str| {
        app.admin().send("POST", &format!("/users/import{query}"), &headers, Some(csv))
    };
    assert_eq!(send("").ok(200)["summary"]["created"], 1);
    assert_eq!(send("").ok(200)["summary"]["created"], 1, "the first answer");
    send("?dry_run=true").problem(422, "idempotency_key_reused");
    // As if the process had been killed before it replied.
    app.database.sabotage("UPDATE idempotency_keys SET response = NULL").unwrap();
    send("").problem(409, "idempotency_in_flight");
    clock.set(clock.now().plus_seconds(24 * 3600));
    assert_eq!(send("").ok(200)["summary"]["unchanged"], 1);
}

#[test]
fn each_session_ends_by_itself_whatever_the_key() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let (one, two) = (app.client_of(&sam.email), app.client_of(&sam.email));
    for client in [&one, &two] {
        post(client, "/auth/logout", "log-out", &json!({})).ok(204);
        client.get("/me").problem(401, "invalid_token");
        post(client, "/auth/logout", "log-out", &json!({})).ok(204);
    }
}

#[test]
fn a_password_can_not_be_tried_against_what_is_kept() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let body = json!({"email": sam.email, "password": PASSWORD}).to_string();
    let headers = [JSON, ("idempotency-key", "k")];
    app.stranger().send("POST", "/auth/login", &headers, Some(&body)).ok(200);
    // Hashes that somebody with the database could compute from a guessed password.
    let parts: [&[u8]; 3] = [b"POST", b"/auth/login", &Sha256::digest(&body)];
    let framed = |parts: &[&[u8]]| -> String {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let guess = framed(&parts);
    let stored = dump(&app.database).join("\n");
    assert!(!stored.contains(&guess));
    assert!(!stored.contains(&framed(&[&[], guess.as_bytes()])));
}

#[test]
fn a_replay_asks_again_whether_the_caller_still_may() {
    let app = TestApp::start();
    let (ada, anna) = (app.admin(), app.person("administrator", "Anna", "Admin"));
    let (sam, user) = (app.learner("Sam"), api_user(&app, "learner"));
    let body = json!({"name": "HR", "user_id": user, "scopes": ["users:read"]});
    let made = post(&anna.client, "/api-clients", "client", &body);
    let secrets = format!("/api-clients/{}/secrets", text(&made.ok(201)["id"]));
    let note = format!("/users/{}/activity", sam.id);
    let csv = "email,given_name,surname\ntom@example.com,Tom,Baker\n";
    let import = |client: &Client| {
        let headers = [CSV, ("idempotency-key", "import")];
        client.send("POST", "/users/import", &headers, Some(csv))
    };
    post(&anna.client, &secrets, "secret", &json!({})).ok(201);
    post(&anna.client, &note, "note", &json!({"notes": "One."})).ok(201);
    import(&anna.client).ok(200);

    ada.patch_now(&format!("/users/{}", anna.id), json!({"role": "learner"})).ok(200);
    let replays = [
        (post(&anna.client, "/api-clients", "client", &body), 403, "forbidden"),
        (post(&anna.client, &secrets, "secret", &json!({})), 403, "forbidden"),
        (post(&anna.client, &note, "note", &json!({"notes": "One."})), 404, "not_found"),
        (import(&anna.client), 403, "forbidden"),
    ];
    for (reply, status, code) in replays {
        reply.problem(status, code);
        assert!(!reply.text.contains("dbk_"), "{}", reply.text);
    }
    // Who may again gets the first reply again.
    ada.patch_now(&format!("/users/{}", anna.id), json!({"role": "administrator"})).ok(200);
    let anna = app.client_of(&anna.email);
    assert_eq!(post(&anna, "/api-clients", "client", &body).text, made.text);
}
