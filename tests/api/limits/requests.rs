//! How many requests a minute a caller may send, and how replies say so.

use daybook::{
    api::http::health::HealthAt,
    domain::{clock::Clock, timestamp::Timestamp},
};

use crate::support::{
    api_clients::account,
    app::{PASSWORD, Settings, TestApp},
    client::{Client, JSON},
    contract::document,
    reply::Reply,
};

/// The service with a stopped clock, for callers behind a proxy on this machine.
fn start(rate_limit: &'static str, trusted_proxies: &'static str) -> TestApp {
    let clock = Clock::stopped_at(Timestamp::system_now());
    TestApp::start_to(clock, &Settings { rate_limit, trusted_proxies, ..Settings::default() })
}

fn later(app: &TestApp, seconds: i64) {
    app.clock.set(app.clock.now().plus_seconds(seconds));
}

/// A request without a token, forwarded for an address.
fn from(app: &TestApp, forwarded_for: &str) -> Reply {
    app.stranger().send("GET", "/users", &[("x-forwarded-for", forwarded_for)], None)
}

#[track_caller]
fn assert_stands(answer: &Reply, policy: &str, standing: &str) {
    assert_eq!(answer.header("ratelimit-policy").as_deref(), Some(policy));
    assert_eq!(answer.header("ratelimit").as_deref(), Some(standing));
}

#[track_caller]
fn assert_refused(answer: &Reply, seconds: &str) {
    answer.problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after").as_deref(), Some(seconds));
}

#[test]
fn every_reply_says_how_much_of_the_limit_is_left() {
    let app = start("1000000", "");
    let (admin, stranger) = (app.admin(), app.stranger());
    let mut answers = Vec::new();
    for path in ["/nowhere", "/docs", "/openapi.json", "/metrics", "/health/live", "/health/ready"]
    {
        answers.push(admin.get(path));
    }
    // Whatever an operation answers to this: done, nobody, unknown, invalid, not this method.
    for path in document()["paths"].as_object().unwrap().keys() {
        let id = "01977f3e-5c00-7000-8000-000000000000";
        let parts = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            answers.push(admin.send(method, &path, &[JSON], Some("{}")));
            answers.push(stranger.send(method, &path, &[JSON], Some("{}")));
        }
    }
    for answer in answers {
        let policy = answer.header("ratelimit-policy");
        assert_eq!(policy.as_deref(), Some("\"default\";q=1000000;w=60"), "{}", answer.text);
        let standing = answer.header("ratelimit").unwrap();
        let rest = standing.strip_prefix("\"default\";r=999").unwrap();
        assert!(rest.ends_with(";t=60"), "{standing}");
        assert_ne!(answer.status, 429);
    }
}

#[test]
fn only_the_probes_themselves_are_not_counted() {
    let app = start("5", "");
    let standing = |path: &str| app.stranger().get(path).header("ratelimit");
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(standing(path).as_deref(), Some("\"default\";r=5;t=60"), "{path}");
    }
    assert_eq!(standing("/health/anything").as_deref(), Some("\"default\";r=4;t=60"));
    assert_eq!(standing("/health/live/x").as_deref(), Some("\"default\";r=3;t=60"));
    // Where the operator moved them, there are none.
    let clock = Clock::stopped_at(Timestamp::system_now());
    let settings = Settings { rate_limit: "5", ..Settings::default() };
    let app = TestApp::start_adjusted(clock, &settings, |services| {
        services.health_at = HealthAt::OperatorOnly;
    });
    let answer = app.stranger().get("/health/live");
    assert_eq!(answer.header("ratelimit").as_deref(), Some("\"default\";r=4;t=60"));
}

#[test]
fn a_caller_may_send_so_many_in_a_minute_and_so_many_in_the_next() {
    let app = start("3", "");
    let stranger = app.stranger();
    for _ in 0..2 {
        let policy = "\"default\";q=3;w=60";
        assert_stands(&stranger.get("/openapi.json"), policy, "\"default\";r=2;t=60");
        later(&app, 20);
        assert_stands(&stranger.get("/openapi.json"), policy, "\"default\";r=1;t=40");
        let last = stranger.get("/openapi.json");
        assert_eq!(last.status, 200);
        assert_stands(&last, policy, "\"default\";r=0;t=40");
        later(&app, 10);
        let refused = stranger.get("/openapi.json");
        assert_refused(&refused, "30");
        assert_stands(&refused, policy, "\"default\";r=0;t=30");
        // Further requests do not extend the wait.
        later(&app, 29);
        assert_refused(&stranger.get("/openapi.json"), "1");
        later(&app, 1);
    }
}

#[test]
fn two_callers_at_one_address_do_not_share_and_a_token_that_is_not_valid_buys_nothing() {
    let app = start("12", "");
    let (sam, lea) = (app.learner("Sam").client, app.learner("Lea").client);
    later(&app, 60);
    let api = account(&app, &["users:read"]).client(&app);
    later(&app, 60);
    let exhaust = |client: &Client| {
        for _ in 0..12 {
            assert_ne!(client.get("/me").status, 429);
        }
        assert_refused(&client.get("/me"), "60");
    };
    exhaust(&sam);
    exhaust(&lea);
    exhaust(&api);
    exhaust(&app.stranger());
    for token in ["", "x", &format!("{}x", lea.token.clone().unwrap())] {
        assert_refused(&app.client_with(token).get("/me"), "60");
    }
    // All sessions of a user share one limit.
    assert_refused(&sam.get("/users"), "60");
}

#[test]
fn the_operators_machines_are_always_answered() {
    let app = start("1", "");
    app.stranger().get("/openapi.json").ok(200);
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(app.stranger().get(path).status, 200, "{path}");
    }
    assert_refused(&app.stranger().get("/openapi.json"), "60");
}

#[test]
fn without_a_limit_nothing_is_refused_and_replies_name_none() {
    let app = TestApp::start();
    for _ in 0..30 {
        app.log_in("admin@example.com", "not the password").problem(401, "unauthenticated");
    }
    let answer = app.log_in("admin@example.com", PASSWORD);
    answer.ok(200);
    for name in ["ratelimit", "ratelimit-policy", "retry-after"] {
        assert_eq!(answer.header(name), None);
    }
}

#[test]
fn an_address_that_the_caller_claims_is_not_trusted() {
    let app = start("2", "10.0.0.0/8");
    from(&app, "192.0.2.1").problem(401, "unauthenticated");
    from(&app, "192.0.2.2").problem(401, "unauthenticated");
    assert_refused(&from(&app, "192.0.2.3"), "60");
}

#[test]
fn behind_proxies_the_last_address_counts_that_is_not_theirs() {
    let app = start("1", "127.0.0.1, 10.0.0.0/8, 2001:db8:ffff::/48");
    let ways = [
        // One caller in each line, whatever the addresses left of it say.
        ["192.0.2.1", "8.8.8.8, 192.0.2.1, 10.0.0.7, 10.1.2.3"],
        ["192.0.2.2:4711", "::ffff:192.0.2.2"],
        ["2001:db8:1:2::3", "2001:db8:1:2:ffff::4, 2001:db8:ffff::1"],
        ["[2001:db8:1:3::3]:4711", "[2001:db8:1:3::9]"],
        // An element that is no address ends the search: its sender is the caller.
        ["unknown, 10.0.0.9", "192.0.2.9, _hidden, 10.0.0.9"],
        // None but proxies: the first of them.
        ["10.0.0.1", "10.0.0.1, 10.0.0.2"],
    ];
    for [once, again] in ways {
        from(&app, once).problem(401, "unauthenticated");
        assert_refused(&from(&app, again), "60");
    }
    // Several lines are one list.
    let lines = [("x-forwarded-for", "192.0.2.20"), ("x-forwarded-for", "10.0.0.1")];
    app.stranger().send("GET", "/users", &lines, None).problem(401, "unauthenticated");
    assert_refused(&from(&app, "192.0.2.20"), "60");
}

#[test]
fn many_addresses_do_not_use_up_anybody_elses_quota() {
    let app = start("5", "127.0.0.1");
    for number in 0..500 {
        from(&app, &format!("198.51.{}.{}", number / 250, number % 250))
            .problem(401, "unauthenticated");
    }
    assert_stands(&from(&app, "192.0.2.1"), "\"default\";q=5;w=60", "\"default\";r=4;t=60");
}
