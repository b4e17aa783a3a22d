//! The access token of a request (RFC 6750).

use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{self, HeaderMap},
    web,
};

use crate::{
    auth::tokens::Tokens,
    domain::{
        policy::{Credentials, Needs},
        timestamp::Timestamp,
    },
    error::{Code, Error, Result},
};

/// The verified credentials of a request, as an extension of it: the token is verified once.
struct VerifiedCredentials(Credentials);

/// The credentials that the token of a request proves, before the needs of an operation.
///
/// # Errors
/// `unauthenticated` without a token, `invalid_token` with one that is not valid.
pub fn credentials(request: &HttpRequest, now: Timestamp) -> Result<Credentials> {
    if let Some(VerifiedCredentials(credentials)) = request.extensions().get() {
        return Ok(*credentials);
    }
    let token = token(request.headers())?;
    let tokens = request.app_data::<web::Data<Tokens>>();
    let tokens = tokens.ok_or_else(|| Error::internal("no keys in the app"))?;
    let credentials = tokens.verify(token, now, Needs::Nothing)?;
    request.extensions_mut().insert(VerifiedCredentials(credentials));
    Ok(credentials)
}

/// The token of a request.
///
/// # Errors
/// `unauthenticated` without exactly one `Authorization` header of the scheme `Bearer`.
pub fn token(headers: &HeaderMap) -> Result<&str> {
    let missing = || Error::new(Code::Unauthenticated, "Send an access token as Bearer.");
    let mut values = headers.get_all(header::AUTHORIZATION);
    let value = values.next().and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") || values.next().is_some() {
        return Err(missing());
    }
    Ok(token.trim())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn the_scheme_is_compared_without_regard_to_case() {
        for value in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            assert_eq!(token(&headers(&[value])).unwrap(), "abc", "{value}");
        }
    }

    #[test]
    fn anything_else_is_unauthenticated() {
        let cases: [&[&str]; 5] =
            [&[], &["Bearer"], &["Basic abc"], &["Bearerabc"], &["Bearer a", "Bearer b"]];
        for values in cases {
            assert_eq!(token(&headers(values)).unwrap_err().code, Code::Unauthenticated);
        }
    }

    proptest! {
        #[test]
        fn every_token_comes_back_as_it_was_sent(sent in "[A-Za-z0-9._~+/=-]{1,100}") {
            let headers = headers(&[&format!("Bearer {sent}")]);
            prop_assert_eq!(token(&headers).unwrap(), sent);
        }
    }
}
