//! What the operator sees: the request log, and the listener for health and metrics.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::support::{
    app::PASSWORD,
    client::{Client, FORM, JSON},
    database::TestDatabase,
    process::{Process, daybook, refusal},
    raw::send_raw,
    reply::text,
};

/// The token of a new API client, and the ids and secrets that it has.
fn api_client(admin: &Client) -> (Client, Value) {
    let body = json!({"kind": "api", "given_name": "HR", "surname": "System", "role": "auditor"});
    let user = text(&admin.post("/users", body).ok(201)["id"]);
    let body = json!({"name": "HR", "user_id": user, "scopes": ["users:read"]});
    let made = admin.post("/api-clients", body).ok(201);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        text(&made["client_id"]),
        text(&made["client_secret"])
    );
    let token = admin.send("POST", "/oauth/token", &[FORM], Some(&form)).ok(200);
    (Client { token: Some(text(&token["access_token"])), ..admin.clone() }, made)
}

#[test]
fn a_line_of_the_request_log_has_caller_address_and_request_id() {
    let database = TestDatabase::migrated();
    let service = Process::serve(&database, &["--trusted-proxies", "127.0.0.1"]);
    let admin = service.admin();
    let id = text(&admin.get("/me").ok(200)["id"]);
    let (client, made) = api_client(&admin);
    let client_id = text(&made["client_id"]);
    let line = |client: &Client, path: &str, request_id: &str, forwarded: &str| {
        let headers = [("x-request-id", request_id), ("x-forwarded-for", forwarded)];
        client.send("GET", path, &headers, None);
        service.log_up_to(&format!("request_id={request_id}")).pop().unwrap()
    };

    let seen = line(&admin, "/users?q=sought", "by-a-user", "203.0.113.1, 198.51.100.7");
    assert!(seen.contains(" GET /users 200 "), "{seen}");
    let end = format!("ms user={id} address=198.51.100.7 request_id=by-a-user");
    assert!(seen.ends_with(&end), "{seen}");
    assert!(!seen.contains("sought"), "{seen}");

    let seen = line(&client, "/users", "by-a-client", "2001:db8::7");
    let end = format!("ms client={client_id} address=2001:db8::7 request_id=by-a-client");
    assert!(seen.ends_with(&end), "{seen}");

    for (number, token) in [None, Some("not.a.token".to_owned())].into_iter().enumerate() {
        let stranger = Client { token, ..service.client.clone() };
        let request_id = format!("by-nobody-{number}");
        let seen = line(&stranger, "/users", &request_id, "198.51.100.7");
        let end = format!("ms user=- address=198.51.100.7 request_id={request_id}");
        assert!(seen.contains(" GET /users 401 ") && seen.ends_with(&end), "{seen}");
    }
}

#[test]
fn a_line_of_the_request_log_has_the_first_characters_of_a_long_path_or_method() {
    let database = TestDatabase::migrated();
    let service = Process::serve(&database, &[]);
    let path = format!("/{}", "x".repeat(20_000));
    let send = |method: &str, path: &str, request_id: &str| {
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\nx-request-id: {request_id}\r\n\r\n");
        assert_eq!(send_raw(&service.client.address, head.as_bytes()).status, 404);
        service.log_up_to(&format!("request_id={request_id}")).pop().unwrap()
    };
    let seen = send("GET", &path, "a-long-path");
    assert!(seen.contains(&format!(" GET /{}… 404 ", "x".repeat(199))), "{seen}");
    let seen = send(&"M".repeat(3000), "/nowhere", "a-long-method");
    assert!(seen.contains(&format!(" {}… /nowhere 404 ", "M".repeat(200))), "{seen}");
}

#[test]
fn without_trusted_proxies_the_log_has_the_address_of_the_peer() {
    let database = TestDatabase::migrated();
    let service = Process::serve(&database, &[]);
    let headers = [("x-request-id", "direct"), ("x-forwarded-for", "198.51.100.7")];
    service.client.send("GET", "/me", &headers, None);
    let seen = service.log_up_to("request_id=direct").pop().unwrap();
    assert!(seen.contains(" user=- address=127.0.0.1 "), "{seen}");
}

#[test]
fn the_log_has_no_secret_no_token_and_no_body() {
    let database = TestDatabase::migrated();
    let service = Process::serve(&database, &[]);
    let body = json!({"email": "admin@example.com", "password": PASSWORD}).to_string();
    let session = service.client.send("POST", "/auth/login", &[JSON], Some(&body)).ok(200);
    let admin = service.admin();
    let (client, made) = api_client(&admin);
    client.get("/users?q=sought").ok(200);
    admin.post("/courses", json!({"title": "Told in a body", "type": "online"})).ok(201);
    admin.post("/courses", json!({"title": "Told in a body", "unknown": 1})).ok(422);
    let body = json!({"email": "admin@example.com", "password": "a wrong password"}).to_string();
    service.client.send("POST", "/auth/login", &[JSON], Some(&body)).ok(401);
    service.client.send("GET", "/me", &[("x-request-id", "the-last")], None);
    let log = service.log_up_to("request_id=the-last").join("\n");
    let hidden = [
        text(&session["access_token"]),
        text(&session["refresh_token"]),
        admin.token.unwrap(),
        client.token.unwrap(),
        text(&made["client_secret"]),
        PASSWORD.to_owned(),
        "a wrong password".to_owned(),
        "Told in a body".to_owned(),
        "sought".to_owned(),
    ];
    for secret in hidden {
        assert!(!log.contains(&secret), "{secret} is in the log:\n{log}");
    }
}

#[test]
fn health_and_metrics_are_at_the_operators_listener_alone_if_there_is_one() {
    let database = TestDatabase::migrated();
    let service = Process::serve(&database, &["--operator-listen", "127.0.0.1:0"]);
    let operator = service.operator.as_ref().unwrap();
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(operator.get(path).status, 200, "{path}");
        service.client.get(path).problem(404, "not_found");
    }
    // It counts what the API answers, and answers nothing of the API itself.
    service.client.get("/me").problem(401, "unauthenticated");
    let metrics = operator.get("/metrics").text;
    assert!(metrics.contains("path=\"/me\",status=\"401\""), "{metrics}");
    for path in ["/me", "/docs", "/openapi.json"] {
        operator.try_send("GET", path, &[], None).unwrap().problem(404, "not_found");
    }
    assert_eq!(service.terminate(), Some(0));
}

#[test]
fn a_demo_that_others_can_reach_is_refused_unless_it_is_meant() {
    let database = TestDatabase::empty();
    for address in ["0.0.0.0:0", "[::]:0"] {
        let mut command = daybook(&database, &["serve", "--demo", "--listen", address]);
        command.env("RUST_LOG", "off");
        let said = refusal(command);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("--demo-in-public"), "{said}");
    }
    let words = ["--demo", "--demo-in-public"];
    let service = Process::serve_at(&database, "0.0.0.0:0", &words);
    service.client.get("/me").problem(401, "unauthenticated");
}

#[test]
fn the_service_raises_its_own_limit_of_descriptors_and_says_so() {
    let database = TestDatabase::migrated();
    let service = Process::serve_with(&database, "127.0.0.1:0", &[], |command| {
        // The same command, with a low soft limit; the hard one stays.
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -S -n 300; exec \"$0\" \"$@\""]);
        limited.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        limited.current_dir(database.folder.path());
        *command = limited;
    });
    let limits = fs::read_to_string(format!("/proc/{}/limits", service.id())).unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let limits: Vec<&str> = line.split_whitespace().take(2).collect();
    assert_eq!(limits[0], limits[1], "the soft limit is the hard one");
    let said = service.log_up_to(" descriptors: at most ").pop().unwrap();
    assert!(said.contains(&format!(" {} descriptors: at most ", limits[1])), "{said}");
}
