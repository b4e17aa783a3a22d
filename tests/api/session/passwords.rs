//! Passwords: users change their own, weak ones are refused, and nobody hashes who may not.

use daybook::{
    auth::passwords::{Cost, Passwords},
    changes::{self, passwords::ChangeOwnPassword, sessions::LogIn},
    config::session::SessionDays,
    domain::{clock::Clock, policy::Credentials, timestamp::Timestamp},
    error::Code,
};
use serde_json::{Value, json};

use crate::support::{
    api_clients::{SCOPES, account},
    app::{PASSWORD, Settings, TestApp, block_on},
    client::Client,
    database::TestDatabase,
    expect::entry,
    groups::{grant, set_home_group},
    process::daybook,
    reply::{Reply, text},
};

const NEW: &str = "a longer password";

fn change(client: &Client, current: &str, new: &str) -> Reply {
    client.put("/me/password", json!({"current_password": current, "new_password": new}))
}

#[test]
fn users_change_their_own_password_and_keep_their_session() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let tokens = app.log_in(&sam.email, PASSWORD).ok(200);
    let other = app.client_with(tokens["access_token"].as_str().unwrap());
    let answer = change(&sam.client, PASSWORD, NEW);
    answer.ok(204);
    assert_eq!(answer.text, "");
    sam.client.get("/me").ok(200);
    other.get("/me").problem(401, "invalid_token");
    let refresh = json!({"refresh_token": tokens["refresh_token"]});
    app.stranger().post("/auth/refresh", refresh).problem(401, "invalid_token");
    app.log_in(&sam.email, PASSWORD).problem(401, "unauthenticated");
    app.log_in(&sam.email, NEW).ok(200);

    let told = entry(&app, &sam.id, "user.password_changed");
    assert_eq!(told["source"], "self");
    assert_eq!(told["entered_by"]["id"], sam.id.as_str());
    assert_eq!(told["changes"], json!([]));
    assert!(!told.to_string().contains(NEW));
}

#[test]
fn a_wrong_present_password_changes_nothing() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    change(&sam.client, "not the password", NEW).invalid("/current_password", "wrong");
    sam.client
        .put("/me/password", json!({"new_password": NEW}))
        .invalid("/current_password", "required");
    change(&sam.client, PASSWORD, "too short").invalid("/new_password", "too_short");
    assert!(app.actions(&sam.id).is_empty());
    app.log_in(&sam.email, PASSWORD).ok(200);
}

#[test]
fn a_wrong_present_password_counts_like_a_log_in() {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let settings = Settings { rate_limit: "1000000", ..Settings::default() };
    let app = TestApp::start_to(clock, &settings);
    let admin = app.admin();
    for _ in 0..9 {
        change(&admin, "not the password", NEW).invalid("/current_password", "wrong");
    }
    let refused = change(&admin, PASSWORD, NEW);
    refused.problem(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    // The same bucket: no log-in from here either.
    app.log_in("admin@example.com", PASSWORD).problem(429, "rate_limited");
}

#[test]
fn api_clients_and_strangers_change_no_password() {
    let app = TestApp::start();
    change(&account(&app, SCOPES).client(&app), PASSWORD, NEW).problem(403, "forbidden");
    change(&app.stranger(), PASSWORD, NEW).problem(401, "unauthenticated");
}

#[test]
fn weak_passwords_are_refused_wherever_one_is_set() {
    let app = TestApp::start();
    let sam = app.learner("Samantha");
    let path = format!("/users/{}", sam.id);
    let weak = [
        ("password1234", "too_common"),
        ("Passwordpassword!", "too_common"),
        ("1234567890qwerty", "too_common"),
        ("aaaaaaaaaaaaa", "too_repetitive"),
        ("Samantha Learner", "too_personal"),
        (sam.email.as_str(), "too_personal"),
    ];
    for (password, code) in weak {
        change(&sam.client, PASSWORD, password).invalid("/new_password", code);
        app.admin().patch_now(&path, json!({"password": password})).invalid("/password", code);
        let body = json!({
            "email": sam.email, "given_name": "Samantha", "surname": "Learner",
            "password": password,
        });
        app.admin().post("/users", body).invalid("/password", code);
    }
    // The name and the address that the same request sets count.
    let both = json!({"given_name": "Theodora", "surname": "Ito", "password": "theodora-ito-1"});
    app.admin().patch_now(&path, both).invalid("/password", "too_personal");
    app.log_in(&sam.email, PASSWORD).ok(200);
}

#[test]
fn an_administrator_of_the_command_line_has_no_weak_password() {
    let database = TestDatabase::empty();
    for password in ["password1234", "the-boss-of-all"] {
        let mut command = daybook(&database, &["create-admin", "--email", "the.boss@example.com"]);
        let output = command.env("DAYBOOK_ADMIN_PASSWORD", password).output().unwrap();
        assert!(!output.status.success(), "{password}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("password"), "{told}");
    }
}

/// A service, and its passwords.
fn with_passwords(passwords: Option<Passwords>) -> (TestApp, Passwords) {
    let mut kept = None;
    let app = TestApp::start_adjusted(Clock::system(), &Settings::default(), |services| {
        if let Some(passwords) = passwords {
            services.passwords = passwords;
        }
        kept = Some(services.passwords.clone());
    });
    (app, kept.unwrap())
}

#[test]
fn no_password_is_hashed_for_callers_who_may_not_set_it() {
    let (app, passwords) = with_passwords(None);
    let (sam, boss) = (app.learner("Sam"), app.learner("Boss"));
    let supervised = json!({"supervisor_ids": [boss.id]});
    app.admin().patch_now(&format!("/users/{}", sam.id), supervised).ok(200);
    let auditor = app.person("auditor", "Audrey", "Auditor");
    let (path, admin) = (format!("/users/{}", sam.id), format!("/users/{}", app.admin_id));
    let new_user = json!({
        "email": "new@example.com", "given_name": "New", "surname": "User", "password": NEW,
    });
    let password = json!({"password": NEW});
    let before = passwords.begun();
    let patch = |client: &Client, path: &str| client.patch(path, "*", password.clone());
    patch(&boss.client, &path).problem(403, "forbidden");
    patch(&auditor.client, &path).problem(403, "forbidden");
    patch(&boss.client, &admin).problem(404, "not_found");
    patch(&app.stranger(), &path).problem(401, "unauthenticated");
    boss.client.post("/users", new_user.clone()).problem(403, "forbidden");
    // Whether it is weak is no concern of theirs either.
    boss.client.patch(&path, "*", json!({"password": "password1234"})).problem(403, "forbidden");
    assert_eq!(passwords.begun(), before);

    app.admin().post("/users", new_user).ok(201);
    // One for the log-in of the administrator.
    assert_eq!(passwords.begun(), before + 2);
}

#[test]
fn a_manager_has_no_password_of_anybody_hashed() {
    let (app, passwords) = with_passwords(None);
    let (manager, group) = (app.learner("Manager"), app.group("Group"));
    let people = [app.learner("Sam"), app.person("administrator", "Ada", "Second")];
    for person in &people {
        set_home_group(&app, person, json!(group));
    }
    grant(&app, &group, &manager, json!(["manage_users"]));
    let before = passwords.begun();
    for person in &people {
        let path = format!("/users/{}", person.id);
        manager.client.patch(&path, "*", json!({"password": NEW})).problem(403, "forbidden");
    }
    assert_eq!(passwords.begun(), before);
}

#[test]
fn where_too_many_passwords_wait_the_next_is_told_to_come_back() {
    // About a quarter of a second each, one at a time, while none waits.
    let slow = Cost { memory_kib: 64 * 1024, passes: 4 };
    let (app, _) = with_passwords(Some(Passwords::with_queue(slow, 1, 0).unwrap()));
    let clients: Vec<Client> = (0..6).map(|_| app.stranger()).collect();
    let wrong = json!({"email": "admin@example.com", "password": "not the password"});
    let tries: Vec<_> = clients
        .into_iter()
        .map(|client| {
            let wrong = wrong.clone();
            std::thread::spawn(move || client.post("/auth/login", wrong))
        })
        .collect();
    let answers: Vec<Reply> = tries.into_iter().map(|it| it.join().unwrap()).collect();
    let full: Vec<&Reply> = answers.iter().filter(|it| it.status == 503).collect();
    assert!(!full.is_empty() && full.len() < answers.len());
    for answer in full {
        answer.problem(503, "unavailable");
        assert_eq!(answer.header("retry-after").as_deref(), Some("1"));
    }
    // Afterwards all is as before.
    app.log_in("admin@example.com", PASSWORD).ok(200);
}

#[test]
fn a_password_that_was_replaced_after_it_was_checked_opens_nothing() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let user = sam.id.parse().unwrap();
    let checked = "the hash that the password matched".to_owned();
    let log_in = LogIn {
        user,
        days: SessionDays::default(),
        verified: Some(checked.clone()),
        refresh_hash: "the hash of a token".to_owned(),
        attempt: None,
    };
    let live = block_on(changes::apply(&app.db, Credentials::None, log_in)).unwrap();
    assert!(live.is_none());
    entry(&app, &sam.id, "session.login_failed");
    let change = ChangeOwnPassword { verified: checked, new_hash: "another".to_owned() };
    let refused = block_on(changes::apply(&app.db, Credentials::External(user), change));
    assert_eq!(refused.unwrap_err().code, Code::ValidationFailed);
    app.log_in(&sam.email, PASSWORD).ok(200);
}

#[test]
fn a_user_without_a_password_is_told_so() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    app.database
        .sabotage(&format!("UPDATE users SET password_hash = NULL WHERE email = '{}'", sam.email))
        .unwrap();
    change(&sam.client, PASSWORD, NEW).problem(409, "conflict");
    let me: Value = sam.client.get("/me").ok(200);
    assert_eq!(text(&me["id"]), sam.id);
}
