//! Logging in, staying in, logging out.

use daybook::domain::{clock::Clock, timestamp::Timestamp};
use serde_json::{Value, json};

use crate::support::{
    app::{PASSWORD, Settings, TestApp},
    client::{CSV, Client},
    database::TestDatabase,
    dump::dump,
    expect::{entries, entry},
    process::daybook,
    reply::{Reply, text},
};

fn refresh(app: &TestApp, token: &Value) -> Reply {
    app.stranger().post("/auth/refresh", json!({"refresh_token": token}))
}

fn client(app: &TestApp, tokens: &Value) -> Client {
    app.client_with(tokens["access_token"].as_str().unwrap())
}

#[track_caller]
fn assert_out(client: &Client) {
    client.get("/me").problem(401, "invalid_token");
}

#[test]
fn log_in_answers_tokens_that_are_not_stored_by_caches() {
    let app = TestApp::start();
    let answer = app.log_in("ADMIN@example.com", PASSWORD);
    let tokens = answer.ok(200);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 900);
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    let again = refresh(&app, &tokens["refresh_token"]);
    again.ok(200);
    assert_eq!(again.header("cache-control").as_deref(), Some("no-store"));
}

#[test]
fn an_address_is_compared_without_regard_to_case() {
    let app = TestApp::start();
    let body = json!({
        "email": "Robin.Keller@Example.com", "given_name": "Robin", "surname": "Keller",
        "password": PASSWORD,
    });
    let robin = app.admin().post("/users", body).ok(201);
    assert_eq!(robin["email"], "Robin.Keller@Example.com", "shown as it was written");
    for email in
        ["robin.keller@example.com", "ROBIN.KELLER@EXAMPLE.COM", "Robin.Keller@Example.com"]
    {
        app.log_in(email, PASSWORD).ok(200);
    }
    // Passwords are case-sensitive.
    app.log_in("robin.keller@example.com", &PASSWORD.to_uppercase())
        .problem(401, "unauthenticated");
}

#[test]
fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let app = TestApp::start();
    let wrong = app.log_in("admin@example.com", "not the password");
    let unknown = app.log_in("nobody@example.com", PASSWORD);
    let blank = |answer: &Reply| {
        let mut problem = answer.problem(401, "unauthenticated");
        problem["request_id"] = Value::Null;
        (problem, answer.header("www-authenticate"), answer.header("cache-control"))
    };
    assert_eq!(blank(&wrong), blank(&unknown));
}

#[test]
fn a_failed_log_in_of_a_known_account_is_an_entry_that_nobody_entered() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    app.log_in(&sam.email, "not the password").problem(401, "unauthenticated");
    let failed = entry(&app, &sam.id, "session.login_failed");
    assert_eq!(failed["entered_by"], Value::Null);
    assert_eq!(failed["created_by"], Value::Null);
    assert_eq!(failed["source"], "system");
    assert_eq!(failed["changes"], json!([]));
}

#[test]
fn logging_in_and_out_are_entries_by_the_user() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let answer = sam.client.post("/auth/logout", json!({}));
    answer.ok(204);
    assert_eq!(answer.text, "");
    for action in ["session.logged_in", "session.logged_out"] {
        let entry = entry(&app, &sam.id, action);
        assert_eq!(entry["source"], "self");
        assert_eq!(entry["entered_by"]["id"], sam.id.as_str());
        assert_eq!(entry["created_by"], Value::Null);
        assert_eq!(entry["changes"], json!([]));
    }
}

#[test]
fn logging_out_ends_this_session_and_no_other() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let tokens = app.log_in(&sam.email, PASSWORD).ok(200);
    let here = client(&app, &tokens);
    here.send("POST", "/auth/logout", &[], None).ok(204);
    assert_out(&here);
    here.post("/auth/logout", json!({})).problem(401, "invalid_token");
    refresh(&app, &tokens["refresh_token"]).problem(401, "invalid_token");
    sam.client.get("/me").ok(200);
    entry(&app, &sam.id, "session.logged_out");
}

#[test]
fn logging_out_takes_no_fields() {
    let app = TestApp::start();
    app.admin()
        .post("/auth/logout", json!({"everywhere": true}))
        .invalid("/everywhere", "unknown_field");
}

#[test]
fn a_refresh_gives_a_new_pair_of_tokens_and_is_no_entry() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let first = app.log_in(&sam.email, PASSWORD).ok(200);
    let second = refresh(&app, &first["refresh_token"]).ok(200);
    let third = refresh(&app, &second["refresh_token"]).ok(200);
    for field in ["access_token", "refresh_token"] {
        assert_ne!(first[field], second[field]);
        assert_ne!(second[field], third[field]);
    }
    client(&app, &third).get("/me").ok(200);
    assert_eq!(entries(&app, &sam.id, "session.*").len(), 2, "two log-ins and nothing else");
}

#[test]
fn a_refresh_token_used_twice_ends_its_whole_session() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let first = app.log_in(&sam.email, PASSWORD).ok(200);
    let second = refresh(&app, &first["refresh_token"]).ok(200);
    refresh(&app, &first["refresh_token"]).problem(401, "invalid_token");
    for tokens in [&first, &second] {
        assert_out(&client(&app, tokens));
        refresh(&app, &tokens["refresh_token"]).problem(401, "invalid_token");
    }
    let ended = entry(&app, &sam.id, "session.logged_out");
    assert_eq!(ended["entered_by"], Value::Null);
    assert_eq!(ended["source"], "system");
    // A session that began elsewhere is not affected.
    sam.client.get("/me").ok(200);
}

#[test]
fn an_unknown_refresh_token_is_an_invalid_token() {
    let app = TestApp::start();
    let answer = refresh(&app, &json!("0".repeat(64)));
    answer.problem(401, "invalid_token");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer") && challenge.contains("error=\"invalid_token\""));
}

#[test]
fn tokens_expire_by_the_clock() {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let app = TestApp::start_with(Clock::stopped_at(start));
    let tokens = app.log_in("admin@example.com", PASSWORD).ok(200);
    let admin = client(&app, &tokens);
    app.clock.set(start.plus_seconds(15 * 60 - 1));
    admin.get("/me").ok(200);
    app.clock.set(start.plus_seconds(15 * 60));
    assert_out(&admin);

    let tokens = refresh(&app, &tokens["refresh_token"]).ok(200);
    client(&app, &tokens).get("/me").ok(200);
    // A refresh token is valid for two weeks; after that, the user has to log in again.
    app.clock.set(app.clock.now().plus_seconds(14 * 24 * 3600));
    refresh(&app, &tokens["refresh_token"]).problem(401, "invalid_token");
}

#[test]
fn an_inactive_user_is_out_at_the_next_request() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let tokens = app.log_in(&sam.email, PASSWORD).ok(200);
    let path = format!("/users/{}", sam.id);
    app.admin().patch_now(&path, json!({"status": "inactive"})).ok(200);
    assert_out(&sam.client);
    refresh(&app, &tokens["refresh_token"]).problem(401, "invalid_token");
    app.log_in(&sam.email, PASSWORD).problem(401, "unauthenticated");
    entry(&app, &sam.id, "session.login_failed");

    // An active user again has to log in again: the earlier tokens stay invalid.
    app.admin().patch_now(&path, json!({"status": "active"})).ok(200);
    assert_out(&sam.client);
    refresh(&app, &tokens["refresh_token"]).problem(401, "invalid_token");
    app.client_of(&sam.email).get("/me").ok(200);
}

#[test]
fn a_password_set_by_somebody_else_ends_all_sessions() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let tokens = app.log_in(&sam.email, PASSWORD).ok(200);
    let path = format!("/users/{}", sam.id);
    app.admin().patch_now(&path, json!({"password": "another long password"})).ok(200);
    assert_out(&sam.client);
    refresh(&app, &tokens["refresh_token"]).problem(401, "invalid_token");
    app.log_in(&sam.email, PASSWORD).problem(401, "unauthenticated");
    app.log_in(&sam.email, "another long password").ok(200);
}

#[test]
fn a_user_who_sets_a_password_ends_all_their_other_sessions() {
    let app = TestApp::start();
    let (here, elsewhere) = (app.admin(), app.admin());
    let path = format!("/users/{}", app.admin_id);
    here.patch_now(&path, json!({"password": "another long password"})).ok(200);
    here.get("/me").ok(200);
    assert_out(&elsewhere);
}

#[test]
fn a_user_without_a_password_can_not_log_in() {
    let app = TestApp::start();
    let person = json!({"email": "no@example.com", "given_name": "No", "surname": "Password"});
    let account = json!({
        "email": "api@example.com", "given_name": "Api", "surname": "Account", "kind": "api",
    });
    for body in [person, account] {
        let user = app.admin().post("/users", body).ok(201);
        app.log_in(&text(&user["email"]), PASSWORD).problem(401, "unauthenticated");
        entry(&app, &text(&user["id"]), "session.login_failed");
    }
}

#[test]
fn me_is_the_caller_with_their_permissions() {
    let app = TestApp::start();
    let learner = app.learner("Lea").client;
    let auditor = app.person("auditor", "Otto", "Auditor").client;
    struct Me {
        client: Client,
        role: &'static str,
        sees_all: bool,
        changes_all: bool,
    }
    let expected = [
        Me { client: app.admin(), role: "administrator", sees_all: true, changes_all: true },
        Me { client: auditor, role: "auditor", sees_all: true, changes_all: false },
        Me { client: learner, role: "learner", sees_all: false, changes_all: false },
    ];
    for Me { client, role, sees_all, changes_all } in expected {
        let me = client.get("/me").ok(200);
        assert_eq!(me["role"], role);
        assert_eq!(me["kind"], "person");
        assert_eq!(me["scopes"], Value::Null);
        for (permission, allowed) in me["permissions"].as_object().unwrap() {
            let expected = if permission == "see_all_users" { sees_all } else { changes_all };
            assert_eq!(allowed, expected, "{role}: {permission}");
        }
    }
}

#[test]
fn addresses_that_only_look_alike_are_two_accounts() {
    let app = TestApp::start();
    let make = |email: &str| {
        let body = json!({
            "email": email, "given_name": "Robin", "surname": "Keller", "password": PASSWORD,
        });
        app.admin().post("/users", body)
    };
    let ids: Vec<Value> = ["admin@straße.de", "admin@strasse.de", "ADMIN@bücher.example"]
        .map(|email| make(email).ok(201)["id"].clone())
        .into();
    for (at, email) in [
        (0, "ADMIN@STRAßE.de"),
        (0, "admin@xn--strae-oqa.de"),
        (1, "Admin@Strasse.DE"),
        (2, "admin@xn--bcher-kva.example"),
        (2, "admin@BÜCHER.example"),
    ] {
        let tokens = app.log_in(email, PASSWORD).ok(200);
        assert_eq!(client(&app, &tokens).get("/me").ok(200)["id"], ids[at], "{email}");
    }
    make("admin@XN--STRAE-OQA.de").problem(409, "already_exists");
    // A dotless i, and a long s: fold alike, and are none of ours.
    for email in ["admın@example.com", "adminſ@example.com"] {
        make(email).invalid("/email", "invalid_email");
        app.log_in(email, PASSWORD).problem(401, "unauthenticated");
    }
    // Searching keeps folding, and so finds both.
    let found = app.admin().get("/users?q=STRASSE.de").ok(200);
    assert_eq!(found["data"].as_array().unwrap().len(), 2);
    let found = app.admin().get("/users?q=B%C3%9CCHER").ok(200);
    assert_eq!(found["data"][0]["id"], ids[2]);
}

#[test]
fn imports_and_batches_compare_addresses_by_their_key() {
    let app = TestApp::start();
    let body = json!({"email": "a@straße.de", "given_name": "Robin", "surname": "Keller"});
    let robin = app.admin().post("/users", body).ok(201);
    let csv = "email,given_name,surname\nA@STRASSE.de,Other,One\nA@xn--strae-oqa.de,Robin,Ito\n\
               admın@x.org,No,One\n";
    let report = app.admin().send("POST", "/users/import", &[CSV], Some(csv)).ok(200);
    assert_eq!(report["data"][0]["outcome"], "created");
    assert_eq!(report["data"][1]["outcome"], "updated");
    assert_eq!(report["data"][1]["user_id"], robin["id"]);
    assert_eq!(report["data"][2]["outcome"], "invalid");
    assert_eq!(report["data"][2]["errors"][0]["code"], "invalid_email");
    // Another spelling of the key is no other address.
    let now = app.admin().get(&format!("/users/{}", text(&robin["id"]))).ok(200);
    assert_eq!(now["email"], "a@straße.de");

    let item = |email: &str| {
        json!({
            "user": {"email": email}, "action": "enrollment.completed",
            "occurred_at": Timestamp::system_now(), "external_id": email,
            "description": "A course was completed elsewhere.",
        })
    };
    let items = [item("A@STRAßE.DE"), item("a@strase.de"), item("admın@x.org")];
    let report = app.admin().post("/activity/batch", json!({"items": items})).ok(200);
    let outcomes: Vec<&Value> =
        report["data"].as_array().unwrap().iter().map(|it| &it["outcome"]).collect();
    assert_eq!(outcomes, ["created", "invalid", "invalid"]);
    entry(&app, &text(&robin["id"]), "enrollment.completed");
}

#[test]
fn a_session_ends_after_thirty_days_however_often_it_is_refreshed() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let app = TestApp::start_with(clock.clone());
    let started = clock.now();
    let day = 24 * 3600;
    let mut tokens = app.log_in("admin@example.com", PASSWORD).ok(200);
    for days in [10, 20, 29] {
        clock.set(started.plus_seconds(days * day));
        tokens = refresh(&app, &tokens["refresh_token"]).ok(200);
        assert_eq!(tokens["expires_in"], 900);
    }
    // The last access token ends with the session.
    clock.set(started.plus_seconds(30 * day - 60));
    tokens = refresh(&app, &tokens["refresh_token"]).ok(200);
    assert_eq!(tokens["expires_in"], 60);
    client(&app, &tokens).get("/me").ok(200);
    clock.set(started.plus_seconds(30 * day));
    assert_out(&client(&app, &tokens));
    refresh(&app, &tokens["refresh_token"]).problem(401, "invalid_token");
}

#[test]
fn the_operator_says_how_long_a_session_lasts() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let app = TestApp::start_adjusted(clock.clone(), &Settings::default(), |services| {
        services.session_days = "2".parse().unwrap();
    });
    let tokens = app.log_in("admin@example.com", PASSWORD).ok(200);
    clock.set(clock.now().plus_seconds(2 * 24 * 3600 - 1000));
    let tokens = refresh(&app, &tokens["refresh_token"]).ok(200);
    clock.set(clock.now().plus_seconds(1000));
    refresh(&app, &tokens["refresh_token"]).problem(401, "invalid_token");
    let database = TestDatabase::empty();
    for wrong in ["0", "366", "thirty"] {
        let output = daybook(&database, &["serve", "--session-days", wrong]).output().unwrap();
        assert!(!output.status.success(), "{wrong}");
    }
}

/// How many rows there are, without those of the ledger: an entry brings its record in its own commit.
fn rows(app: &TestApp) -> usize {
    dump(&app.database).iter().filter(|row| !row.starts_with("ledger")).count()
}

#[test]
fn a_log_in_to_an_unknown_account_does_what_one_to_a_known_account_does() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let settings = Settings { rate_limit: "1000000", ..Settings::default() };
    let mut passwords = None;
    let app = TestApp::start_adjusted(clock, &settings, |services| {
        passwords = Some(services.passwords.clone());
    });
    let passwords = passwords.unwrap();
    let no_password = json!({"email": "no@example.com", "given_name": "No", "surname": "Password"});
    app.admin().post("/users", no_password).ok(201);
    for email in
        ["admin@example.com", "no@example.com", "nobody@example.com", "no address", "admın@x.y"]
    {
        app.clock.set(app.clock.now().plus_seconds(60));
        let hashed = passwords.begun();
        let answer = app.log_in(email, "not the password");
        answer.problem(401, "unauthenticated");
        assert_eq!(passwords.begun(), hashed + 1, "{email}");
        assert!(answer.header("ratelimit").unwrap().contains("\"login\";r="), "{email}");
        // Now the rows of the counts are there, and each still commits a row of its own.
        let before = rows(&app);
        app.log_in(email, "not the password").problem(401, "unauthenticated");
        assert_eq!(rows(&app), before + 1, "{email}");
    }
}
