//! Parses JSON into valid values.

use serde::de::DeserializeOwned;
use serde_json::Value;
use validator::Validate;

use super::validate::{field_errors, find_nul, shape_error};
use crate::error::{Code, Error, Result};

/// Parses a JSON object; an empty body as `{}`. A patch has at least one field.
///
/// # Errors
/// `malformed_request` where it is not JSON, `validation_failed` where it is not such an object.
pub fn parse_object(bytes: &[u8], patch: bool) -> Result<Value> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let text = format!("The body is not JSON: {error}.");
        Error::new(Code::MalformedRequest, text)
    })?;
    normalize_numbers(&mut value);
    match value.as_object() {
        None => {
            let text = "The body must be a JSON object.";
            Err(Error::invalid_field("", "invalid_type", text))
        }
        Some(fields) if patch && fields.is_empty() => {
            let text = "Name at least one field to change.";
            Err(Error::invalid_field("", "required", text))
        }
        Some(_) => Ok(value),
    }
}

/// Parses a JSON value as a valid `T`.
///
/// # Errors
/// `validation_failed`, with pointers into the value.
pub fn parse_value<T: DeserializeOwned + Validate>(value: Value) -> Result<T> {
    if let Some(pointer) = find_nul(&value) {
        let text = "Text can't contain a NUL character.";
        return Err(Error::invalid_field(&pointer, "invalid_character", text));
    }
    let body: T = serde_path_to_error::deserialize(value)
        .map_err(|error| shape_error(error.path(), &error.inner().to_string()))?;
    body.validate().map_err(|errors| Error::invalid(field_errors(&errors)))?;
    Ok(body)
}

/// Parses a JSON object as a valid `T` directly. Where that fails, [`parse_value`] says why: it goes
/// by way of a [`Value`], which takes three times as long.
pub fn parse_if_valid<T: DeserializeOwned + Validate>(json: &str) -> Option<T> {
    // serde would read a list as the fields in their order. Only an escape can stand for a NUL.
    if !json.starts_with('{') || json.contains("\\u0000") {
        return None;
    }
    serde_json::from_str::<T>(json).ok().filter(|it| it.validate().is_ok())
}

/// Turns whole floats such as `365.0` into integers. They are equal in JSON Schema, and in languages
/// with one type of number; serde reads only one of them as an integer.
pub fn normalize_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            // Below 2^53, every integer has a float of its own (RFC 8259, section 6).
            let whole = float.filter(|it| it.fract() == 0.0 && it.abs() < 9_007_199_254_740_992.0);
            if let Some(whole) = whole {
                *number = (whole as i64).into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalize_numbers),
        Value::Object(fields) => fields.values_mut().for_each(normalize_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
