//! `/users`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    access::users::{see_user, visible},
    api::http::{
        body::{Body, present},
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        paging::{Page, PageParams, Paging, grouped},
        reply::Answer,
        validate::{iana_time_zone, line},
    },
    auth::passwords::Passwords,
    changes::users::{CreateUser, UpdateUser, UserWithSupervisors},
    domain::{
        examples,
        ids::{GroupId, UserId},
        limits::{EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, SUPERVISORS_MAX, TIME_ZONE_MAX},
        text::words,
        timestamp::Timestamp,
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

/// A user: a person, or a generic API account.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(Self::example("Sam", "Rivera")))]
pub struct User {
    id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Null only for an API account.
    #[schema(required = true, format = "email", examples("sam.rivera@example.com"))]
    email: Option<String>,
    #[schema(format = "name", examples("Sam"))]
    given_name: String,
    #[schema(format = "name", examples("Rivera"))]
    surname: String,
    /// Given name and surname.
    #[schema(format = "full-name", examples("Sam Rivera"))]
    name: String,
    kind: UserKind,
    #[schema(required = true, format = "name")]
    employee_id: Option<String>,
    status: UserStatus,
    role: Role,
    /// A name of the IANA time zone database.
    #[schema(format = "time-zone", examples("Europe/Lisbon"))]
    time_zone: String,
    /// One of the user's groups: who has `manage_users` on it may change him.
    #[schema(required = true)]
    home_group_id: Option<GroupId>,
    /// Who supervises the user, and so may see his profile and his log.
    #[schema(max_items = 50)]
    supervisor_ids: Vec<UserId>,
}

impl User {
    fn example(given_name: &str, surname: &str) -> Value {
        json!({
            "id": examples::USER, "created_at": examples::CREATED,
            "updated_at": examples::CREATED,
            "email": format!("{given_name}.{surname}@example.com").to_lowercase(),
            "given_name": given_name, "surname": surname,
            "name": format!("{given_name} {surname}"), "kind": "person", "employee_id": null,
            "status": "active", "role": "learner", "time_zone": "UTC", "home_group_id": null,
            "supervisor_ids": []
        })
    }
}

impl From<UserWithSupervisors> for User {
    fn from((row, supervisor_ids): UserWithSupervisors) -> Self {
        Self {
            name: row.name(),
            id: row.id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            email: row.email,
            given_name: row.given_name,
            surname: row.surname,
            kind: row.kind,
            employee_id: row.employee_id,
            status: row.status,
            role: row.role,
            time_zone: row.time_zone,
            home_group_id: row.home_group_id,
            supervisor_ids,
        }
    }
}

/// A user to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "robin.keller@example.com", "given_name": "Robin", "surname": "Keller"
}))]
pub struct NewUser {
    /// Unique, without regard to case. Only an API account can do without.
    #[validate(email, length(max = EMAIL_MAX))]
    #[schema(format = "email")]
    email: Option<String>,
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    given_name: String,
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    surname: String,
    /// `person` if it is not said. It can't be changed later.
    kind: Option<UserKind>,
    /// Unique.
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    employee_id: Option<String>,
    /// `active` if it is not said.
    status: Option<UserStatus>,
    /// `learner` if it is not said.
    role: Option<Role>,
    /// A name of the IANA time zone database; `UTC` if it is not said.
    #[validate(length(max = TIME_ZONE_MAX), custom(function = iana_time_zone))]
    #[schema(format = "time-zone", examples("Europe/Lisbon"))]
    time_zone: Option<String>,
    /// Makes the user a member of the group.
    home_group_id: Option<GroupId>,
    #[validate(length(max = SUPERVISORS_MAX))]
    #[schema(max_items = 50)]
    supervisor_ids: Option<Vec<UserId>>,
    /// Without one, nobody can log in as the user. It is never shown.
    #[validate(length(min = PASSWORD_MIN, max = PASSWORD_MAX))]
    #[schema(format = "new-password", write_only)]
    password: Option<String>,
}

/// What changes of a user. null clears.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"time_zone": "Europe/Lisbon"}))]
pub struct UserPatch {
    /// Unique, without regard to case. Only an API account can do without.
    #[serde(default, deserialize_with = "present")]
    #[validate(email, length(max = EMAIL_MAX))]
    #[schema(value_type = Option<String>, format = "email")]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    given_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    surname: Option<String>,
    /// Unique.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(value_type = Option<String>, format = "name")]
    employee_id: Option<Option<String>>,
    /// An inactive user is out at the next request.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    status: Option<UserStatus>,
    /// Only administrators change roles.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    role: Option<Role>,
    /// A name of the IANA time zone database.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(max = TIME_ZONE_MAX), custom(function = iana_time_zone))]
    #[schema(nullable = false, format = "time-zone", examples("Europe/Lisbon"))]
    time_zone: Option<String>,
    /// Makes the user a member of the group. Only administrators change it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<GroupId>)]
    home_group_id: Option<Option<GroupId>>,
    /// The whole list as it should be.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(max = SUPERVISORS_MAX))]
    #[schema(nullable = false, max_items = 50)]
    supervisor_ids: Option<Vec<UserId>>,
    /// Ends the user's sessions, except the one that sets it.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = PASSWORD_MIN, max = PASSWORD_MAX))]
    #[schema(nullable = false, format = "new-password", write_only)]
    password: Option<String>,
}

words! {
    /// How a list of users is ordered.
    pub enum SortUsers {
        /// By name.
        Name = "name",
        /// By name, backwards.
        NameDescending = "-name",
        /// The oldest first.
        CreatedAt = "created_at",
        /// The newest first.
        CreatedAtDescending = "-created_at",
    }
}

impl From<SortUsers> for UserSort {
    fn from(sort: SortUsers) -> Self {
        match sort {
            SortUsers::Name => Self::Name,
            SortUsers::NameDescending => Self::NameDescending,
            SortUsers::CreatedAt => Self::Created,
            SortUsers::CreatedAtDescending => Self::CreatedDescending,
        }
    }
}

/// What a list of users is narrowed by, and how it is ordered.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserParams {
    /// Characters of name or e-mail, anywhere in it, without regard to case. No index finds them:
    /// where few of the users have them, all are looked through.
    #[param(nullable = false)]
    q: Option<String>,
    /// Active or not.
    #[param(nullable = false)]
    status: Option<UserStatus>,
    /// People, or API accounts.
    #[param(nullable = false)]
    kind: Option<UserKind>,
    /// Whom this user supervises.
    #[param(nullable = false)]
    supervisor_id: Option<UserId>,
    /// Who is a member of this group.
    #[param(nullable = false)]
    group_id: Option<GroupId>,
    /// The order; `name` if it is not said. A minus turns it round.
    #[param(nullable = false, inline)]
    sort: Option<SortUsers>,
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
        (status = 201, description = "The user.", body = User,
            example = json!(User::example("Robin", "Keller"))),
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
