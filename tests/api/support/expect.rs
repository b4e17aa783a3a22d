//! Entries that tests expect in a log.

use serde_json::{Value, json};

use super::{app::TestApp, reply::text};

/// The entries of a user's log with an action, newest first.
pub fn entries(app: &TestApp, user: &str, action: &str) -> Vec<Value> {
    app.admin().all(&format!("/users/{user}/activity?action={action}"))
}

/// The entry of a user's log with an action: there is exactly one.
#[track_caller]
pub fn entry(app: &TestApp, user: &str, action: &str) -> Value {
    let mut entries = entries(app, user, action);
    assert_eq!(entries.len(), 1, "not one entry of {action}: {entries:#?}");
    entries.remove(0)
}

/// The `changes` of an entry: field, before, after.
pub fn changes(fields: &[(&str, Value, Value)]) -> Value {
    let one = |(field, before, after): &(&str, Value, Value)| json!({"field": field, "before": before, "after": after});
    fields.iter().map(one).collect()
}

/// The values of a field of the items of a list.
pub fn column(items: &[Value], field: &str) -> Vec<String> {
    items.iter().map(|item| text(&item[field])).collect()
}
