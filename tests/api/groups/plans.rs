//! The learning plans that come with a group.

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    groups::membership,
    learning::{certification, plan_of},
    reply::text,
};

fn attached(group: &str, plan: &str) -> String {
    format!("/groups/{group}/learning-plans/{plan}")
}

/// The names of the plans that a user has, in the order of the list.
fn plans(app: &TestApp, user: &str) -> Vec<String> {
    let plans = app.admin().all(&format!("/users/{user}/learning-plans"));
    plans.iter().map(|it| text(&it["plan"]["name"])).collect()
}

#[test]
fn a_new_member_gets_the_plans_that_come_with_the_group() {
    let app = TestApp::start();
    let (admin, sam, group) = (app.admin(), app.learner("Sam"), app.group("Leadership"));
    let (auto, manual, owned) = (app.plan("Auto"), app.plan("By hand"), app.plan("Personal"));
    let put = |plan: &str, auto: bool| {
        let answer = admin.put(&attached(&group, plan), json!({"auto": auto})).ok(200);
        assert_eq!(answer, json!({"group_id": group, "plan_id": plan, "auto": auto}));
    };
    put(&auto, true);
    put(&manual, false);
    put(&owned, true);
    admin.put(&format!("/users/{}/learning-plans/{owned}", sam.id), json!({})).ok(200);

    admin.put(&membership(&group, &sam.id), json!({})).ok(200);
    let log = app.log(&sam.id);
    let told = ["learning_plan.assigned", "group.member_added", "learning_plan.assigned"];
    assert_eq!(app.actions(&sam.id), told);
    assert_eq!((&log[0]["source"], &log[1]["source"]), (&json!("group"), &json!("admin")));
    assert_eq!(log[0]["relates_to"], log[1]["id"]);
    assert_eq!(log[0]["target"]["id"], auto.as_str());
    assert_eq!(log[0]["entered_by"]["id"], app.admin_id.to_string());
    assert_eq!(plans(&app, &sam.id), ["Auto", "Personal"]);
    let assigned = admin.get(&format!("/users/{}/learning-plans", sam.id)).ok(200);
    assert_eq!(assigned["data"][0]["source"], "group");
    assert_eq!(assigned["data"][1]["source"], "admin");

    // By the home group too.
    let tom = app.learner("Tom");
    admin.patch_now(&format!("/users/{}", tom.id), json!({"home_group_id": group})).ok(200);
    let told = ["group.home_changed", "learning_plan.assigned", "learning_plan.assigned"];
    assert_eq!(app.actions(&tom.id), [&told[..], &["group.member_added"]].concat());
}

#[test]
fn members_of_a_group_get_a_plan_that_is_attached_later() {
    let app = TestApp::start();
    let (admin, sam, tom) = (app.admin(), app.learner("Sam"), app.learner("Tom"));
    let (group, plan) = (app.group("Leadership"), app.plan("Leading"));
    admin.put(&membership(&group, &sam.id), json!({})).ok(200);
    admin.put(&membership(&group, &tom.id), json!({})).ok(200);
    admin.put(&format!("/users/{}/learning-plans/{plan}", tom.id), json!({})).ok(200);

    admin.put(&attached(&group, &plan), json!({})).ok(200);
    assert_eq!(app.actions(&sam.id), ["group.member_added"]);
    admin.put(&attached(&group, &plan), json!({"auto": true})).ok(200);
    admin.put(&attached(&group, &plan), json!({"auto": true})).ok(200);
    assert_eq!(app.actions(&sam.id), ["learning_plan.assigned", "group.member_added"]);
    assert_eq!(app.log(&sam.id)[0]["source"], "group");
    assert_eq!(app.actions(&tom.id), ["learning_plan.assigned", "group.member_added"]);
    assert_eq!(app.log(&tom.id)[0]["source"], "admin");

    // Assigned plans stay when the membership or the attachment ends.
    admin.delete(&attached(&group, &plan)).ok(204);
    admin.delete(&attached(&group, &plan)).ok(204);
    admin.delete(&membership(&group, &sam.id)).ok(204);
    assert_eq!(plans(&app, &sam.id), ["Leading"]);
    assert_eq!(plans(&app, &tom.id), ["Leading"]);
    assert_eq!(app.actions(&sam.id)[..2], ["group.member_removed", "learning_plan.assigned"]);
}

/// Many members of a group, inserted past the service: random ids, and names in order.
fn crowd(app: &TestApp, group: &str, many: usize) {
    let sqlite = app.database.url.is_sqlite();
    let (id, now, group) = if sqlite {
        ("randomblob(16)", "0", format!("x'{}'", group.replace('-', "")))
    } else {
        ("gen_random_uuid()", "now()", format!("'{group}'::uuid"))
    };
    app.database
        .sabotage(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
             INSERT INTO users (id, version, created_at, updated_at, email, email_key, given_name,
                 surname, name_key, search_key, kind, status, role, time_zone)
             SELECT {id}, 1, {now}, {now}, 'm' || i || '@crowd', 'm' || i || '@crowd', 'Member',
                 '' || i, 'member ' || i, 'member ' || i, 'person', 'active', 'learner', 'UTC'
             FROM n;
             INSERT INTO group_members (group_id, user_id)
             SELECT {group}, id FROM users WHERE given_name = 'Member';"
        ))
        .unwrap();
}

#[test]
fn hundreds_of_members_get_a_plan_in_one_request() {
    let app = TestApp::start();
    let (admin, group, plan) = (app.admin(), app.group("Everybody"), app.plan("For everybody"));
    crowd(&app, &group, 410);
    admin.put(&attached(&group, &plan), json!({"auto": true})).ok(200);
    let members = admin.all(&format!("/users?group_id={group}"));
    assert_eq!(members.len(), 410);
    for member in members {
        let page = admin.get(&format!("/users/{}/activity", text(&member["id"]))).ok(200);
        let [entry] = page["data"].as_array().unwrap().as_slice() else {
            panic!("not one entry: {page}")
        };
        assert_eq!(entry["action"], "learning_plan.assigned");
        assert_eq!((&entry["source"], &entry["relates_to"]), (&json!("group"), &Value::Null));
    }
}

/// Everybody in the crowd has completed a course, past the service.
fn all_complete(app: &TestApp, course: &str) {
    let (id, time, course) = if app.database.url.is_sqlite() {
        let hex = course.replace('-', "");
        ("randomblob(16)", "1700000000000000", format!("x'{hex}'"))
    } else {
        ("gen_random_uuid()", "to_timestamp(1700000000)", format!("'{course}'::uuid"))
    };
    app.database
        .sabotage(&format!(
            "INSERT INTO enrollments (id, version, created_at, updated_at, user_id, course_id,
                 status, source, completed_at, completion_method)
             SELECT {id}, 1, {time}, {time}, id, {course}, 'completed', 'admin', {time}, 'earned'
             FROM users WHERE given_name = 'Member';"
        ))
        .unwrap();
}

#[test]
fn hundreds_of_users_follow_what_a_certification_and_a_plan_ask_for() {
    let app = TestApp::start();
    let (admin, group) = (app.admin(), app.group("Everybody"));
    let (one, two) = (app.course("One"), app.course("Two"));
    crowd(&app, &group, 410);
    all_complete(&app, &one);
    let forklift = certification(&app, "Forklift", &[&one], Value::Null);
    let plan = plan_of(&app, "Driving", &[&forklift]);
    admin.put(&attached(&group, &plan), json!({"auto": true})).ok(200);
    let path = format!("/certifications/{forklift}");
    admin.patch_now(&path, json!({"course_ids": [one, two]})).ok(200);
    let members = admin.all(&format!("/users?group_id={group}"));
    assert_eq!(members.len(), 410);
    for member in members {
        let page = admin.get(&format!("/users/{}/activity", text(&member["id"]))).ok(200);
        let log = page["data"].as_array().unwrap();
        let actions: Vec<&str> = log.iter().map(|it| it["action"].as_str().unwrap()).collect();
        let told = [
            "learning_plan.unmet",
            "certification.unmet",
            "learning_plan.met",
            "learning_plan.assigned",
            "certification.met",
        ];
        assert_eq!(actions, told);
        assert_eq!(log[0]["relates_to"], log[1]["id"]);
        assert_eq!(log[2]["relates_to"], log[3]["id"]);
        assert!(log.windows(2).all(|pair| text(&pair[0]["id"]) > text(&pair[1]["id"])));
        assert_eq!(log[4]["changes"][1]["after"], "2023-11-14T22:13:20.000Z");
    }
}

#[test]
fn the_log_tells_apart_how_a_plan_was_assigned() {
    let app = TestApp::start();
    let (admin, group) = (app.admin(), app.group("Leadership"));
    let (one, two, three) = (app.plan("One"), app.plan("Two"), app.plan("Three"));
    // Administrators who are learners too: source `self` for their own log.
    let ada = app.admin_id.to_string();
    let sam = app.learner("Sam");
    admin.put(&format!("/users/{ada}/learning-plans/{one}"), json!({})).ok(200);
    admin.put(&format!("/users/{}/learning-plans/{two}", sam.id), json!({})).ok(200);
    admin.put(&attached(&group, &three), json!({"auto": true})).ok(200);
    admin.put(&membership(&group, &sam.id), json!({})).ok(200);
    let sources = |user: &str| -> Vec<String> {
        let path = format!("/users/{user}/activity?action=learning_plan.assigned");
        admin.all(&path).iter().map(|entry| text(&entry["source"])).collect()
    };
    assert_eq!(sources(&ada), ["self"]);
    assert_eq!(sources(&sam.id), ["group", "admin"]);
}

#[test]
fn an_archived_group_assigns_nothing_until_it_is_active_again() {
    let app = TestApp::start();
    let (admin, sam, tom) = (app.admin(), app.learner("Sam"), app.learner("Tom"));
    let (group, one, two) = (app.group("Leadership"), app.plan("One"), app.plan("Two"));
    admin.put(&membership(&group, &sam.id), json!({})).ok(200);
    admin.put(&attached(&group, &two), json!({"auto": false})).ok(200);
    let path = format!("/groups/{group}");
    admin.patch_now(&path, json!({"status": "archived"})).ok(200);

    admin.put(&attached(&group, &one), json!({"auto": true})).problem(409, "conflict");
    admin.put(&attached(&group, &two), json!({"auto": true})).problem(409, "conflict");
    admin.put(&attached(&group, &one), json!({"auto": false})).ok(200);
    admin.put(&membership(&group, &tom.id), json!({})).problem(409, "conflict");
    let home = json!({"home_group_id": group});
    admin.patch_now(&format!("/users/{}", tom.id), home.clone()).problem(409, "conflict");
    admin.patch_now(&format!("/users/{}", sam.id), home).ok(200);
    assert!(plans(&app, &sam.id).is_empty() && plans(&app, &tom.id).is_empty());

    admin.patch_now(&path, json!({"status": "active"})).ok(200);
    admin.put(&attached(&group, &one), json!({"auto": true})).ok(200);
    admin.put(&membership(&group, &tom.id), json!({})).ok(200);
    assert_eq!(plans(&app, &sam.id), ["One"]);
    assert_eq!(plans(&app, &tom.id), ["One"]);
}
