//! The body of `POST /activity/batch`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use super::schema::SystemAction;
use crate::{
    api::http::{
        body::present,
        validate::{email_address, line},
    },
    domain::{
        entry::{Action, TargetType},
        examples,
        ids::{AnyId, UserId},
        limits::{
            BATCH_CHANGES_MAX, BATCH_MAX, DESCRIPTION_MAX, EMAIL_MAX, FULL_NAME_MAX, NAME_MAX,
        },
        timestamp::Timestamp,
    },
};

/// Entries of another system.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"items": [{
    "user": {"employee_id": "E-1042"},
    "action": "enrollment.completed",
    "occurred_at": examples::COMPLETED,
    "external_id": "scorm-cloud:registration:81f2",
    "description": "Sam Rivera completed “Security Basics” in the old system.",
    "target": {
        "type": "course", "id": examples::COURSE,
        "name": "Security Basics"
    },
    "changes": [{"field": "status", "before": "in_progress", "after": "completed"}]
}]}))]
pub struct NewBatch {
    /// Up to 1,000 items, each of which may fail alone.
    // Here they are only counted: each is parsed on its own.
    #[validate(length(min = 1, max = BATCH_MAX))]
    #[schema(value_type = Vec<NewBatchEntry>, min_items = 1, max_items = 1000)]
    pub(super) items: Vec<()>,
}

/// One entry of another system. Either `user` or `user_id` names its user.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBatchEntry {
    #[serde(default, deserialize_with = "present")]
    #[validate(nested)]
    #[schema(nullable = false)]
    pub(super) user: Option<NewBatchUser>,
    /// The user's id, instead of `user`.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) user_id: Option<UserId>,
    /// What happened: any action of the catalogue but `note`.
    #[schema(value_type = SystemAction)]
    pub(super) action: Action,
    /// When it happened, not in the future.
    pub(super) occurred_at: Timestamp,
    /// The id that your system gives it. It is unique in the whole log, so start it with the name of
    /// your system.
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", examples("scorm-cloud:registration:81f2"))]
    pub(super) external_id: String,
    /// One English sentence.
    #[validate(length(min = 1, max = DESCRIPTION_MAX), custom(function = line))]
    #[schema(format = "description")]
    pub(super) description: String,
    /// What it was done to. It need not be in Daybook.
    #[validate(nested)]
    pub(super) target: Option<NewBatchTarget>,
    /// The values that changed; none by default.
    #[validate(length(max = BATCH_CHANGES_MAX), nested)]
    #[schema(max_items = 50)]
    pub(super) changes: Option<Vec<NewBatchChange>>,
}

/// The user whose log an entry is for, named in exactly one way.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, max_properties = 1)]
pub struct NewBatchUser {
    /// The user's id.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) id: Option<UserId>,
    /// The user's e-mail address, case-insensitive.
    #[serde(default, deserialize_with = "present")]
    #[validate(custom(function = email_address), length(max = EMAIL_MAX))]
    #[schema(nullable = false, format = "email")]
    pub(super) email: Option<String>,
    /// The user's employee id.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(nullable = false, format = "name")]
    pub(super) employee_id: Option<String>,
}

/// What an action was done to.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBatchTarget {
    /// What it is.
    #[serde(rename = "type")]
    pub(super) target_type: TargetType,
    /// Its id.
    pub(super) id: AnyId,
    /// Its name when it happened.
    #[validate(length(min = 1, max = FULL_NAME_MAX), custom(function = line))]
    #[schema(format = "full-name", examples("Security Basics"))]
    pub(super) name: String,
}

/// One value that changed.
// `Serialize` is for the validator, which puts a list that is too long into its error.
#[derive(Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBatchChange {
    /// The name of the field.
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", examples("status"))]
    pub(super) field: String,
    /// What it was; null if it was not set.
    #[serde(default)]
    pub(super) before: Value,
    /// What it became; null if it was cleared.
    #[serde(default)]
    pub(super) after: Value,
}
