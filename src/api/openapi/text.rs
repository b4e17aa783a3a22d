//! The bounds of texts, numbers and lists.
//!
//! A field of a type says what kind of text it has, as its `format`. utoipa takes only literals for
//! a pattern or a length; from here, each kind gets both from the constants.

use utoipa::{
    Number,
    openapi::{
        Array, Object, RefOr, Schema, SchemaFormat, Type,
        schema::{ArrayItems, SchemaType},
    },
};

use crate::domain::limits::{
    ACCESS_TOKEN_MAX, CODE_MAX, DESCRIPTION_MAX, EMAIL_MAX, FULL_NAME_MAX, IMPORT_LINES_MAX,
    NAME_MAX, NOTES_MAX, PASSWORD_MAX, PASSWORD_MIN, PROBLEM_TEXT_MAX, QUERY_VALUE_MAX,
    REQUEST_ID_MAX, TIME_ZONE_MAX,
};

/// A kind of text: the `format` that a type names it by, the fewest and the most characters, and
/// the format and the pattern that the document has instead.
struct Kind(&'static str, u64, u64, Option<&'static str>, Option<&'static str>);

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind("name", 1, NAME_MAX, None, Some(LINE)),
    Kind("full-name", 1, FULL_NAME_MAX, None, Some(LINE)),
    Kind("description", 1, DESCRIPTION_MAX, None, Some(LINE)),
    Kind("line", 1, NOTES_MAX, None, Some(LINE)),
    Kind("notes", 1, NOTES_MAX, None, Some(VISIBLE)),
    Kind("email", 0, EMAIL_MAX, Some("idn-email"), None),
    Kind("new-password", PASSWORD_MIN, PASSWORD_MAX, Some("password"), Some(ANY)),
    Kind("time-zone", 0, TIME_ZONE_MAX, None, Some("^[A-Za-z0-9_+/-]+$")),
    Kind("cursor", 0, QUERY_VALUE_MAX as u64, None, Some("^[A-Za-z0-9_-]+$")),
    Kind("jwt", 0, ACCESS_TOKEN_MAX as u64, None, Some(r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$")),
    Kind("request-id", 0, REQUEST_ID_MAX as u64, None, Some(REQUEST_ID)),
    Kind("code", 0, CODE_MAX as u64, None, Some("^[a-z_]+$")),
    Kind("detail", 0, PROBLEM_TEXT_MAX as u64, None, Some(ANY)),
    Kind("password", 0, NOTES_MAX, Some("password"), Some(ANY)),
];

/// Text on one line, with something visible in it: what `validate::line` accepts.
const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\ufeff\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";
/// Text with something visible in it: what `validate::not_blank` accepts.
const VISIBLE: &str = r"^[^\x00]*[^\s\ufeff\x85\x00][^\x00]*$";
/// Any text but NUL, which PostgreSQL can't store.
pub const ANY: &str = r"^[^\x00]*$";
/// The ids that the service takes from a client or makes.
pub const REQUEST_ID: &str = r"^[A-Za-z0-9_.:-]+$";

/// The most characters of a text that names no kind: no stored text is longer than a note.
pub const TEXT_MAX: usize = NOTES_MAX as usize;
/// The most items of a list that says nothing itself: an import has as many lines.
const ITEMS_MAX: usize = IMPORT_LINES_MAX as usize;
/// The largest integer that JavaScript tells from its neighbours (RFC 8259, section 6).
pub const INTEGER_MAX: usize = 9_007_199_254_740_991;

/// Gives a schema, and all that is in it, the bounds that it does not have itself. A text that
/// names no kind has at most `text_max` characters.
pub fn bound(schema: &mut RefOr<Schema>, text_max: usize) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Array(array) => bound_array(array, text_max),
        Schema::Object(object) => bound_object(object, text_max),
        Schema::OneOf(schemas) => schemas.items.iter_mut().for_each(|it| bound(it, text_max)),
        Schema::AllOf(schemas) => schemas.items.iter_mut().for_each(|it| bound(it, text_max)),
        Schema::AnyOf(schemas) => schemas.items.iter_mut().for_each(|it| bound(it, text_max)),
        _ => {}
    }
}

fn bound_array(array: &mut Array, text_max: usize) {
    array.max_items.get_or_insert(ITEMS_MAX);
    if let ArrayItems::RefOrSchema(items) = &mut array.items {
        bound(items, text_max);
    }
}

fn bound_object(object: &mut Object, text_max: usize) {
    if has_type(object, &Type::String) && object.enum_values.is_none() {
        bound_text(object, text_max);
    }
    if has_type(object, &Type::Integer) {
        object.minimum.get_or_insert(Number::Int(0));
        object.maximum.get_or_insert(Number::Int(INTEGER_MAX as isize));
    }
    object.properties.values_mut().for_each(|it| bound(it, text_max));
}

fn bound_text(text: &mut Object, text_max: usize) {
    let kind = match &text.format {
        Some(SchemaFormat::Custom(name)) => KINDS.iter().find(|kind| kind.0 == name),
        _ => None,
    };
    if let Some(&Kind(_, min, max, format, pattern)) = kind {
        text.format = format.map(|it| SchemaFormat::Custom(it.to_owned()));
        if min > 0 {
            text.min_length.get_or_insert(min as usize);
        }
        text.max_length.get_or_insert(max as usize);
        if text.pattern.is_none() {
            text.pattern = pattern.map(str::to_owned);
        }
    }
    text.max_length.get_or_insert(text_max);
    // Another format says already what the text looks like.
    if text.format.is_none() {
        text.pattern.get_or_insert_with(|| ANY.to_owned());
    }
}

fn has_type(object: &Object, wanted: &Type) -> bool {
    match &object.schema_type {
        SchemaType::Type(it) => it == wanted,
        SchemaType::Array(many) => many.contains(wanted),
        SchemaType::AnyValue => false,
    }
}
