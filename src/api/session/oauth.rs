//! `/oauth/token` (RFC 6749, section 4.4): an API client shows its secret, and gets an access token.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::login::TokenType;
use crate::{
    api::{
        http::{
            body::Form,
            endpoint::{Endpoint, endpoint},
            extract::query_pairs,
            idempotency::Posted,
            reply::Answer,
        },
        limits::log_ins::Attempts,
    },
    auth::tokens::{Tokens, token_hash},
    changes::api_clients::{Grant, GrantToken, Refusal},
    db::database::Db,
    domain::{
        examples, ids::ApiClientId, policy::Credentials, session::ACCESS_TOKEN_SECONDS, text::words,
    },
    error::{Code, Error, Result},
};

/// Where API clients get their tokens. Its errors have a form of their own.
pub const TOKEN_PATH: &str = "/oauth/token";

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(issue_token)]
}

words! {
    /// How a client asks for a token.
    pub enum GrantType {
        /// With its own secret, for itself (RFC 6749, section 4.4).
        ClientCredentials = "client_credentials",
    }
}

/// A request for a token. The client may send its id and secret as HTTP Basic instead.
// It is read parameter by parameter, as RFC 6749 has it: this is what the document says of it.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "only the document reads the fields")]
#[schema(example = json!({
    "grant_type": "client_credentials", "client_id": examples::API_CLIENT,
    "client_secret": "dbk_3f6c…", "scope": "activity:write"
}))]
pub struct TokenForm {
    grant_type: GrantType,
    /// The scopes that the token should have, with a space between two; all that the client has,
    /// if it is not said.
    #[schema(nullable = false, max_length = 200, examples("activity:read activity:write"))]
    scope: Option<String>,
    #[schema(nullable = false, max_length = 200)]
    client_id: Option<String>,
    #[schema(nullable = false, max_length = 200, format = "password")]
    client_secret: Option<String>,
}

/// An access token (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": examples::ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 900,
    "scope": "activity:read activity:write"
}))]
pub struct AccessToken {
    /// A JWT, to be sent as `Authorization: Bearer …`.
    #[schema(format = "jwt")]
    access_token: String,
    token_type: TokenType,
    /// Seconds until it expires. There is no refresh token: ask for a new one.
    #[schema(minimum = 1, examples(900))]
    expires_in: i64,
    /// What it is good for.
    #[schema(examples("activity:read activity:write"))]
    scope: String,
}

words! {
    /// Why there is no token (RFC 6749, section 5.2).
    pub enum OAuthErrorCode {
        /// Something is missing, twice, or can't be read.
        InvalidRequest = "invalid_request",
        /// The client is unknown or revoked, or its secret is wrong.
        InvalidClient = "invalid_client",
        /// The grant type is not `client_credentials`.
        UnsupportedGrantType = "unsupported_grant_type",
        /// The client is not good for a scope that it asks for, or there is no such scope.
        InvalidScope = "invalid_scope",
        /// Something is broken here.
        ServerError = "server_error",
        /// Too much to do: try again after `Retry-After` seconds.
        TemporarilyUnavailable = "temporarily_unavailable",
    }
}

/// Why there is no token (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "error": "invalid_client",
    "error_description": "The client is unknown or revoked, or its secret is wrong."
}))]
pub struct OAuthError {
    error: OAuthErrorCode,
    /// What is wrong, to read.
    error_description: String,
}

/// Get a token for an API client
///
/// With its id and secret, by HTTP Basic or in the body (RFC 6749, section 4.4). Ask for a new one
/// when it expires. Errors have the form of RFC 6749.
#[utoipa::path(post, path = "/oauth/token", tag = "Session", security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The token.", body = AccessToken)))]
pub async fn issue_token(
    request: HttpRequest,
    db: web::Data<Db>,
    tokens: web::Data<Tokens>,
    attempts: Attempts,
    Form(pairs): Form,
) -> Result<HttpResponse> {
    let asked = match Asked::read(&request, &pairs) {
        Ok(asked) => asked,
        Err(refusal) => return Ok(refusal.answer()?.into()),
    };
    // However an id is written, it is one account; whatever is no id of ours is of no client.
    let id: Option<ApiClientId> = asked.client_id.parse().ok();
    let account = id.map_or(asked.client_id, |id| id.to_string());
    let attempt = attempts.admit(&db, "client", &account).await?;
    let Some(id) = id else { return Ok(Refused::client().answer()?.into()) };
    let scopes = match asked.scope.map(|scope| scope.parse()).transpose() {
        Ok(scopes) => scopes,
        Err(unknown) => return Ok(Refused::scope(format!("scope: {unknown}.")).answer()?.into()),
    };
    let change = GrantToken { id, secret_hash: token_hash(&asked.client_secret), scopes, attempt };
    let tokens = tokens.get_ref().clone();
    let posted = Posted::of(&request);
    let answer = move |outcome: Result<Grant, Refusal>| match outcome {
        Ok(grant) => granted(&tokens, id, grant),
        Err(Refusal::Client) => Refused::client().answer(),
        Err(Refusal::Scope) => {
            Refused::scope("The client is not good for every scope that it asks for.").answer()
        }
    };
    posted.apply(&db, Credentials::None, change, answer).await
}

fn granted(tokens: &Tokens, client: ApiClientId, grant: Grant) -> Result<Answer> {
    let answer = AccessToken {
        access_token: tokens.issue_to_client(grant.user, client, grant.scopes, grant.at)?,
        token_type: TokenType::Bearer,
        expires_in: ACCESS_TOKEN_SECONDS,
        scope: grant.scopes.to_string(),
    };
    Ok(Answer::ok(&answer)?.secret())
}

/// Who asks for what.
struct Asked {
    client_id: String,
    client_secret: String,
    scope: Option<String>,
}

impl Asked {
    fn read(request: &HttpRequest, pairs: &[(String, String)]) -> Result<Self, Refused> {
        let one = |name: &str| -> Result<Option<String>, Refused> {
            // RFC 6749, section 3.2: one without a value is as if it were not there.
            let mut values =
                pairs.iter().filter(|(it, value)| it == name && !value.is_empty()).map(|it| &it.1);
            let first = values.next().cloned();
            match values.next() {
                None => Ok(first),
                Some(_) => Err(Refused::request(format!("{name} is there more than once."))),
            }
        };
        let grant_type =
            one("grant_type")?.ok_or_else(|| Refused::request("grant_type is missing."))?;
        if grant_type != GrantType::ClientCredentials.as_str() {
            return Err(Refused {
                code: OAuthErrorCode::UnsupportedGrantType,
                text: "Ask with grant_type=client_credentials.".to_owned(),
            });
        }
        let in_body = (one("client_id")?, one("client_secret")?);
        let (client_id, client_secret) = match (basic(request)?, in_body) {
            (None, (Some(id), Some(secret))) => (id, secret),
            (Some((id, secret)), (None, None)) => (id, secret),
            (Some((id, secret)), (Some(same), None)) if id == same => (id, secret),
            (Some(_), _) => {
                let text = "Send id and secret once: as Basic or in the body.";
                return Err(Refused::request(text));
            }
            (None, _) => return Err(Refused::client()),
        };
        Ok(Self { client_id, client_secret, scope: one("scope")? })
    }
}

/// Id and secret by HTTP Basic, each encoded as in a form (RFC 6749, section 2.3.1).
fn basic(request: &HttpRequest) -> Result<Option<(String, String)>, Refused> {
    let values = request.headers().get_all(header::AUTHORIZATION);
    let mut encoded = values.filter_map(|value| {
        let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
        // Another scheme proves nothing about a client.
        scheme.eq_ignore_ascii_case("basic").then(|| rest.trim())
    });
    let Some(only) = encoded.next() else { return Ok(None) };
    let decoded = STANDARD.decode(only).ok().filter(|_| encoded.next().is_none());
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = text.as_deref().and_then(|text| text.split_once(':'));
    let (id, secret) = pair.ok_or_else(Refused::client)?;
    Ok(Some((form_decoded(id), form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    let pair = query_pairs(&format!("it={}", text.replace('&', "%26"))).pop();
    pair.map(|(_, value)| value).unwrap_or_default()
}

/// A request that gets no token.
struct Refused {
    code: OAuthErrorCode,
    text: String,
}

impl Refused {
    fn request(text: impl Into<String>) -> Self {
        Self { code: OAuthErrorCode::InvalidRequest, text: text.into() }
    }

    fn client() -> Self {
        let text = "The client is unknown or revoked, or its secret is wrong.".to_owned();
        Self { code: OAuthErrorCode::InvalidClient, text }
    }

    fn scope(text: impl Into<String>) -> Self {
        Self { code: OAuthErrorCode::InvalidScope, text: text.into() }
    }

    fn answer(self) -> Result<Answer> {
        let status = match self.code {
            OAuthErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        let error = OAuthError { error: self.code, error_description: self.text };
        Ok(Answer::with_body(status, &error)?.secret())
    }
}

/// An error of the house, in the form of this path.
pub fn of_error(error: &Error) -> HttpResponse {
    let status = StatusCode::from_u16(error.code.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            OAuthErrorCode::TemporarilyUnavailable
        }
        status if status.is_server_error() => OAuthErrorCode::ServerError,
        _ => OAuthErrorCode::InvalidRequest,
    };
    let mut answer = HttpResponse::build(status);
    if error.code == Code::Unavailable {
        answer.insert_header((header::RETRY_AFTER, "1"));
    }
    answer
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(OAuthError { error: code, error_description: error.detail.clone() })
}

/// An answer of this path, with the challenge that belongs to its 401 (RFC 6749, section 5.2).
pub fn challenged(mut answer: HttpResponse) -> HttpResponse {
    if answer.status() == StatusCode::UNAUTHORIZED {
        let value = HeaderValue::from_static("Basic realm=\"daybook\"");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    answer
}
