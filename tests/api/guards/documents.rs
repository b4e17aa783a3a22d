//! Guard: what the pages for people name is there: files, code, headings, paths, decisions.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::support::{contract::document, sources::sources, texts::texts, tokens::tokens};

/// A file that a page names because it is not there, and where.
const ABSENT: &[(&str, &str)] = &[("rust-toolchain.toml", "D-37")];

/// The example of CONTRIBUTING: awards are not in the code.
const EXAMPLE: &str = "award";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<(PathBuf, String)> {
    texts(&["README.md", "CONTRIBUTING.md", "docs"], &["md"])
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The lines of a page in blocks of a language; with `None`, those outside of blocks.
fn part(page: &str, language: Option<&str>) -> String {
    let (mut part, mut block) = (String::new(), None);
    for line in page.lines() {
        match (line.strip_prefix("```"), block) {
            (Some(_), Some(_)) => block = None,
            (Some(info), None) => block = Some(info),
            (None, _) if block == language => part.extend([line, "\n"]),
            (None, _) => {}
        }
    }
    part
}

/// What stands in backticks in the prose of a page.
fn quoted(page: &str) -> Vec<String> {
    part(page, None).split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The paths of the repository in a page that lead nowhere: from the root, from `src`, or, for a
/// single name, from anywhere.
fn missing_files(page: &str) -> Vec<String> {
    let all = texts(&["src", "tests", "benches", "migrations"], &["rs", "sql"]);
    let names: BTreeSet<&str> =
        all.iter().flat_map(|(path, _)| path.iter()).filter_map(|it| it.to_str()).collect();
    let exists = |path: &str| [root(), &root().join("src")].iter().any(|it| it.join(path).exists());
    let is_path = |word: &str| {
        let first = word.split_once('/').map(|(first, _)| first);
        let ends = ["/", ".rs", ".md", ".sql", ".toml"].iter().any(|it| word.ends_with(it));
        let fits = word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
        // A path that begins with a slash is one of the API.
        fits && !word.starts_with('/') && (ends || first.is_some_and(exists))
    };
    let is_there = |word: &str| {
        let path = word.trim_end_matches('/');
        exists(path)
            || !path.contains('/') && names.contains(path)
            || path.contains(EXAMPLE)
            || ABSENT.iter().any(|(name, _)| *name == path)
    };
    let quoted = quoted(page);
    let words = quoted.iter().filter_map(|it| it.split_whitespace().next());
    words.filter(|it| is_path(it) && !is_there(it)).map(str::to_owned).collect()
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let missing: Vec<(PathBuf, Vec<String>)> =
        pages().into_iter().map(|(path, text)| (path, missing_files(&text))).collect();
    let missing: Vec<_> = missing.iter().filter(|(_, files)| !files.is_empty()).collect();
    assert!(missing.is_empty(), "pages name files that are not there: {missing:#?}");
}

#[test]
fn a_file_that_is_not_there_is_found() {
    let page = "`src/none.rs`, `api/http/none/`, `none.rs`, `none/`, `scripts/none users::`; but\n\
        `src/lib.rs`, `api/http/`, `mod.rs`, `http/`, `text/csv`, `/users/`, `src/api/awards.rs`\n\
        ```\n`src/none.rs`\n```\n";
    let missing = ["src/none.rs", "api/http/none/", "none.rs", "none/", "scripts/none"];
    assert_eq!(missing_files(page), missing);
}

/// The names in a source.
fn names(text: &str) -> impl Iterator<Item = &str> {
    tokens(text).into_iter().map(|(_, token)| token).filter(|it| is_name(it))
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// What a source calls by a path or on a value: `store::courses` and `.insert(`.
fn calls(text: &str) -> BTreeSet<String> {
    let tokens: Vec<&str> = tokens(text).into_iter().map(|(_, token)| token).collect();
    let calls = tokens.windows(3).filter(|it| match it {
        [one, "::", other] => is_name(one) && is_name(other),
        [".", name, "("] => is_name(name),
        _ => false,
    });
    calls.map(|it| it.concat()).collect()
}

#[test]
fn the_code_of_the_example_names_what_is_there() {
    let sources = sources("src");
    let known: BTreeSet<&str> = sources.values().flat_map(|it| names(it)).collect();
    let known_calls: BTreeSet<String> = sources.values().flat_map(|it| calls(it)).collect();
    let example = part(&page("CONTRIBUTING.md"), Some("rust"));
    let unknown = names(&example).filter(|it| !known.contains(it)).map(str::to_owned);
    let mut missing: BTreeSet<String> = unknown.collect();
    missing.extend(calls(&example).into_iter().filter(|it| !known_calls.contains(it)));
    missing.retain(|name| !name.to_lowercase().contains(EXAMPLE));
    assert!(missing.is_empty(), "CONTRIBUTING.md uses what is nowhere in src: {missing:?}");
}

#[test]
fn every_item_that_a_page_names_by_its_path_is_there() {
    let all = texts(&["src", "tests"], &["rs"]);
    let known: BTreeSet<&str> = all.iter().flat_map(|(_, text)| names(text)).collect();
    let is_missing = |item: &String| {
        item.contains("::")
            && item.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c))
            && !item.split("::").all(|it| it.is_empty() || known.contains(it))
    };
    for (path, text) in pages() {
        let missing: Vec<String> = quoted(&text).into_iter().filter(is_missing).collect();
        assert_eq!(missing, [""; 0], "named in {}", path.display());
    }
}

/// The fragment that leads to a heading.
fn fragment(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_of_a_page_leads_to_a_file_and_a_heading() {
    for (path, text) in pages() {
        for link in part(&text, None).split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.contains("://") {
                continue;
            }
            let (file, to) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => root().join(&path),
                file => root().join(path.parent().unwrap()).join(file),
            };
            assert!(target.exists(), "{link} in {} leads nowhere", path.display());
            if !to.is_empty() {
                let text = part(&fs::read_to_string(target).unwrap(), None);
                let mut headings = text.lines().filter(|it| it.starts_with('#'));
                let there = headings.any(|it| fragment(it) == to);
                assert!(there, "{link} in {} leads to no heading", path.display());
            }
        }
    }
}

#[test]
fn the_conventions_have_every_path_of_the_document() {
    let page = page("docs/api-conventions.md");
    let (_, section) = page.split_once("\n## Resources\n").unwrap();
    let resources = quoted(section.split("\n## ").next().unwrap());
    let paths = document()["paths"].as_object().unwrap().keys();
    let missing: Vec<&String> = paths.filter(|it| !resources.contains(it)).collect();
    assert!(missing.is_empty(), "add rows to docs/api-conventions.md, Resources: {missing:?}");
}

#[test]
fn every_decision_says_where_it_is_and_every_cited_one_is_there() {
    let decisions = page("docs/decisions.md");
    let mut ids = BTreeSet::new();
    for decision in decisions.split("\n### ").skip(1) {
        let id = decision.split(' ').next().unwrap();
        assert!(decision.contains("\n**Where.** `"), "{id} says no file");
        assert!(ids.insert(id), "{id} is there twice");
    }
    let below = ["src", "tests", "migrations", "benches", "docs", "README.md", "CONTRIBUTING.md"];
    for (path, text) in texts(&below, &["rs", "sql", "md"]) {
        for (at, _) in text.match_indices("D-") {
            let id: String = text[at..].chars().take(4).collect();
            let is_id = id[2..].len() == 2 && id[2..].bytes().all(|it| it.is_ascii_digit());
            assert!(!is_id || ids.contains(&*id), "{id} in {} is unknown", path.display());
        }
    }
}
