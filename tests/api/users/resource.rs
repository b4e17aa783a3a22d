//! Users as resources: created, read, refused.

use serde_json::{Value, json};

use crate::support::{
    api_clients::api_user,
    app::{PASSWORD, TestApp},
    reply::text,
};

fn names() -> Value {
    json!({"given_name": "Robin", "surname": "Keller"})
}

/// An object with some fields set otherwise; null takes a field away.
fn with(object: &Value, fields: Value) -> Value {
    let mut object = object.clone();
    for (name, value) in fields.as_object().unwrap() {
        object[name] = value.clone();
    }
    object.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    object
}

#[test]
fn a_user_made_of_the_least_has_everything_else_by_default() {
    let app = TestApp::start();
    let body = with(&names(), json!({"email": "Robin@example.com"}));
    let answer = app.admin().post("/users", body);
    let user = answer.ok(201);
    let id = text(&user["id"]);
    let expected = json!({
        "id": id, "created_at": user["created_at"], "updated_at": user["created_at"],
        "email": "Robin@example.com", "given_name": "Robin", "surname": "Keller",
        "name": "Robin Keller", "kind": "person", "employee_id": null, "status": "active",
        "role": "learner", "time_zone": "UTC", "home_group_id": null,
        "supervisor_ids": [],
    });
    assert_eq!(user, expected);
    assert_eq!(answer.header("location"), Some(format!("/users/{id}")));
    let read = app.admin().get(&format!("/users/{id}"));
    assert_eq!(read.ok(200), expected);
    assert_eq!(read.etag(), answer.etag());
}

#[test]
fn a_user_made_with_every_field_has_them_all() {
    let app = TestApp::start();
    let (anna, ben) = (app.learner("Anna"), app.learner("Ben"));
    let body = json!({
        "email": "robin@example.com", "given_name": "Robin", "surname": "Keller",
        "kind": "person", "employee_id": "E-1", "status": "inactive", "role": "auditor",
        "time_zone": "Europe/Lisbon", "supervisor_ids": [ben.id, anna.id, ben.id],
    });
    let user = app.admin().post("/users", with(&body, json!({"password": PASSWORD}))).ok(201);
    let expected = with(&body, json!({"supervisor_ids": [anna.id, ben.id]}));
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&user[field], value, "{field}");
    }
    assert!(user.get("password").is_none() && user.get("password_hash").is_none());
}

#[test]
fn an_api_account_needs_no_address_and_takes_no_password() {
    let app = TestApp::start();
    let body = with(&names(), json!({"kind": "api"}));
    let user = app.admin().post("/users", body.clone()).ok(201);
    assert_eq!(user["email"], Value::Null);
    app.admin().post("/users", body.clone()).ok(201);
    app.admin()
        .post("/users", with(&body, json!({"password": PASSWORD})))
        .invalid("/password", "not_allowed");
    let path = format!("/users/{}", text(&user["id"]));
    app.admin().patch_now(&path, json!({"password": PASSWORD})).invalid("/password", "not_allowed");
    app.admin().patch_now(&path, json!({"email": "api@example.com"})).ok(200);
    app.admin().patch_now(&path, json!({"email": null})).ok(200);
}

#[test]
fn what_can_not_be_a_user_is_refused_with_the_pointer_of_the_field() {
    let app = TestApp::start();
    let admin = app.admin();
    let good = with(&names(), json!({"email": "robin@example.com"}));
    let (long, nobody) = ("x".repeat(201), "01977f3e-5c00-7000-8000-000000000000");
    let many: Vec<_> = (0..51).map(|_| nobody).collect();
    let refusals = [
        (json!({"email": null}), "/email", "required"),
        (json!({"email": "robin"}), "/email", "invalid_email"),
        (json!({"email": "robin@example.com\u{0}"}), "/email", "invalid_character"),
        (json!({"email": format!("{}@example.com", "x".repeat(250))}), "/email", "too_long"),
        (json!({"given_name": null}), "/given_name", "required"),
        (json!({"given_name": ""}), "/given_name", "too_short"),
        (json!({"given_name": " \u{3000}"}), "/given_name", "blank"),
        (json!({"given_name": "Ro\nbin"}), "/given_name", "invalid_character"),
        (json!({"surname": long}), "/surname", "too_long"),
        (json!({"surname": 7}), "/surname", "invalid_type"),
        (json!({"employee_id": ""}), "/employee_id", "too_short"),
        (json!({"kind": "robot"}), "/kind", "invalid_choice"),
        (json!({"kind": {"person": null}}), "/kind", "invalid_type"),
        (json!({"status": "gone"}), "/status", "invalid_choice"),
        (json!({"role": "Administrator"}), "/role", "invalid_choice"),
        (json!({"time_zone": "Lisbon"}), "/time_zone", "unknown"),
        (json!({"time_zone": "europe/lisbon"}), "/time_zone", "unknown"),
        (json!({"supervisor_ids": [nobody]}), "/supervisor_ids", "unknown"),
        (json!({"supervisor_ids": ["nobody"]}), "/supervisor_ids/0", "invalid"),
        (json!({"supervisor_ids": many}), "/supervisor_ids", "too_many"),
        (json!({"supervisor_ids": nobody}), "/supervisor_ids", "invalid_type"),
        (json!({"password": "too short"}), "/password", "too_short"),
        (json!({"password": "x".repeat(129)}), "/password", "too_long"),
        (json!({"id": nobody}), "/id", "unknown_field"),
        (json!({"name": "Robin Keller"}), "/name", "unknown_field"),
        (json!({"created_at": "2026-01-01T00:00:00Z"}), "/created_at", "unknown_field"),
    ];
    for (fields, pointer, code) in refusals {
        admin.post("/users", with(&good, fields)).invalid(pointer, code);
    }
    admin.post("/users", good).ok(201);
}

#[test]
fn all_wrong_fields_are_reported_together() {
    let app = TestApp::start();
    let body = json!({"email": "no", "given_name": "", "surname": "", "password": "short"});
    let answer = app.admin().post("/users", body);
    for field in ["/email", "/given_name", "/surname", "/password"] {
        let problem = answer.problem(422, "validation_failed");
        let errors = problem["errors"].as_array().unwrap();
        assert!(errors.iter().any(|error| error["pointer"] == field), "{field}: {problem}");
    }
}

#[test]
fn lengths_count_code_points() {
    let app = TestApp::start();
    let longest = "𝄞".repeat(200);
    let body = json!({"email": "clef@example.com", "given_name": longest, "surname": "É"});
    let user = app.admin().post("/users", body).ok(201);
    assert_eq!(user["given_name"], longest);
    let path = format!("/users/{}", text(&user["id"]));
    let longer = json!({"given_name": format!("{longest}𝄞")});
    app.admin().patch_now(&path, longer).invalid("/given_name", "too_long");
}

#[test]
fn an_address_and_an_employee_id_are_of_one_user_only() {
    let app = TestApp::start();
    let admin = app.admin();
    let one = with(&names(), json!({"email": "one@example.com", "employee_id": "E-1"}));
    admin.post("/users", one.clone()).ok(201);
    let two = with(&names(), json!({"email": "two@example.com", "employee_id": "E-2"}));
    let path = format!("/users/{}", text(&admin.post("/users", two.clone()).ok(201)["id"]));
    let etag = admin.get(&path).etag();
    let clashes = [
        (json!({"email": "ONE@example.com"}), "/email"),
        (json!({"employee_id": "E-1"}), "/employee_id"),
    ];
    for (clash, pointer) in clashes {
        let fresh = json!({"email": "new@example.com", "employee_id": "E-3"});
        let made = admin.post("/users", with(&with(&one, fresh), clash.clone()));
        for answer in [made, admin.patch(&path, &etag, clash.clone())] {
            let problem = answer.problem(409, "already_exists");
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
    }
    assert_eq!(admin.get(&path).etag(), etag, "nothing of it was done");
    // Their own address in other letters is no conflict.
    admin.patch(&path, &etag, json!({"email": "TWO@example.com"})).ok(200);
}

#[test]
fn a_person_keeps_an_address_and_nobody_is_their_own_supervisor() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let path = format!("/users/{}", sam.id);
    let admin = app.admin();
    admin.patch_now(&path, json!({"email": null})).invalid("/email", "required");
    admin
        .patch_now(&path, json!({"supervisor_ids": [sam.id]}))
        .invalid("/supervisor_ids", "invalid");
    let nulls =
        ["given_name", "surname", "status", "role", "time_zone", "supervisor_ids", "password"];
    for field in nulls {
        let mut body = json!({});
        body[field] = Value::Null;
        admin.patch_now(&path, body).invalid(&format!("/{field}"), "invalid_type");
    }
    admin.patch_now(&path, json!({"kind": "api"})).invalid("/kind", "unknown_field");
    assert!(app.actions(&sam.id).is_empty());
}

#[test]
fn the_last_active_administrator_can_not_be_lost() {
    let app = TestApp::start();
    let path = format!("/users/{}", app.admin_id);
    let losses = [json!({"role": "learner"}), json!({"status": "inactive"})];
    let admin = app.admin();
    for loss in &losses {
        admin.patch_now(&path, loss.clone()).problem(409, "conflict");
    }
    // Nobody logs in as an API account, so it can't replace them.
    api_user(&app, "administrator");
    for loss in &losses {
        admin.patch_now(&path, loss.clone()).problem(409, "conflict");
    }
    // An inactive user can't replace them.
    let second = app.person("administrator", "Bea", "Admin");
    let path_of_second = format!("/users/{}", second.id);
    admin.patch_now(&path_of_second, json!({"status": "inactive"})).ok(200);
    for loss in &losses {
        admin.patch_now(&path, loss.clone()).problem(409, "conflict");
    }
    admin.patch_now(&path_of_second, json!({"status": "active"})).ok(200);
    admin.patch_now(&path, json!({"role": "learner"})).ok(200);
    // Permissions are checked at each request, whatever the token says.
    admin.patch_now(&path, json!({"role": "administrator"})).problem(403, "forbidden");
    let second = app.client_of(&second.email);
    second.patch_now(&path_of_second, json!({"status": "inactive"})).problem(409, "conflict");
}
