//! The witness: what it cosigns is in checkpoints and proofs, and nothing waits for it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use daybook::ledger::{
    checkpoint::Checkpoint, hash::Hash, key::Verifier, note::Note, proof::Proof,
};
use serde_json::json;

use crate::support::{
    client::Client,
    database::TestDatabase,
    ledger::{follow_until, verifier},
    process::{Process, daybook},
    reply::text,
    witness::{Asked, Manner, TestWitness},
};

/// The service with a witness. On PostgreSQL it is two processes.
struct Witnessed {
    witness: TestWitness,
    processes: Vec<Process>,
    admin: Client,
    /// The path of a log.
    log: String,
    // Dropped last.
    database: TestDatabase,
}

impl Witnessed {
    fn start(witness: TestWitness) -> Self {
        let database = TestDatabase::migrated();
        let number = if database.url.is_sqlite() { 1 } else { 2 };
        let processes = (0..number).map(|_| serve(&database, &witness)).collect();
        Self::with(database, processes, witness)
    }

    /// The same, as one process.
    fn start_single(witness: TestWitness) -> Self {
        let database = TestDatabase::migrated();
        let processes = vec![serve(&database, &witness)];
        Self::with(database, processes, witness)
    }

    fn with(database: TestDatabase, processes: Vec<Process>, witness: TestWitness) -> Self {
        let admin = processes[0].admin();
        let log = format!("/users/{}/activity", text(&admin.get("/me").ok(200)["id"]));
        Self { witness, processes, admin, log, database }
    }

    /// A new note, by its path.
    fn note(&self, notes: &str) -> String {
        let note = self.admin.post(&self.log, json!({"notes": notes})).ok(201);
        format!("{}/{}", self.log, text(&note["id"]))
    }

    /// A process's present checkpoint, once it has all entries and the witness has cosigned it.
    fn cosigned(&self, process: &Process) -> String {
        let client = Client { token: self.admin.token.clone(), ..process.client.clone() };
        follow_until(&client, client.all("/activity").len());
        // Each look waits for a record, so their number bounds the time.
        for _ in 0..30 {
            let note = client.get("/ledger/checkpoint").text;
            if is_cosigned(&note, &self.witness.key) {
                return note;
            }
            let size = Checkpoint::verified(&note, &verifier()).unwrap().size;
            client.get(&format!("/ledger?from={size}&wait=1")).ok(200);
        }
        panic!("no checkpoint is cosigned");
    }

    fn proof(&self, entry: &str) -> Proof {
        let reply = self.admin.get(&format!("{entry}/proof"));
        reply.ok(200);
        Proof::parse(&reply.text).unwrap()
    }

    /// What the binary says of a proof.
    fn verify(&self, proof: &str, witness: &Verifier) -> Output {
        let file = self.database.folder.path().join("proof");
        fs::write(&file, proof).unwrap();
        let (key, witness) = (verifier().to_string(), witness.to_string());
        let file = file.to_str().unwrap();
        let words = ["verify", "proof", file, "--key", &key, "--witness", &witness];
        daybook(&self.database, &words).output().unwrap()
    }
}

fn serve(database: &TestDatabase, witness: &TestWitness) -> Process {
    serve_at(database, &witness.url, witness)
}

/// The same, where the witness has another URL.
fn serve_at(database: &TestDatabase, url: &str, witness: &TestWitness) -> Process {
    let key = witness.key.to_string();
    Process::serve(database, &["--witness-url", url, "--witness-key", &key])
}

fn is_cosigned(note: &str, key: &Verifier) -> bool {
    Note::parse(note).unwrap().cosigned_at(key).is_ok()
}

/// The number of signature lines.
fn signatures(note: &str) -> usize {
    note.lines().filter(|line| line.starts_with("— ")).count()
}

#[test]
fn a_witness_cosigns_checkpoints_and_proofs() {
    let it = Witnessed::start(TestWitness::start(Manner::Honest));
    let note = it.note("Seen by two.");
    for process in &it.processes {
        let checkpoint = it.cosigned(process);
        // Of the two lines of the witness, one is by a key that the service does not know.
        assert_eq!(signatures(&checkpoint), 2, "{checkpoint}");
    }
    let proof = it.proof(&note);
    proof.check(&verifier()).unwrap();
    assert!(is_cosigned(&proof.checkpoint, &it.witness.key), "{proof:?}");

    let json = it.admin.get(&format!("{note}/proof")).text;
    let accept = [("accept", "text/plain")];
    let as_text = it.admin.send("GET", &format!("{note}/proof"), &accept, None).text;
    for proof in [&json, &as_text] {
        let output = it.verify(proof, &it.witness.key);
        let printed = String::from_utf8(output.stdout).unwrap();
        let said = "The witness witness.example/w1 has cosigned the checkpoint at 20";
        assert!(output.status.success() && printed.contains(said), "{printed}");
    }
    let other = TestWitness::start(Manner::Honest).key;
    let output = it.verify(&json, &other);
    assert!(!output.status.success() && output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.ends_with(&format!("the note is not signed by {other}\n")), "{said}");
}

#[test]
fn the_verifier_of_the_documentation_takes_a_cosigned_proof() {
    let it = Witnessed::start_single(TestWitness::start(Manner::Honest));
    let note = it.note("Seen by two.");
    it.cosigned(&it.processes[0]);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ledger.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, program) = page.split_once("```python verifier\n").unwrap();
    let (program, _) = program.split_once("```").unwrap();
    let proof = it.admin.get(&format!("{note}/proof")).text;
    assert_eq!(signatures(&proof.replace("\\n", "\n")), 2, "{proof}");
    let folder = it.database.folder.path();
    fs::write(folder.join("verifier.py"), program).unwrap();
    let run = |proof: &str| {
        fs::write(folder.join("proof.json"), proof).unwrap();
        let key = verifier().to_string();
        let mut python = Command::new("python3");
        python.args(["verifier.py", "proof.json", &key]).current_dir(folder).output()
    };
    // Where Python or its package is not installed, there is nothing to test.
    let import = Command::new("python3").args(["-c", "import cryptography"]).output();
    if import.is_ok_and(|it| it.status.success()) {
        let output = run(&proof).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!run(&proof.replace("Seen by two", "Seen by me")).unwrap().status.success());
    }
}

#[test]
fn a_witness_that_is_away_delays_nothing() {
    let it = Witnessed::start_single(TestWitness::start(Manner::Honest));
    let old = it.note("The witness has seen this.");
    it.cosigned(&it.processes[0]);
    it.witness.become_like(Manner::Silent);
    let new = it.note("The witness has not seen this.");
    let waiting = it.witness.waiting();
    for number in 0..10 {
        it.note(&format!("Note {number}."));
    }
    let entries = it.admin.all("/activity").len();
    follow_until(&it.admin, entries);
    let checkpoint = it.admin.get("/ledger/checkpoint").text;
    assert_eq!(Checkpoint::verified(&checkpoint, &verifier()).unwrap().size, entries as u64);
    assert_eq!(signatures(&checkpoint), 1);
    // The newest head that the witness has seen proves what it has seen, and the present one the rest.
    for (entry, signed) in [(&old, 2), (&new, 1)] {
        let proof = it.proof(entry);
        proof.check(&verifier()).unwrap();
        assert_eq!(signatures(&proof.checkpoint), signed, "{proof:?}");
    }
    assert!(waiting.is_open(), "something has waited until the service gave the witness up");

    it.witness.become_like(Manner::Honest);
    it.cosigned(&it.processes[0]);
    assert!(is_cosigned(&it.proof(&new).checkpoint, &it.witness.key));
}

#[test]
fn the_service_stops_while_it_waits_for_the_witness() {
    let it = Witnessed::start_single(TestWitness::start(Manner::Silent));
    let waiting = it.witness.waiting();
    let begun = Instant::now();
    let Witnessed { processes, .. } = it;
    for process in processes {
        assert_eq!(process.terminate(), Some(0));
    }
    drop(waiting);
    // The service waits for ten seconds, if nothing ends it.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn the_log_says_once_that_the_witness_fails_and_once_that_it_cosigns_again() {
    let witness = TestWitness::start(Manner::Broken);
    let database = TestDatabase::migrated();
    // Users and passwords of the URL are nothing for the log.
    let url = witness.url.replace("http://", "http://daybook:lasting-secret@");
    let process = serve_at(&database, &url, &witness);
    let admin = process.admin();
    for _ in 0..2 {
        assert_eq!(witness.asked().status, 500);
    }
    witness.become_like(Manner::Honest);
    witness.cosigned();
    let lines = process.log_up_to("cosigns the ledger");
    let said: Vec<&String> = lines.iter().filter(|line| line.contains("witness")).collect();
    let expected = [
        "witness witness.example/w1 at http://127.0.0.1:".to_owned(),
        "the witness witness.example/w1 does not cosign: its response has the status 500"
            .to_owned(),
        "the witness witness.example/w1 cosigns the ledger, at size ".to_owned(),
    ];
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (line, expected) in said.iter().zip(&expected) {
        assert!(line.contains(expected), "{line}");
    }
    assert!(lines.iter().all(|line| !line.contains("lasting-secret")), "{lines:#?}");
    admin.get("/me").ok(200);
}

#[test]
fn a_cosignature_by_another_key_is_not_shown() {
    for (manner, why) in [
        (Manner::Forging, "the signature of witness.example/w1 does not verify"),
        (Manner::Foreign, "the note is not signed by witness.example/w1+"),
    ] {
        let it = Witnessed::start_single(TestWitness::start(manner));
        let note = it.note("Who has seen this?");
        let lines = it.processes[0].log_up_to("its response is not valid");
        let last = lines.last().unwrap();
        assert!(last.contains(why) && last.contains("WARN"), "{last}");
        assert_eq!(signatures(&it.admin.get("/ledger/checkpoint").text), 1);
        assert_eq!(signatures(&it.proof(&note).checkpoint), 1);
    }
}

#[test]
fn a_witness_that_has_seen_more_gets_no_further_checkpoint() {
    let it = Witnessed::start_single(TestWitness::start_with(Manner::Honest, 1000, Hash([7; 32])));
    let Asked { old, status, .. } = it.witness.asked();
    assert_eq!((old, status), (0, 409));
    let lines = it.processes[0].log_up_to("the ledger is shorter than it was");
    let last = lines.last().unwrap();
    assert!(last.contains("the witness has seen 1000 records") && last.contains("ERROR"), "{last}");
    let note = it.note("What was there before?");
    assert!(!it.witness.is_asked_within(Duration::from_secs(7)));
    assert_eq!(signatures(&it.admin.get("/ledger/checkpoint").text), 1);
    assert_eq!(signatures(&it.proof(&note).checkpoint), 1);
}

#[test]
fn a_ledger_that_is_another_than_the_witness_saw_is_not_cosigned() {
    let it = Witnessed::start_single(TestWitness::start_with(Manner::Honest, 1, Hash([7; 32])));
    let asked = [it.witness.asked(), it.witness.asked()];
    assert_eq!(asked.map(|it| (it.old, it.status)), [(0, 409), (1, 422)]);
    let lines = it.processes[0].log_up_to("is not a continuation of what it has seen");
    assert!(lines.last().unwrap().contains("ERROR"));
    assert_eq!(signatures(&it.admin.get("/ledger/checkpoint").text), 1);
}

#[test]
fn after_a_restart_the_witness_says_what_it_has_seen() {
    let mut it = Witnessed::start_single(TestWitness::start(Manner::Honest));
    it.cosigned(&it.processes[0]);
    it.processes.pop().unwrap().kill();
    // What it was asked before.
    let mut last = it.witness.cosigned();
    while it.witness.is_asked_within(Duration::ZERO) {}
    for _ in 0..2 {
        let process = serve(&it.database, &it.witness);
        let again = it.witness.asked();
        assert_eq!((again.old, again.status), (0, 409));
        let cosigned = it.witness.asked();
        assert!(cosigned.old >= last.size && cosigned.status == 200, "{cosigned:?}");
        // The second time, the witness has seen the same checkpoint already.
        assert!(is_cosigned(&it.cosigned(&process), &it.witness.key));
        process.kill();
        last = cosigned;
    }
}

#[test]
fn a_wrong_setting_of_the_witness_stops_the_start() {
    let database = TestDatabase::empty();
    let key = TestWitness::start(Manner::Honest).key.to_string();
    let plain = verifier().to_string();
    let broken = key.replace("w1+", "w2+");
    let (url, with_password) =
        ("https://witness.example", "ftp://sam:lasting-secret@witness.example");
    let wrong: [(&[&str], &str); 5] = [
        (&["--witness-url", url], "--witness-key <WITNESS_KEY>"),
        (&["--witness-key", &key], "--witness-url <WITNESS_URL>"),
        (
            &["--witness-url", with_password, "--witness-key", &key],
            "DAYBOOK_WITNESS_URL: expected http://… or https://…, without ? and #",
        ),
        (
            &["--witness-url", url, "--witness-key", &plain],
            "DAYBOOK_WITNESS_KEY: the key is not of the type cosignature/v1",
        ),
        (
            &["--witness-url", url, "--witness-key", &broken],
            "DAYBOOK_WITNESS_KEY: the id of the verifier key is not that of its name and bytes",
        ),
    ];
    for (words, why) in wrong {
        let words = [&["serve", "--listen", "127.0.0.1:0"], words].concat();
        let output = daybook(&database, &words).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(why), "{words:?}: {said}");
        assert!(!said.contains("lasting-secret"), "{said}");
    }
}
