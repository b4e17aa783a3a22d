//! What learners with group permissions may see and do, from the next request on.

use serde_json::json;

use crate::support::{
    app::{PASSWORD, TestApp},
    client::Client,
    fixtures::Person,
    groups::{grant, membership, set_home_group},
    reply::text,
};

/// The paths of a profile: a caller may see all of them or none.
fn profile(person: &Person) -> [String; 6] {
    ["", "/enrollments", "/learning-plans", "/certifications", "/activity", "/activity/creators"]
        .map(|what| format!("/users/{}{what}", person.id))
}

fn sees(client: &Client, person: &Person) -> bool {
    let paths = profile(person);
    let answers: Vec<u16> = paths.iter().map(|path| client.get(path).status).collect();
    assert!(answers.iter().all(|status| *status == answers[0]), "{answers:?}");
    assert!([200, 404].contains(&answers[0]), "{answers:?}");
    answers[0] == 200
}

fn ids(client: &Client, path: &str, field: &str) -> Vec<String> {
    let mut ids: Vec<String> = client.all(path).iter().map(|it| text(&it[field])).collect();
    ids.sort();
    ids
}

fn sorted(people: &[&Person]) -> Vec<String> {
    let mut ids: Vec<String> = people.iter().map(|it| it.id.clone()).collect();
    ids.sort();
    ids
}

#[test]
fn a_viewer_of_results_sees_the_members_of_the_group_and_changes_nothing() {
    let app = TestApp::start();
    let (sam, vera) = (app.learner("Sam"), app.learner("Vera"));
    let (group, other) = (app.group("Any"), app.group("Other"));
    grant(&app, &group, &sam, json!([]));
    set_home_group(&app, &sam, json!(other));
    assert!(!sees(&vera.client, &sam));

    grant(&app, &group, &vera, json!([]));
    assert!(!sees(&vera.client, &sam), "members do not see each other");
    grant(&app, &group, &vera, json!(["view_learner_results"]));
    assert!(sees(&vera.client, &sam));
    assert!(!sees(&sam.client, &vera), "it is no relation in both directions");
    let path = format!("/users/{}", sam.id);
    vera.client.patch_now(&path, json!({"surname": "Other"})).problem(403, "forbidden");
    let log = format!("{path}/activity");
    vera.client.post(&log, json!({"notes": "Hm."})).problem(403, "forbidden");

    // It ends with the permission, with the viewer's membership, with the learner's.
    grant(&app, &group, &vera, json!([]));
    assert!(!sees(&vera.client, &sam));
    grant(&app, &group, &vera, json!(["view_learner_results"]));
    assert!(sees(&vera.client, &sam));
    app.admin().delete(&membership(&group, &vera.id)).ok(204);
    assert!(!sees(&vera.client, &sam));
    grant(&app, &group, &vera, json!(["view_learner_results"]));
    app.admin().delete(&membership(&group, &sam.id)).ok(204);
    assert!(!sees(&vera.client, &sam));
}

#[test]
fn a_manager_changes_those_whose_home_group_it_is() {
    let app = TestApp::start();
    let (sam, max) = (app.learner("Sam"), app.learner("Max"));
    let (home, other) = (app.group("Home"), app.group("Other"));
    grant(&app, &home, &max, json!(["manage_users"]));
    grant(&app, &home, &sam, json!([]));
    set_home_group(&app, &sam, json!(other));
    assert!(!sees(&max.client, &sam), "the group of a member is not their home group");

    set_home_group(&app, &sam, json!(home));
    assert!(sees(&max.client, &sam));
    let (course, plan) = (app.course("A course"), app.plan("A plan"));
    let path = format!("/users/{}", sam.id);
    max.client.patch_now(&path, json!({"surname": "Samson"})).ok(200);
    let plan = format!("{path}/learning-plans/{plan}");
    max.client.put(&plan, json!({})).ok(200);
    max.client.delete(&plan).ok(204);
    let body = json!({"course_id": course});
    let enrollment = max.client.post(&format!("{path}/enrollments"), body).ok(201);
    let enrollment = format!("/enrollments/{}", text(&enrollment["id"]));
    max.client.patch_now(&enrollment, json!({"due_at": "2030-01-01T00:00:00Z"})).ok(200);
    let body = json!({"method": "forced"});
    max.client.put(&format!("{enrollment}/completion"), body).ok(200);
    let log = app.log(&sam.id);
    assert_eq!(log[0]["entered_by"]["id"], max.id.as_str());
    assert_eq!(log[0]["source"], "admin");

    // At the next request after the home group changes.
    set_home_group(&app, &sam, json!(other));
    max.client.patch_now(&path, json!({"surname": "X"})).problem(404, "not_found");
    max.client.delete(&enrollment).problem(404, "not_found");
    set_home_group(&app, &sam, json!(home));
    grant(&app, &home, &max, json!(["view_learner_results"]));
    max.client.patch_now(&path, json!({"surname": "X"})).problem(403, "forbidden");
    grant(&app, &home, &max, json!([]));
    max.client.patch_now(&path, json!({"surname": "X"})).problem(404, "not_found");
}

#[test]
fn a_manager_gives_no_role_and_no_home_group() {
    let app = TestApp::start();
    let (sam, max) = (app.learner("Sam"), app.learner("Max"));
    let (home, other) = (app.group("Home"), app.group("Other"));
    set_home_group(&app, &sam, json!(home));
    grant(&app, &home, &max, json!(["manage_users"]));
    let before = app.log(&sam.id);
    let path = format!("/users/{}", sam.id);
    for body in [
        json!({"role": "administrator"}),
        json!({"home_group_id": other}),
        json!({"home_group_id": null}),
        json!({"home_group_id": "01977f3e-5c00-7000-8000-000000000000"}),
        json!({"surname": "Half", "role": "auditor"}),
    ] {
        max.client.patch_now(&path, body).problem(403, "forbidden");
    }
    max.client.put(&membership(&other, &sam.id), json!({})).problem(403, "forbidden");
    max.client.delete(&membership(&home, &sam.id)).problem(403, "forbidden");
    let body = json!({"permissions": ["manage_users"]});
    max.client.put(&membership(&home, &max.id), body).problem(403, "forbidden");
    // A field may be sent with the value that it has.
    max.client.patch_now(&path, json!({"role": "learner", "home_group_id": home})).ok(200);
    assert_eq!(app.log(&sam.id), before);
}

#[test]
fn managers_add_notes_and_edit_their_own() {
    let app = TestApp::start();
    let (sam, max, mia) = (app.learner("Sam"), app.learner("Max"), app.learner("Mia"));
    let home = app.group("Home");
    set_home_group(&app, &sam, json!(home));
    grant(&app, &home, &max, json!(["manage_users"]));
    grant(&app, &home, &mia, json!(["manage_users"]));
    let log = format!("/users/{}/activity", sam.id);
    // A note that Max entered for a colleague is one of Max.
    let body = json!({"notes": "By Max.", "created_by": mia.id});
    let note = max.client.post(&log, body).ok(201);
    assert_eq!(note["created_by"]["id"], mia.id.as_str());
    assert_eq!(note["entered_by"]["id"], max.id.as_str());
    let path = format!("{log}/{}", text(&note["id"]));
    max.client.patch_now(&path, json!({"notes": "By Max, again."})).ok(200);
    mia.client.patch_now(&path, json!({"notes": "By Mia."})).problem(403, "forbidden");
    let foreign = app.admin().post(&log, json!({"notes": "By Ada."})).ok(201);
    let foreign = format!("{log}/{}", text(&foreign["id"]));
    max.client.patch_now(&foreign, json!({"notes": "By Max."})).problem(403, "forbidden");

    grant(&app, &home, &max, json!(["view_learner_results"]));
    max.client.patch_now(&path, json!({"notes": "Late."})).problem(403, "forbidden");
    let body = json!({"notes": "By Mia.", "created_by": max.id});
    mia.client.post(&log, body).invalid("/created_by", "unknown");
}

#[test]
fn the_created_by_list_of_a_log_names_the_managers_of_the_home_group_and_of_no_other() {
    let app = TestApp::start();
    let (sam, tom, max) = (app.learner("Sam"), app.learner("Tom"), app.learner("Max"));
    let auditor = app.person("auditor", "Audrey", "Auditor");
    let (home, other) = (app.group("Home"), app.group("Other"));
    set_home_group(&app, &sam, json!(home));
    set_home_group(&app, &tom, json!(other));
    grant(&app, &home, &tom, json!([]));
    grant(&app, &home, &max, json!(["manage_users"]));
    grant(&app, &home, &auditor, json!(["manage_users"]));
    let creators = |person: &Person| -> Vec<String> {
        let path = format!("/users/{}/activity/creators", person.id);
        app.admin().all(&path).iter().map(|it| text(&it["name"])).collect()
    };
    assert_eq!(creators(&sam), ["Ada Admin", "Max Learner"]);
    assert_eq!(creators(&tom), ["Ada Admin"]);
    app.admin().patch_now(&format!("/users/{}", max.id), json!({"status": "inactive"})).ok(200);
    assert_eq!(creators(&sam), ["Ada Admin"]);
}

#[test]
fn an_auditor_who_manages_still_changes_nothing() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let auditor = app.person("auditor", "Audrey", "Auditor");
    let home = app.group("Home");
    set_home_group(&app, &sam, json!(home));
    grant(&app, &home, &auditor, json!(["manage_users", "view_learner_results"]));
    assert!(sees(&auditor.client, &sam));
    let path = format!("/users/{}", sam.id);
    let plan = app.plan("A plan");
    let enrollment = app.enrollment(&sam.id, &app.course("A course"));
    let client = &auditor.client;
    client.patch_now(&path, json!({"surname": "X"})).problem(403, "forbidden");
    client.post(&format!("{path}/activity"), json!({"notes": "X"})).problem(403, "forbidden");
    client.put(&format!("{path}/learning-plans/{plan}"), json!({})).problem(403, "forbidden");
    client.delete(&format!("/enrollments/{enrollment}")).problem(403, "forbidden");
    let course = json!({"course_id": app.course("Another")});
    client.post(&format!("{path}/enrollments"), course).problem(403, "forbidden");
}

#[test]
fn lists_show_the_users_that_each_relation_makes_visible_and_no_others() {
    let app = TestApp::start();
    let [boss, viewed, managed, member_only, stranger, caller] =
        ["Boss", "Viewed", "Managed", "Member", "Stranger", "Caller"].map(|it| app.learner(it));
    let (seen, home) = (app.group("Seen"), app.group("Home"));
    let course = app.course("Listed");
    for person in [&boss, &viewed, &managed, &member_only, &stranger, &caller] {
        app.enrollment(&person.id, &course);
    }
    let everybody = sorted(&[&boss, &viewed, &managed, &member_only, &stranger, &caller]);
    let check = |people: &[&Person]| {
        assert_eq!(ids(&caller.client, "/users", "id"), sorted(people));
        assert_eq!(ids(&caller.client, "/enrollments", "user_id"), sorted(people));
        let counted = caller.client.get("/users?include=total_count").ok(200);
        assert_eq!(counted["page"]["total_count"], people.len());
        let hidden = caller.client.all(&format!("/enrollments?user_id={}", stranger.id));
        assert!(hidden.is_empty());
    };
    check(&[&caller]);
    let supervisors = json!({"supervisor_ids": [caller.id]});
    app.admin().patch_now(&format!("/users/{}", boss.id), supervisors).ok(200);
    check(&[&caller, &boss]);
    grant(&app, &seen, &viewed, json!([]));
    grant(&app, &seen, &caller, json!(["view_learner_results"]));
    check(&[&caller, &boss, &viewed]);
    set_home_group(&app, &managed, json!(home));
    grant(&app, &home, &member_only, json!([]));
    grant(&app, &home, &caller, json!(["manage_users"]));
    check(&[&caller, &boss, &viewed, &managed]);
    // A user who is visible through two relations is listed once.
    grant(&app, &seen, &managed, json!([]));
    check(&[&caller, &boss, &viewed, &managed]);
    assert_eq!(ids(&app.admin(), "/enrollments", "user_id"), everybody);

    grant(&app, &seen, &caller, json!([]));
    grant(&app, &home, &caller, json!([]));
    check(&[&caller, &boss]);
}

#[test]
fn a_manager_can_not_take_over_the_account_of_somebody_who_may_more() {
    let app = TestApp::start();
    let (manager, group) = (app.learner("Manager"), app.group("Home"));
    let member = format!("/groups/{group}/members/{}", manager.id);
    let admin = app.admin();
    admin.put(&member, json!({"permissions": ["manage_users"]})).ok(200);
    for role in ["administrator", "auditor"] {
        let boss = app.person(role, "Berta", "Boss");
        let boss_path = format!("/users/{}", boss.id);
        admin.patch_now(&boss_path, json!({"home_group_id": group})).ok(200);

        let client = &manager.client;
        let zone = json!({"time_zone": "Asia/Tokyo"});
        client.patch_now(&boss_path, zone).problem(403, "forbidden");
        // Each of these would allow a log-in; the identity provider matches users by the last.
        for taken in [
            json!({"password": "a password of mine"}),
            json!({"email": "mine@example.com"}),
            json!({"employee_id": "MINE"}),
        ] {
            client.patch_now(&boss_path, taken).problem(403, "forbidden");
        }
        app.log_in(&boss.email, PASSWORD).ok(200);
    }
}

#[test]
fn an_archived_group_grants_nothing_until_it_is_active_again() {
    let app = TestApp::start();
    let [sam, vera, max] = ["Sam", "Vera", "Max"].map(|it| app.learner(it));
    let home = app.group("Home");
    set_home_group(&app, &sam, json!(home));
    grant(&app, &home, &vera, json!(["view_learner_results"]));
    grant(&app, &home, &max, json!(["manage_users"]));
    let (log, group) = (format!("/users/{}/activity", sam.id), format!("/groups/{home}"));
    let creators = || -> Vec<String> {
        app.admin().all(&format!("{log}/creators")).iter().map(|it| text(&it["name"])).collect()
    };
    let note = |author: &Person| json!({"notes": "One.", "created_by": author.id});
    for (status, grants) in [("active", true), ("archived", false), ("active", true)] {
        app.admin().patch_now(&group, json!({"status": status})).ok(200);
        for viewer in [&vera, &max] {
            assert_eq!(sees(&viewer.client, &sam), grants, "{status}");
            let listed = ids(&viewer.client, "/users", "id").contains(&sam.id);
            assert_eq!(listed, grants, "{status}");
            assert_eq!(
                viewer.client.all("/activity").iter().any(|it| it["user_id"] == sam.id.as_str()),
                grants
            );
        }
        let changed = max.client.patch_now(&format!("/users/{}", sam.id), json!({"surname": "X"}));
        assert_eq!(changed.status, if grants { 200 } else { 404 }, "{status}");
        let added = max.client.post(&log, json!({"notes": "One."}));
        assert_eq!(added.status, if grants { 201 } else { 404 }, "{status}");
        assert_eq!(creators().contains(&"Max Learner".to_owned()), grants, "{status}");
        let named = app.admin().post(&log, note(&max));
        assert_eq!(named.status, if grants { 201 } else { 422 }, "{status}");
    }
}

#[test]
fn the_created_by_list_is_searched_by_name_alone() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let admin = json!({
        "email": "secret.mailbox@example.org", "given_name": "Anna", "surname": "Keller",
        "role": "administrator",
    });
    app.admin().post("/users", admin).ok(201);
    let list = format!("/users/{}/activity/creators", sam.id);
    let found = |q: &str| -> Vec<String> {
        let path = format!("{list}?q={q}&include=total_count");
        let page = sam.client.get(&path).ok(200);
        let names = page["data"].as_array().unwrap().iter().map(|it| text(&it["name"])).collect();
        assert_eq!(page["page"]["total_count"], page["data"].as_array().unwrap().len());
        names
    };
    assert_eq!(found("kELL"), ["Anna Keller"]);
    for q in ["secret", "mailbox", "example", "%40", "org"] {
        assert!(found(q).is_empty(), "{q}");
    }
}
