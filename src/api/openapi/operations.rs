//! What every operation gets by rule: links, examples, the bounds of its parameters.

use utoipa::openapi::{
    Content, PathItem, RefOr, Required, Schema,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
};

use super::{
    examples::{self, Schemas},
    links, schemas,
};
use crate::api::http::{body::BODY_MAX, extract::QUERY_VALUE_MAX};

/// As much as there is: a file may have any length.
const FILE_MAX: usize = 9_007_199_254_740_991;

/// The operations of a path.
pub fn of_path(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// The name of the component that a reference is to.
pub fn component_name(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or_default()
}

/// The name of the schema of an answer in JSON.
pub fn json_schema(operation: &Operation, status: &str) -> Option<String> {
    let RefOr::T(response) = operation.responses.responses.get(status)? else { return None };
    let RefOr::T(content) = response.content.get("application/json")? else { return None };
    let RefOr::Ref(to) = content.schema.as_ref()? else { return None };
    Some(component_name(&to.ref_location).to_owned())
}

/// Links what was made to what can be done with it.
pub fn link(operation: &mut Operation, all: &[links::Known]) {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let Some(maker) = all.iter().find(|it| it.is(id)) else { return };
    if let Some(RefOr::T(created)) = operation.responses.responses.get_mut("201") {
        created.links.extend(links::of_created(maker, all));
    }
}

/// Says of a body that needs nothing in it that it may be missing: it is read as `{}` then.
pub fn relax(operation: &mut Operation, schemas: &Schemas) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    let Some(RefOr::T(content)) = body.content.get("application/json") else { return };
    let Some(RefOr::Ref(to)) = &content.schema else { return };
    if let Some(RefOr::T(Schema::Object(object))) = schemas.get(component_name(&to.ref_location))
        && object.required.is_empty()
        && object.min_properties.is_none()
    {
        body.required = Some(Required::False);
    }
}

/// Gives each request and each answer an example.
pub fn illustrate(operation: &mut Operation, schemas: &Schemas) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        for (media_type, content) in &mut body.content {
            illustrate_content(media_type, content, schemas);
        }
    }
    let asked = examples::of_request(operation);
    let id = operation.operation_id.clone().unwrap_or_default();
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        for (media_type, content) in &mut response.content {
            illustrate_content(media_type, content, schemas);
            if let RefOr::T(Content { example: Some(answer), .. }) = content {
                examples::follow(answer, &asked, &id);
            }
        }
    }
}

fn illustrate_content(media_type: &str, content: &mut RefOr<Content>, schemas: &Schemas) {
    let RefOr::T(content) = content else { return };
    if content.example.is_some() || !content.examples.is_empty() {
        return;
    }
    content.example = match &content.schema {
        Some(RefOr::Ref(to)) => Some(examples::of(component_name(&to.ref_location), schemas)),
        _ => examples::of_text(media_type),
    };
}

/// Says how long what an operation takes and gives may be, and what the ids of its path are of.
pub fn bound(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(it) = parameter else { continue };
        if let Some(RefOr::T(Schema::Object(text))) = &mut it.schema
            && ["action", "exclude_action"].contains(&it.name.as_str())
        {
            text.pattern = Some(schemas::actions());
        }
        if let Some(schema) = &mut it.schema {
            schemas::bound_field(&it.name, schema, QUERY_VALUE_MAX);
        }
        if it.parameter_in == ParameterIn::Path {
            *it = described(it.clone());
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(|content| bound_content(content, BODY_MAX));
    }
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        response.content.values_mut().for_each(|content| bound_content(content, FILE_MAX));
    }
}

fn bound_content(content: &mut RefOr<Content>, max: usize) {
    let RefOr::T(content) = content else { return };
    if let Some(schema) = &mut content.schema {
        schemas::bound_field("", schema, max);
    }
}

/// A parameter of the path, with what it is the id of, and an example.
fn described(parameter: Parameter) -> Parameter {
    let noun = match parameter.name.trim_end_matches("_id") {
        "plan" => "learning plan".to_owned(),
        "client" => "API client".to_owned(),
        noun => noun.replace('_', " "),
    };
    let text = parameter.description.clone().unwrap_or(format!("The id of the {noun}."));
    let example = examples::id(&parameter.name);
    ParameterBuilder::from(parameter).description(Some(text)).example(Some(example.into())).build()
}
