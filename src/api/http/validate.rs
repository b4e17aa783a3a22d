//! Validates values, and turns errors of shape and meaning into input errors with JSON pointers.

use std::borrow::Cow;

use serde_json::Value;
use serde_path_to_error::{Path, Segment};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::{
    domain::{
        email::EmailAddress,
        name::{NameError, check_name},
    },
    error::{Error, InputError},
};

/// Accepts text for one line: with a visible character, and without control characters.
///
/// # Errors
/// `blank` or `invalid_character`.
pub fn line(text: &str) -> Result<(), ValidationError> {
    if is_blank(text) {
        return Err(violation("blank", "It needs a character that is not white space."));
    }
    if text.chars().any(char::is_control) {
        return Err(violation("invalid_character", "It can't contain control characters."));
    }
    Ok(())
}

/// Accepts a name of a user or a group: with a visible character, and without control, bidirectional,
/// invisible or undefined characters.
///
/// # Errors
/// `blank` or `invalid_character`.
pub fn visible_name(text: &str) -> Result<(), ValidationError> {
    check_name(text).map_err(|error| match error {
        NameError::Blank => violation("blank", "It needs a visible character."),
        NameError::InvisibleCharacter => {
            let text = "It can't contain control, direction, invisible or undefined characters.";
            violation("invalid_character", text)
        }
        NameError::TooManyMarks => {
            violation("invalid_character", "It can't have more than 8 marks on one letter.")
        }
    })
}

/// Accepts an e-mail address.
///
/// # Errors
/// `invalid_email`.
pub fn email_address(text: &str) -> Result<(), ValidationError> {
    let parsed = text.parse::<EmailAddress>();
    parsed.map(drop).map_err(|error| {
        ValidationError::new("invalid_email").with_message(Cow::Owned(error.to_string()))
    })
}

/// Accepts text with a visible character.
///
/// # Errors
/// `blank`.
pub fn not_blank(text: &str) -> Result<(), ValidationError> {
    if is_blank(text) {
        return Err(violation("blank", "It needs a character that is not white space."));
    }
    Ok(())
}

/// Whether all characters are white space, or the byte order mark, which JavaScript counts as such.
fn is_blank(text: &str) -> bool {
    text.chars().all(|it| it.is_whitespace() || it == '\u{feff}')
}

/// Accepts the name of a time zone in the IANA database.
///
/// # Errors
/// `unknown`.
pub fn iana_time_zone(name: &str) -> Result<(), ValidationError> {
    match name.parse::<chrono_tz::Tz>() {
        Ok(zone) if zone.name() == name => Ok(()),
        _ => Err(violation("unknown", "It is not a name of the IANA time zone database.")),
    }
}

fn violation(code: &'static str, text: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(Cow::Borrowed(text))
}

/// The errors that `validator` found, each with its pointer.
pub fn field_errors(errors: &ValidationErrors) -> Vec<InputError> {
    let mut found = Vec::new();
    collect(errors, "", &mut found);
    found.sort_by_key(|error| format!("{:?}", error.location));
    found
}

fn collect(errors: &ValidationErrors, parent: &str, found: &mut Vec<InputError>) {
    for (field, kind) in errors.errors() {
        let pointer = format!("{parent}/{field}");
        match kind {
            ValidationErrorsKind::Field(errors) => {
                found.extend(errors.iter().map(|error| field_error(&pointer, error)));
            }
            ValidationErrorsKind::Struct(errors) => collect(errors, &pointer, found),
            ValidationErrorsKind::List(items) => {
                for (index, errors) in items {
                    collect(errors, &format!("{pointer}/{index}"), found);
                }
            }
        }
    }
}

fn field_error(pointer: &str, error: &ValidationError) -> InputError {
    let number = |name| error.params.get(name).and_then(Value::as_f64);
    let (min, max) = (number("min"), number("max"));
    let size = match error.params.get("value") {
        Some(Value::String(text)) => Some(text.chars().count() as f64),
        Some(Value::Array(items)) => Some(items.len() as f64),
        Some(value) => value.as_f64(),
        None => None,
    };
    let bounds = match (min, max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => String::new(),
    };
    let below = size.zip(min).is_some_and(|(size, min)| size < min);
    match error.code.as_ref() {
        "length" if matches!(error.params.get("value"), Some(Value::Array(_))) => {
            let code = if below { "too_few" } else { "too_many" };
            InputError::body(pointer, code, format!("It has {bounds} items."))
        }
        "length" => {
            let code = if below { "too_short" } else { "too_long" };
            InputError::body(pointer, code, format!("It has {bounds} characters."))
        }
        "range" => InputError::body(pointer, "out_of_range", format!("It is {bounds}.")),
        code => {
            let text = error.message.clone().unwrap_or(Cow::Borrowed("It is not valid."));
            InputError::body(pointer, code, text)
        }
    }
}

/// The error of a body with another shape than expected, from the path and the message of serde.
pub fn shape_error(path: &Path, message: &str) -> Error {
    let mut steps: Vec<String> = path
        .iter()
        .filter_map(|step| match step {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    let (code, detail) = if let Some(field) = field_name(message, "missing field `") {
        steps.push(field.to_owned());
        ("required", "This field is required.".to_owned())
    } else if let Some(field) = field_name(message, "unknown field `") {
        // The path may have it already.
        if steps.last().map(String::as_str) != Some(field) {
            steps.push(field.to_owned());
        }
        ("unknown_field", format!("There is no field {field} here."))
    } else if message.starts_with("unknown variant") {
        ("invalid_choice", capitalised(message))
    } else if message.starts_with("invalid type") {
        ("invalid_type", capitalised(message))
    } else {
        ("invalid", capitalised(message))
    };
    let pointer: String = steps.iter().map(|step| pointer_step(step)).collect();
    Error::invalid_field(&pointer, code, detail)
}

/// The field that a message of serde names after this beginning. A name can contain anything.
fn field_name<'a>(message: &'a str, beginning: &str) -> Option<&'a str> {
    let rest = message.strip_prefix(beginning)?;
    let end = rest.rfind("`, there are no").or_else(|| rest.rfind("`, expected"));
    Some(end.map_or_else(|| rest.trim_end_matches('`'), |end| &rest[..end]))
}

/// One step of a JSON pointer (RFC 6901, section 3).
fn pointer_step(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn capitalised(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).chain(['.']).collect()
}

/// The pointer to a NUL character in a value. PostgreSQL can't store one.
pub fn find_nul(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| find_nul(item).map(|rest| format!("/{index}{rest}"))),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            if name.contains('\0') {
                return Some(String::new());
            }
            find_nul(field).map(|rest| pointer_step(name) + &rest)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}
