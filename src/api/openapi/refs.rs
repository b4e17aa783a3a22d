//! What the document refers to: operations of a path, components by name.

use utoipa::openapi::{Content, PathItem, RefOr, path::Operation};

/// The operations of a path.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// The name of the component that is the schema of a content.
pub fn schema_name(content: &RefOr<Content>) -> Option<&str> {
    let RefOr::T(content) = content else { return None };
    let Some(RefOr::Ref(to)) = &content.schema else { return None };
    to.ref_location.rsplit('/').next()
}

/// The name of the schema of a JSON response.
pub fn response_schema<'a>(operation: &'a Operation, status: &str) -> Option<&'a str> {
    let RefOr::T(response) = operation.responses.responses.get(status)? else { return None };
    schema_name(response.content.get("application/json")?)
}
