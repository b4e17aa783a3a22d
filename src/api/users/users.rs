//! `/users`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::user_schema::{NewUser, User, UserParams, UserPatch};
use crate::{
    access::users::{see_user, visible},
    api::http::{
        body::Body,
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        paging::{Page, PageParams, Paging, grouped},
        reply::Answer,
    },
    auth::passwords::Passwords,
    changes::users::{CreateUser, UpdateUser},
    domain::{
        ids::UserId,
        user::{Role, UserKind, UserStatus},
    },
    error::Result,
    store::{
        self,
        users::{UserFilter, UserPlace, UserSort},
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(list_users), endpoint!(create_user), endpoint!(get_user), endpoint!(update_user)]
}

/// List the users
///
/// Exactly those whom the caller may see.
///
/// Slower than other combinations, and the more so the more users there are: `q` that few have;
/// `status` or `kind` that few have, where the order is not by name; the members of a group of
/// thousands; any list of somebody who may see hundreds of users and not all. Users are then looked
/// through in order, or collected and sorted, because no index has the combination.
#[utoipa::path(get, path = "/users", tag = "Users", params(UserParams, PageParams),
    responses((status = 200, description = "One page of the users.", body = Page<User>)))]
pub async fn list_users(
    ctx: Ctx,
    mut paging: Paging,
    Query(params): Query<UserParams>,
) -> Result<HttpResponse> {
    let UserParams { q, status, kind, supervisor_id, group_id, sort } = params;
    let filter = UserFilter { q, status, kind, supervisor_id, group_id };
    let sort = sort.map(UserSort::from).unwrap_or_default();
    let (window, count) = (paging.window()?, paging.count);
    let (slice, mut supervisors, total) = paging
        .list(&ctx, visible, move |conn, reach| {
            let slice = store::users::list(conn, reach, &filter, sort, &window)?;
            let supervisors = grouped(store::supervisors::supervisors_of(conn, &slice.rows)?);
            let total = count.then(|| store::users::count(conn, reach, &filter)).transpose()?;
            Ok((slice, supervisors, total))
        })
        .await?;
    let next = slice.next(|row| UserPlace::of(row, sort));
    let users = slice.rows.into_iter().map(|row| {
        let ids = supervisors.remove(&row.id).unwrap_or_default();
        User::from((row, ids))
    });
    paging.page(users.collect(), next, total)
}

/// Create a user
///
/// For administrators. The log of the new user begins with it. Without a password he is there, but
/// can't log in.
#[utoipa::path(post, path = "/users", tag = "Users", request_body = NewUser,
    responses(
        (status = 201, description = "The user.", body = User),
        (status = 409, description = "`already_exists`: e-mail or employee id are taken.",
            body = crate::api::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn create_user(
    ctx: Ctx,
    passwords: web::Data<Passwords>,
    Body(body): Body<NewUser>,
) -> Result<HttpResponse> {
    let change = CreateUser {
        email: body.email,
        given_name: body.given_name,
        surname: body.surname,
        kind: body.kind.unwrap_or(UserKind::Person),
        employee_id: body.employee_id,
        status: body.status.unwrap_or(UserStatus::Active),
        role: body.role.unwrap_or(Role::Learner),
        time_zone: body.time_zone.unwrap_or_else(|| "UTC".to_owned()),
        home_group_id: body.home_group_id,
        supervisor_ids: body.supervisor_ids.unwrap_or_default(),
        password_hash: hash(&passwords, body.password).await?,
    };
    ctx.post(change, |(row, supervisors)| {
        let (location, version) = (format!("/users/{}", row.id), row.version);
        Answer::created(location, version, &User::from((row, supervisors)))
    })
    .await
}

/// Get a user
///
/// His profile: for himself, and for whoever may see it. Its ETag is what a `PATCH` needs.
#[utoipa::path(get, path = "/users/{user_id}", tag = "Users",
    params(("user_id" = UserId, Path)),
    responses((status = 200, description = "The user.", body = User)))]
pub async fn get_user(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<UserId>,
) -> Result<HttpResponse> {
    let read = ctx.read(move |conn, caller| {
        see_user(conn, caller, id)?;
        Ok((store::users::get(conn, id)?, store::supervisors::supervisor_ids(conn, id)?))
    });
    let (row, supervisors) = read.await?;
    Ok(etag::resource(&request, row.version, &User::from((row, supervisors))))
}

/// Change a user
///
/// Each kind of change (profile, role, status, password, supervisors) is an entry of its own.
#[utoipa::path(patch, path = "/users/{user_id}", tag = "Users",
    params(("user_id" = UserId, Path)), request_body = UserPatch,
    responses(
        (status = 200, description = "The user as he is now.", body = User),
        (status = 409, description = "`already_exists`: e-mail or employee id are taken. \
            `conflict`: he is the last active administrator.",
            body = crate::api::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn update_user(
    request: HttpRequest,
    ctx: Ctx,
    passwords: web::Data<Passwords>,
    Path(id): Path<UserId>,
    Precondition(if_match): Precondition,
    Body(body): Body<UserPatch>,
) -> Result<HttpResponse> {
    let change = UpdateUser {
        id,
        if_match,
        email: body.email,
        given_name: body.given_name,
        surname: body.surname,
        employee_id: body.employee_id,
        status: body.status,
        role: body.role,
        time_zone: body.time_zone,
        home_group_id: body.home_group_id,
        supervisor_ids: body.supervisor_ids,
        password_hash: hash(&passwords, body.password).await?,
    };
    let (row, supervisors) = ctx.apply(change).await?;
    Ok(etag::resource(&request, row.version, &User::from((row, supervisors))))
}

async fn hash(passwords: &Passwords, password: Option<String>) -> Result<Option<String>> {
    match password {
        Some(password) => Ok(Some(passwords.hash(password).await?)),
        None => Ok(None),
    }
}
