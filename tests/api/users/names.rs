//! Names of users and groups: everybody sees what they are.

use serde_json::{Value, json};

use crate::support::{app::TestApp, client::CSV, reply::text};

const BAD: [(&str, &str); 11] = [
    (" ", "blank"),
    ("\u{a0}\u{3000}", "blank"),
    ("\u{200b}", "invalid_character"),
    ("Sam\u{202e}maS", "invalid_character"),
    ("\u{2066}Sam\u{2069}", "invalid_character"),
    ("Sam\u{200d}", "invalid_character"),
    ("\u{feff}Sam", "invalid_character"),
    ("\u{301}", "blank"),
    ("S\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}am", "invalid_character"),
    ("Sam\u{ffff}", "invalid_character"),
    ("\u{e000}", "invalid_character"),
];

const GOOD: [&str; 5] = ["علی\u{200c}رضا", "Zoë", "山田", "O’Neill-Ito", "Nguye\u{302}\u{303}n"];

#[test]
fn a_name_has_something_to_see_and_nothing_that_hides() {
    let app = TestApp::start();
    let (admin, sam, group) = (app.admin(), app.learner("Sam"), app.group("Group"));
    let (user, group) = (format!("/users/{}", sam.id), format!("/groups/{group}"));
    for (name, code) in BAD {
        for field in ["given_name", "surname"] {
            let mut body = json!({"email": "x@example.com", "given_name": "A", "surname": "B"});
            body[field] = json!(name);
            admin.post("/users", body).invalid(&format!("/{field}"), code);
            admin.patch_now(&user, json!({field: name})).invalid(&format!("/{field}"), code);
        }
        admin.post("/groups", json!({"name": name})).invalid("/name", code);
        admin.patch_now(&group, json!({"name": name})).invalid("/name", code);
    }
    for name in GOOD {
        let changed = admin.patch_now(&user, json!({"given_name": name, "surname": name})).ok(200);
        assert_eq!(changed["name"], format!("{name} {name}"));
        assert_eq!(admin.post("/groups", json!({"name": name})).ok(201)["name"], name);
    }
}

#[test]
fn an_import_takes_no_name_that_hides_something() {
    let app = TestApp::start();
    let csv = "email,given_name,surname\na@example.com,S\u{202e}am,Ito\nb@example.com,Sam,Ito\n";
    let report = app.admin().send("POST", "/users/import", &[CSV], Some(csv)).ok(200);
    assert_eq!(report["data"][0]["outcome"], "invalid");
    assert_eq!(report["data"][0]["errors"][0]["code"], "invalid_character");
    assert_eq!(report["data"][1]["outcome"], "created");
}

#[test]
fn names_from_before_are_shown_as_they_are() {
    let app = TestApp::start();
    let (sam, old) = (app.learner("Sam"), "Sam\u{202e}maS");
    let set = format!("UPDATE users SET given_name = '{old}' WHERE email = '{}'", sam.email);
    app.database.sabotage(&set).unwrap();
    let path = format!("/users/{}", sam.id);
    assert_eq!(app.admin().get(&path).ok(200)["given_name"], old);
    // Another field can still be changed.
    let changed: Value = app.admin().patch_now(&path, json!({"time_zone": "Asia/Tokyo"})).ok(200);
    assert_eq!(text(&changed["given_name"]), old);
}
