//! Links: what can be done with a resource that was made, by the operations that take its id.

use utoipa::openapi::{
    RefOr,
    link::{Link, LinkBuilder},
    path::{Operation, Parameter},
};

use super::operations::json_schema;

/// What the links of an operation need to know of it.
pub struct Known {
    id: String,
    path: String,
    summary: String,
    conditional: bool,
    /// The names of the parameters of its path.
    names: Vec<String>,
    /// The schema of its answer 200 or 201.
    gives: Option<String>,
}

impl Known {
    /// Of an operation on a path.
    pub fn of(path: &str, operation: &Operation) -> Self {
        let is_if_match =
            |it: &RefOr<Parameter>| matches!(it, RefOr::T(it) if it.name == "If-Match");
        Self {
            id: operation.operation_id.clone().unwrap_or_default(),
            path: path.to_owned(),
            summary: operation.summary.clone().unwrap_or_default(),
            conditional: operation.parameters.iter().flatten().any(is_if_match),
            names: names(path),
            // What is made with a secret in it is read without.
            gives: ["200", "201"]
                .iter()
                .find_map(|status| json_schema(operation, status))
                .map(|name| name.trim_start_matches("Created").to_owned()),
        }
    }

    /// Whether it is the operation of this id.
    pub fn is(&self, id: &str) -> bool {
        self.id == id
    }
}

/// The names of the parameters of a path.
fn names(path: &str) -> Vec<String> {
    path.split('/')
        .filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'))
        .map(str::to_owned)
        .collect()
}

/// The links of the operation that made a resource: to whatever takes its id, and needs no other
/// than those in the path of its making. Without an operation that reads a single one, to its list,
/// and to whatever it belongs to.
pub fn of_created(maker: &Known, all: &[Known]) -> Vec<(String, RefOr<Link>)> {
    let reads =
        |it: &&Known| it.path.ends_with('}') && it.gives.is_some() && it.gives == maker.gives;
    let reader = all.iter().find(reads);
    let name = reader.and_then(|it| it.names.last());
    let parent = maker.path.rsplit_once('/').map_or("", |(parent, _)| parent);
    all.iter()
        .filter(|it| it.id != maker.id)
        .filter(|it| match name {
            Some(name) => it.names.contains(name),
            None => it.path == maker.path || it.path == parent,
        })
        .filter(|it| it.names.iter().all(|of| Some(of) == name || maker.names.contains(of)))
        .map(|it| (it.id.clone(), RefOr::T(link(it, name))))
        .collect()
}

fn link(to: &Known, created: Option<&String>) -> Link {
    let mut link = LinkBuilder::new().operation_id(&to.id).description(format!("{}.", to.summary));
    for name in &to.names {
        let value = if Some(name) == created {
            "$response.body#/id".to_owned()
        } else {
            format!("$request.path.{name}")
        };
        link = link.parameter(name, value);
    }
    if to.conditional {
        link = link.parameter("If-Match", "$response.header.ETag");
    }
    link.build()
}
