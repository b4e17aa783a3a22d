//! Paging through a log that changes meanwhile.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{app::TestApp, client::Client, reply::text};

/// Entries of one user's log before the paging begins.
const ENTRIES: u64 = 500;
/// Few enough instants that many entries share each.
const INSTANTS: u64 = 8;

/// Numbers that are the same in every run (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn instant(number: u64) -> String {
    format!("2026-07-29T09:00:00.{:03}Z", number % INSTANTS)
}

struct Log {
    app: TestApp,
    path: String,
    notes: Vec<String>,
}

impl Log {
    /// 500 entries; every third note is found by the filters below.
    fn new() -> Self {
        let app = TestApp::start();
        let sam = app.learner("Sam");
        let path = format!("/users/{}/activity", sam.id);
        let system = app.log(&sam.id).len() as u64;
        let threads: Vec<_> = (0..4)
            .map(|part| {
                let (client, path) = (app.admin(), path.clone());
                thread::spawn(move || {
                    let mine = (system..ENTRIES).filter(|number| number % 4 == part);
                    mine.map(|number| add(&client, &path, number)).collect::<Vec<_>>()
                })
            })
            .collect();
        let notes: Vec<String> =
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(app.log(&sam.id).len() as u64, ENTRIES);
        Self { app, path, notes }
    }

    fn ids(&self, query: &str) -> Vec<String> {
        let found = self.app.admin().all(&format!("{}?{query}", self.path));
        found.iter().map(|entry| text(&entry["id"])).collect()
    }

    /// Reads the list page by page, with changes between pages, and compares it with the list
    /// before the first page.
    fn walk(&self, query: &str, limit: usize, mut between: impl FnMut()) {
        let reader = self.app.admin();
        let there = self.ids(query);
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut cursor = String::new();
        loop {
            let page = reader.get(&format!("{}?{query}&limit={limit}{cursor}", self.path)).ok(200);
            let data = page["data"].as_array().unwrap();
            assert!(data.len() == limit || page["page"]["has_more"] == false, "a short page");
            for entry in data {
                *seen.entry(text(&entry["id"])).or_default() += 1;
            }
            match page["page"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
            between();
        }
        let missed = there.iter().filter(|id| !seen.contains_key(*id)).count();
        let twice = seen.values().filter(|times| **times > 1).count();
        assert_eq!((missed, twice), (0, 0), "missed and doubled, {query} by {limit}");
    }
}

fn add(client: &Client, path: &str, number: u64) -> String {
    let body = json!({"notes": wording(number), "occurred_at": instant(number * number + number)});
    text(&client.post(path, body).ok(201)["id"])
}

fn wording(number: u64) -> String {
    format!("Note {number}{}", if number.is_multiple_of(3) { ", of the third kind" } else { "" })
}

/// Adds a note, rewords one, or moves one, once or several times.
fn disturb(client: &Client, log: &Log, numbers: &mut Numbers) {
    let note = &log.notes[numbers.below(log.notes.len() as u64) as usize];
    let path = format!("{}/{note}", log.path);
    let edit = |body: Value| client.patch_now(&path, body).ok(200);
    match numbers.below(6) {
        0 => {
            add(client, &log.path, numbers.below(1000));
        }
        1 => {
            // What the filters match stays.
            let kind = text(&client.get(&path).ok(200)["notes"]);
            edit(json!({"notes": format!("{kind}, reworded")}));
        }
        2 => {
            for _ in 0..3 {
                edit(json!({"occurred_at": instant(numbers.below(INSTANTS))}));
            }
        }
        // Out of the range of the filters, far to either side.
        3 => {
            edit(json!({"occurred_at": "2026-07-30T00:00:00Z"}));
        }
        4 => {
            edit(json!({"occurred_at": "2020-01-01T00:00:00Z"}));
        }
        _ => {
            edit(json!({"occurred_at": instant(numbers.below(INSTANTS))}));
        }
    }
}

/// Lists whose entries change only by moves in time.
const QUERIES: &[(&str, usize)] = &[
    ("", 9),
    ("type=manual", 100),
    ("q=THIRD+kind", 3),
    ("occurred_after=2026-07-29T09:00:00.002Z&occurred_before=2026-07-29T09:00:00.006Z", 5),
    ("action=note&q=third&occurred_after=2026-07-29T09:00:00Z&source=admin", 2),
];

#[test]
fn every_entry_comes_exactly_once_while_notes_are_added_and_moved_between_the_pages() {
    let log = Log::new();
    let writer = log.app.admin();
    let mut numbers = Numbers(0x00da_b00c);
    for (query, limit) in QUERIES {
        log.walk(query, *limit, || {
            for _ in 0..3 {
                disturb(&writer, &log, &mut numbers);
            }
        });
    }
}

#[test]
fn every_entry_comes_exactly_once_while_others_add_and_move_notes_all_the_time() {
    let log = Log::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for seed in [7, 11] {
            let (log, done) = (&log, &done);
            scope.spawn(move || {
                let (client, mut numbers) = (log.app.admin(), Numbers(seed));
                while !done.load(Ordering::Relaxed) {
                    disturb(&client, log, &mut numbers);
                }
            });
        }
        let walks = thread::Builder::new().spawn_scoped(scope, || {
            // While notes move, which of them are in a range of time at first is unknown.
            for (query, limit) in QUERIES.iter().filter(|it| !it.0.contains("occurred")) {
                log.walk(query, *limit, || {});
            }
        });
        let outcome = walks.unwrap().join();
        // The writers have to stop, also after a failure.
        done.store(true, Ordering::Relaxed);
        outcome.unwrap();
    });
}

#[test]
fn one_note_that_moves_around_each_page_comes_exactly_once() {
    let log = Log::new();
    let (writer, note) = (log.app.admin(), &log.notes[250]);
    let path = format!("{}/{note}", log.path);
    let mut numbers = Numbers(99);
    log.walk("", 20, || {
        for _ in 0..numbers.below(4) {
            let body = json!({"occurred_at": instant(numbers.below(INSTANTS))});
            writer.patch_now(&path, body).ok(200);
        }
    });
}

#[test]
fn a_list_ends_where_its_entries_end() {
    let app = TestApp::start();
    let sam = app.learner("Sam");
    let path = format!("/users/{}/activity", sam.id);
    let there = app.log(&sam.id);
    for limit in 1..=there.len() + 1 {
        let page = app.admin().get(&format!("{path}?limit={limit}")).ok(200);
        let more = limit < there.len();
        assert_eq!(page["page"]["has_more"], more);
        assert_eq!(page["page"]["next_cursor"].is_string(), more);
        assert_eq!(page["page"]["total_count"], Value::Null);
    }
    let none = app.admin().get(&format!("{path}?type=manual&include=total_count")).ok(200);
    let expected = json!({"next_cursor": null, "has_more": false, "total_count": 0});
    assert_eq!((&none["data"], &none["page"]), (&json!([]), &expected));
}

#[test]
fn a_cursor_fits_its_own_list_with_its_own_filters_only() {
    let app = TestApp::start();
    let (admin, sam, eve) = (app.admin(), app.learner("Sam"), app.learner("Eve"));
    let path = format!("/users/{}/activity", sam.id);
    for number in 0..4 {
        add(&admin, &path, number);
    }
    let first = admin.get(&format!("{path}?limit=1&type=manual&source=admin")).ok(200);
    let cursor = text(&first["page"]["next_cursor"]);
    let again = format!("{path}?source=admin&limit=100&type=manual&cursor={cursor}");
    assert_eq!(admin.get(&again).ok(200)["data"].as_array().unwrap().len(), 3);
    // A cursor of the Created By list, with a NUL in its text, which PostgreSQL can't read.
    let creators = format!("{path}/creators");
    app.person("administrator", "Zoe", "Second");
    let first = admin.get(&format!("{creators}?limit=1")).ok(200);
    let decoded = URL_SAFE_NO_PAD.decode(text(&first["page"]["next_cursor"])).unwrap();
    let decoded = String::from_utf8(decoded).unwrap();
    assert!(decoded.contains("ada admin"));
    let nul = URL_SAFE_NO_PAD.encode(decoded.replace("ada admin", "ada\\u0000admin"));
    for path in [
        format!("{path}?cursor={cursor}"),
        format!("{path}?type=system&source=admin&cursor={cursor}"),
        format!("{path}?type=manual&source=admin&cursor={cursor}A"),
        format!("/users/{}/activity?type=manual&source=admin&cursor={cursor}", eve.id),
        format!("{path}?cursor=e30"),
        format!("{path}?cursor=%20"),
        format!("{creators}?cursor={nul}"),
    ] {
        admin.get(&path).problem(400, "invalid_cursor");
    }
}
