//! Guard: the examples in the documentation are true. Each request of a page is sent, in order, to a
//! service with the demo data, and the reply has to be what the page shows.

use std::{collections::HashMap, fs, path::Path};

use serde_json::Value;

use crate::support::{client::Client, database::TestDatabase, process::Process, reply::Reply};

/// A fenced block: its info string, and its text.
struct Block {
    info: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(Block { info: info.to_owned(), text: text.join("\n") });
    }
    blocks
}

/// The replies to the requests of a page, by their names.
#[derive(Default)]
struct Answers(HashMap<String, Reply>);

impl Answers {
    /// The text, with values from earlier replies: `{{name.response.body.$.data[0].id}}` and
    /// `{{name.response.headers.ETag}}`, as VS Code's REST Client has them.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (variable, after) = after.split_once("}}").unwrap();
            filled.push_str(before);
            filled.push_str(&self.value(variable));
            rest = after;
        }
        filled + rest
    }

    fn value(&self, variable: &str) -> String {
        if variable == "api" {
            return String::new();
        }
        let (name, rest) = variable.split_once(".response.").unwrap();
        let answer = self.0.get(name).unwrap_or_else(|| panic!("no request is named {name}"));
        if let Some(header) = rest.strip_prefix("headers.") {
            return answer.header(&header.to_lowercase()).unwrap();
        }
        let pointer = rest.strip_prefix("body.$").unwrap().replace(['.', '['], "/");
        let body = answer.json();
        let found = body.pointer(&pointer.replace(']', ""));
        found.and_then(Value::as_str).unwrap_or_else(|| panic!("{variable}: {body}")).to_owned()
    }
}

fn send(client: &Client, request: &str) -> Reply {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines().filter(|line| !line.starts_with('#'));
    let (method, path) = lines.next().unwrap().split_once(' ').unwrap();
    let headers: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    client.send(method, path, &headers, Some(body).filter(|it| !it.is_empty()))
}

/// Whether a reply is as shown; `…` matches any text.
fn is_as_shown(shown: &Value, answer: &Value) -> bool {
    match (shown, answer) {
        (Value::Object(shown), Value::Object(answer)) => shown
            .iter()
            .all(|(name, value)| answer.get(name).is_some_and(|it| is_as_shown(value, it))),
        (Value::Array(shown), Value::Array(answer)) => {
            shown.len() <= answer.len()
                && shown.iter().zip(answer).all(|(shown, it)| is_as_shown(shown, it))
        }
        (Value::String(shown), Value::String(_)) if shown == "…" => true,
        (shown, answer) => shown == answer,
    }
}

/// Sends the requests of a page, of which there are at least `requests`; at least `replies` of them
/// have a reply that the page shows.
fn run(name: &str, requests: usize, replies: usize) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    let page = fs::read_to_string(page).unwrap();
    let database = TestDatabase::migrated();
    let service = Process::serve(&database, &["--demo"]);
    let mut answers = Answers::default();
    let (mut last, mut sent, mut shown) = (None, 0, 0);
    // A request without a shown reply has to succeed.
    let succeeded = |last: Option<(u16, Value)>, request: &str| {
        assert!(last.is_none_or(|(status, _)| status < 400), "{name}, before {request}");
    };
    for block in blocks(&page) {
        if block.info == "http" {
            succeeded(last.take(), &block.text);
            let answer = send(&service.client, &answers.fill(&block.text));
            sent += 1;
            last = Some((answer.status, answer.json()));
            if let Some(name) = block.text.lines().find_map(|it| it.strip_prefix("# @name ")) {
                answers.0.insert(name.to_owned(), answer);
            }
        } else if let Some(status) = block.info.strip_prefix("json ") {
            let (got, answer) = last.take().unwrap();
            let expected: Value = serde_json::from_str(&answers.fill(&block.text)).unwrap();
            assert_eq!(got.to_string(), status, "{answer}");
            assert!(is_as_shown(&expected, &answer), "{name} shows {expected}, it is {answer}");
            shown += 1;
        }
    }
    succeeded(last, "the end");
    assert!(sent >= requests && shown >= replies, "{name}: {sent} requests, {shown} answers");
}

#[test]
fn the_page_for_front_end_teams_shows_what_is_answered() {
    run("front-end.md", 10, 9);
}

#[test]
fn the_page_for_integrators_shows_what_is_answered() {
    run("integrators.md", 10, 9);
}

#[test]
fn the_page_about_the_ledger_shows_what_is_answered() {
    run("ledger.md", 7, 4);
}
