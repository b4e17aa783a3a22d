//! The activity log of a user: what entries look like, how the log is narrowed, who may see it.

use daybook::domain::clock::Clock;
use serde_json::{Value, json};

use crate::support::{
    app::{PASSWORD, TestApp},
    client::Client,
    fixtures::Person,
    reply::text,
};

/// Sam's log, one entry a second: the entry of second n is number n.
struct Sam {
    app: TestApp,
    admin: Client,
    anna: Person,
    sam: Person,
    course: String,
    plan: String,
    log: Vec<Value>,
}

fn at(second: u32) -> String {
    format!("2026-07-29T09:00:{second:02}.000Z")
}

impl Sam {
    fn new() -> Self {
        let app = TestApp::start_with(Clock::stopped_at(at(0).parse().unwrap()));
        let second = |second| app.clock.set(at(second).parse().unwrap());
        let admin = app.admin();
        let anna = app.person("administrator", "Anna", "Lindqvist");
        let course = app.course("Höhlenforschung");
        let plan = app.plan("Forklift Training");
        second(1);
        let body = json!({
            "email": "sam@example.com", "given_name": "Sam", "surname": "Rivera",
            "password": PASSWORD,
        });
        let id = text(&admin.post("/users", body).ok(201)["id"]);
        second(2);
        let client = app.client_of("sam@example.com");
        let sam = Person {
            id,
            client,
            email: "sam@example.com".to_owned(),
            name: "Sam Rivera".to_owned(),
        };
        second(3);
        let enrollment = app.enrollment(&sam.id, &course);
        second(4);
        let body = json!({"due_at": "2026-08-31T22:00:00Z"});
        admin.patch_now(&format!("/enrollments/{enrollment}"), body).ok(200);
        second(5);
        let path = format!("/enrollments/{enrollment}/completion");
        admin.put(&path, json!({"method": "forced"})).ok(200);
        second(6);
        let path = format!("/users/{}/learning-plans/{plan}", sam.id);
        admin.put(&path, json!({})).ok(200);
        second(7);
        assert_eq!(anna.client.delete(&path).status, 204);
        let notes = format!("/users/{}/activity", sam.id);
        second(8);
        let body = json!({"notes": "Viel Ärger: 100 % of it_1 \\ done", "created_by": anna.id});
        admin.post(&notes, body).ok(201);
        second(9);
        let forced = app.log(&sam.id)[3]["id"].clone();
        let body = json!({"notes": "Sam was in der Straße", "relates_to": forced});
        let body = [body, json!({"occurred_at": at(5)})].into_iter().reduce(merged).unwrap();
        admin.post(&notes, body).ok(201);
        let log = app.log(&sam.id);
        Self { app, admin, anna, sam, course, plan, log }
    }

    fn path(&self) -> String {
        format!("/users/{}/activity", self.sam.id)
    }

    fn entry(&self, number: u32) -> &Value {
        self.log.iter().find(|entry| entry["recorded_at"] == at(number)).unwrap()
    }

    /// The numbers of the entries that a query finds, in their order.
    fn found(&self, query: &str) -> Vec<u32> {
        let found = self.admin.all(&format!("{}?{query}", self.path()));
        let number = |entry: &Value| {
            (1..10).find(|number| self.entry(*number)["id"] == entry["id"]).unwrap()
        };
        let counted = format!("{}?{query}&limit=1&include=total_count", self.path());
        let total = self.admin.get(&counted.replace("?&", "?")).ok(200);
        assert_eq!(total["page"]["total_count"], found.len(), "{query}");
        found.iter().map(number).collect()
    }
}

fn merged(mut one: Value, other: Value) -> Value {
    one.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    one
}

#[test]
fn a_system_entry_has_its_action_target_user_and_changes() {
    let it = Sam::new();
    let entry = it.entry(4);
    let expected = json!({
        "id": entry["id"], "user_id": it.sam.id, "type": "system",
        "action": "enrollment.due_date_changed",
        "occurred_at": at(4), "recorded_at": at(4),
        "created_by": null,
        "entered_by": {"id": it.app.admin_id, "name": "Ada Admin", "kind": "person"},
        "source": "admin", "relates_to": null,
        "description": "The due date of Sam Rivera in “Höhlenforschung” was changed.",
        "target": {"type": "course", "id": it.course, "name": "Höhlenforschung"},
        "changes": [{"field": "due_at", "before": null, "after": "2026-08-31T22:00:00.000Z"}],
        "external_id": null,
    });
    assert_eq!(*entry, expected);
    let own = it.entry(2);
    assert_eq!((&own["source"], &own["entered_by"]["id"]), (&json!("self"), &json!(it.sam.id)));
    let answer = it.admin.get(&format!("{}/{}", it.path(), text(&entry["id"])));
    assert_eq!((answer.ok(200), answer.etag()), (expected, "\"1\"".to_owned()));
}

#[test]
fn a_manual_entry_has_its_text_author_and_related_entry() {
    let it = Sam::new();
    let admin = json!({"id": it.app.admin_id, "name": "Ada Admin", "kind": "person"});
    let expected = json!({
        "id": it.entry(9)["id"], "user_id": it.sam.id, "type": "manual", "action": "note",
        "occurred_at": at(5), "recorded_at": at(9),
        "created_by": admin, "entered_by": admin, "source": "admin",
        "relates_to": it.entry(5)["id"],
        "notes": "Sam was in der Straße", "revision": 1, "edited_at": null, "edited_by": null,
    });
    assert_eq!(*it.entry(9), expected);
    let anna = json!({"id": it.anna.id, "name": "Anna Lindqvist", "kind": "person"});
    assert_eq!(it.entry(8)["created_by"], anna);
}

#[test]
fn each_filter_finds_exactly_its_entries_and_several_narrow_together() {
    let it = Sam::new();
    let (ada, anna, sam) = (it.app.admin_id.to_string(), &it.anna.id, &it.sam.id);
    let (course, plan) = (&it.course, &it.plan);
    let forced = text(&it.entry(5)["id"]);
    let nobody = "01977f3e-5c00-7000-8000-000000000000";
    let cases: Vec<(String, &[u32])> = vec![
        // By occurred_at, then by id, both descending: the backdated note above its neighbour.
        (String::new(), &[8, 7, 6, 9, 5, 4, 3, 2, 1]),
        ("type=system".into(), &[7, 6, 5, 4, 3, 2, 1]),
        ("type=manual".into(), &[8, 9]),
        ("action=enrollment.created".into(), &[3]),
        ("action=note".into(), &[8, 9]),
        ("action=learning_plan.assigned,enrollment.created".into(), &[6, 3]),
        ("action=enrollment.*".into(), &[5, 4, 3]),
        ("action=enrollment.*,note,user.created".into(), &[8, 9, 5, 4, 3, 1]),
        ("action=enrollment.cancelled".into(), &[]),
        ("exclude_action=session.*,user.*,note".into(), &[7, 6, 5, 4, 3]),
        ("action=enrollment.*&exclude_action=enrollment.created".into(), &[5, 4]),
        ("action=note&type=system".into(), &[]),
        ("action=enrollment.created&exclude_action=enrollment.*".into(), &[]),
        ("q=%C3%84RGER".into(), &[8]),
        ("q=h%C3%B6HLEN".into(), &[5, 4, 3]),
        ("q=STRASSE".into(), &[9]),
        ("q=100+%25".into(), &[8]),
        ("q=%25".into(), &[8]),
        ("q=_".into(), &[8]),
        ("q=t_1".into(), &[8]),
        ("q=%5C".into(), &[8]),
        ("q=100%25of".into(), &[]),
        ("q=learning%20plan".into(), &[7, 6]),
        (format!("created_by={anna}"), &[8]),
        (format!("created_by={ada}"), &[9]),
        (format!("created_by={sam}"), &[]),
        (format!("entered_by={ada}"), &[8, 6, 9, 5, 4, 3, 1]),
        (format!("entered_by={anna}"), &[7]),
        (format!("entered_by={sam}"), &[2]),
        ("source=self".into(), &[2]),
        ("source=admin".into(), &[8, 7, 6, 9, 5, 4, 3, 1]),
        ("source=rule".into(), &[]),
        ("target_type=course".into(), &[5, 4, 3]),
        ("target_type=user".into(), &[1]),
        (format!("target_type=course&target_id={course}"), &[5, 4, 3]),
        (format!("target_type=learning_plan&target_id={plan}"), &[7, 6]),
        (format!("target_type=course&target_id={plan}"), &[]),
        (format!("occurred_after={}", at(7)), &[8, 7]),
        ("occurred_after=2026-07-29T11:00:07%2B02:00".into(), &[8, 7]),
        (format!("occurred_before={}", at(3)), &[2, 1]),
        (format!("occurred_after={}&occurred_before={}", at(5), at(6)), &[9, 5]),
        (format!("occurred_after={0}&occurred_before={0}", at(5)), &[]),
        (format!("relates_to={forced}"), &[9]),
        (format!("relates_to={nobody}"), &[]),
        (
            format!("action=enrollment.*&entered_by={ada}&q=forschung&occurred_after={}", at(4)),
            &[5, 4],
        ),
        (format!("type=manual&created_by={ada}&relates_to={forced}&source=admin"), &[9]),
    ];
    for (query, expected) in cases {
        assert_eq!(it.found(&query), expected, "{query}");
    }
}

#[test]
fn a_filter_that_can_not_be_read_is_400_with_its_name() {
    let it = Sam::new();
    let course = &it.course;
    let cases = [
        ("action=enrollment.exploded", "action"),
        ("action=nonsense.*", "action"),
        ("action=enrollment.created,", "action"),
        ("action=", "action"),
        ("action=*", "action"),
        ("exclude_action=nonsense", "exclude_action"),
        ("type=automatic", "type"),
        ("source=magic", "source"),
        ("target_type=planet", "target_type"),
        (&format!("target_id={course}"), "target_id"),
        ("created_by=anna", "created_by"),
        ("entered_by=%7B01977f3e-5c00-7000-8000-000000000000%7D", "entered_by"),
        ("occurred_after=yesterday", "occurred_after"),
        ("occurred_before=2026-07-29", "occurred_before"),
        ("occurred_before=2026-07-29T09:00:00", "occurred_before"),
        ("relates_to=1", "relates_to"),
        ("q=%00", "q"),
        ("colour=red", "colour"),
        ("type=system&type=manual", "type"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("include=everything", "include"),
    ];
    for (query, parameter) in cases {
        let problem = it.admin.get(&format!("{}?{query}", it.path()));
        let problem = problem.problem(400, "invalid_parameter");
        assert_eq!(problem["errors"][0]["parameter"], parameter, "{query}");
    }
    // As a pattern, SQLite would refuse this as too complex.
    let long = "_".repeat(60_000);
    let problem =
        it.admin.get(&format!("{}?q={long}", it.path())).problem(400, "invalid_parameter");
    assert_eq!(problem["errors"][0]["code"], "too_long");
}

#[test]
fn an_entry_is_found_in_the_log_that_it_is_in_and_in_no_other() {
    let it = Sam::new();
    let (of_sam, of_anna) = (text(&it.entry(9)["id"]), format!("/users/{}/activity", it.anna.id));
    for path in [
        format!("{of_anna}/{of_sam}"),
        format!("{of_anna}/{of_sam}/revisions"),
        format!("{}/01977f3e-5c00-7000-8000-000000000000", it.path()),
        format!("{}/latest", it.path()),
    ] {
        it.admin.get(&path).problem(404, "not_found");
    }
    let change = json!({"notes": "in the wrong log"});
    it.admin.patch_now(&format!("{of_anna}/{of_sam}"), change).problem(404, "not_found");
}

#[test]
fn callers_who_may_see_the_profile_may_see_the_log() {
    let it = Sam::new();
    let supervisor = it.app.learner("Maria");
    let profile = format!("/users/{}", it.sam.id);
    it.admin.patch_now(&profile, json!({"supervisor_ids": [supervisor.id]})).ok(200);
    let entry = format!("{}/{}", it.path(), text(&it.entry(9)["id"]));
    let paths = [
        profile,
        it.path(),
        format!("{}/creators", it.path()),
        format!("{entry}/revisions"),
        entry,
    ];
    let auditor = it.app.person("auditor", "Otto", "Auditor");
    let stranger = it.app.learner("Eve");
    let callers = [(&it.sam, 200), (&supervisor, 200), (&auditor, 200), (&stranger, 404)];
    for (caller, status) in callers {
        for path in &paths {
            assert_eq!(caller.client.get(path).status, status, "{} {path}", caller.name);
        }
    }
    for path in &paths {
        it.app.stranger().get(path).problem(401, "unauthenticated");
    }
    // Supervision goes one way, and ends.
    supervisor.client.get(&format!("/users/{}/activity", supervisor.id)).ok(200);
    it.sam.client.get(&format!("/users/{}/activity", supervisor.id)).problem(404, "not_found");
    it.admin.patch_now(&paths[0], json!({"supervisor_ids": []})).ok(200);
    supervisor.client.get(&it.path()).problem(404, "not_found");
}

#[test]
fn an_entry_has_just_the_fields_that_the_document_says_wherever_it_is_shown() {
    let sam = Sam::new();
    let document = sam.admin.get("/openapi.json").ok(200);
    let fields = |schema: &str| -> Vec<String> {
        let fields = &document["components"]["schemas"][schema]["properties"];
        fields.as_object().unwrap().keys().cloned().collect()
    };
    let has = |value: &Value, schema: &str| {
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(keys, fields(schema).iter().collect::<Vec<_>>(), "{value}");
    };
    let path = format!("/users/{}/activity", sam.sam.id);
    let (mut notes, mut targets) = (0, 0);
    for entry in sam.admin.all(&path) {
        let single = sam.admin.get(&format!("{path}/{}", text(&entry["id"]))).ok(200);
        assert_eq!(entry, single);
        let note = entry["type"] == "manual";
        has(&entry, if note { "ManualEntry" } else { "SystemEntry" });
        for actor in ["created_by", "entered_by", "edited_by"] {
            if entry[actor].is_object() {
                has(&entry[actor], "Actor");
            }
        }
        if entry["target"].is_object() {
            has(&entry["target"], "Target");
            targets += 1;
        }
        notes += i32::from(note);
    }
    assert!(notes > 0 && targets > 0);
}

#[test]
fn a_text_comes_back_as_it_was_sent_whatever_is_in_it() {
    let app = TestApp::start();
    let (admin, sam) = (app.admin(), app.learner("Sam"));
    let quoted = json!({"given_name": "Sam \"the \\ Bear\""});
    admin.patch_now(&format!("/users/{}", sam.id), quoted).ok(200);
    let path = format!("/users/{}/activity", sam.id);
    let texts = [
        "a \"quote\" and a \\ backslash",
        "\"",
        "one line\nand\tanother\r\n",
        "\u{1}\u{8}\u{c}\u{1f} controls, \u{7f} and \u{2028}",
        "Ärger, 研修, 🎓: more than sixteen bytes of it",
        "</script> & ' are harmless",
    ];
    for notes in texts {
        admin.post(&path, json!({"notes": notes})).ok(201);
    }
    let listed: Vec<String> = admin
        .all(&format!("{path}?type=manual"))
        .iter()
        .rev()
        .map(|entry| text(&entry["notes"]))
        .collect();
    assert_eq!(listed, texts);
    let plain: Vec<Value> = admin.all(&path);
    assert_eq!(text(&plain[0]["notes"]), texts[5]);
    assert_eq!(plain.iter().filter(|it| it["type"] == "manual").count(), texts.len());
    let renamed = plain.iter().find(|it| it["action"] == "user.updated").unwrap();
    assert_eq!(renamed["changes"][0]["after"], "Sam \"the \\ Bear\"");
}
