//! The log as a file: CSV and NDJSON.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::Client,
    fixtures::Person,
    reply::{Reply, text},
};

/// The entries of an NDJSON file.
fn lines(client: &Client, path: &str) -> Vec<Value> {
    let answer = client.get(path);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.is_empty() || answer.text.ends_with('\n'));
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The records of a CSV file, each as pairs of column and cell.
fn records(answer: &Reply) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut reader = csv::Reader::from_reader(answer.text.as_bytes());
    let columns = reader.headers().unwrap().clone();
    reader.records().map(|record| columns.iter().zip(record.unwrap().iter()).collect()).collect()
}

/// An entry of the list, as a record has it.
fn flat(entry: &Value) -> Value {
    let mut cells = serde_json::Map::new();
    for name in ["id", "user_id", "type", "action", "occurred_at", "recorded_at", "source"] {
        cells.insert(name.to_owned(), entry[name].clone());
    }
    let plain = ["relates_to", "description", "external_id", "notes", "revision", "edited_at"];
    for name in plain {
        cells.insert(name.to_owned(), json!(cell(&entry[name])));
    }
    for (name, parts) in [
        ("created_by", ["id", "name", "kind"]),
        ("entered_by", ["id", "name", "kind"]),
        ("edited_by", ["id", "name", "kind"]),
        ("target", ["type", "id", "name"]),
    ] {
        for part in parts {
            cells.insert(format!("{name}_{part}"), json!(cell(&entry[name][part])));
        }
    }
    let changes = entry.get("changes").map(Value::to_string).unwrap_or_default();
    cells.insert("changes".to_owned(), json!(changes));
    Value::Object(cells)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The same record, with its changes parsed and written again: in one order of fields.
fn normal(mut record: Value) -> Value {
    if let Ok(changes) = serde_json::from_str::<Value>(record["changes"].as_str().unwrap()) {
        record["changes"] = json!(changes.to_string());
    }
    record
}

/// A learner with many kinds of entries, among them an edited note.
fn busy(app: &TestApp) -> Person {
    let admin = app.admin();
    let user = app.learner("Busy");
    let enrollment = app.enrollment(&user.id, &app.course("Quotes, \"and\" commas"));
    let path = format!("/enrollments/{enrollment}");
    admin.patch_now(&path, json!({"due_at": "2027-01-01T00:00:00Z", "grade": 41.5})).ok(200);
    let log = format!("/users/{}/activity", user.id);
    let note =
        json!({"notes": "One.\r\nTwo, \"three\".", "relates_to": app.log(&user.id)[0]["id"]});
    let note = text(&admin.post(&log, note).ok(201)["id"]);
    admin.patch_now(&format!("{log}/{note}"), json!({"notes": "Four.\nFive, \"six\"; é"})).ok(200);
    user
}

/// Bare entries in a user's log, more than a chunk of an export.
fn fill(app: &TestApp, user: &str, count: usize) {
    let owner = app.database.id(user);
    let rows: Vec<String> = (0..count)
        .map(|number| {
            let id = app.database.id(&format!("01977f3e-5c00-7000-9000-{number:012x}"));
            let micros = 1_600_000_000_000_000_u64 + number as u64 / 3 * 1000;
            let time = if app.database.url.is_sqlite() {
                micros.to_string()
            } else {
                format!("to_timestamp({micros} / 1000000.0)")
            };
            format!(
                "({owner}, {time}, {id}, {time}, 'user.updated', 'admin', 'Changed {number}.', '')"
            )
        })
        .collect();
    let columns = "user_id, occurred_at, id, recorded_at, action, source, description, search_key";
    let sql = format!("INSERT INTO entries ({columns}) VALUES {};", rows.join(","));
    app.database.sabotage(&sql).unwrap();
}

#[test]
fn an_export_has_what_the_list_has_entry_by_entry() {
    let app = TestApp::start();
    let user = busy(&app);
    let admin = app.admin();
    for path in [format!("/users/{}/activity", user.id), "/activity".to_owned()] {
        let exported = lines(&admin, &format!("{path}/export?format=ndjson"));
        assert_eq!(exported, admin.all(&path));
    }
    let path = format!("/users/{}/activity", user.id);
    let expected: Vec<Value> = app.log(&user.id).iter().map(|it| normal(flat(it))).collect();
    let answer = admin.get(&format!("{path}/export"));
    let found: Vec<Value> = records(&answer).into_iter().map(normal).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_log_of_many_chunks_is_exported_whole() {
    let app = TestApp::start();
    let admin = app.admin();
    let user = app.learner("Long");
    fill(&app, &user.id, 1201);
    let path = format!("/users/{}/activity", user.id);
    let list = admin.all(&path);
    assert!(list.len() > 1201);
    assert_eq!(lines(&admin, &format!("{path}/export?format=ndjson")), list);
    assert_eq!(records(&admin.get(&format!("{path}/export"))).len(), list.len());
    assert_eq!(lines(&admin, "/activity/export?format=ndjson"), admin.all("/activity"));
    // One more than a chunk, and none.
    let filter = "format=ndjson&action=user.updated&occurred_before=2020-09-13T12:26:40.167Z";
    assert_eq!(lines(&admin, &format!("{path}/export?{filter}")).len(), 501);
    assert!(lines(&admin, &format!("{path}/export?format=ndjson&q=nothing")).is_empty());
}

#[test]
fn the_file_has_a_name_a_type_crlf_and_is_downloaded() {
    let app = TestApp::start();
    let user = busy(&app);
    let path = format!("/users/{}/activity/export", user.id);
    let answer = user.client.get(&path);
    assert!(answer.header("content-type").unwrap().starts_with("text/csv; charset=utf-8"));
    let disposition = format!("attachment; filename=\"activity-{}.csv\"", user.id);
    assert_eq!(answer.header("content-disposition"), Some(disposition));
    assert!(answer.text.starts_with("id,user_id,type,action,occurred_at,"));
    assert!(answer.text.ends_with(",\r\n"));
    let quoted = "\"Four.\nFive, \"\"six\"\"; é\"";
    assert!(answer.text.contains(quoted), "{}", answer.text);

    let answer = app.admin().get("/activity/export?format=ndjson");
    assert_eq!(answer.header("content-type").as_deref(), Some("application/x-ndjson"));
    let disposition = "attachment; filename=\"activity.ndjson\"".to_owned();
    assert_eq!(answer.header("content-disposition"), Some(disposition));

    let head = user.client.send("HEAD", &path, &[], None);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert!(head.header("content-disposition").is_some());
}

#[test]
fn what_a_spreadsheet_would_run_is_text_after_an_apostrophe() {
    let app = TestApp::start();
    let admin = app.admin();
    let user = app.learner("Eve");
    admin.patch_now(&format!("/users/{}", user.id), json!({"given_name": "=1+1"})).ok(200);
    let renamed = app.client_of(&user.email);
    let path = format!("/users/{}/activity", user.id);
    let notes = [
        "=1+2",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "'=1",
        "harmless =1",
        " =1",
        "\u{feff}=1",
        "a\u{200b}=1",
        "\u{200b}\u{a0}@1",
        "＝1",
        "＋1",
        "－1",
        "＠1",
    ];
    for note in notes {
        admin.post(&path, json!({"notes": note})).ok(201);
    }
    let answer = admin.get(&format!("{path}/export?type=manual"));
    let mut found: Vec<String> = records(&answer).iter().map(|it| text(&it["notes"])).collect();
    found.reverse();
    let safe = [
        "'=1+2",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "'\tx",
        "'\rx",
        "'\nx",
        "'=1",
        "harmless =1",
        "' =1",
        "'\u{feff}=1",
        "a\u{200b}=1",
        "'\u{200b}\u{a0}@1",
        "'＝1",
        "'＋1",
        "'－1",
        "'＠1",
    ];
    assert_eq!(found, safe);
    // Names too, in every column.
    let answer = renamed.get(&format!("{path}/export?action=session.logged_in"));
    assert_eq!(records(&answer)[0]["entered_by_name"], "'=1+1 Learner");
    // NDJSON is not opened by spreadsheets.
    let path = format!("{path}/export?format=ndjson&type=manual");
    assert_eq!(lines(&admin, &path).last().unwrap()["notes"], "=1+2");
}

#[test]
fn times_have_the_offset_of_the_zone_also_across_a_change_to_summer_time() {
    let app = TestApp::start();
    let admin = app.admin();
    let user = app.learner("Berta");
    let path = format!("/users/{}/activity", user.id);
    // In Berlin, clocks went from 2:00 to 3:00 on 2026-03-29, and back on 2025-10-26.
    for time in [
        "2025-10-26T00:30:00Z",
        "2025-10-26T01:30:00Z",
        "2026-03-29T00:59:59.999Z",
        "2026-03-29T01:00:00Z",
        "1890-01-01T00:00:00Z",
    ] {
        admin.post(&path, json!({"notes": time, "occurred_at": time})).ok(201);
    }
    let times = |zone: &str| -> Vec<String> {
        let answer = admin.get(&format!("{path}/export?type=manual&time_zone={zone}"));
        records(&answer).iter().map(|it| text(&it["occurred_at"])).collect()
    };
    let berlin = [
        "2026-03-29T03:00:00.000+02:00",
        "2026-03-29T01:59:59.999+01:00",
        "2025-10-26T02:30:00.000+01:00",
        "2025-10-26T02:30:00.000+02:00",
        "1890-01-01T00:53:00.000+00:53",
    ];
    assert_eq!(times("Europe/Berlin"), berlin);
    assert_eq!(times("Asia/Kolkata")[0], "2026-03-29T06:30:00.000+05:30");
    assert_eq!(times("Australia/Lord_Howe")[0], "2026-03-29T12:00:00.000+11:00");
    assert_eq!(times("America/St_Johns")[0], "2026-03-28T22:30:00.000-02:30");
    assert_eq!(times("UTC")[0], "2026-03-29T01:00:00.000Z");
    for wrong in ["Mars/Olympus", "europe/berlin", "", "%2B01:00"] {
        let problem = admin.get(&format!("{path}/export?time_zone={wrong}"));
        let problem = problem.problem(400, "invalid_parameter");
        assert_eq!(problem["errors"][0]["parameter"], "time_zone");
    }
}

#[test]
fn an_export_is_narrowed_by_the_filters_of_the_list_and_by_nothing_else() {
    let app = TestApp::start();
    let user = busy(&app);
    let admin = app.admin();
    for list in [format!("/users/{}/activity", user.id), "/activity".to_owned()] {
        for filter in ["type=manual", "action=enrollment.*", "q=quotes", "source=admin"] {
            let found = lines(&admin, &format!("{list}/export?format=ndjson&{filter}"));
            assert_eq!(found, admin.all(&format!("{list}?{filter}")), "{list} {filter}");
        }
        for wrong in ["limit=5", "cursor=x", "include=total_count", "format=xml", "action=x"] {
            admin.get(&format!("{list}/export?{wrong}")).problem(400, "invalid_parameter");
        }
    }
}

#[test]
fn the_export_of_a_supervisor_has_their_people_only() {
    let app = TestApp::start();
    let (user, other, boss) = (busy(&app), busy(&app), app.learner("Boss"));
    let body = json!({"supervisor_ids": [boss.id]});
    app.admin().patch_now(&format!("/users/{}", user.id), body).ok(200);
    let found = lines(&boss.client, "/activity/export?format=ndjson");
    assert_eq!(found, boss.client.all("/activity"));
    assert!(found.iter().any(|it| it["user_id"] == user.id));
    assert!(found.iter().all(|it| it["user_id"] == user.id || it["user_id"] == boss.id));

    let path = format!("/users/{}/activity/export", other.id);
    boss.client.get(&path).problem(404, "not_found");
    app.stranger().get(&path).problem(401, "unauthenticated");
    app.stranger().get("/activity/export").problem(401, "unauthenticated");
}

#[test]
fn an_export_is_accepted_in_its_own_media_types() {
    let app = TestApp::start();
    let admin = app.admin();
    let get = |path: &str, accept: &str| admin.send("GET", path, &[("accept", accept)], None);
    for accept in ["text/csv", "text/*", "application/x-ndjson, */*;q=0.1", "*/*"] {
        assert_eq!(get("/activity/export", accept).status, 200, "{accept}");
    }
    for accept in ["application/json", "text/csv;q=0", "image/*"] {
        get("/activity/export", accept).problem(406, "not_acceptable");
    }
    get("/activity", "text/csv").problem(406, "not_acceptable");
    assert_eq!(get("/activity", "application/*").status, 200);
}

#[test]
fn an_export_that_fails_on_its_way_is_broken_off_and_does_not_end() {
    let app = TestApp::start();
    let admin = app.admin();
    let user = app.learner("Broken");
    fill(&app, &user.id, 1201);
    // The oldest entry can't be read: its time is before the first year.
    let (id, owner) =
        (app.database.id("01977f3e-5c00-7000-9000-ffffffffffff"), app.database.id(&user.id));
    let time = if app.database.url.is_sqlite() {
        "-99999999999999999"
    } else {
        "'4000-01-01 00:00:00+00 BC'"
    };
    let columns = "user_id, occurred_at, id, recorded_at, action, source, description, search_key";
    let values = format!("({owner}, {time}, {id}, {time}, 'user.updated', 'admin', 'x', '')");
    app.database.sabotage(&format!("INSERT INTO entries ({columns}) VALUES {values};")).unwrap();
    for form in ["csv", "ndjson"] {
        let path = format!("/users/{}/activity/export?format={form}", user.id);
        let broken = admin.try_send("GET", &path, &[], None);
        assert!(broken.is_err(), "{form} ended as if it were whole");
        // The entries before it were sent, but not the last chunk, which ends the body.
        let bytes = read_until_closed(&admin, &path);
        assert!(bytes.contains("transfer-encoding: chunked"), "{bytes}");
        assert!(bytes.contains("Changed 1200."), "{form} has no entry");
        assert!(!bytes.ends_with(LAST_CHUNK), "{form} ended as if it were whole");

        let whole =
            read_until_closed(&admin, &format!("{path}&occurred_after=2020-01-01T00:00:00Z"));
        assert!(whole.contains("Changed 0."), "{form} is not whole");
        assert!(whole.ends_with(LAST_CHUNK), "{form} has no end");
    }
}

/// The end of a body in chunks: RFC 9112, section 7.1.
const LAST_CHUNK: &str = "\r\n0\r\n\r\n";

/// The response to a GET, byte for byte, until the server closes the connection.
fn read_until_closed(client: &Client, path: &str) -> String {
    let host = client.address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    let token = client.token.as_deref().unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(bytes).unwrap()
}
