//! A sample for each operation of the document: one successful request, and the entries it makes.
//! The guards walk the samples. They pass over an operation without one, and `guards/operations.rs`
//! alone says what it lacks.

use serde_json::{Value, json};

use super::{
    app::{PASSWORD, TestApp},
    client::{CSV, Client, FORM, JSON},
    contract::{Operation, operations},
    fixtures::Person,
    reply::{Reply, text},
    sample_requests::{SampleRequest, request},
};

/// One resource of each kind, all of one learner: `subject`.
pub struct Fixture {
    pub subject: Person,
    pub refresh_token: String,
    pub course: String,
    pub other_course: String,
    pub enrollment: String,
    pub plan: String,
    pub other_plan: String,
    pub note: String,
    pub certification: String,
    /// The home group of the subject.
    pub group: String,
    pub joined_group: String,
    pub other_group: String,
    pub api_user: String,
    pub api_client: String,
    pub client_secret: String,
}

impl Fixture {
    pub fn new(app: &TestApp) -> Self {
        let subject = app.learner("Subject");
        let tokens = app.log_in(&subject.email, PASSWORD).ok(200);
        let course = app.course("A course");
        let admin = app.admin();
        let plan = app.plan("An assigned plan");
        admin.put(&format!("/users/{}/learning-plans/{plan}", subject.id), json!({})).ok(200);
        let notes = json!({"notes": "The first wording."});
        let note = admin.post(&format!("/users/{}/activity", subject.id), notes).ok(201);
        let group = app.group("A home group");
        let home = json!({"home_group_id": group});
        admin.patch_now(&format!("/users/{}", subject.id), home).ok(200);
        admin.put(&format!("/groups/{group}/learning-plans/{plan}"), json!({})).ok(200);
        let joined_group = app.group("A joined group");
        let member = format!("/groups/{joined_group}/members/{}", subject.id);
        admin.put(&member, json!({})).ok(200);
        let other_group = app.group("Another group");
        let body = json!({"name": "A certification", "course_ids": [course]});
        let certification = admin.post("/certifications", body).ok(201);
        let body = json!({"kind": "api", "given_name": "HR", "surname": "System"});
        let api_user = text(&admin.post("/users", body).ok(201)["id"]);
        let body = json!({"name": "HR", "user_id": api_user, "scopes": ["users:read"]});
        let client = admin.post("/api-clients", body).ok(201);
        Self {
            refresh_token: text(&tokens["refresh_token"]),
            enrollment: app.enrollment(&subject.id, &course),
            other_course: app.course("Another course"),
            other_plan: app.plan("Another plan"),
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

/// One request, and what it brings about.
pub struct Sample {
    pub operation: &'static str,
    /// The operation in the document.
    pub spec: &'static Value,
    pub method: String,
    pub path: String,
    /// JSON; text is a body of CSV, or of a form.
    pub body: Option<Value>,
    pub status: u16,
    /// The actions of the new entries in the subject's log, the newest first.
    pub actions: &'static [&'static str],
}

/// The path of an operation, with the ids of a fixture. A parameter without an id stays.
pub fn sample_path(fixture: &Fixture, operation: &Operation) -> String {
    let plan = match operation.id {
        "assign_learning_plan" | "attach_learning_plan" => &fixture.other_plan,
        _ => &fixture.plan,
    };
    let group = match operation.id {
        "put_group_member" => &fixture.other_group,
        "remove_group_member" => &fixture.joined_group,
        _ => &fixture.group,
    };
    operation
        .path
        .replace("{user_id}", &fixture.subject.id)
        .replace("{course_id}", &fixture.course)
        .replace("{plan_id}", plan)
        .replace("{enrollment_id}", &fixture.enrollment)
        .replace("{entry_id}", &fixture.note)
        .replace("{certification_id}", &fixture.certification)
        .replace("{group_id}", group)
        .replace("{client_id}", &fixture.api_client)
}

impl Sample {
    /// The sample of an operation, on a fixture; none if the operation lacks its line here.
    pub fn new(fixture: &Fixture, operation: &Operation) -> Option<Self> {
        let SampleRequest { status, body, actions } = request(fixture, operation.id)?;
        let path = Some(sample_path(fixture, operation)).filter(|it| !it.contains('{'))?;
        let method = operation.method.clone();
        let (operation, spec) = (operation.id, operation.spec);
        Some(Self { operation, spec, method, path, body, status, actions })
    }

    /// Whether its errors are problems: those of OAuth have a form of their own (RFC 6749).
    pub fn has_problems(&self) -> bool {
        self.operation != "issue_token"
    }

    /// The client that sends it: administrators, save for what users do for themselves alone.
    pub fn sender<'a>(&self, fixture: &'a Fixture, admin: &'a Client) -> &'a Client {
        match self.operation {
            "log_out" | "change_own_password" => &fixture.subject.client,
            _ => admin,
        }
    }

    pub fn send(&self, client: &Client) -> Reply {
        self.send_with(client, &[])
    }

    pub fn send_with(&self, client: &Client, headers: &[(&str, &str)]) -> Reply {
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

/// The sample of each operation, on a fixture.
pub fn samples(fixture: &Fixture) -> Vec<Sample> {
    operations().iter().filter_map(|operation| Sample::new(fixture, operation)).collect()
}
