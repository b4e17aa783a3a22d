//! Bodies that come late, or never, or are too large: nobody waits for them for long.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use daybook::{
    api::{http::arrival::BodyRules, limits::connections::ConnectionRules},
    app::Services,
    domain::clock::Clock,
};
use serde_json::{Value, json};

use crate::support::{
    app::{PASSWORD, Settings, TestApp},
    client::{CSV, Client, FORM, JSON},
};

/// The service, with these rules for bodies.
fn start(adjust: impl FnOnce(&mut BodyRules)) -> TestApp {
    adjusted(|services| adjust(&mut services.waits.bodies))
}

fn adjusted(adjust: impl FnOnce(&mut Services)) -> TestApp {
    TestApp::start_adjusted(Clock::system(), &Settings::default(), adjust)
}

fn connect(app: &TestApp) -> TcpStream {
    let stream = TcpStream::connect(app.address.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends the head of a request, and a part of its body.
fn begin(app: &TestApp, head: &str, length: usize, body: &[u8]) -> TcpStream {
    let mut stream = connect(app);
    let head = format!("{head} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n");
    stream.write_all(format!("{head}content-type: application/json\r\n\r\n").as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    stream
}

/// All that comes until the service closes the connection.
fn to_the_end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..count]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[track_caller]
fn assert_problem(reply: &str, status: u16, code: &str) {
    let (head, body) = reply.split_once("\r\n\r\n").expect("no reply");
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{reply}");
    assert!(head.to_lowercase().contains("connection: close"), "{head}");
    let problem: Value = serde_json::from_str(body).unwrap();
    assert_eq!(problem["code"], code, "{reply}");
}

#[test]
fn a_body_that_does_not_begin_is_a_request_timeout_and_the_connection_is_closed() {
    let app = start(|rules| rules.start = Duration::from_millis(100));
    assert_problem(&to_the_end(begin(&app, "POST /auth/login", 100, b"")), 408, "request_timeout");
}

#[test]
fn a_body_that_trickles_is_a_request_timeout() {
    let app = start(|rules| {
        (rules.start, rules.rate) = (Duration::from_millis(100), 1000);
    });
    assert_problem(&to_the_end(begin(&app, "POST /auth/login", 100, b"{")), 408, "request_timeout");
}

#[test]
fn a_body_that_comes_steadily_ends_in_time_too() {
    // Its rate would let it take an hour.
    let app = start(|rules| (rules.rate, rules.whole) = (1, Duration::from_millis(200)));
    let body = [b' '; 4000];
    let stream = begin(&app, "POST /auth/login", 5000, &body);
    assert_problem(&to_the_end(stream), 408, "request_timeout");
}

#[test]
fn a_body_that_is_in_time_is_read_however_it_is_cut() {
    let app = TestApp::start_single();
    let body = json!({"email": "admin@example.com", "password": PASSWORD}).to_string();
    let mut stream = begin(&app, "POST /auth/login", body.len(), b"");
    for byte in body.as_bytes() {
        stream.write_all(std::slice::from_ref(byte)).unwrap();
    }
    let mut chunk = [0; 4096];
    let count = stream.read(&mut chunk).unwrap();
    assert!(chunk[..count].starts_with(b"HTTP/1.1 200 "));
}

#[test]
fn a_head_that_does_not_come_is_cut_off() {
    let app = adjusted(|services| services.waits.head = Duration::from_millis(100));
    let mut stream = connect(&app);
    stream.write_all(b"GET /health/live HTTP/1.1\r\nhost").unwrap();
    let begun = Instant::now();
    to_the_end(stream);
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_body_that_nobody_reads_keeps_no_connection_open() {
    let app = TestApp::start_single();
    for head in ["GET /health/live", "POST /users", "POST /nowhere"] {
        let reply = to_the_end(begin(&app, head, 100, b"{"));
        assert!(reply.to_lowercase().contains("connection: close"), "{head}: {reply}");
    }
}

#[test]
fn log_ins_and_token_requests_have_at_most_8_kib() {
    let app = TestApp::start();
    let stranger = app.stranger();
    let large = format!("{{\"email\": \"{}\"}}", "x".repeat(8 * 1024));
    for path in ["/auth/login", "/auth/refresh"] {
        stranger.send("POST", path, &[JSON], Some(&large)).problem(413, "payload_too_large");
    }
    let answer = stranger.send("POST", "/oauth/token", &[FORM], Some(&large));
    assert_eq!(answer.status, 413, "{}", answer.text);
    // Other bodies may be larger.
    let csv = format!("email,given_name,surname\n{}", "\n".repeat(9 * 1024));
    app.admin().send("POST", "/users/import", &[CSV], Some(&csv)).ok(200);
}

#[test]
fn bodies_on_their_way_have_bounded_memory_and_small_ones_always_have_some() {
    let app = start(|rules| rules.memory = 400_000);
    let admin = app.admin();
    let token = admin.token.clone().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let mut stream = connect(&app);
        let head = format!(
            "POST /users HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\
             content-type: application/json\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&[b' '; 60_000]).unwrap();
        if waiting.is_empty() {
            // The others come after it.
            std::thread::sleep(Duration::from_millis(300));
        }
        waiting.push(stream);
    }
    // One address takes a quarter of the memory, which is less than two of these bodies.
    let first = waiting.remove(0);
    for stream in waiting {
        assert_problem(&to_the_end(stream), 503, "unavailable");
    }
    app.log_in("admin@example.com", PASSWORD).ok(200);
    drop(first);
}

#[test]
fn an_address_has_so_many_connections_and_a_full_service_says_so_at_once() {
    let rules = |all, address| {
        adjusted(move |services| services.waits.connections = ConnectionRules { all, address })
    };
    let app = rules(100, 3);
    let kept: Vec<TcpStream> = (0..3).map(|_| connect(&app)).collect();
    // A new connection is closed without a reply.
    let mut one_more = connect(&app);
    let _ = one_more.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(to_the_end(one_more), "");
    drop(kept);
    wait_for_room(&app.stranger());

    let app = rules(3, 100);
    let kept: Vec<TcpStream> = (0..3).map(|_| connect(&app)).collect();
    let mut one_more = connect(&app);
    one_more.write_all(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    assert_problem(&to_the_end(one_more), 503, "unavailable");
    drop(kept);
    wait_for_room(&app.stranger());
}

/// The service notices by itself that clients have gone.
fn wait_for_room(client: &Client) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        match client.try_send("GET", "/health/live", &[], None) {
            Ok(reply) if reply.status == 200 => return,
            _ => assert!(Instant::now() < until, "there is no room"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
