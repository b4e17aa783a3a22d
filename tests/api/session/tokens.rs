//! Access tokens that are refused.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{
    app::{SECRET, TestApp},
    client::{Client, JSON},
    database::TestDatabase,
    process::Process,
    reply::Reply,
};

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn signed(algorithm: Algorithm, claims: &Value, secret: &[u8]) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// Signed with the secret, with another key id.
fn keyed(kid: &str, claims: &Value) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    encode(&header, claims, &EncodingKey::from_secret(SECRET)).unwrap()
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(claims))
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    match value {
        Value::Null => claims.as_object_mut().unwrap().remove(name),
        value => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
    };
    claims
}

fn me(app: &TestApp, authorization: &[&str]) -> Reply {
    let headers: Vec<_> = authorization.iter().map(|it| ("authorization", *it)).collect();
    app.stranger().send("GET", "/me", &headers, None)
}

#[test]
fn a_token_that_the_service_did_not_issue_is_an_invalid_token() {
    let app = TestApp::start();
    let other = app.learner("Other");
    let good = app.admin().token.unwrap();
    let claims = claims(&good);
    let hs256 = |claims: &Value| signed(Algorithm::HS256, claims, SECRET);
    // Except for what the table varies, the token is valid.
    me(&app, &[&format!("Bearer {}", hs256(&claims))]).ok(200);

    let (head, signature) = good.rsplit_once('.').unwrap();
    let tokens = [
        ("another secret", signed(Algorithm::HS256, &claims, b"another secret")),
        ("the secret, but HS512", signed(Algorithm::HS512, &claims, SECRET)),
        ("the secret, but HS384", signed(Algorithm::HS384, &claims, SECRET)),
        ("no algorithm", unsigned(&claims)),
        ("no signature", format!("{head}.")),
        ("two parts", head.to_owned()),
        (
            "the signature of another",
            format!(
                "{}.{signature}",
                hs256(&with(&claims, "iat", json!(1))).rsplit_once('.').unwrap().0
            ),
        ),
        ("another issuer", hs256(&with(&claims, "iss", json!("nightbook")))),
        ("no issuer", hs256(&with(&claims, "iss", Value::Null))),
        ("another audience", hs256(&with(&claims, "aud", json!("nightbook")))),
        ("no audience", hs256(&with(&claims, "aud", Value::Null))),
        ("expired", hs256(&with(&claims, "exp", json!(1)))),
        ("no expiry", hs256(&with(&claims, "exp", Value::Null))),
        ("expiry of another kind", hs256(&with(&claims, "exp", json!("never")))),
        ("issued later", hs256(&with(&claims, "iat", json!(i64::MAX / 2)))),
        ("no time of issue", hs256(&with(&claims, "iat", Value::Null))),
        ("no id", hs256(&with(&claims, "jti", Value::Null))),
        ("an empty id", hs256(&with(&claims, "jti", json!("")))),
        ("a session and a client", hs256(&with(&claims, "client_id", json!(other.id)))),
        ("another key", keyed("another", &claims)),
        ("no session", hs256(&with(&claims, "sid", Value::Null))),
        ("another's session", hs256(&with(&claims, "sub", json!(other.id)))),
        ("a user who is none", hs256(&with(&claims, "sub", json!("admin")))),
        ("garbage", "garbage".to_owned()),
        ("dots", "...".to_owned()),
        ("a long one", "a".repeat(8000)),
    ];
    for (what, token) in tokens {
        let answer = me(&app, &[&format!("Bearer {token}")]);
        assert_eq!(answer.status, 401, "{what}");
        answer.problem(401, "invalid_token");
        let challenge = answer.header("www-authenticate").unwrap();
        let expected = "Bearer realm=\"daybook\", error=\"invalid_token\", error_description=\"";
        assert!(challenge.starts_with(expected), "{what}: {challenge}");
    }
}

#[test]
fn a_request_without_a_bearer_token_is_unauthenticated() {
    let app = TestApp::start();
    let good = format!("Bearer {}", app.admin().token.unwrap());
    let headers: [&[&str]; 6] = [
        &[],
        &["Bearer"],
        &["Basic YWRtaW46cGFzc3dvcmQ="],
        &["Digest username=\"admin\""],
        &[good.trim_start_matches("Bearer ")],
        &[&good, &good],
    ];
    for values in headers {
        let answer = me(&app, values);
        answer.problem(401, "unauthenticated");
        // RFC 6750, section 3.1: without a token, the challenge has no error.
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge.as_deref(), Some("Bearer realm=\"daybook\""), "{values:?}");
    }
}

#[test]
fn the_scheme_is_compared_without_regard_to_case() {
    let app = TestApp::start();
    let token = app.admin().token.unwrap();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        me(&app, &[&format!("{scheme} {token}")]).ok(200);
    }
}

#[test]
fn a_token_in_the_query_is_none() {
    let app = TestApp::start();
    let path = format!("/me?access_token={}", app.admin().token.unwrap());
    app.stranger().get(&path).problem(400, "invalid_parameter");
}

#[test]
fn the_secret_changes_without_logging_anybody_out() {
    let database = TestDatabase::migrated();
    let serve = |secret: &[&str]| Process::serve(&database, secret);
    // What `process` sets is the first one.
    let first = "a secret that all replicas of a test share";
    let (second, third) =
        ("the second secret, as long as it must be", "a third secret, for another day, as long");
    let before = serve(&[]);
    let token = before.admin().token;
    let user = json!({"email": "sam@example.com", "given_name": "Sam", "surname": "Rivera"});
    let headers = [JSON, ("idempotency-key", "once")];
    let post = |client: &Client| client.send("POST", "/users", &headers, Some(&user.to_string()));
    let made = post(&Client { token: token.clone(), ..before.client.clone() }).ok(201);
    before.kill();

    let after = serve(&["--jwt-secret", second, "--jwt-previous-secret", first]);
    let client = Client { token: token.clone(), ..after.client.clone() };
    client.get("/me").ok(200);
    // What was sealed with the first one is opened with it.
    assert_eq!(post(&client).ok(201), made);
    let newer = after.admin().token;
    after.kill();

    let later = serve(&["--jwt-secret", third, "--jwt-previous-secret", second]);
    let with = |token: &Option<String>| Client { token: token.clone(), ..later.client.clone() };
    with(&newer).get("/me").ok(200);
    with(&token).get("/me").problem(401, "invalid_token");
}
