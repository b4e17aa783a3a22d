//! Enrollments as resources: created, read, listed, refused.

use serde_json::{Value, json};

use crate::support::{app::TestApp, expect::column, reply::text};

const NOTHING: &str = "01977f3e-5c00-7000-8000-000000000000";

#[test]
fn an_enrollment_is_made_and_read() {
    let app = TestApp::start();
    let (sam, course) = (app.learner("Sam"), app.course("Security Basics"));
    let body = json!({"course_id": course, "due_at": "2026-12-31T23:59:59.5+01:00"});
    let made = app.admin().post(&format!("/users/{}/enrollments", sam.id), body);
    let enrollment = made.ok(201);
    let expected = json!({
        "id": enrollment["id"], "created_at": enrollment["created_at"],
        "updated_at": enrollment["created_at"], "user_id": sam.id, "course_id": course,
        "status": "enrolled", "source": "admin", "due_at": "2026-12-31T22:59:59.500Z",
        "started_at": null, "completed_at": null, "completion_method": null, "grade": null,
        "result": null,
    });
    assert_eq!(enrollment, expected);
    let location = made.header("location").unwrap();
    assert_eq!(location, format!("/enrollments/{}", text(&enrollment["id"])));
    let read = sam.client.get(&location);
    assert_eq!((read.ok(200), read.etag()), (expected, made.etag()));
}

#[test]
fn what_can_not_be_an_enrollment_is_refused_with_its_pointer() {
    let app = TestApp::start();
    let (sam, course) = (app.learner("Sam"), app.course("Security Basics"));
    let path = format!("/users/{}/enrollments", sam.id);
    let admin = app.admin();
    let times = [
        "tomorrow",
        "2026-12-31",
        "2026-12-31T23:59:59",
        "2026-12-31 23:59:59Z",
        "2026-02-30T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "",
    ];
    for time in times {
        let body = json!({"course_id": course, "due_at": time});
        admin.post(&path, body).invalid("/due_at", "invalid");
    }
    admin.post(&path, json!({})).invalid("/course_id", "required");
    admin.post(&path, json!({"course_id": NOTHING})).invalid("/course_id", "unknown");
    admin.post(&path, json!({"course_id": sam.id})).invalid("/course_id", "unknown");
    admin.post(&path, json!({"course_id": "course"})).invalid("/course_id", "invalid");
    admin.post(&path, json!({"course_id": null})).invalid("/course_id", "invalid_type");
    let with_user = json!({"course_id": course, "user_id": sam.id});
    admin.post(&path, with_user).invalid("/user_id", "unknown_field");
    let body = json!({"course_id": course, "due_at": 1_798_761_599});
    admin.post(&path, body).invalid("/due_at", "invalid_type");
    let nobody = format!("/users/{NOTHING}/enrollments");
    admin.post(&nobody, json!({"course_id": course})).problem(404, "not_found");
    assert!(app.actions(&sam.id).is_empty());
}

#[test]
fn the_ends_of_time_can_be_due() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    for due_at in
        ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"]
    {
        let id = app.enrollment(&sam.id, &app.course("Security Basics"));
        let path = format!("/enrollments/{id}");
        let changed = app.admin().patch_now(&path, json!({"due_at": due_at})).ok(200);
        assert_eq!(changed["due_at"], due_at);
        assert_eq!(app.admin().get(&path).ok(200)["due_at"], due_at);
        assert_eq!(app.log(&sam.id)[0]["changes"][0]["after"], due_at);
    }
}

#[test]
fn a_user_is_in_a_course_once() {
    let app = TestApp::start();
    let (sam, course) = (app.learner("Sam"), app.course("Security Basics"));
    let path = format!("/users/{}/enrollments", sam.id);
    let id = app.enrollment(&sam.id, &course);
    let again = || {
        let problem = app.admin().post(&path, json!({"course_id": course}));
        let problem = problem.problem(409, "already_exists");
        assert_eq!(problem["errors"][0]["pointer"], "/course_id");
    };
    again();
    app.admin().put(&format!("/enrollments/{id}/completion"), json!({})).ok(200);
    again();
    assert_eq!(app.actions(&sam.id), ["enrollment.completed", "enrollment.created"]);
    // Another user, or another course, is no conflict.
    app.enrollment(&app.learner("Kim").id, &course);
    app.enrollment(&sam.id, &app.course("Security Basics"));
}

#[test]
fn an_archived_course_takes_no_enrollments_and_keeps_those_it_has() {
    let app = TestApp::start();
    let (sam, kim) = (app.learner("Sam"), app.learner("Kim"));
    let course = app.course("Security Basics");
    let id = app.enrollment(&sam.id, &course);
    let archive = json!({"status": "archived"});
    app.admin().patch_now(&format!("/courses/{course}"), archive).ok(200);
    let path = format!("/users/{}/enrollments", kim.id);
    app.admin().post(&path, json!({"course_id": course})).invalid("/course_id", "archived");
    assert!(app.actions(&kim.id).is_empty());
    app.admin().put(&format!("/enrollments/{id}/start"), json!({})).ok(200);
    app.admin().put(&format!("/enrollments/{id}/completion"), json!({})).ok(200);
}

#[test]
fn a_cancelled_enrollment_stays_readable_and_takes_no_changes() {
    let app = TestApp::start();
    let (sam, course) = (app.learner("Sam"), app.course("Security Basics"));
    let path = format!("/enrollments/{}", app.enrollment(&sam.id, &course));
    let admin = app.admin();
    let before = admin.get(&path).etag();
    admin.delete(&path).ok(204);
    let cancelled = admin.get(&path);
    assert_eq!(cancelled.ok(200)["status"], "cancelled");
    assert_ne!(cancelled.etag(), before);
    let log = app.log(&sam.id);
    admin.put(&format!("{path}/start"), json!({})).problem(409, "conflict");
    for method in ["earned", "forced"] {
        let completion = json!({"method": method});
        admin.put(&format!("{path}/completion"), completion).problem(409, "conflict");
    }
    for body in [json!({"grade": 50}), json!({"due_at": null}), json!({"result": "pass"})] {
        admin.patch(&path, &cancelled.etag(), body).problem(409, "conflict");
    }
    admin.delete(&path).ok(204);
    assert_eq!(app.log(&sam.id), log);
    assert_eq!(admin.get(&path).etag(), cancelled.etag());
}

#[test]
fn who_was_cancelled_may_be_enrolled_again() {
    let app = TestApp::start();
    let (sam, course) = (app.learner("Sam"), app.course("Security Basics"));
    for _ in 0..2 {
        let id = app.enrollment(&sam.id, &course);
        app.admin().delete(&format!("/enrollments/{id}")).ok(204);
    }
    app.enrollment(&sam.id, &course);
    let all = app.admin().all(&format!("/users/{}/enrollments", sam.id));
    assert_eq!(column(&all, "status"), ["enrolled", "cancelled", "cancelled"]);
    // A completed one is cancelled in the same way.
    let path = format!("/enrollments/{}", text(&all[0]["id"]));
    app.admin().put(&format!("{path}/completion"), json!({})).ok(200);
    app.admin().delete(&path).ok(204);
    app.enrollment(&sam.id, &course);
}

#[test]
fn lists_are_narrowed_and_the_newest_comes_first() {
    let app = TestApp::start();
    let (sam, kim) = (app.learner("Sam"), app.learner("Kim"));
    let (first, second) = (app.course("First"), app.course("Second"));
    let one = app.enrollment(&sam.id, &first);
    let two = app.enrollment(&sam.id, &second);
    let three = app.enrollment(&kim.id, &first);
    let admin = app.admin();
    admin.put(&format!("/enrollments/{two}/start"), json!({})).ok(200);
    admin.delete(&format!("/enrollments/{three}")).ok(204);
    let sams = format!("/users/{}/enrollments", sam.id);
    let cases: [(String, &[&str]); 9] = [
        ("/enrollments".to_owned(), &[&three, &two, &one]),
        (format!("/enrollments?user_id={}", sam.id), &[&two, &one]),
        (format!("/enrollments?course_id={first}"), &[&three, &one]),
        (format!("/enrollments?course_id={first}&status=enrolled"), &[&one]),
        ("/enrollments?status=cancelled".to_owned(), &[&three]),
        (sams.clone(), &[&two, &one]),
        (format!("{sams}?course_id={second}"), &[&two]),
        (format!("{sams}?status=in_progress"), &[&two]),
        (format!("{sams}?status=completed"), &[]),
    ];
    for (path, expected) in cases {
        assert_eq!(column(&admin.all(&path), "id"), expected, "{path}");
        let separator = if path.contains('?') { '&' } else { '?' };
        let counted = admin.get(&format!("{path}{separator}include=total_count&limit=1")).ok(200);
        assert_eq!(counted["page"]["total_count"], expected.len());
        let Some(cursor) = counted["page"]["next_cursor"].as_str() else { continue };
        let rest = admin.get(&format!("{path}{separator}cursor={cursor}")).ok(200);
        let rest = column(rest["data"].as_array().unwrap(), "id");
        assert_eq!(rest, expected[1..].to_vec(), "{path}");
    }
    admin.get(&format!("{sams}?user_id={}", sam.id)).problem(400, "invalid_parameter");
    admin.get(&format!("/users/{NOTHING}/enrollments")).problem(404, "not_found");
    assert_eq!(admin.get("/enrollments?limit=1").ok(200)["page"]["total_count"], Value::Null);
}

#[test]
fn an_enrollment_of_an_invisible_user_is_not_found() {
    let app = TestApp::start();
    let (sam, kim) = (app.learner("Sam"), app.learner("Kim"));
    let path = format!("/enrollments/{}", app.enrollment(&sam.id, &app.course("First")));
    sam.client.get(&path).ok(200);
    kim.client.get(&path).problem(404, "not_found");
    // Whether it exists looks the same.
    for path in [&path, &format!("/enrollments/{NOTHING}")] {
        kim.client.patch_now(path, json!({"grade": 1})).problem(404, "not_found");
        kim.client.delete(path).problem(404, "not_found");
        kim.client.put(&format!("{path}/start"), json!({})).problem(404, "not_found");
        kim.client.put(&format!("{path}/completion"), json!({})).problem(404, "not_found");
    }
    sam.client.put(&format!("{path}/completion"), json!({})).problem(403, "forbidden");
    sam.client.delete(&path).problem(403, "forbidden");
}
