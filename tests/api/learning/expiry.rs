//! Certifications expire by themselves when their validity ends.

use std::{
    thread,
    time::{Duration, Instant},
};

use daybook::{
    changes::certifications::expire_due,
    db::database::{Db, Options},
    domain::{clock::Clock, timestamp::Timestamp},
};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, block_on},
    learning::{assign, certification, certification_state, chain, complete, plan_of, plan_status},
    process::Process,
};

const DAY: i64 = 24 * 3600;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A service whose clock is stopped at a morning in spring, some years ago.
fn spring() -> (TestApp, Timestamp) {
    let start = time("2024-03-02T09:00:00Z");
    (TestApp::start_with(Clock::stopped_at(start)), start)
}

fn expire(app: &TestApp) -> usize {
    block_on(expire_due(&app.db)).unwrap()
}

/// A learner with a plan that one course fulfils for ten days. Returns the ids of both.
fn certified(app: &TestApp) -> (String, String) {
    let (sam, course) = (app.learner("Sam").id, app.course("One"));
    let forklift = certification(app, "Forklift", &[&course], json!(10));
    assign(app, &sam, &plan_of(app, "Driving", &[&forklift]));
    complete(app, &sam, &course, &json!({"method": "earned"}));
    (sam, course)
}

#[test]
fn a_certification_expires_at_its_time_and_takes_the_plan_with_it() {
    let (app, start) = spring();
    let (sam, _) = certified(&app);
    let before = certification_state(&app, &sam);
    assert_eq!(before["expires_at"], "2024-03-12T09:00:00.000Z");
    app.clock.set(start.plus_seconds(10 * DAY - 1));
    assert_eq!(expire(&app), 0);
    assert_eq!(certification_state(&app, &sam), before);

    app.clock.set(start.plus_seconds(10 * DAY));
    assert_eq!(expire(&app), 1);
    assert_eq!(expire(&app), 0);
    let log = chain(&app, &sam, &["certification.expired", "learning_plan.unmet"]);
    assert_eq!(log[0]["occurred_at"], "2024-03-12T09:00:00.000Z");
    assert_eq!((&log[0]["source"], &log[0]["entered_by"]), (&json!("system"), &Value::Null));
    assert_eq!((&log[0]["created_by"], &log[0]["relates_to"]), (&Value::Null, &Value::Null));
    let changes = json!([{"field": "status", "before": "met", "after": "expired"}]);
    assert_eq!(log[0]["changes"], changes);
    assert_eq!(log[0]["target"]["name"], "Forklift");
    let after = certification_state(&app, &sam);
    assert_eq!(after["status"], "expired");
    assert_eq!(
        (&after["met_at"], &after["expires_at"]),
        (&before["met_at"], &before["expires_at"])
    );
    assert_eq!(plan_status(&app, &sam), "not_met");
}

#[test]
fn an_overdue_expiry_has_the_time_when_it_was_due() {
    let (app, start) = spring();
    let (sam, _) = certified(&app);
    let (tom, _) = certified(&app);
    app.clock.set(start.plus_seconds(100 * DAY));
    assert_eq!(expire(&app), 2);
    for user in [sam, tom] {
        let log = chain(&app, &user, &["certification.expired", "learning_plan.unmet"]);
        assert_eq!(log[0]["occurred_at"], "2024-03-12T09:00:00.000Z");
        assert_eq!(log[0]["recorded_at"], "2024-06-10T09:00:00.000Z");
    }
}

#[test]
fn two_replicas_expire_each_certification_once() {
    let (app, start) = spring();
    let users: Vec<String> = (0..12).map(|_| certified(&app).0).collect();
    app.clock.set(start.plus_seconds(11 * DAY));
    let replica = || {
        let options = Options::new(app.database.url.clone(), 2);
        let db = Db::open(&options, Clock::stopped_at(app.clock.now())).unwrap();
        thread::spawn(move || block_on(expire_due(&db)).unwrap())
    };
    let (one, two) = (replica(), replica());
    assert_eq!(one.join().unwrap() + two.join().unwrap(), users.len());
    for user in users {
        let told = ["learning_plan.unmet", "certification.expired", "learning_plan.met"];
        assert_eq!(app.actions(&user)[..3], told);
    }
}

#[test]
fn what_expired_is_met_again_by_a_new_completion_and_not_by_the_old_one() {
    let (app, start) = spring();
    let (sam, course) = certified(&app);
    app.clock.set(start.plus_seconds(20 * DAY));
    expire(&app);
    let told = app.actions(&sam).len();

    // The same completion, seen again, and seen without what was done later.
    let page = app.admin().get(&format!("/users/{sam}/enrollments")).ok(200);
    let enrollment = format!("/enrollments/{}", page["data"][0]["id"].as_str().unwrap());
    app.admin().patch_now(&enrollment, json!({"grade": 99})).ok(200);
    assert_eq!(app.actions(&sam).len(), told + 1);
    assert_eq!(certification_state(&app, &sam)["status"], "expired");

    app.admin().delete(&enrollment).ok(204);
    complete(&app, &sam, &course, &json!({"method": "earned"}));
    chain(&app, &sam, &["enrollment.completed", "certification.met", "learning_plan.met"]);
    assert_eq!(certification_state(&app, &sam)["expires_at"], "2024-04-01T09:00:00.000Z");
    assert_eq!(plan_status(&app, &sam), "met");
    assert_eq!(expire(&app), 0);
}

#[test]
fn asking_for_less_does_not_bring_back_what_expired_and_a_longer_validity_does() {
    let (app, start) = spring();
    let (sam, one, two) = (app.learner("Sam").id, app.course("One"), app.course("Two"));
    let forklift = certification(&app, "Forklift", &[&one, &two], json!(10));
    assign(&app, &sam, &plan_of(&app, "Driving", &[&forklift]));
    complete(&app, &sam, &one, &json!({"method": "earned"}));
    app.clock.set(start.plus_seconds(5 * DAY));
    complete(&app, &sam, &two, &json!({"method": "earned"}));
    app.clock.set(start.plus_seconds(20 * DAY));
    assert_eq!(expire(&app), 1);

    let (path, told) = (format!("/certifications/{forklift}"), app.actions(&sam));
    app.admin().patch_now(&path, json!({"course_ids": [one]})).ok(200);
    assert_eq!(app.actions(&sam), told);
    assert_eq!(certification_state(&app, &sam)["status"], "expired");
    app.admin().patch_now(&path, json!({"course_ids": [one, two], "validity_days": 30})).ok(200);
    chain(&app, &sam, &["certification.met", "learning_plan.met"]);
    let met = certification_state(&app, &sam);
    let times = (&json!("2024-03-07T09:00:00.000Z"), &json!("2024-04-06T09:00:00.000Z"));
    assert_eq!((&met["met_at"], &met["expires_at"]), times);
}

#[test]
fn a_shorter_validity_expires_what_is_past_it() {
    let (app, start) = spring();
    let (sam, _) = certified(&app);
    let certification = certification_state(&app, &sam)["certification"]["id"].clone();
    app.clock.set(start.plus_seconds(3 * DAY));
    let path = format!("/certifications/{}", certification.as_str().unwrap());
    app.admin().patch_now(&path, json!({"validity_days": 2})).ok(200);
    assert_eq!(expire(&app), 1);
    let path = format!("/users/{sam}/activity?action=certification.expired");
    assert_eq!(app.admin().all(&path)[0]["occurred_at"], "2024-03-04T09:00:00.000Z");
    assert_eq!(plan_status(&app, &sam), "not_met");
}

#[test]
fn an_expiry_is_logged_even_if_a_new_completion_comes_first() {
    let (app, start) = spring();
    let (sam, one, two) = (app.learner("Sam").id, app.course("One"), app.course("Two"));
    let forklift = certification(&app, "Forklift", &[&one], json!(10));
    assign(&app, &sam, &plan_of(&app, "Driving", &[&forklift]));
    complete(&app, &sam, &one, &json!({"method": "earned"}));
    let path = format!("/certifications/{forklift}");
    app.clock.set(start.plus_seconds(20 * DAY));
    complete(&app, &sam, &two, &json!({"method": "earned"}));
    app.admin().patch_now(&path, json!({"course_ids": [one, two]})).ok(200);

    let told = app.admin().all(&format!("/users/{sam}/activity?action=certification.*"));
    let told: Vec<&Value> = told.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(told, ["certification.met", "certification.expired", "certification.met"]);
    assert_eq!(plan_status(&app, &sam), "met");
    assert_eq!(expire(&app), 0);
}

#[test]
fn the_service_expires_after_its_start_what_came_due_while_it_was_down() {
    let (app, _) = spring();
    let (sam, _) = certified(&app);
    // The same database, in our time.
    let process = Process::serve(&app.database, &[]);
    let admin = process.admin();
    let path = format!("/users/{sam}/activity?action=certification.expired");
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let log = admin.get(&path).ok(200);
        if let Some(entry) = log["data"].as_array().unwrap().first() {
            assert_eq!(entry["occurred_at"], "2024-03-12T09:00:00.000Z");
            break;
        }
        assert!(Instant::now() < deadline, "nothing expired");
        thread::yield_now();
    }
    assert_eq!(process.terminate(), Some(0));
}

#[test]
fn a_certification_that_has_run_out_meets_no_plan_before_the_log_tells_of_it() {
    let (app, start) = spring();
    let (sam, course) = (app.learner("Sam").id, app.course("One"));
    let forklift = certification(&app, "Forklift", &[&course], json!(10));
    complete(&app, &sam, &course, &json!({"method": "earned"}));
    app.clock.set(start.plus_seconds(10 * DAY));
    assign(&app, &sam, &plan_of(&app, "Driving", &[&forklift]));
    assert_eq!(plan_status(&app, &sam), "not_met");
    assert_eq!(expire(&app), 1);
    let told = app.actions(&sam);
    assert!(!told.iter().any(|action| action.starts_with("learning_plan.m")), "{told:?}");
    assert!(!told.iter().any(|action| action == "learning_plan.unmet"), "{told:?}");
}
