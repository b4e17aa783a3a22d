//! The sources, and which file uses which: read as text.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The source files below a folder of the repository, by their path in it.
pub fn sources(folder: &str) -> BTreeMap<PathBuf, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.insert(path.clone(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = BTreeMap::new();
    walk(&root, &mut found);
    found.into_iter().map(|(path, text)| (path.strip_prefix(&root).unwrap().into(), text)).collect()
}

/// The module of a file: `["api", "http"]` for `api/http/mod.rs`.
fn module(path: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        path.with_extension("").iter().map(|it| it.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|it| ["mod", "lib", "main"].contains(&it.as_str())) {
        names.pop();
    }
    names
}

/// A source without its comments and doc comments: links in them are no imports.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// All paths of a use tree: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn leaves(tree: &str, prefix: &[String], found: &mut Vec<Vec<String>>) {
    let (mut depth, mut start) = (0, 0);
    let mut parts = Vec::new();
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[start..]);
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        let (path, group) = part.split_once('{').map_or((part, None), |(a, b)| (a, Some(b)));
        let names = path.split("::").map(str::trim).filter(|it| !it.is_empty());
        let names = names.map(|it| it.split_whitespace().next().unwrap_or_default().to_owned());
        let path: Vec<String> = prefix.iter().cloned().chain(names).collect();
        match group {
            Some(group) => leaves(group.rsplit_once('}').unwrap().0, &path, found),
            None => found.push(path),
        }
    }
}

/// The paths that a source names, from the root of its crate: in `use` and elsewhere.
fn named(here: &[String], is_mod: bool, text: &str) -> Vec<Vec<String>> {
    let code = code(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        if code[..at].chars().next_back().is_none_or(|c| c.is_whitespace()) {
            let tree = code[at + 4..].split(';').next().unwrap_or_default();
            leaves(tree, &[], &mut found);
        }
    }
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let path = code[at..].split(|c: char| !(c.is_alphanumeric() || "_:".contains(c)));
            leaves(path.into_iter().next().unwrap_or_default(), &[], &mut found);
        }
    }
    let parent = || here[..here.len().saturating_sub(1)].to_vec();
    let absolute = |mut path: Vec<String>| match path.first().map(String::as_str) {
        Some("crate") => path.split_off(1),
        Some("super") => {
            let mut base = parent();
            let mut rest = path.split_off(1);
            while rest.first().is_some_and(|it| it == "super") {
                base.pop();
                rest.remove(0);
            }
            [base, rest].concat()
        }
        Some("self") => [here.to_vec(), path.split_off(1)].concat(),
        // The children of a `mod.rs` are named without a prefix.
        _ if is_mod => [here.to_vec(), path].concat(),
        _ => Vec::new(),
    };
    found.into_iter().map(absolute).filter(|path| !path.is_empty()).collect()
}

/// Which files each file uses.
pub fn uses(sources: &BTreeMap<PathBuf, String>) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
    let modules: BTreeMap<Vec<String>, &PathBuf> =
        sources.keys().map(|path| (module(path), path)).collect();
    let file = |path: &[String]| {
        (0..=path.len()).rev().find_map(|end| modules.get(&path[..end]).copied().cloned())
    };
    let used = sources.iter().map(|(path, text)| {
        let is_mod = ["mod.rs", "lib.rs", "main.rs"].iter().any(|it| path.ends_with(it));
        let here = module(path);
        let named = named(&here, is_mod, text);
        let files: BTreeSet<PathBuf> =
            named.iter().filter_map(|path| file(path)).filter(|it| it != path).collect();
        (path.clone(), files)
    });
    used.collect()
}

/// Groups of files that use each other in a circle.
pub fn circles(uses: &BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> Vec<BTreeSet<PathBuf>> {
    let reachable = |from: &PathBuf| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(path) = next.pop() {
            for to in uses.get(&path).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
        seen
    };
    let all: BTreeMap<&PathBuf, BTreeSet<PathBuf>> =
        uses.keys().map(|path| (path, reachable(path))).collect();
    let mut found: Vec<BTreeSet<PathBuf>> = Vec::new();
    for (path, reached) in &all {
        let circle: BTreeSet<PathBuf> =
            reached.iter().filter(|it| all[it].contains(*path)).cloned().collect();
        if !circle.is_empty() && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}
