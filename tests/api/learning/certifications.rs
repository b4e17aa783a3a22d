//! Certifications and learning plans follow by rule from completions, grades and cancellations.

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    groups::membership,
    learning::{assign, certification, certification_state, chain, complete, plan_of, plan_status},
    reply::text,
};

const EARNED: [&str; 3] = ["enrollment.completed", "certification.met", "learning_plan.met"];

fn earned() -> Value {
    json!({"method": "earned"})
}

#[test]
fn a_certification_is_created_read_changed_and_found_in_the_list() {
    let app = TestApp::start();
    let admin = app.admin();
    let (one, two) = (app.course("One"), app.course("Two"));
    let body = json!({"name": "Forklift Driver", "course_ids": [two, one, two]});
    let answer = admin.post("/certifications", body);
    let made = answer.ok(201);
    let path = format!("/certifications/{}", text(&made["id"]));
    assert_eq!(answer.header("location").as_deref(), Some(path.as_str()));
    assert_eq!((&made["course_ids"], &made["validity_days"]), (&json!([one, two]), &Value::Null));
    assert_eq!(admin.get(&path).ok(200), made);
    let changed = admin.patch(&path, &answer.etag(), json!({"name": "Crane", "validity_days": 9}));
    assert_eq!(changed.ok(200)["validity_days"], 9);
    admin.patch(&path, &answer.etag(), json!({"name": "Late"})).problem(412, "precondition_failed");
    assert_eq!(admin.patch_now(&path, json!({"validity_days": 9})).etag(), changed.etag());
    let forever = admin.patch_now(&path, json!({"validity_days": null})).ok(200);
    assert_eq!(forever["validity_days"], Value::Null);

    let unknown = "01977f3e-5c00-7000-8000-000000000000";
    let body = json!({"name": "X", "course_ids": [one, unknown]});
    admin.post("/certifications", body).invalid("/course_ids/1", "unknown");
    admin.post("/certifications", json!({"name": "X", "course_ids": []})).ok(422);
    admin.patch_now(&path, json!({"course_ids": []})).ok(422);
    admin.patch_now(&path, json!({"validity_days": 0})).ok(422);
    let body = json!({"name": "X", "certification_ids": [unknown]});
    admin.post("/learning-plans", body).invalid("/certification_ids/0", "unknown");

    certification(&app, "Baking", &[&one], json!(1));
    let names = |query: &str| -> Vec<String> {
        let list = admin.all(&format!("/certifications{query}"));
        list.iter().map(|it| text(&it["name"])).collect()
    };
    assert_eq!(names(""), ["Baking", "Crane"]);
    assert_eq!(names("?q=cRA"), ["Crane"]);
}

#[test]
fn completing_the_last_course_of_a_plan_meets_the_certification_and_then_the_plan() {
    for (method, first) in
        [("earned", "enrollment.completed"), ("forced", "enrollment.forced_complete")]
    {
        let app = TestApp::start();
        let (admin, sam) = (app.admin(), app.learner("Sam"));
        let (one, two) = (app.course("One"), app.course("Two"));
        let forklift = certification(&app, "Forklift", &[&one, &two], Value::Null);
        let plan = plan_of(&app, "Driving", &[&forklift]);
        assign(&app, &sam.id, &plan);
        complete(&app, &sam.id, &one, &earned());
        assert_eq!(certification_state(&app, &sam.id)["status"], "not_met");
        assert_eq!(plan_status(&app, &sam.id), "not_met");
        assert_eq!(app.actions(&sam.id)[0], "enrollment.completed");

        let enrollment = complete(&app, &sam.id, &two, &json!({"method": method}));
        let told = [first, "certification.met", "learning_plan.met"];
        let log = chain(&app, &sam.id, &told);
        assert_eq!(log[0]["source"], "admin");
        assert_eq!(log[2]["entered_by"]["id"], app.admin_id.to_string());
        let completed = admin.get(&format!("/enrollments/{enrollment}")).ok(200);
        let met = certification_state(&app, &sam.id);
        assert_eq!(met["certification"], json!({"id": forklift, "name": "Forklift"}));
        assert_eq!((&met["status"], &met["expires_at"]), (&json!("met"), &Value::Null));
        assert_eq!(met["met_at"], completed["completed_at"]);
        assert_eq!(plan_status(&app, &sam.id), "met");
        let target = json!({"type": "certification", "id": forklift, "name": "Forklift"});
        assert_eq!(log[1]["target"], target);
        assert_eq!(
            log[2]["target"],
            json!({"type": "learning_plan", "id": plan, "name": "Driving"})
        );
        let fields = |entry: &Value| -> Vec<String> {
            entry["changes"].as_array().unwrap().iter().map(|it| text(&it["field"])).collect()
        };
        assert_eq!(fields(&log[1]), ["status", "met_at"]);
        // A repeated request makes no further entry.
        let again = json!({"method": method});
        admin.put(&format!("/enrollments/{enrollment}/completion"), again).ok(200);
        chain(&app, &sam.id, &told);
    }
}

#[test]
fn taking_the_pass_away_or_cancelling_takes_certification_and_plan_away() {
    let app = TestApp::start();
    let (admin, sam, course) = (app.admin(), app.learner("Sam"), app.course("One"));
    let forklift = certification(&app, "Forklift", &[&course], json!(365));
    assign(&app, &sam.id, &plan_of(&app, "Driving", &[&forklift]));
    let completion = json!({"method": "earned", "grade": 80, "result": "pass"});
    let enrollment = format!("/enrollments/{}", complete(&app, &sam.id, &course, &completion));

    admin.patch_now(&enrollment, json!({"grade": 20, "result": "fail"})).ok(200);
    let unmet = ["certification.unmet", "learning_plan.unmet"];
    chain(&app, &sam.id, &[&["enrollment.grade_changed"], &unmet[..]].concat());
    let lost = certification_state(&app, &sam.id);
    let nothing = (&json!("not_met"), &Value::Null, &Value::Null);
    assert_eq!((&lost["status"], &lost["met_at"], &lost["expires_at"]), nothing);
    assert_eq!(plan_status(&app, &sam.id), "not_met");

    let both = json!({"result": "pass", "due_at": "2030-01-01T00:00:00Z"});
    admin.patch_now(&enrollment, both).ok(200);
    chain(&app, &sam.id, &["enrollment.grade_changed", EARNED[1], EARNED[2]]);
    // A new grade alone revokes nothing, and neither does a due date.
    admin.patch_now(&enrollment, json!({"grade": 75, "due_at": null})).ok(200);
    assert_eq!(app.actions(&sam.id)[0], "enrollment.grade_changed");
    admin.delete(&enrollment).ok(204);
    chain(&app, &sam.id, &[&["enrollment.cancelled"], &unmet[..]].concat());
    assert_eq!(plan_status(&app, &sam.id), "not_met");
}

#[test]
fn a_failed_completion_does_not_count() {
    let app = TestApp::start();
    let (sam, course) = (app.learner("Sam"), app.course("One"));
    let forklift = certification(&app, "Forklift", &[&course], Value::Null);
    assign(&app, &sam.id, &plan_of(&app, "Driving", &[&forklift]));
    complete(&app, &sam.id, &course, &json!({"method": "earned", "result": "fail"}));
    assert_eq!(app.actions(&sam.id)[0], "enrollment.completed");
    assert_eq!(certification_state(&app, &sam.id)["status"], "not_met");
    assert_eq!(plan_status(&app, &sam.id), "not_met");
}

#[test]
fn an_earlier_completion_counts_when_certification_and_plan_come_later() {
    let app = TestApp::start();
    let (sam, course) = (app.learner("Sam"), app.course("One"));
    complete(&app, &sam.id, &course, &earned());
    let forklift = certification(&app, "Forklift", &[&course], Value::Null);
    let met = &app.log(&sam.id)[0];
    assert_eq!((&met["action"], &met["source"]), (&json!("certification.met"), &json!("rule")));
    // No entry is the cause.
    assert_eq!(met["relates_to"], Value::Null);
    assert_eq!(certification_state(&app, &sam.id)["status"], "met");

    let plan = plan_of(&app, "Driving", &[&forklift]);
    assign(&app, &sam.id, &plan);
    let log = chain(&app, &sam.id, &["learning_plan.assigned", "learning_plan.met"]);
    assert_eq!(log[0]["source"], "admin");
    assert_eq!(plan_status(&app, &sam.id), "met");

    // Through a group it is the same.
    let (tom, group) = (app.learner("Tom"), app.group("Drivers"));
    complete(&app, &tom.id, &course, &earned());
    let attached = format!("/groups/{group}/learning-plans/{plan}");
    app.admin().put(&attached, json!({"auto": true})).ok(200);
    app.admin().put(&membership(&group, &tom.id), json!({})).ok(200);
    let log = chain(&app, &tom.id, &["learning_plan.assigned", "learning_plan.met"]);
    assert_eq!(log[0]["source"], "group");
    assert_eq!(app.actions(&tom.id)[2], "group.member_added");
}

#[test]
fn a_certification_is_met_at_the_latest_completion_and_expires_by_its_validity() {
    let app = TestApp::start();
    let (sam, one, two) = (app.learner("Sam"), app.course("One"), app.course("Two"));
    certification(&app, "Forklift", &[&one, &two], json!(36500));
    let at = |time: &str| json!({"method": "earned", "completed_at": time});
    complete(&app, &sam.id, &one, &at("2026-03-01T08:00:00+02:00"));
    complete(&app, &sam.id, &two, &at("2026-02-01T08:00:00.5Z"));
    let met = certification_state(&app, &sam.id);
    assert_eq!(met["met_at"], "2026-03-01T06:00:00.000Z");
    // 36,500 days of 24 hours: a hundred years with 25 leap days, less 25 days.
    assert_eq!(met["expires_at"], "2126-02-05T06:00:00.000Z");
    // The log is in the order of what happened: the last course was done before the first.
    let path = format!("/users/{}/activity?action=certification.met", sam.id);
    let told = &app.admin().all(&path)[0];
    assert_eq!(told["occurred_at"], "2026-02-01T08:00:00.500Z");
}

#[test]
fn a_plan_without_certifications_is_never_met() {
    let app = TestApp::start();
    let (admin, sam, course) = (app.admin(), app.learner("Sam"), app.course("One"));
    let plan = plan_of(&app, "Empty", &[]);
    assign(&app, &sam.id, &plan);
    assert_eq!(plan_status(&app, &sam.id), "not_met");
    assert_eq!(app.actions(&sam.id), ["learning_plan.assigned"]);
    complete(&app, &sam.id, &course, &earned());
    let forklift = certification(&app, "Forklift", &[&course], Value::Null);
    let path = format!("/learning-plans/{plan}");
    admin.patch_now(&path, json!({"certification_ids": [forklift]})).ok(200);
    assert_eq!(plan_status(&app, &sam.id), "met");
    admin.patch_now(&path, json!({"certification_ids": []})).ok(200);
    assert_eq!(plan_status(&app, &sam.id), "not_met");
    assert_eq!(app.actions(&sam.id)[..2], ["learning_plan.unmet", "learning_plan.met"]);
}

#[test]
fn what_a_certification_or_a_plan_asks_for_now_settles_everybody() {
    let app = TestApp::start();
    let (admin, sam, tom) = (app.admin(), app.learner("Sam"), app.learner("Tom"));
    let (one, two) = (app.course("One"), app.course("Two"));
    let forklift = certification(&app, "Forklift", &[&one], Value::Null);
    let plan = plan_of(&app, "Driving", &[&forklift]);
    complete(&app, &sam.id, &one, &earned());
    complete(&app, &tom.id, &two, &earned());
    assign(&app, &sam.id, &plan);
    assign(&app, &tom.id, &plan);
    let statuses = || [plan_status(&app, &sam.id), plan_status(&app, &tom.id)];
    assert_eq!(statuses(), ["met", "not_met"]);

    let path = format!("/certifications/{forklift}");
    admin.patch_now(&path, json!({"course_ids": [two]})).ok(200);
    assert_eq!(statuses(), ["not_met", "met"]);
    chain(&app, &sam.id, &["certification.unmet", "learning_plan.unmet"]);
    chain(&app, &tom.id, &["certification.met", "learning_plan.met"]);

    let validity = admin.patch_now(&path, json!({"validity_days": 30})).ok(200);
    assert_eq!(validity["course_ids"], json!([two]));
    assert!(!certification_state(&app, &tom.id)["expires_at"].is_null());
    // It is still met: only the entry of the certification is new.
    let changes = app.log(&tom.id)[0]["changes"].clone();
    assert_eq!(changes.as_array().unwrap().len(), 1, "{changes}");
    assert_eq!((&changes[0]["field"], &changes[0]["before"]), (&json!("expires_at"), &Value::Null));
    assert_eq!(app.actions(&tom.id)[..2], ["certification.met", "learning_plan.met"]);

    let first_aid = certification(&app, "First Aid", &[&one], Value::Null);
    let path = format!("/learning-plans/{plan}");
    admin.patch_now(&path, json!({"certification_ids": [forklift, first_aid]})).ok(200);
    assert_eq!(statuses(), ["not_met", "not_met"]);
    admin.patch_now(&path, json!({"certification_ids": [first_aid]})).ok(200);
    assert_eq!(statuses(), ["met", "not_met"]);
    let told = admin.all(&format!("/users/{}/activity?action=learning_plan.*", tom.id));
    assert_eq!(told[0]["action"], "learning_plan.unmet");
    assert_eq!(told[0]["target"]["id"], plan.as_str());
}
