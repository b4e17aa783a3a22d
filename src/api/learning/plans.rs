//! `/learning-plans`.

use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    api::http::{
        body::{Body, present},
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        paging::{Page, PageParams, Paging, grouped},
        reply::Answer,
        validate::line,
    },
    changes::plans::{CreatePlan, PlanWithCertifications, UpdatePlan},
    domain::{
        examples,
        ids::{CertificationId, PlanId},
        limits::{NAME_MAX, PARTS_MAX},
        policy::Act,
        timestamp::Timestamp,
    },
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
#[schema(example = json!({
    "id": examples::PLAN, "created_at": examples::CREATED, "updated_at": examples::CREATED,
    "name": "Forklift Training", "certification_ids": [examples::CERTIFICATION]
}))]
pub struct LearningPlan {
    id: PlanId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(format = "name", examples("Forklift Training"))]
    name: String,
    /// The certifications that it is made of. Without any, it is never met.
    #[schema(max_items = 100)]
    certification_ids: Vec<CertificationId>,
}

impl From<PlanWithCertifications> for LearningPlan {
    fn from((row, certification_ids): PlanWithCertifications) -> Self {
        let PlanRow { id, created_at, updated_at, name, .. } = row;
        Self { id, created_at, updated_at, name, certification_ids }
    }
}

/// A learning plan to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Forklift Training"}))]
pub struct NewLearningPlan {
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    name: String,
    /// The certifications that it is made of; none if it is not said.
    #[validate(length(max = PARTS_MAX))]
    #[schema(max_items = 100)]
    certification_ids: Option<Vec<CertificationId>>,
}

/// What changes of a learning plan.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"name": "Forklift Training 2027"}))]
pub struct LearningPlanPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    name: Option<String>,
    /// The whole list as it should be.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(max = PARTS_MAX))]
    #[schema(max_items = 100, nullable = false)]
    certification_ids: Option<Vec<CertificationId>>,
}

/// What a list of learning plans is narrowed by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LearningPlanParams {
    /// Characters of the name, anywhere in it, without regard to case.
    #[param(nullable = false)]
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
