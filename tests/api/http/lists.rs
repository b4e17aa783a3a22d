//! Lists: query parameters, page limits, cursors.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    reply::{Reply, text},
    samples::{Fixture, Sample, samples},
};

#[track_caller]
fn assert_parameter(answer: &Reply, name: &str) {
    let problem = answer.problem(400, "invalid_parameter");
    assert_eq!(problem["errors"][0]["parameter"], name, "{problem}");
    assert!(problem["errors"][0].get("pointer").is_none());
}

/// The operations that return a page.
fn lists(fixture: &Fixture) -> Vec<Sample> {
    let paged = |sample: &Sample| {
        let parameters = sample.spec["parameters"].as_array();
        parameters.into_iter().flatten().any(|it| it["name"] == "cursor")
    };
    samples(fixture).into_iter().filter(|sample| sample.method == "GET" && paged(sample)).collect()
}

#[test]
fn unknown_and_repeated_parameters_are_refused_everywhere() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let log = app.log(&fixture.subject.id);
    for sample in samples(&fixture).into_iter().filter(Sample::has_problems) {
        for (query, name) in
            [("nonsense=1", "nonsense"), ("Limit=1", "Limit"), ("a%5Bb%5D=", "a[b]"), ("=", "")]
        {
            let path = format!("{}?{query}", sample.path);
            let sample =
                Sample { path, body: sample.body.clone(), method: sample.method.clone(), ..sample };
            assert_parameter(&sample.send(&app.admin()), name);
        }
    }
    assert_eq!(app.log(&fixture.subject.id).len(), log.len());
    for sample in lists(&fixture) {
        let answer = app.admin().get(&format!("{}?limit=1&limit=1", sample.path));
        assert_parameter(&answer, "limit");
    }
}

#[test]
fn a_limit_is_one_to_a_hundred() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    for sample in lists(&fixture) {
        for limit in
            ["0", "101", "-1", "abc", "", "1.5", "1e1", "99999999999999999999", "%00", "1,2"]
        {
            assert_parameter(&app.admin().get(&format!("{}?limit={limit}", sample.path)), "limit");
        }
        for limit in [1, 100] {
            let page = app.admin().get(&format!("{}?limit={limit}", sample.path)).ok(200);
            assert!(page["data"].as_array().unwrap().len() <= limit);
        }
    }
}

#[test]
fn every_parameter_of_every_list_is_checked() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let long = "x".repeat(4001);
    for sample in lists(&fixture) {
        for parameter in sample.spec["parameters"].as_array().unwrap() {
            if parameter["in"] != "query" {
                continue;
            }
            let name = text(&parameter["name"]);
            let ask = |value: &str| app.admin().get(&format!("{}?{name}={value}", sample.path));
            assert_parameter(&ask("%00"), &name);
            assert_parameter(&ask(&long), &name);
            if name == "q" {
                ask("").ok(200);
                ask("%F0%9D%84%9E").ok(200);
                ask("%FF").ok(200);
                continue;
            }
            for value in ["", "nonsense", "%FF", "%27%20OR%201=1--"] {
                let answer = ask(value);
                assert_eq!(
                    answer.status, 400,
                    "{name}={value} of {}: {}",
                    sample.path, answer.text
                );
                assert_eq!(answer.json()["errors"][0]["parameter"], name);
            }
        }
    }
}

#[test]
fn a_total_is_counted_only_if_it_is_asked_for() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    for sample in lists(&fixture) {
        let plain = app.admin().get(&sample.path).ok(200);
        assert_eq!(plain["page"]["total_count"], Value::Null, "{}", sample.path);
        let counted = app.admin().get(&format!("{}?include=total_count", sample.path)).ok(200);
        if counted["page"]["has_more"] == false {
            let length = counted["data"].as_array().unwrap().len();
            assert_eq!(counted["page"]["total_count"], length, "{}", sample.path);
        }
    }
}

#[test]
fn a_cursor_is_good_for_its_list_with_its_filters_and_for_nothing_else() {
    let app = TestApp::start();
    let admin = app.admin();
    for name in ["Ann", "Bea", "Cleo"] {
        app.learner(name);
        app.course(name);
        app.plan(name);
    }
    let next = |path: &str| text(&admin.get(path).ok(200)["page"]["next_cursor"]);
    let users = next("/users?limit=1&status=active&q=learner");
    admin.get(&format!("/users?limit=2&q=learner&status=active&cursor={users}")).ok(200);
    let counted = "include=total_count&status=active&q=learner";
    admin.get(&format!("/users?{counted}&cursor={users}")).ok(200);
    let courses = next("/courses?limit=1");
    let by_name = next("/users?limit=1");
    let sorted = next("/users?limit=1&sort=name");
    let others = [
        format!("/users?cursor={users}"),
        format!("/users?q=learner&cursor={users}"),
        format!("/users?q=Learner&status=active&cursor={users}"),
        format!("/users?q=learner&status=inactive&cursor={users}"),
        format!("/users?q=learner&status=active&kind=person&cursor={users}"),
        format!("/users?sort=-name&cursor={by_name}"),
        format!("/users?sort=created_at&cursor={sorted}"),
        format!("/users?cursor={courses}"),
        format!("/learning-plans?cursor={courses}"),
        format!("/courses?cursor={by_name}"),
        format!("/enrollments?cursor={courses}"),
    ];
    for path in others {
        let problem = admin.get(&path).problem(400, "invalid_cursor");
        assert_eq!(problem["errors"][0]["parameter"], "cursor", "{path}");
    }
}

#[test]
fn a_cursor_of_one_users_list_is_not_one_of_another_users() {
    let app = TestApp::start();
    let (sam, kim) = (app.learner("Sam"), app.learner("Kim"));
    for list in ["activity", "enrollments", "learning-plans"] {
        for name in ["One", "Two"] {
            app.enrollment(&sam.id, &app.course(name));
            let plan = format!("/users/{}/learning-plans/{}", sam.id, app.plan(name));
            app.admin().put(&plan, json!({})).ok(200);
        }
        let page = app.admin().get(&format!("/users/{}/{list}?limit=1", sam.id)).ok(200);
        let cursor = text(&page["page"]["next_cursor"]);
        app.admin().get(&format!("/users/{}/{list}?cursor={cursor}", sam.id)).ok(200);
        let other = app.admin().get(&format!("/users/{}/{list}?cursor={cursor}", kim.id));
        other.problem(400, "invalid_cursor");
    }
}

#[test]
fn a_forged_cursor_is_refused_or_harmless() {
    let app = TestApp::start();
    let fixture = Fixture::new(&app);
    let admin = app.admin();
    let made_up = [
        "",
        "x",
        "null",
        "e30",
        "bnVsbA",
        "W10",
        "%00",
        "eyJmIjoiIiwicCI6e319",
        "....",
        "=",
        "%2B%2F",
        "🍪",
    ];
    for sample in lists(&fixture) {
        for cursor in made_up.map(|it| it.replace('🍪', "%F0%9F%8D%AA")) {
            let answer = admin.get(&format!("{}?cursor={cursor}", sample.path));
            assert_eq!(answer.status, 400, "{cursor}: {}", answer.text);
        }
        // Decoded and encoded again in another order.
        let page = admin.get(&format!("{}?limit=1", sample.path)).ok(200);
        let Some(cursor) = page["page"]["next_cursor"].as_str() else { continue };
        let cursor: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
        let values = [
            json!(null),
            json!(true),
            json!(i64::MAX),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(1e308),
            json!(""),
            json!("\u{0}"),
            json!("a\u{0}b"),
            json!("'; DROP TABLE users; --"),
            json!("𝄞"),
            json!("0001-01-01T00:00:00Z"),
            json!("9999-12-31T23:59:59.999Z"),
            json!([]),
            json!({}),
        ];
        for field in cursor["p"].as_object().unwrap().keys() {
            for value in &values {
                let mut forged = cursor.clone();
                forged["p"][field] = value.clone();
                let forged = URL_SAFE_NO_PAD.encode(forged.to_string());
                let answer = admin.get(&format!("{}?cursor={forged}", sample.path));
                assert!(matches!(answer.status, 200 | 400), "{field} {value}: {}", answer.text);
            }
        }
    }
}
