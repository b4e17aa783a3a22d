//! The log across users, and its vocabulary.

use serde_json::{Value, json};

use crate::support::{app::TestApp, contract::document, reply::text};

fn ids(entries: &[Value]) -> Vec<String> {
    entries.iter().map(|entry| text(&entry["id"])).collect()
}

/// Newest first: by time, then by id.
fn newest_first(mut entries: Vec<Value>) -> Vec<Value> {
    entries.sort_by_key(|it| std::cmp::Reverse((text(&it["occurred_at"]), text(&it["id"]))));
    entries
}

#[test]
fn an_administrator_sees_all_logs_as_one_newest_first() {
    let app = TestApp::start();
    let admin = app.admin();
    let (one, two) = (app.learner("One"), app.learner("Two"));
    let course = app.course("A course");
    for user in [&one, &two] {
        app.enrollment(&user.id, &course);
        let note = json!({"notes": "Backdated.", "occurred_at": "2020-02-02T02:02:02Z"});
        admin.post(&format!("/users/{}/activity", user.id), note).ok(201);
    }
    let mut each = Vec::new();
    for user in [&one.id, &two.id, &app.admin_id.to_string()] {
        each.extend(admin.all(&format!("/users/{user}/activity")));
    }
    let feed = admin.all("/activity");
    assert_eq!(ids(&feed), ids(&newest_first(each)));

    // The same in small pages, and counted.
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/activity?limit=2&include=total_count{cursor}")).ok(200);
        assert_eq!(page["page"]["total_count"], feed.len());
        paged.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["page"]["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, feed);
}

#[test]
fn supervisors_see_the_logs_of_their_people_and_their_own() {
    let app = TestApp::start();
    let (one, two, other) = (app.learner("One"), app.learner("Two"), app.learner("Other"));
    let boss = app.learner("Boss");
    for user in [&one, &two] {
        let body = json!({"supervisor_ids": [boss.id]});
        app.admin().patch_now(&format!("/users/{}", user.id), body).ok(200);
    }
    let mut each = Vec::new();
    for user in [&one, &two, &boss] {
        each.extend(app.log(&user.id));
    }
    assert_eq!(ids(&boss.client.all("/activity")), ids(&newest_first(each)));
    assert_eq!(ids(&other.client.all("/activity")), ids(&app.log(&other.id)));
    let counted = boss.client.get("/activity?include=total_count&limit=1&action=user.*").ok(200);
    // Three were created, two were given a supervisor.
    assert_eq!(counted["page"]["total_count"], 5);
}

#[test]
fn a_viewer_of_very_many_users_sees_exactly_their_logs() {
    let app = TestApp::start();
    let (viewer, other) = (app.learner("Viewer"), app.learner("Other"));
    let group = app.group("Many");
    let path = format!("/groups/{group}/members/{}", viewer.id);
    app.admin().put(&path, json!({"permissions": ["view_learner_results"]})).ok(200);
    // More than are named one by one: bare rows, because making users hashes passwords.
    let mut sql = String::new();
    for number in 0..600 {
        let id = format!("01977f3e-5c00-7000-8000-{number:012x}");
        let id = app.database.id(&id);
        let time = if app.database.url.is_sqlite() { "0" } else { "'1970-01-01T00:00:00Z'" };
        sql += &format!(
            "INSERT INTO users (id, version, created_at, updated_at, email, email_key, given_name, \
             surname, name_key, search_key, kind, status, role, time_zone, log_moves) VALUES \
             ({id}, 1, {time}, {time}, 'u{number}@x.example', 'u{number}@x.example', 'U', 'U', \
             'u u', 'u u', 'person', 'active', 'learner', 'UTC', 0);\
             INSERT INTO group_members (group_id, user_id) VALUES ({}, {id});",
            app.database.id(&group)
        );
    }
    app.database.sabotage(&sql).unwrap();
    let member = "01977f3e-5c00-7000-8000-0000000001f0";
    let note = json!({"notes": "Of one of them."});
    app.admin().post(&format!("/users/{member}/activity"), note).ok(201);
    let mut each = app.log(member);
    each.extend(app.log(&viewer.id));
    assert_eq!(ids(&viewer.client.all("/activity")), ids(&newest_first(each)));
    assert!(!app.log(&other.id).is_empty());
}

#[test]
fn every_filter_of_a_user_log_narrows_all_logs_too() {
    let app = TestApp::start();
    let admin = app.admin();
    let user = app.learner("Sam");
    let course = app.course("Security");
    let enrollment = app.enrollment(&user.id, &course);
    admin
        .put(&format!("/enrollments/{enrollment}/completion"), json!({"method": "forced"}))
        .ok(200);
    let forced = text(&app.log(&user.id)[0]["id"]);
    let path = format!("/users/{}/activity", user.id);
    let note = json!({"notes": "The LIVE version.", "relates_to": forced});
    let note = text(&admin.post(&path, note).ok(201)["id"]);
    let at = text(&admin.get(&format!("{path}/{note}")).ok(200)["occurred_at"]);

    let filters = [
        "type=manual".to_owned(),
        "type=system".to_owned(),
        "action=enrollment.*".to_owned(),
        "action=enrollment.created,note".to_owned(),
        "action=note".to_owned(),
        "action=note&exclude_action=note".to_owned(),
        "exclude_action=session.*".to_owned(),
        "q=live".to_owned(),
        format!("created_by={}", app.admin_id),
        format!("entered_by={}", app.admin_id),
        format!("entered_by={}&occurred_after={at}&occurred_before=2999-01-01T00:00:00Z", user.id),
        format!("entered_by={}&action=enrollment.*", app.admin_id),
        "source=admin".to_owned(),
        "target_type=course".to_owned(),
        format!("target_type=course&target_id={course}"),
        format!("occurred_after={at}"),
        format!("occurred_before={at}"),
        format!("relates_to={forced}"),
    ];
    let boss = app.learner("Boss");
    let body = json!({"supervisor_ids": [boss.id]});
    admin.patch_now(&format!("/users/{}", user.id), body).ok(200);
    for filter in filters {
        let mut each = Vec::new();
        for owner in [&user.id, &boss.id, &app.admin_id.to_string()] {
            each.extend(admin.all(&format!("/users/{owner}/activity?{filter}")));
        }
        let each = newest_first(each);
        let feed = admin.all(&format!("/activity?{filter}"));
        assert_eq!(ids(&feed), ids(&each), "{filter}");
        let admins = app.admin_id.to_string();
        let seen: Vec<Value> = each.into_iter().filter(|it| it["user_id"] != admins).collect();
        let feed = boss.client.all(&format!("/activity?{filter}"));
        assert_eq!(ids(&feed), ids(&seen), "{filter} by a supervisor");
    }
    admin.get("/activity?action=nonsense").problem(400, "invalid_parameter");
    let cursor = admin.get("/activity?limit=1").ok(200)["page"]["next_cursor"].clone();
    let other = format!("/activity?limit=1&q=live&cursor={}", text(&cursor));
    admin.get(&other).problem(400, "invalid_cursor");
}

#[test]
fn the_catalogue_says_every_action_of_the_document_with_its_family_and_meaning() {
    let app = TestApp::start();
    let answer = app.learner("Lea").client.get("/activity/actions").ok(200);
    let actions: Vec<&Value> =
        answer["data"].as_array().unwrap().iter().map(|it| &it["action"]).collect();
    let known = document()["components"]["schemas"]["Action"]["enum"].as_array().unwrap();
    assert_eq!(actions, known.iter().collect::<Vec<_>>());
    for it in answer["data"].as_array().unwrap() {
        let (action, family) = (text(&it["action"]), text(&it["family"]));
        assert!(action == family || action.starts_with(&format!("{family}.")), "{it}");
        assert_eq!(it["type"], if action == "note" { "manual" } else { "system" });
        let description = text(&it["description"]);
        assert!(description.ends_with('.') && description.trim() == description, "{it}");
    }
    assert_eq!(
        answer["page"],
        json!({"next_cursor": null, "has_more": false, "total_count": null})
    );
    app.stranger().get("/activity/actions").problem(401, "unauthenticated");
}
