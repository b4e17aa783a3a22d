//! Certifications and learning plans of a test, and the chains of entries that they cause.

use serde_json::{Value, json};

use super::{app::TestApp, reply::text};

/// A new certification that requires these courses.
pub fn certification(app: &TestApp, name: &str, courses: &[&str], validity_days: Value) -> String {
    let body = json!({"name": name, "course_ids": courses, "validity_days": validity_days});
    text(&app.admin().post("/certifications", body).ok(201)["id"])
}

/// A new learning plan that is made of these certifications.
pub fn plan_of(app: &TestApp, name: &str, certifications: &[&str]) -> String {
    let body = json!({"name": name, "certification_ids": certifications});
    text(&app.admin().post("/learning-plans", body).ok(201)["id"])
}

/// Assigns a plan to a user.
pub fn assign(app: &TestApp, user: &str, plan: &str) {
    app.admin().put(&format!("/users/{user}/learning-plans/{plan}"), json!({})).ok(200);
}

/// Completes a new enrollment of a user in a course, and gives its id.
pub fn complete(app: &TestApp, user: &str, course: &str, completion: &Value) -> String {
    let enrollment = app.enrollment(user, course);
    app.admin().put(&format!("/enrollments/{enrollment}/completion"), completion.clone()).ok(200);
    enrollment
}

/// The state of a user's only certification.
pub fn certification_state(app: &TestApp, user: &str) -> Value {
    let page = app.admin().get(&format!("/users/{user}/certifications")).ok(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 1, "{page}");
    page["data"][0].clone()
}

/// The status of a user's only plan.
pub fn plan_status(app: &TestApp, user: &str) -> String {
    let page = app.admin().get(&format!("/users/{user}/learning-plans")).ok(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 1, "{page}");
    assert_eq!(page["data"][0]["status"] == "met", !page["data"][0]["met_at"].is_null());
    text(&page["data"][0]["status"])
}

/// The newest entries, in the order in which they were written: an action each, every one by rule,
/// of the time of the one before it and because of it.
pub fn chain(app: &TestApp, user: &str, actions: &[&str]) -> Vec<Value> {
    let mut log = app.log(user);
    log.truncate(actions.len());
    log.reverse();
    let told: Vec<&str> = log.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(told, actions);
    for pair in log.windows(2) {
        assert_eq!(pair[1]["relates_to"], pair[0]["id"]);
        assert_eq!(pair[1]["occurred_at"], pair[0]["occurred_at"]);
        assert_eq!(pair[1]["entered_by"], pair[0]["entered_by"]);
        assert_eq!(pair[1]["source"], "rule");
        assert_eq!(pair[1]["created_by"], Value::Null);
        assert!(text(&pair[1]["id"]) > text(&pair[0]["id"]));
    }
    log
}
