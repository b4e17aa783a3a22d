//! Guard: for every kind of caller and every operation, what is answered.

use serde_json::json;

use crate::{
    app::{Client, TestApp},
    cases::{Fixture, cases},
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
const CALLERS: [&str; 6] =
    ["nobody", "the user", "another learner", "a supervisor", "an auditor", "an administrator"];

/// What each kind of caller is answered. Whoever adds an operation adds its row.
fn row(operation: &str) -> [Answered; 6] {
    match operation {
        "log_in" | "refresh_session" => [Done; 6],
        "log_out"
        | "get_me"
        | "list_users"
        | "list_enrollments"
        | "list_courses"
        | "get_course"
        | "list_learning_plans"
        | "get_learning_plan" => [Nobody, Done, Done, Done, Done, Done],
        // Whoever may see the profile may see the log: one rule.
        "get_user"
        | "list_user_activity"
        | "list_note_creators"
        | "get_entry"
        | "list_note_revisions"
        | "list_user_enrollments"
        | "get_enrollment"
        | "list_user_learning_plans" => [Nobody, Done, Unknown, Done, Done, Done],
        "update_user"
        | "add_note"
        | "edit_note"
        | "enroll_user"
        | "update_enrollment"
        | "cancel_enrollment"
        | "start_enrollment"
        | "complete_enrollment"
        | "assign_learning_plan"
        | "unassign_learning_plan" => [Nobody, Forbidden, Unknown, Forbidden, Forbidden, Done],
        "create_user"
        | "create_course"
        | "update_course"
        | "create_learning_plan"
        | "update_learning_plan" => [Nobody, Forbidden, Forbidden, Forbidden, Forbidden, Done],
        unknown => panic!("the operation {unknown} has no row in permissions.rs"),
    }
}

#[test]
fn every_kind_of_caller_is_answered_what_the_contract_says_by_every_operation() {
    let app = TestApp::start();
    let supervisor = app.learner("Supervisor");
    let stranger = app.learner("Stranger");
    let auditor = app.person("auditor", "Audrey", "Auditor");
    for number in 0..cases(&Fixture::new(&app)).len() {
        for (column, caller) in CALLERS.iter().enumerate() {
            let fixture = Fixture::new(&app);
            let profile = format!("/users/{}", fixture.subject.id);
            let supervisors = json!({"supervisor_ids": [supervisor.id]});
            app.admin().patch_now(&profile, supervisors).ok(200);
            let case = cases(&fixture).swap_remove(number);
            // Log-out ends a session: each caller has a new one.
            let client: Client = match *caller {
                "nobody" => app.stranger(),
                "the user" => fixture.subject.client.clone(),
                "another learner" => app.client_of(&stranger.email),
                "a supervisor" => app.client_of(&supervisor.email),
                "an auditor" => app.client_of(&auditor.email),
                _ => app.admin(),
            };
            let expected = match row(case.operation)[column] {
                Done => case.status,
                Nobody => 401,
                Forbidden => 403,
                Unknown => 404,
            };
            let answer = case.send(&client);
            assert_eq!(answer.status, expected, "{} by {caller}: {}", case.operation, answer.text);
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
        let mut ids: Vec<String> =
            client.all(path).iter().map(|it| crate::app::text(&it[field])).collect();
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
