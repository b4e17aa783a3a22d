//! The shape of every reply: methods, media types, headers, problems.

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{Client, JSON},
    contract::{document, is_valid, operations, template_of},
    raw::{self, send_raw},
    reply::{Reply, text},
    samples::{Fixture, Sample, samples},
};

/// Checks all that every problem has.
#[track_caller]
fn assert_problem(answer: &Reply, path: &str) {
    let problem = answer.json();
    let code = problem["code"].as_str().unwrap_or_else(|| panic!("no problem: {}", answer.text));
    answer.problem(answer.status, code);
    assert_eq!(problem["type"], format!("urn:daybook:problem:{code}"));
    assert_eq!(problem["instance"], path.split('?').next().unwrap());
    assert!(!problem["title"].as_str().unwrap().is_empty());
    assert!(!problem["detail"].as_str().unwrap().is_empty());
    assert!(is_valid(&json!({"$ref": "#/components/schemas/Problem"}), &problem));
}

/// Another request for the same operation.
fn send(client: &Client, sample: &Sample, headers: &[(&str, &str)]) -> Reply {
    let body = sample.body.as_ref().map(Value::to_string);
    client.send(&sample.method, &sample.path, headers, body.as_deref())
}

#[test]
fn the_docs_with_a_slash_redirect_to_the_docs() {
    let app = TestApp::start();
    let client = app.stranger();
    for method in ["GET", "HEAD"] {
        let answer = client.send(method, "/docs/", &[], None);
        assert_eq!(answer.status, 308, "{method}");
        assert_eq!(answer.header("location").as_deref(), Some("/docs"), "{method}");
    }
    assert_eq!(client.get("/docs").status, 200);
}

#[test]
fn whatever_goes_wrong_is_a_problem() {
    let app = TestApp::start();
    let (admin, course) = (app.admin(), app.course("Security Basics"));
    let course = format!("/courses/{course}");
    let nothing = "/users/01977f3e-5c00-7000-8000-000000000000";
    let refusals = [
        (app.stranger().get("/users"), "/users", 401),
        (
            app.learner("Lea").client.post("/courses", json!({"title": "x", "type": "scorm"})),
            "/courses",
            403,
        ),
        (admin.get("/nowhere"), "/nowhere", 404),
        (admin.get("/"), "/", 404),
        (admin.get("/users/"), "/users/", 404),
        (admin.get("/Users"), "/Users", 404),
        (admin.get("/users/7"), "/users/7", 404),
        (admin.get("/docs/nothing.js"), "/docs/nothing.js", 404),
        (admin.get(nothing), nothing, 404),
        (admin.get("/users?limit=0"), "/users", 400),
        (admin.delete("/users"), "/users", 405),
        (admin.send("POST", "/health/live", &[], None), "/health/live", 405),
        (admin.send("GET", "/users", &[("accept", "text/html")], None), "/users", 406),
        (admin.patch(&course, "\"7\"", json!({"title": "x"})), &course, 412),
        (admin.send("POST", "/users", &[("content-type", "text/csv")], Some("{}")), "/users", 415),
        (admin.post("/users", json!({})), "/users", 422),
        (admin.send("PATCH", &course, &[JSON], Some(r#"{"title": "x"}"#)), &course, 428),
    ];
    for (answer, path, status) in refusals {
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert_problem(&answer, path);
    }
}

#[test]
fn a_path_with_a_malformed_id_is_not_found() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let id = "01977f3e-5c00-7000-8000-000000000000";
    let braced = format!("%7B{id}%7D");
    let bare = id.replace('-', "");
    let wrong = ["7", "me", "null", "..%2F..", "%00", "%FF%FE", "%", "%zz", &braced, &bare, id];
    for sample in samples(&fixture) {
        let ids: Vec<&str> = sample.path.split('/').filter(|it| it.len() == 36).collect();
        for one in ids {
            for other in wrong {
                let path = sample.path.replace(one, other);
                let sample = Sample {
                    path,
                    body: sample.body.clone(),
                    method: sample.method.clone(),
                    ..sample
                };
                let answer = sample.send(&app.admin());
                answer.problem(404, "not_found");
            }
        }
    }
}

#[test]
fn every_path_tells_its_methods_and_refuses_the_rest() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    for sample in samples(&fixture) {
        let template = template_of(&sample.path).unwrap();
        let item = document()["paths"][template].as_object().unwrap();
        let mut expected: Vec<String> = item.keys().map(|it| it.to_uppercase()).collect();
        expected.push("OPTIONS".to_owned());
        if expected.contains(&"GET".to_owned()) {
            expected.push("HEAD".to_owned());
        }
        let allow = |answer: &Reply| {
            let allow = answer.header("allow").unwrap();
            let mut methods: Vec<String> = allow.split(", ").map(str::to_owned).collect();
            methods.sort();
            methods
        };
        expected.sort();
        // This needs no log-in.
        let options = app.stranger().send("OPTIONS", &sample.path, &[], None);
        assert_eq!((options.status, &*options.text), (204, ""), "{}", sample.path);
        assert_eq!(allow(&options), expected, "{}", sample.path);
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            if expected.contains(&method.to_owned()) {
                continue;
            }
            let refused = app.admin().send(method, &sample.path, &[], None);
            assert_eq!(refused.status, 405, "{method} {}", sample.path);
            assert_eq!(allow(&refused), expected, "{method} {}", sample.path);
            if method != "HEAD" && sample.has_problems() {
                refused.problem(405, "method_not_allowed");
            }
        }
    }
}

#[test]
fn head_is_get_without_the_body() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    let paths: Vec<String> = samples(&fixture)
        .into_iter()
        .filter(|sample| sample.method == "GET")
        .map(|sample| sample.path)
        .chain(["/openapi.json", "/docs", "/health/live", "/health/ready"].map(str::to_owned))
        .collect();
    for path in paths {
        let (get, head) = (admin.get(&path), admin.send("HEAD", &path, &[], None));
        assert_eq!(head.text, "");
        assert_eq!((get.status, head.status), (200, 200), "{path}");
        for header in ["content-type", "etag", "cache-control"] {
            assert_eq!(head.header(header), get.header(header), "{header} of {path}");
        }
        // An export is a stream, whose length is unknown before its end.
        let length = (!path.ends_with("/export")).then(|| get.text.len().to_string());
        assert_eq!(head.header("content-length"), length, "{path}");
    }
    assert_eq!(admin.send("HEAD", "/users/7", &[], None).status, 404);
    assert_eq!(app.stranger().send("HEAD", "/users", &[], None).status, 401);
    assert_eq!(admin.send("HEAD", "/users?limit=0", &[], None).status, 400);
}

#[test]
fn an_answer_is_json_whatever_accept_says_of_it() {
    let app = TestApp::start();
    let admin = app.admin();
    let good = [
        "*/*",
        "application/*",
        "application/json",
        "APPLICATION/JSON",
        "application/json;q=0.1",
        "text/html, application/xhtml+xml, */*;q=0.8",
        "application/json; charset=utf-8",
        "",
    ];
    for accept in good {
        let answer = admin.send("GET", "/users", &[("accept", accept)], None);
        answer.ok(200);
        assert_eq!(answer.header("content-type").as_deref(), Some("application/json"));
    }
    let lines = [("accept", "text/html"), ("accept", "application/json")];
    admin.send("GET", "/users", &lines, None).ok(200);
    for accept in ["text/html", "text/*", "application/xml", "application/json;q=0", "json"] {
        let answer = admin.send("GET", "/users", &[("accept", accept)], None);
        answer.problem(406, "not_acceptable");
    }
}

#[test]
fn every_operation_refuses_to_answer_in_another_form_and_does_nothing() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let log = app.log(&fixture.subject.id);
    for sample in samples(&fixture) {
        let headers = [JSON, ("accept", "text/html"), ("if-match", "*")];
        let refused = send(&app.admin(), &sample, &headers);
        refused.ok(406);
        if sample.has_problems() {
            refused.problem(406, "not_acceptable");
        }
    }
    let told = app.log(&fixture.subject.id);
    assert_eq!(told.len(), log.len());
}

#[test]
fn a_request_keeps_its_id_if_it_is_fit_for_a_log() {
    let app = TestApp::start();
    let longest = "x".repeat(128);
    for id in ["7", "0197-ab_C.d:e", &longest] {
        let answer = app.stranger().send("GET", "/users", &[("x-request-id", id)], None);
        assert_eq!(answer.header("x-request-id").as_deref(), Some(id));
        assert_eq!(answer.problem(401, "unauthenticated")["request_id"], id);
    }
    let longer = "x".repeat(129);
    for id in ["", "a b", "a\tb", "<script>", "a,b", "a\"b", &longer] {
        let answer = app.stranger().send("GET", "/users", &[("x-request-id", id)], None);
        let given = answer.header("x-request-id").unwrap();
        assert_ne!(given, id);
        assert_eq!(given.len(), 36, "a new one: {given}");
    }
    let (one, two) = (app.stranger().get("/users"), app.stranger().get("/users"));
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

#[test]
fn no_cache_keeps_a_reply_without_validating_it_again() {
    let app = TestApp::start();
    for operation in operations() {
        // A new fixture each time: one operation may prevent the next.
        let Some(sample) = Sample::new(&Fixture::new(&app), &operation) else { continue };
        let secret = [
            "log_in",
            "refresh_session",
            "issue_token",
            "create_api_client",
            "rotate_api_client_secret",
        ];
        let tokens = secret.contains(&sample.operation);
        let expected = if tokens { "no-store" } else { "private, no-cache" };
        let answer = sample.send(&app.admin());
        assert_eq!(answer.status, sample.status, "{}: {}", sample.operation, answer.text);
        assert_eq!(
            answer.header("cache-control").as_deref(),
            Some(expected),
            "{}",
            sample.operation
        );
        assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"));
        if sample.status == 201 {
            let location = answer.header("location").unwrap();
            let read = app.admin().get(&location);
            // A training is in its list only, which has no tag.
            if sample.operation == "log_external_training" {
                assert_eq!(read.ok(200)["data"][0], answer.json());
                continue;
            }
            assert_eq!(read.etag(), answer.etag(), "{location}");
            // A secret is shown once, in the reply to its creation.
            if !tokens {
                assert_eq!(read.ok(200), answer.json(), "{location}");
            }
        }
    }
}

#[test]
fn a_problem_stays_well_formed_whatever_the_path_is_made_of() {
    let app = TestApp::start();
    for path in ["/%zz", "/%", "/a\"b", "/{user_id}", "/a|b", "/^", "/%00", "//users", "/%25%20"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = send_raw(&app.address, request.as_bytes());
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        let schema = json!({"$ref": "#/components/schemas/Problem"});
        let problem: Value = serde_json::from_str(&answer.text).unwrap();
        assert!(is_valid(&schema, &problem), "{path}: {problem}");
    }
}

#[test]
fn malformed_http_is_a_400_or_closes_the_connection() {
    let app = TestApp::start();
    let requests: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /users HTTP/9.9\r\n\r\n",
        b"GET /users HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /users HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /users HTTP/1.1\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}",
    ];
    for request in requests {
        let answer = raw::try_send(&app.address, request);
        assert!(answer.is_none_or(|answer| answer.status < 500), "{request:?}");
    }
    app.stranger().get("/health/live").ok(200);
}

#[test]
fn a_whole_number_is_one_however_it_is_written() {
    let app = TestApp::start();
    let course = app.course("Whole");
    let days = |days: &str| {
        let body =
            format!(r#"{{"name":"Whole","course_ids":["{course}"],"validity_days":{days}}}"#);
        app.admin().send("POST", "/certifications", &[JSON], Some(&body))
    };
    for (written, read) in [("365", 365), ("365.0", 365), ("3.65e2", 365), ("1", 1)] {
        assert_eq!(days(written).ok(201)["validity_days"], read, "{written}");
    }
    for broken in ["365.5", "1e300", "-0.5"] {
        days(broken).invalid("/validity_days", "invalid_type");
    }
}

#[test]
fn a_problem_repeats_only_so_much_of_a_request() {
    let app = TestApp::start();
    let long = "é".repeat(5000);
    let body = json!({"name": "Long", &long: 1}).to_string();
    let answer = app.admin().send("POST", "/groups", &[JSON], Some(&body));
    let problem = answer.problem(422, "validation_failed");
    assert_eq!(text(&problem["detail"]).chars().count(), 1000);
    assert_eq!(text(&problem["errors"][0]["pointer"]).chars().count(), 1000);
    let answer = app.admin().get(&format!("/users/{}", "%C3%A9".repeat(2000)));
    let instance = text(&answer.problem(404, "not_found")["instance"]);
    assert!(instance.len() <= 2000, "{} characters", instance.len());
    assert_eq!(instance.rfind('%'), Some(instance.len() - 3), "half an escape: {instance}");
}

#[test]
fn the_docs_run_no_script_but_their_own_and_stand_in_no_frame() {
    let app = TestApp::start();
    let page = app.stranger().get("/docs");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    let parts: Vec<&str> = policy.split(';').map(str::trim).collect();
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
        assert!(parts.contains(&part), "{part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("referrer-policy").as_deref(), Some("no-referrer"));
    assert!(!page.text.contains("<script>") && page.text.contains("<script src=\"/docs/"));
    // Whatever is below it has the same headers, and the page has all that it loads.
    let files: Vec<String> =
        page.text.split('"').filter(|it| it.starts_with("/docs/")).map(str::to_owned).collect();
    assert_eq!(files.len(), 7, "{files:?}");
    let others = [
        ("/docs/", 308),
        ("/docs/index.html", 308),
        ("/docs/%69ndex.html", 308),
        ("/docs/oauth2-redirect.html", 404),
        ("/docs/oauth2-redirect.js", 404),
        ("/docs/nothing.js", 404),
    ];
    let files = files.iter().map(|file| (file.as_str(), 200));
    for (path, status) in files.chain(others) {
        let headers = [("accept-encoding", "identity")];
        let answer = app.stranger().send("HEAD", path, &headers, None);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-security-policy").as_ref(), Some(&policy), "{path}");
        assert_eq!(answer.header("referrer-policy").as_deref(), Some("no-referrer"), "{path}");
    }
    let settings = app.stranger().get("/docs/swagger-initializer.js").text;
    assert!(!settings.contains("\"persistAuthorization\": true"), "{settings}");
}
