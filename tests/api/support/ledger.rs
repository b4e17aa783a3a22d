//! What tests of the ledger share.

use daybook::ledger::{
    checkpoint::Checkpoint,
    key::{Signer, Verifier},
};
use serde_json::{Value, json};

use super::{app::LEDGER_KEY, client::Client, reply::text};

/// A new user, by a client of a process: the id.
pub fn new_user(admin: &Client) -> String {
    let body = json!({"email": "sam@example.com", "given_name": "Sam", "surname": "Learner",
        "role": "learner"});
    text(&admin.post("/users", body).ok(201)["id"])
}

/// The key that checks what the ledgers of the tests sign.
pub fn verifier() -> Verifier {
    Signer::parse(LEDGER_KEY).unwrap().verifier()
}

/// The present checkpoint, verified.
pub fn checkpoint(client: &Client) -> Checkpoint {
    Checkpoint::verified(&client.get("/ledger/checkpoint").text, &verifier()).unwrap()
}

/// Follows the ledger from a position on until it has no more for now.
pub fn follow(client: &Client, mut from: i64) -> Vec<Value> {
    let mut records = Vec::new();
    loop {
        let page = client.get(&format!("/ledger?from={from}&limit=1000")).ok(200);
        records.extend(page["data"].as_array().unwrap().iter().cloned());
        let next = page["next"].as_i64().unwrap();
        assert!(next >= from, "{page}");
        if next == page["size"].as_i64().unwrap() {
            return records;
        }
        from = next;
    }
}

/// Waits for the next records, for some seconds at most. The client sees everybody.
pub fn follow_on(client: &Client, followed: &mut Vec<Value>, seconds: u32) {
    let from = followed.len();
    let page = client.get(&format!("/ledger?from={from}&limit=1000&wait={seconds}")).ok(200);
    followed.extend(page["data"].as_array().unwrap().iter().cloned());
    assert_eq!(page["next"], followed.len());
}

/// Follows the ledger from its beginning until it has so many records.
pub fn follow_until(client: &Client, count: usize) -> Vec<Value> {
    let mut records = Vec::new();
    // Each answer waits for a record, so the number of tries bounds the time.
    for _ in 0..100 {
        follow_on(client, &mut records, 5);
        if records.len() >= count {
            return records;
        }
    }
    panic!("{} records of {count}", records.len());
}
