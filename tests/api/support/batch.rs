//! Items for `/activity/batch`.

use serde_json::{Value, json};

/// A valid item.
pub fn item(user: &str, external_id: &str) -> Value {
    json!({
        "user": {"id": user}, "action": "enrollment.completed",
        "occurred_at": "2026-06-12T15:30:00Z", "external_id": external_id,
        "description": "Sam completed “Security Basics” elsewhere.",
    })
}
