//! `/oauth/token` (RFC 6749, section 4.4): an API client exchanges its secret for an access token.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    oauth_error::TokenError,
    oauth_schema::{AccessToken, TokenForm},
    token_request::TokenRequest,
    token_type::TokenType,
};
use crate::{
    api::{
        http::{
            body::Form,
            endpoint::{Endpoint, endpoint},
            idempotency::IdempotentPost,
            reply::Reply,
        },
        limits::log_ins::LogInAttempts,
    },
    auth::tokens::{Tokens, token_hash},
    changes::token_grants::{Grant, GrantToken, Refusal},
    db::database::Db,
    domain::{ids::ApiClientId, policy::Credentials, session::ACCESS_TOKEN_SECONDS},
    error::Result,
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(issue_token)]
}

/// Get a token for an API client
///
/// The client sends its id and secret by HTTP Basic or in the body (RFC 6749, section 4.4). Ask for a
/// new token when it expires. Errors have the form of RFC 6749.
#[utoipa::path(post, path = "/oauth/token", tag = "Session", security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The token.", body = AccessToken)))]
pub async fn issue_token(
    request: HttpRequest,
    db: web::Data<Db>,
    tokens: web::Data<Tokens>,
    attempts: LogInAttempts,
    Form(pairs): Form,
) -> Result<HttpResponse> {
    let asked = match TokenRequest::read(&request, &pairs) {
        Ok(asked) => asked,
        Err(refusal) => return Ok(refusal.into_reply()?.into()),
    };
    // All spellings of an id are one account; a text that is no id is an account of its own.
    let id: Option<ApiClientId> = asked.client_id.parse().ok();
    let account = id.map_or(asked.client_id, |id| id.to_string());
    let attempt = attempts.count(&db, "client", &account).await?;
    let Some(id) = id else { return Ok(TokenError::client().into_reply()?.into()) };
    let scopes = match asked.scope.map(|scope| scope.parse()).transpose() {
        Ok(scopes) => scopes,
        Err(unknown) => {
            return Ok(TokenError::scope(format!("scope: {unknown}.")).into_reply()?.into());
        }
    };
    let change = GrantToken { id, secret_hash: token_hash(&asked.client_secret), scopes, attempt };
    let tokens = tokens.get_ref().clone();
    let posted = IdempotentPost::new(&request);
    let reply = move |outcome: Result<Grant, Refusal>| match outcome {
        Ok(grant) => access_token_reply(&tokens, id, grant),
        Err(Refusal::Client) => TokenError::client().into_reply(),
        Err(Refusal::Scope) => {
            TokenError::scope("The client does not have every scope that it asks for.").into_reply()
        }
    };
    posted.apply(&db, Credentials::None, change, reply).await
}

fn access_token_reply(tokens: &Tokens, client: ApiClientId, grant: Grant) -> Result<Reply> {
    let token = AccessToken {
        access_token: tokens.issue_to_client(grant.user, client, grant.scopes, grant.at)?,
        token_type: TokenType::Bearer,
        expires_in: ACCESS_TOKEN_SECONDS,
        scope: grant.scopes.to_string(),
    };
    Ok(Reply::ok(&token)?.secret())
}
