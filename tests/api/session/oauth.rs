//! `/oauth/token`, by RFC 6749.

use base64::{Engine, engine::general_purpose::STANDARD};
use daybook::domain::{clock::Clock, timestamp::Timestamp};
use serde_json::{Value, json};

use crate::support::{
    api_clients::{ApiAccount, account},
    app::TestApp,
    client::{FORM, JSON},
    reply::{Reply, text},
};

fn ask(app: &TestApp, headers: &[(&str, &str)], form: &str) -> Reply {
    let headers: Vec<(&str, &str)> = headers.iter().copied().chain([FORM]).collect();
    app.stranger().send("POST", "/oauth/token", &headers, Some(form))
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

#[track_caller]
fn assert_refused(answer: &Reply, status: u16, error: &str) {
    let body = answer.ok(status);
    assert_eq!(body["error"], error, "{body}");
    assert!(body["error_description"].is_string());
    assert_eq!(body.as_object().unwrap().len(), 2, "RFC 6749's own form: {body}");
    assert_eq!(answer.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    let challenge = answer.header("www-authenticate");
    assert_eq!(challenge.is_some_and(|it| it.starts_with("Basic ")), status == 401);
}

#[test]
fn id_and_secret_are_taken_from_the_body_and_by_http_basic() {
    let app = TestApp::start();
    let ApiAccount { client_id, secret, user } = account(&app, &["users:read", "activity:write"]);
    let in_body =
        format!("grant_type=client_credentials&client_id={client_id}&client_secret={secret}");
    let alone = "grant_type=client_credentials";
    let basic = basic(&client_id, &secret);
    let answers = [
        ask(&app, &[], &in_body),
        ask(&app, &[("authorization", &basic)], alone),
        ask(&app, &[("authorization", &basic)], &format!("{alone}&client_id={client_id}")),
    ];
    for answer in answers {
        let token = answer.ok(200);
        assert_eq!(token["token_type"], "Bearer");
        assert_eq!(token["expires_in"], 900);
        assert_eq!(token["scope"], "users:read activity:write");
        assert_eq!(token.as_object().unwrap().len(), 4, "no refresh token: {token}");
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
        let me = app.client_with(token["access_token"].as_str().unwrap()).get("/me").ok(200);
        assert_eq!(me["id"], user.as_str());
        assert_eq!(me["scopes"], json!(["users:read", "activity:write"]));
    }
}

#[test]
fn a_token_may_be_asked_for_with_fewer_scopes_and_never_with_more() {
    let app = TestApp::start();
    let it = account(&app, &["users:read", "activity:write"]);
    let ask = |scope: &str| {
        let form = format!("grant_type=client_credentials&scope={scope}");
        ask(&app, &[("authorization", &basic(&it.client_id, &it.secret))], &form)
    };
    let token = ask("activity:write").ok(200);
    assert_eq!(token["scope"], "activity:write");
    let client = app.client_with(token["access_token"].as_str().unwrap());
    client.get("/users").problem(403, "insufficient_scope");
    assert_eq!(ask("").ok(200)["scope"], "users:read activity:write", "as if it were not there");
    for scope in ["learning:read", "users:read+learning:read", "everything", "users:read,x", "+"] {
        assert_refused(&ask(scope), 400, "invalid_scope");
    }
}

#[test]
fn a_request_without_valid_credentials_is_an_invalid_client() {
    let app = TestApp::start();
    let it = account(&app, &["users:read"]);
    let other = account(&app, &["users:read"]);
    let refused = [
        basic(&it.client_id, "dbk_wrong"),
        basic(&it.client_id, ""),
        basic(&it.client_id, &other.secret),
        basic(&it.user, &it.secret),
        basic("nobody", &it.secret),
        basic("", ""),
        "Basic".to_owned(),
        "Basic ***".to_owned(),
        format!("Bearer {}", app.admin().token.unwrap()),
    ];
    for authorization in refused {
        let headers = [("authorization", authorization.as_str())];
        assert_refused(
            &ask(&app, &headers, "grant_type=client_credentials"),
            401,
            "invalid_client",
        );
    }
    assert_refused(&ask(&app, &[], "grant_type=client_credentials"), 401, "invalid_client");
    let path = format!("/users/{}", it.user);
    app.admin().patch_now(&path, json!({"status": "inactive"})).ok(200);
    let basic = basic(&it.client_id, &it.secret);
    let answer = ask(&app, &[("authorization", &basic)], "grant_type=client_credentials");
    assert_refused(&answer, 401, "invalid_client");
}

#[test]
fn what_is_missing_twice_or_of_another_kind_is_refused_in_the_form_of_rfc_6749() {
    let app = TestApp::start();
    let it = account(&app, &["users:read"]);
    let basic = basic(&it.client_id, &it.secret);
    let basic = [("authorization", basic.as_str())];
    let grant = "grant_type=client_credentials";
    let secret = format!("{grant}&client_id={}&client_secret={}", it.client_id, it.secret);
    let refused = [
        ask(&app, &basic, ""),
        ask(&app, &basic, "grant_type="),
        ask(&app, &basic, &format!("{grant}&{grant}")),
        ask(&app, &basic, &secret),
        ask(&app, &basic, &format!("{grant}&client_id=another")),
        ask(&app, &[], &format!("{secret}&client_id=another")),
    ];
    for answer in &refused {
        assert_refused(answer, 400, "invalid_request");
    }
    for other in ["password", "refresh_token", "authorization_code"] {
        let answer = ask(&app, &basic, &format!("grant_type={other}"));
        assert_refused(&answer, 400, "unsupported_grant_type");
    }
    // Unknown parameters are ignored.
    ask(&app, &basic, &format!("{grant}&resource=x")).ok(200);

    let stranger = app.stranger();
    let json = stranger.send("POST", "/oauth/token", &[JSON], Some("{}"));
    assert_refused(&json, 415, "invalid_request");
    assert_refused(&stranger.get("/oauth/token"), 405, "invalid_request");
    let large = "x".repeat(2 << 20);
    assert_refused(&ask(&app, &basic, &large), 413, "invalid_request");
    let query = stranger.send("POST", "/oauth/token?grant_type=x", &[FORM], Some(grant));
    assert_refused(&query, 400, "invalid_request");
}

#[test]
fn a_token_ends_after_fifteen_minutes_and_there_is_another() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let app = TestApp::start_with(clock.clone());
    let it = account(&app, &["users:read"]);
    let client = it.client(&app);
    client.get("/me").ok(200);
    clock.set(clock.now().plus_seconds(15 * 60));
    client.get("/me").problem(401, "invalid_token");
    it.client(&app).get("/me").ok(200);
}

#[test]
fn a_token_says_what_it_is_good_for() {
    let app = TestApp::start();
    let it = account(&app, &["users:read"]);
    let token = it.client(&app).token.unwrap();
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(text(&claims["sub"]), it.user);
    assert_eq!(text(&claims["client_id"]), it.client_id);
    assert_eq!(claims["scope"], "users:read");
    assert_eq!(claims.get("sid"), None);
}
