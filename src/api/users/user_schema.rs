//! Users in JSON, and what lists of them are narrowed by.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    api::http::{
        body::present,
        resource::Resource,
        search_text::SearchText,
        validate::{email_address, iana_time_zone, line, visible_name},
    },
    changes::users::UserWithSupervisors,
    domain::{
        examples,
        ids::{GroupId, UserId},
        limits::{EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, SUPERVISORS_MAX, TIME_ZONE_MAX},
        text::words,
        timestamp::Timestamp,
        user::{Role, UserKind, UserStatus},
    },
    store::user_list::{UserFilter, UserQuery, UserSort},
};

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
    /// One of the user's groups. Members with `manage_users` on it may change the user.
    #[schema(required = true)]
    home_group_id: Option<GroupId>,
    /// The users who supervise this user, and so may see their profile and log.
    #[schema(max_items = 50)]
    supervisor_ids: Vec<UserId>,
}

impl User {
    /// A user of this name.
    pub(super) fn example(given_name: &str, surname: &str) -> Value {
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

impl Resource for User {
    type Row = UserWithSupervisors;

    fn location((row, _): &Self::Row) -> String {
        format!("/users/{}", row.id)
    }

    fn version((row, _): &Self::Row) -> i64 {
        row.version
    }
}

/// A user to create.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "robin.keller@example.com", "given_name": "Robin", "surname": "Keller"
}))]
pub struct NewUser {
    /// Unique. Its local part is ASCII. Required, except for an API account.
    #[validate(custom(function = email_address), length(max = EMAIL_MAX))]
    #[schema(format = "email")]
    pub(super) email: Option<String>,
    #[validate(length(min = 1, max = NAME_MAX), custom(function = visible_name))]
    #[schema(format = "name")]
    pub(super) given_name: String,
    #[validate(length(min = 1, max = NAME_MAX), custom(function = visible_name))]
    #[schema(format = "name")]
    pub(super) surname: String,
    /// `person` by default. It can't be changed later.
    pub(super) kind: Option<UserKind>,
    /// Unique.
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    pub(super) employee_id: Option<String>,
    /// `active` by default.
    pub(super) status: Option<UserStatus>,
    /// `learner` by default.
    pub(super) role: Option<Role>,
    /// A name of the IANA time zone database; `UTC` by default.
    #[validate(length(max = TIME_ZONE_MAX), custom(function = iana_time_zone))]
    #[schema(format = "time-zone", examples("Europe/Lisbon"))]
    pub(super) time_zone: Option<String>,
    /// Makes the user a member of the group.
    pub(super) home_group_id: Option<GroupId>,
    #[validate(length(max = SUPERVISORS_MAX))]
    #[schema(max_items = 50)]
    pub(super) supervisor_ids: Option<Vec<UserId>>,
    /// Without a password, nobody can log in as the user. It is never shown.
    #[validate(length(min = PASSWORD_MIN, max = PASSWORD_MAX))]
    #[schema(format = "new-password", write_only)]
    pub(super) password: Option<String>,
}

/// The fields of a user to change. null clears a field.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"time_zone": "Europe/Lisbon"}))]
pub struct UserPatch {
    /// Unique. Its local part is ASCII. Required, except for an API account.
    #[serde(default, deserialize_with = "present")]
    #[validate(custom(function = email_address), length(max = EMAIL_MAX))]
    #[schema(value_type = Option<String>, format = "email")]
    pub(super) email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = visible_name))]
    #[schema(format = "name", nullable = false)]
    pub(super) given_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = visible_name))]
    #[schema(format = "name", nullable = false)]
    pub(super) surname: Option<String>,
    /// Unique.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(value_type = Option<String>, format = "name")]
    pub(super) employee_id: Option<Option<String>>,
    /// An inactive user loses access with their next request.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) status: Option<UserStatus>,
    /// Only administrators change roles.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) role: Option<Role>,
    /// A name of the IANA time zone database.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(max = TIME_ZONE_MAX), custom(function = iana_time_zone))]
    #[schema(nullable = false, format = "time-zone", examples("Europe/Lisbon"))]
    pub(super) time_zone: Option<String>,
    /// Makes the user a member of the group. Only administrators change it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<GroupId>)]
    pub(super) home_group_id: Option<Option<GroupId>>,
    /// The new list, as a whole.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(max = SUPERVISORS_MAX))]
    #[schema(nullable = false, max_items = 50)]
    pub(super) supervisor_ids: Option<Vec<UserId>>,
    /// Ends the user's sessions, except the one that sets the password.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = PASSWORD_MIN, max = PASSWORD_MAX))]
    #[schema(nullable = false, format = "new-password", write_only)]
    pub(super) password: Option<String>,
}

words! {
    /// The order of a list of users.
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

/// The filters and the order of a list of users.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserParams {
    /// Characters anywhere in name or e-mail, without regard to case. No index finds them: if few
    /// users match, the search scans all of them.
    #[param(nullable = false, inline)]
    pub(super) q: Option<SearchText>,
    /// Active or not.
    #[param(nullable = false)]
    pub(super) status: Option<UserStatus>,
    /// People, or API accounts.
    #[param(nullable = false)]
    pub(super) kind: Option<UserKind>,
    /// Only users whom this user supervises.
    #[param(nullable = false)]
    pub(super) supervisor_id: Option<UserId>,
    /// Only members of this group.
    #[param(nullable = false)]
    pub(super) group_id: Option<GroupId>,
    /// The order; `name` by default. A minus reverses it.
    #[param(nullable = false, inline)]
    pub(super) sort: Option<SortUsers>,
}

impl From<UserParams> for UserQuery {
    fn from(params: UserParams) -> Self {
        let UserParams { q, status, kind, supervisor_id, group_id, sort } = params;
        let q = q.map(String::from);
        Self {
            filter: UserFilter { q, status, kind, supervisor_id, group_id },
            sort: sort.map(UserSort::from).unwrap_or_default(),
        }
    }
}
