//! Checkpoints, proofs, tiles: what they prove, to whom, and that nothing else is proven.

use std::process::Command;

use daybook::ledger::{
    hash::{Hash, leaf_hash, node_hash},
    proof::Proof,
    tree::check_consistency,
};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    batch::item,
    client::Client,
    fixtures::Person,
    ledger::{checkpoint, follow_until, verifier},
    reply::text,
};

/// A log with more records than a tile has hashes.
struct Ledger {
    app: TestApp,
    admin: Client,
    sam: Person,
    size: usize,
}

impl Ledger {
    fn start() -> Self {
        let app = TestApp::start();
        let (admin, sam) = (app.admin(), app.learner("Sam"));
        let items: Vec<Value> = (0..700).map(|it| item(&sam.id, &format!("lms:{it}"))).collect();
        admin.post("/activity/batch", json!({"items": items})).ok(200);
        let size = follow_until(&admin, admin.all("/activity").len()).len();
        Self { app, admin, sam, size }
    }

    fn note(&self, notes: &str) -> String {
        let path = format!("/users/{}/activity", self.sam.id);
        let note = self.admin.post(&path, json!({"notes": notes})).ok(201);
        format!("{path}/{}", text(&note["id"]))
    }
}

fn hashes(list: &Value) -> Vec<Hash> {
    let texts = list.as_array().unwrap().iter();
    texts.map(|it| Hash::from_base64(it.as_str().unwrap()).unwrap()).collect()
}

#[test]
fn an_entry_and_each_wording_of_a_note_are_proven_to_those_who_may_see_the_log() {
    let it = Ledger::start();
    let note = it.note("The first wording.");
    it.admin.patch(&note, "\"1\"", json!({"notes": "The second wording."})).ok(200);
    for (query, wording) in [
        ("", "The second wording."),
        ("?revision=1", "The first wording."),
        ("?revision=2", "The second wording."),
    ] {
        let reply = it.sam.client.get(&format!("{note}/proof{query}"));
        reply.ok(200);
        let proof = Proof::parse(&reply.text).unwrap();
        let proven = proof.check(&verifier()).unwrap();
        assert_eq!(proven.origin, "daybook.invalid/tests");
        assert_eq!(proof.disclosures["notes"].value, wording);
        assert_eq!(proof.key, verifier().to_string());
        let as_text = it.sam.client.send(
            "GET",
            &format!("{note}/proof{query}"),
            &[("accept", "text/plain")],
            None,
        );
        assert!(as_text.header("content-type").unwrap().starts_with("text/plain"));
        let same = Proof::parse(&as_text.text).unwrap();
        assert_eq!(same.check(&verifier()).unwrap().leaf.facts.get(), proven.leaf.facts.get());
    }
    for entry in it.admin.get(&format!("/users/{}/activity?type=system&limit=3", it.sam.id)).ok(200)
        ["data"]
        .as_array()
        .unwrap()
    {
        let path = format!("/users/{}/activity/{}/proof", it.sam.id, text(&entry["id"]));
        let reply = it.sam.client.get(&path);
        let proof = Proof::parse(&reply.text).unwrap();
        assert_eq!(proof.disclosures["description"].value, entry["description"]);
        let facts = proof.check(&verifier()).unwrap().leaf.facts.get().to_owned();
        assert!(facts.contains(&text(&entry["id"])), "{facts}");
    }
    it.admin.get(&format!("{note}/proof?revision=3")).problem(404, "not_found");
    let stranger = it.app.learner("Eve");
    stranger.client.get(&format!("{note}/proof")).problem(404, "not_found");
    it.app.stranger().get(&format!("{note}/proof")).problem(401, "unauthenticated");
}

#[test]
fn a_proof_with_anything_changed_is_refused() {
    let it = Ledger::start();
    let proof = it.admin.get(&format!("{}/proof", it.note("The truth."))).text;
    let proof = Proof::parse(&proof).unwrap();
    proof.check(&verifier()).unwrap();
    let mut changed: Vec<Proof> = Vec::new();
    let mut with = |change: &dyn Fn(&mut Proof)| {
        let mut other = proof.clone();
        change(&mut other);
        changed.push(other);
    };
    with(&|it| it.position += 1);
    with(&|it| it.size += 1);
    with(&|it| it.leaf = it.leaf.replace("note", "nope"));
    with(&|it| it.checkpoint = it.checkpoint.replace("tests", "texts"));
    with(&|it| it.inclusion.reverse());
    with(&|it| drop(it.inclusion.pop()));
    with(&|it| it.disclosures.get_mut("notes").unwrap().value = json!("A lie."));
    with(&|it| it.disclosures.get_mut("created_by_name").unwrap().value = json!("Eve"));
    with(&|it| {
        let notes = it.disclosures["notes"].clone();
        it.disclosures.insert("description".to_owned(), notes);
    });
    for other in changed {
        assert!(other.check(&verifier()).is_err(), "{other:?}");
    }
}

#[test]
fn a_proof_file_is_read_as_its_format_has_it_and_no_other_way() {
    let it = Ledger::start();
    let path = format!("{}/proof", it.note("The truth."));
    let file = it.admin.send("GET", &path, &[("accept", "text/plain")], None).text;
    let position = Proof::parse(&file).unwrap().position;
    let index = |text: &str| file.replacen(&format!("index {position}\n"), text, 1);
    for other in [
        file.replacen("@v1\n", "@v10\n", 1),
        file.replacen("@v1\n", "\n", 1),
        file.replacen("@v1\n", "@v1\r\n", 1),
        index(&format!("index {position}\r\n")),
        index(&format!("index 0{position}\n")),
        index(&format!("index +{position}\n")),
        index(""),
    ] {
        assert_ne!(other, file);
        assert_eq!(Proof::parse(&other).unwrap_err().0, "the proof file is broken", "{other}");
    }
}

#[test]
fn the_ledger_is_proven_to_have_grown_without_a_token() {
    let it = Ledger::start();
    let stranger = it.app.stranger();
    let old = checkpoint(&stranger);
    assert!(old.size > 512, "{old:?}");
    for at in 0..5 {
        it.note(&format!("Note {at}."));
    }
    follow_until(&it.admin, it.size + 5);
    let new = checkpoint(&stranger);
    assert_eq!(new.size, old.size + 5);
    let path = format!("/ledger/consistency?from={}&to={}", old.size, new.size);
    let proof = stranger.get(&path).ok(200);
    let proof = hashes(&proof["proof"]);
    assert_eq!(check_consistency(old.size, new.size, &proof, old.root, new.root), Ok(()));
    assert!(check_consistency(old.size - 1, new.size, &proof, old.root, new.root).is_err());
    let beyond = format!("/ledger/consistency?from=1&to={}", new.size + 1);
    for refused in ["/ledger/consistency?from=0", "/ledger/consistency?from=9&to=8", &beyond] {
        stranger.get(refused).problem(400, "invalid_parameter");
    }
    assert_eq!(stranger.get("/ledger/key").text, format!("{}\n", verifier()));
}

#[test]
fn tiles_have_the_hashes_of_the_leaves_that_only_those_who_see_everybody_may_read() {
    let it = Ledger::start();
    let size = checkpoint(&it.admin).size;
    let bytes = |path: &str| {
        let mut response = ureq::get(format!("{}{path}", it.app.address))
            .header("authorization", format!("Bearer {}", it.admin.token.as_deref().unwrap()))
            .call()
            .unwrap();
        assert!(response.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        response.body_mut().read_to_vec().unwrap()
    };
    let width = size % 256;
    let partial = format!("/ledger/tile/0/{:03}.p/{width}", size / 256);
    let bundle_path = |tile: &str| tile.replace("tile/0", "tile/entries");
    for (tile, count) in
        [("/ledger/tile/0/000", 256), ("/ledger/tile/0/001", 256), (&partial, width)]
    {
        let hashes = bytes(tile);
        assert_eq!(hashes.len() as u64, count * 32, "{tile}");
        let bundle = bytes(&bundle_path(tile));
        let mut rest = bundle.as_slice();
        for hash in hashes.chunks(32) {
            let (length, after) = rest.split_at(2);
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            assert_eq!(leaf_hash(&after[..length]).0, hash);
            rest = &after[length..];
        }
        assert!(rest.is_empty());
    }
    let full = bytes("/ledger/tile/0/000");
    let mut nodes: Vec<Hash> = full.chunks(32).map(|it| Hash::from_slice(it).unwrap()).collect();
    while nodes.len() > 1 {
        nodes = nodes.chunks(2).map(|pair| node_hash(pair[0], pair[1])).collect();
    }
    assert_eq!(bytes(&format!("/ledger/tile/1/000.p/{}", size / 256))[..32], nodes[0].0);

    let stranger = it.app.stranger();
    let public = format!("{}/ledger/tile/0/000", it.app.address);
    assert_eq!(ureq::get(public).call().unwrap().body_mut().read_to_vec().unwrap(), full);
    stranger.get("/ledger/tile/entries/000").problem(401, "unauthenticated");
    it.sam.client.get("/ledger/tile/entries/000").problem(403, "forbidden");
    for wrong in [
        "0/100",
        "0/0",
        "0/000.p/0",
        "0/000.p/256",
        "64/000",
        "00/000",
        "x/000",
        "1/000",
        "0/000/000",
    ] {
        stranger.get(&format!("/ledger/tile/{wrong}")).problem(404, "not_found");
    }
}

#[test]
fn the_binary_verifies_a_proof_without_a_database() {
    let it = Ledger::start();
    let note = it.note("The truth.");
    let folder = it.app.database.folder.path();
    let verify = |name: &str, text: &str, key: &str| {
        std::fs::write(folder.join(name), text).unwrap();
        Command::new(env!("CARGO_BIN_EXE_daybook"))
            .args(["verify", "proof", name, "--key", key])
            .env("DATABASE_URL", "sqlite://nowhere/at/all.db")
            .current_dir(folder)
            .output()
            .unwrap()
    };
    let key = verifier().to_string();
    let json = it.admin.get(&format!("{note}/proof")).text;
    let as_text =
        it.admin.send("GET", &format!("{note}/proof"), &[("accept", "text/plain")], None).text;
    for (name, proof) in [("proof.json", &json), ("proof.tlog-proof", &as_text)] {
        let output = verify(name, proof, &key);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && printed.contains("is proven"), "{printed}");
    }
    let lie = verify("lie.json", &json.replace("The truth.", "Another truth."), &key);
    assert!(!lie.status.success());
    assert_eq!(
        String::from_utf8(lie.stderr).unwrap(),
        "daybook: lie.json: notes is not what the record commits to\n"
    );
}
