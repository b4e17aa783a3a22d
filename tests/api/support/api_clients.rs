//! API clients and their tokens.

use serde_json::json;

use super::{
    app::TestApp,
    client::{Client, FORM},
    reply::{Reply, text},
};

/// Every scope.
pub const SCOPES: &[&str] = &[
    "users:read",
    "users:write",
    "learning:read",
    "learning:write",
    "activity:read",
    "activity:write",
    "activity:ingest",
];

/// An API user who is an administrator, with a client that acts as them.
pub struct ApiAccount {
    pub user: String,
    pub client_id: String,
    pub secret: String,
}

impl ApiAccount {
    /// A client with a new token of it.
    pub fn client(&self, app: &TestApp) -> Client {
        let token = token(app, &self.client_id, &self.secret).ok(200);
        app.client_with(token["access_token"].as_str().unwrap())
    }
}

/// Asks for a token.
pub fn token(app: &TestApp, id: &str, secret: &str) -> Reply {
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    app.stranger().send("POST", "/oauth/token", &[FORM], Some(&form))
}

/// A new API user of a role.
pub fn api_user(app: &TestApp, role: &str) -> String {
    let body = json!({"kind": "api", "given_name": "HR", "surname": "System", "role": role});
    text(&app.admin().post("/users", body).ok(201)["id"])
}

/// A new API client of a new API user who is an administrator.
pub fn account(app: &TestApp, scopes: &[&str]) -> ApiAccount {
    let user = api_user(app, "administrator");
    let body = json!({"name": "HR", "user_id": user, "scopes": scopes});
    let made = app.admin().post("/api-clients", body).ok(201);
    ApiAccount { user, client_id: text(&made["client_id"]), secret: text(&made["client_secret"]) }
}
