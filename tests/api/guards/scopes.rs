//! Guard: the scope that each operation requires, in the service and in the document.

use serde_json::{Value, json};

use crate::support::{
    api_clients::{ApiAccount, SCOPES, account, api_user},
    app::{PASSWORD, TestApp},
    client::{Client, FORM},
    contract::{document, operations},
    reply::text,
    samples::{Fixture, Sample},
    scopes::{Needs, needs},
};

/// A client of the account with a token of these scopes alone.
fn with(app: &TestApp, account: &ApiAccount, scopes: &[&str]) -> Client {
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
        account.client_id,
        account.secret,
        scopes.join("+")
    );
    let answer = app.stranger().send("POST", "/oauth/token", &[FORM], Some(&form));
    app.client_with(answer.ok(200)["access_token"].as_str().unwrap())
}

#[test]
fn each_operation_asks_an_api_client_for_its_scope_and_for_no_other() {
    let app = TestApp::start();
    let it = account(&app, SCOPES);
    let mut fixture = Fixture::new(&app);
    for operation in operations() {
        let Some(mut sample) = Sample::new(&fixture, &operation) else { continue };
        if sample.operation == "put_group_member" {
            // A group permission takes a person.
            sample.body = Some(json!({}));
        }
        let scope = match needs(sample.operation) {
            Some(Needs::Scope(scope)) => Some(scope),
            Some(Needs::Nothing) => None,
            Some(Needs::NoClient) | None => continue,
        };
        if let Some(scope) = scope {
            let others: Vec<&str> = SCOPES.iter().copied().filter(|it| *it != scope).collect();
            let refused = sample.send(&with(&app, &it, &others));
            refused.problem(403, "insufficient_scope");
            let challenge = refused.header("www-authenticate").unwrap();
            let expected = "Bearer realm=\"daybook\", error=\"insufficient_scope\"";
            assert!(challenge.starts_with(expected), "{challenge}");
            assert!(challenge.ends_with(&format!("scope=\"{scope}\"")), "{challenge}");
        }
        let alone = scope.unwrap_or("users:read");
        sample.send(&with(&app, &it, &[alone])).ok(sample.status);
        if sample.method != "GET" {
            fixture = Fixture::new(&app);
        }
    }
}

#[test]
fn the_document_names_the_scope_of_each_operation() {
    let bearer = json!({"bearer": []});
    for operation in operations() {
        let (id, security) = (operation.id, &operation.spec["security"]);
        match needs(id) {
            Some(Needs::Scope(scope)) => {
                assert_eq!(*security, json!([bearer, {"oauth2": [scope]}]), "{id}");
            }
            Some(Needs::Nothing) => {
                assert_eq!(*security, json!([bearer, {"oauth2": []}]), "{id}");
            }
            Some(Needs::NoClient) => {
                assert!(*security == json!([]) || *security == json!([bearer]), "{id}");
            }
            None => {}
        }
    }
    let flows = &document()["components"]["securitySchemes"]["oauth2"]["flows"];
    let scopes: Vec<&String> =
        flows["clientCredentials"]["scopes"].as_object().unwrap().keys().collect();
    assert_eq!(scopes.len(), SCOPES.len());
    assert_eq!(flows["clientCredentials"]["tokenUrl"], Value::from("/oauth/token"));
}

#[test]
fn an_api_client_may_do_no_more_than_its_user() {
    let app = TestApp::start();
    let user = api_user(&app, "learner");
    let body = json!({"name": "Narrow", "user_id": user, "scopes": SCOPES});
    let made = app.admin().post("/api-clients", body).ok(201);
    let (id, secret) = (&made["client_id"], &made["client_secret"]);
    let it = ApiAccount { user: user.clone(), client_id: text(id), secret: text(secret) };
    let client = it.client(&app);
    client.get(&format!("/users/{user}")).ok(200);
    client.get(&format!("/users/{}", app.admin_id)).problem(404, "not_found");
    client.post("/courses", json!({"title": "X", "type": "online"})).problem(403, "forbidden");
    let me = client.get("/me").ok(200);
    assert!(me["permissions"].as_object().unwrap().values().all(|it| it == false), "{me}");
}

#[test]
fn an_api_client_assigns_no_roles_and_creates_only_learners() {
    let app = TestApp::start();
    let client = account(&app, SCOPES).client(&app);
    let user = |role: &str| {
        json!({
            "email": format!("{role}@example.com"), "given_name": "New", "surname": "User",
            "role": role,
        })
    };
    client.post("/users", user("administrator")).problem(403, "forbidden");
    client.post("/users", user("auditor")).problem(403, "forbidden");
    let made = client.post("/users", user("learner")).ok(201);
    let path = format!("/users/{}", text(&made["id"]));
    client.patch_now(&path, json!({"role": "auditor"})).problem(403, "forbidden");
    assert_eq!(client.get("/me").ok(200)["permissions"]["change_roles"], false);
}

#[test]
fn an_api_client_sets_no_password_and_no_identity_of_somebody_above_learner() {
    let app = TestApp::start();
    let client = account(&app, SCOPES).client(&app);
    let sam = app.learner("Sam");
    let new = |email: &str| json!({"email": email, "given_name": "New", "surname": "User"});
    let mut with_password = new("new@example.com");
    with_password["password"] = json!(PASSWORD);
    client.post("/users", with_password).problem(403, "forbidden");
    let password = json!({"password": "a password of mine"});
    let admin = app.admin_id.to_string();
    for user in [&sam.id, &admin] {
        client.patch_now(&format!("/users/{user}"), password.clone()).problem(403, "forbidden");
    }
    let status = json!({"status": "inactive"});
    client.patch_now(&format!("/users/{admin}"), status).problem(403, "forbidden");
    for identity in [json!({"email": "mine@example.com"}), json!({"employee_id": "E-1"})] {
        client.patch_now(&format!("/users/{admin}"), identity.clone()).problem(403, "forbidden");
        client.patch_now(&format!("/users/{}", sam.id), identity).ok(200);
    }
    app.log_in("mine@example.com", PASSWORD).ok(200);
}

#[test]
fn an_api_client_gives_no_permission_of_an_archived_group_back() {
    let app = TestApp::start();
    let client = account(&app, SCOPES).client(&app);
    let path = format!("/groups/{}", app.group("Leadership"));
    let (active, archived) = (json!({"status": "active"}), json!({"status": "archived"}));
    client.patch_now(&path, active.clone()).ok(200);
    client.patch_now(&path, archived).ok(200);
    client.patch_now(&path, active.clone()).problem(403, "forbidden");
    client.patch_now(&path, json!({"name": "Leaders"})).ok(200);
    app.admin().patch_now(&path, active).ok(200);
}

#[test]
fn an_api_client_makes_members_and_grants_and_revokes_no_group_permission() {
    let app = TestApp::start();
    let client = account(&app, SCOPES).client(&app);
    let (sam, group) = (app.learner("Sam"), app.group("Leadership"));
    let path = format!("/groups/{group}/members/{}", sam.id);
    let manage = json!({"permissions": ["manage_users"]});
    client.put(&path, manage.clone()).problem(403, "forbidden");
    assert!(app.actions(&sam.id).is_empty());
    client.put(&path, json!({"permissions": []})).ok(200);
    client.put(&path, manage.clone()).problem(403, "forbidden");
    app.admin().put(&path, manage.clone()).ok(200);
    client.put(&path, manage).problem(403, "forbidden");
    client.put(&path, json!({})).problem(403, "forbidden");
    assert_eq!(app.actions(&sam.id), ["group.permission_granted", "group.member_added"]);
}
