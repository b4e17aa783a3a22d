//! `/users`.

use actix_web::{HttpResponse, web};

use super::user_schema::{NewUser, User, UserParams, UserPatch};
use crate::{
    api::http::{
        body::Body,
        endpoint::{Endpoint, endpoint},
        etag::Precondition,
        extract::{Ctx, Path, Query},
        gates::{AcrossUsers, OneUser},
        new_password::{self, STAND_IN},
        paging::{Page, PageParams, Paging},
        problem::Problem,
    },
    auth::{password_rules::Owner, passwords::Passwords},
    changes::users::{CreateUser, UpdateUser},
    domain::{
        ids::UserId,
        user::{Role, UserKind, UserStatus},
    },
    error::Result,
    store::{self, user_list::UserQuery},
};

/// The operations of this file, in the order of the document.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(list_users), endpoint!(create_user), endpoint!(get_user), endpoint!(update_user)]
}

/// List the users
///
/// Exactly the users whom the caller may see.
///
/// No index serves these combinations, so they scan or sort users, and slow down as users grow:
///
/// - `q` that few users match;
/// - `status` or `kind` that few users have, in an order other than by name;
/// - the members of a group of thousands;
/// - a caller who may see hundreds of users, but not all.
#[utoipa::path(get, path = "/users", tag = "Users", params(UserParams, PageParams),
    responses((status = 200, description = "One page of the users.", body = Page<User>)))]
pub async fn list_users(
    ctx: Ctx,
    paging: Paging,
    Query(params): Query<UserParams>,
) -> Result<HttpResponse> {
    paging.respond(&ctx, AcrossUsers, UserQuery::from(params), User::from).await
}

/// Create a user
///
/// For administrators. It is the first entry of the new user's log. A user without a password
/// can't log in.
#[utoipa::path(post, path = "/users", tag = "Users", request_body = NewUser,
    responses(
        (status = 201, description = "The user.", body = User,
            example = json!(User::example("Robin", "Keller"))),
        (status = 409, description = "`already_exists`: e-mail or employee id are taken.",
            body = Problem, content_type = "application/problem+json")))]
pub async fn create_user(
    ctx: Ctx,
    passwords: web::Data<Passwords>,
    Body(body): Body<NewUser>,
) -> Result<HttpResponse> {
    let mut change = CreateUser {
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
        password_hash: body.password.is_some().then(|| STAND_IN.to_owned()),
    };
    if let Some(password) = body.password {
        ctx.authorize(change.clone()).await?;
        let (given_name, surname) = (change.given_name.clone(), change.surname.clone());
        let owner = Owner { email: change.email.clone(), given_name, surname };
        change.password_hash = Some(new_password::hash(&passwords, password, &owner).await?);
    }
    ctx.create::<User, _>(change).await
}

/// Get a user
///
/// The profile, for the user and for everybody who may see it. A `PATCH` needs its ETag.
#[utoipa::path(get, path = "/users/{user_id}", tag = "Users",
    params(("user_id" = UserId, Path)),
    responses((status = 200, description = "The user.", body = User)))]
pub async fn get_user(ctx: Ctx, Path(id): Path<UserId>) -> Result<HttpResponse> {
    ctx.show::<User>(OneUser(id), move |conn| {
        Ok((store::users::get(conn, id)?, store::supervisors::supervisor_ids(conn, id)?))
    })
    .await
}

/// Change a user
///
/// Managers change names, time zone and supervisors of learners; the rest is for administrators. Each
/// kind of change (profile, role, status, password, supervisors) is an entry of its own.
#[utoipa::path(patch, path = "/users/{user_id}", tag = "Users",
    params(("user_id" = UserId, Path)), request_body = UserPatch,
    responses(
        (status = 200, description = "The user as they are now.", body = User),
        (status = 409, description = "`already_exists`: e-mail or employee id are taken. \
            `conflict`: they are the last active administrator.",
            body = Problem, content_type = "application/problem+json")))]
pub async fn update_user(
    ctx: Ctx,
    passwords: web::Data<Passwords>,
    Path(id): Path<UserId>,
    Precondition(if_match): Precondition,
    Body(body): Body<UserPatch>,
) -> Result<HttpResponse> {
    let mut change = UpdateUser {
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
        password_hash: body.password.is_some().then(|| STAND_IN.to_owned()),
    };
    if let Some(password) = body.password {
        ctx.authorize(change.clone()).await?;
        let before = ctx.read(move |conn, _| store::users::get(conn, id)).await?;
        let owner = Owner {
            email: change.email.clone().unwrap_or(before.email),
            given_name: change.given_name.clone().unwrap_or(before.given_name),
            surname: change.surname.clone().unwrap_or(before.surname),
        };
        change.password_hash = Some(new_password::hash(&passwords, password, &owner).await?);
    }
    ctx.update::<User, _>(change).await
}
