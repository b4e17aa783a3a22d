//! Guard: for every kind of caller and every operation, what is answered.

use serde_json::json;

use crate::support::{
    app::TestApp,
    client::Client,
    contract::operations,
    fixtures::Person,
    reply::text,
    samples::{Fixture, Sample},
};

/// How a caller is refused or let through.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answered {
    /// The operation's own status.
    Done,
    /// 401: nobody.
    Nobody,
    /// 403: knows of it, may not.
    Forbidden,
    /// 404: may not know of it.
    Unknown,
}
use Answered::{Done, Forbidden, Nobody, Unknown};

/// The kinds of callers, in the order of the columns below.
const CALLERS: [&str; 8] = [
    "nobody",
    "the user",
    "another learner",
    "a supervisor",
    "a viewer of his group's results",
    "a manager of his home group",
    "an auditor",
    "an administrator",
];

/// What each kind of caller is answered. Whoever adds an operation adds its row.
fn row(operation: &str) -> [Answered; 8] {
    match operation {
        "log_in" | "refresh_session" | "issue_token" => [Done; 8],
        "log_out"
        | "get_me"
        | "list_activity"
        | "list_actions"
        | "export_activity"
        | "list_users"
        | "list_enrollments"
        | "list_courses"
        | "get_course"
        | "list_learning_plans"
        | "get_learning_plan"
        | "list_certifications"
        | "get_certification"
        | "list_groups"
        | "get_group" => [Nobody, Done, Done, Done, Done, Done, Done, Done],
        // Whoever may see the profile may see the log: one rule.
        "get_user"
        | "list_user_activity"
        | "export_user_activity"
        | "list_note_creators"
        | "get_entry"
        | "list_note_revisions"
        | "list_user_enrollments"
        | "get_enrollment"
        | "list_user_learning_plans"
        | "list_external_training"
        | "list_user_certifications" => [Nobody, Done, Unknown, Done, Done, Done, Done, Done],
        "update_user"
        | "add_note"
        | "enroll_user"
        | "update_enrollment"
        | "cancel_enrollment"
        | "start_enrollment"
        | "complete_enrollment"
        | "assign_learning_plan"
        | "unassign_learning_plan"
        | "log_external_training" => {
            [Nobody, Forbidden, Unknown, Forbidden, Forbidden, Done, Forbidden, Done]
        }
        // A manager edits his own notes; this one is the administrator's.
        "edit_note" => {
            [Nobody, Forbidden, Unknown, Forbidden, Forbidden, Forbidden, Forbidden, Done]
        }
        "create_user"
        | "import_users"
        | "ingest_entries"
        | "create_course"
        | "update_course"
        | "create_learning_plan"
        | "update_learning_plan"
        | "create_certification"
        | "update_certification"
        | "create_group"
        | "update_group"
        | "put_group_member"
        | "remove_group_member"
        | "attach_learning_plan"
        | "detach_learning_plan" => {
            [Nobody, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden, Done]
        }
        // API clients and roles: an auditor reads, an administrator changes.
        "list_api_clients" | "get_api_client" => {
            [Nobody, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden, Done, Done]
        }
        "create_api_client"
        | "update_api_client"
        | "revoke_api_client"
        | "rotate_api_client_secret" => {
            [Nobody, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden, Done]
        }
        unknown => panic!("the operation {unknown} has no row in permissions.rs"),
    }
}

/// A fixture whose subject has a supervisor, and is in a group with a viewer and a manager.
fn watched(app: &TestApp, supervisor: &Person, viewer: &Person, manager: &Person) -> Fixture {
    let fixture = Fixture::new(app);
    let admin = app.admin();
    let supervisors = json!({"supervisor_ids": [supervisor.id]});
    admin.patch_now(&format!("/users/{}", fixture.subject.id), supervisors).ok(200);
    for (member, permission) in [(viewer, "view_learner_results"), (manager, "manage_users")] {
        let path = format!("/groups/{}/members/{}", fixture.group, member.id);
        admin.put(&path, json!({"permissions": [permission]})).ok(200);
    }
    fixture
}

#[test]
fn every_kind_of_caller_is_answered_what_the_contract_says_by_every_operation() {
    let app = TestApp::start();
    let supervisor = app.learner("Supervisor");
    let stranger = app.learner("Stranger");
    let auditor = app.person("auditor", "Audrey", "Auditor");
    let (viewer, manager) = (app.learner("Viewer"), app.learner("Manager"));
    for operation in operations() {
        let mut fixture = watched(&app, &supervisor, &viewer, &manager);
        let mut used = false;
        for (column, caller) in CALLERS.iter().enumerate() {
            // What was done can't be done again; what was refused has left nothing behind.
            if std::mem::take(&mut used) {
                fixture = watched(&app, &supervisor, &viewer, &manager);
            }
            let sample = Sample::new(&fixture, &operation);
            used = row(sample.operation)[column] == Done && sample.method != "GET";
            // Log-out ends a session: each caller has a new one.
            let client: Client = match *caller {
                "nobody" => app.stranger(),
                "the user" => fixture.subject.client.clone(),
                "another learner" => app.client_of(&stranger.email),
                "a supervisor" => app.client_of(&supervisor.email),
                "a viewer of his group's results" => app.client_of(&viewer.email),
                "a manager of his home group" => app.client_of(&manager.email),
                "an auditor" => app.client_of(&auditor.email),
                _ => app.admin(),
            };
            let expected = match row(sample.operation)[column] {
                Done => sample.status,
                Nobody => 401,
                Forbidden => 403,
                Unknown => 404,
            };
            let answer = sample.send(&client);
            assert_eq!(
                answer.status, expected,
                "{} by {caller}: {}",
                sample.operation, answer.text
            );
        }
    }
}

#[test]
fn a_relation_that_changes_counts_at_the_next_request() {
    let app = TestApp::start();
    let (user, boss) = (app.learner("Sam"), app.learner("Bianca"));
    let (profile, log) = (format!("/users/{}", user.id), format!("/users/{}/activity", user.id));
    boss.client.get(&profile).problem(404, "not_found");
    boss.client.get(&log).problem(404, "not_found");

    app.admin().patch_now(&profile, json!({"supervisor_ids": [boss.id]})).ok(200);
    boss.client.get(&profile).ok(200);
    boss.client.get(&log).ok(200);

    app.admin().patch_now(&profile, json!({"supervisor_ids": []})).ok(200);
    boss.client.get(&profile).problem(404, "not_found");
    boss.client.get(&log).problem(404, "not_found");
}

#[test]
fn lists_show_each_caller_exactly_those_whom_he_may_see() {
    let app = TestApp::start();
    let (one, two, boss) = (app.learner("One"), app.learner("Two"), app.learner("Boss"));
    let course = app.course("Listed");
    app.enrollment(&one.id, &course);
    app.enrollment(&two.id, &course);
    let supervisors = json!({"supervisor_ids": [boss.id]});
    app.admin().patch_now(&format!("/users/{}", one.id), supervisors).ok(200);

    let ids = |client: &Client, path: &str, field: &str| -> Vec<String> {
        let mut ids: Vec<String> = client.all(path).iter().map(|it| text(&it[field])).collect();
        ids.sort();
        ids
    };
    let sorted = |mut ids: Vec<&str>| -> Vec<String> {
        ids.sort_unstable();
        ids.into_iter().map(str::to_owned).collect()
    };
    assert_eq!(ids(&boss.client, "/users", "id"), sorted(vec![&one.id, &boss.id]));
    assert_eq!(ids(&one.client, "/users", "id"), sorted(vec![&one.id]));
    assert_eq!(ids(&boss.client, "/enrollments", "user_id"), sorted(vec![&one.id]));
    assert_eq!(ids(&two.client, "/enrollments", "user_id"), sorted(vec![&two.id]));
    assert_eq!(ids(&app.admin(), "/enrollments", "user_id"), sorted(vec![&one.id, &two.id]));
}
