//! Guard: hostile values in any field, parameter or header of any operation are a client error, and
//! the reply reveals no internals.

use serde_json::{Map, Value, json};

use crate::support::{
    app::TestApp,
    client::{Client, FORM, JSON},
    contract::document,
    reply::Reply,
    samples::{Fixture, Sample, samples},
};

/// Words that would reveal internals.
const INSIDE: &[&str] = &[
    "SELECT",
    "INSERT",
    "sqlite",
    "SQLITE",
    "postgres",
    "diesel",
    "panicked",
    "src/",
    ".rs",
    "serde",
    "RUST_",
    "argon2",
    "password_hash",
    "search_key",
    "/tmp",
    "daybook::",
    "constraint",
];

#[track_caller]
fn assert_harmless(answer: &Reply, what: &str) {
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.text);
    if answer.status >= 400 {
        for word in INSIDE {
            assert!(!answer.text.contains(word), "{what}: {word} in {}", answer.text);
        }
    }
}

/// Values that an attacker could try. None contains a word of `INSIDE`, because some replies quote
/// what was sent.
fn values() -> Vec<Value> {
    let mut values: Vec<Value> = [
        "",
        " ",
        "x",
        "null",
        "undefined",
        "0",
        "-1",
        "\u{0}",
        "a\u{0}b",
        "\u{feff}",
        "\u{202e}abc",
        "\u{ffff}",
        "\u{10ffff}",
        "\u{7f}",
        "\r\nx: y",
        "'",
        "\"",
        "'; DROP TABLE users; --",
        "\\",
        "%",
        "_",
        "%s%n",
        "{{7*7}}",
        "${x}",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "İıſK",
        "Z̸̡͎a̷̛l̵͖g̶o",
        "👩‍👩‍👧‍👦",
        "01977f3e-5c00-7000-8000-000000000000",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-06-30T23:59:60Z",
        "2026-13-01T00:00:00Z",
        "admin@example.com",
        "a@b",
        "UTC",
        "active",
        "system",
    ]
    .map(Value::from)
    .to_vec();
    values.push(json!("x".repeat(300)));
    values.push(json!("ß".repeat(20_000)));
    values.push(json!("\u{390}".repeat(10_000)));
    values.extend([
        json!(null),
        json!(true),
        json!(0),
        json!(-0.0),
        json!(-1),
        json!(1e308),
        json!(5e-324),
    ]);
    values.extend([
        json!(i64::MIN),
        json!(u64::MAX),
        json!([]),
        json!([[]]),
        json!([null]),
        json!({}),
    ]);
    values.extend([json!({"x": [{"y": {}}]}), json!(["x", 1, null]), json!(vec![json!({}); 1000])]);
    values
}

fn body_fields(sample: &Sample) -> Vec<String> {
    let content = &sample.spec["requestBody"]["content"];
    let media = content.as_object().and_then(|it| it.values().next());
    let Some(schema) = media.map(|it| &it["schema"]) else { return Vec::new() };
    let schema = match schema["$ref"].as_str() {
        Some(reference) => document().pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    schema["properties"].as_object().map(|it| it.keys().cloned().collect()).unwrap_or_default()
}

fn send(client: &Client, sample: &Sample, body: &Value) -> Reply {
    let form = sample.spec["requestBody"]["content"].get(FORM.1).is_some();
    let headers = [if form { FORM } else { JSON }, ("if-match", "*")];
    let body =
        matches!(&*sample.method, "POST" | "PUT" | "PATCH").then(|| match body.as_object() {
            Some(fields) if form => form_of(fields),
            _ => body.to_string(),
        });
    client.send(&sample.method, &sample.path, &headers, body.as_deref())
}

/// Every byte escaped, whatever it is.
fn form_of(fields: &Map<String, Value>) -> String {
    let pairs = fields.iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("{name}={escaped}")
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[test]
fn any_value_of_any_field_is_harmless() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    for sample in samples(&fixture) {
        // A new one, because the operation may end the session of the one before.
        let admin = app.admin();
        for field in body_fields(&sample) {
            for value in values() {
                // Alone, and among valid fields.
                let alone = Map::from_iter([(field.clone(), value.clone())]);
                let good = sample.body.clone().filter(Value::is_object);
                let mut among = good.unwrap_or_else(|| json!({}));
                among[&field] = value;
                for body in [Value::Object(alone), among] {
                    let answer = send(sample.sender(&fixture, &admin), &sample, &body);
                    assert_harmless(&answer, &format!("{} of {}", field, sample.operation));
                }
            }
        }
    }
}

#[test]
fn any_value_of_any_parameter_is_harmless() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    for sample in samples(&fixture) {
        if sample.method != "GET" {
            continue;
        }
        for parameter in sample.spec["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] != "query" {
                continue;
            }
            let name = parameter["name"].as_str().unwrap();
            for value in values() {
                let Some(text) = value.as_str() else { continue };
                let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
                if encoded.len() > 60_000 {
                    continue;
                }
                let answer = admin.get(&format!("{}?{name}={encoded}", sample.path));
                assert_harmless(&answer, &format!("{name} of {}", sample.operation));
            }
        }
    }
}

#[test]
fn any_value_of_any_header_is_harmless() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let names = [
        "if-match",
        "if-none-match",
        "accept",
        "accept-language",
        "accept-encoding",
        "range",
        "origin",
        "content-encoding",
        "x-request-id",
        "x-forwarded-for",
        "x-http-method-override",
        "cookie",
        "if-modified-since",
        "expect-ct",
        "forwarded",
        "idempotency-key",
        "prefer",
        "te",
    ];
    let long = "x".repeat(8_000);
    let values =
        ["", "*", "\"", "\"1\"", "W/\"1\"", ",", ",,,", "0", "bytes=0-0", ";q=1", "a/b;q=x", &long];
    for sample in samples(&fixture) {
        let body = sample.body.as_ref().map(Value::to_string);
        let admin = app.admin();
        for name in names {
            for value in values {
                let headers = [JSON, (name, value)];
                let answer = admin.send(&sample.method, &sample.path, &headers, body.as_deref());
                assert_harmless(&answer, &format!("{name}: {value} of {}", sample.operation));
            }
        }
    }
}

#[test]
fn a_stranger_gets_nothing_but_refusals() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let stranger = app.stranger();
    for sample in samples(&fixture) {
        let public = sample.spec["security"] == json!([]);
        let bodies = [json!({}), json!([]), json!({"x": "\u{0}"})];
        for body in bodies {
            let answer = send(&stranger, &sample, &body);
            assert_harmless(&answer, sample.operation);
            let refused = match answer.status {
                400 => !sample.has_problems(),
                // What is public is there to be read.
                200 => public && sample.method == "GET",
                422 => public,
                status => status == 401,
            };
            assert!(refused, "{}: {} {}", sample.operation, answer.status, answer.text);
        }
    }
}
