//! `/groups/{group_id}/members` and `/groups/{group_id}/learning-plans`.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    api::http::{
        body::{Body, Nothing},
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Path},
        problem::Problem,
    },
    changes::{
        group_members::{PutMember, RemoveMember},
        groups::{AttachPlan, DetachPlan},
    },
    domain::{
        examples,
        group::GroupPermission,
        ids::{GroupId, PlanId, UserId},
        limits::PERMISSIONS_MAX,
    },
    error::Result,
};

/// The operations of this file, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(put_group_member),
        endpoint!(remove_group_member),
        endpoint!(attach_learning_plan),
        endpoint!(detach_learning_plan),
    ]
}

/// A member of a group.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "group_id": examples::GROUP, "user_id": examples::USER,
    "permissions": ["view_learner_results"]
}))]
pub struct GroupMember {
    group_id: GroupId,
    user_id: UserId,
    /// What the member may do to the other members.
    #[schema(max_items = 10)]
    permissions: Vec<GroupPermission>,
}

/// The permissions of a membership.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"permissions": ["view_learner_results"]}))]
pub struct MembershipRequest {
    /// All that the member may do to the other members; nothing by default.
    #[validate(length(max = PERMISSIONS_MAX))]
    #[schema(max_items = 10)]
    permissions: Option<Vec<GroupPermission>>,
}

/// A learning plan attached to a group.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "group_id": examples::GROUP, "plan_id": examples::PLAN, "auto": true
}))]
pub struct GroupLearningPlan {
    group_id: GroupId,
    plan_id: PlanId,
    /// Whether every member gets it, now and later.
    auto: bool,
}

/// How a learning plan is attached to a group.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"auto": true}))]
pub struct AttachmentRequest {
    /// Whether every member gets it, now and later; no by default.
    auto: Option<bool>,
}

/// Make a user a member of a group
///
/// With exactly these permissions. A new member gets the group's `auto` plans, source `group`.
/// Idempotent: a repeated request changes and logs nothing.
#[utoipa::path(put, path = "/groups/{group_id}/members/{user_id}", tag = "Groups",
    params(("group_id" = GroupId, Path), ("user_id" = UserId, Path)),
    request_body = MembershipRequest,
    responses(
        (status = 200, description = "The member.", body = GroupMember),
        (status = 409, description = "`conflict`: the group is archived.", body = Problem,
            content_type = "application/problem+json")))]
pub async fn put_group_member(
    ctx: Ctx,
    Path((group, user)): Path<(GroupId, UserId)>,
    Body(body): Body<MembershipRequest>,
) -> Result<HttpResponse> {
    let permissions = body.permissions.unwrap_or_default();
    let permissions = ctx.apply(PutMember { group, user, permissions }).await?;
    Ok(HttpResponse::Ok().json(GroupMember { group_id: group, user_id: user, permissions }))
}

/// End a user's membership of a group
///
/// Their permissions on it end; their learning plans stay. Idempotent: a repeated request changes
/// and logs nothing.
#[utoipa::path(delete, path = "/groups/{group_id}/members/{user_id}", tag = "Groups",
    params(("group_id" = GroupId, Path), ("user_id" = UserId, Path)),
    responses(
        (status = 204, description = "The user is not a member."),
        (status = 409, description = "`conflict`: it is the user's home group.", body = Problem,
            content_type = "application/problem+json")))]
pub async fn remove_group_member(
    ctx: Ctx,
    Path((group, user)): Path<(GroupId, UserId)>,
    _: Body<Nothing>,
) -> Result<HttpResponse> {
    ctx.delete(RemoveMember { group, user }).await
}

/// Attach a learning plan to a group
///
/// With `auto`, every member without the plan gets it, source `group`, in one transaction.
#[utoipa::path(put, path = "/groups/{group_id}/learning-plans/{plan_id}", tag = "Groups",
    params(("group_id" = GroupId, Path), ("plan_id" = PlanId, Path)),
    request_body = AttachmentRequest,
    responses(
        (status = 200, description = "The plan as the group has it.", body = GroupLearningPlan),
        (status = 409, description = "`conflict`: with `auto`, where the group is archived.",
            body = Problem, content_type = "application/problem+json")))]
pub async fn attach_learning_plan(
    ctx: Ctx,
    Path((group, plan)): Path<(GroupId, PlanId)>,
    Body(body): Body<AttachmentRequest>,
) -> Result<HttpResponse> {
    let auto = body.auto.unwrap_or_default();
    ctx.apply(AttachPlan { group, plan, auto }).await?;
    Ok(HttpResponse::Ok().json(GroupLearningPlan { group_id: group, plan_id: plan, auto }))
}

/// Detach a learning plan from a group
///
/// Users who have the plan keep it.
#[utoipa::path(delete, path = "/groups/{group_id}/learning-plans/{plan_id}", tag = "Groups",
    params(("group_id" = GroupId, Path), ("plan_id" = PlanId, Path)),
    responses((status = 204, description = "The group does not have the plan.")))]
pub async fn detach_learning_plan(
    ctx: Ctx,
    Path((group, plan)): Path<(GroupId, PlanId)>,
    _: Body<Nothing>,
) -> Result<HttpResponse> {
    ctx.delete(DetachPlan { group, plan }).await
}
