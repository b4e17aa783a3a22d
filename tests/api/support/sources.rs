//! The source files, circles among them, and those that are never compiled.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::tokens::tokens;

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

/// The files that no `mod` names: they are never compiled, and their tests never run.
pub fn unnamed(sources: &BTreeMap<PathBuf, String>) -> Vec<PathBuf> {
    let names = |parent: &Path, name: &str| {
        let text = sources.get(parent).map(String::as_str).unwrap_or_default();
        let tokens: Vec<&str> = tokens(text).into_iter().map(|(_, token)| token).collect();
        tokens.windows(3).any(|it| *it == ["mod", name, ";"])
    };
    let is_named = |path: &PathBuf| {
        let root = Path::new("");
        // The module of `a/mod.rs` is `a`, that of `a/b.rs` is `b` in `a`.
        let module = match path.file_name().is_some_and(|it| it == "mod.rs") {
            true => path.parent().unwrap().to_owned(),
            false => path.with_extension(""),
        };
        let (folder, name) = (module.parent().unwrap(), module.file_name().unwrap());
        let parents = match folder == root {
            true => ["lib.rs", "main.rs"].map(PathBuf::from),
            false => [folder.join("mod.rs"), folder.with_extension("rs")],
        };
        let is_root = parents.contains(path);
        is_root || parents.iter().any(|it| names(it, name.to_str().unwrap()))
    };
    sources.keys().filter(|path| !is_named(path)).cloned().collect()
}
