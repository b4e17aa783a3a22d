//! The catalogue: courses and learning plans.

use serde_json::{Value, json};

use crate::support::{app::TestApp, expect::column, reply::text};

/// The two lists of the catalogue work alike: path, the field that names, and the least to send.
fn catalogue() -> [(&'static str, &'static str, Value); 2] {
    [
        ("/courses", "title", json!({"title": "Security Basics", "type": "scorm"})),
        ("/learning-plans", "name", json!({"name": "Forklift Training"})),
    ]
}

fn named(body: &Value, field: &str, name: &str) -> Value {
    let mut body = body.clone();
    body[field] = json!(name);
    body
}

#[test]
fn a_course_is_made_read_and_changed() {
    let app = TestApp::start();
    let admin = app.admin();
    let made = admin.post("/courses", json!({"title": "Security Basics", "type": "scorm"}));
    let course = made.ok(201);
    let expected = json!({
        "id": course["id"], "created_at": course["created_at"], "updated_at": course["created_at"],
        "title": "Security Basics", "type": "scorm", "status": "active",
    });
    assert_eq!(course, expected);
    let path = made.header("location").unwrap();
    assert_eq!(path, format!("/courses/{}", text(&course["id"])));
    let all = json!({"title": "Security", "type": "instructor_led", "status": "archived"});
    let changed = admin.patch(&path, &made.etag(), all.clone());
    for (field, value) in all.as_object().unwrap() {
        assert_eq!(&changed.ok(200)[field], value);
    }
    assert_ne!(changed.etag(), made.etag());
    let read = admin.get(&path);
    assert_eq!((read.ok(200), read.etag()), (changed.ok(200), changed.etag()));
}

#[test]
fn a_learning_plan_is_made_read_and_renamed() {
    let app = TestApp::start();
    let admin = app.admin();
    let made = admin.post("/learning-plans", json!({"name": "Forklift Training"}));
    let plan = made.ok(201);
    assert_eq!(plan["name"], "Forklift Training");
    let path = made.header("location").unwrap();
    assert_eq!(path, format!("/learning-plans/{}", text(&plan["id"])));
    let renamed = admin.patch(&path, &made.etag(), json!({"name": "Forklifts"}));
    assert_eq!(renamed.ok(200)["name"], "Forklifts");
    assert_eq!(renamed.ok(200)["created_at"], plan["created_at"]);
    assert_ne!(renamed.etag(), made.etag());
    assert_eq!(admin.get(&path).ok(200), renamed.ok(200));
}

#[test]
fn a_course_of_every_type_can_be_made_archived() {
    let app = TestApp::start();
    for course_type in ["online", "scorm", "instructor_led", "external"] {
        let body = json!({"title": "Old", "type": course_type, "status": "archived"});
        let course = app.admin().post("/courses", body).ok(201);
        assert_eq!((&course["type"], &course["status"]), (&json!(course_type), &json!("archived")));
    }
    let archived = app.admin().all("/courses?status=archived");
    assert_eq!(archived.len(), 4);
    assert_eq!(app.admin().all("/courses?status=archived&type=online").len(), 1);
    assert!(app.admin().all("/courses?status=active").is_empty());
}

#[test]
fn what_can_not_be_in_the_catalogue_is_refused_with_its_pointer() {
    let app = TestApp::start();
    let admin = app.admin();
    for (list, field, good) in catalogue() {
        let pointer = format!("/{field}");
        let made = text(&admin.post(list, good.clone()).ok(201)["id"]);
        let path = format!("{list}/{made}");
        let long = "x".repeat(201);
        for (name, code) in [
            ("", "too_short"),
            (" \t", "blank"),
            (&*long, "too_long"),
            ("a\u{7}b", "invalid_character"),
        ] {
            admin.post(list, named(&good, field, name)).invalid(&pointer, code);
            admin.patch_now(&path, json!({field: name})).invalid(&pointer, code);
        }
        admin.post(list, json!({})).invalid(&pointer, "required");
        for value in [json!(null), json!(1), json!(["x"]), json!({"x": 1})] {
            admin.patch_now(&path, json!({field: value})).invalid(&pointer, "invalid_type");
        }
        admin.patch_now(&path, json!({"id": made})).invalid("/id", "unknown_field");
    }
    let untyped = json!({"title": "Security Basics"});
    admin.post("/courses", untyped).invalid("/type", "required");
    let wrong = json!({"title": "Security Basics", "type": "film"});
    admin.post("/courses", wrong).invalid("/type", "invalid_choice");
}

#[test]
fn a_patch_that_changes_nothing_keeps_the_etag() {
    let app = TestApp::start();
    let admin = app.admin();
    for (list, _, body) in catalogue() {
        let made = admin.post(list, body.clone());
        let path = made.header("location").unwrap();
        let same = admin.patch(&path, &made.etag(), body);
        assert_eq!((same.ok(200), same.etag()), (made.ok(201), made.etag()));
    }
}

#[test]
fn a_catalogue_is_searched_and_ordered_without_regard_to_case() {
    let app = TestApp::start();
    let admin = app.admin();
    for (list, field, body) in catalogue() {
        let sorted = ["a_b", "Bremsen", "bremsen 100%", "Straße", "zoo", "École"];
        for name in ["zoo", "École", "bremsen 100%", "Straße", "a_b", "Bremsen"] {
            admin.post(list, named(&body, field, name)).ok(201);
        }
        assert_eq!(column(&admin.all(list), field), sorted, "{list}");
        let cases: [(&str, &[&str]); 6] = [
            ("BREMSEN", &["Bremsen", "bremsen 100%"]),
            ("%C3%89cole", &["École"]),
            ("%C3%A9COLE", &["École"]),
            ("STRASSE", &["Straße"]),
            ("%25", &["bremsen 100%"]),
            ("_", &["a_b"]),
        ];
        for (q, expected) in cases {
            assert_eq!(column(&admin.all(&format!("{list}?q={q}")), field), expected, "{list} {q}");
        }
        let mut path = format!("{list}?limit=1&include=total_count");
        for name in sorted {
            let page = admin.get(&path).ok(200);
            assert_eq!(page["data"][0][field], name);
            assert_eq!(page["page"]["total_count"], 6);
            let cursor = page["page"]["next_cursor"].as_str().unwrap_or("none");
            path = format!("{list}?limit=1&include=total_count&cursor={cursor}");
        }
    }
}

#[test]
fn a_renamed_course_keeps_its_place_in_the_log() {
    let app = TestApp::start();
    let (sam, course) = (app.learner("Sam"), app.course("Security Basics"));
    app.enrollment(&sam.id, &course);
    let path = format!("/courses/{course}");
    app.admin().patch_now(&path, json!({"title": "Security Advanced"})).ok(200);
    // The change of the course is part of no user's log; what was logged says the old title.
    assert_eq!(app.actions(&sam.id), ["enrollment.created"]);
    let target = &app.log(&sam.id)[0]["target"];
    assert_eq!(*target, json!({"type": "course", "id": course, "name": "Security Basics"}));
}
