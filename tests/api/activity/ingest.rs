//! `/activity/batch`: the system entries of other systems.

use std::thread;

use daybook::domain::{clock::Clock, timestamp::Timestamp};
use serde_json::{Value, json};

use crate::support::{
    api_clients::{account, api_user, token},
    app::TestApp,
    batch::item,
    client::{Client, JSON},
    reply::text,
};

/// The item with other fields.
fn with(mut item: Value, fields: Value) -> Value {
    item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    item
}

/// Sends items, and returns the outcomes.
#[track_caller]
fn send(client: &Client, items: &[Value]) -> Vec<Value> {
    let report = client.post("/activity/batch", json!({"items": items})).ok(200);
    let data = report["data"].as_array().unwrap().clone();
    for (index, outcome) in data.iter().enumerate() {
        assert_eq!(outcome["index"], index);
    }
    assert_eq!(data.len(), items.len());
    data
}

fn outcomes(data: &[Value]) -> Vec<String> {
    data.iter().map(|it| text(&it["outcome"])).collect()
}

/// The pointer and the code of each error of an outcome.
fn errors(outcome: &Value) -> Vec<(&str, &str)> {
    let errors = outcome["errors"].as_array().unwrap().iter();
    errors.map(|it| (it["pointer"].as_str().unwrap(), it["code"].as_str().unwrap())).collect()
}

/// The entries of a user that came in batches, newest first.
fn ingested(app: &TestApp, user: &str) -> Vec<Value> {
    let mut log = app.log(user);
    log.retain(|entry| entry["external_id"].is_string());
    log
}

#[test]
fn an_item_becomes_a_system_entry_in_the_log_of_its_user() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let course = app.course("Security Basics");
    let hr = account(&app, &["activity:ingest"]);
    let said = with(
        item(&sam.id, "lms:1"),
        json!({
            "occurred_at": "2020-02-02T04:02:02.1239+02:00",
            "target": {"type": "course", "id": course, "name": "Security Basics"},
            "changes": [
                {"field": "status", "before": "enrolled", "after": "completed"},
                {"field": "data", "after": {"b": [1.5, 2.0], "a": {"x": "é"}}},
            ],
        }),
    );
    let data = send(&hr.client(&app), &[said]);
    assert_eq!(data[0]["outcome"], "created");
    assert_eq!(data[0]["errors"], json!([]));
    let log = ingested(&app, &sam.id);
    let recorded_at = &log[0]["recorded_at"];
    let expected = json!({
        "id": data[0]["entry_id"], "user_id": sam.id, "type": "system",
        "action": "enrollment.completed", "occurred_at": "2020-02-02T02:02:02.123Z",
        "recorded_at": recorded_at, "created_by": null,
        "entered_by": {"id": hr.user, "name": "HR System", "kind": "api"}, "source": "api",
        "relates_to": null, "description": "Sam completed “Security Basics” elsewhere.",
        "target": {"type": "course", "id": course, "name": "Security Basics"},
        "changes": [
            {"field": "status", "before": "enrolled", "after": "completed"},
            {"field": "data", "before": null, "after": {"b": [1.5, 2], "a": {"x": "é"}}},
        ],
        "external_id": "lms:1",
    });
    assert_eq!(log, [expected]);
    // It is found like every entry, and it made no enrollment.
    let admin = app.admin();
    for query in ["source=api", "q=ELSEWHERE", "type=system&occurred_before=2021-01-01T00:00:00Z"] {
        assert_eq!(admin.all(&format!("/activity?{query}")), log, "{query}");
    }
    let entry = text(&log[0]["id"]);
    assert_eq!(admin.get(&format!("/users/{}/activity/{entry}", sam.id)).ok(200), log[0]);
    assert!(admin.all(&format!("/users/{}/enrollments", sam.id)).is_empty());
}

#[test]
fn a_user_is_named_by_id_by_e_mail_or_by_employee_id() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let profile = json!({"employee_id": "E-1042", "status": "inactive"});
    app.admin().patch_now(&format!("/users/{}", sam.id), profile).ok(200);
    let users = [
        json!({"user": {"id": sam.id}}),
        json!({"user": {"email": sam.email.to_uppercase()}}),
        json!({"user": {"employee_id": "E-1042"}}),
        json!({"user_id": sam.id}),
    ];
    let named = |(number, user): (usize, &Value)| {
        let mut item = with(item(&sam.id, &format!("lms:{number}")), user.clone());
        if user.get("user").is_none() {
            item.as_object_mut().unwrap().remove("user");
        }
        item
    };
    let items: Vec<Value> = users.iter().enumerate().map(named).collect();
    assert_eq!(outcomes(&send(&app.admin(), &items)), ["created"; 4]);
    assert_eq!(ingested(&app, &sam.id).len(), 4);

    let nobody = "01977f3e-5c00-7000-8000-0000000000ff";
    let wrong = [
        (json!({"user": {"id": nobody}}), ("/items/0/user/id", "unknown")),
        (json!({"user": {"email": "nobody@example.com"}}), ("/items/1/user/email", "unknown")),
        (json!({"user": {"employee_id": "e-1042"}}), ("/items/2/user/employee_id", "unknown")),
        (json!({"user": {}}), ("/items/3/user", "required")),
        (
            json!({"user": {"id": sam.id, "email": sam.email}}),
            ("/items/4/user/email", "not_allowed"),
        ),
        (json!({"user_id": sam.id}), ("/items/5/user/id", "not_allowed")),
        (json!({"user": sam.id}), ("/items/6/user", "invalid_type")),
        (json!({"user": {"id": null}}), ("/items/7/user/id", "invalid_type")),
    ];
    let items: Vec<Value> =
        wrong.iter().map(|(user, _)| with(item(&sam.id, "lms:wrong"), user.clone())).collect();
    for (outcome, (_, error)) in send(&app.admin(), &items).iter().zip(&wrong) {
        assert_eq!((&outcome["outcome"], &outcome["entry_id"]), (&json!("invalid"), &Value::Null));
        assert_eq!(errors(outcome), [*error]);
    }
}

#[test]
fn an_external_id_is_there_once_for_ever() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let app = TestApp::start_with(clock.clone());
    let (sam, tom) = (app.learner("Sam"), app.learner("Tom"));
    let course = app.course("Security Basics");
    let target = json!({"type": "course", "id": course, "name": "Security Basics"});
    let changes = json!([{"field": "grade", "before": 1, "after": {"b": 0.1, "a": null}}]);
    let whole = with(item(&sam.id, "lms:1"), json!({"target": target, "changes": changes}));
    let first = send(&app.admin(), std::slice::from_ref(&whole));
    clock.set(clock.now().plus_seconds(400 * 24 * 3600));
    let admin = app.admin();
    let log = ingested(&app, &sam.id);

    // The same in another notation, and from another client.
    let again = json!({
        "user": {"email": sam.email}, "occurred_at": "2026-06-12T17:30:00.0000+02:00",
        "changes": [{"after": {"a": null, "b": 0.10}, "before": 1.0, "field": "grade"}],
    });
    let other = app.person("administrator", "Anna", "Admin").client;
    for (client, body) in [(&admin, whole.clone()), (&other, with(whole.clone(), again))] {
        let data = send(client, &[body]);
        assert_eq!((&data[0]["outcome"], errors(&data[0]).len()), (&json!("duplicate"), 0));
        assert_eq!(data[0]["entry_id"], first[0]["entry_id"]);
    }
    // Another value in one field.
    let different = [
        json!({"user": {"id": tom.id}}),
        json!({"action": "enrollment.started"}),
        json!({"occurred_at": "2026-06-12T15:30:00.001Z"}),
        json!({"description": "Another."}),
        json!({"target": null}),
        json!({"target": {"type": "group", "id": course, "name": "Security Basics"}}),
        json!({"target": {"type": "course", "id": tom.id, "name": "Security Basics"}}),
        json!({"target": {"type": "course", "id": course, "name": "Security basics"}}),
        json!({"changes": []}),
        json!({"changes": [{"field": "grade", "before": 1, "after": {"b": 0.2, "a": null}}]}),
    ];
    let items: Vec<Value> = different.iter().map(|it| with(whole.clone(), it.clone())).collect();
    for (index, outcome) in send(&admin, &items).iter().enumerate() {
        assert_eq!(outcome["outcome"], "conflict", "{}", different[index]);
        assert_eq!(outcome["entry_id"], first[0]["entry_id"]);
        let pointer = format!("/items/{index}/external_id");
        assert_eq!(errors(outcome), [(pointer.as_str(), "already_exists")]);
    }
    assert_eq!(ingested(&app, &sam.id), log);
    assert!(ingested(&app, &tom.id).is_empty());
}

#[test]
fn of_two_items_of_one_request_with_one_external_id_the_first_counts() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let other = json!({"description": "Another."});
    let data = send(
        &app.admin(),
        &[
            with(item(&sam.id, "z"), json!({"description": ""})),
            item(&sam.id, "z"),
            item(&sam.id, "a"),
            item(&sam.id, "z"),
            with(item(&sam.id, "z"), other.clone()),
            with(item(&sam.id, "Z"), other),
        ],
    );
    let expected = ["invalid", "created", "created", "duplicate", "conflict", "created"];
    assert_eq!(outcomes(&data), expected);
    assert_eq!(data[3]["entry_id"], data[1]["entry_id"]);
    assert_eq!(data[4]["entry_id"], data[1]["entry_id"]);
    // Entries of one time are in the order of the request.
    let log = ingested(&app, &sam.id);
    let ids: Vec<&str> = log.iter().map(|it| it["external_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["Z", "a", "z"]);
}

#[test]
fn a_bad_item_is_invalid_alone() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let long = |length: usize| "é".repeat(length);
    let target = |name: &str| json!({"type": "course", "id": sam.id, "name": name});
    let wrong = [
        (json!({"action": "note"}), "/action", "not_allowed"),
        (json!({"action": "course.created"}), "/action", "invalid_choice"),
        (json!({"occurred_at": "2999-01-01T00:00:00Z"}), "/occurred_at", "in_future"),
        (json!({"occurred_at": "yesterday"}), "/occurred_at", "invalid"),
        (json!({"occurred_at": null}), "/occurred_at", "invalid_type"),
        (json!({"external_id": ""}), "/external_id", "too_short"),
        (json!({"external_id": " "}), "/external_id", "blank"),
        (json!({"external_id": "a\nb"}), "/external_id", "invalid_character"),
        (json!({"external_id": "a\u{0}b"}), "/external_id", "invalid_character"),
        (json!({"external_id": long(201)}), "/external_id", "too_long"),
        (json!({"description": long(1001)}), "/description", "too_long"),
        (json!({"description": "Two\nlines."}), "/description", "invalid_character"),
        (json!({"target": target("")}), "/target/name", "too_short"),
        (json!({"target": {"type": "course", "id": sam.id}}), "/target/name", "required"),
        (json!({"changes": [{"field": ""}]}), "/changes/0/field", "too_short"),
        (json!({"changes": vec![json!({"field": "x"}); 51]}), "/changes", "too_many"),
        (json!({"changes": [{"field": "x", "was": 1}]}), "/changes/0/was", "unknown_field"),
        (json!({"source": "admin"}), "/source", "unknown_field"),
        (json!({"recorded_at": "2020-01-01T00:00:00Z"}), "/recorded_at", "unknown_field"),
        (json!({"entered_by": sam.id}), "/entered_by", "unknown_field"),
    ];
    let mut items: Vec<Value> =
        wrong.iter().map(|(fields, ..)| with(item(&sam.id, "bad"), fields.clone())).collect();
    items.push(json!("nothing"));
    let most = json!({
        "external_id": long(200), "description": long(1000), "target": target(&long(401)),
        "changes": vec![json!({"field": long(200)}); 50],
    });
    items.push(with(item(&sam.id, ""), most));
    let data = send(&app.admin(), &items);
    for (index, (_, pointer, code)) in wrong.iter().enumerate() {
        assert_eq!(data[index]["outcome"], "invalid");
        let pointer = format!("/items/{index}{pointer}");
        assert!(errors(&data[index]).contains(&(&pointer, *code)), "{}", data[index]);
    }
    let pointer = format!("/items/{}", wrong.len());
    assert_eq!(errors(&data[wrong.len()]), [(pointer.as_str(), "invalid_type")]);
    assert_eq!(data[wrong.len() + 1]["outcome"], "created");
    assert_eq!(ingested(&app, &sam.id).len(), 1);
}

#[test]
fn a_batch_has_one_to_a_thousand_items() {
    let app = TestApp::start();
    let (admin, sam) = (app.admin(), app.learner("Sam"));
    let items: Vec<Value> = (0..1001).map(|it| item(&sam.id, &format!("lms:{it}"))).collect();
    let post = |body: Value| admin.post("/activity/batch", body);
    post(json!({"items": items})).invalid("/items", "too_many");
    post(json!({"items": []})).invalid("/items", "too_few");
    post(json!({})).invalid("/items", "required");
    post(json!({"items": {}})).invalid("/items", "invalid_type");
    post(json!({"items": items[..1], "dry_run": true})).invalid("/dry_run", "unknown_field");
    assert!(ingested(&app, &sam.id).is_empty());
    assert_eq!(outcomes(&send(&admin, &items[..1000])), vec!["created"; 1000]);
    assert_eq!(
        outcomes(&send(&admin, &items[1..])).iter().filter(|it| *it == "created").count(),
        1
    );
    assert_eq!(ingested(&app, &sam.id).len(), 1001);
}

#[test]
fn only_administrators_and_their_clients_with_the_scope_add_entries() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let body = json!({"items": [item(&sam.id, "lms:1")]});
    let refused = |client: &Client, code: &str| {
        client.post("/activity/batch", body.clone()).problem(403, code);
    };
    refused(&sam.client, "forbidden");
    refused(&app.person("auditor", "Audrey", "Auditor").client, "forbidden");
    let writer = account(&app, &["activity:read", "activity:write"]);
    refused(&writer.client(&app), "insufficient_scope");
    let learner = api_user(&app, "learner");
    let client = json!({"name": "HR", "user_id": learner, "scopes": ["activity:ingest"]});
    let made = app.admin().post("/api-clients", client).ok(201);
    let (id, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
    let token = token(&app, &id, &secret).ok(200);
    refused(&app.client_with(token["access_token"].as_str().unwrap()), "forbidden");
    assert!(ingested(&app, &sam.id).is_empty());
}

#[test]
fn batches_of_the_same_moment_make_each_entry_once() {
    let app = TestApp::start();
    let (admin, sam, tom) = (app.admin(), app.learner("Sam"), app.learner("Tom"));
    const CLIENTS: usize = 4;
    const ITEMS: usize = 300;
    // Each sends all of them: every second one backwards, and about half of them say something else.
    let body = |number: usize| {
        let user = if number < CLIENTS / 2 { &sam.id } else { &tom.id };
        let mut items: Vec<Value> = (0..ITEMS).map(|it| item(user, &format!("lms:{it}"))).collect();
        if number % 2 == 1 {
            items.reverse();
        }
        items
    };
    let all = thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (admin, items) = (&admin, body(number));
                scope.spawn(move || send(admin, &items))
            })
            .collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect::<Vec<_>>()
    });
    let entries = [ingested(&app, &sam.id), ingested(&app, &tom.id)];
    assert_eq!(entries[0].len() + entries[1].len(), ITEMS);
    let count = |data: &[Value], word: &str| data.iter().filter(|it| it["outcome"] == word).count();
    let created: usize = all.iter().map(|data| count(data, "created")).sum();
    assert_eq!(created, ITEMS);
    for (number, data) in all.iter().enumerate() {
        let (own, others) = if number < CLIENTS / 2 { (0, 1) } else { (1, 0) };
        assert_eq!(count(data, "conflict"), entries[others].len());
        assert_eq!(count(data, "created") + count(data, "duplicate"), entries[own].len());
    }
}

#[test]
fn a_body_that_can_not_be_read_in_one_item_can_not_be_read_at_all() {
    let app = TestApp::start();
    let (admin, sam) = (app.admin(), app.learner("Sam"));
    let (good, other) = (item(&sam.id, "good").to_string(), item(&sam.id, "other").to_string());
    let post = |body: &str| admin.send("POST", "/activity/batch", &[JSON], Some(body));
    let deep = "[".repeat(200) + &"]".repeat(200);
    for broken in [r#"{"action": "\ud800"}"#, r#"{"action": 1e999}"#, "{]}", "{\"action\"}", &deep]
    {
        let body = format!(r#"{{"items": [{good}, {broken}]}}"#);
        post(&body).problem(400, "malformed_request");
    }
    post(&format!("[[{good}]]")).problem(422, "validation_failed");
    assert!(ingested(&app, &sam.id).is_empty());

    // What JSON lets a client write in several ways is the same here.
    let twice = good.replacen('{', r#"{"external_id": "earlier", "#, 1);
    let list = format!("[{}]", json!(sam.id));
    let escaped = other.replace("other", r"\u006fther");
    let body = format!("  {{\"items\": [{twice}, {list}, {escaped} , {other}]}}");
    let report = post(&body).ok(200);
    let data = report["data"].as_array().unwrap();
    assert_eq!(outcomes(data), ["created", "invalid", "created", "duplicate"]);
    assert_eq!(errors(&data[1]), [("/items/1", "invalid_type")]);
    let log = ingested(&app, &sam.id);
    let ids: Vec<&str> = log.iter().map(|it| it["external_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["other", "good"]);
}

#[test]
fn actions_that_tell_of_this_service_alone_are_ingested_from_nobody() {
    let app = TestApp::start();
    let (sam, hr) = (app.learner("Sam"), account(&app, &["activity:ingest"]));
    let before = app.log(&sam.id);
    let reserved = [
        "session.logged_in",
        "session.login_failed",
        "session.logged_out",
        "user.role_changed",
        "user.password_changed",
        "api_client.created",
        "api_client.updated",
        "api_client.revoked",
        // These are unknown, or refused.
        "user.erased",
        "hold.placed",
        "activity.exported",
        "webhook.created",
    ];
    let items: Vec<Value> = reserved
        .iter()
        .map(|action| with(item(&sam.id, action), json!({"action": action})))
        .collect();
    for client in [hr.client(&app), app.admin()] {
        for (outcome, action) in send(&client, &items).iter().zip(reserved) {
            assert_eq!(outcome["outcome"], "invalid", "{action}");
            assert_eq!(errors(outcome)[0].0, format!("/items/{}/action", outcome["index"]));
        }
    }
    assert_eq!(app.log(&sam.id), before);
    let allowed = with(item(&sam.id, "hr:1"), json!({"action": "user.updated"}));
    assert_eq!(outcomes(&send(&hr.client(&app), &[allowed])), ["created"]);
}
