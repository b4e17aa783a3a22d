//! `/api-clients`.

use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    api::http::{
        body::{Body, Nothing, present},
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        paging::{Page, PageParams, Paging},
        problem::Problem,
        reply::Answer,
        validate::line,
    },
    auth::tokens::{new_client_secret, token_hash},
    changes::api_clients::{CreateApiClient, RevokeApiClient, RotateSecret, UpdateApiClient},
    domain::{
        examples,
        ids::{ApiClientId, ApiClientSecretId, UserId},
        limits::{NAME_MAX, OVERLAP_SECONDS_MAX, SCOPES_MAX},
        policy::Act,
        scope::Scope,
        timestamp::Timestamp,
    },
    error::Result,
    store::{
        self,
        api_clients::{ApiClientFilter, ApiClientRow},
        page::ByText,
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_api_clients),
        endpoint!(create_api_client),
        endpoint!(get_api_client),
        endpoint!(update_api_client),
        endpoint!(revoke_api_client),
        endpoint!(rotate_api_client_secret),
    ]
}

/// What an integration proves itself with. It acts as its user.
#[derive(Serialize, ToSchema)]
#[schema(example = Self::example)]
pub struct ApiClient {
    id: ApiClientId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(format = "name", examples("HR system"))]
    name: String,
    /// Whom it acts as: what it does is entered by this user, source `api`.
    user_id: UserId,
    /// What its tokens are good for, as far as the user's role allows it.
    #[schema(min_items = 1, max_items = 7)]
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

/// An API client that was made, with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(example = Self::example)]
pub struct CreatedApiClient {
    #[serde(flatten)]
    client: ApiClient,
    /// Keep it: only its hash is stored here.
    #[schema(examples("dbk_3f6c…"))]
    client_secret: String,
}

impl CreatedApiClient {
    fn example() -> Value {
        let mut created = ApiClient::example();
        created["client_secret"] = examples::SECRET.into();
        created["last_used_at"] = Value::Null;
        created
    }
}

/// A new secret of an API client, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": examples::SECRET_ID, "created_at": examples::CREATED,
    "client_id": examples::API_CLIENT, "client_secret": examples::SECRET
}))]
pub struct CreatedApiClientSecret {
    id: ApiClientSecretId,
    created_at: Timestamp,
    client_id: ApiClientId,
    /// Keep it: only its hash is stored here.
    #[schema(examples("dbk_3f6c…"))]
    client_secret: String,
}

/// An API client to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "HR system", "user_id": examples::API_USER,
    "scopes": ["users:read", "users:write", "activity:write"]
}))]
pub struct NewApiClient {
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name")]
    name: String,
    /// Whom it acts as: a user of kind `api`.
    user_id: UserId,
    #[validate(length(min = 1, max = SCOPES_MAX))]
    #[schema(min_items = 1, max_items = 7)]
    scopes: Vec<Scope>,
}

/// What changes of an API client.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"scopes": ["users:read"]}))]
pub struct ApiClientPatch {
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    #[schema(format = "name", nullable = false)]
    name: Option<String>,
    /// The whole list as it should be. It counts at once, for tokens that are out already too.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = SCOPES_MAX))]
    #[schema(min_items = 1, max_items = 7, nullable = false)]
    scopes: Option<Vec<Scope>>,
}

/// How many seconds an API client has two valid secrets if nothing is said: a day.
const OVERLAP_DEFAULT: i64 = 86_400;

/// How a secret is followed by another.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overlap_seconds": 3600}))]
pub struct RotationRequest {
    /// How long the secret before it stays valid; 86,400 (a day) if it is not said, and with 0 it
    /// ends at once. At most two are valid.
    #[validate(range(min = 0, max = OVERLAP_SECONDS_MAX))]
    #[schema(minimum = 0, maximum = 2_592_000)]
    overlap_seconds: Option<i64>,
}

/// What a list of API clients is narrowed by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApiClientParams {
    /// Characters of the name, anywhere in it, without regard to case.
    #[param(nullable = false)]
    q: Option<String>,
    /// Whom they act as.
    #[param(nullable = false)]
    user_id: Option<UserId>,
}

/// List the API clients
///
/// By name, revoked ones too. For administrators and auditors.
#[utoipa::path(get, path = "/api-clients", tag = "API clients",
    params(ApiClientParams, PageParams),
    responses((status = 200, description = "One page of the API clients.",
        body = Page<ApiClient>)))]
pub async fn list_api_clients(
    ctx: Ctx,
    mut paging: Paging,
    Query(params): Query<ApiClientParams>,
) -> Result<HttpResponse> {
    let filter = ApiClientFilter { q: params.q, user_id: params.user_id };
    let (window, count) = (paging.window()?, paging.count);
    let (slice, total) = paging
        .list(
            &ctx,
            move |_, caller| caller.must(Act::SeeApiClients),
            move |conn, _| {
                let total = count.then(|| store::api_clients::count(conn, &filter)).transpose()?;
                Ok((store::api_clients::list(conn, &filter, &window)?, total))
            },
        )
        .await?;
    let next = slice.next(|row| ByText { key: row.search_key.clone(), id: row.id });
    paging.page(slice.rows.into_iter().map(ApiClient::from).collect(), next, total)
}

/// Create an API client
///
/// The answer has its secret, once. With `client_id` and `client_secret` it gets its tokens at
/// `/oauth/token`. For administrators.
#[utoipa::path(post, path = "/api-clients", tag = "API clients", request_body = NewApiClient,
    responses((status = 201, description = "The API client, with its secret.",
        body = CreatedApiClient)))]
pub async fn create_api_client(ctx: Ctx, Body(body): Body<NewApiClient>) -> Result<HttpResponse> {
    let client_secret = new_client_secret()?;
    let NewApiClient { name, user_id: user, scopes } = body;
    let scopes = scopes.into_iter().collect();
    let secret_hash = token_hash(&client_secret);
    ctx.post(CreateApiClient { name, user, scopes, secret_hash }, move |row| {
        let (location, version) = (format!("/api-clients/{}", row.id), row.version);
        let client_secret = client_secret.clone();
        let created = CreatedApiClient { client: row.into(), client_secret };
        Ok(Answer::created(location, version, &created)?.secret())
    })
    .await
}

/// Get an API client
///
/// For administrators and auditors.
#[utoipa::path(get, path = "/api-clients/{client_id}", tag = "API clients",
    params(("client_id" = ApiClientId, Path)),
    responses((status = 200, description = "The API client.", body = ApiClient)))]
pub async fn get_api_client(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<ApiClientId>,
) -> Result<HttpResponse> {
    let read = ctx.read(move |conn, caller| {
        caller.must(Act::SeeApiClients)?;
        store::api_clients::get(conn, id)
    });
    let row = read.await?;
    Ok(etag::resource(&request, row.version, &ApiClient::from(row)))
}

/// Change an API client
///
/// Scopes that are taken away are gone at once. For administrators.
#[utoipa::path(patch, path = "/api-clients/{client_id}", tag = "API clients",
    params(("client_id" = ApiClientId, Path)), request_body = ApiClientPatch,
    responses(
        (status = 200, description = "The API client as it is now.", body = ApiClient),
        (status = 409, description = "`conflict`: it is revoked.", body = Problem,
            content_type = "application/problem+json")))]
pub async fn update_api_client(
    request: HttpRequest,
    ctx: Ctx,
    Path(id): Path<ApiClientId>,
    Precondition(if_match): Precondition,
    Body(body): Body<ApiClientPatch>,
) -> Result<HttpResponse> {
    let ApiClientPatch { name, scopes } = body;
    let scopes = scopes.map(|scopes| scopes.into_iter().collect());
    let row = ctx.apply(UpdateApiClient { id, if_match, name, scopes }).await?;
    Ok(etag::resource(&request, row.version, &ApiClient::from(row)))
}

/// Revoke an API client
///
/// Its secrets and its tokens are good for nothing from now on. It stays readable, and never comes
/// back. Done twice, it changes and logs once. For administrators.
#[utoipa::path(delete, path = "/api-clients/{client_id}", tag = "API clients",
    params(("client_id" = ApiClientId, Path)),
    responses((status = 204, description = "The API client is revoked.")))]
pub async fn revoke_api_client(
    ctx: Ctx,
    Path(id): Path<ApiClientId>,
    _: Body<Nothing>,
) -> Result<HttpResponse> {
    ctx.apply(RevokeApiClient { id }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Give an API client a new secret
///
/// The secret before it stays valid for a while, so that the integration can change from one to
/// the other without a pause. The answer has the new one, once; `Location` is the client. For
/// administrators.
#[utoipa::path(post, path = "/api-clients/{client_id}/secrets", tag = "API clients",
    params(("client_id" = ApiClientId, Path)), request_body = RotationRequest,
    responses(
        (status = 201, description = "The new secret.", body = CreatedApiClientSecret),
        (status = 409, description = "`conflict`: the API client is revoked.", body = Problem,
            content_type = "application/problem+json")))]
pub async fn rotate_api_client_secret(
    ctx: Ctx,
    Path(id): Path<ApiClientId>,
    Body(body): Body<RotationRequest>,
) -> Result<HttpResponse> {
    let client_secret = new_client_secret()?;
    let overlap_seconds = body.overlap_seconds.unwrap_or(OVERLAP_DEFAULT);
    let secret_hash = token_hash(&client_secret);
    ctx.post(RotateSecret { id, secret_hash, overlap_seconds }, move |(row, secret)| {
        let created = CreatedApiClientSecret {
            id: secret.id,
            created_at: secret.created_at,
            client_id: row.id,
            client_secret: client_secret.clone(),
        };
        let location = format!("/api-clients/{id}");
        Ok(Answer::created(location, row.version, &created)?.secret())
    })
    .await
}
