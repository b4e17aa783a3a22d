//! The bounds of text, numbers and lists that are the same wherever a field of that name stands.

use utoipa::{
    Number,
    openapi::{
        Array, KnownFormat, Object, RefOr, Schema, SchemaFormat, Type,
        schema::{ArrayItems, SchemaType},
    },
};

use crate::{domain::entry::Action, error::Code};

/// Text on one line, with something visible in it: what `validate::line` lets through.
const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\ufeff\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";
/// Text with something visible in it: what `validate::not_blank` lets through.
const VISIBLE: &str = r"^[^\x00]*[^\s\ufeff\x85\x00][^\x00]*$";
/// Any text: NUL is what a database can't store, and what no request and no answer has.
const TEXT: &str = r"^[^\x00]*$";
/// The names of codes and of families of actions.
const WORD: &str = "^[a-z_]+$";
/// The characters of base64url.
const OPAQUE: &str = "^[A-Za-z0-9_-]+$";
/// The names of the IANA time zone database.
const TIME_ZONE: &str = "^[A-Za-z0-9_+/-]+$";
/// Three parts of base64url (RFC 7519).
const JWT: &str = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$";
/// The ids that `middleware` takes from a client or makes.
pub const REQUEST_ID: &str = r"^[A-Za-z0-9_.:-]+$";

/// The longest text that is stored is a note; what is put together of names is shorter.
const TEXT_MAX: usize = 10_000;
/// The longest list beside the pages: an import has as many lines.
const ITEMS_MAX: usize = 10_000;
/// The most items of a batch of entries.
const BATCH_MAX: usize = 1000;
/// The largest integer that JavaScript tells from its neighbours (RFC 8259, section 6).
const INTEGER_MAX: isize = 9_007_199_254_740_991;

/// What the text of a field looks like: the names of the fields, the most characters, the pattern.
/// What a schema says of itself goes before what is said here.
const TEXTS: &[(&[&str], usize, &str)] = &[
    (
        &["given_name", "surname", "title", "provider", "employee_id", "external_id", "field"],
        200,
        LINE,
    ),
    // Given name, space, surname.
    (&["name"], 401, LINE),
    (&["notes"], TEXT_MAX, VISIBLE),
    (&["description"], TEXT_MAX, LINE),
    (&["time_zone"], 64, TIME_ZONE),
    (&["cursor", "next_cursor"], 4000, OPAQUE),
    (&["access_token"], 2000, JWT),
    (&["request_id"], 128, REQUEST_ID),
    (&["family", "code"], 100, WORD),
    (&["detail", "pointer", "parameter"], crate::api::http::problem::TEXT_MAX, TEXT),
    (&["instance"], crate::api::http::problem::INSTANCE_MAX, TEXT),
    (&["type"], 100, TEXT),
];

/// The lists that are shorter than others.
const LISTS: &[(&[&str], usize)] = &[
    (&["data"], 100),
    (&["course_ids", "certification_ids"], 100),
    (&["supervisor_ids"], 50),
    (&["permissions"], 10),
];

/// Gives the schema of a component its bounds.
pub fn bound(name: &str, schema: &mut RefOr<Schema>) {
    bound_field("", schema, TEXT_MAX);
    let RefOr::T(Schema::Object(object)) = schema else { return };
    if name == "Problem"
        && let Some(RefOr::T(Schema::Object(code))) = object.properties.get_mut("code")
    {
        (code.pattern, code.max_length) = (None, None);
        code.enum_values = Some(Code::WORDS.iter().map(|&word| word.into()).collect());
    }
    // The lists under this name that are no pages.
    let items = match name {
        "ImportReport" => Some(ITEMS_MAX),
        "BatchReport" => Some(BATCH_MAX),
        _ => None,
    };
    if let Some(items) = items
        && let Some(RefOr::T(Schema::Array(data))) = object.properties.get_mut("data")
    {
        data.max_items = Some(items);
    }
}

/// Gives a field, or a parameter, of a name its bounds, and whatever is in it.
pub fn bound_field(name: &str, schema: &mut RefOr<Schema>, text_max: usize) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Array(array) => bound_array(name, array, text_max),
        Schema::Object(object) => bound_object(name, object, text_max),
        Schema::OneOf(of) => of.items.iter_mut().for_each(|it| bound_field(name, it, text_max)),
        Schema::AllOf(of) => of.items.iter_mut().for_each(|it| bound_field(name, it, text_max)),
        Schema::AnyOf(of) => of.items.iter_mut().for_each(|it| bound_field(name, it, text_max)),
        _ => {}
    }
}

fn bound_array(name: &str, array: &mut Array, text_max: usize) {
    let of_name = LISTS.iter().find(|(names, _)| names.contains(&name));
    array.max_items.get_or_insert(of_name.map_or(ITEMS_MAX, |(_, max)| *max));
    if let ArrayItems::RefOrSchema(items) = &mut array.items {
        bound_field(name, items, text_max);
    }
}

fn bound_object(name: &str, object: &mut Object, text_max: usize) {
    if has_type(object, &Type::String) && object.enum_values.is_none() {
        bound_text(name, object, text_max);
    }
    if has_type(object, &Type::Integer) {
        object.minimum.get_or_insert(Number::Int(0));
        object.maximum.get_or_insert(Number::Int(INTEGER_MAX));
    }
    for (name, property) in &mut object.properties {
        bound_field(name, property, text_max);
    }
}

fn bound_text(name: &str, text: &mut Object, text_max: usize) {
    if name == "email" && text.max_length.is_none() {
        text.format = Some(SchemaFormat::KnownFormat(KnownFormat::IdnEmail));
        text.max_length = Some(254);
    }
    let of_name = TEXTS.iter().find(|(names, _, _)| names.contains(&name));
    let (max, pattern) = of_name.map_or((text_max, TEXT), |(_, max, pattern)| (*max, *pattern));
    text.max_length.get_or_insert(max);
    // A format says already what the text looks like; but a password looks like any text.
    let any = [None, Some(SchemaFormat::KnownFormat(KnownFormat::Password))];
    if any.contains(&text.format) {
        text.pattern.get_or_insert_with(|| pattern.to_owned());
    }
}

/// Words of the vocabulary and families of them, comma-separated: `enrollment.*,note`.
pub fn actions() -> String {
    let mut families: Vec<(&str, Vec<&str>)> = Vec::new();
    for action in Action::ALL {
        let (family, word) = action.as_str().split_once('.').unwrap_or((action.as_str(), ""));
        match families.iter_mut().find(|(name, _)| *name == family) {
            Some((_, words)) => words.push(word),
            None => families.push((family, vec![word])),
        }
    }
    let families = families.iter().map(|(family, words)| match words.as_slice() {
        [""] => (*family).to_owned(),
        words => format!(r"{family}\.({}|\*)", words.join("|")),
    });
    let one = families.collect::<Vec<_>>().join("|");
    format!("^({one})(,({one}))*$")
}

fn has_type(object: &Object, wanted: &Type) -> bool {
    match &object.schema_type {
        SchemaType::Type(it) => it == wanted,
        SchemaType::Array(many) => many.contains(wanted),
        SchemaType::AnyValue => false,
    }
}
