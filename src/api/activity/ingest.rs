//! `/activity/batch`.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use super::{ingest_items::items_of, schema::SystemAction};
use crate::{
    api::http::{
        body::{Unread, present},
        endpoint::{Endpoint, endpoint},
        extract::Ctx,
        problem::ProblemField,
        reply::Answer,
        validate::line,
    },
    changes::ingest::{Ingest, Ingested},
    domain::{
        batch::BatchOutcome,
        entry::{Action, TargetType},
        examples,
        ids::{AnyId, EntryId, UserId},
        limits::{
            BATCH_CHANGES_MAX, BATCH_MAX, DESCRIPTION_MAX, EMAIL_MAX, FULL_NAME_MAX, NAME_MAX,
        },
        timestamp::Timestamp,
    },
    error::{Code, InputError, Place, Result},
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(ingest_entries)]
}

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
    // What the items are is read one by one: here they are only counted.
    #[validate(length(min = 1, max = BATCH_MAX))]
    #[schema(value_type = Vec<NewBatchEntry>, min_items = 1, max_items = 1000)]
    pub(super) items: Vec<()>,
}

/// One entry of another system. Its user is named by `user`, or plainly by `user_id`.
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
    /// The id that your system gives it. It is unique in the whole log, so begin it with the name
    /// of your system.
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
    /// The values that changed; none if it is not said.
    #[validate(length(max = BATCH_CHANGES_MAX), nested)]
    #[schema(max_items = 50)]
    pub(super) changes: Option<Vec<NewBatchChange>>,
}

/// Whose log an entry is for: exactly one of these.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, max_properties = 1)]
pub struct NewBatchUser {
    /// The user's id.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) id: Option<UserId>,
    /// The user's e-mail address, without regard to case.
    #[serde(default, deserialize_with = "present")]
    #[validate(email, length(max = EMAIL_MAX))]
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
// The validator can say that a list is too long only of what has a JSON form.
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

/// What came of a batch.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "data": [{"index": 0, "outcome": "created", "entry_id": examples::ENTRY, "errors": []}]
}))]
pub struct BatchReport {
    /// One outcome for each item, in their order.
    #[schema(max_items = 1000)]
    data: Vec<BatchItem>,
}

/// What came of one item of a batch.
#[derive(Serialize, ToSchema)]
pub struct BatchItem {
    /// Which item: the first is 0.
    #[schema(value_type = i32, minimum = 0)]
    index: usize,
    outcome: BatchOutcome,
    /// The entry with this `external_id`; null where the item is invalid.
    #[schema(required = true)]
    entry_id: Option<EntryId>,
    /// Why it is invalid or in conflict, with pointers into the body, as in every problem; nothing
    /// where it is not.
    errors: Vec<ProblemField>,
}

/// Add entries of other systems
///
/// For what happened elsewhere and belongs in the logs here: up to 1,000 system entries, in a body
/// of at most 1 MiB. Only administrators may, and API clients of theirs with `activity:ingest`.
///
/// Each item has an outcome of its own, and a bad one does not keep the others from being done:
/// what is right is written in one transaction. Look at the outcomes; the status is 200 whatever
/// they are.
///
/// An `external_id` is there once, in the whole log and for ever. Sent again, an item that says the
/// same is a `duplicate`; one that says something else is a `conflict`, and the entry stays as it
/// is. Of two items of one request, the first counts. So a batch whose answer was lost can be sent
/// again at any time.
///
/// The entries are of source `api`, entered by the caller. They tell of what happened, and do
/// nothing: an `enrollment.completed` completes no enrollment here.
#[utoipa::path(post, path = "/activity/batch", tag = "Activity", request_body = NewBatch,
    responses((status = 200, description = "What came of each item.", body = BatchReport)))]
pub async fn ingest_entries(ctx: Ctx, Unread(body): Unread) -> Result<HttpResponse> {
    let items = items_of(&body)?;
    ctx.post(Ingest { items }, |outcomes| {
        let data = outcomes.into_iter().enumerate();
        Answer::ok(&BatchReport { data: data.map(|(at, it)| BatchItem::of(at, it)).collect() })
    })
    .await
}

impl BatchItem {
    fn of(index: usize, outcome: Result<Ingested>) -> Self {
        match outcome {
            Ok(Ingested { entry, outcome }) => {
                let errors =
                    if outcome == BatchOutcome::Conflict { conflict() } else { Vec::new() };
                Self { index, outcome, entry_id: Some(entry), errors: told(index, errors) }
            }
            Err(error) => {
                let outcome = BatchOutcome::Invalid;
                Self { index, outcome, entry_id: None, errors: told(index, error.errors) }
            }
        }
    }
}

fn conflict() -> Vec<InputError> {
    let text = "The entry with this external_id says something else.";
    vec![InputError::body("/external_id", Code::AlreadyExists.as_str(), text)]
}

/// The errors of an item, as errors of the body that it is in.
fn told(index: usize, errors: Vec<InputError>) -> Vec<ProblemField> {
    let in_body = errors.into_iter().map(|error| match error.place {
        Place::Body(pointer) => {
            let place = Place::Body(format!("/items/{index}{pointer}"));
            ProblemField::from(&InputError { place, ..error })
        }
        Place::Query(_) => ProblemField::from(&error),
    });
    in_body.collect()
}
