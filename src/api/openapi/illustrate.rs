//! The examples of requests and responses: those of their schemas.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::{Content, RefOr, Schema, path::Operation};

use super::refs::schema_name;
use crate::{api::activity::export_format::Form, domain::examples};

/// The schemas of the document, by name.
pub type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Gives each request and each response an example, where it does not have one.
pub fn illustrate(operation: &mut Operation, schemas: &Schemas) {
    let mut request = None;
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        for (media_type, content) in &mut body.content {
            request = add(media_type, content, schemas).cloned();
        }
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        for (media_type, content) in &mut response.content {
            let example = add(media_type, content, schemas).and_then(Value::as_object_mut);
            let requested = request.iter().filter_map(Value::as_object).flatten();
            // What was requested, the response has.
            if let Some(example) = example {
                for (field, value) in requested.filter(|_| status.starts_with('2')) {
                    example.entry(field).and_modify(|it| *it = value.clone());
                }
            }
        }
    }
}

/// Gives a content the example of its schema. Gives it back, unless there are several.
fn add<'a>(
    media_type: &str,
    content: &'a mut RefOr<Content>,
    schemas: &Schemas,
) -> Option<&'a mut Value> {
    let example = match schema_name(content) {
        Some(name) => schemas.get(name).and_then(example_of),
        None => file(media_type, schemas),
    };
    let RefOr::T(content) = content else { return None };
    if content.example.is_none() && content.examples.is_empty() {
        content.example = example;
    }
    content.example.as_mut()
}

/// The example of a schema.
pub fn example_of(schema: &RefOr<Schema>) -> Option<Value> {
    let RefOr::T(schema) = schema else { return None };
    match schema {
        Schema::Object(it) => it.example.as_ref().or(it.examples.first()).cloned(),
        Schema::OneOf(it) => it.example.clone(),
        Schema::AllOf(it) => it.example.clone(),
        _ => None,
    }
}

/// The example of an exported log: the note of the story.
fn file(media_type: &str, schemas: &Schemas) -> Option<Value> {
    let note = schemas.get("ManualEntry").and_then(example_of)?;
    if media_type == "application/x-ndjson" {
        return Some(format!("{note}\n").into());
    }
    let author = [examples::ADMINISTRATOR, "Cristiano Ferreira", "person"].join(",");
    let cells = [
        [examples::NOTE, examples::USER, "manual", "note"],
        [examples::COMPLETED, examples::NOTED, &author, &author],
        // No description, no target, no changes, no external id; then the note, and no edit.
        ["admin", examples::ENTRY, ",,,,,", examples::NOTES],
        ["1", "", "", ","],
    ];
    let mut file = Form::Csv(chrono_tz::Tz::UTC).head().ok()?;
    file.extend(cells.concat().join(",").into_bytes());
    file.extend(b"\r\n");
    String::from_utf8(file).ok().map(Value::from)
}
