//! What a request to `/oauth/token` and its response look like.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::token_type::TokenType;
use crate::domain::{examples, text::words};

words! {
    /// How a client asks for a token.
    pub enum GrantType {
        /// With its own secret, for itself (RFC 6749, section 4.4).
        ClientCredentials = "client_credentials",
    }
}

/// A request for a token. The client may send its id and secret as HTTP Basic instead.
// `TokenRequest` reads the parameters one by one, by RFC 6749; this type is for the document.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "only the document reads the fields")]
#[schema(example = json!({
    "grant_type": "client_credentials", "client_id": examples::API_CLIENT,
    "client_secret": "dbk_3f6c…", "scope": "activity:write"
}))]
pub struct TokenForm {
    grant_type: GrantType,
    /// The scopes that the token should have, separated by spaces. The default is all scopes of the
    /// client.
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
    /// A JWT. Send it as `Authorization: Bearer …`.
    #[schema(format = "jwt")]
    pub(super) access_token: String,
    pub(super) token_type: TokenType,
    /// Seconds until it expires. There is no refresh token: ask for a new one.
    #[schema(minimum = 1, examples(900))]
    pub(super) expires_in: i64,
    /// The scopes of the token, separated by spaces.
    #[schema(examples("activity:read activity:write"))]
    pub(super) scope: String,
}
