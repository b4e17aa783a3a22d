//! JSON bodies, read as what they should be.

use serde::de::DeserializeOwned;
use serde_json::Value;
use validator::Validate;

use super::validate::{field_errors, find_nul, shape_error};
use crate::error::{Code, Error, Result};

/// Reads a body that is a JSON object; an empty one as `{}`. A patch names at least one field.
///
/// # Errors
/// `malformed_request` where it is no JSON, `validation_failed` where it is no such object.
pub fn parse_object(bytes: &[u8], patch: bool) -> Result<Value> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let text = format!("The body is no JSON: {error}.");
        Error::new(Code::MalformedRequest, text)
    })?;
    make_whole(&mut value);
    match value.as_object() {
        None => {
            let text = "The body has to be a JSON object.";
            Err(Error::invalid_field("", "invalid_type", text))
        }
        Some(fields) if patch && fields.is_empty() => {
            let text = "Name at least one field to change.";
            Err(Error::invalid_field("", "required", text))
        }
        Some(_) => Ok(value),
    }
}

/// Reads a JSON value as `T`, and finds it valid.
///
/// # Errors
/// `validation_failed`, with pointers into the value.
pub fn parse_value<T: DeserializeOwned + Validate>(value: Value) -> Result<T> {
    if let Some(pointer) = find_nul(&value) {
        let text = "Text can't have a NUL character in it.";
        return Err(Error::invalid_field(&pointer, "invalid_character", text));
    }
    let body: T = serde_path_to_error::deserialize(value)
        .map_err(|error| shape_error(error.path(), &error.inner().to_string()))?;
    body.validate().map_err(|errors| Error::invalid(field_errors(&errors)))?;
    Ok(body)
}

/// Reads a JSON object as `T` at once, if it is right. What is wrong with it, if it is not, is told
/// by [`parse_value`]: it goes by way of a [`Value`], which takes three times as long.
pub fn parse_right<T: DeserializeOwned + Validate>(json: &str) -> Option<T> {
    // A list would be read as the fields in their order; a NUL is never written in another way.
    if !json.starts_with('{') || json.contains("\\u0000") {
        return None;
    }
    serde_json::from_str::<T>(json).ok().filter(|it| it.validate().is_ok())
}

/// Writes `365.0` as `365`: to JSON Schema, and to the languages that know one kind of number, they
/// are the same; to serde, only one of them is an integer.
pub fn make_whole(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            // Up to here, every whole number has a float of its own (RFC 8259, section 6).
            let whole = float.filter(|it| it.fract() == 0.0 && it.abs() < 9_007_199_254_740_992.0);
            if let Some(whole) = whole {
                *number = (whole as i64).into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Object(fields) => fields.values_mut().for_each(make_whole),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
