//! Guard: no change without its entry. Where the entry can't be written, nothing of the change
//! survives, for every operation of the document that changes anything.

use serde_json::{Value, json};

use crate::support::{
    app::{Answer, Client, JSON, PASSWORD, TestApp},
    cases::{Fixture, cases},
    dump::dump,
};

/// What is about no user, or is no fact of a user's life, has no entry (contract, section 6): it
/// goes on while the log is broken.
const OF_NO_USER: &[&str] = &[
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

/// From now on neither an entry nor the earlier wording of a note can be written.
pub fn break_the_log(app: &TestApp) {
    let tables = ["entries", "entry_revisions"];
    let sql = if app.database.url.is_sqlite() {
        tables.map(|table| {
            format!(
                "CREATE TRIGGER sabotage_{table} BEFORE INSERT ON {table} \
                 BEGIN SELECT RAISE(ABORT, 'sabotage'); END;"
            )
        })
    } else {
        tables.map(|table| {
            format!(
                "CREATE OR REPLACE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'sabotage'; END $$; \
                 CREATE TRIGGER sabotage BEFORE INSERT ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION sabotage();"
            )
        })
    };
    app.database.sabotage(&sql.concat()).unwrap();
}

/// Sends what should fail, and leave everything as it was.
#[track_caller]
fn assert_nothing_survives(app: &TestApp, what: &str, send: impl FnOnce() -> Answer) {
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
    let changing = cases(&fixture).into_iter().filter(|case| case.method != "GET");
    let (of_no_user, told): (Vec<_>, Vec<_>) =
        changing.partition(|case| OF_NO_USER.contains(&case.operation));
    assert_eq!(of_no_user.len(), OF_NO_USER.len());
    for case in told {
        // Each line of an import is a change of its own, and its outcome says that it failed.
        if case.operation == "import_users" {
            let before = dump(&app.database);
            let report = case.send(&admin).ok(200);
            assert!(dump(&app.database) == before, "{report}");
            assert_eq!(report["data"][0]["outcome"], "invalid");
            continue;
        }
        let client = if case.operation == "log_out" { &fixture.subject.client } else { &admin };
        assert_nothing_survives(&app, case.operation, || case.send(client));
    }
    for case in of_no_user {
        let before = dump(&app.database);
        case.send(&admin).ok(case.status);
        assert!(dump(&app.database) != before, "{} did nothing", case.operation);
    }
}

#[test]
fn what_an_operation_does_in_other_cases_does_not_survive_either() {
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
    let cases: Vec<(&Client, &str, &str, Value)> = vec![
        (&nobody, "POST", "/auth/login", json!({"email": subject.email, "password": "wrong"})),
        (&nobody, "POST", "/auth/login", json!({"email": subject.email, "password": PASSWORD})),
        // Used twice, the token ends the session.
        (&nobody, "POST", "/auth/refresh", used),
        (&admin, "POST", "/users", new_user),
        (&admin, "PATCH", &user, json!({"supervisor_ids": [boss], "surname": "Other"})),
        (&admin, "PATCH", &user, json!({"status": "inactive"})),
        (&admin, "PATCH", &user, json!({"role": "auditor", "email": "other@example.com"})),
        (&admin, "PATCH", &user, json!({"password": "another long password"})),
        (&admin, "PATCH", &note, json!({"occurred_at": "2026-01-01T00:00:00Z"})),
        (&admin, "PATCH", &note, json!({"created_by": app.admin_id, "notes": "Other."})),
        (&admin, "PATCH", &enrollment, json!({"result": "fail"})),
    ];
    break_the_log(&app);
    for (client, method, path, body) in cases {
        assert_nothing_survives(&app, &format!("{method} {path} {body}"), || {
            client.send(method, path, &[JSON, ("if-match", "*")], Some(&body.to_string()))
        });
    }
}
