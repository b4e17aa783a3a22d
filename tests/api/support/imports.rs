//! Which source file uses which: the paths that a file names, resolved to files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::tokens::tokens;

/// The files that each file uses: by imports, by paths in the code, and by macros.
pub fn uses(sources: &BTreeMap<PathBuf, String>) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
    let files: BTreeMap<&PathBuf, SourceFile> =
        sources.iter().map(|(path, text)| (path, SourceFile::parse(path, text))).collect();
    let has_library = sources.contains_key(Path::new("lib.rs"));
    let modules: Modules = files
        .iter()
        .filter(|(path, _)| !has_library || **path != Path::new("main.rs"))
        .map(|(path, file)| (file.module.clone(), *path))
        .collect();
    let mut macros = BTreeMap::new();
    for (path, file) in &files {
        macros.extend(file.macros.iter().map(|name| (name.clone(), *path)));
    }
    let used = files.iter().map(|(path, file)| {
        let mut used = file.uses(&modules, &macros, has_library);
        used.remove(*path);
        ((*path).clone(), used)
    });
    used.collect()
}

/// The file of each module.
type Modules<'a> = BTreeMap<Vec<String>, &'a PathBuf>;

/// A path in a source, and the module that it stands in.
struct Named {
    module: Vec<String>,
    path: Vec<String>,
    is_macro: bool,
}

/// One `use`, by the name that it brings.
struct Import {
    named: Named,
    name: String,
}

/// The names that matter for which file uses which.
struct SourceFile {
    /// `["api", "http"]` for `api/http/mod.rs`.
    module: Vec<String>,
    imports: Vec<Import>,
    paths: Vec<Named>,
    /// The macros that are defined here.
    macros: Vec<String>,
}

impl SourceFile {
    fn parse(path: &Path, text: &str) -> Self {
        let mut module: Vec<String> =
            path.with_extension("").iter().map(|it| it.to_string_lossy().into_owned()).collect();
        if module.last().is_some_and(|it| ["mod", "lib", "main"].contains(&it.as_str())) {
            module.pop();
        }
        let mut file =
            Self { module: module.clone(), imports: vec![], paths: vec![], macros: vec![] };
        let tokens: Vec<&str> = tokens(text).into_iter().map(|(_, token)| token).collect();
        let at = |index: usize| tokens.get(index).copied().unwrap_or_default();
        // For each open brace, whether it is that of a module in this file.
        let mut braces = Vec::new();
        let mut index = 0;
        while index < tokens.len() {
            let after_path = index > 0 && ["::", "."].contains(&at(index - 1));
            match at(index) {
                "mod" if at(index + 2) == "{" => {
                    module.push(at(index + 1).to_owned());
                    braces.push(true);
                    index += 3;
                    continue;
                }
                "macro_rules" => file.macros.push(at(index + 2).to_owned()),
                "use" if at(index + 1) != "<" => {
                    index += 1;
                    file.import(&tokens, &mut index, &module, &[]);
                }
                "{" => braces.push(false),
                "}" if braces.pop() == Some(true) => {
                    module.pop();
                }
                "}" => {}
                name if is_name(name) && !after_path => {
                    let mut path = vec![name.to_owned()];
                    while at(index + 1) == "::" && is_name(at(index + 2)) {
                        path.push(at(index + 2).to_owned());
                        index += 2;
                    }
                    let is_macro = at(index + 1) == "!";
                    if path.len() > 1 || is_macro {
                        file.paths.push(Named { module: module.clone(), path, is_macro });
                    }
                }
                _ => {}
            }
            index += 1;
        }
        file
    }

    /// Reads one branch of a use tree: `a::{b, c::d as e}` brings `b` and `e`. Stops behind it.
    fn import(&mut self, tokens: &[&str], index: &mut usize, module: &[String], prefix: &[String]) {
        let mut path = prefix.to_vec();
        let mut name = None;
        while let Some(&token) = tokens.get(*index) {
            match token {
                "{" => {
                    while tokens.get(*index).is_some_and(|it| *it != "}") {
                        *index += 1;
                        self.import(tokens, index, module, &path);
                    }
                    *index += 1;
                    return;
                }
                "as" => {
                    name = tokens.get(*index + 1).map(|it| (*it).to_owned());
                    *index += 1;
                }
                "," | "}" | ";" => break,
                "::" => {}
                part => path.push(part.to_owned()),
            }
            *index += 1;
        }
        if path.len() > prefix.len() {
            let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
            let named = Named { module: module.to_vec(), path, is_macro: false };
            self.imports.push(Import { named, name });
        }
    }

    fn uses(
        &self,
        modules: &Modules<'_>,
        macros: &BTreeMap<String, &PathBuf>,
        has_library: bool,
    ) -> BTreeSet<PathBuf> {
        let mut imported = BTreeMap::new();
        let mut used = BTreeSet::new();
        let imports = self.imports.iter().map(|it| (&it.named, Some(&it.name)));
        for (named, name) in imports.chain(self.paths.iter().map(|it| (it, None))) {
            let absolute = absolute(named, &imported, modules, has_library);
            let exported = named.is_macro.then(|| macros.get(named.path.last()?)).flatten();
            let file = absolute.as_ref().and_then(|path| file_of(path, modules));
            // `#[macro_export]` puts a macro into the root, wherever it is defined.
            let at_root = absolute.as_ref().is_none_or(|it| it.len() < 2);
            used.extend(exported.filter(|_| at_root).copied().or(file).cloned());
            if let (Some(name), Some(path)) = (name, absolute) {
                imported.insert(name, path);
            }
        }
        used
    }
}

/// A path from the root of its crate; nothing if it leads to another crate.
fn absolute(
    named: &Named,
    imported: &BTreeMap<&String, Vec<String>>,
    modules: &Modules<'_>,
    has_library: bool,
) -> Option<Vec<String>> {
    let Named { module, path, .. } = named;
    let (first, rest) = path.split_first()?;
    let mut base = match first.as_str() {
        "crate" | "$crate" => Vec::new(),
        "daybook" if has_library => Vec::new(),
        "self" | "super" => module.clone(),
        _ => match imported.get(first) {
            Some(path) => path.clone(),
            None => {
                let child = [module.as_slice(), &path[..1]].concat();
                modules.contains_key(&child).then_some(child)?
            }
        },
    };
    let supers = path.iter().take_while(|it| ["super", "self"].contains(&it.as_str()));
    let supers = supers.filter(|it| *it == "super").count();
    base.truncate(base.len().saturating_sub(supers));
    base.extend(rest.iter().filter(|it| *it != "super" && *it != "self").cloned());
    Some(base)
}

/// The file of the innermost module that a path leads through.
fn file_of<'a>(path: &[String], modules: &Modules<'a>) -> Option<&'a PathBuf> {
    (0..=path.len()).rev().find_map(|end| modules.get(&path[..end]).copied())
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
}
