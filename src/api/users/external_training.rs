//! `/users/{user_id}/external-training`.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    api::http::{
        body::Body,
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Path},
        gates::OneUser,
        paging::{Page, PageParams, Paging},
        resource::Resource,
        validate::line,
    },
    changes::external_training::LogExternalTraining,
    domain::{
        date::Date,
        examples,
        ids::{TrainingId, UserId},
        limits::{HOURS_MAX, NAME_MAX},
        timestamp::Timestamp,
    },
    error::Result,
    store::external_training::{TrainingQuery, TrainingRow},
};

/// The operations of this file, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(list_external_training), endpoint!(log_external_training)]
}

/// A training that a user completed outside the platform.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": examples::TRAINING, "created_at": examples::CREATED, "updated_at": examples::CREATED,
    "title": "First Aid at Work", "completed_on": "2026-06-30", "provider": "Red Cross",
    "hours": 7.5
}))]
pub struct ExternalTraining {
    id: TrainingId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(format = "name", examples("First Aid at Work"))]
    title: String,
    /// The day of completion, in the time zone where the user was.
    completed_on: Date,
    /// The organization that gave it.
    #[schema(required = true, format = "name", examples("Red Cross"))]
    provider: Option<String>,
    /// How many hours it took.
    #[schema(required = true, minimum = 0, maximum = 10000)]
    hours: Option<f64>,
}

impl From<TrainingRow> for ExternalTraining {
    fn from(row: TrainingRow) -> Self {
        let TrainingRow {
            id, created_at, updated_at, title, completed_on, provider, hours, ..
        } = row;
        Self { id, created_at, updated_at, title, completed_on, provider, hours }
    }
}

impl Resource for ExternalTraining {
    type Row = TrainingRow;

    /// A training has no path of its own: it is in the list.
    fn location(row: &TrainingRow) -> String {
        format!("/users/{}/external-training", row.user_id)
    }

    /// Nobody changes a training once it is logged.
    fn version(_: &TrainingRow) -> i64 {
        1
    }
}

/// A training outside the platform, to log.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "First Aid at Work", "completed_on": "2026-06-30", "provider": "Red Cross",
    "hours": 7.5
}))]
pub struct NewExternalTraining {
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    title: String,
    /// Not in the future in any time zone.
    completed_on: Date,
    /// The organization that gave it.
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    provider: Option<String>,
    /// How many hours it took.
    #[validate(range(min = 0.0, max = HOURS_MAX))]
    #[schema(minimum = 0, maximum = 10000)]
    hours: Option<f64>,
}

/// List a user's external training
///
/// The most recently logged first.
#[utoipa::path(get, path = "/users/{user_id}/external-training", tag = "Users",
    params(("user_id" = UserId, Path), PageParams),
    responses((status = 200, description = "One page of the trainings.",
        body = Page<ExternalTraining>)))]
pub async fn list_external_training(
    ctx: Ctx,
    Path(user): Path<UserId>,
    paging: Paging,
) -> Result<HttpResponse> {
    paging.respond(&ctx, OneUser(user), TrainingQuery { user }, ExternalTraining::from).await
}

/// Log an external training of a user
///
/// A training has no path of its own: `Location` is the list.
#[utoipa::path(post, path = "/users/{user_id}/external-training", tag = "Users",
    params(("user_id" = UserId, Path)), request_body = NewExternalTraining,
    responses((status = 201, description = "The training.", body = ExternalTraining)))]
pub async fn log_external_training(
    ctx: Ctx,
    Path(user): Path<UserId>,
    Body(body): Body<NewExternalTraining>,
) -> Result<HttpResponse> {
    let NewExternalTraining { title, completed_on, provider, hours } = body;
    let change = LogExternalTraining { user, title, provider, completed_on, hours };
    ctx.create::<ExternalTraining, _>(change).await
}
