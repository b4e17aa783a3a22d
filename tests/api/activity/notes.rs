//! Notes: adding them, editing them, and every earlier wording of them.

use daybook::domain::clock::Clock;
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{Client, JSON},
    fixtures::Person,
    reply::text,
};

const NOW: &str = "2026-07-29T09:00:00.000Z";

struct Notes {
    app: TestApp,
    admin: Client,
    anna: Person,
    sam: Person,
    path: String,
}

impl Notes {
    fn new() -> Self {
        let app = TestApp::start_with(Clock::stopped_at(NOW.parse().unwrap()));
        let (admin, sam) = (app.admin(), app.learner("Sam"));
        let anna = app.person("administrator", "Anna", "Lindqvist");
        let path = format!("/users/{}/activity", sam.id);
        Self { app, admin, anna, sam, path }
    }

    /// Adds a note; where it is, and what it is.
    fn add(&self, body: Value) -> (String, Value) {
        let note = self.admin.post(&self.path, body).ok(201);
        (format!("{}/{}", self.path, text(&note["id"])), note)
    }

    fn revisions(&self, note: &str) -> Vec<Value> {
        self.admin.all(&format!("{note}/revisions"))
    }
}

#[test]
fn a_note_happens_now_and_is_by_the_caller_unless_it_says_otherwise() {
    let it = Notes::new();
    let answer = it.admin.post(&it.path, json!({"notes": "Called Sam."}));
    let note = answer.ok(201);
    let location = answer.header("location").unwrap();
    assert_eq!(location, format!("{}/{}", it.path, text(&note["id"])));
    let read = it.admin.get(&location);
    assert_eq!((read.ok(200), read.etag()), (note.clone(), answer.etag()));
    assert_eq!((&note["occurred_at"], &note["recorded_at"]), (&json!(NOW), &json!(NOW)));
    assert_eq!(note["created_by"], note["entered_by"]);
    assert_eq!(note["created_by"]["name"], "Ada Admin");
    assert_eq!(note["relates_to"], Value::Null);
    let related = note["id"].clone();
    let (_, note) = it.add(json!({
        "notes": "On maternity leave.", "occurred_at": "2026-06-30T23:30:00.1239-01:30",
        "created_by": it.anna.id, "relates_to": related,
    }));
    assert_eq!(note["occurred_at"], "2026-07-01T01:00:00.123Z");
    assert_eq!(note["created_by"]["name"], "Anna Lindqvist");
    assert_eq!(note["entered_by"]["name"], "Ada Admin");
    assert_eq!(note["relates_to"], related);
}

#[test]
fn what_a_note_can_not_say_is_refused_where_it_is_said() {
    let it = Notes::new();
    let (note, _) = it.add(json!({"notes": "Here from the start."}));
    let elsewhere = format!("/users/{}/activity", it.anna.id);
    let elsewhere = it.admin.post(&elsewhere, json!({"notes": "of Anna"})).ok(201)["id"].clone();
    let gone = it.app.person("administrator", "Gone", "Admin");
    it.admin.patch_now(&format!("/users/{}", gone.id), json!({"status": "inactive"})).ok(200);
    let auditor = it.app.person("auditor", "Otto", "Auditor").id;
    let nobody = "01977f3e-5c00-7000-8000-000000000000";
    let refusals = [
        ("notes", json!(""), "too_short"),
        ("notes", json!(" \t\n"), "blank"),
        ("notes", json!("🙂".repeat(10_001)), "too_long"),
        ("notes", json!("a\u{0}b"), "invalid_character"),
        ("occurred_at", json!("2026-07-29T09:00:00.001Z"), "in_future"),
        ("occurred_at", json!("2026-07-29T11:00:01+02:00"), "in_future"),
        ("created_by", json!(it.sam.id), "unknown"),
        ("created_by", json!(auditor), "unknown"),
        ("created_by", json!(gone.id), "unknown"),
        ("created_by", json!(nobody), "unknown"),
        ("relates_to", elsewhere, "unknown"),
        ("relates_to", json!(nobody), "unknown"),
    ];
    let before = it.app.log(&it.sam.id);
    for (field, value, code) in refusals {
        let mut new = json!({"notes": "fine"});
        new[field] = value.clone();
        it.admin.post(&it.path, new).invalid(&format!("/{field}"), code);
        it.admin.patch_now(&note, json!({field: value})).invalid(&format!("/{field}"), code);
    }
    for (field, value) in [
        ("entered_by", json!(it.anna.id)),
        ("recorded_at", json!(NOW)),
        ("id", json!(nobody)),
        ("action", json!("user.created")),
        ("source", json!("system")),
        ("revision", json!(7)),
        ("colour", json!("red")),
    ] {
        let mut new = json!({"notes": "fine"});
        new[field] = value.clone();
        it.admin.post(&it.path, new).problem(422, "validation_failed");
        it.admin.patch_now(&note, json!({field: value})).problem(422, "validation_failed");
    }
    for field in ["notes", "occurred_at", "created_by"] {
        it.admin.patch_now(&note, json!({field: null})).problem(422, "validation_failed");
    }
    for answer in [it.admin.post(&it.path, json!({})), it.admin.patch_now(&note, json!({}))] {
        answer.problem(422, "validation_failed");
    }
    let itself = note.rsplit('/').next().unwrap();
    it.admin.patch_now(&note, json!({"relates_to": itself})).invalid("/relates_to", "invalid");
    assert_eq!(it.app.log(&it.sam.id), before);
    assert!(it.revisions(&note).is_empty());
}

#[test]
fn a_note_has_up_to_ten_thousand_characters_however_many_bytes_each_has() {
    let it = Notes::new();
    for notes in ["x".to_owned(), "🙂".repeat(10_000), "  kept as it is \r\n".to_owned()] {
        let (path, _) = it.add(json!({"notes": notes}));
        assert_eq!(it.admin.get(&path).ok(200)["notes"], notes);
    }
}

#[test]
fn every_earlier_wording_of_a_note_is_kept_oldest_first() {
    let it = Notes::new();
    let (_, first) = it.add(json!({"notes": "the first"}));
    let (note, _) = it.add(json!({"notes": "one", "relates_to": first["id"]}));
    let edits = [
        (1, json!({"notes": "two"})),
        (2, json!({"occurred_at": "2026-07-01T00:00:00Z"})),
        (3, json!({"created_by": it.anna.id, "relates_to": null})),
        (4, json!({"notes": "five", "occurred_at": "2026-07-02T00:00:00Z"})),
    ];
    for (revision, edit) in edits {
        it.app.clock.set(format!("2026-07-29T09:00:0{revision}Z").parse().unwrap());
        let answer = it.anna.client.patch(&note, &format!("\"{revision}\""), edit);
        let edited = answer.ok(200);
        assert_eq!(answer.etag(), format!("\"{}\"", revision + 1));
        assert_eq!(edited["revision"], revision + 1);
        assert_eq!(edited["edited_at"], format!("2026-07-29T09:00:0{revision}.000Z"));
        assert_eq!(edited["edited_by"]["name"], "Anna Lindqvist");
        assert_eq!(edited["recorded_at"], NOW);
        assert_eq!(edited["entered_by"]["name"], "Ada Admin");
        assert_eq!(it.admin.get(&note).ok(200), edited);
    }
    let now = it.admin.get(&note).ok(200);
    assert_eq!((&now["notes"], &now["relates_to"]), (&json!("five"), &Value::Null));
    let person = |id: String, name| json!({"id": id, "name": name, "kind": "person"});
    let ada = person(it.app.admin_id.to_string(), "Ada Admin");
    let anna = person(it.anna.id.clone(), "Anna Lindqvist");
    let july = "2026-07-01T00:00:00.000Z";
    let kept = [("one", NOW, &ada), ("two", NOW, &ada), ("two", july, &ada), ("two", july, &anna)];
    let numbered = (1..).zip(kept);
    let expected: Vec<Value> = numbered
        .map(|(revision, (notes, occurred_at, created_by))| {
            json!({
                "revision": revision, "notes": notes, "occurred_at": occurred_at,
                "created_by": created_by, "replaced_by": anna,
                "replaced_at": format!("2026-07-29T09:00:0{revision}.000Z"),
            })
        })
        .collect();
    let revisions = it.revisions(&note);
    let shown: Vec<Value> = revisions
        .iter()
        .cloned()
        .map(|mut it| {
            // Fields that an edit does not change may be sent.
            it.as_object_mut().unwrap().retain(|name, _| expected[0].get(name).is_some());
            it
        })
        .collect();
    assert_eq!(shown, expected);
    let page = it.admin.get(&format!("{note}/revisions?limit=3&include=total_count")).ok(200);
    assert_eq!(page["page"]["total_count"], 4);
    let cursor = text(&page["page"]["next_cursor"]);
    let rest = it.admin.get(&format!("{note}/revisions?limit=3&cursor={cursor}")).ok(200);
    assert_eq!((&rest["data"], &rest["page"]["has_more"]), (&json!(revisions[3..]), &json!(false)));
    // The log has one entry for the note, and none for its edits.
    assert_eq!(it.app.actions(&it.sam.id), ["note", "note"]);
}

#[test]
fn an_edit_needs_the_version_that_was_read() {
    let it = Notes::new();
    let (note, _) = it.add(json!({"notes": "one"}));
    let edit = json!({"notes": "two"});
    let bare = it.admin.send("PATCH", &note, &[JSON], Some(&edit.to_string()));
    bare.problem(428, "precondition_required");
    for stale in ["\"7\"", "\"0\"", "W/\"1\"", "\"other\""] {
        it.admin.patch(&note, stale, edit.clone()).problem(412, "precondition_failed");
    }
    it.admin.patch(&note, "\"1\"", edit.clone()).ok(200);
    it.admin.patch(&note, "\"1\"", edit.clone()).problem(412, "precondition_failed");
    it.admin.patch(&note, "\"9\", \"2\"", json!({"notes": "three"})).ok(200);
    assert_eq!(it.revisions(&note).len(), 2);
}

#[test]
fn an_edit_that_changes_nothing_keeps_no_wording() {
    let it = Notes::new();
    let (note, before) = it.add(json!({"notes": "one", "occurred_at": "2026-07-01T00:00:00Z"}));
    let same = json!({
        "notes": "one", "occurred_at": "2026-07-01T02:00:00+02:00", "relates_to": null,
        "created_by": it.app.admin_id,
    });
    let answer = it.admin.patch_now(&note, same);
    assert_eq!((answer.ok(200), answer.etag()), (before, "\"1\"".to_owned()));
    assert!(it.revisions(&note).is_empty());
}

#[test]
fn a_system_entry_can_not_be_edited_by_anybody() {
    let it = Notes::new();
    let entry = it.app.log(&it.sam.id).pop().unwrap();
    let path = format!("{}/{}", it.path, text(&entry["id"]));
    let edit = json!({"notes": "It was so."});
    it.admin.patch(&path, "\"1\"", edit.clone()).problem(409, "immutable_entry");
    it.sam.client.patch(&path, "\"1\"", edit).problem(403, "forbidden");
    assert_eq!(it.admin.send("DELETE", &path, &[], None).status, 405);
    assert_eq!(it.admin.get(&path).ok(200), entry);
    assert!(it.revisions(&path).is_empty());
}

#[test]
fn names_stay_as_they_were_when_the_entry_was_written() {
    let it = Notes::new();
    let (note, _) = it.add(json!({"notes": "one", "created_by": it.anna.id}));
    it.anna.client.patch_now(&note, json!({"notes": "two"})).ok(200);
    let course = it.app.course("Old Title");
    it.app.enrollment(&it.sam.id, &course);
    let before = (it.app.log(&it.sam.id), it.revisions(&note));
    it.admin.patch_now(&format!("/users/{}", it.anna.id), json!({"surname": "Berg"})).ok(200);
    it.admin.patch_now(&format!("/courses/{course}"), json!({"title": "New Title"})).ok(200);
    assert_eq!((it.app.log(&it.sam.id), it.revisions(&note)), before);
    // An edit that does not change the author does not change the name of the author.
    let edited = it.anna.client.patch_now(&note, json!({"notes": "three"})).ok(200);
    assert_eq!(edited["created_by"]["name"], "Anna Lindqvist");
    assert_eq!(edited["edited_by"]["name"], "Anna Berg");
}

#[test]
fn the_created_by_list_has_the_active_administrators_by_name() {
    let it = Notes::new();
    let berta = it.app.person("administrator", "Berta", "Ångström");
    it.app.person("auditor", "Carl", "Auditor");
    let path = format!("{}/creators", it.path);
    let names = |query: &str| -> Vec<String> {
        let path = format!("{path}{query}");
        it.sam.client.all(&path).iter().map(|it| text(&it["name"])).collect()
    };
    assert_eq!(names(""), ["Ada Admin", "Anna Lindqvist", "Berta Ångström"]);
    assert_eq!(names("?q=%C3%85NG"), ["Berta Ångström"]);
    assert_eq!(names("?q=lind"), ["Anna Lindqvist"]);
    assert_eq!(names("?q=%25"), [""; 0]);
    let page = it.admin.get(&format!("{path}?limit=2&include=total_count")).ok(200);
    assert_eq!(page["page"]["total_count"], 3);
    assert_eq!(
        page["data"][0],
        json!({
            "id": it.app.admin_id, "name": "Ada Admin", "kind": "person"
        })
    );
    let cursor = text(&page["page"]["next_cursor"]);
    let rest = it.admin.get(&format!("{path}?limit=2&cursor={cursor}")).ok(200);
    assert_eq!(rest["data"][0]["id"], berta.id);
    assert_eq!(rest["page"]["has_more"], false);
    it.admin.patch_now(&format!("/users/{}", berta.id), json!({"status": "inactive"})).ok(200);
    it.admin.patch_now(&format!("/users/{}", it.anna.id), json!({"role": "auditor"})).ok(200);
    assert_eq!(names(""), ["Ada Admin"]);
}

#[test]
fn readers_of_a_log_may_not_write_to_it_and_strangers_find_nothing() {
    let it = Notes::new();
    let (note, _) = it.add(json!({"notes": "one"}));
    let maria = it.app.learner("Maria");
    let supervised = json!({"supervisor_ids": [maria.id]});
    it.admin.patch_now(&format!("/users/{}", it.sam.id), supervised).ok(200);
    let auditor = it.app.person("auditor", "Otto", "Auditor");
    let (stranger, before) = (it.app.learner("Eve"), it.app.log(&it.sam.id));
    for (caller, status, code) in [
        (&it.sam, 403, "forbidden"),
        (&maria, 403, "forbidden"),
        (&auditor, 403, "forbidden"),
        (&stranger, 404, "not_found"),
    ] {
        let body = json!({"notes": "not mine to say"});
        caller.client.post(&it.path, body.clone()).problem(status, code);
        caller.client.patch(&note, "\"1\"", body).problem(status, code);
    }
    assert_eq!(it.app.log(&it.sam.id), before);
}
