//! A request for a token, read parameter by parameter (RFC 6749, sections 2.3.1 and 4.4.2).

use actix_web::{HttpRequest, http::header};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    oauth_error::{OAuthErrorCode, TokenError},
    oauth_schema::GrantType,
};
use crate::api::http::extract::query_pairs;

/// The credentials of a client, and the scopes that it asks for.
pub(super) struct TokenRequest {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) scope: Option<String>,
}

impl TokenRequest {
    pub(super) fn read(
        request: &HttpRequest,
        pairs: &[(String, String)],
    ) -> Result<Self, TokenError> {
        let one = |name: &str| -> Result<Option<String>, TokenError> {
            // A parameter without a value counts as missing (RFC 6749, section 3.2).
            let mut values =
                pairs.iter().filter(|(it, value)| it == name && !value.is_empty()).map(|it| &it.1);
            let first = values.next().cloned();
            match values.next() {
                None => Ok(first),
                Some(_) => Err(TokenError::request(format!("{name} occurs more than once."))),
            }
        };
        let grant_type =
            one("grant_type")?.ok_or_else(|| TokenError::request("grant_type is missing."))?;
        if grant_type != GrantType::ClientCredentials.as_str() {
            return Err(TokenError {
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
                return Err(TokenError::request(text));
            }
            (None, _) => return Err(TokenError::client()),
        };
        Ok(Self { client_id, client_secret, scope: one("scope")? })
    }
}

/// Id and secret by HTTP Basic, each encoded as in a form (RFC 6749, section 2.3.1).
fn basic(request: &HttpRequest) -> Result<Option<(String, String)>, TokenError> {
    let values = request.headers().get_all(header::AUTHORIZATION);
    let mut encoded = values.filter_map(|value| {
        let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
        // Another scheme says nothing about a client.
        scheme.eq_ignore_ascii_case("basic").then(|| rest.trim())
    });
    let Some(only) = encoded.next() else { return Ok(None) };
    let decoded = STANDARD.decode(only).ok().filter(|_| encoded.next().is_none());
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = text.as_deref().and_then(|text| text.split_once(':'));
    let (id, secret) = pair.ok_or_else(TokenError::client)?;
    Ok(Some((form_decoded(id), form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    let pair = query_pairs(&format!("it={}", text.replace('&', "%26"))).pop();
    pair.map(|(_, value)| value).unwrap_or_default()
}
