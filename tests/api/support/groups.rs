//! Memberships and home groups.

use serde_json::{Value, json};

use super::{app::TestApp, fixtures::Person};

/// The path of a membership.
pub fn membership(group: &str, user: &str) -> String {
    format!("/groups/{group}/members/{user}")
}

pub fn grant(app: &TestApp, group: &str, person: &Person, permissions: Value) {
    let body = json!({"permissions": permissions});
    app.admin().put(&membership(group, &person.id), body).ok(200);
}

pub fn set_home_group(app: &TestApp, person: &Person, group: Value) {
    let body = json!({"home_group_id": group});
    app.admin().patch_now(&format!("/users/{}", person.id), body).ok(200);
}
