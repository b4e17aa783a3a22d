//! Conditional requests (RFC 9110, section 13).

use serde_json::json;

use crate::support::{
    app::TestApp,
    client::JSON,
    contract::template_of,
    reply::Reply,
    samples::{Fixture, Sample, samples},
};

fn singles(fixture: &Fixture, method: &str) -> Vec<Sample> {
    let single = |sample: &Sample| {
        let template = template_of(&sample.path).unwrap();
        sample.method == method && template.ends_with('}')
    };
    samples(fixture).into_iter().filter(single).collect()
}

#[test]
fn every_single_resource_has_a_strong_tag_and_is_not_sent_twice() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    let reads = singles(&fixture, "GET");
    assert!(reads.len() >= 5, "there are more than that");
    for sample in reads {
        let read = admin.get(&sample.path);
        let etag = read.etag();
        assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2, "{etag}");
        assert!(read.ok(200).get("etag").is_none());
        let ask = |values: &[&str], method: &str| {
            let headers: Vec<_> = values.iter().map(|it| ("if-none-match", *it)).collect();
            admin.send(method, &sample.path, &headers, None)
        };
        let (weak, list) = (format!("W/{etag}"), format!("\"x\",  {etag} , \"y\""));
        let same: [&[&str]; 5] = [&[&etag], &[&weak], &[&list], &["*"], &["\"x\"", &etag]];
        for values in same {
            for method in ["GET", "HEAD"] {
                let answer = ask(values, method);
                assert_eq!((answer.status, &*answer.text), (304, ""), "{values:?}");
                assert_eq!(answer.etag(), etag);
                assert_eq!(answer.header("cache-control").as_deref(), Some("private, no-cache"));
            }
        }
        // Other tags, and malformed ones, are ignored.
        let bare = etag.trim_matches('"').to_owned();
        for value in
            ["\"x\"", &bare, "", "\"", "W/", "W/*", "\"0\"", "w/\"1\"", "W/W/\"1\"", "\"01\""]
        {
            ask(&[value], "GET").ok(200);
        }
    }
}

#[test]
fn a_tag_changes_with_the_resource_and_only_then() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    for sample in singles(&fixture, "PATCH") {
        let before = admin.get(&sample.path);
        assert_eq!(admin.get(&sample.path).etag(), before.etag());
        let body = sample.body.clone().unwrap();
        let changed = admin.patch(&sample.path, &before.etag(), body);
        changed.ok(200);
        assert_ne!(changed.etag(), before.etag(), "{}", sample.operation);
        let after = admin.get(&sample.path);
        assert_eq!((after.etag(), after.json()), (changed.etag(), changed.json()));
        let headers = [("if-none-match", &*before.etag())];
        admin.send("GET", &sample.path, &headers, None).ok(200);
    }
}

#[test]
fn a_patch_needs_the_tag_of_what_is_there() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    let patches = singles(&fixture, "PATCH");
    assert!(patches.len() >= 5, "there are more than that");
    for sample in patches {
        let before = admin.get(&sample.path);
        let etag = before.etag();
        let patch = |tags: &[&str]| -> Reply {
            let mut headers: Vec<_> = tags.iter().map(|it| ("if-match", *it)).collect();
            headers.push(JSON);
            let body = sample.body.as_ref().unwrap().to_string();
            admin.send("PATCH", &sample.path, &headers, Some(&body))
        };
        patch(&[]).problem(428, "precondition_required");
        let weak = format!("W/{etag}");
        let padded = format!("\"0{}", etag.trim_start_matches('"'));
        let signed = format!("\"+{}", etag.trim_start_matches('"'));
        let stale = [
            "\"999\"",
            "\"x\"",
            "\"\"",
            "\"0\"",
            "\"-1\"",
            "\"9\", \"8\"",
            "\"1,2\"",
            &weak,
            &padded,
            &signed,
        ];
        for tag in stale {
            patch(&[tag]).problem(412, "precondition_failed");
        }
        for broken in [etag.trim_matches('"'), "\"1", "1\"", "W/", "tag", "", ","] {
            patch(&[broken]).problem(400, "malformed_request");
        }
        let after = admin.get(&sample.path);
        assert_eq!((after.etag(), after.json()), (etag.clone(), before.json()), "nothing was done");

        let list = format!("\"x\", , {etag} ,W/\"y\"");
        patch(&[&list]).ok(200);
        patch(&["*"]).ok(200);
        let etag = admin.get(&sample.path).etag();
        patch(&["\"x\"", &etag]).ok(200);
    }
}

#[test]
fn of_two_who_read_the_same_only_one_can_change_it() {
    let app = TestApp::start();
    let path = format!("/courses/{}", app.course("Security Basics"));
    let etag = app.admin().get(&path).etag();
    app.admin().patch(&path, &etag, json!({"title": "One"})).ok(200);
    app.admin().patch(&path, &etag, json!({"title": "Two"})).problem(412, "precondition_failed");
    assert_eq!(app.admin().get(&path).ok(200)["title"], "One");
}

#[test]
fn a_caller_who_may_not_change_is_refused_whatever_the_tag() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let nobody = app.learner("Nobody").client;
    let path = format!("/users/{}", fixture.subject.id);
    for tag in ["\"1\"", "\"999\"", "*"] {
        nobody.patch(&path, tag, json!({"surname": "X"})).problem(404, "not_found");
        let own = fixture.subject.client.patch(&path, tag, json!({"surname": "X"}));
        own.problem(403, "forbidden");
    }
}
