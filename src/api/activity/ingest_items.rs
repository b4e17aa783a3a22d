//! The items of a batch, read one by one, so that a bad one fails alone.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use validator::Validate;

use super::ingest::{NewBatch, NewBatchEntry, NewBatchUser};
use crate::{
    api::http::parse::{normalize_numbers, parse_if_valid, parse_object, parse_value},
    changes::ingest::Item,
    domain::{
        entry::{FieldChange, Target},
        ids::UserId,
    },
    error::{Error, Result},
    store::user_keys::UserKey,
};

/// The items of a body, each as it should be or with what is wrong with it.
///
/// # Errors
/// Where the body is wrong but for what its items are.
pub fn items_of(body: &[u8]) -> Result<Vec<Result<Item>>> {
    if let Some(items) = quickly(body) {
        return Ok(items);
    }
    Ok(parts_of(parse_object(body, false)?)?.into_iter().map(slowly).collect())
}

/// A body whose items are JSON, whatever each of them says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// The items of a body that is right but for what they are; nothing, if it is not: then the slow
/// way tells what is wrong.
fn quickly(body: &[u8]) -> Option<Vec<Result<Item>>> {
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
            Some(slowly(value))
        }
    };
    items.into_iter().map(one).collect()
}

/// Takes the items out of a body that is right but for what they are.
fn parts_of(mut body: Value) -> Result<Vec<Value>> {
    let items = match body.get_mut("items") {
        Some(Value::Array(items)) => items.iter_mut().map(Value::take).collect(),
        _ => Vec::new(),
    };
    let _counted: NewBatch = parse_value(body)?;
    Ok(items)
}

fn slowly(value: Value) -> Result<Item> {
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

/// The user that an item names, and where it does: once, and in one way.
fn user(user: Option<NewBatchUser>, id: Option<UserId>) -> Result<(UserKey, &'static str)> {
    let of = user.unwrap_or(NewBatchUser { id: None, email: None, employee_id: None });
    let mut named = [
        id.map(|id| (UserKey::Id(id), "/user_id")),
        of.id.map(|id| (UserKey::Id(id), "/user/id")),
        of.email.map(|email| (UserKey::email(&email), "/user/email")),
        of.employee_id.map(|id| (UserKey::EmployeeId(id), "/user/employee_id")),
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
