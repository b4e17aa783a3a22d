//! One successful request for each operation of the document, with the entries that it makes. A new
//! operation without its case fails the guards that walk these: `journal_coverage`, `permissions`.

use daybook::domain::timestamp::Timestamp;
use serde_json::{Value, json};

use super::{
    app::{Answer, CSV, Client, FORM, JSON, PASSWORD, Person, TestApp, text},
    contract::document,
};

/// Something of everything, about one learner: `subject`.
pub struct Fixture {
    pub subject: Person,
    pub refresh_token: String,
    course: String,
    other_course: String,
    enrollment: String,
    plan: String,
    other_plan: String,
    note: String,
    certification: String,
    /// His home group.
    pub group: String,
    joined_group: String,
    other_group: String,
    api_user: String,
    api_client: String,
    client_secret: String,
}

impl Fixture {
    pub fn new(app: &TestApp) -> Self {
        let subject = app.learner("Subject");
        let tokens = app.log_in(&subject.email, PASSWORD).ok(200);
        let course = app.course("A course");
        let admin = app.admin();
        let plan = app.plan("A plan that he has");
        admin.put(&format!("/users/{}/learning-plans/{plan}", subject.id), json!({})).ok(200);
        let notes = json!({"notes": "The first wording."});
        let note = admin.post(&format!("/users/{}/activity", subject.id), notes).ok(201);
        let group = app.group("His home group");
        let home = json!({"home_group_id": group});
        admin.patch_now(&format!("/users/{}", subject.id), home).ok(200);
        admin.put(&format!("/groups/{group}/learning-plans/{plan}"), json!({})).ok(200);
        let joined_group = app.group("A group that he is in");
        let member = format!("/groups/{joined_group}/members/{}", subject.id);
        admin.put(&member, json!({})).ok(200);
        let other_group = app.group("A group that he is not in");
        let body = json!({"name": "A certification", "course_ids": [course]});
        let certification = admin.post("/certifications", body).ok(201);
        let body = json!({"kind": "api", "given_name": "HR", "surname": "System"});
        let api_user = text(&admin.post("/users", body).ok(201)["id"]);
        let body = json!({"name": "HR", "user_id": api_user, "scopes": ["users:read"]});
        let client = admin.post("/api-clients", body).ok(201);
        Self {
            refresh_token: text(&tokens["refresh_token"]),
            enrollment: app.enrollment(&subject.id, &course),
            other_course: app.course("A course that he is not in"),
            other_plan: app.plan("A plan that he does not have"),
            note: text(&note["id"]),
            certification: text(&certification["id"]),
            group,
            joined_group,
            other_group,
            api_user,
            api_client: text(&client["client_id"]),
            client_secret: text(&client["client_secret"]),
            subject,
            course,
            plan,
        }
    }
}

/// One request.
pub struct Case {
    pub operation: &'static str,
    pub method: String,
    pub path: String,
    /// JSON; text stands for a body of CSV, or of a form.
    pub body: Option<Value>,
    pub status: u16,
    /// The actions that the subject's log tells of afterwards, the newest first.
    pub entries: &'static [&'static str],
}

impl Case {
    /// Whether its errors are problems: those of OAuth have a form of their own (RFC 6749).
    pub fn has_problems(&self) -> bool {
        self.operation != "issue_token"
    }

    pub fn send(&self, client: &Client) -> Answer {
        self.send_with(client, &[])
    }

    pub fn send_with(&self, client: &Client, headers: &[(&str, &str)]) -> Answer {
        let mut headers = headers.to_vec();
        let body = self.body.as_ref().map(|body| match body {
            Value::String(text) => {
                headers.push(if self.operation == "issue_token" { FORM } else { CSV });
                text.clone()
            }
            json => {
                headers.push(JSON);
                json.to_string()
            }
        });
        if self.method == "PATCH" {
            headers.push(("if-match", "*"));
        }
        client.send(&self.method, &self.path, &headers, body.as_deref())
    }
}

/// The operations of the document: id, method, path.
pub fn operations() -> Vec<(String, String, String)> {
    let mut operations = Vec::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = text(&operation["operationId"]);
            operations.push((id, method.to_uppercase(), path.clone()));
        }
    }
    operations
}

/// The case of each operation, on a fixture.
pub fn cases(fixture: &Fixture) -> Vec<Case> {
    let made: Vec<Case> = operations()
        .into_iter()
        .map(|(operation, method, path)| {
            let (operation, status, body, entries) = case(fixture, &operation);
            let plan = match operation {
                "assign_learning_plan" | "attach_learning_plan" => &fixture.other_plan,
                _ => &fixture.plan,
            };
            let group = match operation {
                "put_group_member" => &fixture.other_group,
                "remove_group_member" => &fixture.joined_group,
                _ => &fixture.group,
            };
            let path = path
                .replace("{user_id}", &fixture.subject.id)
                .replace("{course_id}", &fixture.course)
                .replace("{plan_id}", plan)
                .replace("{enrollment_id}", &fixture.enrollment)
                .replace("{entry_id}", &fixture.note)
                .replace("{certification_id}", &fixture.certification)
                .replace("{group_id}", group)
                .replace("{client_id}", &fixture.api_client);
            assert!(!path.contains('{'), "{operation}: what is in {path}?");
            Case { operation, method, path, body, status, entries }
        })
        .collect();
    made
}

type Told = &'static [&'static str];

/// What is sent, and what comes of it. Whoever adds an operation adds a line.
fn case(fixture: &Fixture, operation: &str) -> (&'static str, u16, Option<Value>, Told) {
    let nothing = Some(json!({}));
    match operation {
        "log_in" => (
            "log_in",
            200,
            Some(json!({"email": fixture.subject.email, "password": PASSWORD})),
            &["session.logged_in"],
        ),
        "refresh_session" => {
            let body = json!({"refresh_token": fixture.refresh_token});
            ("refresh_session", 200, Some(body), &[])
        }
        "log_out" => ("log_out", 204, nothing, &["session.logged_out"]),
        "get_me" => ("get_me", 200, None, &[]),
        "list_users" => ("list_users", 200, None, &[]),
        "create_user" => {
            // A log of his own tells of it.
            let email = format!("new.{}", fixture.subject.email);
            let body = json!({"email": email, "given_name": "New", "surname": "User"});
            ("create_user", 201, Some(body), &[])
        }
        "get_user" => ("get_user", 200, None, &[]),
        "update_user" => {
            let body = json!({"surname": "Other", "role": "learner", "time_zone": "Asia/Tokyo"});
            ("update_user", 200, Some(body), &["user.updated"])
        }
        "import_users" => {
            let csv = format!("email,surname\n{},Imported\n", fixture.subject.email);
            ("import_users", 200, Some(json!(csv)), &["user.updated"])
        }
        "list_user_activity" => ("list_user_activity", 200, None, &[]),
        "list_activity" => ("list_activity", 200, None, &[]),
        "list_actions" => ("list_actions", 200, None, &[]),
        "ingest_entries" => {
            let user = &fixture.subject.id;
            let body = json!({"items": [{
                "user": {"id": user}, "action": "enrollment.completed",
                "occurred_at": Timestamp::system_now(), "external_id": format!("case:{user}"),
                "description": "Subject completed a course elsewhere.",
            }]});
            ("ingest_entries", 200, Some(body), &["enrollment.completed"])
        }
        "export_user_activity" => ("export_user_activity", 200, None, &[]),
        "export_activity" => ("export_activity", 200, None, &[]),
        "add_note" => ("add_note", 201, Some(json!({"notes": "Why."})), &["note"]),
        "list_note_creators" => ("list_note_creators", 200, None, &[]),
        "get_entry" => ("get_entry", 200, None, &[]),
        // A revision tells of it.
        "edit_note" => ("edit_note", 200, Some(json!({"notes": "The second wording."})), &[]),
        "list_note_revisions" => ("list_note_revisions", 200, None, &[]),
        "list_user_enrollments" => ("list_user_enrollments", 200, None, &[]),
        "enroll_user" => {
            let body = json!({"course_id": fixture.other_course});
            ("enroll_user", 201, Some(body), &["enrollment.created"])
        }
        "list_enrollments" => ("list_enrollments", 200, None, &[]),
        "get_enrollment" => ("get_enrollment", 200, None, &[]),
        "update_enrollment" => {
            let body = json!({"due_at": "2027-01-01T00:00:00Z", "grade": 41.5, "result": "fail"});
            let told = &["enrollment.grade_changed", "enrollment.due_date_changed"];
            ("update_enrollment", 200, Some(body), told)
        }
        "cancel_enrollment" => ("cancel_enrollment", 204, None, &["enrollment.cancelled"]),
        "start_enrollment" => ("start_enrollment", 200, None, &["enrollment.started"]),
        "complete_enrollment" => {
            let body = json!({"method": "forced"});
            // The certification that asks for the course follows.
            let told = &["certification.met", "enrollment.forced_complete"];
            ("complete_enrollment", 200, Some(body), told)
        }
        "list_user_learning_plans" => ("list_user_learning_plans", 200, None, &[]),
        "assign_learning_plan" => ("assign_learning_plan", 200, None, &["learning_plan.assigned"]),
        "unassign_learning_plan" => {
            ("unassign_learning_plan", 204, None, &["learning_plan.unassigned"])
        }
        "list_external_training" => ("list_external_training", 200, None, &[]),
        "log_external_training" => {
            let body = json!({"title": "First Aid", "completed_on": "2026-06-30"});
            ("log_external_training", 201, Some(body), &["external_training.logged"])
        }
        "list_courses" => ("list_courses", 200, None, &[]),
        "create_course" => {
            ("create_course", 201, Some(json!({"title": "New", "type": "online"})), &[])
        }
        "get_course" => ("get_course", 200, None, &[]),
        "update_course" => ("update_course", 200, Some(json!({"title": "Renamed"})), &[]),
        "list_learning_plans" => ("list_learning_plans", 200, None, &[]),
        "create_learning_plan" => ("create_learning_plan", 201, Some(json!({"name": "New"})), &[]),
        "get_learning_plan" => ("get_learning_plan", 200, None, &[]),
        "update_learning_plan" => {
            ("update_learning_plan", 200, Some(json!({"name": "Renamed"})), &[])
        }
        "list_certifications" => ("list_certifications", 200, None, &[]),
        "create_certification" => {
            let body = json!({"name": "New", "course_ids": [fixture.course]});
            ("create_certification", 201, Some(body), &[])
        }
        "get_certification" => ("get_certification", 200, None, &[]),
        "update_certification" => {
            ("update_certification", 200, Some(json!({"name": "Renamed"})), &[])
        }
        "list_user_certifications" => ("list_user_certifications", 200, None, &[]),
        "list_groups" => ("list_groups", 200, None, &[]),
        "create_group" => ("create_group", 201, Some(json!({"name": "New"})), &[]),
        "get_group" => ("get_group", 200, None, &[]),
        "update_group" => ("update_group", 200, Some(json!({"name": "Renamed"})), &[]),
        "put_group_member" => {
            let body = json!({"permissions": ["view_learner_results"]});
            let told = &["group.permission_granted", "group.member_added"];
            ("put_group_member", 200, Some(body), told)
        }
        "remove_group_member" => ("remove_group_member", 204, None, &["group.member_removed"]),
        "attach_learning_plan" => {
            let body = json!({"auto": true});
            ("attach_learning_plan", 200, Some(body), &["learning_plan.assigned"])
        }
        "detach_learning_plan" => ("detach_learning_plan", 204, None, &[]),
        // What happens to API clients, the log of their user tells.
        "issue_token" => {
            let Fixture { api_client, client_secret, .. } = fixture;
            let form = format!(
                "grant_type=client_credentials&client_id={api_client}&client_secret={client_secret}"
            );
            ("issue_token", 200, Some(json!(form)), &[])
        }
        "list_api_clients" => ("list_api_clients", 200, None, &[]),
        "create_api_client" => {
            let body = json!({
                "name": "Another", "user_id": fixture.api_user, "scopes": ["activity:read"],
            });
            ("create_api_client", 201, Some(body), &[])
        }
        "get_api_client" => ("get_api_client", 200, None, &[]),
        "update_api_client" => ("update_api_client", 200, Some(json!({"name": "Renamed"})), &[]),
        "revoke_api_client" => ("revoke_api_client", 204, None, &[]),
        "rotate_api_client_secret" => ("rotate_api_client_secret", 201, nothing, &[]),
        unknown => panic!("the operation {unknown} has no case in cases.rs"),
    }
}
