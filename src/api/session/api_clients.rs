//! `/api-clients`.

use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::IntoParams;

use super::api_client_schema::{
    ApiClient, ApiClientPatch, CreatedApiClient, CreatedApiClientSecret, NewApiClient,
    RotationRequest,
};
use crate::{
    api::http::{
        body::{Body, Nothing},
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        gates::ApiClients,
        paging::{Page, PageParams, Paging},
        problem::Problem,
        reply::Reply,
        search_text::SearchText,
    },
    auth::tokens::{new_client_secret, token_hash},
    changes::api_clients::{CreateApiClient, RevokeApiClient, RotateSecret, UpdateApiClient},
    domain::{
        ids::{ApiClientId, UserId},
        policy::Act,
    },
    error::Result,
    store::{self, api_clients::ApiClientQuery},
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

/// The default of `overlap_seconds`: a day.
const OVERLAP_DEFAULT: i64 = 86_400;

/// The filters of a list of API clients.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApiClientParams {
    /// Text in the name, without regard to case.
    #[param(nullable = false, inline)]
    q: Option<SearchText>,
    /// The user they act as.
    #[param(nullable = false)]
    user_id: Option<UserId>,
}

/// List the API clients
///
/// By name, including revoked ones. For administrators and auditors.
#[utoipa::path(get, path = "/api-clients", tag = "API clients",
    params(ApiClientParams, PageParams),
    responses((status = 200, description = "One page of the API clients.",
        body = Page<ApiClient>)))]
pub async fn list_api_clients(
    ctx: Ctx,
    paging: Paging,
    Query(params): Query<ApiClientParams>,
) -> Result<HttpResponse> {
    let query = ApiClientQuery { q: params.q.map(String::from), user_id: params.user_id };
    paging.respond(&ctx, ApiClients, query, ApiClient::from).await
}

/// Create an API client
///
/// The response has its secret, which is shown only once. With `client_id` and `client_secret` it
/// gets its tokens at `/oauth/token`. For administrators.
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
        Ok(Reply::created(location, version, &created)?.secret())
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
/// Removed scopes are gone at once. For administrators.
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
/// Its secrets and its tokens are no longer valid. It stays readable, and can't be activated again.
/// Revoking it twice changes and logs once. For administrators.
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
/// The previous secret stays valid for a while, so that the integration can change to the new one
/// without a pause. The response shows the new secret only once; `Location` is the client. For
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
        Ok(Reply::created(location, row.version, &created)?.secret())
    })
    .await
}
