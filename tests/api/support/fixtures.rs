//! Users, courses, plans and groups that the administrator makes through the API; and their logs.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{
    app::{PASSWORD, TestApp},
    client::Client,
    reply::text,
};

/// A person in a test, with a client that is logged in as them.
pub struct Person {
    pub id: String,
    pub email: String,
    pub name: String,
    pub client: Client,
}

impl TestApp {
    /// A new person with a role, created by the administrator.
    pub fn person(&self, role: &str, given_name: &str, surname: &str) -> Person {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let email = format!("{}.{number}@example.com", given_name.to_lowercase());
        let body = json!({
            "email": email, "given_name": given_name, "surname": surname, "role": role,
            "password": PASSWORD,
        });
        let user = self.admin().post("/users", body).ok(201);
        Person {
            id: text(&user["id"]),
            email: email.clone(),
            name: text(&user["name"]),
            client: self.client_of(&email),
        }
    }

    /// A new learner.
    pub fn learner(&self, given_name: &str) -> Person {
        self.person("learner", given_name, "Learner")
    }

    /// A new course, by its title.
    pub fn course(&self, title: &str) -> String {
        let body = json!({"title": title, "type": "scorm"});
        text(&self.admin().post("/courses", body).ok(201)["id"])
    }

    /// A new learning plan, by its name.
    pub fn plan(&self, name: &str) -> String {
        text(&self.admin().post("/learning-plans", json!({"name": name})).ok(201)["id"])
    }

    /// A new group, by its name.
    pub fn group(&self, name: &str) -> String {
        text(&self.admin().post("/groups", json!({"name": name})).ok(201)["id"])
    }

    /// A new enrollment of a user in a course.
    pub fn enrollment(&self, user: &str, course: &str) -> String {
        let path = format!("/users/{user}/enrollments");
        text(&self.admin().post(&path, json!({"course_id": course})).ok(201)["id"])
    }

    /// Everything in a user's log, newest first, as the administrator sees it.
    pub fn log(&self, user: &str) -> Vec<Value> {
        self.admin().all(&format!("/users/{user}/activity"))
    }

    /// The actions in a user's log, newest first, without `user.created` and those of sessions.
    pub fn actions(&self, user: &str) -> Vec<String> {
        let log = self.log(user).into_iter().map(|entry| text(&entry["action"]));
        log.filter(|action| action != "user.created" && !action.starts_with("session.")).collect()
    }
}
