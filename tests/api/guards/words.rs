//! Guard: people are *they*, in code, documents and tests; and the names in `src` are plain words.

use std::path::Path;

use crate::support::{sources::sources, texts::texts, tokens::tokens};

/// Pronouns that leave out half of the readers.
const PRONOUNS: &[&str] = &["he", "his", "him", "himself", "whoever", "whomever"];

/// Private words, which are no part of a name in `src`.
const PARTS: &[&str] =
    &["cohort", "lane", "lean", "seat", "stamped", "standing", "timeline", "told"];

/// Words that are fine as a part of a name, or in prose, but name nothing alone: as a type, a
/// function, a field or a variable.
const NAMES: &[&str] =
    &["About", "Answer", "Case", "Known", "Outside", "Place", "beat", "of", "reach", "together"];

/// Where a word is.
fn found(path: &Path, line: usize, word: &str) -> String {
    format!("{}:{line}: {word}", path.display())
}

/// The pronouns in a text.
fn pronouns(path: &Path, text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for word in line.split(|c: char| !c.is_alphanumeric()) {
            if PRONOUNS.contains(&word.to_lowercase().as_str()) {
                all.push(found(path, number, word));
            }
        }
    }
    all
}

/// The words that a name is made of, in lower case and without the `s` of a plural.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut after_lower_case = false;
    for c in name.chars() {
        if c == '_' || c.is_uppercase() && after_lower_case {
            parts.push(String::new());
        }
        after_lower_case = c.is_lowercase();
        parts.last_mut().unwrap().extend(c.to_lowercase().filter(|it| *it != '_'));
    }
    parts.into_iter().map(|it| it.strip_suffix('s').unwrap_or(&it).to_owned()).collect()
}

/// `Known` in `NAMES` is a type only, and `of` is a function or a variable.
fn is_private(name: &str) -> bool {
    NAMES.iter().any(|it| *it == name || *it == name.to_lowercase())
        || parts(name).iter().any(|it| PARTS.contains(&it.as_str()))
}

/// The private names in a source.
fn private_names(path: &Path, text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut after_path = false;
    for (at, token) in tokens(text) {
        // Libraries have an `of` too, which is called by its path: `TypeId::of`.
        if is_private(token) && !(after_path && token == "of") {
            all.push(found(path, text[..at].lines().count().max(1), token));
        }
        after_path = token == "::";
    }
    all
}

#[track_caller]
fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "{} words:\n{}", found.len(), found.join("\n"));
}

#[test]
fn people_are_they_in_code_and_documents() {
    let below =
        ["src", "migrations", "openapi/openapi.json", "docs", "README.md", "CONTRIBUTING.md"];
    let below: Vec<&str> = below
        .into_iter()
        .filter(|it| Path::new(env!("CARGO_MANIFEST_DIR")).join(it).exists())
        .collect();
    let texts = texts(&below, &["rs", "sql", "json", "md"]);
    let all: Vec<String> = texts.iter().flat_map(|(path, text)| pronouns(path, text)).collect();
    assert_none(&all);
}

#[test]
fn people_are_they_in_tests() {
    let mut texts = texts(&["tests"], &["rs"]);
    // This file lists them.
    texts.retain(|(path, _)| !path.ends_with("guards/words.rs"));
    let all: Vec<String> = texts.iter().flat_map(|(path, text)| pronouns(path, text)).collect();
    assert_none(&all);
}

#[test]
fn names_in_the_code_are_no_private_words() {
    let all: Vec<String> =
        sources("src").iter().flat_map(|(path, text)| private_names(path, text)).collect();
    assert_none(&all);
}

#[test]
fn private_words_are_found_in_names_and_not_in_prose() {
    let path = Path::new("x.rs");
    for name in ["lane", "LANES", "WriteLanes", "lean_read", "of", "Case", "is_told", "Answer"] {
        assert_eq!(private_names(path, &format!("\nlet {name} = 1;")), [found(path, 2, name)]);
    }
    let fine = "/// Of the lane.\nlet planes = \"lane\"; // told\nkey_of, cases, Cleaner, Plane, known, TypeId::of";
    assert_none(&private_names(path, fine));
    let prose = "Whoever: he’s here.\nThe history, this; (HIS)";
    assert_eq!(
        pronouns(path, prose),
        [found(path, 1, "Whoever"), found(path, 1, "he"), found(path, 2, "HIS")]
    );
}
