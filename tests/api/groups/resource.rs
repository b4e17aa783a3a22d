//! Groups and memberships as resources: created, changed, listed, refused.

use serde_json::{Value, json};

use crate::support::{app::TestApp, client::Client, groups::membership, reply::text};

#[test]
fn a_group_is_created_read_changed_and_found_in_the_list() {
    let app = TestApp::start();
    let admin = app.admin();
    let answer = admin.post("/groups", json!({"name": "Leadership"}));
    let group = answer.ok(201);
    let path = format!("/groups/{}", text(&group["id"]));
    assert_eq!(answer.header("location").as_deref(), Some(path.as_str()));
    assert_eq!(group["status"], "active");
    let read = admin.get(&path);
    assert_eq!(read.ok(200), group);
    assert_eq!(read.etag(), answer.etag());
    let etag = answer.etag();
    admin.send("GET", &path, &[("if-none-match", &etag)], None).ok(304);

    admin.patch(&path, &answer.etag(), json!({"name": "Leaders", "status": "archived"})).ok(200);
    admin.patch(&path, &answer.etag(), json!({"name": "Late"})).problem(412, "precondition_failed");
    let unchanged = admin.patch_now(&path, json!({"name": "Leaders"}));
    assert_eq!(unchanged.etag(), admin.get(&path).etag());
    admin.post("/groups", json!({"name": ""})).invalid("/name", "too_short");
    admin.patch_now(&path, json!({"name": null})).ok(422);

    app.group("Ünder");
    app.group("Above");
    let names = |query: &str| -> Vec<String> {
        admin.all(&format!("/groups{query}")).iter().map(|it| text(&it["name"])).collect()
    };
    assert_eq!(names(""), ["Above", "Leaders", "Ünder"]);
    assert_eq!(names("?status=active"), ["Above", "Ünder"]);
    assert_eq!(names("?q=%C3%BC"), ["Ünder"]);
    let counted = admin.get("/groups?limit=1&status=active&include=total_count").ok(200);
    assert_eq!(counted["page"]["total_count"], 2);
}

#[test]
fn a_member_comes_and_goes_with_one_entry_each() {
    let app = TestApp::start();
    let (admin, sam, group) = (app.admin(), app.learner("Sam"), app.group("Leadership"));
    let path = membership(&group, &sam.id);
    let added = admin.put(&path, json!({})).ok(200);
    assert_eq!(added, json!({"group_id": group, "user_id": sam.id, "permissions": []}));
    assert_eq!(admin.put(&path, json!({})).ok(200), added);
    let log = app.log(&sam.id);
    assert_eq!(log[0]["action"], "group.member_added");
    assert_eq!(log[0]["source"], "admin");
    let target = json!({"type": "group", "id": group, "name": "Leadership"});
    assert_eq!(log[0]["target"], target);

    admin.delete(&path).ok(204);
    admin.delete(&path).ok(204);
    let log = app.log(&sam.id);
    assert_eq!(log[0]["action"], "group.member_removed");
    assert_eq!(log[0]["target"], target);
    assert_eq!(app.actions(&sam.id), ["group.member_removed", "group.member_added"]);

    let unknown = "01977f3e-5c00-7000-8000-000000000000";
    admin.put(&membership(unknown, &sam.id), json!({})).problem(404, "not_found");
    admin.put(&membership(&group, unknown), json!({})).problem(404, "not_found");
    admin.delete(&membership(&group, unknown)).problem(404, "not_found");
    admin.put(&path, json!({"permissions": ["everything"]})).ok(422);
    assert_eq!(app.actions(&sam.id).len(), 2);
}

#[test]
fn each_permission_that_is_granted_or_revoked_is_an_entry_with_what_changed() {
    let app = TestApp::start();
    let (admin, sam, group) = (app.admin(), app.learner("Sam"), app.group("Leadership"));
    let path = membership(&group, &sam.id);
    let both = json!({"permissions": ["view_learner_results", "manage_users"]});
    let granted = admin.put(&path, both.clone()).ok(200);
    assert_eq!(granted["permissions"], json!(["manage_users", "view_learner_results"]));
    admin.put(&path, both).ok(200);
    let log = app.log(&sam.id);
    let change = |before: Value, after: Value| json!([{"field": "permissions", "before": before, "after": after}]);
    assert_eq!(log[1]["action"], "group.permission_granted");
    assert_eq!(log[1]["changes"], change(json!([]), json!(["manage_users"])));
    assert_eq!(
        log[0]["changes"],
        change(json!(["manage_users"]), json!(["manage_users", "view_learner_results"]))
    );
    assert_eq!(log[0]["target"]["id"], group.as_str());

    admin.put(&path, json!({"permissions": ["view_learner_results"]})).ok(200);
    admin.delete(&path).ok(204);
    let granted = ["group.permission_granted"; 2];
    let told = [
        &["group.member_removed", "group.permission_revoked", "group.permission_revoked"][..],
        &granted,
        &["group.member_added"],
    ];
    assert_eq!(app.actions(&sam.id), told.concat());
    let log = app.log(&sam.id);
    assert_eq!(log[1]["changes"], change(json!(["view_learner_results"]), json!([])));
}

#[test]
fn the_home_group_is_one_of_the_users_groups() {
    let app = TestApp::start();
    let (admin, sam) = (app.admin(), app.learner("Sam"));
    let (home, other) = (app.group("Home"), app.group("Other"));
    let profile = format!("/users/{}", sam.id);
    let moved = admin.patch_now(&profile, json!({"home_group_id": home})).ok(200);
    assert_eq!(moved["home_group_id"], home.as_str());
    admin.patch_now(&profile, json!({"home_group_id": home})).ok(200);
    assert_eq!(app.actions(&sam.id), ["group.home_changed", "group.member_added"]);
    let changed = &app.log(&sam.id)[0];
    let changes = json!([{"field": "home_group_id", "before": null, "after": home}]);
    assert_eq!(changed["changes"], changes);
    assert_eq!(changed["target"], json!({"type": "group", "id": home, "name": "Home"}));

    admin.delete(&membership(&home, &sam.id)).problem(409, "conflict");
    admin.put(&membership(&other, &sam.id), json!({})).ok(200);
    admin.patch_now(&profile, json!({"home_group_id": other})).ok(200);
    let told = ["group.home_changed", "group.member_added"];
    assert_eq!(app.actions(&sam.id), [told, told].concat());
    admin.delete(&membership(&home, &sam.id)).ok(204);

    admin.patch_now(&profile, json!({"home_group_id": null})).ok(200);
    let changes = json!([{"field": "home_group_id", "before": other, "after": null}]);
    let changed = &app.log(&sam.id)[0];
    assert_eq!((&changed["changes"], &changed["target"]["id"]), (&changes, &json!(other)));
    // The user is still a member, and can be removed.
    admin.delete(&membership(&other, &sam.id)).ok(204);
    assert_eq!(app.actions(&sam.id)[0], "group.member_removed");

    let unknown = json!({"home_group_id": "01977f3e-5c00-7000-8000-000000000000"});
    admin.patch_now(&profile, unknown).problem(422, "validation_failed");
    let body = json!({"email": "new@example.com", "given_name": "New", "surname": "User",
        "home_group_id": home});
    let new = admin.post("/users", body).ok(201);
    let log = app.log(&text(&new["id"]));
    let actions: Vec<&Value> = log.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["group.home_changed", "group.member_added", "user.created"]);
}

#[test]
fn an_archived_group_takes_no_members() {
    let app = TestApp::start();
    let (admin, sam, tom) = (app.admin(), app.learner("Sam"), app.learner("Tom"));
    let group = app.group("Old");
    admin.put(&membership(&group, &sam.id), json!({})).ok(200);
    admin.patch_now(&format!("/groups/{group}"), json!({"status": "archived"})).ok(200);
    admin.put(&membership(&group, &tom.id), json!({})).problem(409, "conflict");
    let home = json!({"home_group_id": group});
    admin.patch_now(&format!("/users/{}", tom.id), home).problem(409, "conflict");
    assert!(app.actions(&tom.id).is_empty());
    // Members can still be removed.
    admin.put(&membership(&group, &sam.id), json!({})).ok(200);
    admin.delete(&membership(&group, &sam.id)).ok(204);
}

#[test]
fn the_users_of_a_group_are_listed_by_its_id() {
    let app = TestApp::start();
    let (admin, sam, tom) = (app.admin(), app.learner("Sam"), app.learner("Tom"));
    let (group, empty) = (app.group("Leadership"), app.group("Nobody"));
    admin.put(&membership(&group, &sam.id), json!({})).ok(200);
    admin.put(&membership(&group, &tom.id), json!({})).ok(200);
    let page = admin.get(&format!("/users?group_id={group}&include=total_count&limit=1")).ok(200);
    assert_eq!(page["page"]["total_count"], 2);
    let ids = |client: &Client| -> Vec<String> {
        let users = client.all(&format!("/users?group_id={group}"));
        users.iter().map(|it| text(&it["id"])).collect()
    };
    assert_eq!(ids(&admin), [sam.id.as_str(), &tom.id]);
    // A list shows only users whom the caller may see.
    assert_eq!(ids(&sam.client), [sam.id.as_str()]);
    assert!(admin.all(&format!("/users?group_id={empty}")).is_empty());
}
