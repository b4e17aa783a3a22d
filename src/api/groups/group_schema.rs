//! Groups in JSON, and what lists of them are narrowed by.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    api::http::{body::present, resource::Resource, validate::line},
    domain::{group::GroupStatus, ids::GroupId, timestamp::Timestamp},
    store::groups::{GroupQuery, GroupRow},
};

/// A group of users.
#[derive(Serialize, ToSchema)]
pub struct Group {
    id: GroupId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(examples("Leadership"))]
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

/// A group to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Leadership"}))]
pub struct NewGroup {
    #[validate(length(min = 1, max = 200), custom(function = line))]
    #[schema(min_length = 1, max_length = 200)]
    pub(super) name: String,
    /// `active` if it is not said.
    pub(super) status: Option<GroupStatus>,
}

/// What changes of a group.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"name": "Leadership 2027"}))]
pub struct GroupPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = 200), custom(function = line))]
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) status: Option<GroupStatus>,
}

/// What a list of groups is narrowed by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GroupParams {
    /// Characters of the name, anywhere in it, without regard to case.
    #[param(nullable = false)]
    pub(super) q: Option<String>,
    /// In use or not.
    #[param(nullable = false)]
    pub(super) status: Option<GroupStatus>,
}

impl From<GroupParams> for GroupQuery {
    fn from(params: GroupParams) -> Self {
        let GroupParams { q, status } = params;
        Self { q, status }
    }
}
