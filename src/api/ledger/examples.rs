//! The examples of the ledger in the document. They are real: the test below verifies them.

use serde_json::{Value, json};

use crate::api::activity::schema::ManualEntry;

/// The verifier key.
pub const KEY: &str = include_str!("examples/key.txt");

/// The record of the note of the story.
pub fn record() -> Value {
    let entry = ManualEntry::example();
    json!({
        "position": 1,
        "kind": "entry",
        "recorded_at": entry["recorded_at"],
        "user_id": entry["user_id"],
        "entry_id": entry["id"],
        "revision": entry["revision"],
        "entry": entry,
    })
}

/// A checkpoint.
pub const CHECKPOINT: &str = include_str!("examples/checkpoint.txt");

/// A proof as a C2SP `tlog-proof@v1` file.
pub const PROOF_FILE: &str = include_str!("examples/proof.txt");

/// The same proof as JSON.
pub fn proof() -> Value {
    serde_json::from_str(include_str!("examples/proof.json")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{checkpoint::Checkpoint, key::Verifier, proof::Proof};

    #[test]
    fn the_examples_verify() {
        let key = KEY.trim().parse::<Verifier>().unwrap();
        assert_eq!(Checkpoint::verified(CHECKPOINT, &key).unwrap().size, 2);
        for text in [PROOF_FILE.to_owned(), proof().to_string()] {
            let proof = Proof::parse(&text).unwrap();
            proof.check(&key).unwrap();
        }
    }
}
