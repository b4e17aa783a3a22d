//! The errors of `/oauth/token`, in the form of RFC 6749.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::http::reply::Reply,
    domain::text::words,
    error::{Code, Error, Result},
};

/// Where API clients get their tokens. Its errors have the form of RFC 6749.
pub const TOKEN_PATH: &str = "/oauth/token";

words! {
    /// Why there is no token (RFC 6749, section 5.2).
    pub enum OAuthErrorCode {
        /// A parameter is missing, repeated or unreadable.
        InvalidRequest = "invalid_request",
        /// The client is unknown or revoked, or its secret is wrong.
        InvalidClient = "invalid_client",
        /// The grant type is not `client_credentials`.
        UnsupportedGrantType = "unsupported_grant_type",
        /// The client does not have a scope that it asks for, or the scope does not exist.
        InvalidScope = "invalid_scope",
        /// The service failed.
        ServerError = "server_error",
        /// The service is overloaded: try again after `Retry-After` seconds.
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
    /// What is wrong, for people to read.
    error_description: String,
}

/// Why a request gets no token.
pub(super) struct TokenError {
    pub(super) code: OAuthErrorCode,
    pub(super) text: String,
}

impl TokenError {
    pub(super) fn request(text: impl Into<String>) -> Self {
        Self { code: OAuthErrorCode::InvalidRequest, text: text.into() }
    }

    pub(super) fn client() -> Self {
        let text = "The client is unknown or revoked, or its secret is wrong.".to_owned();
        Self { code: OAuthErrorCode::InvalidClient, text }
    }

    pub(super) fn scope(text: impl Into<String>) -> Self {
        Self { code: OAuthErrorCode::InvalidScope, text: text.into() }
    }

    pub(super) fn into_reply(self) -> Result<Reply> {
        let status = match self.code {
            OAuthErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        let error = OAuthError { error: self.code, error_description: self.text };
        Ok(Reply::with_body(status, &error)?.secret())
    }
}

/// The response to an error of the service, in the form of RFC 6749.
pub fn response(error: &Error) -> HttpResponse {
    let status = StatusCode::from_u16(error.code.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            OAuthErrorCode::TemporarilyUnavailable
        }
        status if status.is_server_error() => OAuthErrorCode::ServerError,
        _ => OAuthErrorCode::InvalidRequest,
    };
    let mut response = HttpResponse::build(status);
    if error.code == Code::Unavailable {
        response.insert_header((header::RETRY_AFTER, "1"));
    }
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(OAuthError { error: code, error_description: error.detail.clone() })
}

/// The same response, with the challenge that its 401 needs (RFC 6749, section 5.2).
pub fn with_challenge(mut response: HttpResponse) -> HttpResponse {
    if response.status() == StatusCode::UNAUTHORIZED {
        let value = HeaderValue::from_static("Basic realm=\"daybook\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
