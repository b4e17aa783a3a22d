//! External trainings: those that the platform does not offer itself.

use daybook::domain::clock::Clock;
use serde_json::json;

use crate::support::{app::TestApp, reply::text};

#[test]
fn a_logged_training_is_in_the_list_and_in_the_log() {
    let app = TestApp::start();
    let user = app.learner("Sam");
    let path = format!("/users/{}/external-training", user.id);
    let body = json!({
        "title": "First Aid at Work", "completed_on": "2024-02-29", "provider": "Red Cross",
        "hours": 7.5,
    });
    let answer = app.admin().post(&path, body);
    let training = answer.ok(201);
    assert_eq!(answer.header("location"), Some(path.clone()));
    assert_eq!(answer.etag(), "\"1\"");
    assert_eq!(training["title"], "First Aid at Work");
    assert_eq!(training["completed_on"], "2024-02-29");
    assert_eq!(training["provider"], "Red Cross");
    assert_eq!(training["hours"], 7.5);

    assert_eq!(user.client.get(&path).ok(200)["data"], json!([training]));
    let entry = &app.log(&user.id)[0];
    assert_eq!(entry["action"], "external_training.logged");
    assert_eq!(entry["source"], "admin");
    assert_eq!(entry["occurred_at"], entry["recorded_at"]);
    assert_eq!(
        entry["target"],
        json!({"type": "external_training", "id": training["id"], "name": "First Aid at Work"})
    );
    let told = "The external training “First Aid at Work” of Sam Learner, completed on 2024-02-29, \
                was logged.";
    assert_eq!(entry["description"], told);
}

#[test]
fn fields_that_are_left_out_are_null() {
    let app = TestApp::start();
    let user = app.learner("Sam");
    let path = format!("/users/{}/external-training", user.id);
    let body = json!({"title": "x", "completed_on": "2026-01-01", "provider": null});
    let training = app.admin().post(&path, body).ok(201);
    assert!(training["provider"].is_null() && training["hours"].is_null());
}

#[test]
fn the_list_has_pages_the_newest_first_and_counts_when_asked() {
    let app = TestApp::start();
    let user = app.learner("Sam");
    let path = format!("/users/{}/external-training", user.id);
    for title in ["one", "two", "three"] {
        let body = json!({"title": title, "completed_on": "2026-01-01"});
        app.admin().post(&path, body).ok(201);
    }
    let first = user.client.get(&format!("{path}?limit=2&include=total_count")).ok(200);
    let titles = |page: &serde_json::Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|it| text(&it["title"])).collect()
    };
    assert_eq!(titles(&first), ["three", "two"]);
    assert_eq!(first["page"]["total_count"], 3);
    let cursor = text(&first["page"]["next_cursor"]);
    let second = user.client.get(&format!("{path}?limit=2&cursor={cursor}")).ok(200);
    assert_eq!(titles(&second), ["one"]);
    assert_eq!(second["page"]["has_more"], false);
}

#[test]
fn a_day_that_is_none_or_has_not_begun_anywhere_is_refused() {
    let clock = Clock::stopped_at("2026-06-30T09:59:59Z".parse().unwrap());
    let app = TestApp::start_with(clock.clone());
    let user = app.learner("Sam");
    let path = format!("/users/{}/external-training", user.id);
    let admin = app.admin();
    let log = |day: &str| admin.post(&path, json!({"title": "x", "completed_on": day}));
    for day in ["2026-02-29", "2026-6-3", "2026-06-30T00:00:00Z", "+026-06-30", "0000-01-01", ""] {
        log(day).invalid("/completed_on", "invalid");
    }
    log("2026-06-30").ok(201);
    log("2026-07-01").invalid("/completed_on", "in_future");
    // At UTC+14 the day has begun.
    clock.set("2026-06-30T10:00:00Z".parse().unwrap());
    log("2026-07-01").ok(201);
    log("2026-07-02").invalid("/completed_on", "in_future");
}
