//! Guard: imports run downward only, no two files use each other, and only the store writes.

use std::path::Path;

use crate::support::sources::{circles, sources, uses};

/// What each room may use, besides itself. `error` and `config` may be used by all.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("db", &["domain"]),
    ("journal", &["db", "domain"]),
    ("store", &["journal", "db", "domain"]),
    ("auth", &["domain"]),
    ("access", &["store", "db", "domain"]),
    ("changes", &["access", "store", "journal", "db", "domain"]),
    ("api", &["changes", "access", "auth", "store", "journal", "db", "domain"]),
    ("app", &["api", "auth", "db"]),
    ("demo", &["changes", "access", "auth", "store", "journal", "db", "domain"]),
    ("maintenance", &["changes", "db"]),
    ("cli", &["demo", "app", "api", "maintenance", "changes", "auth", "store", "db", "domain"]),
    ("main", &["cli"]),
    ("lib", &[]),
    ("config", &[]),
    ("error", &[]),
];

/// Crates that belong to one room.
const CRATES: &[(&str, &[&str])] = &[
    ("actix_web", &["api", "app", "cli", "maintenance"]),
    ("diesel", &["db", "journal", "store", "api/http/health.rs"]),
    ("rusqlite", &["db", "journal"]),
    ("jsonwebtoken", &["auth"]),
    ("argon2", &["auth"]),
    ("clap", &["cli", "config"]),
    ("utoipa_swagger_ui", &["api"]),
];

/// Files that may be longer than the others, and why.
const LONG: &[(&str, &str)] = &[("db/schema.rs", "a list of the tables")];

/// The most lines of a file: what one reads in one sitting.
const LINES_MAX: usize = 300;

fn room(path: &Path) -> String {
    path.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_run_downward_only() {
    for (path, used) in uses(&sources("src")) {
        let here = room(&path);
        let (_, allowed) = ALLOWED.iter().find(|(name, _)| *name == here).expect(&here);
        for there in used {
            let name = room(&there);
            let fine = name == here
                || allowed.contains(&name.as_str())
                || ["error", "config"].contains(&name.as_str());
            assert!(fine, "{} may not use {}", path.display(), there.display());
        }
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    for folder in ["src", "benches"] {
        let found = circles(&uses(&sources(folder)));
        assert!(found.is_empty(), "in {folder}: {found:#?}");
    }
}

#[test]
fn a_circle_of_files_is_found() {
    let files = [
        ("a/mod.rs", "pub mod b;\npub fn one() {}"),
        ("a/b.rs", "use super::{one, c::Two};"),
        ("a/c.rs", "use crate::{d::Three, e};"),
        ("d.rs", "fn four() { crate::a::b::five() }"),
        ("e.rs", "// use crate::a::c::Two;"),
    ];
    let files = files.map(|(path, text)| (path.into(), text.to_owned())).into();
    let circle = ["a/b.rs", "a/c.rs", "d.rs"].map(Into::into).into();
    assert_eq!(circles(&uses(&files)), [circle]);
}

#[test]
fn each_library_stays_in_its_room() {
    for (path, text) in sources("src") {
        for (library, rooms) in CRATES {
            let uses = text.contains(&format!("{library}::"));
            let fine = rooms.contains(&room(&path).as_str())
                || rooms.contains(&path.to_string_lossy().as_ref());
            assert!(!uses || fine, "{} may not use {library}", path.display());
        }
    }
}

#[test]
fn only_the_store_and_the_journal_write() {
    for (path, text) in sources("src") {
        let writes = text.contains(".write()") || text.contains("insert_into(");
        // The counts of a read replica are written in the journal's transactions too.
        let fine = path.starts_with("store")
            || path.starts_with("journal")
            || path == Path::new("db/caller_writes.rs");
        assert!(!writes || fine, "{} writes past the store", path.display());
    }
}

#[test]
fn every_file_can_be_read_in_one_sitting() {
    for (path, text) in sources("src") {
        let lines = text.lines().count();
        let long = LONG.iter().any(|(name, _)| path == Path::new(name));
        assert!(lines <= LINES_MAX || long, "{} has {lines} lines", path.display());
    }
}
