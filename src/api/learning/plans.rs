//! `/learning-plans`.

use actix_web::HttpResponse;

use super::plan_schema::{LearningPlan, LearningPlanParams, LearningPlanPatch, NewLearningPlan};
use crate::{
    api::http::{
        body::Body,
        endpoint::{Endpoint, endpoint},
        etag::Precondition,
        extract::{Ctx, Path, Query},
        gates::Catalogue,
        paging::{Page, PageParams, Paging},
    },
    changes::plans::{CreatePlan, UpdatePlan},
    domain::ids::PlanId,
    error::Result,
    store::{self, plans::PlanQuery},
};

/// The operations of this file, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_learning_plans),
        endpoint!(create_learning_plan),
        endpoint!(get_learning_plan),
        endpoint!(update_learning_plan),
    ]
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
    paging.respond(&ctx, Catalogue, PlanQuery::from(params), LearningPlan::from).await
}

/// Create a learning plan
///
/// For administrators. Nobody has the plan until it is assigned or comes with a group.
#[utoipa::path(post, path = "/learning-plans", tag = "Learning plans",
    request_body = NewLearningPlan,
    responses((status = 201, description = "The plan.", body = LearningPlan)))]
pub async fn create_learning_plan(
    ctx: Ctx,
    Body(body): Body<NewLearningPlan>,
) -> Result<HttpResponse> {
    let NewLearningPlan { name, certification_ids } = body;
    let certification_ids = certification_ids.unwrap_or_default();
    ctx.create::<LearningPlan, _>(CreatePlan { name, certification_ids }).await
}

/// Get a learning plan
///
/// For everybody who is logged in. A `PATCH` needs its ETag.
#[utoipa::path(get, path = "/learning-plans/{plan_id}", tag = "Learning plans",
    params(("plan_id" = PlanId, Path)),
    responses((status = 200, description = "The plan.", body = LearningPlan)))]
pub async fn get_learning_plan(ctx: Ctx, Path(id): Path<PlanId>) -> Result<HttpResponse> {
    ctx.show::<LearningPlan>(Catalogue, move |conn| {
        Ok((store::plans::get(conn, id)?, store::certifications::of_plan(conn, id)?))
    })
    .await
}

/// Change a learning plan
///
/// For administrators. Its state for users follows at once, and their logs show it.
#[utoipa::path(patch, path = "/learning-plans/{plan_id}", tag = "Learning plans",
    params(("plan_id" = PlanId, Path)), request_body = LearningPlanPatch,
    responses((status = 200, description = "The plan as it is now.", body = LearningPlan)))]
pub async fn update_learning_plan(
    ctx: Ctx,
    Path(id): Path<PlanId>,
    Precondition(if_match): Precondition,
    Body(body): Body<LearningPlanPatch>,
) -> Result<HttpResponse> {
    let LearningPlanPatch { name, certification_ids } = body;
    ctx.update::<LearningPlan, _>(UpdatePlan { id, if_match, name, certification_ids }).await
}
