//! Guard: for every kind of caller and every operation, what is answered.

use std::sync::Arc;

use serde_json::json;

use crate::support::{
    app::TestApp,
    client::Client,
    contract::operations,
    fixtures::Person,
    outcomes::{
        Outcome::{self, Done, Forbidden, NotFound, Unauthenticated},
        Outcomes, outcomes,
    },
    reply::text,
    samples::{Fixture, Sample},
};

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

/// A kind of caller.
struct Caller {
    name: &'static str,
    /// A new session for each request, because log-out ends one.
    client: Box<dyn Fn(&Fixture) -> Client>,
    outcome: fn(&Outcomes) -> Outcome,
}

#[test]
fn every_operation_replies_to_every_kind_of_caller_as_the_policy_says() {
    let app = Arc::new(TestApp::start());
    let supervisor = app.learner("Supervisor");
    let stranger = app.learner("Stranger");
    let auditor = app.person("auditor", "Audrey", "Auditor");
    let (viewer, manager) = (app.learner("Viewer"), app.learner("Manager"));
    let watched = || watched(&app, &supervisor, &viewer, &manager);
    let caller = |name, email: &str, outcome| {
        let (app, email) = (Arc::clone(&app), email.to_owned());
        Caller { name, client: Box::new(move |_| app.client_of(&email)), outcome }
    };
    let nobody = app.stranger();
    let callers = [
        Caller {
            name: "nobody",
            client: Box::new(move |_| nobody.clone()),
            outcome: |it| it.nobody,
        },
        Caller {
            name: "the subject",
            client: Box::new(|fixture| fixture.subject.client.clone()),
            outcome: |it| it.subject,
        },
        caller("another learner", &stranger.email, |it| it.stranger),
        caller("a supervisor", &supervisor.email, |it| it.supervisor),
        caller("a viewer of the group's results", &viewer.email, |it| it.viewer),
        caller("a manager of the home group", &manager.email, |it| it.manager),
        caller("an auditor", &auditor.email, |it| it.auditor),
        caller("an administrator", "admin@example.com", |it| it.administrator),
    ];
    for operation in operations() {
        let Some(of_callers) = outcomes(operation.id) else { continue };
        let mut fixture = watched();
        let mut used = false;
        for caller in &callers {
            // What was done can't be done again; what was refused has changed nothing.
            if std::mem::take(&mut used) {
                fixture = watched();
            }
            let Some(sample) = Sample::new(&fixture, &operation) else { break };
            let outcome = (caller.outcome)(&of_callers);
            used = outcome == Done && sample.method != "GET";
            let expected = match outcome {
                Done => sample.status,
                Unauthenticated => 401,
                Forbidden => 403,
                NotFound => 404,
            };
            let reply = sample.send(&(caller.client)(&fixture));
            let what = format!("{} by {}: {}", operation.id, caller.name, reply.text);
            assert_eq!(reply.status, expected, "{what}");
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
fn lists_show_each_caller_exactly_the_users_they_may_see() {
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
