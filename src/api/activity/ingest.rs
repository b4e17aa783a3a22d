//! `/activity/batch`: adds entries of other systems.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ingest_body::NewBatch, ingest_items::parse_items};
use crate::{
    api::http::{
        body::RawJson,
        endpoint::{Endpoint, endpoint},
        extract::Ctx,
        problem::ProblemField,
        reply::Reply,
    },
    changes::ingest::{Ingest, Ingested},
    domain::{batch::BatchOutcome, examples, ids::EntryId},
    error::{Code, InputError, InputLocation, Result},
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(ingest_entries)]
}

/// The outcome of a batch.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "data": [{"index": 0, "outcome": "created", "entry_id": examples::ENTRY, "errors": []}]
}))]
pub struct BatchReport {
    /// One outcome for each item, in their order.
    #[schema(max_items = 1000)]
    data: Vec<BatchItem>,
}

/// The outcome of one item of a batch.
#[derive(Serialize, ToSchema)]
pub struct BatchItem {
    /// The index of the item: the first is 0.
    #[schema(value_type = i32, minimum = 0)]
    index: usize,
    outcome: BatchOutcome,
    /// The entry with this `external_id`; null where the item is invalid.
    #[schema(required = true)]
    entry_id: Option<EntryId>,
    /// Why it is invalid or in conflict, with pointers into the body as in every problem; empty where
    /// it is neither.
    errors: Vec<ProblemField>,
}

/// Add entries of other systems
///
/// For what happened elsewhere and belongs in the logs here: up to 1,000 system entries, in a body
/// of at most 1 MiB. Only administrators may do this, and their API clients with `activity:ingest`.
///
/// Each item has its own outcome, and an invalid one does not affect the others: all valid items are
/// written in one transaction. Check the outcomes: the status is 200 in every case.
///
/// An `external_id` is unique in the whole log, forever. An item that is sent again with the same
/// content is a `duplicate`. With other content it is a `conflict`, and the entry stays as it is. Of
/// two items of one request with the same id, the first counts. So you can send a batch again at any
/// time if its response was lost.
///
/// The entries have the source `api` and are entered by the caller. They record what happened and
/// change nothing else: an `enrollment.completed` completes no enrollment here. Sessions, roles,
/// passwords and API clients are of this service alone, and such items are `invalid`.
#[utoipa::path(post, path = "/activity/batch", tag = "Activity", request_body = NewBatch,
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)))]
pub async fn ingest_entries(ctx: Ctx, RawJson(body): RawJson) -> Result<HttpResponse> {
    let items = parse_items(&body)?;
    ctx.post(Ingest { items }, |outcomes| {
        let data = outcomes.into_iter().enumerate();
        Reply::ok(&BatchReport { data: data.map(|(at, it)| BatchItem::new(at, it)).collect() })
    })
    .await
}

impl BatchItem {
    fn new(index: usize, outcome: Result<Ingested>) -> Self {
        match outcome {
            Ok(Ingested { entry, outcome }) => {
                let errors =
                    if outcome == BatchOutcome::Conflict { conflict() } else { Vec::new() };
                Self { index, outcome, entry_id: Some(entry), errors: in_body(index, errors) }
            }
            Err(error) => {
                let outcome = BatchOutcome::Invalid;
                Self { index, outcome, entry_id: None, errors: in_body(index, error.errors) }
            }
        }
    }
}

fn conflict() -> Vec<InputError> {
    let text = "The entry with this external_id has other content.";
    vec![InputError::body("/external_id", Code::AlreadyExists.as_str(), text)]
}

/// The errors of an item, with pointers into the body.
fn in_body(index: usize, errors: Vec<InputError>) -> Vec<ProblemField> {
    let fields = errors.into_iter().map(|error| match error.location {
        InputLocation::Body(pointer) => {
            let location = InputLocation::Body(format!("/items/{index}{pointer}"));
            ProblemField::from(&InputError { location, ..error })
        }
        InputLocation::Query(_) => ProblemField::from(&error),
    });
    fields.collect()
}
