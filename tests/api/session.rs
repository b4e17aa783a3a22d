//! Logging in, staying in, logging out.

use serde_json::json;

use crate::app::{PASSWORD, TestApp};

#[test]
fn log_in_answers_tokens_that_are_not_stored_by_caches() {
    let app = TestApp::start();
    let answer = app.log_in("ADMIN@example.com", PASSWORD);
    let tokens = answer.ok(200);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 900);
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
}

#[test]
fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let app = TestApp::start();
    let wrong = app.log_in("admin@example.com", "not the password").problem(401, "unauthenticated");
    let unknown = app.log_in("nobody@example.com", PASSWORD).problem(401, "unauthenticated");
    assert_eq!(wrong["detail"], unknown["detail"]);
    let _ = json!({});
}
