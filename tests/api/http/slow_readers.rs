//! Replies that their clients do not take: nobody else waits for them, and they end.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use daybook::{api::http::paced_body::ReplyRules, domain::clock::Clock};
use rustix::net::{AddressFamily, SocketType, connect, socket, sockopt};
use serde_json::json;

use crate::support::{
    app::{Settings, TestApp},
    client::Client,
    fixtures::Person,
};

/// Notes of 10,000 characters that JSON writes as six each: the page of all of them has 1.8 MB, more
/// than the system keeps for a client that does not read.
const NOTES: usize = 30;

/// A log with large notes, in a service that gives clients a second for each part of a reply.
fn start(memory: usize) -> (TestApp, Client, Person, String) {
    let app = TestApp::start_adjusted(Clock::system(), &Settings::default(), |services| {
        services.waits.replies = ReplyRules { slice: Duration::from_secs(1), memory };
    });
    let (admin, sam) = (app.admin(), app.learner("Sam"));
    let path = format!("/users/{}/activity", sam.id);
    for _ in 0..NOTES {
        admin.post(&path, json!({"notes": "x".to_owned() + &"\u{1}".repeat(9_990)})).ok(201);
    }
    (app, admin, sam, path)
}

/// Requests a path, and does not read the reply.
fn request_unread(client: &Client, path: &str) -> TcpStream {
    let address: SocketAddr = client.address.trim_start_matches("http://").parse().unwrap();
    let descriptor = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    sockopt::set_socket_recv_buffer_size(&descriptor, 4096).unwrap();
    connect(&descriptor, &address).unwrap();
    let mut stream = TcpStream::from(descriptor);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let token = client.token.as_deref().unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Asks until the reply has this status.
#[track_caller]
fn ask_until(client: &Client, path: &str, status: u16) {
    let begun = Instant::now();
    while client.get(path).status != status {
        assert!(begun.elapsed() < Duration::from_secs(30), "{path} is never {status}");
    }
}

fn length_of_rest(mut stream: TcpStream) -> usize {
    let (mut chunk, mut length) = (vec![0; 64 * 1024], 0);
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        length += count;
    }
    length
}

#[test]
fn a_reply_that_its_client_does_not_take_is_cut_off_and_gives_its_memory_back() {
    // One address has a quarter of the memory: one page, not two.
    let (_app, admin, _, path) = start(4 * 3 * 1024 * 1024);
    let page = format!("{path}?limit=100");
    let whole = admin.get(&page);
    assert!(whole.ok(200)["data"].as_array().unwrap().len() >= NOTES);
    let unread = request_unread(&admin, &page);
    ask_until(&admin, &page, 503);
    admin.get("/me").ok(200);
    ask_until(&admin, &page, 200);
    let taken = length_of_rest(unread);
    assert!(taken < whole.text.len(), "{taken} bytes of {}", whole.text.len());
}

#[test]
fn an_export_that_its_client_does_not_take_ends_and_leaves_its_place() {
    let (_app, admin, _, path) = start(ReplyRules::default().memory);
    let export = format!("{path}/export?format=ndjson");
    let whole = admin.get(&export).text.len();
    // Each caller has one export at a time, and the one before may not have ended yet.
    let begun = Instant::now();
    let unread = loop {
        let mut unread = request_unread(&admin, &export);
        let mut status = [0; 12];
        unread.read_exact(&mut status).unwrap();
        if &status == b"HTTP/1.1 200" {
            break unread;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{status:?}");
    };
    ask_until(&admin, &export, 429);
    ask_until(&admin, &export, 200);
    assert!(length_of_rest(unread) < whole);
}

#[test]
fn a_client_that_takes_a_reply_slowly_gets_all_of_it() {
    let (_app, admin, _, path) = start(ReplyRules::default().memory);
    let page = format!("{path}?limit=100");
    let whole = admin.get(&page).text.len();
    let mut stream = request_unread(&admin, &page);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let mut body = vec![0; whole];
    stream.read_exact(&mut body).unwrap();
}
