//! Guard: imports run downward only, and only the store asks to write.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What each room may use, besides itself. `error` and `config` may be used by all.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("db", &["domain"]),
    ("store", &["db", "domain"]),
    ("auth", &["domain"]),
    ("changes", &["store", "db", "domain"]),
    ("api", &["changes", "auth", "store", "db", "domain"]),
    ("app", &["api", "auth", "db"]),
    ("demo", &["changes", "auth", "store", "db", "domain"]),
    ("cli", &["demo", "app", "api", "changes", "auth", "store", "db", "domain"]),
    ("main", &["cli"]),
    ("config", &[]),
    ("error", &[]),
];

/// Crates that belong to one room.
const CRATES: &[(&str, &[&str])] = &[
    ("actix_web", &["api", "app", "cli"]),
    ("diesel", &["db", "store", "api/health.rs"]),
    ("rusqlite", &["db"]),
    ("jsonwebtoken", &["auth"]),
    ("argon2", &["auth"]),
    ("clap", &["cli", "config"]),
    ("utoipa_swagger_ui", &["api"]),
];

fn sources() -> BTreeMap<PathBuf, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.insert(path.clone(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    walk(&root, &mut found);
    found.into_iter().map(|(path, text)| (path.strip_prefix(&root).unwrap().into(), text)).collect()
}

fn room(path: &Path) -> String {
    path.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The rooms that a file uses: the word after each `crate::`, also in a group.
fn used(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let word = |text: &str| -> String {
            text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut start = true;
            for (at, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && depth == 0 && c.is_alphabetic() => {
                        rooms.insert(word(&group[at..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            rooms.insert(word(rest));
        }
    }
    rooms
}

#[test]
fn imports_run_downward_only() {
    for (path, text) in sources() {
        let here = room(&path);
        if here == "lib" {
            continue;
        }
        let (_, allowed) = ALLOWED.iter().find(|(name, _)| *name == here).expect(&here);
        for there in used(&text) {
            let fine = there == here
                || allowed.contains(&there.as_str())
                || ["error", "config"].contains(&there.as_str());
            assert!(fine, "{} may not use {there}", path.display());
        }
    }
}

#[test]
fn each_library_stays_in_its_room() {
    for (path, text) in sources() {
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
    for (path, text) in sources() {
        let writes = text.contains(".write()") || text.contains("insert_into(");
        // What a read replica is known by is written in the journal's transactions too.
        let journal = ["db/journal.rs", "db/entry_insert.rs", "db/read_replica.rs"].map(Path::new);
        let fine = path.starts_with("store") || journal.contains(&path.as_path());
        assert!(!writes || fine, "{} writes past the store", path.display());
    }
}

#[test]
fn every_file_can_be_read_in_one_sitting() {
    for (path, text) in sources() {
        // The schema and the words of the field are lists, not prose.
        let lines = text.lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}
