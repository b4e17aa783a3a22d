//! Lists of users: which users a caller sees, in which order, page by page.

use serde_json::{Value, json};

use crate::support::{app::TestApp, client::Client, expect::column, reply::text};

fn add(admin: &Client, given_name: &str, surname: &str, email: &str, more: Value) -> String {
    let mut body = json!({"given_name": given_name, "surname": surname, "email": email});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    text(&admin.post("/users", body).ok(201)["id"])
}

fn names(client: &Client, query: &str) -> Vec<String> {
    column(&client.all(&format!("/users{query}")), "name")
}

#[test]
fn a_search_finds_characters_anywhere_without_regard_to_case() {
    let app = TestApp::start();
    let admin = app.admin();
    add(&admin, "Élodie", "Straße", "e@example.com", json!({}));
    add(&admin, "Ödön", "Çelik", "o@example.org", json!({}));
    add(&admin, "ΟΔΥΣΣΕΥΣ", "Ιθάκη", "x@example.net", json!({}));
    let found = [
        ("élodie", "Élodie Straße"),
        ("ÉLODIE", "Élodie Straße"),
        ("strasse", "Élodie Straße"),
        ("STRASSE", "Élodie Straße"),
        ("straße", "Élodie Straße"),
        ("STRAß", "Élodie Straße"),
        ("die%20stra", "Élodie Straße"),
        ("ÖDÖN%20ç", "Ödön Çelik"),
        ("EXAMPLE.ORG", "Ödön Çelik"),
        ("οδυσσευς", "ΟΔΥΣΣΕΥΣ Ιθάκη"),
        ("ιθάκη", "ΟΔΥΣΣΕΥΣ Ιθάκη"),
    ];
    for (q, name) in found {
        assert_eq!(names(&admin, &format!("?q={}", encoded(q))), [name], "{q}");
    }
    assert_eq!(names(&admin, "?q=nobody").len(), 0);
    assert_eq!(names(&admin, "?q=").len(), 4, "nothing is a part of everything");
}

/// Percent-encoded, except for what already is.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"%.-".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[test]
fn a_search_knows_no_wildcards() {
    let app = TestApp::start();
    let admin = app.admin();
    add(&admin, "100%", "Sure", "a@example.com", json!({}));
    add(&admin, "snake_case", "User", "b@example.com", json!({}));
    add(&admin, r"back\slash", "User", "c@example.com", json!({}));
    add(&admin, "O'Hara", "[a-z]*", "d@example.com", json!({}));
    let found = [
        ("%25", "100% Sure"),
        ("_", "snake_case User"),
        ("e_c", "snake_case User"),
        ("%5C", r"back\slash User"),
        ("%27", "O'Hara [a-z]*"),
        ("*", "O'Hara [a-z]*"),
        ("[a-z]", "O'Hara [a-z]*"),
    ];
    for (q, name) in found {
        assert_eq!(names(&admin, &format!("?q={q}")), [name], "{q}");
    }
    for q in ["s%25e", "s_a", "%5C%5C", "%5C_", "?"] {
        assert!(names(&admin, &format!("?q={q}")).is_empty(), "{q}");
    }
}

#[test]
fn a_search_for_something_very_long_finds_nothing() {
    let app = TestApp::start();
    // SQLite limits the length of a pattern, which a client must not notice.
    for letter in ["a", "%25", "_"] {
        let path = format!("/users?q={}", letter.repeat(20_000));
        let answer = app.admin().get(&path);
        assert!(matches!(answer.status, 200 | 400), "{}", answer.text);
    }
    app.admin().get(&format!("/users?q={}", "a".repeat(60_000))).problem(400, "invalid_parameter");
}

#[test]
fn filters_narrow_together() {
    let app = TestApp::start();
    let admin = app.admin();
    let boss = app.learner("Boss");
    let supervised = json!({"supervisor_ids": [boss.id]});
    add(&admin, "Sam", "Rivera", "sam@example.com", supervised.clone());
    add(&admin, "Kim", "Rivera", "kim@example.com", json!({"status": "inactive"}));
    add(&admin, "Bot", "Rivera", "bot@example.com", json!({"kind": "api"}));
    let boss_id = &boss.id;
    let cases = [
        ("?q=rivera".to_owned(), vec!["Bot Rivera", "Kim Rivera", "Sam Rivera"]),
        ("?status=inactive".to_owned(), vec!["Kim Rivera"]),
        ("?kind=api".to_owned(), vec!["Bot Rivera"]),
        (format!("?supervisor_id={boss_id}"), vec!["Sam Rivera"]),
        ("?q=rivera&status=active&kind=person".to_owned(), vec!["Sam Rivera"]),
        (format!("?supervisor_id={boss_id}&status=inactive"), vec![]),
        ("?supervisor_id=01977f3e-5c00-7000-8000-000000000000".to_owned(), vec![]),
    ];
    for (query, expected) in cases {
        assert_eq!(names(&admin, &query), expected, "{query}");
    }
    let sam = admin.get("/users?q=sam@").ok(200)["data"][0].clone();
    assert_eq!(sam["supervisor_ids"], json!([boss.id]), "lists tell of supervisors too");
}

#[test]
fn a_list_is_ordered_as_asked_and_the_same_page_by_page() {
    let app = TestApp::start();
    let admin = app.admin();
    // Twice the same name, so that only the id tells them apart; and letters beyond ASCII.
    let people = ["Bea", "adam", "Zoe", "Bea", "Émile", "Carl", "bea"];
    let added: Vec<String> = people
        .iter()
        .enumerate()
        .map(|(n, name)| add(&admin, name, "Same", &format!("{n}@example.com"), json!({})))
        .collect();
    let by_name: Vec<String> = [1, 0, 3, 6, 5, 2, 4].iter().map(|n| added[*n].clone()).collect();
    let reversed = |ids: &[String]| ids.iter().rev().cloned().collect::<Vec<_>>();
    let cases = [
        ("", by_name.clone()),
        ("&sort=name", by_name.clone()),
        ("&sort=-name", reversed(&by_name)),
        ("&sort=created_at", added.clone()),
        ("&sort=-created_at", reversed(&added)),
    ];
    for (sort, expected) in cases {
        assert_eq!(column(&admin.all(&format!("/users?q=same{sort}")), "id"), expected, "{sort}");
        for limit in [1, 2, 3, 7] {
            let mut path = format!("/users?q=same&limit={limit}{sort}");
            let mut ids = Vec::new();
            loop {
                let page = admin.get(&path).ok(200);
                let data = page["data"].as_array().unwrap();
                assert!(!data.is_empty() && data.len() <= limit, "an empty page, or too long");
                ids.extend(column(data, "id"));
                let Some(cursor) = page["page"]["next_cursor"].as_str() else { break };
                path = format!("/users?q=same&limit={limit}{sort}&cursor={cursor}");
            }
            assert_eq!(ids, expected, "{sort}, {limit} at a time");
        }
    }
}

#[test]
fn a_cursor_leads_on_however_long_and_odd_the_name_is() {
    let app = TestApp::start();
    let admin = app.admin();
    // Folded, the second is three times as long; the third looks like a NUL at first sight.
    for (number, part) in
        ["𝄞".repeat(200), "\u{390}".repeat(200), r"\u0000".repeat(33)].iter().enumerate()
    {
        add(&admin, part, part, &format!("long{number}@example.com"), json!({}));
    }
    let mut path = "/users?q=long&limit=1".to_owned();
    for _ in 0..2 {
        let page = admin.get(&path).ok(200);
        path = format!("/users?q=long&limit=1&cursor={}", text(&page["page"]["next_cursor"]));
    }
    assert_eq!(admin.get(&path).ok(200)["page"]["has_more"], false);
}

#[test]
fn a_user_added_between_pages_moves_no_other() {
    let app = TestApp::start();
    let admin = app.admin();
    for name in ["Bea", "Dora", "Fay"] {
        add(&admin, name, "Same", &format!("{name}@example.com"), json!({}));
    }
    let first = admin.get("/users?q=same&limit=2").ok(200);
    for name in ["Ann", "Cleo", "Eve", "Gil"] {
        add(&admin, name, "Same", &format!("{name}@example.com"), json!({}));
    }
    let cursor = text(&first["page"]["next_cursor"]);
    let rest = names(&admin, &format!("?q=same&cursor={cursor}"));
    assert_eq!(rest, ["Eve Same", "Fay Same", "Gil Same"]);
}

#[test]
fn twenty_five_come_at_once_and_are_counted_only_on_demand() {
    let app = TestApp::start();
    let admin = app.admin();
    for number in 0..26 {
        add(&admin, "Number", &number.to_string(), &format!("{number}@example.com"), json!({}));
    }
    let page = admin.get("/users?q=number").ok(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 25);
    assert_eq!(page["page"]["has_more"], true);
    assert_eq!(page["page"]["total_count"], Value::Null);
    let counted = admin.get("/users?q=number&include=total_count&limit=1").ok(200);
    assert_eq!(counted["page"]["total_count"], 26);
    let cursor = text(&page["page"]["next_cursor"]);
    let last = admin.get(&format!("/users?q=number&include=total_count&cursor={cursor}")).ok(200);
    assert_eq!(last["data"].as_array().unwrap().len(), 1);
    let end = json!({"next_cursor": null, "has_more": false, "total_count": 26});
    assert_eq!(last["page"], end);
}

#[test]
fn supervisors_see_themselves_and_their_people_and_nobody_else() {
    let app = TestApp::start();
    let (boss, other) = (app.learner("Boss"), app.learner("Other"));
    let (sam, kim) = (app.learner("Sam"), app.learner("Kim"));
    let course = app.course("Security Basics");
    for (person, supervisor) in [(&sam, &boss), (&kim, &other)] {
        let path = format!("/users/{}", person.id);
        app.admin().patch_now(&path, json!({"supervisor_ids": [supervisor.id]})).ok(200);
        app.enrollment(&person.id, &course);
    }
    let boss_sees = boss.client.get("/users?include=total_count").ok(200);
    assert_eq!(
        column(boss_sees["data"].as_array().unwrap(), "name"),
        ["Boss Learner", "Sam Learner"]
    );
    assert_eq!(boss_sees["page"]["total_count"], 2);
    assert_eq!(names(&sam.client, ""), ["Sam Learner"]);
    // A filter does not widen what a caller sees.
    assert!(names(&boss.client, &format!("?supervisor_id={}", other.id)).is_empty());
    assert!(names(&boss.client, "?q=kim").is_empty());
    let enrolled = boss.client.get("/enrollments?include=total_count").ok(200);
    assert_eq!(column(enrolled["data"].as_array().unwrap(), "user_id"), [sam.id.as_str()]);
    assert_eq!(enrolled["page"]["total_count"], 1);
    assert!(boss.client.all(&format!("/enrollments?user_id={}", kim.id)).is_empty());
    for path in ["", "/enrollments", "/learning-plans", "/activity"] {
        boss.client.get(&format!("/users/{}{path}", sam.id)).ok(200);
        boss.client.get(&format!("/users/{}{path}", kim.id)).problem(404, "not_found");
    }
    // It ends with the supervision.
    app.admin().patch_now(&format!("/users/{}", sam.id), json!({"supervisor_ids": []})).ok(200);
    assert_eq!(names(&boss.client, ""), ["Boss Learner"]);
    boss.client.get(&format!("/users/{}", sam.id)).problem(404, "not_found");
}
