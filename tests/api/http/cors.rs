//! Web pages that use the API from a browser.

use daybook::domain::clock::Clock;

use crate::support::{
    app::{Settings, TestApp},
    client::{Client, JSON},
    process::daybook,
    reply::Reply,
};

const PAGE: &str = "https://app.example.com";

fn start(rate_limit: &'static str) -> TestApp {
    let cors_origins = "https://app.example.com, http://localhost:5173";
    let settings = Settings { rate_limit, cors_origins, ..Settings::default() };
    TestApp::start_to(Clock::system(), &settings)
}

/// A request, as the page of an origin has the browser send it.
fn send(client: &Client, origin: &str, method: &str, path: &str) -> Reply {
    client.send(method, path, &[("origin", origin)], None)
}

/// The preflight that a browser sends before the request. It is not in the document.
fn ask(app: &TestApp, origin: &str, method: &str, path: &str, headers: &str) -> Reply {
    let asked = [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", headers),
    ];
    app.stranger().try_send("OPTIONS", path, &asked, None).unwrap()
}

fn words(answer: &Reply, header: &str) -> Vec<String> {
    let value = answer.header(header).unwrap_or_default().to_lowercase();
    let mut words: Vec<String> = value.split(',').map(|it| it.trim().to_owned()).collect();
    words.sort();
    words
}

#[track_caller]
fn assert_readable(answer: &Reply, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some(origin));
    let exposed = [
        "etag",
        "link",
        "location",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "x-request-id",
    ];
    assert_eq!(words(answer, "access-control-expose-headers"), exposed);
    assert!(words(answer, "vary").contains(&"origin".to_owned()));
    assert_eq!(answer.header("access-control-allow-credentials"), None, "no cookies");
}

#[track_caller]
fn assert_not_readable(answer: &Reply) {
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

/// A request of a page, and its status.
struct Request<'a> {
    client: &'a Client,
    method: &'a str,
    path: &'a str,
    status: u16,
}

#[test]
fn a_page_of_a_configured_origin_may_read_answers_and_errors() {
    let app = start("off");
    let admin = app.admin();
    let stranger = app.stranger();
    let request = |client, method, path, status| Request { client, method, path, status };
    for origin in [PAGE, "http://localhost:5173"] {
        for Request { client, method, path, status } in [
            request(&admin, "GET", "/me", 200),
            request(&admin, "HEAD", "/me", 200),
            request(&admin, "GET", "/users?limit=0", 400),
            request(&stranger, "GET", "/me", 401),
            request(&admin, "GET", "/users/7", 404),
            request(&admin, "GET", "/nowhere", 404),
            request(&admin, "DELETE", "/users", 405),
            request(&admin, "POST", "/users", 422),
            request(&admin, "GET", "/openapi.json", 200),
        ] {
            let answer = send(client, origin, method, path);
            assert_eq!(answer.status, status, "{method} {path}");
            assert_readable(&answer, origin);
        }
    }
}

#[test]
fn a_page_may_read_that_the_caller_sent_too_much() {
    let app = start("1");
    send(&app.stranger(), PAGE, "GET", "/users").problem(401, "unauthenticated");
    let refused = send(&app.stranger(), PAGE, "GET", "/users");
    refused.problem(429, "rate_limited");
    assert_readable(&refused, PAGE);
    // Without permission to send the request, a page can't read why it failed. A preflight has no
    // token, and counts against no limit.
    for _ in 0..3 {
        let allowed = ask(&app, PAGE, "GET", "/users", "authorization");
        assert_eq!(allowed.status, 200);
        assert_eq!(allowed.header("ratelimit-policy").as_deref(), Some("\"default\";q=1;w=60"));
    }
}

#[test]
fn a_preflight_lists_what_a_page_may_send() {
    let app = start("off");
    for path in ["/users", "/me", "/nowhere"] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let sent = "authorization,content-type,if-match,if-none-match,idempotency-key,\
                        x-request-id,accept";
            let answer = ask(&app, PAGE, method, path, sent);
            assert_eq!((answer.status, &*answer.text), (200, ""));
            assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some(PAGE));
            assert_eq!(
                words(&answer, "access-control-allow-methods"),
                ["delete", "get", "head", "patch", "post", "put"]
            );
            let allowed = words(&answer, "access-control-allow-headers");
            assert!(sent.split(',').all(|it| allowed.contains(&it.to_owned())), "{allowed:?}");
            assert_eq!(answer.header("access-control-max-age").as_deref(), Some("7200"));
            assert_eq!(answer.header("access-control-allow-credentials"), None);
            assert!(words(&answer, "vary").contains(&"origin".to_owned()));
            assert!(answer.header("x-request-id").is_some());
        }
    }
    assert_not_readable(&ask(&app, PAGE, "GET", "/users", "x-anything"));
    assert_not_readable(&ask(&app, PAGE, "TRACE", "/users", "accept"));
}

#[test]
fn a_page_of_another_origin_is_answered_and_may_not_read_it() {
    let app = start("off");
    for origin in [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "null",
    ] {
        let answer = send(&app.admin(), origin, "GET", "/me");
        assert_eq!(answer.status, 200);
        assert_not_readable(&answer);
        // A cached copy of this reply must not reach a page that may read it.
        assert!(words(&answer, "vary").contains(&"origin".to_owned()));
        let refused = ask(&app, origin, "GET", "/me", "authorization");
        assert_eq!(refused.status, 400);
        assert_not_readable(&refused);
    }
}

#[test]
fn options_that_is_no_question_of_a_browser_tells_the_methods_as_ever() {
    let app = start("off");
    for headers in [&[][..], &[("origin", PAGE)]] {
        let answer = app.stranger().send("OPTIONS", "/users", headers, None);
        assert_eq!(answer.status, 204);
        assert_eq!(words(&answer, "allow"), ["get", "head", "options", "post"]);
    }
}

#[test]
fn without_configured_origins_no_page_may_read_anything() {
    let app = TestApp::start();
    let answer = app.admin().send("POST", "/courses", &[JSON, ("origin", PAGE)], Some("{}"));
    answer.problem(422, "validation_failed");
    let asked = ask(&app, PAGE, "GET", "/users", "authorization");
    assert_eq!(asked.status, 204);
    for answer in [answer, asked] {
        for name in ["access-control-allow-origin", "access-control-expose-headers", "vary"] {
            assert_eq!(answer.header(name), None, "{name}");
        }
    }
}

#[test]
fn a_setting_that_can_not_be_right_stops_the_start_with_one_line() {
    let app = TestApp::start();
    let wrong = [
        ("DAYBOOK_CORS_ORIGINS", "*"),
        ("DAYBOOK_CORS_ORIGINS", "null"),
        ("DAYBOOK_CORS_ORIGINS", "app.example.com"),
        ("DAYBOOK_CORS_ORIGINS", "file:///etc"),
        ("DAYBOOK_CORS_ORIGINS", "https://app.example.com/"),
        ("DAYBOOK_CORS_ORIGINS", "https://App.example.com"),
        ("DAYBOOK_CORS_ORIGINS", "https://app.example.com:443"),
        ("DAYBOOK_CORS_ORIGINS", "https://app.example.com,,https://b.example.com"),
        ("DAYBOOK_RATE_LIMIT", ""),
        ("DAYBOOK_RATE_LIMIT", "0"),
        ("DAYBOOK_RATE_LIMIT", "-1"),
        ("DAYBOOK_RATE_LIMIT", "none"),
        ("DAYBOOK_RATE_LIMIT", "99999999999"),
        ("DAYBOOK_TRUSTED_PROXIES", "proxy.example.com"),
        ("DAYBOOK_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("DAYBOOK_TRUSTED_PROXIES", "10.0.0.1 10.0.0.2"),
    ];
    for (name, value) in wrong {
        let stopped =
            daybook(&app.database, &["serve", "--listen", "127.0.0.1:0"]).env(name, value).output();
        let stopped = stopped.unwrap();
        let text = String::from_utf8(stopped.stderr).unwrap();
        assert!(!stopped.status.success(), "{name}={value} was taken");
        let flag = format!("--{}", name.trim_start_matches("DAYBOOK_").to_lowercase());
        let flag = flag.replace('_', "-");
        assert!(text.contains(&flag), "{name}={value}: {text}");
        let said: Vec<&str> = text.trim().lines().collect();
        assert!(said[0].starts_with("error: "), "{said:?}");
    }
    // In many scripts, a variable that is not set is an empty text.
    let none = daybook(&app.database, &["openapi"])
        .env("DAYBOOK_CORS_ORIGINS", "")
        .env("DAYBOOK_TRUSTED_PROXIES", "")
        .output();
    assert!(none.unwrap().status.success());
}
