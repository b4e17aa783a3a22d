//! The three stories that the log exists for, and their notes.

use daybook::domain::clock::Clock;
use serde_json::{Value, json};

use crate::support::{app::TestApp, client::Client, fixtures::Person, reply::text};

/// A service whose clock is stopped at a time of the year 2026 (`06-30T16:42:07.318`).
fn app_at(time: &str) -> TestApp {
    TestApp::start_with(Clock::stopped_at(instant(time)))
}

fn instant(time: &str) -> daybook::domain::timestamp::Timestamp {
    format!("2026-{time}Z").parse().unwrap()
}

/// The entries that a query finds in somebody's log, as the caller of `client` sees them.
fn entries(reader: &Client, user: &Person, query: &str) -> Vec<Value> {
    reader.all(&format!("/users/{}/activity?{query}", user.id))
}

/// The only entry of a list.
#[track_caller]
fn only(entries: Vec<Value>) -> Value {
    assert_eq!(entries.len(), 1, "{entries:#?}");
    entries.into_iter().next().unwrap()
}

#[test]
fn a_supervisor_reads_exactly_when_a_learner_completed_the_security_training() {
    let app = app_at("05-18T07:31:12.640");
    let marta = app.person("learner", "Marta", "Kowalczyk");
    let jonas = app.learner("Jonas");
    let supervisors = json!({"supervisor_ids": [marta.id]});
    app.admin().patch_now(&format!("/users/{}", jonas.id), supervisors).ok(200);
    let (security, other) = (app.course("Security Training"), app.course("Fire Safety"));
    let deadline = "2026-06-30T23:59:59.000Z";
    let body = json!({"course_id": security, "due_at": deadline});
    let path = format!("/users/{}/enrollments", jonas.id);
    let enrollment = text(&app.admin().post(&path, body).ok(201)["id"]);
    let distraction = app.enrollment(&jonas.id, &other);

    // Jonas completes another course in May, and this one on the last day.
    let done = json!({"method": "earned", "grade": 92, "result": "pass"});
    app.clock.set(instant("05-20T10:00:00.000"));
    app.admin().put(&format!("/enrollments/{distraction}/completion"), done.clone()).ok(200);
    app.clock.set(instant("06-30T16:42:07.318"));
    app.admin().put(&format!("/enrollments/{enrollment}/completion"), done).ok(200);

    // The day after, the supervisor of Jonas looks for the time.
    app.clock.set(instant("07-01T06:58:20.461"));
    let reader = app.client_of(&marta.email);
    let query = format!("action=enrollment.completed&target_type=course&target_id={security}");
    let entry = only(entries(&reader, &jonas, &query));
    assert_eq!(entry["occurred_at"], "2026-06-30T16:42:07.318Z");
    assert!(text(&entry["occurred_at"]).as_str() < deadline);
    assert_eq!(entry["type"], "system");
    assert_eq!(entry["action"], "enrollment.completed");
    assert_eq!(
        entry["target"],
        json!({"type": "course", "id": security, "name": "Security Training"})
    );
    assert_eq!(entry["created_by"], Value::Null, "the log shows it as “System”");
    assert_eq!(entry["description"], "Jonas Learner completed “Security Training”.");

    // Both courses without the course's filter; nothing for somebody else's supervisor.
    assert_eq!(entries(&reader, &jonas, "action=enrollment.completed").len(), 2);
    let stranger = app.learner("Ned");
    let path = format!("/users/{}/activity", jonas.id);
    stranger.client.get(&path).problem(404, "not_found");
}

#[test]
fn a_completion_that_is_entered_later_keeps_the_time_at_which_it_happened() {
    let app = app_at("07-02T09:00:00.000");
    let jonas = app.learner("Jonas");
    let enrollment = app.enrollment(&jonas.id, &app.course("Security Training"));
    let body = json!({"method": "earned", "completed_at": "2026-06-30T18:42:07.318+02:00"});
    app.admin().put(&format!("/enrollments/{enrollment}/completion"), body).ok(200);
    let entry = only(entries(&app.admin(), &jonas, "action=enrollment.completed"));
    assert_eq!(entry["occurred_at"], "2026-06-30T16:42:07.318Z");
    assert_eq!(entry["recorded_at"], "2026-07-02T09:00:00.000Z");
}

#[test]
fn an_administrator_forces_sams_scorm_course_to_completion_and_says_why() {
    let app = app_at("04-07T11:50:02.216");
    let cristiano = app.person("administrator", "Cristiano", "Ferreira");
    let sam = app.person("learner", "Sam", "Rivera");
    let course = app.course("Workplace Safety");
    let enrollment = app.enrollment(&sam.id, &course);
    app.admin().put(&format!("/enrollments/{enrollment}/start"), json!({})).ok(200);

    app.clock.set(instant("04-22T14:05:31.904"));
    let admin = app.client_of(&cristiano.email);
    let path = format!("/enrollments/{enrollment}/completion");
    let forced = admin.put(&path, json!({"method": "forced"})).ok(200);
    assert_eq!(forced["status"], "completed");
    assert_eq!(forced["completion_method"], "forced");

    let entry = only(entries(&admin, &sam, "action=enrollment.forced_complete"));
    let by_cristiano = json!({"id": cristiano.id, "name": "Cristiano Ferreira", "kind": "person"});
    assert_eq!(entry["entered_by"], by_cristiano);
    assert_eq!(entry["created_by"], Value::Null);
    assert_eq!(entry["source"], "admin");
    assert_eq!(entry["occurred_at"], "2026-04-22T14:05:31.904Z");
    assert_eq!(
        entry["target"],
        json!({"type": "course", "id": course, "name": "Workplace Safety"})
    );
    let time = "2026-04-22T14:05:31.904Z";
    assert_eq!(
        entry["changes"],
        json!([
            {"field": "status", "before": "in_progress", "after": "completed"},
            {"field": "completed_at", "before": null, "after": time},
            {"field": "completion_method", "before": null, "after": "forced"},
        ])
    );

    app.clock.set(instant("04-22T14:07:16.353"));
    let notes = "Sam completed the live version.";
    let body = json!({"notes": notes, "relates_to": entry["id"]});
    let note = admin.post(&format!("/users/{}/activity", sam.id), body).ok(201);
    assert_eq!(note["type"], "manual");
    assert_eq!(note["notes"], notes);
    assert_eq!(note["created_by"], by_cristiano);
    assert_eq!(note["entered_by"], by_cristiano);
    assert_eq!(note["relates_to"], entry["id"]);

    // The explanation is found from the entry, and is above it in the log.
    let query = format!("relates_to={}", text(&entry["id"]));
    assert_eq!(only(entries(&admin, &sam, &query)), note);
    let family = app.actions(&sam.id);
    let told = ["note", "enrollment.forced_complete", "enrollment.started", "enrollment.created"];
    assert_eq!(family, told);
}

#[test]
fn an_administrator_finds_who_took_the_forklift_training_away_and_adds_the_reason_for_her() {
    let app = app_at("02-16T10:20:45.009");
    let cristiano = app.person("administrator", "Cristiano", "Ferreira");
    let anna = app.person("administrator", "Anna", "Lindqvist");
    let diego = app.learner("Diego");
    let plan = app.plan("Forklift Training");
    let path = format!("/users/{}/learning-plans/{plan}", diego.id);
    app.admin().put(&path, json!({})).ok(200);
    app.clock.set(instant("07-29T10:14:32.507"));
    assert_eq!(app.client_of(&anna.email).delete(&path).status, 204);

    // A week later, Diego misses the plan.
    app.clock.set(instant("08-06T08:26:55.690"));
    let admin = app.client_of(&cristiano.email);
    let plans = admin.get(&format!("/users/{}/learning-plans", diego.id)).ok(200);
    assert_eq!(plans["data"], json!([]));
    let query = format!("action=learning_plan.*&target_type=learning_plan&target_id={plan}");
    let [entry, _assigned] = entries(&admin, &diego, &query).try_into().unwrap();
    assert_eq!(entry["action"], "learning_plan.unassigned");
    assert_eq!(entry["occurred_at"], "2026-07-29T10:14:32.507Z");
    let by_anna = json!({"id": anna.id, "name": "Anna Lindqvist", "kind": "person"});
    assert_eq!(entry["entered_by"], by_anna);
    assert_eq!(entry["created_by"], Value::Null);
    assert_eq!(entry["target"]["name"], "Forklift Training");

    let body = json!({
        "notes": "Diego moved to the office and drives no forklift any more.",
        "created_by": anna.id,
        "relates_to": entry["id"],
    });
    let note = admin.post(&format!("/users/{}/activity", diego.id), body).ok(201);
    assert_eq!(note["created_by"], by_anna, "the log names Anna as the author");
    assert_eq!(note["entered_by"]["name"], "Cristiano Ferreira", "who really wrote it stays known");
    assert_eq!(note["relates_to"], entry["id"]);
    assert_eq!(note["occurred_at"], "2026-08-06T08:26:55.690Z");
    let query = format!("created_by={}", anna.id);
    assert_eq!(only(entries(&admin, &diego, &query)), note);
}

#[test]
fn a_due_date_is_extended_for_maternity_leave_and_a_colleagues_note_is_dated_back() {
    let app = app_at("04-13T08:08:37.455");
    let priya = app.person("administrator", "Priya", "Raman");
    let elena = app.learner("Elena");
    let body = json!({"course_id": app.course("Privacy"), "due_at": "2026-06-15T23:59:59Z"});
    let path = format!("/users/{}/enrollments", elena.id);
    let enrollment = text(&app.admin().post(&path, body).ok(201)["id"]);
    app.clock.set(instant("05-20T13:41:19.027"));
    let body = json!({"due_at": "2026-12-15T23:59:59Z"});
    let colleague = app.client_of(&priya.email);
    colleague.patch_now(&format!("/enrollments/{enrollment}"), body).ok(200);

    app.clock.set(instant("06-03T08:48:02.881"));
    let admin = app.admin();
    let entry = only(entries(&admin, &elena, "action=enrollment.due_date_changed"));
    assert_eq!(entry["entered_by"]["name"], "Priya Raman");
    assert_eq!(
        entry["changes"],
        json!([{
            "field": "due_at",
            "before": "2026-06-15T23:59:59.000Z",
            "after": "2026-12-15T23:59:59.000Z",
        }])
    );
    let body = json!({
        "notes": "Due date extended for maternity leave.",
        "occurred_at": "2026-05-20T13:30:00Z",
        "created_by": priya.id,
        "relates_to": entry["id"],
    });
    let note = admin.post(&format!("/users/{}/activity", elena.id), body).ok(201);
    assert_eq!(note["occurred_at"], "2026-05-20T13:30:00.000Z");
    assert_eq!(note["recorded_at"], "2026-06-03T08:48:02.881Z");
    assert_eq!(note["created_by"]["name"], "Priya Raman");
    assert_eq!(note["entered_by"]["name"], "Ada Admin");

    // The note is at the time when it happened, before the change, not at the time of writing.
    let told = ["enrollment.due_date_changed", "note", "enrollment.created"];
    assert_eq!(app.actions(&elena.id), told);
}

#[test]
fn a_grade_is_changed_from_pass_to_fail_for_a_new_policy() {
    let app = app_at("06-17T10:51:58.703");
    let tom = app.learner("Tom");
    let course = app.course("Food Hygiene");
    let enrollment = app.enrollment(&tom.id, &course);
    let body = json!({"method": "earned", "grade": 74, "result": "pass"});
    app.admin().put(&format!("/enrollments/{enrollment}/completion"), body).ok(200);

    app.clock.set(instant("07-14T11:03:21.490"));
    let admin = app.admin();
    admin.patch_now(&format!("/enrollments/{enrollment}"), json!({"result": "fail"})).ok(200);
    let query = format!("action=enrollment.grade_changed&target_type=course&target_id={course}");
    let entry = only(entries(&admin, &tom, &query));
    let change = json!([{"field": "result", "before": "pass", "after": "fail"}]);
    assert_eq!(entry["changes"], change);
    assert_eq!(entry["occurred_at"], "2026-07-14T11:03:21.490Z");
    assert_eq!(entry["entered_by"]["id"], json!(app.admin_id));

    let body = json!({"notes": "The new policy asks for 80 %.", "relates_to": entry["id"]});
    let note = admin.post(&format!("/users/{}/activity", tom.id), body).ok(201);
    assert_eq!(note["relates_to"], entry["id"]);
    assert_eq!(only(entries(&admin, &tom, "q=NEW%20POLICY")), note);
}
