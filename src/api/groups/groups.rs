//! `/groups`.

use actix_web::HttpResponse;

use super::group_schema::{Group, GroupParams, GroupPatch, NewGroup};
use crate::{
    api::http::{
        body::Body,
        endpoint::{Endpoint, endpoint},
        etag::Precondition,
        extract::{Ctx, Path, Query},
        gates::Catalogue,
        paging::{Page, PageParams, Paging},
    },
    changes::groups::{CreateGroup, UpdateGroup},
    domain::{group::GroupStatus, ids::GroupId},
    error::Result,
    store::{self, groups::GroupQuery},
};

/// The operations of this file, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_groups),
        endpoint!(create_group),
        endpoint!(get_group),
        endpoint!(update_group),
    ]
}

/// List the groups
///
/// By name. `GET /users?group_id=…` lists the members of a group.
#[utoipa::path(get, path = "/groups", tag = "Groups", params(GroupParams, PageParams),
    responses((status = 200, description = "One page of the groups.", body = Page<Group>)))]
pub async fn list_groups(
    ctx: Ctx,
    paging: Paging,
    Query(params): Query<GroupParams>,
) -> Result<HttpResponse> {
    paging.respond(&ctx, Catalogue, GroupQuery::from(params), Group::from).await
}

/// Create a group
///
/// For administrators. A new group has no members and no learning plans.
#[utoipa::path(post, path = "/groups", tag = "Groups", request_body = NewGroup,
    responses((status = 201, description = "The group.", body = Group)))]
pub async fn create_group(ctx: Ctx, Body(body): Body<NewGroup>) -> Result<HttpResponse> {
    let NewGroup { name, status } = body;
    let status = status.unwrap_or(GroupStatus::Active);
    ctx.create::<Group, _>(CreateGroup { name, status }).await
}

/// Get a group
///
/// For everybody who is logged in. A `PATCH` needs its ETag.
#[utoipa::path(get, path = "/groups/{group_id}", tag = "Groups",
    params(("group_id" = GroupId, Path)),
    responses((status = 200, description = "The group.", body = Group)))]
pub async fn get_group(ctx: Ctx, Path(id): Path<GroupId>) -> Result<HttpResponse> {
    ctx.show::<Group>(Catalogue, move |conn| store::groups::get(conn, id)).await
}

/// Change a group
///
/// For administrators. Members, permissions and learning plans stay as they are.
#[utoipa::path(patch, path = "/groups/{group_id}", tag = "Groups",
    params(("group_id" = GroupId, Path)), request_body = GroupPatch,
    responses((status = 200, description = "The group as it is now.", body = Group)))]
pub async fn update_group(
    ctx: Ctx,
    Path(id): Path<GroupId>,
    Precondition(if_match): Precondition,
    Body(body): Body<GroupPatch>,
) -> Result<HttpResponse> {
    let GroupPatch { name, status } = body;
    ctx.update::<Group, _>(UpdateGroup { id, if_match, name, status }).await
}
