//! Reads the items of a batch one by one, so that a bad one fails alone.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use validator::Validate;

use super::ingest_body::{NewBatch, NewBatchEntry, NewBatchUser};
use crate::{
    api::http::parse::{normalize_numbers, parse_if_valid, parse_object, parse_value},
    changes::ingest::Item,
    domain::{
        email::EmailError,
        entry::{FieldChange, Target},
        ids::UserId,
    },
    error::{Error, Result},
    store::user_keys::UserKey,
};

/// The items of a body, each parsed or with its errors.
///
/// # Errors
/// As for every body: `invalid_json`, or `validation_failed` for all but the content of the items.
pub fn parse_items(body: &[u8]) -> Result<Vec<Result<Item>>> {
    if let Some(items) = parse_fast(body) {
        return Ok(items);
    }
    Ok(item_values(parse_object(body, false)?)?.into_iter().map(parse_item).collect())
}

/// A body whose items are any JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// The items of a body that is valid apart from their content. `None` if it is not: then the slow way
/// finds the errors.
fn parse_fast(body: &[u8]) -> Option<Vec<Result<Item>>> {
    let Parts { items } = serde_json::from_slice(body).ok()?;
    let counted = NewBatch { items: vec![(); items.len()] };
    if counted.validate().is_err() || body.first() != Some(&b'{') {
        return None;
    }
    let one = |json: &RawValue| match parse_if_valid(json.get()) {
        Some(entry) => Some(item(entry)),
        None => {
            let mut value = serde_json::from_str(json.get()).ok()?;
            normalize_numbers(&mut value);
            Some(parse_item(value))
        }
    };
    items.into_iter().map(one).collect()
}

/// Takes the items out of a body that is valid apart from their content.
fn item_values(mut body: Value) -> Result<Vec<Value>> {
    let items = match body.get_mut("items") {
        Some(Value::Array(items)) => items.iter_mut().map(Value::take).collect(),
        _ => Vec::new(),
    };
    // The rest of the body, which has as many nulls as items, is valid.
    let _counted: NewBatch = parse_value(body)?;
    Ok(items)
}

fn parse_item(value: Value) -> Result<Item> {
    if !value.is_object() {
        return Err(Error::invalid_field("", "invalid_type", "An item has to be a JSON object."));
    }
    item(parse_value(value)?)
}

fn item(it: NewBatchEntry) -> Result<Item> {
    let (user, user_pointer) = user(it.user, it.user_id)?;
    let changes = it.changes.unwrap_or_default().into_iter();
    let changes = changes.map(|mut it| {
        normalize_numbers(&mut it.before);
        normalize_numbers(&mut it.after);
        FieldChange { field: Cow::Owned(it.field), before: it.before, after: it.after }
    });
    Ok(Item {
        user,
        user_pointer,
        action: it.action,
        occurred_at: it.occurred_at,
        external_id: it.external_id,
        description: it.description,
        target: it.target.map(|it| Target {
            target_type: it.target_type,
            id: it.id,
            name: it.name,
        }),
        changes: changes.collect(),
    })
}

fn address(text: &str) -> Result<UserKey> {
    let address = text.parse().map_err(|error: EmailError| {
        Error::invalid_field("/user/email", "invalid_email", error.to_string())
    })?;
    Ok(UserKey::email(&address))
}

/// The user that an item names exactly once, and the pointer to that name.
fn user(user: Option<NewBatchUser>, id: Option<UserId>) -> Result<(UserKey, &'static str)> {
    let keys = user.unwrap_or(NewBatchUser { id: None, email: None, employee_id: None });
    let mut named = [
        id.map(|id| (UserKey::Id(id), "/user_id")),
        keys.id.map(|id| (UserKey::Id(id), "/user/id")),
        keys.email.map(|email| address(&email)).transpose()?.map(|it| (it, "/user/email")),
        keys.employee_id.map(|id| (UserKey::EmployeeId(id), "/user/employee_id")),
    ]
    .into_iter()
    .flatten();
    match (named.next(), named.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Error::invalid_field("/user", "required", "Name the user.")),
        (Some(_), Some((_, pointer))) => {
            let text = "Name the user once: by id, email or employee_id.";
            Err(Error::invalid_field(pointer, "not_allowed", text))
        }
    }
}
