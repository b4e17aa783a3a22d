//! What requests and responses of `/api-clients` look like.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    api::http::{body::present, validate::line},
    domain::{
        ids::{ApiClientId, ApiClientSecretId, UserId},
        scope::Scope,
        timestamp::Timestamp,
    },
    store::api_clients::ApiClientRow,
};

/// What an integration proves itself with. It acts as its user.
#[derive(Serialize, ToSchema)]
pub struct ApiClient {
    id: ApiClientId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(examples("HR system"))]
    name: String,
    /// Whom it acts as: what it does is entered by this user, source `api`.
    user_id: UserId,
    /// What its tokens are good for, as far as the user's role allows it.
    scopes: Vec<Scope>,
    /// What it sends as `client_id` to `/oauth/token`: the same as `id`.
    client_id: ApiClientId,
    /// When it last got a token, to the hour.
    #[schema(required = true)]
    last_used_at: Option<Timestamp>,
    /// When it was revoked; null if it is good.
    #[schema(required = true)]
    revoked_at: Option<Timestamp>,
}

impl From<ApiClientRow> for ApiClient {
    fn from(row: ApiClientRow) -> Self {
        Self {
            id: row.id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            name: row.name,
            user_id: row.user_id,
            scopes: row.scopes.to_vec(),
            client_id: row.id,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// An API client that was made, with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct CreatedApiClient {
    #[serde(flatten)]
    pub(super) client: ApiClient,
    /// Keep it: only its hash is stored here.
    #[schema(examples("dbk_3f6c…"))]
    pub(super) client_secret: String,
}

/// A new secret of an API client, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct CreatedApiClientSecret {
    pub(super) id: ApiClientSecretId,
    pub(super) created_at: Timestamp,
    pub(super) client_id: ApiClientId,
    /// Keep it: only its hash is stored here.
    #[schema(examples("dbk_3f6c…"))]
    pub(super) client_secret: String,
}

/// An API client to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "HR system", "user_id": "01977f3e-5c00-7000-8000-000000000001",
    "scopes": ["users:read", "users:write", "activity:write"]
}))]
pub struct NewApiClient {
    #[validate(length(min = 1, max = 200), custom(function = line))]
    #[schema(min_length = 1, max_length = 200)]
    pub(super) name: String,
    /// Whom it acts as: a user of kind `api`.
    pub(super) user_id: UserId,
    #[validate(length(min = 1, max = 7))]
    #[schema(min_items = 1, max_items = 7)]
    pub(super) scopes: Vec<Scope>,
}

/// What changes of an API client.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"scopes": ["users:read"]}))]
pub struct ApiClientPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = 200), custom(function = line))]
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    pub(super) name: Option<String>,
    /// The whole list as it should be. It counts at once, for tokens that are out already too.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = 7))]
    #[schema(min_items = 1, max_items = 7, nullable = false)]
    pub(super) scopes: Option<Vec<Scope>>,
}

/// The most seconds that an API client has two valid secrets: 30 days.
const OVERLAP_MAX: i64 = 2_592_000;
/// How a secret is followed by another.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overlap_seconds": 3600}))]
pub struct RotationRequest {
    /// How long the secret before it stays valid; 86,400 (a day) if it is not said, and with 0 it
    /// ends at once. At most two are valid.
    #[validate(range(min = 0, max = OVERLAP_MAX))]
    #[schema(minimum = 0, maximum = 2_592_000)]
    pub(super) overlap_seconds: Option<i64>,
}
