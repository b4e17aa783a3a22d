//! Links: what can be done with a resource that was made, by the operations that take its id.

use utoipa::openapi::{
    Paths, RefOr,
    link::{Link, LinkBuilder},
    path::Operation,
};

use super::refs::{operations, response_schema};

/// Links each response 201 to the operations that take the id of what was made.
pub fn add(paths: &mut Paths) {
    let all: Vec<(String, Operation)> = paths
        .paths
        .iter_mut()
        .flat_map(|(path, item)| operations(item).map(|it| (path.clone(), it.clone())))
        .collect();
    for (path, item) in &mut paths.paths {
        for operation in operations(item) {
            let links = links(path, operation, &all);
            if let Some(RefOr::T(created)) = operation.responses.responses.get_mut("201") {
                created.links.extend(links);
            }
        }
    }
}

/// The links of what an operation makes: to each operation that takes its id, and needs no other id
/// than those in the path of its making. Where no operation reads a single one, the links are to its
/// list and to its parent.
fn links(path: &str, maker: &Operation, all: &[(String, Operation)]) -> Vec<(String, RefOr<Link>)> {
    let made = response_schema(maker, "201").map(|it| match it.trim_start_matches("Created") {
        // A note is read as an entry, and what is made with a secret in it is read without.
        "ManualEntry" => "ActivityEntry",
        other => other,
    });
    let reads = |(path, it): &&(String, Operation)| {
        path.ends_with('}') && made.is_some() && response_schema(it, "200") == made
    };
    let id = all.iter().find(reads).and_then(|(path, _)| names(path).last());
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    all.iter()
        .filter(|(_, it)| it.operation_id != maker.operation_id)
        .filter(|(to, _)| match id {
            Some(id) => names(to).any(|name| name == id),
            None => to == path || to == parent,
        })
        .filter(|(to, _)| {
            names(to).all(|name| Some(name) == id || names(path).any(|it| it == name))
        })
        .filter_map(|(to, it)| Some((it.operation_id.clone()?, RefOr::T(link(to, it, id)))))
        .collect()
}

/// The names of the parameters of a path.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'))
}

fn link(path: &str, to: &Operation, created: Option<&str>) -> Link {
    let id = to.operation_id.as_deref().unwrap_or_default();
    let text = format!("{}.", to.summary.as_deref().unwrap_or_default());
    let mut link = LinkBuilder::new().operation_id(id).description(text);
    for name in names(path) {
        let value = if Some(name) == created {
            "$response.body#/id".to_owned()
        } else {
            format!("$request.path.{name}")
        };
        link = link.parameter(name, value);
    }
    let parameters = to.parameters.iter().flatten();
    if parameters.into_iter().any(|it| matches!(it, RefOr::T(it) if it.name == "If-Match")) {
        link = link.parameter("If-Match", "$response.header.ETag");
    }
    link.build()
}
