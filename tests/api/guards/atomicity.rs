//! Guard: no change without its entry. If the entry can't be written, every operation that changes
//! something leaves nothing behind.

use serde_json::{Value, json};

use crate::support::{
    app::{PASSWORD, TestApp},
    client::{Client, JSON},
    dump::dump,
    reply::Reply,
    sabotage::break_the_log,
    samples::{Fixture, samples},
};

/// Operations without an entry (docs/api-conventions.md, Actions): they change no user's data, and work while
/// the log is broken.
const WITHOUT_ENTRY: &[&str] = &[
    "refresh_session",
    "issue_token",
    "create_course",
    "update_course",
    "create_learning_plan",
    "update_learning_plan",
    "create_certification",
    "update_certification",
    "create_group",
    "update_group",
    "detach_learning_plan",
];

/// Sends a request that has to fail and to change nothing.
#[track_caller]
fn assert_nothing_survives(app: &TestApp, what: &str, send: impl FnOnce() -> Reply) {
    let before = dump(&app.database);
    let answer = send();
    assert!(dump(&app.database) == before, "{what} left something behind: {}", answer.text);
    assert_eq!(answer.status, 500, "{what}: {}", answer.text);
    answer.problem(500, "internal_error");
    for cause in ["sabotage", "entries", "revisions", "trigger", "sqlite", "src/"] {
        assert!(!answer.text.to_lowercase().contains(cause), "{what}: {}", answer.text);
    }
}

#[test]
fn where_the_entry_can_not_be_written_no_operation_changes_anything() {
    let app = TestApp::start();
    let (admin, fixture) = (app.admin(), Fixture::new(&app));
    break_the_log(&app);
    let changing = samples(&fixture).into_iter().filter(|sample| sample.method != "GET");
    let (without_entry, logged): (Vec<_>, Vec<_>) =
        changing.partition(|sample| WITHOUT_ENTRY.contains(&sample.operation));
    assert_eq!(without_entry.len(), WITHOUT_ENTRY.len());
    for sample in logged {
        // Each line of an import is a change of its own, and its outcome says that it failed.
        if sample.operation == "import_users" {
            let before = dump(&app.database);
            let report = sample.send(&admin).ok(200);
            assert!(dump(&app.database) == before, "{report}");
            assert_eq!(report["data"][0]["outcome"], "invalid");
            continue;
        }
        let client = sample.sender(&fixture, &admin);
        assert_nothing_survives(&app, sample.operation, || sample.send(client));
    }
    for sample in without_entry {
        let before = dump(&app.database);
        sample.send(&admin).ok(sample.status);
        assert!(dump(&app.database) != before, "{} did nothing", sample.operation);
    }
}

/// A request that changes something.
struct Change<'a> {
    client: &'a Client,
    method: &'a str,
    path: &'a str,
    body: Value,
}

#[test]
fn other_requests_of_the_same_operations_leave_nothing_behind_either() {
    let app = TestApp::start();
    let (admin, nobody, fixture) = (app.admin(), app.stranger(), Fixture::new(&app));
    let boss = app.learner("Maria").id;
    let subject = &fixture.subject;
    let (user, log) = (format!("/users/{}", subject.id), format!("/users/{}/activity", subject.id));
    let note = app.log(&subject.id).into_iter().find(|entry| entry["type"] == "manual").unwrap();
    let note = format!("{log}/{}", note["id"].as_str().unwrap());
    let enrollment = &admin.all(&format!("{user}/enrollments"))[0]["id"];
    let enrollment = format!("/enrollments/{}", enrollment.as_str().unwrap());
    let used = json!({"refresh_token": fixture.refresh_token});
    nobody.post("/auth/refresh", used.clone()).ok(200);
    let new_user = json!({
        "email": "new@example.com", "given_name": "New", "surname": "User",
        "supervisor_ids": [boss],
    });
    let change = |client, method, path, body| Change { client, method, path, body };
    let changes = [
        change(
            &nobody,
            "POST",
            "/auth/login",
            json!({"email": subject.email, "password": "wrong"}),
        ),
        change(
            &nobody,
            "POST",
            "/auth/login",
            json!({"email": subject.email, "password": PASSWORD}),
        ),
        // Used twice, the token ends the session.
        change(&nobody, "POST", "/auth/refresh", used),
        change(&admin, "POST", "/users", new_user),
        change(&admin, "PATCH", &user, json!({"supervisor_ids": [boss], "surname": "Other"})),
        change(&admin, "PATCH", &user, json!({"status": "inactive"})),
        change(&admin, "PATCH", &user, json!({"role": "auditor", "email": "other@example.com"})),
        change(&admin, "PATCH", &user, json!({"password": "another long password"})),
        change(&admin, "PATCH", &note, json!({"occurred_at": "2026-01-01T00:00:00Z"})),
        change(&admin, "PATCH", &note, json!({"created_by": app.admin_id, "notes": "Other."})),
        change(&admin, "PATCH", &enrollment, json!({"result": "fail"})),
    ];
    break_the_log(&app);
    for Change { client, method, path, body } in changes {
        assert_nothing_survives(&app, &format!("{method} {path} {body}"), || {
            client.send(method, path, &[JSON, ("if-match", "*")], Some(&body.to_string()))
        });
    }
}
