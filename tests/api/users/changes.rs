//! The entries that changes of users make.

use serde_json::{Value, json};

use crate::support::{
    app::{PASSWORD, TestApp},
    expect::{changes, entries, entry},
    fixtures::Person,
    reply::text,
};

fn path(person: &Person) -> String {
    format!("/users/{}", person.id)
}

fn user_target(person: &Person, name: &str) -> Value {
    json!({"type": "user", "id": person.id, "name": name})
}

/// The entry was made by the administrator's hand.
#[track_caller]
fn assert_by_admin(app: &TestApp, entry: &Value) {
    let admin = json!({"id": app.admin_id.to_string(), "name": "Ada Admin", "kind": "person"});
    assert_eq!(entry["entered_by"], admin);
    assert_eq!(entry["created_by"], Value::Null);
    assert_eq!(entry["source"], "admin");
    assert_eq!(entry["type"], "system");
    assert_eq!(entry["relates_to"], Value::Null);
    assert_eq!(entry["external_id"], Value::Null);
    assert_eq!(entry["occurred_at"], entry["recorded_at"]);
}

#[test]
fn the_creation_of_a_user_is_an_entry_of_their_own_log() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let created = entry(&app, &sam.id, "user.created");
    assert_by_admin(&app, &created);
    assert_eq!(created["user_id"], sam.id.as_str());
    assert_eq!(created["target"], user_target(&sam, "Sam Learner"));
    assert_eq!(created["changes"], json!([]));
}

#[test]
fn making_a_user_with_supervisors_has_an_entry_for_each_of_them() {
    let app = TestApp::start();
    let (anna, ben) = (app.learner("Anna"), app.learner("Ben"));
    let body = json!({
        "email": "sam@example.com", "given_name": "Sam", "surname": "Rivera",
        "supervisor_ids": [anna.id, ben.id],
    });
    let sam = text(&app.admin().post("/users", body).ok(201)["id"]);
    entry(&app, &sam, "user.created");
    let added = entries(&app, &sam, "user.supervisor_added");
    assert_eq!(added.len(), 2);
    let field = "supervisor_ids";
    let (none, one, two) = (json!([]), json!([anna.id]), json!([anna.id, ben.id]));
    assert_eq!(added[1]["target"], user_target(&anna, "Anna Learner"));
    assert_eq!(added[1]["changes"], changes(&[(field, none, one.clone())]));
    assert_eq!(added[0]["target"], user_target(&ben, "Ben Learner"));
    assert_eq!(added[0]["changes"], changes(&[(field, one, two)]));
    // The supervisor's own log has no entry for it.
    assert!(app.actions(&anna.id).is_empty());
}

#[test]
fn the_fields_of_a_profile_are_one_entry_with_before_and_after() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let body = json!({
        "email": "sam@example.org", "given_name": "Samuel", "surname": "Rivera",
        "employee_id": "E-7", "time_zone": "Europe/Lisbon",
    });
    let user = app.admin().patch_now(&path(&sam), body).ok(200);
    assert_eq!(user["name"], "Samuel Rivera");
    assert_eq!(app.actions(&sam.id), ["user.updated"]);
    let updated = entry(&app, &sam.id, "user.updated");
    assert_by_admin(&app, &updated);
    assert_eq!(updated["target"], user_target(&sam, "Samuel Rivera"));
    let expected = changes(&[
        ("email", json!(sam.email), json!("sam@example.org")),
        ("given_name", json!("Sam"), json!("Samuel")),
        ("surname", json!("Learner"), json!("Rivera")),
        ("employee_id", Value::Null, json!("E-7")),
        ("time_zone", json!("UTC"), json!("Europe/Lisbon")),
    ]);
    assert_eq!(updated["changes"], expected);
    // The older entry still has the name of that time.
    assert_eq!(entry(&app, &sam.id, "user.created")["target"]["name"], "Sam Learner");
}

#[test]
fn a_field_that_is_cleared_was_something_before() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    app.admin().patch_now(&path(&sam), json!({"employee_id": "E-7"})).ok(200);
    let user = app.admin().patch_now(&path(&sam), json!({"employee_id": null})).ok(200);
    assert_eq!(user["employee_id"], Value::Null);
    let updated = &entries(&app, &sam.id, "user.updated")[0];
    assert_eq!(updated["changes"], changes(&[("employee_id", json!("E-7"), Value::Null)]));
}

#[test]
fn role_and_status_are_entries_of_their_own() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    struct Entry {
        action: &'static str,
        field: &'static str,
        before: &'static str,
        after: &'static str,
    }
    let expected = [
        Entry { action: "user.role_changed", field: "role", before: "learner", after: "auditor" },
        Entry { action: "user.deactivated", field: "status", before: "active", after: "inactive" },
        Entry { action: "user.reactivated", field: "status", before: "inactive", after: "active" },
    ];
    for Entry { action, field, before, after } in expected {
        let mut body = json!({});
        body[field] = json!(after);
        app.admin().patch_now(&path(&sam), body).ok(200);
        let told = entry(&app, &sam.id, action);
        assert_by_admin(&app, &told);
        assert_eq!(told["target"], user_target(&sam, "Sam Learner"));
        assert_eq!(told["changes"], changes(&[(field, json!(before), json!(after))]));
    }
    assert_eq!(app.actions(&sam.id).len(), 3);
}

#[test]
fn a_new_password_is_logged_without_its_value() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let password = "a password that nobody may read";
    app.admin().patch_now(&path(&sam), json!({"password": password})).ok(200);
    let told = entry(&app, &sam.id, "user.password_changed");
    assert_by_admin(&app, &told);
    assert_eq!(told["changes"], json!([]));
    app.log_in(&sam.email, password).ok(200);
    let log = Value::from(app.log(&sam.id)).to_string();
    for secret in [password, PASSWORD, "argon2", "password_hash"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn supervisors_who_come_and_go_are_an_entry_each() {
    let app = TestApp::start();
    let (anna, ben, sam) = (app.learner("Anna"), app.learner("Ben"), app.learner("Sam"));
    app.admin().patch_now(&path(&sam), json!({"supervisor_ids": [anna.id]})).ok(200);
    let user = app.admin().patch_now(&path(&sam), json!({"supervisor_ids": [ben.id]})).ok(200);
    assert_eq!(user["supervisor_ids"], json!([ben.id]));
    assert_eq!(
        app.actions(&sam.id),
        ["user.supervisor_added", "user.supervisor_removed", "user.supervisor_added"]
    );
    let removed = entry(&app, &sam.id, "user.supervisor_removed");
    assert_by_admin(&app, &removed);
    assert_eq!(removed["target"], user_target(&anna, "Anna Learner"));
    let (before, after) = (json!([anna.id]), json!([]));
    assert_eq!(removed["changes"], changes(&[("supervisor_ids", before, after)]));
    let added = &entries(&app, &sam.id, "user.supervisor_added")[0];
    assert_eq!(added["target"], user_target(&ben, "Ben Learner"));
    assert_eq!(added["changes"], changes(&[("supervisor_ids", json!([]), json!([ben.id]))]));
}

#[test]
fn a_patch_of_several_things_is_one_entry_for_each_action() {
    let app = TestApp::start();
    let (anna, sam) = (app.learner("Anna"), app.learner("Sam"));
    let body = json!({
        "surname": "Rivera", "time_zone": "Asia/Tokyo", "role": "auditor", "status": "inactive",
        "password": "another long password", "supervisor_ids": [anna.id],
    });
    app.admin().patch_now(&path(&sam), body).ok(200);
    let mut actions = app.actions(&sam.id);
    actions.sort();
    let expected = [
        "user.deactivated",
        "user.password_changed",
        "user.role_changed",
        "user.supervisor_added",
        "user.updated",
    ];
    assert_eq!(actions, expected);
}

#[test]
fn a_patch_that_changes_nothing_logs_nothing_and_keeps_the_etag() {
    let app = TestApp::start();
    let (anna, ben, sam) = (app.learner("Anna"), app.learner("Ben"), app.learner("Sam"));
    let everything = json!({
        "given_name": "Sam", "surname": "Learner", "email": sam.email, "role": "learner",
        "status": "active", "time_zone": "UTC", "employee_id": null,
    });
    let supervised = json!({"supervisor_ids": [anna.id, ben.id]});
    let before = app.admin().patch_now(&path(&sam), supervised);
    let log = app.log(&sam.id);
    // The order of supervisors has no meaning.
    for body in [everything, json!({"supervisor_ids": [ben.id, anna.id, ben.id]})] {
        let after = app.admin().patch(&path(&sam), &before.etag(), body);
        assert_eq!(after.ok(200), before.ok(200));
        assert_eq!(after.etag(), before.etag());
    }
    assert_eq!(app.log(&sam.id), log);
}

#[test]
fn a_patch_that_is_refused_leaves_nothing_behind() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let before = app.admin().get(&path(&sam));
    let nobody = "01977f3e-5c00-7000-8000-000000000000";
    let body = json!({"surname": "Rivera", "role": "auditor", "supervisor_ids": [nobody]});
    app.admin().patch_now(&path(&sam), body).invalid("/supervisor_ids", "unknown");
    let after = app.admin().get(&path(&sam));
    assert_eq!((after.json(), after.etag()), (before.json(), before.etag()));
    assert!(app.actions(&sam.id).is_empty());
}

#[test]
fn the_source_of_a_change_of_ones_own_profile_is_self() {
    let app = TestApp::start();
    let id = app.admin_id.to_string();
    let admin = app.admin();
    admin.patch_now(&format!("/users/{id}"), json!({"surname": "Administrator"})).ok(200);
    let updated = entry(&app, &id, "user.updated");
    assert_eq!(updated["source"], "self");
    assert_eq!(updated["entered_by"]["id"], id.as_str());
    // No user of the system made the first administrator.
    let created = entry(&app, &id, "user.created");
    assert_eq!((&created["source"], &created["entered_by"]), (&json!("system"), &Value::Null));
}
