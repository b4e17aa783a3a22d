//! Access tokens of the company's own identity provider (OpenID Connect, RFC 9068).

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::provider_keys::ProviderKeys;
use crate::{
    config::oidc::{OidcUser, Provider, UserField},
    domain::timestamp::Timestamp,
    error::{Error, Result},
};

/// The algorithms that a provider may sign with: all asymmetric, so that a key that checks a token
/// can't sign one.
const ALGORITHMS: &[Algorithm] = &[Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// The types that an access token's header may name (RFC 9068, section 2.1). An ID token has another
/// one, or none.
const TYPES: &[&str] = &["at+jwt", "application/at+jwt"];

/// The claims that an access token has as texts, besides `aud`, `exp` and `iat` (RFC 9068, section 2.2).
/// An `iss` that is a list might name others beside the issuer.
const REQUIRED: &[&str] = &["iss", "sub", "client_id", "jti"];

/// Claims that only ID tokens have (OpenID Connect Core 1.0, sections 2 and 3.3.2.11).
const OF_ID_TOKENS: &[&str] = &["nonce", "at_hash", "c_hash"];

/// How far the provider's clock may be ahead of ours, in seconds.
const LEEWAY: i64 = 60;

/// An identity provider. Clones share its keys.
#[derive(Clone)]
pub struct IdentityProvider {
    provider: Arc<Provider>,
    keys: ProviderKeys,
}

/// The user that a token identifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The field of the user.
    pub field: UserField,
    /// Its value.
    pub value: String,
}

impl IdentityProvider {
    /// The provider of the settings. Its keys are fetched when a token needs them.
    pub fn new(provider: Provider) -> Self {
        let keys = ProviderKeys::new(provider.issuer.clone());
        Self { provider: Arc::new(provider), keys }
    }

    /// The user that a token identifies, if the provider issued the token for this service.
    ///
    /// # Errors
    /// `invalid_token` where type, signature, form, issuer, audience or times are wrong, or the token
    /// does not identify a user; `unavailable` where the keys can't be fetched.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Subject> {
        let header = access_token_header(token).ok_or_else(Error::invalid_token)?;
        let key = self.keys.get(header.kid.as_deref(), header.alg).await?;
        self.check(token, &key, header.alg, now)
    }

    /// As [`Self::verify`], but without fetching keys.
    pub fn verify_with_cached_keys(&self, token: &str, now: Timestamp) -> Option<Subject> {
        let header = access_token_header(token)?;
        let key = self.keys.get_cached(header.kid.as_deref(), header.alg)?;
        self.check(token, &key, header.alg, now).ok()
    }

    fn check(
        &self,
        token: &str,
        key: &DecodingKey,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<Subject> {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.provider.issuer]);
        validation.set_audience(&[&self.provider.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        // `check_times` uses the clock of the service, which tests move.
        validation.validate_exp = false;
        let claims = decode::<Map<String, Value>>(token, key, &validation)
            .map_err(|_| Error::invalid_token())?
            .claims;
        check_times(&claims, now.millis().div_euclid(1000))?;
        check_is_access_token(&claims)?;
        self.subject(&claims)
    }

    fn subject(&self, claims: &Map<String, Value>) -> Result<Subject> {
        let OidcUser { field, claim, verified } = &self.provider.user;
        // An address that nobody verified may belong to anybody.
        let unverified = *verified
            && !claims.get("email_verified").is_some_and(|it| *it == true || *it == "true");
        let value = claims.get(claim).and_then(Value::as_str).filter(|it| is_text(it));
        match value {
            Some(value) if !unverified => Ok(Subject { field: *field, value: value.to_owned() }),
            _ => Err(Error::invalid_token()),
        }
    }
}

/// The header of a token, if it says that it is an access token of an algorithm that is accepted.
fn access_token_header(token: &str) -> Option<Header> {
    decode_header(token).ok().filter(|header| {
        let named = header.typ.as_deref().unwrap_or_default();
        // What a critical field asks for is not understood here (RFC 7515, section 4.1.11).
        header.crit.is_none()
            && ALGORITHMS.contains(&header.alg)
            && TYPES.iter().any(|it| it.eq_ignore_ascii_case(named))
    })
}

/// Checks that the claims are those of an access token, and not of an ID token that says it is one.
fn check_is_access_token(claims: &Map<String, Value>) -> Result<()> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|it| is_text(it));
    // The authorized party of a token, where it is said, is the client that it was issued to.
    let fits = claims.get("azp").is_none_or(|azp| azp.as_str() == text("client_id"));
    let complete = REQUIRED.iter().all(|name| text(name).is_some());
    let is_id_token = OF_ID_TOKENS.iter().any(|name| claims.contains_key(*name));
    if complete && fits && !is_id_token { Ok(()) } else { Err(Error::invalid_token()) }
}

/// Whether a claim has a value that can be looked up: PostgreSQL has no NUL.
fn is_text(value: &str) -> bool {
    !value.is_empty() && !value.contains('\0')
}

/// Checks `exp`, `nbf` and `iat`, which are in seconds since 1970.
fn check_times(claims: &Map<String, Value>, now: i64) -> Result<()> {
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => {
            let seconds = value.as_i64().or_else(|| value.as_f64().map(|it| it as i64));
            seconds.map(Some).ok_or_else(Error::invalid_token)
        }
    };
    let good = time("exp")?.is_some_and(|exp| exp > now)
        && time("nbf")?.is_none_or(|nbf| nbf <= now + LEEWAY)
        && time("iat")?.is_some_and(|iat| iat <= now + LEEWAY);
    if good { Ok(()) } else { Err(Error::invalid_token()) }
}
