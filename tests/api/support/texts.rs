//! The texts of the repository: sources, migrations, documents.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The files with an ending below folders of the repository, and single files, with their text.
pub fn texts(below: &[&str], endings: &[&str]) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut next: Vec<PathBuf> = below.iter().map(|it| root.join(it)).collect();
    let mut texts = Vec::new();
    while let Some(path) = next.pop() {
        if path.is_dir() {
            next.extend(fs::read_dir(&path).unwrap().map(|it| it.unwrap().path()));
        } else if path.extension().is_some_and(|it| endings.iter().any(|ending| it == *ending)) {
            let text = fs::read_to_string(&path).unwrap();
            texts.push((path.strip_prefix(root).unwrap().to_owned(), text));
        }
    }
    texts.sort();
    texts
}
