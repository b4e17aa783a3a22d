//! The learning plans of users: assigned, unassigned, listed.

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    expect::{column, entries, entry},
};

#[test]
fn assigning_a_plan_answers_it_and_is_one_entry() {
    let app = TestApp::start();
    let (sam, plan) = (app.learner("Sam"), app.plan("Forklift Training"));
    let path = format!("/users/{}/learning-plans/{plan}", sam.id);
    let assigned = app.admin().put(&path, json!({})).ok(200);
    let expected = json!({
        "plan": {"id": plan, "name": "Forklift Training"}, "status": "not_met", "source": "admin",
        "assigned_at": assigned["assigned_at"], "met_at": null,
    });
    assert_eq!(assigned, expected);
    let list = app.admin().get(&format!("/users/{}/learning-plans", sam.id)).ok(200);
    assert_eq!(list["data"], json!([expected]));
    let told = entry(&app, &sam.id, "learning_plan.assigned");
    let target = json!({"type": "learning_plan", "id": plan, "name": "Forklift Training"});
    assert_eq!(told["target"], target);
    assert_eq!(told["source"], "admin");
    assert_eq!(told["changes"], json!([]));
    assert_eq!(told["entered_by"]["id"], app.admin_id.to_string());
    assert_eq!(told["occurred_at"], assigned["assigned_at"]);
    assert_eq!(app.actions(&sam.id).len(), 1);
}

#[test]
fn unassigning_a_plan_is_one_entry_that_names_it() {
    let app = TestApp::start();
    let (sam, plan) = (app.learner("Sam"), app.plan("Forklift Training"));
    let path = format!("/users/{}/learning-plans/{plan}", sam.id);
    app.admin().put(&path, json!({})).ok(200);
    let answer = app.admin().delete(&path);
    answer.ok(204);
    assert_eq!(answer.text, "");
    assert!(app.admin().all(&format!("/users/{}/learning-plans", sam.id)).is_empty());
    let told = entry(&app, &sam.id, "learning_plan.unassigned");
    let target = json!({"type": "learning_plan", "id": plan, "name": "Forklift Training"});
    assert_eq!(told["target"], target);
    assert_eq!(told["entered_by"]["name"], "Ada Admin");
    assert_eq!(app.actions(&sam.id), ["learning_plan.unassigned", "learning_plan.assigned"]);
}

#[test]
fn assigning_and_unassigning_twice_changes_and_logs_once() {
    let app = TestApp::start();
    let (sam, plan) = (app.learner("Sam"), app.plan("Forklift Training"));
    let path = format!("/users/{}/learning-plans/{plan}", sam.id);
    let admin = app.admin();
    // Not assigned yet: nothing is unassigned, and nothing logged.
    admin.delete(&path).ok(204);
    assert!(app.actions(&sam.id).is_empty());
    for _ in 0..2 {
        let first = admin.put(&path, json!({})).ok(200);
        assert_eq!(admin.send("PUT", &path, &[], None).ok(200), first);
        admin.delete(&path).ok(204);
        admin.delete(&path).ok(204);
    }
    for action in ["learning_plan.assigned", "learning_plan.unassigned"] {
        assert_eq!(entries(&app, &sam.id, action).len(), 2);
    }
}

#[test]
fn plans_and_users_that_are_not_there_are_not_found() {
    let app = TestApp::start();
    let (sam, plan) = (app.learner("Sam"), app.plan("Forklift Training"));
    let nothing = "01977f3e-5c00-7000-8000-000000000000";
    for path in [
        format!("/users/{}/learning-plans/{nothing}", sam.id),
        format!("/users/{nothing}/learning-plans/{plan}"),
        format!("/users/{}/learning-plans/plan", sam.id),
    ] {
        app.admin().put(&path, json!({})).problem(404, "not_found");
        app.admin().delete(&path).problem(404, "not_found");
    }
    app.admin().get(&format!("/users/{nothing}/learning-plans")).problem(404, "not_found");
    assert!(app.actions(&sam.id).is_empty());
}

#[test]
fn assigning_takes_no_fields() {
    let app = TestApp::start();
    let (sam, plan) = (app.learner("Sam"), app.plan("Forklift Training"));
    let path = format!("/users/{}/learning-plans/{plan}", sam.id);
    app.admin().put(&path, json!({"source": "rule"})).invalid("/source", "unknown_field");
    assert!(app.actions(&sam.id).is_empty());
}

#[test]
fn the_plan_assigned_last_comes_first_page_by_page() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let list = format!("/users/{}/learning-plans", sam.id);
    let names = ["One", "Two", "Three"];
    for name in names {
        let plan = app.plan(name);
        app.admin().put(&format!("{list}/{plan}"), json!({})).ok(200);
    }
    let plans = |items: &[Value]| {
        column(&items.iter().map(|it| it["plan"].clone()).collect::<Vec<_>>(), "name")
    };
    // Callers who may see the profile may see the plans.
    assert_eq!(plans(&sam.client.all(&list)), ["Three", "Two", "One"]);
    let mut path = format!("{list}?limit=1&include=total_count");
    for name in names.iter().rev() {
        let page = app.admin().get(&path).ok(200);
        assert_eq!(plans(page["data"].as_array().unwrap()), [*name]);
        assert_eq!(page["page"]["total_count"], 3);
        let cursor = page["page"]["next_cursor"].as_str().unwrap_or("none");
        path = format!("{list}?limit=1&include=total_count&cursor={cursor}");
    }
}

#[test]
fn a_renamed_plan_shows_its_new_name_and_the_log_the_old_one() {
    let app = TestApp::start();
    let (sam, plan) = (app.learner("Sam"), app.plan("Forklift Training"));
    let list = format!("/users/{}/learning-plans", sam.id);
    app.admin().put(&format!("{list}/{plan}"), json!({})).ok(200);
    app.admin().patch_now(&format!("/learning-plans/{plan}"), json!({"name": "Forklifts"})).ok(200);
    assert_eq!(app.admin().all(&list)[0]["plan"]["name"], "Forklifts");
    let told = entry(&app, &sam.id, "learning_plan.assigned");
    assert_eq!(told["target"]["name"], "Forklift Training");
}

#[test]
fn the_source_of_an_assignment_to_oneself_is_self() {
    let app = TestApp::start();
    let (id, plan) = (app.admin_id.to_string(), app.plan("Forklift Training"));
    let path = format!("/users/{id}/learning-plans/{plan}");
    assert_eq!(app.admin().put(&path, json!({})).ok(200)["source"], "self");
    assert_eq!(entry(&app, &id, "learning_plan.assigned")["source"], "self");
}
