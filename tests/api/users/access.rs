//! Who changes what makes or widens access to the accounts of users.

use std::thread;

use daybook::db::connection::open_writer;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::support::{
    api_clients::{SCOPES, account},
    app::{PASSWORD, TestApp},
    client::Client,
    fixtures::Person,
    groups::{grant, set_home_group},
    reply::text,
};

fn path(person: &Person) -> String {
    format!("/users/{}", person.id)
}

/// Somebody with `manage_users` on a new group, which is the home group of these people.
fn manager_of(app: &TestApp, people: &[&Person]) -> Person {
    let (manager, home) = (app.learner("Max"), app.group("Home"));
    grant(app, &home, &manager, json!(["manage_users"]));
    for person in people {
        set_home_group(app, person, json!(home));
    }
    manager
}

fn refresh(client: &Client, token: &Value) -> u16 {
    client.post("/auth/refresh", json!({"refresh_token": token})).status
}

#[test]
fn a_manager_changes_no_account_of_a_learner() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let max = manager_of(&app, &[&sam]);
    let before = app.log(&sam.id);
    for body in [
        json!({"password": "a password of Max"}),
        json!({"email": "coming.administrator@example.com"}),
        json!({"employee_id": "E-1"}),
        json!({"status": "inactive"}),
        json!({"role": "administrator"}),
        json!({"home_group_id": null}),
        json!({"surname": "Half", "employee_id": "E-1"}),
    ] {
        max.client.patch_now(&path(&sam), body.clone()).problem(403, "forbidden");
        // Also where it is the manager's own home group.
        max.client.patch_now(&path(&max), body).problem(403, "forbidden");
    }
    assert_eq!(app.log(&sam.id), before);
    app.log_in(&sam.email, PASSWORD).ok(200);

    let body = json!({"given_name": "Samuel", "surname": "Rivera", "time_zone": "Asia/Tokyo"});
    max.client.patch_now(&path(&sam), body).ok(200);
    // A field may be sent with the value that it has.
    let body = json!({"email": sam.email, "status": "active", "role": "learner"});
    max.client.patch_now(&path(&sam), body).ok(200);
}

#[test]
fn a_manager_only_views_administrators_and_auditors() {
    let app = TestApp::start();
    let audrey = app.person("auditor", "Audrey", "Auditor");
    let anna = app.person("administrator", "Anna", "Admin");
    let max = manager_of(&app, &[&audrey, &anna]);
    let (course, plan) = (app.course("A course"), app.plan("A plan"));
    for person in [&audrey, &anna] {
        let (user, client) = (path(person), &max.client);
        client.get(&user).ok(200);
        client.patch_now(&user, json!({"surname": "Other"})).problem(403, "forbidden");
        client.patch_now(&user, json!({"status": "inactive"})).problem(403, "forbidden");
        client.patch_now(&user, json!({"supervisor_ids": [max.id]})).problem(403, "forbidden");
        let enrollments = format!("{user}/enrollments");
        client.post(&enrollments, json!({"course_id": course})).problem(403, "forbidden");
        let enrollment = format!("/enrollments/{}", app.enrollment(&person.id, &course));
        client.put(&format!("{enrollment}/start"), json!({})).problem(403, "forbidden");
        client.delete(&enrollment).problem(403, "forbidden");
        let plan = format!("{user}/learning-plans/{plan}");
        client.put(&plan, json!({})).problem(403, "forbidden");
        client.delete(&plan).problem(403, "forbidden");
        let training = json!({"title": "First Aid", "completed_on": "2026-06-30"});
        client.post(&format!("{user}/external-training"), training).problem(403, "forbidden");
        // The table has no such limit for notes.
        let note = client.post(&format!("{user}/activity"), json!({"notes": "One."})).ok(201);
        let note = format!("{user}/activity/{}", text(&note["id"]));
        client.patch_now(&note, json!({"notes": "Two."})).ok(200);
    }
}

#[test]
fn a_manager_is_refused_before_anybody_looks_whether_a_value_is_taken() {
    let app = TestApp::start();
    let (sam, hidden) = (app.learner("Sam"), app.learner("Hidden"));
    let max = manager_of(&app, &[&sam]);
    app.admin().patch_now(&path(&hidden), json!({"employee_id": "E-7"})).ok(200);
    for (taken, free) in [
        (json!({"email": hidden.email}), json!({"email": "free@example.com"})),
        (json!({"employee_id": "E-7"}), json!({"employee_id": "E-8"})),
    ] {
        for body in [taken, free] {
            max.client.patch_now(&path(&sam), body).problem(403, "forbidden");
        }
    }
}

#[test]
fn a_supervisor_whom_the_caller_may_not_see_is_unknown() {
    let app = TestApp::start();
    let (sam, tom, hidden) = (app.learner("Sam"), app.learner("Tom"), app.learner("Hidden"));
    let max = manager_of(&app, &[&sam, &tom]);
    let nobody = "01977f3e-5c00-7000-8000-000000000000";
    let of_hidden = max.client.patch_now(&path(&sam), json!({"supervisor_ids": [hidden.id]}));
    of_hidden.invalid("/supervisor_ids", "unknown");
    let of_nobody = max.client.patch_now(&path(&sam), json!({"supervisor_ids": [nobody]}));
    assert_eq!(of_hidden.json()["errors"], of_nobody.json()["errors"]);
    assert!(app.actions(&sam.id).iter().all(|it| !it.starts_with("user.supervisor")));

    max.client.patch_now(&path(&sam), json!({"supervisor_ids": [max.id, tom.id]})).ok(200);
    // A supervisor whom somebody else has named stays.
    let all = json!({"supervisor_ids": [max.id, tom.id, hidden.id]});
    app.admin().patch_now(&path(&sam), all).ok(200);
    max.client.patch_now(&path(&sam), json!({"supervisor_ids": [hidden.id]})).ok(200);
}

#[test]
fn a_raised_role_ends_all_sessions_of_the_user() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    for (role, ends) in [("auditor", true), ("administrator", true), ("learner", false)] {
        let session = app.log_in(&sam.email, PASSWORD).ok(200);
        let client = app.client_with(session["access_token"].as_str().unwrap());
        client.get("/me").ok(200);
        app.admin().patch_now(&path(&sam), json!({"role": role})).ok(200);
        if ends {
            client.get("/me").problem(401, "invalid_token");
            assert_eq!(refresh(&app.stranger(), &session["refresh_token"]), 401);
        } else {
            assert_eq!(client.get("/me").ok(200)["role"], role);
            assert_eq!(refresh(&app.stranger(), &session["refresh_token"]), 200);
        }
    }
}

#[test]
fn what_a_caller_may_do_is_asked_again_once_the_user_is_locked() {
    let app = TestApp::start();
    if app.database.url.is_sqlite() {
        // Its one writer does not wait for locks.
        return;
    }
    let (sam, tom) = (app.learner("Sam"), app.learner("Tom"));
    let max = manager_of(&app, &[&sam]);
    let hr = account(&app, SCOPES).client(&app);
    let changes = [
        (&max.client, &sam, json!({"surname": "Other"})),
        // An API client changes the address of a learner, and of nobody else.
        (&hr, &tom, json!({"email": "another@example.com"})),
    ];
    for (client, user, body) in changes {
        let mut holder = open_writer(&app.database.url).unwrap();
        let raise = format!(
            "BEGIN; UPDATE users SET role = 'administrator' WHERE id = {}",
            app.database.id(&user.id)
        );
        holder.batch_execute(&raise).unwrap();
        let reply = thread::scope(|scope| {
            let waits = scope.spawn(|| client.patch_now(&path(user), body));
            let waiting = "count(*)::text FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while app.database.ask(&format!("SELECT {waiting}")) == "0" {
                assert!(!waits.is_finished());
            }
            holder.batch_execute("COMMIT").unwrap();
            waits.join().unwrap()
        });
        reply.problem(403, "forbidden");
    }
}
