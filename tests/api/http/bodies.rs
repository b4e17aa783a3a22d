//! Request bodies: malformed, too large, or not what the document says.

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{Client, FORM, JSON},
    contract::{document, is_valid},
    raw::send_raw,
    reply::Reply,
    samples::{Fixture, Sample, samples},
};

/// The operations that take a JSON body. The import takes CSV, and OAuth a form.
fn writes(fixture: &Fixture) -> Vec<Sample> {
    let takes_one = |sample: &Sample| {
        matches!(&*sample.method, "POST" | "PUT" | "PATCH")
            && !["import_users", "issue_token"].contains(&sample.operation)
    };
    samples(fixture).into_iter().filter(takes_one).collect()
}

/// The same request with another body.
fn send_body(client: &Client, sample: &Sample, media_type: &str, body: &str) -> Reply {
    let headers = [("content-type", media_type), ("if-match", "*")];
    client.send(&sample.method, &sample.path, &headers, Some(body))
}

fn send_json(client: &Client, sample: &Sample, body: &str) -> Reply {
    send_body(client, sample, "application/json", body)
}

#[test]
fn a_body_that_is_no_json_is_a_malformed_request() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    let deep = format!("{{\"a\": {}1{}}}", "[".repeat(3_000), "]".repeat(3_000));
    let deep_objects = "{\"a\":".repeat(1_300);
    let bodies = [
        "{",
        "}",
        "{\"a\": }",
        "{'a': 1}",
        "{\"a\": 1,}",
        "{} {}",
        "nul",
        "\u{feff}{}",
        "{\"a\": NaN}",
        "{\"a\": 01}",
        "{\"a\": \"\n\"}",
        "{\"a\": \"\\ud800\"}",
        "{\"a\": \"\\x\"}",
        "title=x",
        "{\"a\": 1e999}",
        "<xml/>",
        " ",
        &deep,
        &deep_objects,
    ];
    for sample in writes(&fixture) {
        for body in bodies {
            let problem = send_json(&admin, &sample, body).problem(400, "malformed_request");
            assert!(problem.get("errors").is_none());
        }
    }
}

#[test]
fn a_body_that_is_no_object_is_not_valid() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    for sample in writes(&fixture) {
        for body in ["null", "true", "7", "\"x\"", "[]", "[{}]", "[\"x\", \"scorm\", null]"] {
            send_json(&admin, &sample, body).invalid("", "invalid_type");
        }
    }
}

#[test]
fn an_unknown_field_is_refused_with_its_pointer() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    // JSON pointers escape ~ and / (RFC 6901); nothing else in a name means anything.
    let names = [
        ("nonsense", "/nonsense"),
        ("a.b", "/a.b"),
        ("a[0]", "/a[0]"),
        ("a/b", "/a~1b"),
        ("~", "/~0"),
        ("", "/"),
        ("`", "/`"),
        ("`, expected", "/`, expected"),
        ("Title", "/Title"),
        ("é 𝄞", "/é 𝄞"),
    ];
    for sample in writes(&fixture) {
        for (name, pointer) in names {
            let mut body = sample.body.clone().unwrap_or_else(|| json!({}));
            body[name] = json!(1);
            let answer = send_json(&admin, &sample, &body.to_string());
            answer.invalid(pointer, "unknown_field");
        }
    }
}

#[test]
fn a_patch_of_nothing_is_refused() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    for sample in writes(&fixture).iter().filter(|sample| sample.method == "PATCH") {
        send_json(&app.admin(), sample, "{}").invalid("", "required");
        send_json(&app.admin(), sample, "").invalid("", "required");
    }
}

#[test]
fn nothing_takes_a_nul_character() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    for sample in writes(&fixture) {
        for name in fields(&sample) {
            let pointer = format!("/{name}");
            for (value, below) in [
                (json!("a\u{0}b"), ""),
                (json!(["a\u{0}"]), "/0"),
                (json!({"~/": "\u{0}"}), "/~0~1"),
            ] {
                if is_invalid_alone(&sample, &value) {
                    continue;
                }
                let body = json!({name.clone(): value}).to_string();
                send_json(&admin, &sample, &body)
                    .invalid(&format!("{pointer}{below}"), "invalid_character");
            }
        }
        let answer = send_json(&admin, &sample, "{\"a\\u0000b\": 1}");
        answer.problem(422, "validation_failed");
    }
}

/// Whether it is a list of items whose outcomes say what is wrong with each: see `batch`.
fn is_invalid_alone(sample: &Sample, value: &Value) -> bool {
    let has_items = value.as_array().is_some_and(|items| !items.is_empty());
    sample.operation == "ingest_entries" && has_items
}

/// The fields that the body of an operation may have, as the document says.
fn fields(sample: &Sample) -> Vec<String> {
    let schema = body_schema(sample);
    schema["properties"].as_object().map(|it| it.keys().cloned().collect()).unwrap_or_default()
}

fn body_schema(sample: &Sample) -> Value {
    let content = sample.spec["requestBody"]["content"].as_object();
    let Some(media) = content.and_then(|it| it.values().next()) else { return Value::Null };
    match media["schema"]["$ref"].as_str() {
        Some(reference) => document().pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => media["schema"].clone(),
    }
}

#[test]
fn a_value_of_the_wrong_type_is_refused_with_the_pointer_of_the_field() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    let all = [
        json!(null),
        json!(true),
        json!(7),
        json!(-1.5),
        json!(1e308),
        json!(u64::MAX),
        json!(""),
        json!("x\u{0}"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"x": null}),
    ];
    for sample in writes(&fixture) {
        let schema = body_schema(&sample);
        for name in fields(&sample) {
            let field = schema["properties"][&name].clone();
            for value in &all {
                if is_valid(&field, value) || value == "x\u{0}" || *value == "" {
                    continue;
                }
                if is_invalid_alone(&sample, value) {
                    continue;
                }
                let mut body = sample.body.clone().unwrap_or_else(|| json!({}));
                body[&name] = value.clone();
                let answer = send_json(&admin, &sample, &body.to_string());
                let problem = answer.problem(422, "validation_failed");
                let at = problem["errors"][0]["pointer"].as_str().unwrap();
                let pointer = format!("/{name}");
                assert!(
                    at == pointer || at.starts_with(&format!("{pointer}/")),
                    "{}: {body} {problem}",
                    sample.operation
                );
            }
        }
    }
}

#[test]
fn a_missing_field_is_reported_with_its_pointer() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    for sample in writes(&fixture) {
        let schema = body_schema(&sample);
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            let mut body = sample.body.clone().unwrap();
            body.as_object_mut().unwrap().remove(name);
            let answer = send_json(&app.admin(), &sample, &body.to_string());
            answer.invalid(&format!("/{name}"), "required");
        }
    }
}

#[test]
fn a_body_is_json_and_says_so() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    for sample in writes(&fixture) {
        let body = sample.body.as_ref().map_or_else(|| "{}".to_owned(), Value::to_string);
        let wrong = [
            "text/plain",
            "application/x-www-form-urlencoded",
            "text/json",
            "application/xml",
            "multipart/form-data",
            "application/jsonp",
            "json",
            "*/*",
        ];
        for media_type in wrong {
            let answer = send_body(&admin, &sample, media_type, &body);
            answer.problem(415, "unsupported_media_type");
        }
        if sample.method != "PATCH" {
            let answer = send_body(&admin, &sample, "application/merge-patch+json", &body);
            answer.problem(415, "unsupported_media_type");
        }
        let headers = [JSON, ("content-encoding", "gzip"), ("if-match", "*")];
        let answer = admin.send(&sample.method, &sample.path, &headers, Some(&body));
        answer.problem(415, "unsupported_media_type");
    }
}

#[test]
fn a_patch_is_a_merge_patch_by_either_name() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    for sample in writes(&fixture).iter().filter(|sample| sample.method == "PATCH") {
        let body = sample.body.as_ref().unwrap().to_string();
        for media_type in
            ["application/merge-patch+json", "application/json", "application/json; charset=utf-8"]
        {
            send_body(&app.admin(), sample, media_type, &body).ok(200);
        }
    }
}

#[test]
fn a_body_of_more_than_a_mebibyte_is_not_read() {
    let app = TestApp::start();
    let token = app.admin().token.unwrap();
    let head = |line: &str| {
        format!(
            "POST /courses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n{line}\r\n\r\n"
        )
    };
    // Its Content-Length says that it is too long, so it is not read.
    for length in ["1048577", "9999999999"] {
        let answer = send_raw(&app.address, head(&format!("content-length: {length}")).as_bytes());
        assert_eq!(answer.status, 413, "{}", answer.text);
        let problem: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(problem["code"], "payload_too_large");
    }
    // A chunked body has no length.
    let mut request = head("transfer-encoding: chunked").into_bytes();
    request.extend(format!("{:x}\r\n{}\r\n", 1_048_577, "x".repeat(1_048_577)).bytes());
    assert_eq!(send_raw(&app.address, &request).status, 413);
    // The largest that is read.
    let title = "x".repeat(1_048_576 - "{\"title\":\"\"}".len());
    let body = json!({"title": title}).to_string();
    assert_eq!(body.len(), 1_048_576);
    app.admin().send("POST", "/courses", &[JSON], Some(&body)).problem(422, "validation_failed");
}

#[test]
fn the_bodies_of_log_ins_are_small_however_their_path_is_written() {
    let app = TestApp::start();
    let body = json!({"email": "a@example.com", "password": "x".repeat(20_000)}).to_string();
    for path in ["/auth/login", "/%61uth/login", "/auth/%6cogin"] {
        let answer = app.stranger().send("POST", path, &[JSON], Some(&body));
        answer.problem(413, "payload_too_large");
    }
    let form = format!("grant_type=client_credentials&client_id={}", "x".repeat(20_000));
    for path in ["/oauth/token", "/o%61uth/token"] {
        let answer = app.stranger().send("POST", path, &[FORM], Some(&form));
        // In the form of RFC 6749 too.
        assert_eq!(answer.ok(413)["error"], "invalid_request", "{path}");
    }
}

#[test]
fn of_a_field_that_is_there_twice_the_last_one_counts() {
    let app = TestApp::start();
    let body = r#"{"title": "First", "title": "Last", "type": "scorm"}"#;
    let course = app.admin().send("POST", "/courses", &[JSON], Some(body)).ok(201);
    assert_eq!(course["title"], "Last");
}
