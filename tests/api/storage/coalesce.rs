//! Concurrent notes are coalesced into one transaction, and each is accepted or refused by itself.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Sender},
    },
    thread,
};

use daybook::{
    db::{
        connection::open_writer,
        database::{Db, Options},
    },
    domain::{
        clock::Clock,
        identity::{Identity, Proof},
        policy::{Act, Caller, Relation, may_write_notes},
        user::{Role, UserKind},
    },
    error::{Code, Result},
    journal::{
        coalesce::{Coalesce, Verdict},
        recorded::Recorded,
        tx::Tx,
    },
};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::support::{
    api_clients::account,
    app::{Settings, TestApp, block_on},
    client::Client,
    groups::{grant, set_home_group},
    reply::{Reply, text},
};

/// Blocks a thread that coalesces changes, until the gate is opened.
struct Wait {
    begun: Sender<()>,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

impl Coalesce for Wait {
    type Output = ();

    fn judge(set: &[&Self], _: &mut Tx<'_>) -> Result<Vec<Verdict<()>>> {
        for one in set {
            one.begun.send(()).unwrap();
            let open = one.gate.open.lock().unwrap();
            drop(one.gate.opened.wait_while(open, |open| !*open).unwrap());
        }
        Ok(set.iter().map(|_| Ok(Some(Recorded::unchanged(())))).collect())
    }
}

/// Does `work` while all coalesced changes have to wait; `work` opens the gate.
fn while_they_wait<T>(db: &Db, work: impl FnOnce(&Gate) -> T) -> T {
    let gate = Arc::new(Gate::default());
    let (begun, begins) = mpsc::channel();
    thread::scope(|scope| {
        // One for each thread, one after the other, so that they are not coalesced.
        for _ in 0..if db.url().is_sqlite() { 1 } else { 2 } {
            let wait = Wait { begun: begun.clone(), gate: Arc::clone(&gate) };
            scope.spawn(move || block_on(db.coalesce(wait)).map(drop).unwrap());
            begins.recv().unwrap();
        }
        let result = work(&gate);
        gate.open();
        result
    })
}

/// Waits until each thread is in the queue, or has ended.
fn until_queued<T>(db: &Db, threads: &[thread::ScopedJoinHandle<'_, T>]) {
    let ended = || threads.iter().filter(|it| it.is_finished()).count();
    while db.waiting() + ended() < threads.len() {
        thread::yield_now();
    }
}

/// Sends notes so that they are coalesced, and returns the replies in their order.
fn send_concurrently(app: &TestApp, notes: &[(&Client, String, Value)]) -> Vec<Reply> {
    while_they_wait(&app.db, |gate| {
        thread::scope(|scope| {
            let send = |(client, path, body): &(&Client, String, Value)| {
                let (client, path, body) = ((*client).clone(), path.clone(), body.clone());
                scope.spawn(move || client.post(&path, body))
            };
            let threads: Vec<_> = notes.iter().map(send).collect();
            until_queued(&app.db, &threads);
            gate.open();
            threads.into_iter().map(|it| it.join().unwrap()).collect()
        })
    })
}

fn log_of(user: &str) -> String {
    format!("/users/{user}/activity")
}

/// A note to be sent, and its reply.
struct Note<'a> {
    client: &'a Client,
    path: &'a str,
    /// The fields besides `notes`.
    more: Value,
    status: u16,
    /// The name of the author of a created note; else the code of the problem, or the pointer of the
    /// invalid field.
    outcome: &'a str,
}

#[test]
fn concurrent_notes_of_several_callers_are_each_accepted_or_refused_by_itself() {
    let app = TestApp::start_single();
    let (admin, sam, tom) = (app.admin(), app.learner("Sam"), app.learner("Tom"));
    let (max, boss) = (app.learner("Max"), app.learner("Boss"));
    let home = app.group("Home");
    set_home_group(&app, &sam, json!(home));
    grant(&app, &home, &max, json!(["manage_users"]));
    let supervisors = json!({"supervisor_ids": [boss.id]});
    admin.patch_now(&format!("/users/{}", sam.id), supervisors).ok(200);
    let related = |user: &str| text(&app.log(user)[0]["id"]);
    let (of_sam, of_tom) = (related(&sam.id), related(&tom.id));
    let hr = account(&app, &["activity:write"]);
    let reader = account(&app, &["activity:read"]);
    let (hr_client, reader) = (hr.client(&app), reader.client(&app));
    // After log-out or deactivation, the signature of a token is still valid.
    let gone = app.person("administrator", "Gone", "Admin");
    admin.patch_now(&format!("/users/{}", gone.id), json!({"status": "inactive"})).ok(200);
    let out = app.person("administrator", "Out", "Admin");
    out.client.send("POST", "/auth/logout", &[], None).ok(204);
    let nobody = "01977f3e-5c00-7000-8000-0000000000ff";
    let (to_sam, to_tom, to_nobody) = (log_of(&sam.id), log_of(&tom.id), log_of(nobody));
    let body = |more: Value| {
        let mut body = json!({"notes": "fine"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let note = |client, path, more, status, outcome| Note { client, path, more, status, outcome };
    let notes = [
        note(&admin, &to_sam, json!({}), 201, "Ada Admin"),
        note(&sam.client, &to_sam, json!({}), 403, "forbidden"),
        note(&tom.client, &to_sam, json!({}), 404, "not_found"),
        note(&boss.client, &to_sam, json!({}), 403, "forbidden"),
        note(&max.client, &to_sam, json!({}), 201, "Max Learner"),
        note(&max.client, &to_tom, json!({}), 404, "not_found"),
        note(&max.client, &to_sam, json!({"created_by": app.admin_id}), 201, "Ada Admin"),
        note(&admin, &to_sam, json!({"created_by": max.id}), 201, "Max Learner"),
        note(&admin, &to_tom, json!({"created_by": max.id}), 422, "/created_by"),
        note(&admin, &to_tom, json!({"created_by": gone.id}), 422, "/created_by"),
        note(&admin, &to_nobody, json!({}), 404, "not_found"),
        note(&admin, &to_sam, json!({"relates_to": of_sam}), 201, "Ada Admin"),
        note(&admin, &to_sam, json!({"relates_to": of_tom}), 422, "/relates_to"),
        note(&hr_client, &to_tom, json!({}), 201, "HR System"),
        note(&reader, &to_tom, json!({}), 403, "insufficient_scope"),
        note(&gone.client, &to_tom, json!({}), 401, "invalid_token"),
        note(&out.client, &to_tom, json!({}), 401, "invalid_token"),
    ];
    let sent: Vec<_> = notes
        .iter()
        .map(|note| (note.client, note.path.to_owned(), body(note.more.clone())))
        .collect();
    let mut made = Vec::new();
    for (answer, note) in send_concurrently(&app, &sent).iter().zip(&notes) {
        let Note { path, more, status, outcome, .. } = note;
        let json = answer.json();
        assert_eq!(answer.status, *status, "{path} {more}: {json}");
        match status {
            201 => {
                assert_eq!(json["created_by"]["name"], *outcome);
                assert_eq!(json["user_id"], path.split('/').nth(2).unwrap());
                made.push(text(&json["id"]));
            }
            422 => answer.invalid(outcome, "unknown"),
            _ => drop(answer.problem(*status, outcome)),
        }
    }
    let mut there: Vec<String> =
        admin.all("/activity?type=manual").iter().map(|note| text(&note["id"])).collect();
    there.sort();
    made.sort();
    assert_eq!(there, made);
}

#[test]
fn a_note_that_the_database_refuses_fails_alone() {
    let app = TestApp::start_single();
    let (admin, sam) = (app.admin(), app.learner("Sam"));
    let refuse = if app.database.url.is_sqlite() {
        "CREATE TRIGGER poison BEFORE INSERT ON entries WHEN NEW.notes = 'poison'
         BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
    } else {
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'on purpose'; END $$;
         CREATE TRIGGER poison BEFORE INSERT ON entries FOR EACH ROW
             WHEN (NEW.notes = 'poison') EXECUTE FUNCTION refuse()"
    };
    app.database.sabotage(refuse).unwrap();
    let texts = ["one", "two", "poison", "three", "poison", "four"];
    let notes: Vec<_> =
        texts.iter().map(|it| (&admin, log_of(&sam.id), json!({"notes": it}))).collect();
    for (answer, text) in send_concurrently(&app, &notes).iter().zip(texts) {
        match text {
            "poison" => drop(answer.problem(500, "internal_error")),
            _ => assert_eq!(answer.ok(201)["notes"], text),
        }
    }
    assert_eq!(app.actions(&sam.id), ["note"; 4]);
}

/// A change that counts its transactions, and panics on request.
struct Odd {
    panics: bool,
    sets: Arc<AtomicUsize>,
}

impl Coalesce for Odd {
    type Output = usize;

    fn judge(set: &[&Self], _: &mut Tx<'_>) -> Result<Vec<Verdict<usize>>> {
        for one in set {
            one.sets.fetch_add(1, Ordering::SeqCst);
        }
        assert!(!set.iter().any(|it| it.panics), "on purpose");
        Ok(set.iter().map(|_| Ok(Some(Recorded::unchanged(set.len())))).collect())
    }
}

#[test]
fn one_that_panics_fails_alone() {
    let app = TestApp::start_single();
    let sets = Arc::new(AtomicUsize::new(0));
    let outcomes = while_they_wait(&app.db, |gate| {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..6)
                .map(|number| {
                    let (db, sets) = (&app.db, Arc::clone(&sets));
                    scope.spawn(move || block_on(db.coalesce(Odd { panics: number == 3, sets })))
                })
                .collect();
            until_queued(&app.db, &threads);
            gate.open();
            threads.into_iter().map(|it| it.join().unwrap()).collect::<Vec<_>>()
        })
    });
    for (number, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(_) => assert_ne!(number, 3),
            Err(error) => assert_eq!((number, error.code), (3, Code::Internal)),
        }
    }
    assert!(sets.load(Ordering::SeqCst) > 6, "none was in a set with the one that panics");
}

#[test]
fn a_note_to_a_locked_user_keeps_no_other_waiting() {
    let app = TestApp::start_single();
    if app.database.url.is_sqlite() {
        // Its one writer does not wait for locks.
        return;
    }
    let (admin, sam, tom) = (app.admin(), app.learner("Sam"), app.learner("Tom"));
    let mut holder = open_writer(&app.database.url).unwrap();
    let hold = format!("BEGIN; SELECT 1 FROM users WHERE id = '{}' FOR NO KEY UPDATE", sam.id);
    holder.batch_execute(&hold).unwrap();
    let waiting = thread::scope(|scope| {
        let waits = scope.spawn(|| admin.post(&log_of(&sam.id), json!({"notes": "late"})));
        let notes: Vec<_> =
            (0..8).map(|it| (&admin, log_of(&tom.id), json!({"notes": it.to_string()}))).collect();
        for answer in send_concurrently(&app, &notes) {
            answer.ok(201);
        }
        assert!(!waits.is_finished());
        holder.batch_execute("COMMIT").unwrap();
        waits.join().unwrap()
    });
    waiting.ok(201);
    assert_eq!(app.actions(&sam.id), ["note"]);
}

#[test]
fn where_the_queue_is_full_a_note_is_refused_and_may_come_again() {
    let mut small = None;
    let app = TestApp::start_adjusted(Clock::system(), &Settings::default(), |services| {
        let url = services.db.url().clone();
        let options = Options { queue: 4, ..Options::new(url, 2) };
        services.db = Db::open(&options, Clock::system()).unwrap();
        small = Some(services.db.clone());
    });
    let (admin, sam, db) = (app.admin(), app.learner("Sam"), small.unwrap());
    const SENT: usize = 24;
    let answers = while_they_wait(&db, |gate| {
        let (refused, refusals) = mpsc::channel();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..SENT)
                .map(|number| {
                    let (admin, path, refused) = (&admin, log_of(&sam.id), refused.clone());
                    scope.spawn(move || {
                        let answer = admin.post(&path, json!({"notes": number.to_string()}));
                        refused.send(()).unwrap();
                        answer
                    })
                })
                .collect();
            // All but those in the queue are refused immediately.
            for _ in 0..SENT - 4 {
                refusals.recv().unwrap();
            }
            gate.open();
            threads.into_iter().map(|it| it.join().unwrap()).collect::<Vec<_>>()
        })
    });
    let (made, refused): (Vec<Reply>, Vec<Reply>) =
        answers.into_iter().partition(|it| it.status == 201);
    assert_eq!((made.len(), refused.len()), (4, SENT - 4));
    for answer in refused {
        answer.problem(503, "unavailable");
        assert!(answer.header("retry-after").is_some());
    }
    admin.post(&log_of(&sam.id), json!({"notes": "again"})).ok(201);
    assert_eq!(app.actions(&sam.id), ["note"; 5]);
}

#[test]
fn a_relation_lets_more_and_never_less() {
    // Coalesced notes query relations only where the role alone does not suffice.
    let bits = |number: u32| Relation {
        own: number & 1 != 0,
        supervisor: number & 2 != 0,
        views_results: number & 4 != 0,
        manages: number & 8 != 0,
    };
    for role in Role::ALL.iter().copied() {
        let (id, name, kind) =
            (Clock::system().new_id(Clock::system().now()), "", UserKind::Person);
        let proof = Proof::External;
        let caller = Caller::User(Identity { id, name: name.to_owned(), kind, role, proof });
        for relation in (0..16).map(bits) {
            let acts = [Act::SeeUser, Act::AddNote];
            for act in acts {
                let anybody = caller.may_to_anybody(act);
                assert!(!anybody || caller.must_for_user(relation, act(relation)).is_ok());
            }
            let stranger = may_write_notes(role, Relation::default());
            assert!(!stranger || may_write_notes(role, relation));
        }
    }
}
