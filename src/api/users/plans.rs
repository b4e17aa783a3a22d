//! `/users/{user_id}/learning-plans`.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::http::{
        body::{Body, Nothing},
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Path},
        gates::OneUser,
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
    store::plans::{AssignmentQuery, AssignmentRow, PlanRow},
};

/// The operations of this file, in the order of the document.
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
    /// Whether the user meets it.
    status: PlanStatus,
    /// How the user got it.
    source: Source,
    assigned_at: Timestamp,
    /// Since when it is met.
    #[schema(required = true)]
    met_at: Option<Timestamp>,
}

/// A learning plan, by id and name.
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
/// The most recently assigned first.
#[utoipa::path(get, path = "/users/{user_id}/learning-plans", tag = "Users",
    params(("user_id" = UserId, Path), PageParams),
    responses((status = 200, description = "One page of the plans.",
        body = Page<AssignedLearningPlan>)))]
pub async fn list_user_learning_plans(
    ctx: Ctx,
    Path(user): Path<UserId>,
    paging: Paging,
) -> Result<HttpResponse> {
    let query = AssignmentQuery { user };
    paging.respond(&ctx, OneUser(user), query, AssignedLearningPlan::from).await
}

/// Assign a learning plan to a user
///
/// Idempotent: a repeated request changes and logs nothing.
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
/// Idempotent: a repeated request changes and logs nothing.
#[utoipa::path(delete, path = "/users/{user_id}/learning-plans/{plan_id}", tag = "Users",
    params(("user_id" = UserId, Path), ("plan_id" = PlanId, Path)),
    responses((status = 204, description = "The user does not have the plan.")))]
pub async fn unassign_learning_plan(
    ctx: Ctx,
    Path((user, plan)): Path<(UserId, PlanId)>,
    _: Body<Nothing>,
) -> Result<HttpResponse> {
    ctx.delete(UnassignPlan { user, plan }).await
}
