//! `/groups`.

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
        paging::{Page, PageParams, Paging},
        reply::Answer,
        validate::line,
    },
    changes::groups::{CreateGroup, UpdateGroup},
    domain::{
        examples, group::GroupStatus, ids::GroupId, limits::NAME_MAX, policy::Act,
        timestamp::Timestamp,
    },
    error::Result,
    store::{
        self,
        groups::{GroupFilter, GroupRow},
        page::ByText,
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_groups),
        endpoint!(create_group),
        endpoint!(get_group),
        endpoint!(update_group),
    ]
}

/// A group of users.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": examples::GROUP, "created_at": examples::CREATED, "updated_at": examples::CREATED,
    "name": "Leadership", "status": "active"
}))]
pub struct Group {
    id: GroupId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(format = "name", examples("Leadership"))]
    name: String,
    status: GroupStatus,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        let GroupRow { id, created_at, updated_at, name, status, .. } = row;
        Self { id, created_at, updated_at, name, status }
    }
}

/// A group to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Leadership"}))]
pub struct NewGroup {
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    name: String,
    /// `active` if it is not said.
    status: Option<GroupStatus>,
}

/// What changes of a group.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"name": "Leadership 2027"}))]
pub struct GroupPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    status: Option<GroupStatus>,
}

/// What a list of groups is narrowed by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GroupParams {
    /// Characters of the name, anywhere in it, without regard to case.
    #[param(nullable = false)]
    q: Option<String>,
    /// In use or not.
    #[param(nullable = false)]
    status: Option<GroupStatus>,
}

/// List the groups
///
/// By name. Who is in a group: `GET /users?group_id=…`.
#[utoipa::path(get, path = "/groups", tag = "Groups", params(GroupParams, PageParams),
    responses((status = 200, description = "One page of the groups.", body = Page<Group>)))]
pub async fn list_groups(
    ctx: Ctx,
    mut paging: Paging,
    Query(params): Query<GroupParams>,
) -> Result<HttpResponse> {
    let filter = GroupFilter { q: params.q, status: params.status };
    let (window, count) = (paging.window()?, paging.count);
    let (slice, total) = paging
        .list(
            &ctx,
            move |_, caller| caller.must(Act::SeeCatalogue),
            move |conn, _| {
                let total = count.then(|| store::groups::count(conn, &filter)).transpose()?;
                Ok((store::groups::list(conn, &filter, &window)?, total))
            },
        )
        .await?;
    let next = slice.next(|row| ByText { key: row.search_key.clone(), id: row.id });
    paging.page(slice.rows.into_iter().map(Group::from).collect(), next, total)
}

/// Create a group
///
/// For administrators. It has no members yet, and no learning plans.
#[utoipa::path(post, path = "/groups", tag = "Groups", request_body = NewGroup,
    responses((status = 201, description = "The group.", body = Group)))]
pub async fn create_group(ctx: Ctx, Body(body): Body<NewGroup>) -> Result<HttpResponse> {
    let status = body.status.unwrap_or(GroupStatus::Active);
    ctx.post(CreateGroup { name: body.name, status }, |row| {
        Answer::created(format!("/groups/{}", row.id), row.version, &Group::from(row))
    })
    .await
}

/// Get a group
///
/// For everybody who is logged in. Its ETag is what a `PATCH` needs.
#[utoipa::path(get, path = "/groups/{group_id}", tag = "Groups",
    params(("group_id" = GroupId, Path)),
    responses((status = 200, description = "The group.", body = Group)))]
pub async fn get_group(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<GroupId>,
) -> Result<HttpResponse> {
    let read = ctx.read(move |conn, caller| {
        caller.must(Act::SeeCatalogue)?;
        store::groups::get(conn, id)
    });
    let row = read.await?;
    Ok(etag::resource(&request, row.version, &Group::from(row)))
}

/// Change a group
///
/// For administrators. Members, permissions and learning plans stay as they are.
#[utoipa::path(patch, path = "/groups/{group_id}", tag = "Groups",
    params(("group_id" = GroupId, Path)), request_body = GroupPatch,
    responses((status = 200, description = "The group as it is now.", body = Group)))]
pub async fn update_group(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<GroupId>,
    Precondition(if_match): Precondition,
    Body(body): Body<GroupPatch>,
) -> Result<HttpResponse> {
    let GroupPatch { name, status } = body;
    let row = ctx.apply(UpdateGroup { id, if_match, name, status }).await?;
    Ok(etag::resource(&request, row.version, &Group::from(row)))
}
