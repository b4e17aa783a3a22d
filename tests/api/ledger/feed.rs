//! `/ledger`: every record once, in one order.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    fixtures::Person,
    ledger::{follow, follow_until},
    reply::text,
};

fn positions(records: &[Value]) -> Vec<i64> {
    records.iter().map(|it| it["position"].as_i64().unwrap()).collect()
}

#[test]
fn every_entry_and_every_wording_has_a_record_in_one_dense_order() {
    let app = TestApp::start();
    let admin = app.admin();
    let sam = app.learner("Sam");
    let path = format!("/users/{}/activity", sam.id);
    let note = admin.post(&path, json!({"notes": "One."})).ok(201);
    let note_path = format!("{path}/{}", text(&note["id"]));
    admin.patch(&note_path, "\"1\"", json!({"notes": "Two."})).ok(200);
    admin.patch(&note_path, "\"2\"", json!({"notes": "Three."})).ok(200);
    let explains = json!({"notes": "Why.", "relates_to": note["id"]});
    let related = admin.post(&path, explains).ok(201);

    let entries = admin.all("/activity");
    let records = follow_until(&admin, entries.len() + 2);
    assert_eq!(records.len(), entries.len() + 2);
    assert_eq!(positions(&records), (0..records.len() as i64).collect::<Vec<_>>());
    let recorded: BTreeSet<String> =
        records.iter().filter(|it| it["kind"] == "entry").map(|it| text(&it["entry_id"])).collect();
    assert_eq!(recorded, entries.iter().map(|it| text(&it["id"])).collect());

    let of_note: Vec<&Value> = records.iter().filter(|it| it["entry_id"] == note["id"]).collect();
    let wordings: Vec<_> = of_note.iter().map(|it| &it["entry"]["notes"]).collect();
    assert_eq!(wordings, ["One.", "Two.", "Three."]);
    let kinds: Vec<_> = of_note.iter().map(|it| (&it["kind"], &it["revision"])).collect();
    assert_eq!(json!(kinds), json!([["entry", 1], ["revision", 2], ["revision", 3]]));
    assert_eq!(of_note[0]["entry"], note);
    assert_eq!(of_note[1]["recorded_at"], of_note[1]["entry"]["edited_at"]);
    assert_eq!(of_note[1]["entry"]["recorded_at"], note["recorded_at"]);
    let last = records.last().unwrap();
    assert_eq!(last["entry"], related);
    for record in records.iter().filter(|it| it["entry"]["type"] == "system") {
        assert_eq!(record["revision"], Value::Null);
        assert!(entries.contains(&record["entry"]), "{record}");
    }
}

#[test]
fn who_may_not_see_everybody_gets_the_records_of_those_whom_they_may_see() {
    let app = TestApp::start();
    let (sam, eve) = (app.learner("Sam"), app.learner("Eve"));
    let admin = app.admin();
    let all = follow_until(&admin, admin.all("/activity").len());
    let own = |person: &Person| {
        let client = app.client_of(&person.email);
        follow_until(&admin, admin.all("/activity").len());
        let records = follow(&client, 0);
        assert!(records.iter().all(|it| it["user_id"] == person.id), "{records:?}");
        records
    };
    let of_sam = own(&sam);
    let actions: Vec<_> = of_sam.iter().map(|it| &it["entry"]["action"]).collect();
    assert_eq!(actions, ["user.created", "session.logged_in", "session.logged_in"]);
    own(&eve);
    let page = app.client_of(&sam.email).get("/ledger?from=0&limit=1").ok(200);
    assert_eq!((&page["data"], &page["next"]), (&json!([]), &json!(1)));
    assert!(page["size"].as_i64().unwrap() >= all.len() as i64);
}

#[test]
fn an_empty_answer_is_held_back_until_there_is_a_record() {
    let app = TestApp::start();
    let admin = app.admin();
    let sam = app.learner("Sam");
    let size = follow_until(&admin, admin.all("/activity").len()).len();
    let nothing = admin.get(&format!("/ledger?from={size}&wait=1")).ok(200);
    assert_eq!(nothing["data"], json!([]));
    assert_eq!(nothing["next"], size);
    let (waiter, path) = (app.admin(), format!("/users/{}/activity", sam.id));
    // The log-in of the waiter is a record too.
    let size = follow_until(&admin, size + 1).len();
    let waiting =
        std::thread::spawn(move || waiter.get(&format!("/ledger?from={size}&wait=30")).ok(200));
    let note = admin.post(&path, json!({"notes": "Now."})).ok(201);
    let page = waiting.join().unwrap();
    assert_eq!(page["data"][0]["entry"], note);
}

#[test]
fn what_can_not_be_asked_is_refused() {
    let app = TestApp::start();
    let admin = app.admin();
    admin.get("/ledger?from=1000000").problem(409, "conflict");
    for query in ["from=-1", "from=x", "limit=0", "limit=1001", "wait=31", "wait=-1", "after=1"] {
        admin.get(&format!("/ledger?{query}")).problem(400, "invalid_parameter");
    }
    app.stranger().get("/ledger").problem(401, "unauthenticated");
}
