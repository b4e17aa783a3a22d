//! `/learning-plans`.

use actix_web::{HttpRequest, HttpResponse};

use super::plan_schema::{LearningPlan, LearningPlanParams, LearningPlanPatch, NewLearningPlan};
use crate::{
    api::http::{
        body::Body,
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        paging::{Page, PageParams, Paging, grouped},
        reply::Answer,
    },
    changes::plans::{CreatePlan, UpdatePlan},
    domain::{ids::PlanId, policy::Act},
    error::Result,
    store::{self, page::ByText, plans::PlanFilter},
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

/// List the learning plans
///
/// By name.
#[utoipa::path(get, path = "/learning-plans", tag = "Learning plans",
    params(LearningPlanParams, PageParams),
    responses((status = 200, description = "One page of the plans.", body = Page<LearningPlan>)))]
pub async fn list_learning_plans(
    ctx: Ctx,
    mut paging: Paging,
    Query(params): Query<LearningPlanParams>,
) -> Result<HttpResponse> {
    let filter = PlanFilter { q: params.q };
    let (window, count) = (paging.window()?, paging.count);
    let (slice, pairs, total) = paging
        .list(
            &ctx,
            move |_, caller| caller.must(Act::SeeCatalogue),
            move |conn, _| {
                let total = count.then(|| store::plans::count(conn, &filter)).transpose()?;
                let slice = store::plans::list(conn, &filter, &window)?;
                let ids = slice.rows.iter().map(|row| row.id).collect();
                let pairs = store::certifications::of_plans(conn, ids)?;
                Ok((slice, pairs, total))
            },
        )
        .await?;
    let next = slice.next(|row| ByText { key: row.search_key.clone(), id: row.id });
    let mut certifications = grouped(pairs);
    let plans = slice.rows.into_iter().map(|row| {
        let ids = certifications.remove(&row.id).unwrap_or_default();
        LearningPlan::from((row, ids))
    });
    paging.page(plans.collect(), next, total)
}

/// Create a learning plan
///
/// For administrators. It is nobody's until it is assigned, or comes with a group.
#[utoipa::path(post, path = "/learning-plans", tag = "Learning plans",
    request_body = NewLearningPlan,
    responses((status = 201, description = "The plan.", body = LearningPlan)))]
pub async fn create_learning_plan(
    ctx: Ctx,
    Body(body): Body<NewLearningPlan>,
) -> Result<HttpResponse> {
    let certification_ids = body.certification_ids.unwrap_or_default();
    ctx.post(CreatePlan { name: body.name, certification_ids }, |plan| {
        let location = format!("/learning-plans/{}", plan.0.id);
        Answer::created(location, plan.0.version, &LearningPlan::from(plan))
    })
    .await
}

/// Get a learning plan
///
/// For everybody who is logged in. Its ETag is what a `PATCH` needs.
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
        Ok((store::plans::get(conn, id)?, store::certifications::of_plan(conn, id)?))
    });
    let plan = read.await?;
    Ok(etag::resource(&request, plan.0.version, &LearningPlan::from(plan)))
}

/// Change a learning plan
///
/// For administrators. How users stand with it follows at once, and their logs tell it.
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
    let LearningPlanPatch { name, certification_ids } = body;
    let plan = ctx.apply(UpdatePlan { id, if_match, name, certification_ids }).await?;
    Ok(etag::resource(&request, plan.0.version, &LearningPlan::from(plan)))
}
