//! Acknowledged changes and their entries survive every end of the service.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    sync::{Barrier, mpsc},
    thread,
};

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{Client, JSON},
    database::TestDatabase,
    dump::dump,
    process::Process,
    reply::text,
};

const WRITERS: usize = 16;
/// Acknowledged changes after which the service is killed.
const BURST: usize = 240;

/// An acknowledged change: the path of what was changed, and its state now.
type Acknowledged = (String, &'static str);

/// Enrolls a user in one course after the other, starts and completes it, and adds a note, until
/// the service is gone. Sends each acknowledged change to `acknowledged`.
fn write_on(
    client: &Client,
    user: &str,
    courses: &[String],
    acknowledged: &mpsc::Sender<Acknowledged>,
) {
    let send = |method: &str, path: &str, body: Value| {
        let answer = client.try_send(method, path, &[JSON], Some(&body.to_string()));
        let answer = answer.ok()?;
        assert!((200..300).contains(&answer.status), "{}", answer.text);
        Some(answer.json())
    };
    let acknowledge = |path: String, what| acknowledged.send((path, what)).ok();
    let change_all = || -> Option<()> {
        for course in courses {
            let path = format!("/users/{user}/enrollments");
            let made = send("POST", &path, json!({"course_id": course}))?;
            let path = format!("/enrollments/{}", text(&made["id"]));
            acknowledge(path.clone(), "enrolled")?;
            send("PUT", &format!("{path}/start"), json!({}))?;
            acknowledge(path.clone(), "in_progress")?;
            send("PUT", &format!("{path}/completion"), json!({"method": "forced"}))?;
            acknowledge(path, "completed")?;
            let activity = format!("/users/{user}/activity");
            let note = send("POST", &activity, json!({"notes": course}))?;
            acknowledge(format!("{activity}/{}", text(&note["id"])), "noted")?;
        }
        Some(())
    };
    let _ = change_all();
}

/// The actions in the log of an enrollment in this state, the newest first.
fn actions_of(status: &str) -> Vec<&'static str> {
    let all = ["enrollment.forced_complete", "enrollment.started", "enrollment.created"];
    let skipped = ["completed", "in_progress", "enrolled"].iter().position(|it| *it == status);
    all[skipped.unwrap()..].to_vec()
}

/// Whether each enrollment of a user has exactly the entries of its state, and none has no
/// enrollment.
fn assert_logged(admin: &Client, user: &str) -> Vec<Value> {
    let mut logged: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let log = admin.all(&format!("/users/{user}/activity?action=enrollment.*"));
    for entry in &log {
        logged.entry(text(&entry["target"]["id"])).or_default().push(text(&entry["action"]));
    }
    let enrollments = admin.all(&format!("/users/{user}/enrollments"));
    assert_eq!(logged.len(), enrollments.len(), "an entry without its change, or the reverse");
    for one in &enrollments {
        let expected = actions_of(one["status"].as_str().unwrap());
        assert_eq!(logged[one["course_id"].as_str().unwrap()], expected, "{one}");
    }
    enrollments
}

#[test]
fn killed_in_a_burst_the_service_has_every_acknowledged_change_with_exactly_its_entries() {
    let database = TestDatabase::migrated();
    let service = Process::serve(&database, &[]);
    let admin = service.admin();
    let courses: Vec<String> = (0..40)
        .map(|number| json!({"title": format!("Course {number}"), "type": "online"}))
        .map(|body| text(&admin.post("/courses", body).ok(201)["id"]))
        .collect();
    let users: Vec<String> = (0..WRITERS)
        .map(|number| json!({"email": null, "kind": "api", "given_name": "U", "surname": number.to_string()}))
        .map(|body| text(&admin.post("/users", body).ok(201)["id"]))
        .collect();
    let (send, received) = mpsc::channel::<Acknowledged>();
    let acknowledged: Vec<Acknowledged> = thread::scope(|scope| {
        for user in &users {
            let (admin, courses, send) = (&admin, &courses, send.clone());
            scope.spawn(move || write_on(admin, user, courses, &send));
        }
        drop(send);
        let mut acknowledged: Vec<Acknowledged> = received.iter().take(BURST).collect();
        service.kill();
        acknowledged.extend(received.iter());
        acknowledged
    });
    assert!(acknowledged.len() >= BURST);

    let again = Process::serve(&database, &[]);
    let admin = again.admin();
    let mut furthest: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, what) in &acknowledged {
        furthest.insert(path, what);
    }
    for (path, what) in furthest {
        let there = admin.get(path).ok(200);
        if what != "noted" {
            // A change that was running when the service died may have been made or not.
            let (is, was) = (actions_of(there["status"].as_str().unwrap()), actions_of(what));
            assert!(is.len() >= was.len(), "{path} was {what}: {there}");
        }
    }
    let mut changes = 0;
    for user in &users {
        let enrollments = assert_logged(&admin, user);
        changes += enrollments
            .iter()
            .map(|one| actions_of(one["status"].as_str().unwrap()).len())
            .sum::<usize>();
        let notes = admin.all(&format!("/users/{user}/activity?type=manual"));
        changes += notes.len();
        let mut courses: Vec<&Value> = notes.iter().map(|note| &note["notes"]).collect();
        courses.dedup();
        assert_eq!(courses.len(), notes.len(), "a note is there twice");
    }
    // At most one change of each writer was running.
    assert!((acknowledged.len()..=acknowledged.len() + WRITERS).contains(&changes));
    assert_eq!(again.terminate(), Some(0));
}

#[test]
fn on_sigterm_the_service_finishes_running_requests_and_accepts_no_more() {
    let database = TestDatabase::migrated();
    let service = Process::serve(&database, &[]);
    let admin = service.admin();
    let address = admin.address.trim_start_matches("http://").to_owned();
    let body = json!({"title": "Finished in time", "type": "online"}).to_string();
    let mut running = TcpStream::connect(&address).unwrap();
    // The service says 100 when it has begun with the request, so that no time has to be guessed.
    write!(
        running,
        "POST /courses HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        admin.token.as_deref().unwrap(),
        body.len()
    )
    .unwrap();
    let mut begun = [0; 25];
    running.read_exact(&mut begun).unwrap();
    assert!(begun.starts_with(b"HTTP/1.1 100 Continue"));
    service.signal("TERM");
    // Until it has received the signal, it may accept connections.
    while TcpStream::connect(&address).is_ok() {
        thread::yield_now();
    }
    running.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    running.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(service.terminate(), Some(0));

    let again = Process::serve(&database, &[]);
    let courses = again.admin().all("/courses");
    assert_eq!(courses[0]["title"], "Finished in time");
}

/// A change that makes one entry.
struct Step {
    method: &'static str,
    path: String,
    status: u16,
    action: &'static str,
}

#[test]
fn a_change_that_several_clients_make_concurrently_is_made_and_logged_once() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let (course, plan) = (app.course("Security Basics"), app.plan("Forklift Training"));
    let enrollment = format!("/enrollments/{}", app.enrollment(&sam.id, &course));
    let plan = format!("/users/{}/learning-plans/{plan}", sam.id);
    let step = |method, path, status, action| Step { method, path, status, action };
    let steps = [
        step("PUT", format!("{enrollment}/start"), 200, "enrollment.started"),
        step("PUT", format!("{enrollment}/completion"), 200, "enrollment.completed"),
        step("DELETE", enrollment, 204, "enrollment.cancelled"),
        step("PUT", plan.clone(), 200, "learning_plan.assigned"),
        step("DELETE", plan, 204, "learning_plan.unassigned"),
    ];
    let mut expected = vec!["enrollment.created"];
    for Step { method, path, status, action } in &steps {
        let barrier = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                let (client, barrier) = (app.admin(), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    client.send(method, path, &[], None).ok(*status);
                });
            }
        });
        expected.insert(0, action);
        assert_eq!(app.actions(&sam.id), expected);
    }
}

/// A request that is refused with a status.
struct Refused<'a> {
    client: &'a Client,
    method: &'a str,
    path: String,
    if_match: Option<&'a str>,
    body: Value,
    status: u16,
}

#[test]
fn a_refused_request_changes_nothing() {
    let app = TestApp::start();
    let (admin, sam, eve) = (app.admin(), app.learner("Sam"), app.learner("Eve"));
    let auditor = app.person("auditor", "Otto", "Auditor");
    let course = app.course("Security Basics");
    let live = format!("/enrollments/{}", app.enrollment(&sam.id, &course));
    let over = format!("/enrollments/{}", app.enrollment(&eve.id, &course));
    assert_eq!(admin.delete(&over).status, 204);
    let (user, nobody) = (format!("/users/{}", sam.id), "01977f3e-5c00-7000-8000-000000000000");
    let enrollments = format!("{user}/enrollments");
    let before = dump(&app.database);
    let due = json!({"due_at": "2027-01-01T00:00:00Z"});
    let refused = |client, method, path, if_match, body, status| Refused {
        client,
        method,
        path,
        if_match,
        body,
        status,
    };
    let refusals = [
        refused(&sam.client, "PATCH", live.clone(), Some("*"), due.clone(), 403),
        refused(
            &auditor.client,
            "POST",
            enrollments.clone(),
            None,
            json!({"course_id": course}),
            403,
        ),
        refused(&auditor.client, "POST", "/users".into(), None, json!({}), 422),
        refused(
            &auditor.client,
            "PATCH",
            user.clone(),
            Some("*"),
            json!({"role": "administrator"}),
            403,
        ),
        refused(&eve.client, "PUT", format!("{live}/start"), None, json!({}), 404),
        refused(&admin, "DELETE", format!("/enrollments/{nobody}"), None, json!({}), 404),
        refused(&admin, "PUT", format!("{user}/learning-plans/{nobody}"), None, json!({}), 404),
        refused(&admin, "POST", enrollments.clone(), None, json!({"course_id": course}), 409),
        refused(&admin, "PUT", format!("{over}/start"), None, json!({}), 409),
        refused(&admin, "PATCH", over, Some("*"), due.clone(), 409),
        refused(
            &admin,
            "PATCH",
            user.clone(),
            Some("*"),
            json!({"email": eve.email, "surname": "New"}),
            409,
        ),
        refused(&admin, "PATCH", live.clone(), Some("\"7\""), due.clone(), 412),
        refused(&admin, "PATCH", live.clone(), None, due, 428),
        refused(&admin, "PATCH", live, Some("*"), json!({"grade": 101}), 422),
        refused(&admin, "POST", enrollments, None, json!({"course_id": nobody}), 422),
        refused(
            &admin,
            "PATCH",
            user,
            Some("*"),
            json!({"surname": "N", "supervisor_ids": [nobody]}),
            422,
        ),
    ];
    for Refused { client, method, path, if_match, body, status } in refusals {
        let mut headers = vec![JSON];
        headers.extend(if_match.map(|tag| ("if-match", tag)));
        let answer = client.send(method, &path, &headers, Some(&body.to_string()));
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.text);
        assert_eq!(dump(&app.database), before, "{method} {path} {body}");
    }
}
