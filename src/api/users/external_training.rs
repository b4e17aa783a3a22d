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
        paging::{Page, PageParams, Paging},
        reply::Answer,
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
    store::{self, external_training::TrainingRow},
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(list_external_training), endpoint!(log_external_training)]
}

/// The version of a training: nobody changes it once it is logged.
const VERSION: i64 = 1;

/// A training that a user did outside of the platform.
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
    /// The day when it was completed, where the user was then.
    completed_on: Date,
    /// Who gave it.
    #[schema(required = true, format = "name", examples("Red Cross"))]
    provider: Option<String>,
    /// How long it took.
    #[schema(required = true, minimum = 0, maximum = 10000)]
    hours: Option<f64>,
}

impl From<TrainingRow> for ExternalTraining {
    fn from(row: TrainingRow) -> Self {
        Self {
            id: row.id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            title: row.title,
            completed_on: row.completed_on,
            provider: row.provider,
            hours: row.hours,
        }
    }
}

/// A training outside of the platform, to be logged.
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
    /// Not in the future, wherever on earth the user was.
    completed_on: Date,
    /// Who gave it.
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    provider: Option<String>,
    /// How long it took.
    #[validate(range(min = 0.0, max = HOURS_MAX))]
    #[schema(minimum = 0, maximum = 10000)]
    hours: Option<f64>,
}

/// List a user's external training
///
/// What was logged last comes first.
#[utoipa::path(get, path = "/users/{user_id}/external-training", tag = "Users",
    params(("user_id" = UserId, Path), PageParams),
    responses((status = 200, description = "One page of the trainings.",
        body = Page<ExternalTraining>)))]
pub async fn list_external_training(
    ctx: Ctx,
    Path(user): Path<UserId>,
    mut paging: Paging,
) -> Result<HttpResponse> {
    let (window, count) = (paging.window()?, paging.count);
    let (slice, total) = paging
        .list_of_user(&ctx, user, move |conn| {
            let total = count.then(|| store::external_training::count(conn, user)).transpose()?;
            Ok((store::external_training::list(conn, user, &window)?, total))
        })
        .await?;
    let next = slice.next(|row| row.id);
    paging.page(slice.rows.into_iter().map(ExternalTraining::from).collect(), next, total)
}

/// Log an external training of a user
///
/// It has no address of its own: `Location` is the list.
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
    ctx.post(change, move |row| {
        let location = format!("/users/{user}/external-training");
        Answer::created(location, VERSION, &ExternalTraining::from(row))
    })
    .await
}
