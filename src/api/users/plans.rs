//! `/users/{user_id}/learning-plans`.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::http::{
        body::{Body, Nothing},
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Path},
        paging::{Page, PageParams, Paging},
    },
    changes::plans::{AssignPlan, UnassignPlan},
    domain::{
        entry::Source,
        examples,
        ids::{PlanId, UserId},
        plan::PlanStatus,
        timestamp::Timestamp,
    },
    error::Result,
    store::{
        self,
        page::ByTime,
        plans::{AssignmentRow, PlanRow},
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_user_learning_plans),
        endpoint!(assign_learning_plan),
        endpoint!(unassign_learning_plan),
    ]
}

/// A learning plan, as a user has it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "plan": {"id": examples::PLAN, "name": "Forklift Training"}, "status": "not_met",
    "source": "admin", "assigned_at": examples::CREATED, "met_at": null
}))]
pub struct AssignedLearningPlan {
    plan: PlanName,
    /// How far the user is.
    status: PlanStatus,
    /// How he got it.
    source: Source,
    assigned_at: Timestamp,
    /// Since when it is met.
    #[schema(required = true)]
    met_at: Option<Timestamp>,
}

/// Which learning plan.
#[derive(Serialize, ToSchema)]
pub struct PlanName {
    id: PlanId,
    #[schema(format = "name", examples("Forklift Training"))]
    name: String,
}

impl From<(AssignmentRow, PlanRow)> for AssignedLearningPlan {
    fn from((row, plan): (AssignmentRow, PlanRow)) -> Self {
        Self {
            plan: PlanName { id: plan.id, name: plan.name },
            status: if row.met_at.is_some() { PlanStatus::Met } else { PlanStatus::NotMet },
            source: row.source,
            assigned_at: row.assigned_at,
            met_at: row.met_at,
        }
    }
}

/// List a user's learning plans
///
/// The plan assigned last comes first.
#[utoipa::path(get, path = "/users/{user_id}/learning-plans", tag = "Users",
    params(("user_id" = UserId, Path), PageParams),
    responses((status = 200, description = "One page of the plans.",
        body = Page<AssignedLearningPlan>)))]
pub async fn list_user_learning_plans(
    ctx: Ctx,
    Path(user): Path<UserId>,
    mut paging: Paging,
) -> Result<HttpResponse> {
    let (window, count) = (paging.window()?, paging.count);
    let (slice, total) = paging
        .list_of_user(&ctx, user, move |conn| {
            let total = count.then(|| store::plans::count_assignments(conn, user)).transpose()?;
            Ok((store::plans::assignments(conn, user, &window)?, total))
        })
        .await?;
    let next = slice.next(|(row, _)| ByTime { time: row.assigned_at, id: row.plan_id });
    paging.page(slice.rows.into_iter().map(AssignedLearningPlan::from).collect(), next, total)
}

/// Assign a learning plan to a user
///
/// Done twice, it assigns and logs once.
#[utoipa::path(put, path = "/users/{user_id}/learning-plans/{plan_id}", tag = "Users",
    params(("user_id" = UserId, Path), ("plan_id" = PlanId, Path)),
    responses((status = 200, description = "The plan as the user has it.",
        body = AssignedLearningPlan)))]
pub async fn assign_learning_plan(
    ctx: Ctx,
    Path((user, plan)): Path<(UserId, PlanId)>,
    _: Body<Nothing>,
) -> Result<HttpResponse> {
    let assigned = ctx.apply(AssignPlan { user, plan }).await?;
    Ok(HttpResponse::Ok().json(AssignedLearningPlan::from(assigned)))
}

/// Take a learning plan from a user
///
/// Done twice, it takes and logs once.
#[utoipa::path(delete, path = "/users/{user_id}/learning-plans/{plan_id}", tag = "Users",
    params(("user_id" = UserId, Path), ("plan_id" = PlanId, Path)),
    responses((status = 204, description = "The user does not have the plan.")))]
pub async fn unassign_learning_plan(
    ctx: Ctx,
    Path((user, plan)): Path<(UserId, PlanId)>,
    _: Body<Nothing>,
) -> Result<HttpResponse> {
    ctx.apply(UnassignPlan { user, plan }).await?;
    Ok(HttpResponse::NoContent().finish())
}
