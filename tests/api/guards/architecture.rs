//! Guard: imports run downward only, no files form a circle, all are compiled, and only the store
//! writes.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::support::{
    imports::uses,
    sources::{circles, sources, unnamed},
    tokens::tokens,
};

/// What each room may use, besides itself. `error` and `config` may be used by all.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ledger", &["domain"]),
    ("db", &["domain"]),
    ("journal", &["ledger", "db", "domain"]),
    ("store", &["journal", "ledger", "db", "domain"]),
    ("auth", &["http_client", "domain"]),
    ("access", &["store", "db", "domain"]),
    ("changes", &["access", "store", "journal", "db", "domain"]),
    ("api", &["changes", "access", "auth", "store", "journal", "ledger", "db", "domain"]),
    ("app", &["maintenance", "api", "auth", "store", "db"]),
    ("demo", &["changes", "access", "auth", "store", "journal", "db", "domain"]),
    ("maintenance", &["changes", "store", "ledger", "http_client", "db"]),
    (
        "cli",
        &[
            "demo",
            "app",
            "api",
            "maintenance",
            "changes",
            "auth",
            "store",
            "journal",
            "ledger",
            "db",
            "domain",
        ],
    ),
    ("http_client", &[]),
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
    // Its bounds, and whom TLS trusts, are set in one place.
    ("ureq", &["http_client"]),
];

/// Files that may be longer than the others, and why.
const LONG: &[(&str, &str)] = &[("db/schema.rs", "a list of the tables")];

/// The most lines of a file: what a person reads in one sitting.
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

/// The files that `a/b.rs` uses, among a few others, if this is its text.
fn used_by(text: &str) -> BTreeSet<String> {
    let files = [
        ("lib.rs", ""),
        ("main.rs", ""),
        ("a/mod.rs", "pub mod b; pub mod c;"),
        ("a/b.rs", text),
        ("a/b/child.rs", ""),
        ("a/c.rs", ""),
        ("d/mod.rs", "pub mod e;"),
        ("d/e.rs", "#[macro_export] macro_rules! shout { () => {} }"),
    ];
    let files = files.map(|(path, text)| (path.into(), text.to_owned())).into();
    let used = uses(&files).remove(Path::new("a/b.rs")).unwrap();
    used.into_iter().map(|it| it.to_string_lossy().into_owned()).collect()
}

#[test]
fn every_way_to_name_another_file_is_seen() {
    let ways: &[(&str, &[&str])] = &[
        ("use crate::d::e::X;", &["d/e.rs"]),
        ("use crate::{a::c::Y, d};", &["a/c.rs", "d/mod.rs"]),
        ("use crate::{\n    a::{c::{Y, Z as W}, thing},\n};", &["a/c.rs", "a/mod.rs"]),
        ("use super::c::*;", &["a/c.rs"]),
        ("pub(crate) use super::super::d::e::X;", &["d/e.rs"]),
        ("use daybook::d::e::X;", &["d/e.rs"]),
        // By the name of a module that is imported.
        ("use crate::d; fn f() { d::e::go(); }", &["d/mod.rs", "d/e.rs"]),
        ("use crate::d as other; fn f() { other::e::go(); }", &["d/mod.rs", "d/e.rs"]),
        // Without an import.
        ("fn f() -> crate::d::e::X { super::c::g::<u8>() }", &["d/e.rs", "a/c.rs"]),
        ("mod child; fn f() { child::go() }", &["a/b/child.rs"]),
        ("mod child; pub use child::X;", &["a/b/child.rs"]),
        // In macros.
        ("macro_rules! m { () => { $crate::d::e::go() } }", &["d/e.rs"]),
        ("macro_rules! m { () => { use $crate::{d::e::X, a::c}; } }", &["d/e.rs", "a/c.rs"]),
        ("fn f() { crate::shout!(); }", &["d/e.rs"]),
        ("fn f() { shout!(); }", &["d/e.rs"]),
        // A module in the file: its parent is the file.
        ("mod tests { use super::*; fn f() { super::c(); } }", &[]),
        (
            "mod tests { use super::super::c; } fn f() { super::super::d::e::go() }",
            &["a/c.rs", "d/e.rs"],
        ),
        // In attributes.
        ("#[serde(with = \"crate::d::e\")] struct X;", &["d/e.rs"]),
    ];
    for (text, expected) in ways {
        let expected: BTreeSet<String> = expected.iter().map(|&it| it.to_owned()).collect();
        assert_eq!(used_by(text), expected, "{text}");
    }
}

#[test]
fn comments_texts_and_other_libraries_are_no_use_of_a_file() {
    for text in [
        "// use crate::d::e::X;",
        "/// See [`crate::d::e`].",
        "fn f() {} // as crate::d::e does",
        "/* use crate::d::e::X; */",
        "const X: &str = \"use crate::d::e::X;\";",
        "const X: &str = r#\"a \" use crate::d::e::X;\"#;",
        "const X: char = '\"'; const Y: &str = \"\\\" use crate::d::e::X;\";",
        "use d::e::X; use std::e; fn f<'a>() { e::go() }",
        "use crate_of_others::d::e;",
        "fn f() { x.super_::d(); println!(); }",
        "use self::X; fn f() { Self::d() }",
    ] {
        assert_eq!(used_by(text), BTreeSet::new(), "{text}");
    }
}

#[test]
fn every_file_is_named_by_a_mod() {
    for folder in ["src", "tests/api", "benches"] {
        let found = unnamed(&sources(folder));
        assert!(found.is_empty(), "never compiled, for want of a `mod`, in {folder}: {found:#?}");
    }
}

#[test]
fn a_file_without_a_mod_is_found() {
    let files = [
        ("lib.rs", "pub mod a;\nmod d;"),
        ("main.rs", ""),
        ("a/mod.rs", "mod b; // mod c;"),
        ("a/b.rs", ""),
        ("a/c.rs", ""),
        ("d.rs", "mod inner { } mod e;"),
        ("d/e.rs", ""),
        ("d/inner.rs", ""),
        ("f/mod.rs", ""),
    ];
    let files = files.map(|(path, text)| (path.into(), text.to_owned())).into();
    assert_eq!(unnamed(&files), ["a/c.rs", "d/inner.rs", "f/mod.rs"].map(PathBuf::from));
}

#[test]
fn tests_use_support_and_nothing_of_each_other() {
    for (path, used) in uses(&sources("tests/api")) {
        for there in used {
            let fine = there.starts_with("support");
            assert!(fine, "{} may not use {}", path.display(), there.display());
        }
    }
}

#[test]
fn each_library_stays_in_its_room() {
    for (path, text) in sources("src") {
        for (library, rooms) in CRATES {
            let uses = tokens(&text).windows(2).any(|it| [it[0].1, it[1].1] == [*library, "::"]);
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
