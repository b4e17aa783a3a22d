//! Guard: every operation makes exactly the entries of its sample, and no other log changes.

use daybook::db::{connection::open_reader, schema::entries};
use diesel::{QueryDsl, RunQueryDsl};
use serde_json::json;

use crate::support::{
    app::TestApp,
    contract::operations,
    reply::text,
    samples::{Fixture, Sample},
};

/// The number of entries in all logs.
fn entries_in_all(app: &TestApp) -> i64 {
    let mut conn = open_reader(&app.database.url).unwrap();
    entries::table.count().get_result(&mut conn).unwrap()
}

#[test]
fn every_operation_makes_exactly_its_entries() {
    let app = TestApp::start();
    // Logged in once: another log-in would be another entry.
    let admin = app.admin();
    let log = |user: &str| -> Vec<String> {
        let entries = admin.all(&format!("/users/{user}/activity"));
        entries.iter().map(|entry| text(&entry["action"])).collect()
    };
    for operation in operations() {
        let fixture = Fixture::new(&app);
        let Some(sample) = Sample::new(&fixture, &operation) else { continue };
        let (before, all_before) = (log(&fixture.subject.id), entries_in_all(&app));

        sample.send(sample.sender(&fixture, &admin)).ok(sample.status);

        let after = log(&fixture.subject.id);
        let told = &after[..after.len() - before.len()];
        assert_eq!(told, sample.actions, "{}", sample.operation);
        // One entry is in the log of the new user, or in that of the API user.
        let elsewhere = [
            "create_user",
            "create_api_client",
            "update_api_client",
            "revoke_api_client",
            "rotate_api_client_secret",
        ];
        let elsewhere = i64::from(elsewhere.contains(&sample.operation));
        let all = entries_in_all(&app) - all_before;
        assert_eq!(all, sample.actions.len() as i64 + elsewhere, "{}", sample.operation);
    }
}

#[test]
fn a_repeated_request_is_done_and_logged_once() {
    let app = TestApp::start();
    let admin = app.admin();
    for operation in operations() {
        let fixture = Fixture::new(&app);
        let Some(sample) = Sample::new(&fixture, &operation) else { continue };
        if !["PUT", "DELETE", "PATCH"].contains(&sample.method.as_str()) {
            continue;
        }
        // It names the present password, so it can't be repeated: the same one is set once more.
        if sample.operation == "change_own_password" {
            continue;
        }
        sample.send(&admin).ok(sample.status);
        let before = entries_in_all(&app);
        sample.send(&admin).ok(sample.status);
        assert_eq!(entries_in_all(&app), before, "{}", sample.operation);
    }
}

#[test]
fn a_refused_request_leaves_no_entry() {
    let app = TestApp::start();
    let admin = app.admin();
    let other = app.learner("Other");
    let fixture = Fixture::new(&app);
    let user = &fixture.subject.id;
    let log = format!("/users/{user}/activity");
    let entry = text(&admin.get(&log).ok(200)["data"][0]["id"]);
    let note = json!({"notes": "x"});
    let before = entries_in_all(&app);

    other.client.post(&log, note.clone()).problem(404, "not_found");
    fixture.subject.client.post(&log, note.clone()).problem(403, "forbidden");
    admin.patch_now(&format!("{log}/{entry}"), note.clone()).problem(409, "immutable_entry");
    let profile = json!({"surname": "New"});
    admin.patch(&format!("/users/{user}"), "\"99\"", profile).problem(412, "precondition_failed");
    admin.post(&log, json!({"notes": ""})).problem(422, "validation_failed");
    admin.post(&log, json!({"notes": "x", "relates_to": user})).invalid("/relates_to", "unknown");

    assert_eq!(entries_in_all(&app), before);
}
