//! `/api-clients`: the credentials of integrations.

use daybook::domain::{clock::Clock, timestamp::Timestamp};
use serde_json::{Value, json};

use crate::support::{
    api_clients::{SCOPES, account, api_user, token},
    app::TestApp,
    dump::dump,
    expect::entry,
    reply::text,
};

#[test]
fn the_secret_is_shown_once_and_never_again() {
    let app = TestApp::start();
    let (admin, user) = (app.admin(), api_user(&app, "learner"));
    let body = json!({"name": "HR", "user_id": user, "scopes": ["users:read", "activity:write"]});
    let answer = admin.post("/api-clients", body);
    let made = answer.ok(201);
    let path = format!("/api-clients/{}", text(&made["id"]));
    assert_eq!(answer.header("location").as_deref(), Some(path.as_str()));
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    let secret = text(&made["client_secret"]);
    assert!(secret.len() > 40, "{secret}");
    assert_eq!(made["client_id"], made["id"]);
    assert_eq!(made["user_id"], user.as_str());
    assert_eq!((&made["last_used_at"], &made["revoked_at"]), (&Value::Null, &Value::Null));

    for answer in [admin.get(&path), admin.get("/api-clients"), admin.get("/activity")] {
        answer.ok(200);
        assert!(!answer.text.contains(&secret), "{}", answer.text);
        assert!(!answer.text.contains("client_secret"), "{}", answer.text);
    }
    let dump = format!("{:?}", dump(&app.database));
    assert!(!dump.contains(&secret), "it is stored as a hash alone");
}

#[test]
fn a_client_acts_as_its_api_user_source_api_also_on_its_own_log() {
    let app = TestApp::start();
    let it = account(&app, &["users:write", "activity:write", "learning:write"]);
    let (client, marta, group) = (it.client(&app), app.learner("Marta"), app.group("Leadership"));
    client.put(&format!("/groups/{group}/members/{}", marta.id), json!({})).ok(200);
    let body = json!({"notes": "Added Marta to the Leadership group."});
    client.post(&format!("/users/{}/activity", it.user), body).ok(201);

    let added = entry(&app, &marta.id, "group.member_added");
    assert_eq!(added["source"], "api");
    let name = "HR System";
    assert_eq!(added["entered_by"], json!({"id": it.user, "name": name, "kind": "api"}));
    let note = entry(&app, &it.user, "note");
    assert_eq!(note["source"], "api");
    assert_eq!(note["created_by"]["id"], it.user.as_str());
}

#[test]
fn what_happens_to_a_client_is_on_the_log_of_its_user() {
    let app = TestApp::start();
    let (admin, it) = (app.admin(), account(&app, &["users:read"]));
    let path = format!("/api-clients/{}", it.client_id);
    let target = |name: &str| json!({"type": "api_client", "id": it.client_id, "name": name});
    assert_eq!(entry(&app, &it.user, "api_client.created")["target"], target("HR"));

    let etag = admin.get(&path).etag();
    let body = json!({"name": "HR 2", "scopes": ["users:write", "users:read", "users:read"]});
    let changed = admin.patch(&path, &etag, body.clone()).ok(200);
    assert_eq!(changed["scopes"], json!(["users:read", "users:write"]));
    let updated = entry(&app, &it.user, "api_client.updated");
    assert_eq!(updated["target"], target("HR 2"));
    assert_eq!(
        updated["changes"],
        json!([
            {"field": "name", "before": "HR", "after": "HR 2"},
            {"field": "scopes", "before": ["users:read"], "after": ["users:read", "users:write"]},
        ])
    );
    admin.patch(&path, &etag, body.clone()).problem(412, "precondition_failed");
    // Without a change there is no entry.
    admin.patch_now(&path, body).ok(200);
    assert_eq!(app.actions(&it.user), ["api_client.updated", "api_client.created"]);

    admin.delete(&path).ok(204);
    admin.delete(&path).ok(204);
    assert_eq!(entry(&app, &it.user, "api_client.revoked")["source"], "admin");
    assert!(admin.get(&path).ok(200)["revoked_at"].is_string(), "it stays readable");
    admin.patch_now(&path, json!({"name": "X"})).problem(409, "conflict");
    admin.post(&format!("{path}/secrets"), json!({})).problem(409, "conflict");
    assert_eq!(app.actions(&it.user).len(), 3);
}

#[test]
fn revocation_and_narrower_scopes_count_at_the_next_request() {
    let app = TestApp::start();
    let (admin, it) = (app.admin(), account(&app, &["users:read", "learning:read"]));
    let (path, client) = (format!("/api-clients/{}", it.client_id), it.client(&app));
    client.get("/users").ok(200);
    admin.patch_now(&path, json!({"scopes": ["learning:read", "activity:read"]})).ok(200);
    client.get("/users").problem(403, "insufficient_scope");
    client.get("/courses").ok(200);
    // The token was not requested with this scope.
    client.get("/activity").problem(403, "insufficient_scope");
    admin.delete(&path).ok(204);
    client.get("/courses").problem(401, "invalid_token");
    token(&app, &it.client_id, &it.secret).ok(401);
}

#[test]
fn two_secrets_are_valid_for_a_while_and_a_third_ends_the_first() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let app = TestApp::start_with(clock.clone());
    let it = account(&app, &["users:read"]);
    let works = |secret: &str| token(&app, &it.client_id, secret).status == 200;
    let rotate = |body: Value| -> String {
        let path = format!("/api-clients/{}/secrets", it.client_id);
        let answer = app.admin().post(&path, body);
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
        text(&answer.ok(201)["client_secret"])
    };
    let second = rotate(json!({"overlap_seconds": 3600}));
    assert!(works(&it.secret) && works(&second));
    clock.set(clock.now().plus_seconds(3599));
    assert!(works(&it.secret));
    clock.set(clock.now().plus_seconds(1));
    assert!(!works(&it.secret) && works(&second));

    let third = rotate(json!({}));
    assert!(works(&second) && works(&third), "a day, if it is not said");
    let fourth = rotate(json!({}));
    assert!(!works(&second) && works(&third) && works(&fourth));
    let last = rotate(json!({"overlap_seconds": 0}));
    assert!(!works(&third) && !works(&fourth) && works(&last), "a leak ends them at once");
    assert_eq!(app.actions(&it.user), {
        let mut told = vec!["api_client.updated"; 4];
        told.push("api_client.created");
        told
    });
}

#[test]
fn last_used_at_is_when_it_last_got_a_token() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let app = TestApp::start_with(clock.clone());
    let (admin, it) = (app.admin(), account(&app, &["users:read"]));
    let path = format!("/api-clients/{}", it.client_id);
    let before = admin.get(&path);
    assert_eq!(before.ok(200)["last_used_at"], Value::Null);
    clock.set(clock.now().plus_seconds(60));
    token(&app, &it.client_id, "dbk_wrong").ok(401);
    assert_eq!(admin.get(&path).ok(200)["last_used_at"], Value::Null);
    it.client(&app);
    let after = admin.get(&path);
    assert_eq!(text(&after.ok(200)["last_used_at"]), clock.now().to_string());
    assert_eq!(after.ok(200)["updated_at"], before.ok(200)["updated_at"]);
    assert_ne!(after.etag(), before.etag(), "a strong tag of what is shown");
}

#[test]
fn a_client_needs_an_api_user_a_name_and_known_scopes() {
    let app = TestApp::start();
    let (admin, person) = (app.admin(), app.learner("Lea").id);
    let user = api_user(&app, "learner");
    let post = |name: &str, user: &str, scopes: Value| {
        admin.post("/api-clients", json!({"name": name, "user_id": user, "scopes": scopes}))
    };
    let read = json!(["users:read"]);
    post("HR", &person, read.clone()).invalid("/user_id", "not_api");
    post("HR", &app.course("None"), read.clone()).invalid("/user_id", "unknown");
    post(" ", &user, read).invalid("/name", "blank");
    post("HR", &user, json!([])).invalid("/scopes", "too_few");
    post("HR", &user, json!(["users:delete"])).invalid("/scopes/0", "invalid_choice");
    post("HR", &user, json!("users:read")).invalid("/scopes", "invalid_type");
}

#[test]
fn the_list_is_by_name_and_narrowed_by_user_and_characters() {
    let app = TestApp::start();
    let admin = app.admin();
    let (hr, shop) = (api_user(&app, "learner"), api_user(&app, "learner"));
    for (name, user) in [("Payroll", &hr), ("Course shop", &shop), ("absences", &hr)] {
        let body = json!({"name": name, "user_id": user, "scopes": ["users:read"]});
        admin.post("/api-clients", body).ok(201);
    }
    let names = |query: &str| -> Vec<String> {
        let all = admin.all(&format!("/api-clients{query}"));
        all.iter().map(|it| text(&it["name"])).collect()
    };
    assert_eq!(names(""), ["absences", "Course shop", "Payroll"]);
    assert_eq!(names("?q=PAY"), ["Payroll"]);
    assert_eq!(names(&format!("?user_id={hr}")), ["absences", "Payroll"]);
    let page = admin.get("/api-clients?limit=1&include=total_count").ok(200);
    assert_eq!(
        (&page["page"]["total_count"], &page["page"]["has_more"]),
        (&json!(3), &json!(true))
    );
}

#[test]
fn an_api_client_does_not_manage_api_clients_and_does_not_log_out() {
    let app = TestApp::start();
    let all = SCOPES;
    let it = account(&app, all);
    let client = it.client(&app);
    client.get("/api-clients").problem(403, "forbidden");
    let body = json!({"name": "More", "user_id": it.user, "scopes": all});
    client.post("/api-clients", body).problem(403, "forbidden");
    client.post("/auth/logout", json!({})).problem(403, "forbidden");
}

#[test]
fn the_tokens_that_a_client_gets_do_not_keep_an_administrator_from_changing_it() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let app = TestApp::start_with(clock.clone());
    let (admin, it) = (app.admin(), account(&app, &["users:read"]));
    let path = format!("/api-clients/{}", it.client_id);
    it.client(&app);
    let etag = admin.get(&path).etag();
    clock.set(clock.now().plus_seconds(600));
    it.client(&app);
    admin.patch(&path, &etag, json!({"name": "Narrower"})).ok(200);
}
