//! Ten log-ins a minute for an address and for an account, and nobody is locked out by an attacker.

use std::collections::BTreeSet;

use daybook::domain::{clock::Clock, timestamp::Timestamp};
use serde_json::json;

use crate::support::{
    api_clients::account,
    app::{PASSWORD, Settings, TestApp, block_on},
    client::{Client, FORM, JSON},
    database::TestDatabase,
    dump::{dump, lines},
    process::Process,
    reply::Reply,
    sabotage::break_the_log,
};

const POLICY: &str = "\"default\";q=1000000;w=60, \"login\";q=10;w=60";

/// Where Ada and the attacker are.
const HOME: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.1";

fn start() -> TestApp {
    let clock = Clock::stopped_at(Timestamp::system_now());
    let settings =
        Settings { rate_limit: "1000000", trusted_proxies: "127.0.0.1", ..Settings::default() };
    TestApp::start_to(clock, &settings)
}

/// Tries to log in from an address.
fn log_in(client: &Client, address: &str, email: &str, password: &str) -> Reply {
    let body = json!({"email": email, "password": password}).to_string();
    client.send("POST", "/auth/login", &[JSON, ("x-forwarded-for", address)], Some(&body))
}

fn from(app: &TestApp, address: &str, email: &str, password: &str) -> Reply {
    log_in(&app.stranger(), address, email, password)
}

fn later(app: &TestApp, seconds: i64) {
    app.clock.set(app.clock.now().plus_seconds(seconds));
}

#[track_caller]
fn assert_wrong(answer: &Reply) {
    answer.problem(401, "unauthenticated");
}

#[track_caller]
fn assert_refused(answer: &Reply, seconds: &str) {
    answer.problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after").as_deref(), Some(seconds));
    assert_eq!(answer.header("ratelimit-policy").as_deref(), Some("\"login\";q=10;w=60"));
    let standing = format!("\"login\";r=0;t={seconds}");
    assert_eq!(answer.header("ratelimit"), Some(standing));
}

#[test]
fn ten_log_ins_a_minute_from_an_address_whatever_the_accounts() {
    let app = start();
    for number in 0..10 {
        let answer = from(&app, HOME, &format!("{number}@example.com"), "wrong");
        assert_wrong(&answer);
        assert_eq!(answer.header("ratelimit-policy").as_deref(), Some(POLICY));
        let standing = answer.header("ratelimit").unwrap();
        assert!(standing.ends_with(&format!(", \"login\";r={};t=60", 9 - number)), "{standing}");
    }
    assert_refused(&from(&app, HOME, "10@example.com", "wrong"), "60");
    later(&app, 15);
    // The right password does not help: its owner never logged in from here.
    assert_refused(&from(&app, HOME, "admin@example.com", PASSWORD), "45");
    from(&app, ELSEWHERE, "admin@example.com", PASSWORD).ok(200);
    later(&app, 45);
    from(&app, HOME, "admin@example.com", PASSWORD).ok(200);
}

#[test]
fn ten_log_ins_a_minute_to_an_account_whatever_the_addresses_and_whether_or_not_it_exists() {
    let app = start();
    let others = ["Nobody@example.com", "NOBODY@EXAMPLE.COM"];
    for emails in [["admin@example.com", "Admin@Example.com"], others] {
        for number in 0..10 {
            let address = format!("203.0.113.{number}");
            assert_wrong(&from(&app, &address, emails[number % 2], "wrong"));
        }
        assert_refused(&from(&app, "203.0.113.10", emails[0], "wrong"), "60");
        assert_refused(&from(&app, "203.0.113.11", emails[1], PASSWORD), "60");
        later(&app, 60);
        assert_wrong(&from(&app, "203.0.113.12", emails[0], "wrong"));
        later(&app, 60);
    }
}

#[test]
fn a_full_queue_counts_no_log_in_and_has_places_for_those_who_are_known() {
    let (clock, mut kept) = (Clock::stopped_at(Timestamp::system_now()), None);
    let settings =
        Settings { rate_limit: "1000000", trusted_proxies: "127.0.0.1", ..Settings::default() };
    let app = TestApp::start_adjusted(clock, &settings, |services| {
        kept = Some(services.passwords.clone());
    });
    let passwords = kept.unwrap();
    let known = from(&app, HOME, "admin@example.com", PASSWORD).ok(200);
    let known = app.client_with(known["access_token"].as_str().unwrap());
    later(&app, 60);
    let taken: Vec<_> = std::iter::from_fn(|| passwords.enter().ok()).collect();
    // Threads, and the places of those that wait, but for a quarter of them.
    assert_eq!(taken.len(), 2 + 48);
    for _ in 0..12 {
        let full = from(&app, ELSEWHERE, "admin@example.com", PASSWORD);
        full.problem(503, "unavailable");
        assert!(full.header("retry-after").is_some());
    }
    from(&app, HOME, "admin@example.com", PASSWORD).ok(200);
    let change = json!({"current_password": PASSWORD, "new_password": "another long password"});
    let headers = [JSON, ("x-forwarded-for", HOME)];
    known.send("PUT", "/me/password", &headers, Some(&change.to_string())).ok(204);
    let places: Vec<_> = std::iter::from_fn(|| passwords.enter_kept().ok()).collect();
    assert_eq!(places.len(), 16);
    from(&app, HOME, "admin@example.com", PASSWORD).problem(503, "unavailable");
    drop((taken, places));
    for _ in 0..10 {
        from(&app, ELSEWHERE, "admin@example.com", "another long password").ok(200);
    }
}

#[test]
fn log_ins_that_succeed_count_too() {
    let app = start();
    for _ in 0..10 {
        from(&app, HOME, "admin@example.com", PASSWORD).ok(200);
    }
    assert_refused(&from(&app, HOME, "admin@example.com", PASSWORD), "60");
    later(&app, 60);
    from(&app, HOME, "admin@example.com", PASSWORD).ok(200);
}

#[test]
fn nobody_is_locked_out_of_an_address_of_a_recent_log_in() {
    let app = start();
    from(&app, HOME, "admin@example.com", PASSWORD).ok(200);
    later(&app, 29 * 24 * 3600);
    // Somebody tries the account from all over the world, and other accounts from its own address.
    for number in 0..12 {
        from(&app, &format!("203.0.113.{number}"), "admin@example.com", "wrong");
        from(&app, HOME, &format!("{number}@example.com"), "wrong");
    }
    assert_refused(&from(&app, ELSEWHERE, "admin@example.com", PASSWORD), "60");
    assert_refused(&from(&app, HOME, "somebody@example.com", "wrong"), "60");
    for _ in 0..10 {
        from(&app, HOME, "ADMIN@example.com", PASSWORD).ok(200);
    }
    // Guesses have an end there too.
    assert_refused(&from(&app, HOME, "admin@example.com", "wrong"), "60");
}

#[test]
fn an_address_that_the_account_was_not_used_at_for_a_month_is_one_like_any_other() {
    let app = start();
    from(&app, HOME, "admin@example.com", PASSWORD).ok(200);
    later(&app, 30 * 24 * 3600);
    for number in 0..10 {
        assert_wrong(&from(&app, &format!("203.0.113.{number}"), "admin@example.com", "wrong"));
    }
    assert_refused(&from(&app, HOME, "admin@example.com", PASSWORD), "60");
}

#[test]
fn a_failed_log_in_makes_no_address_known() {
    let app = start();
    assert_wrong(&from(&app, ELSEWHERE, "admin@example.com", "wrong"));
    for number in 0..9 {
        assert_wrong(&from(&app, &format!("203.0.113.{number}"), "admin@example.com", "wrong"));
    }
    assert_refused(&from(&app, ELSEWHERE, "admin@example.com", "wrong"), "60");
}

#[test]
fn staying_logged_in_is_limited_like_any_other_request() {
    let app = start();
    let mut token =
        from(&app, HOME, "admin@example.com", PASSWORD).ok(200)["refresh_token"].clone();
    for _ in 0..15 {
        let body = json!({"refresh_token": token});
        token = app.stranger().post("/auth/refresh", body).ok(200)["refresh_token"].clone();
    }
}

#[test]
fn token_requests_are_limited_by_address_and_by_client_in_the_form_of_rfc_6749() {
    let app = start();
    let it = account(&app, &["users:read"]);
    later(&app, 60);
    let ask = |address: &str, id: &str, secret: &str| {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let headers = [FORM, ("x-forwarded-for", address)];
        app.stranger().send("POST", "/oauth/token", &headers, Some(&form))
    };
    let assert_refused = |answer: &Reply| {
        assert_eq!(answer.ok(429)["error"], "temporarily_unavailable");
        assert_eq!(answer.header("retry-after").as_deref(), Some("60"));
        assert_eq!(answer.header("ratelimit").as_deref(), Some("\"login\";r=0;t=60"));
    };
    ask(HOME, &it.client_id, &it.secret).ok(200);
    // However the id is written, and from any address.
    let upper = it.client_id.to_uppercase();
    for number in 0..9 {
        let id = if number % 2 == 0 { &upper } else { &it.client_id };
        ask(&format!("203.0.113.{number}"), id, "wrong").ok(401);
    }
    assert_refused(&ask("203.0.113.10", &it.client_id, &it.secret));
    ask(HOME, &it.client_id, &it.secret).ok(200);
    for number in 0..10 {
        ask(ELSEWHERE, &format!("nobody-{number}"), "wrong").ok(401);
    }
    assert_refused(&ask(ELSEWHERE, "nobody", "wrong"));
}

#[test]
fn counted_attempts_identify_no_user() {
    let app = start();
    assert_wrong(&from(&app, HOME, "nobody@example.com", "wrong"));
    from(&app, HOME, "admin@example.com", PASSWORD).ok(200);
    let rows: Vec<String> = dump(&app.database)
        .into_iter()
        .filter(|row| row.starts_with("attempt_windows") || row.starts_with("known_places"))
        .collect();
    assert_eq!(rows.len(), 6, "an address, two accounts, a place, one unknown, known: {rows:#?}");
    assert!(rows.iter().all(|row| !row.contains(HOME) && !row.contains("example")), "{rows:#?}");
}

#[test]
fn an_attempt_is_counted_and_nothing_else_is_kept_where_the_log_can_not_be_written() {
    let app = start();
    break_the_log(&app);
    let before = dump(&app.database);
    for password in ["wrong", PASSWORD] {
        from(&app, HOME, "admin@example.com", password).problem(500, "internal_error");
    }
    let after = dump(&app.database);
    let new: Vec<&String> = after.iter().filter(|row| !before.contains(row)).collect();
    assert_eq!(new.len(), 2, "an address and an account: {new:#?}");
    assert!(new.iter().all(|row| row.starts_with("attempt_windows")), "{new:#?}");
    assert_eq!(after.len(), before.len() + 2);
}

#[test]
fn ended_windows_are_deleted() {
    let app = start();
    let count =
        |table: &str| lines(&app.database, &format!("SELECT 'x' AS line FROM {table}")).len();
    let forget = || block_on(daybook::changes::attempts::forget_ended(&app.db)).unwrap();
    from(&app, HOME, "admin@example.com", PASSWORD).ok(200);
    later(&app, 59);
    assert_eq!(forget(), 0);
    assert_eq!((count("attempt_windows"), count("known_places")), (3, 1));
    later(&app, 1);
    assert_eq!(forget(), 3);
    assert_eq!((count("attempt_windows"), count("known_places")), (0, 1));
    later(&app, 30 * 24 * 3600);
    assert_eq!(forget(), 1);
    assert_eq!((count("attempt_windows"), count("known_places")), (0, 0));
}

#[test]
fn the_limit_holds_across_replicas() {
    let database = TestDatabase::migrated();
    // SQLite belongs to one process.
    let number = if database.url.is_sqlite() { 1 } else { 2 };
    let flags = ["--rate-limit", "1000000", "--trusted-proxies", "127.0.0.1"];
    let replicas: Vec<Process> = (0..number).map(|_| Process::serve(&database, &flags)).collect();
    let log_in = |number: usize, address: &str, password: &str| {
        let replica = &replicas[number % replicas.len()].client;
        log_in(replica, address, "admin@example.com", password)
    };
    log_in(0, HOME, PASSWORD).ok(200);
    // As many as one minute allows elsewhere, or two minutes if one of them ends meanwhile.
    let tried: Vec<Reply> =
        (0..40).map(|number| log_in(number, &format!("203.0.113.{number}"), "wrong")).collect();
    let admitted = tried.iter().filter(|it| it.status == 401).count();
    assert!((9..=20).contains(&admitted), "{admitted} of 40");
    let statuses: BTreeSet<u16> = tried.iter().map(|it| it.status).collect();
    assert_eq!(statuses, BTreeSet::from([401, 429]));
    // Every replica knows the addresses where the owner logged in.
    for number in 0..2 {
        log_in(number, HOME, PASSWORD).ok(200);
    }
}

#[test]
fn who_is_inside_of_an_office_can_not_try_the_accounts_of_all_without_end() {
    let app = start();
    let people: Vec<_> = (0..8).map(|_| app.learner("Sam").email).collect();
    for (number, email) in people.iter().enumerate() {
        // From now on they are known there.
        if number % 4 == 0 {
            later(&app, 60);
        }
        from(&app, HOME, email, PASSWORD).ok(200);
    }
    later(&app, 60);
    let mut admitted = 0;
    for email in &people {
        for _ in 0..10 {
            let answer = from(&app, HOME, email, "wrong");
            admitted += usize::from(answer.status == 401);
        }
    }
    assert_eq!(admitted, 60, "of eighty");
    later(&app, 60);
    from(&app, HOME, &people[0], PASSWORD).ok(200);
}
