//! What follows from the kind of an operation: its errors, its headers, who may call it.

use utoipa::openapi::{
    Content, HttpMethod, Ref, RefOr, Required, ResponseBuilder, Schema, path::Operation,
    security::SecurityRequirement,
};

use super::{
    errors::{self, ERRORS, OAUTH_ERROR},
    headers,
    illustrate::Schemas,
    parameters,
    refs::schema_name,
    text::{self, INTEGER_MAX},
};
use crate::{
    api::{
        http::{body::BODY_MAX, endpoint::Endpoint},
        session::oauth_error::TOKEN_PATH,
    },
    domain::{limits::QUERY_VALUE_MAX, policy::Needs},
};

/// The operation of an endpoint, with its parameters, responses and security.
pub fn complete(endpoint: &Endpoint) -> Operation {
    let mut operation = endpoint.operation.clone();
    let (path, method) = (endpoint.path.as_str(), &endpoint.http_method);
    // utoipa writes "none needed" as an empty requirement; the empty list is what tools expect.
    let is_public = operation.security.is_some();
    operation.security = Some(if is_public { Vec::new() } else { security(endpoint.needs) });
    parameters::complete(&mut operation, path, method);
    if *method == HttpMethod::Patch
        && let Some(RefOr::T(body)) = &mut operation.request_body
        && let Some(content) = body.content.get("application/json").cloned()
    {
        // RFC 7396 has a media type of its own; plain JSON is taken for the same.
        body.content.insert("application/merge-patch+json".to_owned(), content);
    }
    let is_read_of_one = *method == HttpMethod::Get && path.ends_with('}');
    if is_read_of_one {
        let unchanged = ResponseBuilder::new().description("It is as it was read.").build();
        operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    }
    let has_etag = is_read_of_one
        || *method == HttpMethod::Patch
        || path.ends_with("/start")
        || path.ends_with("/completion");
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        match status.as_str() {
            "201" => headers::add(response, &["ETag", "Location"]),
            "200" | "304" if has_etag => headers::add(response, &["ETag"]),
            _ => errors::complete(response, status, path),
        }
    }
    add_errors(&mut operation, path, method, is_public);
    operation
}

/// Adds the errors that an operation can give.
fn add_errors(operation: &mut Operation, path: &str, method: &HttpMethod, is_public: bool) {
    let is_oauth = path == TOKEN_PATH;
    for (name, status, _) in ERRORS {
        let can = match *status {
            "401" => !is_public || is_oauth,
            "403" => !is_public,
            "404" => path.contains('{'),
            "409" => *method == HttpMethod::Post,
            "412" | "428" => *method == HttpMethod::Patch,
            "413" | "415" | "422" => *method != HttpMethod::Get,
            _ => true,
        };
        if can {
            let name = if is_oauth { OAUTH_ERROR } else { *name };
            let response = RefOr::Ref(Ref::from_response_name(name));
            operation.responses.responses.entry((*status).to_owned()).or_insert(response);
        }
    }
}

/// What an operation takes for a proof: the token of a log-in, or that of an API client.
fn security(needs: Needs) -> Vec<SecurityRequirement> {
    let bearer = SecurityRequirement::new("bearer", Vec::<String>::new());
    let client = |scopes: Vec<&str>| SecurityRequirement::new("oauth2", scopes);
    match needs {
        Needs::Session => vec![bearer],
        Needs::Nothing => vec![bearer, client(Vec::new())],
        Needs::Scope(scope) => vec![bearer, client(vec![scope.as_str()])],
    }
}

/// Says how long what an operation takes and gives may be, and which body may be missing.
pub fn bound(operation: &mut Operation, schemas: &Schemas) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(it) = parameter
            && let Some(schema) = &mut it.schema
        {
            text::bound(schema, QUERY_VALUE_MAX);
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        // A body without a field that is needed is read as `{}` where it is missing.
        let schema = body.content.get("application/json").and_then(schema_name);
        if let Some(RefOr::T(Schema::Object(object))) = schema.and_then(|name| schemas.get(name))
            && object.required.is_empty()
            && object.min_properties.is_none()
        {
            body.required = Some(Required::False);
        }
        body.content.values_mut().for_each(|content| bound_content(content, BODY_MAX));
    }
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        // A file may have any length.
        response.content.values_mut().for_each(|content| bound_content(content, INTEGER_MAX));
    }
}

fn bound_content(content: &mut RefOr<Content>, text_max: usize) {
    if let RefOr::T(content) = content
        && let Some(schema) = &mut content.schema
    {
        text::bound(schema, text_max);
    }
}
