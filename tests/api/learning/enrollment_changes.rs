//! The entries that an enrollment makes from its creation to its end.

use daybook::domain::{clock::Clock, timestamp::Timestamp};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::Client,
    expect::{changes, entries, entry},
    fixtures::Person,
    groups::{grant, set_home_group},
    reply::Reply,
};

/// Sam, enrolled in Security Basics at noon, by a stopped clock.
struct Scene {
    app: TestApp,
    sam: Person,
    course: String,
    path: String,
    noon: Timestamp,
}

impl Scene {
    fn set() -> Self {
        let noon: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let app = TestApp::start_with(Clock::stopped_at(noon));
        let (sam, course) = (app.learner("Sam"), app.course("Security Basics"));
        let path = format!("/enrollments/{}", app.enrollment(&sam.id, &course));
        Self { app, sam, course, path, noon }
    }

    fn admin(&self) -> Client {
        self.app.admin()
    }

    fn complete(&self, body: Value) -> Reply {
        self.admin().put(&format!("{}/completion", self.path), body)
    }

    fn patch(&self, body: Value) -> Value {
        self.admin().patch_now(&self.path, body).ok(200)
    }

    /// The one entry of an action: by the administrator, of the course, with these changes.
    #[track_caller]
    fn told(&self, action: &str, fields: &[(&str, Value, Value)]) -> Value {
        let told = entry(&self.app, &self.sam.id, action);
        let target = json!({"type": "course", "id": self.course, "name": "Security Basics"});
        assert_eq!(told["target"], target);
        assert_eq!(told["source"], "admin");
        assert_eq!(told["entered_by"]["id"], self.app.admin_id.to_string());
        assert_eq!(told["created_by"], Value::Null);
        assert_eq!(told["changes"], changes(fields));
        told
    }
}

#[test]
fn enrolling_is_an_entry_with_the_due_date_if_there_is_one() {
    let scene = Scene::set();
    scene.told("enrollment.created", &[]);
    let kim = scene.app.learner("Kim");
    let due_at = "2026-12-31T00:00:00.000Z";
    let body = json!({"course_id": scene.course, "due_at": due_at});
    scene.admin().post(&format!("/users/{}/enrollments", kim.id), body).ok(201);
    let told = entry(&scene.app, &kim.id, "enrollment.created");
    assert_eq!(told["changes"], changes(&[("due_at", Value::Null, json!(due_at))]));
}

#[test]
fn starting_is_one_entry_however_often_it_is_asked_for() {
    let scene = Scene::set();
    let path = format!("{}/start", scene.path);
    let first = scene.admin().put(&path, json!({}));
    assert_eq!(first.ok(200)["status"], "in_progress");
    assert_eq!(first.ok(200)["started_at"], scene.noon.to_string());
    let second = scene.admin().send("PUT", &path, &[], None);
    assert_eq!((second.ok(200), second.etag()), (first.ok(200), first.etag()));
    let now = json!(scene.noon);
    scene.told(
        "enrollment.started",
        &[("status", json!("enrolled"), json!("in_progress")), ("started_at", Value::Null, now)],
    );
    // A completed enrollment can not be started again.
    let done = scene.complete(json!({}));
    assert_eq!(scene.admin().put(&path, json!({})).ok(200), done.ok(200));
    assert_eq!(entries(&scene.app, &scene.sam.id, "enrollment.*").len(), 3);
}

#[test]
fn completing_tells_status_time_method_grade_and_result() {
    let scene = Scene::set();
    let done = scene.complete(json!({"grade": 87.5, "result": "pass"})).ok(200);
    assert_eq!(done["status"], "completed");
    assert_eq!(done["completed_at"], scene.noon.to_string());
    assert_eq!(done["completion_method"], "earned");
    assert_eq!(done["started_at"], Value::Null);
    let told = scene.told(
        "enrollment.completed",
        &[
            ("status", json!("enrolled"), json!("completed")),
            ("completed_at", Value::Null, json!(scene.noon)),
            ("completion_method", Value::Null, json!("earned")),
            ("grade", Value::Null, json!(87.5)),
            ("result", Value::Null, json!("pass")),
        ],
    );
    assert_eq!(told["occurred_at"], scene.noon.to_string());
}

#[test]
fn forcing_is_an_action_of_its_own_that_happens_now() {
    let scene = Scene::set();
    let earlier = scene.noon.plus_seconds(-3600);
    let body = json!({"method": "forced", "completed_at": earlier});
    assert_eq!(scene.complete(body).ok(200)["completion_method"], "forced");
    let told = scene.told(
        "enrollment.forced_complete",
        &[
            ("status", json!("enrolled"), json!("completed")),
            ("completed_at", Value::Null, json!(earlier)),
            ("completion_method", Value::Null, json!("forced")),
        ],
    );
    assert_eq!(told["occurred_at"], scene.noon.to_string());
    assert!(entries(&scene.app, &scene.sam.id, "enrollment.completed").is_empty());
}

#[test]
fn a_completion_may_be_earlier_than_the_enrollment() {
    let scene = Scene::set();
    let last_year = "2025-06-01T12:00:00.000Z";
    let done = scene.complete(json!({"completed_at": "2025-06-01T14:00:00+02:00"})).ok(200);
    assert_eq!(done["completed_at"], last_year);
    let told = entry(&scene.app, &scene.sam.id, "enrollment.completed");
    assert_eq!(told["occurred_at"], last_year, "it happened then");
    assert_eq!(told["recorded_at"], scene.noon.to_string(), "and was written down now");
}

#[test]
fn a_completion_is_not_in_the_future() {
    let scene = Scene::set();
    let soon = Timestamp::from_millis(scene.noon.millis() + 1).unwrap();
    for method in ["earned", "forced"] {
        let body = json!({"method": method, "completed_at": soon});
        scene.complete(body).invalid("/completed_at", "in_future");
    }
    assert_eq!(scene.app.actions(&scene.sam.id), ["enrollment.created"]);
    scene.complete(json!({"completed_at": scene.noon})).ok(200);
}

#[test]
fn what_can_not_be_a_completion_is_refused_with_its_pointer() {
    let scene = Scene::set();
    let cases = [
        (json!({"grade": -0.1}), "/grade", "out_of_range"),
        (json!({"grade": 100.1}), "/grade", "out_of_range"),
        (json!({"grade": 1e300}), "/grade", "out_of_range"),
        (json!({"grade": "87"}), "/grade", "invalid_type"),
        (json!({"result": "passed"}), "/result", "invalid_choice"),
        (json!({"result": true}), "/result", "invalid_type"),
        (json!({"method": "gifted"}), "/method", "invalid_choice"),
        (json!({"completed_at": "now"}), "/completed_at", "invalid"),
        (json!({"status": "completed"}), "/status", "unknown_field"),
    ];
    for (body, pointer, code) in cases {
        scene.complete(body.clone()).invalid(pointer, code);
        if pointer == "/grade" {
            scene.admin().patch_now(&scene.path, body).invalid(pointer, code);
        }
    }
    assert_eq!(scene.app.actions(&scene.sam.id), ["enrollment.created"]);
}

#[test]
fn a_repeated_completion_changes_nothing_and_another_one_is_a_conflict() {
    let scene = Scene::set();
    let body =
        json!({"method": "earned", "grade": 80, "result": "pass", "completed_at": scene.noon});
    let first = scene.complete(body.clone());
    first.ok(200);
    scene.app.clock.set(scene.noon.plus_seconds(60));
    for same in [body, json!({}), json!({"method": "earned"}), json!({"grade": 80.0})] {
        let again = scene.complete(same);
        assert_eq!((again.ok(200), again.etag()), (first.ok(200), first.etag()));
    }
    let others = [
        json!({"method": "forced"}),
        json!({"grade": 81}),
        json!({"result": "fail"}),
        json!({"completed_at": scene.noon.plus_seconds(-1)}),
    ];
    for other in others {
        scene.complete(other).problem(409, "conflict");
    }
    assert_eq!(scene.app.actions(&scene.sam.id), ["enrollment.completed", "enrollment.created"]);
}

#[test]
fn a_due_date_comes_moves_and_goes() {
    let scene = Scene::set();
    let (one, two) = ("2026-12-31T00:00:00.000Z", "2027-03-31T00:00:00.000Z");
    let steps = [(Value::Null, json!(one)), (json!(one), json!(two)), (json!(two), Value::Null)];
    for (before, after) in steps {
        assert_eq!(scene.patch(json!({"due_at": after}))["due_at"], after);
        let told = &entries(&scene.app, &scene.sam.id, "enrollment.due_date_changed")[0];
        assert_eq!(told["changes"], changes(&[("due_at", before, after)]));
    }
    assert_eq!(entries(&scene.app, &scene.sam.id, "enrollment.due_date_changed").len(), 3);
}

#[test]
fn grade_and_result_are_one_action_with_both_values() {
    let scene = Scene::set();
    scene.complete(json!({"grade": 49.5, "result": "fail"})).ok(200);
    let changed = scene.patch(json!({"grade": 50.5, "result": "pass"}));
    assert_eq!((&changed["grade"], &changed["result"]), (&json!(50.5), &json!("pass")));
    scene.told(
        "enrollment.grade_changed",
        &[("grade", json!(49.5), json!(50.5)), ("result", json!("fail"), json!("pass"))],
    );
    scene.patch(json!({"grade": null, "result": null}));
    let told = &entries(&scene.app, &scene.sam.id, "enrollment.grade_changed")[0];
    let gone = [("grade", json!(50.5), Value::Null), ("result", json!("pass"), Value::Null)];
    assert_eq!(told["changes"], changes(&gone));
}

#[test]
fn a_patch_of_due_date_and_grade_is_two_entries() {
    let scene = Scene::set();
    let due_at = "2026-12-31T00:00:00.000Z";
    let before = scene.admin().get(&scene.path);
    let body = json!({"due_at": due_at, "grade": 12.5});
    let after = scene.admin().patch(&scene.path, &before.etag(), body);
    after.ok(200);
    assert_ne!(after.etag(), before.etag());
    scene.told("enrollment.due_date_changed", &[("due_at", Value::Null, json!(due_at))]);
    scene.told("enrollment.grade_changed", &[("grade", Value::Null, json!(12.5))]);
    assert_eq!(scene.app.actions(&scene.sam.id).len(), 3);
}

#[test]
fn a_patch_that_changes_nothing_logs_nothing_and_keeps_the_etag() {
    let scene = Scene::set();
    scene.patch(json!({"due_at": "2026-12-31T00:00:00Z", "grade": 50}));
    let before = scene.admin().get(&scene.path);
    let log = scene.app.log(&scene.sam.id);
    let sames = [
        json!({"due_at": "2026-12-31T01:00:00.0004+01:00"}),
        json!({"grade": 50.0}),
        json!({"result": null}),
        json!({"due_at": "2026-12-31T00:00:00Z", "grade": 50, "result": null}),
    ];
    for same in sames {
        let after = scene.admin().patch(&scene.path, &before.etag(), same);
        assert_eq!((after.ok(200), after.etag()), (before.ok(200), before.etag()));
    }
    assert_eq!(
        scene.app.actions(&scene.sam.id).len(),
        log.iter().filter(|it| it["target"]["type"] == "course").count()
    );
}

#[test]
fn cancelling_is_one_entry_however_often_it_is_asked_for() {
    let scene = Scene::set();
    for _ in 0..2 {
        scene.admin().delete(&scene.path).ok(204);
    }
    scene.told("enrollment.cancelled", &[("status", json!("enrolled"), json!("cancelled"))]);
    assert_eq!(scene.app.actions(&scene.sam.id), ["enrollment.cancelled", "enrollment.created"]);
}

#[test]
fn the_source_of_an_enrollment_of_oneself_is_self() {
    let scene = Scene::set();
    let id = scene.app.admin_id.to_string();
    let body = json!({"course_id": scene.course});
    let enrollment = scene.admin().post(&format!("/users/{id}/enrollments"), body).ok(201);
    assert_eq!(enrollment["source"], "self");
    assert_eq!(entry(&scene.app, &id, "enrollment.created")["source"], "self");
}

#[test]
fn everybody_starts_their_own_enrollments_and_no_others() {
    let app = TestApp::start();
    let (sam, tom) = (app.learner("Sam"), app.learner("Tom"));
    let audrey = app.person("auditor", "Audrey", "Auditor");
    let course = app.course("Security Basics");
    for person in [&sam, &audrey] {
        let path = format!("/enrollments/{}", app.enrollment(&person.id, &course));
        tom.client.put(&format!("{path}/start"), json!({})).problem(404, "not_found");
        let started = person.client.put(&format!("{path}/start"), json!({})).ok(200);
        assert_eq!(started["status"], "in_progress");
        assert_eq!(app.log(&person.id)[0]["source"], "self");
        let body = json!({"method": "earned"});
        person.client.put(&format!("{path}/completion"), body).problem(403, "forbidden");
        let due = json!({"due_at": "2030-01-01T00:00:00Z"});
        person.client.patch_now(&path, due).problem(403, "forbidden");
        person.client.delete(&path).problem(403, "forbidden");
    }
    let path = format!("/enrollments/{}/start", app.enrollment(&sam.id, &app.course("Other")));
    audrey.client.put(&path, json!({})).problem(403, "forbidden");
}

#[test]
fn a_manager_completes_and_grades_no_enrollment_of_their_own() {
    let app = TestApp::start();
    let (sam, max) = (app.learner("Sam"), app.learner("Max"));
    let (home, course) = (app.group("Home"), app.course("Security Basics"));
    grant(&app, &home, &max, json!(["manage_users"]));
    for person in [&sam, &max] {
        set_home_group(&app, person, json!(home));
    }
    let enrollment = |user: &str| format!("/enrollments/{}", app.enrollment(user, &course));
    let (own, other) = (enrollment(&max.id), enrollment(&sam.id));
    let complete = |client: &Client, path: &str| {
        client.put(&format!("{path}/completion"), json!({"method": "forced"}))
    };
    complete(&max.client, &own).problem(403, "forbidden");
    complete(&max.client, &other).ok(200);
    for grade in [json!({"grade": 100}), json!({"result": "pass"}), json!({"grade": null})] {
        max.client.patch_now(&own, grade.clone()).problem(403, "forbidden");
        max.client.patch_now(&other, grade).ok(200);
    }
    max.client.patch_now(&own, json!({"due_at": "2030-01-01T00:00:00Z"})).ok(200);
    // Administrators do.
    complete(&app.admin(), &enrollment(&app.admin_id.to_string())).ok(200);
}
