//! What requests and responses of `/api-clients` look like.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    api::http::{body::present, validate::line},
    domain::{
        examples,
        ids::{ApiClientId, ApiClientSecretId, UserId},
        limits::{NAME_MAX, OVERLAP_SECONDS_MAX, SCOPES_MAX},
        scope::Scope,
        timestamp::Timestamp,
    },
    store::api_clients::ApiClientRow,
};

/// The account of an integration. It acts as its user.
#[derive(Serialize, ToSchema)]
#[schema(example = Self::example)]
pub struct ApiClient {
    id: ApiClientId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(format = "name", examples("HR system"))]
    name: String,
    /// The user it acts as: its entries are entered by this user, with source `api`.
    user_id: UserId,
    /// The scopes of its tokens. What they allow is limited by the role of the user.
    #[schema(min_items = 1, max_items = 7)]
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

impl ApiClient {
    fn example() -> Value {
        json!({
            "id": examples::API_CLIENT, "created_at": examples::CREATED,
            "updated_at": examples::CREATED, "name": "HR system", "user_id": examples::API_USER,
            "scopes": ["users:read", "users:write", "activity:write"],
            "client_id": examples::API_CLIENT, "last_used_at": examples::COMPLETED,
            "revoked_at": null
        })
    }
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
#[schema(example = Self::example)]
pub struct CreatedApiClient {
    #[serde(flatten)]
    pub(super) client: ApiClient,
    /// Keep it: the service stores only its hash.
    #[schema(examples("dbk_3f6c…"))]
    pub(super) client_secret: String,
}

impl CreatedApiClient {
    fn example() -> Value {
        let mut created = ApiClient::example();
        created["client_secret"] = examples::SECRET.into();
        created["last_used_at"] = Value::Null;
        created
    }
}

/// A new secret of an API client, which is shown only once.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": examples::SECRET_ID, "created_at": examples::CREATED,
    "client_id": examples::API_CLIENT, "client_secret": examples::SECRET
}))]
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
    "name": "HR system", "user_id": examples::API_USER,
    "scopes": ["users:read", "users:write", "activity:write"]
}))]
pub struct NewApiClient {
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    pub(super) name: String,
    /// The user it acts as, of kind `api`.
    pub(super) user_id: UserId,
    #[validate(length(min = 1, max = SCOPES_MAX))]
    #[schema(min_items = 1, max_items = 7)]
    pub(super) scopes: Vec<Scope>,
}

/// The changes of an API client.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"scopes": ["users:read"]}))]
pub struct ApiClientPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    pub(super) name: Option<String>,
    /// The complete new list. It takes effect at once, for issued tokens too.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = SCOPES_MAX))]
    #[schema(min_items = 1, max_items = 7, nullable = false)]
    pub(super) scopes: Option<Vec<Scope>>,
}

/// How a new secret replaces the previous one.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overlap_seconds": 3600}))]
pub struct RotationRequest {
    /// How long the previous secret stays valid, in seconds. The default is 86,400 (a day); 0 ends it
    /// at once. At most two secrets are valid.
    #[validate(range(min = 0, max = OVERLAP_SECONDS_MAX))]
    #[schema(minimum = 0, maximum = 2_592_000)]
    pub(super) overlap_seconds: Option<i64>,
}
