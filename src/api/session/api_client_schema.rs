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

/// The account of an integration. It acts as its user.
#[derive(Serialize, ToSchema)]
pub struct ApiClient {
    id: ApiClientId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(examples("HR system"))]
    name: String,
    /// The user it acts as: its entries are entered by this user, with source `api`.
    user_id: UserId,
    /// The scopes of its tokens. What they allow is limited by the role of the user.
    scopes: Vec<Scope>,
    /// What it sends as `client_id` to `/oauth/token`: the same as `id`.
    client_id: ApiClientId,
    /// When it last got a token, to the hour.
    #[schema(required = true)]
    last_used_at: Option<Timestamp>,
    /// When it was revoked; null while it is active.
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

/// A created API client, with its secret, which is shown only once.
#[derive(Serialize, ToSchema)]
pub struct CreatedApiClient {
    #[serde(flatten)]
    pub(super) client: ApiClient,
    /// Keep it: the service stores only its hash.
    #[schema(examples("dbk_3f6c…"))]
    pub(super) client_secret: String,
}

/// A new secret of an API client, which is shown only once.
#[derive(Serialize, ToSchema)]
pub struct CreatedApiClientSecret {
    pub(super) id: ApiClientSecretId,
    pub(super) created_at: Timestamp,
    pub(super) client_id: ApiClientId,
    /// Keep it: the service stores only its hash.
    #[schema(examples("dbk_3f6c…"))]
    pub(super) client_secret: String,
}

/// An API client to create.
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
    /// The user it acts as, of kind `api`.
    pub(super) user_id: UserId,
    #[validate(length(min = 1, max = 7))]
    #[schema(min_items = 1, max_items = 7)]
    pub(super) scopes: Vec<Scope>,
}

/// The changes of an API client.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"scopes": ["users:read"]}))]
pub struct ApiClientPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = 200), custom(function = line))]
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    pub(super) name: Option<String>,
    /// The complete new list. It takes effect at once, for issued tokens too.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = 7))]
    #[schema(min_items = 1, max_items = 7, nullable = false)]
    pub(super) scopes: Option<Vec<Scope>>,
}

/// The longest that an API client has two valid secrets, in seconds: 30 days.
const OVERLAP_MAX: i64 = 2_592_000;
/// How a new secret replaces the previous one.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overlap_seconds": 3600}))]
pub struct RotationRequest {
    /// How long the previous secret stays valid, in seconds. The default is 86,400 (a day); 0 ends it
    /// at once. At most two secrets are valid.
    #[validate(range(min = 0, max = OVERLAP_MAX))]
    #[schema(minimum = 0, maximum = 2_592_000)]
    pub(super) overlap_seconds: Option<i64>,
}
