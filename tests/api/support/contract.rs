//! The OpenAPI document, and the validation of every reply of every test against it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
};

use daybook::api::openapi;
use jsonschema::Validator;
use serde_json::{Value, json};

/// The document that the service generates.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(openapi::document()).unwrap())
}

/// An operation of the document.
pub struct Operation {
    pub id: &'static str,
    pub method: String,
    pub path: &'static str,
    /// What the document says about it.
    pub spec: &'static Value,
}

/// Every operation of the document.
pub fn operations() -> Vec<Operation> {
    let paths = document()["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, spec)| Operation {
            id: spec["operationId"].as_str().unwrap(),
            method: method.to_uppercase(),
            path,
            spec,
        })
    });
    operations.collect()
}

/// The path of the document that a path of a request is an example of.
pub fn template_of(path: &str) -> Option<&'static str> {
    let fits = |template: &str| {
        let (mut one, mut other) = (template.split('/'), path.split('/'));
        loop {
            match (one.next(), other.next()) {
                (None, None) => return true,
                (Some(word), Some(part)) if word == part || word.starts_with('{') => {}
                _ => return false,
            }
        }
    };
    let paths = document()["paths"].as_object().unwrap();
    // Fixed words before parameters.
    let mut templates: Vec<&str> = paths.keys().map(String::as_str).filter(|it| fits(it)).collect();
    templates.sort_by_key(|template| template.matches('{').count());
    templates.first().copied()
}

/// Panics if the document does not allow this reply.
pub fn check(method: &str, path: &str, status: u16, content_type: Option<&str>, text: &str) {
    let path = path.split('?').next().unwrap();
    let Some(template) = template_of(path) else { return };
    let method = if method == "HEAD" { "get" } else { &method.to_lowercase() };
    let operation = &document()["paths"][template][method];
    if operation.is_null() {
        assert!(
            matches!((method, status), ("options", 204) | (_, 405)),
            "{method} {template} is not in the document, and answered {status}"
        );
        return;
    }
    let responses = &operation["responses"];
    let response = resolve(&responses[status.to_string()]);
    assert!(!response.is_null(), "{method} {template} may not answer {status}: {text}");
    let Some(content) = response["content"].as_object() else {
        assert!(text.is_empty(), "{method} {template} {status} has no body, but answered {text}");
        return;
    };
    if text.is_empty() {
        return;
    }
    let content_type = content_type.unwrap_or_default().split(';').next().unwrap();
    let Some(media) = content.get(content_type) else {
        panic!("{method} {template} {status} may not be {content_type}");
    };
    if !content_type.ends_with("json") || content_type.ends_with("ndjson") {
        return;
    }
    let body: Value = serde_json::from_str(text).unwrap();
    let validator = validator(&media["schema"]);
    let errors: Vec<String> =
        validator.iter_errors(&body).map(|it| format!("{it} at {}", it.instance_path())).collect();
    assert!(errors.is_empty(), "{method} {template} {status}: {errors:#?} in {text}");
}

/// Whether a value is what a schema of the document says.
pub fn is_valid(schema: &Value, value: &Value) -> bool {
    validator(schema).is_valid(value)
}

/// The target of a reference, or the value itself.
pub fn resolve(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => document().pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

fn validator(schema: &Value) -> Arc<Validator> {
    static MADE: Mutex<Option<HashMap<String, Arc<Validator>>>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap_or_else(|error| error.into_inner());
    let key = schema.to_string();
    let validator = made.get_or_insert_default().entry(key).or_insert_with(|| {
        // Reference and definitions in one document, as 2020-12 wants it.
        let mut whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": document()["components"],
        });
        whole.as_object_mut().unwrap().extend(schema.as_object().unwrap().clone());
        let options = jsonschema::options().should_validate_formats(true);
        Arc::new(options.build(&whole).unwrap())
    });
    Arc::clone(validator)
}
