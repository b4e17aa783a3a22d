//! Groups in JSON, and what lists of them are narrowed by.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    api::http::{
        body::present, resource::Resource, search_text::SearchText, validate::visible_name,
    },
    domain::{examples, group::GroupStatus, ids::GroupId, limits::NAME_MAX, timestamp::Timestamp},
    store::groups::{GroupQuery, GroupRow},
};

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

impl Resource for Group {
    type Row = GroupRow;

    fn location(row: &Self::Row) -> String {
        format!("/groups/{}", row.id)
    }

    fn version(row: &Self::Row) -> i64 {
        row.version
    }
}

/// A group to create.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Leadership"}))]
pub struct NewGroup {
    #[validate(length(min = 1, max = NAME_MAX), custom(function = visible_name))]
    #[schema(format = "name")]
    pub(super) name: String,
    /// `active` by default.
    pub(super) status: Option<GroupStatus>,
}

/// The fields of a group to change.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"name": "Leadership 2027"}))]
pub struct GroupPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = visible_name))]
    #[schema(format = "name", nullable = false)]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) status: Option<GroupStatus>,
}

/// The filters of a list of groups.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GroupParams {
    /// Characters anywhere in the name, without regard to case.
    #[param(nullable = false, inline)]
    pub(super) q: Option<SearchText>,
    /// Active or archived.
    #[param(nullable = false)]
    pub(super) status: Option<GroupStatus>,
}

impl From<GroupParams> for GroupQuery {
    fn from(params: GroupParams) -> Self {
        let GroupParams { q, status } = params;
        Self { q: q.map(String::from), status }
    }
}
