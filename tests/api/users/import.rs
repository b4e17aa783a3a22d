//! The import of users from CSV.

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{CSV, Client},
    reply::{Reply, text},
};

fn import(client: &Client, csv: &str) -> Reply {
    client.send("POST", "/users/import", &[CSV], Some(csv))
}

/// Imports a file, and returns the lines of the report.
#[track_caller]
fn lines(client: &Client, csv: &str) -> Vec<Value> {
    import(client, csv).ok(200)["data"].as_array().unwrap().clone()
}

fn outcomes(lines: &[Value]) -> Vec<String> {
    lines.iter().map(|line| text(&line["outcome"])).collect()
}

/// The column and the code of each error of a line.
fn errors(line: &Value) -> Vec<(Option<&str>, &str)> {
    let errors = line["errors"].as_array().unwrap();
    errors.iter().map(|it| (it["column"].as_str(), it["code"].as_str().unwrap())).collect()
}

#[test]
fn a_file_creates_and_updates_users_and_tells_each_log() {
    let app = TestApp::start();
    let (sam, boss) = (app.learner("Sam"), app.learner("Boss"));
    let (home, group, plan) = (app.group("Léadership"), app.group("Night"), app.plan("Forklift"));
    let csv = format!(
        "\u{feff}surname,email,given_name,employee_id,role,time_zone,home_group,groups,learning_plans,supervisors\r\n\
         \"Keller, Dr.\",robin@example.com,Robin,E 1,auditor,Asia/Tokyo,LÉADERSHIP,\"night; {home}\",{plan},{}\r\n\
         Other,{},,,,,,,,\r\n",
        boss.email,
        sam.email.to_uppercase(),
    );
    let report = import(&app.admin(), &csv).ok(200);
    assert_eq!(
        report["summary"],
        json!({"created": 1, "updated": 1, "unchanged": 0, "invalid": 0})
    );
    let id = text(&report["data"][0]["user_id"]);
    assert_eq!(
        report["data"],
        json!([
            {"line": 2, "outcome": "created", "user_id": id, "errors": []},
            {"line": 3, "outcome": "updated", "user_id": sam.id, "errors": []},
        ])
    );
    let user = app.admin().get(&format!("/users/{id}")).ok(200);
    assert_eq!(user["name"], "Robin Keller, Dr.");
    assert_eq!((&user["role"], &user["time_zone"]), (&json!("auditor"), &json!("Asia/Tokyo")));
    assert_eq!((&user["employee_id"], &user["kind"]), (&json!("E 1"), &json!("person")));
    assert_eq!(user["home_group_id"], home);
    assert_eq!(user["supervisor_ids"], json!([boss.id]));
    let members = app.admin().all(&format!("/users?group_id={group}"));
    assert_eq!(members.len(), 1);

    let log = app.log(&id);
    assert!(log.iter().all(|entry| entry["source"] == "import"), "{log:?}");
    assert!(log.iter().all(|entry| entry["entered_by"]["name"] == "Ada Admin"));
    let told = [
        "learning_plan.assigned",
        "group.member_added",
        "user.supervisor_added",
        "group.home_changed",
        "group.member_added",
    ];
    assert_eq!(app.actions(&id), told);
    // The key is the same address; only the surname changed.
    assert_eq!(app.log(&sam.id)[0]["changes"][0]["field"], "surname");
    assert_eq!(app.log(&sam.id)[0]["source"], "import");
    assert_eq!(app.log(&sam.id)[0]["changes"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_imported_again_is_unchanged_and_not_logged() {
    let app = TestApp::start();
    let (boss, group) = (app.learner("Boss"), app.group("Night"));
    app.plan("Forklift");
    let csv = format!(
        "employee_id,email,given_name,surname,home_group,learning_plans,supervisors\n\
         E1,new@example.com,New,User,{group},forklift,{}\n",
        boss.id
    );
    let first = lines(&app.admin(), &csv);
    let log = app.log(first[0]["user_id"].as_str().unwrap());
    let second = lines(&app.admin(), &csv);
    assert_eq!(outcomes(&second), ["unchanged"]);
    assert_eq!(second[0]["user_id"], first[0]["user_id"]);
    assert_eq!(app.log(first[0]["user_id"].as_str().unwrap()), log);
}

#[test]
fn one_bad_line_does_not_lose_the_others_and_is_done_not_at_all() {
    let app = TestApp::start();
    app.group("Night");
    app.group("Night");
    let csv = "email,given_name,surname,groups,learning_plans,role,kind\n\
               one@example.com,One,User,,,,\n\
               \n\
               two@example.com,Two,User,nowhere;Night,none,,\n\
               three@example.com,Three,,,,,\n\
               no address,Four,User,,,boss,robot\n\
               five@example.com,Five\n\
               ,Six,User,,,,\n\
               admin@example.com,,Changed,,,learner,\n\
               admin@example.com,,,,,,api\n\
               \"seven\n@example.com\",Seven,User,,,,\n\
               eight@example.com,Eight,User,,,,";
    let done = lines(&app.admin(), csv);
    let bad = "invalid";
    assert_eq!(outcomes(&done), ["created", bad, bad, bad, bad, bad, bad, bad, bad, "created"]);
    let numbers: Vec<i64> = done.iter().map(|line| line["line"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [2, 4, 5, 6, 7, 8, 9, 10, 11, 13]);
    let in_groups = (Some("groups"), "unknown");
    assert_eq!(
        errors(&done[1]),
        [in_groups, (Some("groups"), "ambiguous"), (Some("learning_plans"), "unknown")]
    );
    assert_eq!(errors(&done[2]), [(Some("surname"), "required")]);
    let kind = (Some("kind"), "invalid_choice");
    let role = (Some("role"), "invalid_choice");
    assert_eq!(errors(&done[3]), [role, kind, (Some("email"), "invalid_email")]);
    assert_eq!(errors(&done[4]), [(None, "wrong_length")]);
    assert_eq!(errors(&done[5]), [(Some("email"), "required")]);
    // The last administrator: the surname has not changed either.
    assert_eq!(errors(&done[6]), [(None, "conflict")]);
    assert_eq!(app.admin().get("/me").ok(200)["name"], "Ada Admin");
    assert_eq!(errors(&done[7]), [(Some("kind"), "not_allowed")]);
    assert_eq!(errors(&done[8]), [(Some("email"), "invalid_email")]);
    assert_eq!(app.admin().all("/users").len(), 3);
}

#[test]
fn a_line_that_fails_at_its_end_leaves_nothing_of_its_beginning() {
    let app = TestApp::start();
    let group = app.group("Closed");
    app.admin().patch_now(&format!("/groups/{group}"), json!({"status": "archived"})).ok(200);
    let sam = app.learner("Sam");
    let before = app.log(&sam.id);
    let csv = format!("email,surname,groups\n{},Other,Closed\n", sam.email);
    let done = lines(&app.admin(), &csv);
    assert_eq!(errors(&done[0]), [(Some("groups"), "conflict")]);
    assert_eq!(app.log(&sam.id), before);
    assert_eq!(app.admin().get(&format!("/users/{}", sam.id)).ok(200)["name"], sam.name);
}

#[test]
fn the_email_is_the_key_before_the_employee_id() {
    let app = TestApp::start();
    let csv = "email,employee_id,given_name,surname\n\
               one@example.com,E1,One,User\n\
               two@example.com,E2,Two,User\n\
               two@example.com,E1,,\n\
               moved@example.com,E1,,\n\
               ,E2,Second,\n\
               two@example.com,E3,,\n";
    let done = lines(&app.admin(), csv);
    let told = ["created", "created", "invalid", "updated", "updated", "updated"];
    assert_eq!(outcomes(&done), told);
    assert_eq!(errors(&done[2]), [(Some("employee_id"), "already_exists")]);
    assert_eq!(done[3]["user_id"], done[0]["user_id"]);
    assert_eq!(done[5]["user_id"], done[1]["user_id"]);
    let path = format!("/users/{}", text(&done[0]["user_id"]));
    assert_eq!(app.admin().get(&path).ok(200)["email"], "moved@example.com");
}

#[test]
fn a_dry_run_reports_what_the_real_run_does_and_writes_nothing() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    app.group("Night");
    let csv = format!(
        "email,given_name,surname,groups,supervisors\n\
         new@example.com,New,User,Night,\n\
         new@example.com,Newer,,,\n\
         new@example.com,Newer,,night,\n\
         {},,,nowhere,\n\
         {},,,Night,new@example.com\n",
        sam.email, sam.email
    );
    let before = (app.admin().all("/users"), app.log(&sam.id));
    let admin = app.admin();
    let dry = admin.send("POST", "/users/import?dry_run=true", &[CSV], Some(&csv)).ok(200);
    assert_eq!((app.admin().all("/users"), app.log(&sam.id)), before);
    let dry = dry["data"].as_array().unwrap();
    assert_eq!(outcomes(dry), ["created", "updated", "unchanged", "invalid", "updated"]);
    let ids: Vec<Option<&str>> = dry.iter().map(|line| line["user_id"].as_str()).collect();
    assert_eq!(ids, [None, None, None, None, Some(sam.id.as_str())]);

    let path = "/users/import?dry_run=false";
    let real = admin.send("POST", path, &[CSV], Some(&csv)).ok(200);
    let real = real["data"].as_array().unwrap();
    assert_eq!(outcomes(real), outcomes(dry));
    assert_eq!(real[3]["errors"], dry[3]["errors"]);
    assert_eq!(real[0]["user_id"], real[2]["user_id"]);
}

#[test]
fn hundreds_of_lines_are_done_one_after_another_and_a_bad_one_alone_is_lost() {
    let app = TestApp::start();
    app.group("Night");
    let plan = app.plan("Forklift");
    let (mut csv, mut told) =
        ("email,given_name,surname,groups,learning_plans,supervisors\n".to_owned(), vec![]);
    for number in 0..230 {
        // All are supervised by the first one, and every fiftieth names an unknown group.
        let boss = if number == 0 { "" } else { "0@crowd.example.com" };
        let (group, outcome) =
            if number % 50 == 49 { ("Day", "invalid") } else { ("Night", "created") };
        csv += &format!("{number}@crowd.example.com,Number,{number},{group},{plan},{boss}\n");
        told.push(outcome);
    }
    let admin = app.admin();
    let dry = admin.send("POST", "/users/import?dry_run=true", &[CSV], Some(&csv)).ok(200);
    assert_eq!(outcomes(dry["data"].as_array().unwrap()), told);
    assert_eq!(admin.all("/users").len(), 1);
    let done = lines(&admin, &csv);
    assert_eq!(outcomes(&done), told);
    for line in done.iter().filter(|line| line["outcome"] == "created").skip(1) {
        let id = text(&line["user_id"]);
        let log = [
            "learning_plan.assigned",
            "group.member_added",
            "user.supervisor_added",
            "user.created",
        ];
        let page = admin.get(&format!("/users/{id}/activity")).ok(200);
        let actions: Vec<String> =
            page["data"].as_array().unwrap().iter().map(|it| text(&it["action"])).collect();
        assert_eq!(actions, log);
    }
}

#[test]
fn a_line_that_shuts_the_caller_out_is_the_last_one_that_is_done() {
    let app = TestApp::start();
    let csv = "email,given_name,surname,role,status\n\
               other@example.com,Other,Admin,administrator,\n\
               admin@example.com,,,,inactive\n\
               late@example.com,Late,User,,\n";
    let admin = app.admin();
    let dry = admin.send("POST", "/users/import?dry_run=true", &[CSV], Some(csv)).ok(200);
    let dry = dry["data"].as_array().unwrap();
    let real = lines(&admin, csv);
    for lines in [dry, &real] {
        assert_eq!(outcomes(lines), ["created", "updated", "invalid"]);
        assert_eq!(errors(&lines[2]), [(None, "invalid_token")]);
    }
    admin.get("/me").problem(401, "invalid_token");
}

#[test]
fn the_source_differs_for_an_administrator_oneself_a_group_and_an_import() {
    let app = TestApp::start();
    let (by_hand, grouped) = (app.plan("By hand"), app.plan("Grouped"));
    app.plan("Imported");
    let group = app.group("Night");
    let auto = json!({"auto": true});
    app.admin().put(&format!("/groups/{group}/learning-plans/{grouped}"), auto).ok(200);
    let sam = app.learner("Sam");
    app.admin().put(&format!("/users/{}/learning-plans/{by_hand}", sam.id), json!({})).ok(200);
    let csv = format!("email,groups,learning_plans\n{},Night,Imported;By hand\n", sam.email);
    assert_eq!(outcomes(&lines(&app.admin(), &csv)), ["updated"]);
    // An administrator who assigns a plan to their own user.
    let own = format!("/users/{}/learning-plans/{by_hand}", app.admin_id);
    app.admin().put(&own, json!({})).ok(200);

    let told = |user: &str| -> Vec<(String, String)> {
        let log = app.log(user).into_iter();
        log.filter(|it| it["action"] == "learning_plan.assigned")
            .map(|it| (text(&it["target"]["name"]), text(&it["source"])))
            .collect()
    };
    let pair = |name: &str, source: &str| (name.to_owned(), source.to_owned());
    let of_sam = [pair("Imported", "import"), pair("Grouped", "group"), pair("By hand", "admin")];
    assert_eq!(told(&sam.id), of_sam);
    assert_eq!(told(&app.admin_id.to_string()), [pair("By hand", "self")]);
    let plans = app.admin().all(&format!("/users/{}/learning-plans", sam.id));
    let mut sources: Vec<String> = plans.iter().map(|plan| text(&plan["source"])).collect();
    sources.sort();
    assert_eq!(sources, ["admin", "group", "import"]);
}

#[test]
fn a_file_that_is_none_is_refused_as_a_whole() {
    let app = TestApp::start();
    let admin = app.admin();
    import(&admin, "").invalid("", "required");
    import(&admin, "given_name\nx\n").invalid("/email", "required");
    import(&admin, "email,email\n").invalid("/email", "repeated");
    import(&admin, "email,pass/word\n").invalid("/pass~1word", "unknown_column");
    assert_eq!(lines(&admin, "email\n"), Vec::<Value>::new());

    let many = format!("email\n{}", "x\n".repeat(10_001));
    import(&admin, &many).invalid("", "too_many");
    let huge = format!("email\n{}", " ".repeat(1024 * 1024));
    import(&admin, &huge).problem(413, "payload_too_large");
    let json = admin.post("/users/import", json!({}));
    json.problem(415, "unsupported_media_type");
    let latin = ("content-type", "text/csv; charset=iso-8859-1");
    let latin = admin.send("POST", "/users/import", &[latin], Some("email\n"));
    latin.problem(415, "unsupported_media_type");
    let utf8 = ("content-type", "text/csv; charset=UTF-8; header=present");
    admin.send("POST", "/users/import", &[utf8], Some("email\n")).ok(200);
    let maybe = admin.send("POST", "/users/import?dry_run=maybe", &[CSV], Some("email\n"));
    maybe.problem(400, "invalid_parameter");
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    let app = TestApp::start();
    for end in ["\n", "\r\n", "\r"] {
        let csv = ["email,surname", "", "x,1", "", "", "x,\"1", "2\"", "x,3"].join(end);
        let done = lines(&app.admin(), &csv);
        let numbers: Vec<i64> = done.iter().map(|line| line["line"].as_i64().unwrap()).collect();
        assert_eq!(numbers, [3, 6, 8], "{end:?}");
    }
}

#[test]
fn an_import_raises_the_role_of_no_account_that_exists() {
    let app = TestApp::start();
    let (sam, audrey) = (app.learner("Sam"), app.person("auditor", "Audrey", "Auditor"));
    let file = format!(
        "email,role,surname\n{},administrator,Other\n{},administrator,Other\n{},learner,Other\n",
        sam.email, audrey.email, audrey.email,
    );
    let lines = lines(&app.admin(), &file);
    assert_eq!(outcomes(&lines), ["invalid", "invalid", "updated"]);
    for line in &lines[..2] {
        assert_eq!(errors(line), [(Some("role"), "not_allowed")]);
    }
    let user = |id: &str| app.admin().get(&format!("/users/{id}")).ok(200);
    assert_eq!(user(&sam.id)["role"], "learner");
    assert_eq!(user(&sam.id)["surname"], "Learner");
    assert_eq!(user(&audrey.id)["role"], "learner");
}
