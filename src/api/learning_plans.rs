//! `/learning-plans`.

use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{
    endpoint::{Endpoint, endpoint},
    etag::{self, Precondition},
    extract::{Body, Ctx, Path, Query, present},
    page::{Page, PageParams, Paging},
    validate::line,
};
use crate::{
    changes::plans::{CreatePlan, UpdatePlan},
    domain::{ids::PlanId, policy::Act, timestamp::Timestamp},
    error::Result,
    store::{
        self,
        page::ByText,
        plans::{PlanFilter, PlanRow},
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_learning_plans),
        endpoint!(create_learning_plan),
        endpoint!(get_learning_plan),
        endpoint!(update_learning_plan),
    ]
}

/// A learning plan.
#[derive(Serialize, ToSchema)]
pub struct LearningPlan {
    id: PlanId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(examples("Forklift Training"))]
    name: String,
}

impl From<PlanRow> for LearningPlan {
    fn from(row: PlanRow) -> Self {
        let PlanRow { id, created_at, updated_at, name, .. } = row;
        Self { id, created_at, updated_at, name }
    }
}

/// A learning plan to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Forklift Training"}))]
pub struct NewLearningPlan {
    #[validate(length(min = 1, max = 200), custom(function = line))]
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// What changes of a learning plan.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"name": "Forklift Training 2027"}))]
pub struct LearningPlanPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = 200), custom(function = line))]
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    name: Option<String>,
}

/// What a list of learning plans is narrowed by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LearningPlanParams {
    /// Characters of the name, anywhere in it, without regard to case.
    #[param(nullable = false, max_length = 4000)]
    q: Option<String>,
}

/// List the learning plans
///
/// By name.
#[utoipa::path(get, path = "/learning-plans", tag = "Learning plans",
    params(LearningPlanParams, PageParams),
    responses((status = 200, description = "One page of the plans.", body = Page<LearningPlan>)))]
pub async fn list_learning_plans(
    ctx: Ctx,
    paging: Paging,
    Query(params): Query<LearningPlanParams>,
) -> Result<HttpResponse> {
    let filter = PlanFilter { q: params.q };
    let (window, count) = (paging.window()?, paging.count);
    let (slice, total) = ctx
        .read_much(move |conn, caller| {
            caller.must(Act::SeeCatalogue)?;
            let total = count.then(|| store::plans::count(conn, &filter)).transpose()?;
            Ok((store::plans::list(conn, &filter, &window)?, total))
        })
        .await?;
    let next = slice.next(|row| ByText { key: row.search_key.clone(), id: row.id });
    paging.page(slice.rows.into_iter().map(LearningPlan::from).collect(), next, total)
}

/// Create a learning plan
#[utoipa::path(post, path = "/learning-plans", tag = "Learning plans",
    request_body = NewLearningPlan,
    responses((status = 201, description = "The plan.", body = LearningPlan)))]
pub async fn create_learning_plan(
    ctx: Ctx,
    Body(body): Body<NewLearningPlan>,
) -> Result<HttpResponse> {
    let row = ctx.apply(CreatePlan { name: body.name }).await?;
    let location = format!("/learning-plans/{}", row.id);
    Ok(etag::created(location, row.version, &LearningPlan::from(row)))
}

/// Get a learning plan
#[utoipa::path(get, path = "/learning-plans/{plan_id}", tag = "Learning plans",
    params(("plan_id" = PlanId, Path)),
    responses((status = 200, description = "The plan.", body = LearningPlan)))]
pub async fn get_learning_plan(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<PlanId>,
) -> Result<HttpResponse> {
    let read = ctx.read(move |conn, caller| {
        caller.must(Act::SeeCatalogue)?;
        store::plans::get(conn, id)
    });
    let row = read.await?;
    Ok(etag::resource(&request, row.version, &LearningPlan::from(row)))
}

/// Change a learning plan
#[utoipa::path(patch, path = "/learning-plans/{plan_id}", tag = "Learning plans",
    params(("plan_id" = PlanId, Path)), request_body = LearningPlanPatch,
    responses((status = 200, description = "The plan as it is now.", body = LearningPlan)))]
pub async fn update_learning_plan(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<PlanId>,
    Precondition(if_match): Precondition,
    Body(body): Body<LearningPlanPatch>,
) -> Result<HttpResponse> {
    let row = ctx.apply(UpdatePlan { id, if_match, name: body.name }).await?;
    Ok(etag::resource(&request, row.version, &LearningPlan::from(row)))
}
