//! `/activity/batch`: adds entries of other systems.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ingest_body::NewBatch, ingest_items::parse_items};
use crate::{
    api::http::{
        body::Unread,
        endpoint::{Endpoint, endpoint},
        extract::Ctx,
        problem::ProblemField,
        reply::Answer,
    },
    changes::ingest::{Ingest, Ingested},
    domain::{batch::BatchOutcome, ids::EntryId},
    error::{Code, InputError, Place, Result},
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(ingest_entries)]
}

/// What came of a batch.
#[derive(Serialize, ToSchema)]
pub struct BatchReport {
    /// One outcome for each item, in their order.
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
    let items = parse_items(&body)?;
    ctx.post(Ingest { items }, |outcomes| {
        let data = outcomes.into_iter().enumerate();
        Answer::ok(&BatchReport { data: data.map(|(at, it)| BatchItem::new(at, it)).collect() })
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
    let text = "The entry with this external_id says something else.";
    vec![InputError::body("/external_id", Code::AlreadyExists.as_str(), text)]
}

/// The errors of an item, with pointers into the body.
fn in_body(index: usize, errors: Vec<InputError>) -> Vec<ProblemField> {
    let fields = errors.into_iter().map(|error| match error.place {
        Place::Body(pointer) => {
            let place = Place::Body(format!("/items/{index}{pointer}"));
            ProblemField::from(&InputError { place, ..error })
        }
        Place::Query(_) => ProblemField::from(&error),
    });
    fields.collect()
}
