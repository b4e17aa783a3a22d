//! `daybook verify database` finds what somebody rewrote past the service.

use std::process::Output;

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    batch::item,
    client::Client,
    fixtures::Person,
    ledger::{follow_until, verifier},
    process::daybook,
    reply::text,
};

/// A log of some hundred entries, with an edited note, and a checkpoint of it.
struct Tampering {
    app: TestApp,
    admin: Client,
    sam: Person,
    note: String,
    checkpoint: String,
    records: Vec<Value>,
}

impl Tampering {
    fn start() -> Self {
        let app = TestApp::start();
        let (admin, sam) = (app.admin(), app.learner("Sam"));
        let path = format!("/users/{}/activity", sam.id);
        let note = text(&admin.post(&path, json!({"notes": "One."})).ok(201)["id"]);
        admin.patch(&format!("{path}/{note}"), "\"1\"", json!({"notes": "Two."})).ok(200);
        let items: Vec<Value> = (0..600).map(|it| item(&sam.id, &format!("lms:{it}"))).collect();
        admin.post("/activity/batch", json!({"items": items})).ok(200);
        let records = follow_until(&admin, admin.all("/activity").len() + 1);
        let checkpoint = admin.get("/ledger/checkpoint").text;
        Self { app, admin, sam, note, checkpoint, records }
    }

    fn verify(&self, with_checkpoint: bool) -> Output {
        let folder = self.app.database.folder.path();
        std::fs::write(folder.join("checkpoint"), &self.checkpoint).unwrap();
        let key = verifier().to_string();
        let mut words = vec!["verify", "database"];
        if with_checkpoint {
            words.extend(["--checkpoint", "checkpoint", "--key", &key]);
        }
        daybook(&self.app.database, &words).output().unwrap()
    }

    /// The lines about rows that are not right.
    fn found(&self) -> Vec<String> {
        let output = self.verify(true);
        let lines: Vec<String> =
            String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(output.status.code(), Some(1), "{lines:?}");
        lines
    }

    fn id(&self, id: &str) -> String {
        self.app.database.id(id)
    }

    /// The entry of the record at a position.
    fn entry_at(&self, position: usize) -> String {
        text(&self.records[position]["entry_id"])
    }
}

#[track_caller]
fn assert_found(lines: &[String], start: &str) {
    assert!(lines.iter().any(|line| line.starts_with(start)), "{start}: {lines:?}");
}

#[test]
fn an_untouched_database_verifies_with_and_without_a_checkpoint() {
    let it = Tampering::start();
    for with_checkpoint in [false, true] {
        let output = it.verify(with_checkpoint);
        let printed = String::from_utf8(output.stdout).unwrap();
        let said = format!("All {} records are as they were recorded.", it.records.len());
        assert!(output.status.success() && printed.starts_with(&said), "{printed}");
    }
    it.admin.post(&format!("/users/{}/activity", it.sam.id), json!({"notes": "Later."})).ok(201);
    follow_until(&it.admin, it.records.len() + 1);
    assert!(it.verify(true).status.success());
}

#[test]
fn a_changed_text_grade_or_author_is_found() {
    for set in [
        "description = 'Sam failed.'",
        "changes = '[{\"field\":\"result\",\"before\":null,\"after\":\"fail\"}]'",
        "entered_by_id = user_id",
        "entered_by_name = 'Anna'",
        "occurred_at = recorded_at",
        "external_id = 'lms:0000'",
    ] {
        let it = Tampering::start();
        let entry = it.entry_at(300);
        it.app.database.rewrite(&format!("UPDATE entries SET {set} WHERE id = {}", it.id(&entry)));
        assert_found(&it.found(), &format!("altered 300 {entry}"));
    }
}

#[test]
fn a_changed_earlier_wording_is_found() {
    let it = Tampering::start();
    let at = it.records.iter().position(|record| record["entry_id"] == it.note.as_str()).unwrap();
    let id = it.id(&it.note);
    it.app
        .database
        .rewrite(&format!("UPDATE entry_revisions SET notes = 'Never.' WHERE entry_id = {id}"));
    assert_found(&it.found(), &format!("altered {at} {}", it.note));
}

#[test]
fn a_changed_edit_is_found_in_whichever_table() {
    for (table, set) in [
        ("entries", "edited_at = recorded_at"),
        ("entry_revisions", "replaced_at = occurred_at"),
        ("entry_revisions", "replaced_by_id = user_id"),
        ("entry_revisions", "replaced_by_name = 'Anna'"),
        ("entry_revisions", "replaced_by_kind = 'api'"),
        ("entry_revisions", "user_id = created_by_id"),
    ] {
        let it = Tampering::start();
        let column = if table == "entries" { "id" } else { "entry_id" };
        it.app
            .database
            .rewrite(&format!("UPDATE {table} SET {set} WHERE {column} = {}", it.id(&it.note)));
        let lines = it.found();
        assert!(lines.iter().any(|line| line.contains(&it.note)), "{table} {set}: {lines:?}");
    }
}

#[test]
fn changes_that_are_written_in_another_way_are_found() {
    let it = Tampering::start();
    let mut item = item(&it.sam.id, "lms:changed");
    item["changes"] =
        json!([{"field": "result", "before": [1.5, 1e30], "after": {"b": "ü", "a": 0}}]);
    let answer = it.admin.post("/activity/batch", json!({"items": [item]})).ok(200);
    let entry = text(&answer["data"][0]["entry_id"]);
    let position = it.records.len();
    follow_until(&it.admin, position + 1);
    assert!(it.verify(true).status.success());
    for (from, to) in [
        ("\"before\":", "\"before\":\"pass\",\"before\":"),
        ("\"a\":", "\"a\":9,\"a\":"),
        ("\"after\":", "\"after\": "),
        ("1.5", "1.50"),
    ] {
        let replace = |from: &str, to: &str| {
            it.app.database.rewrite(&format!(
                "UPDATE entries SET changes = replace(changes, '{from}', '{to}') WHERE id = {}",
                it.id(&entry)
            ));
        };
        replace(from, to);
        assert_found(&it.found(), &format!("altered {position} {entry}"));
        replace(to, from);
        assert!(it.verify(true).status.success(), "{from}");
    }
}

#[test]
fn a_deleted_entry_and_a_forged_one_are_found() {
    let it = Tampering::start();
    let gone = it.entry_at(400);
    it.app.database.rewrite(&format!("DELETE FROM entries WHERE id = {}", it.id(&gone)));
    assert_found(&it.found(), &format!("missing 400 {gone}"));

    let it = Tampering::start();
    let forged = "01977f3e-5c00-7000-8000-00000000beef";
    it.app.database.rewrite(&format!(
        "INSERT INTO entries (user_id, occurred_at, id, recorded_at, action, source, \
         entered_by_id, entered_by_name, entered_by_kind, description, changes, search_key) \
         SELECT user_id, occurred_at, {}, recorded_at, action, source, entered_by_id, 'Anna', \
         entered_by_kind, 'Anna did it.', changes, '' FROM entries WHERE id = {}",
        it.id(forged),
        it.id(&it.entry_at(300)),
    ));
    assert_found(&it.found(), &format!("added - {forged}"));
}

#[test]
fn newest_entries_that_are_deleted_with_their_records_are_found() {
    // Not even the head of the ledger is changed.
    let it = Tampering::start();
    let last = it.records.len() - 1;
    let entry = it.id(&it.entry_at(last));
    it.app.database.rewrite(&format!(
        "DELETE FROM entries WHERE id = {entry}; DELETE FROM ledger WHERE position = {last}"
    ));
    assert_found(&it.found(), &format!("cut {last} "));

    // Everything fits, and only the checkpoint tells.
    let it = Tampering::start();
    it.app.database.rewrite(&format!(
        "DELETE FROM entries WHERE id = {entry}; DELETE FROM ledger WHERE position = {last}; \
         UPDATE ledger_head SET size = {last}",
        entry = it.id(&it.entry_at(last)),
    ));
    assert!(it.verify(false).status.success());
    assert_found(&it.found(), &format!("cut {last} "));
}

#[test]
fn two_records_that_are_swapped_are_found() {
    let it = Tampering::start();
    it.app.database.rewrite(
        "UPDATE ledger SET position = -1 WHERE position = 300; \
         UPDATE ledger SET position = 300 WHERE position = 301; \
         UPDATE ledger SET position = 301 WHERE position = -1",
    );
    let lines = it.found();
    assert_found(&lines, &format!("reordered 300 {}", it.entry_at(301)));
    assert_found(&lines, &format!("reordered 301 {}", it.entry_at(300)));
}

#[test]
fn a_changed_leaf_hash_and_a_changed_tile_are_found() {
    let hash = |it: &Tampering| {
        if it.app.database.url.is_sqlite() { "randomblob(32)" } else { "sha256('other'::bytea)" }
    };
    let it = Tampering::start();
    it.app
        .database
        .rewrite(&format!("UPDATE ledger SET leaf_hash = {} WHERE position = 300", hash(&it)));
    assert_found(&it.found(), "altered 300 ");

    for (level, found) in [(0, "altered "), (1, "altered ")] {
        let it = Tampering::start();
        let rest = if it.app.database.url.is_sqlite() {
            "CAST(x'00' || substr(hashes, 2) AS BLOB)"
        } else {
            "'\\x00'::bytea || substring(hashes FROM 2)"
        };
        it.app
            .database
            .rewrite(&format!("UPDATE ledger_tiles SET hashes = {rest} WHERE level = {level}"));
        assert_found(&it.found(), found);
    }
}

#[test]
fn a_record_before_the_first_tile_is_full_is_held_against_the_checkpoint() {
    let it = Tampering::start();
    let last = it.records.len() - 2;
    it.app.database.rewrite(&format!(
        "UPDATE ledger SET leaf_hash = (SELECT leaf_hash FROM ledger WHERE position = 0) \
         WHERE position = {last}"
    ));
    assert_found(&it.found(), &format!("altered {last} "));
}
