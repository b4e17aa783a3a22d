//! The access token of a request.

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

/// What a token was found to prove: once for each request, however many ask.
struct Proven(Credentials);

/// What the token of a request proves, to an operation that needs nothing in particular.
///
/// # Errors
/// `unauthenticated` without a token, `invalid_token` with one that is not valid.
pub fn credentials(request: &HttpRequest, now: Timestamp) -> Result<Credentials> {
    if let Some(Proven(credentials)) = request.extensions().get() {
        return Ok(*credentials);
    }
    let token = token(request.headers())?;
    let tokens = request.app_data::<web::Data<Tokens>>();
    let tokens = tokens.ok_or_else(|| Error::internal("no keys in the app"))?;
    let credentials = tokens.verify(token, now, Needs::Nothing)?;
    request.extensions_mut().insert(Proven(credentials));
    Ok(credentials)
}

/// The token of a request.
///
/// # Errors
/// `unauthenticated` where there is none.
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
