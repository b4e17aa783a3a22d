//! Access tokens of the company's own identity provider (OpenID Connect, RFC 9068).

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
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
    /// `invalid_token` where signature, form, issuer, audience or times are wrong, or the token does
    /// not identify a user; `unavailable` where the keys can't be fetched.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Subject> {
        let header = decode_header(token).map_err(|_| Error::invalid_token())?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Error::invalid_token());
        }
        let key = self.keys.get(header.kid.as_deref(), header.alg).await?;
        self.check(token, &key, header.alg, now)
    }

    /// As [`Self::verify`], but without fetching keys.
    pub fn verify_with_cached_keys(&self, token: &str, now: Timestamp) -> Option<Subject> {
        let header = decode_header(token).ok().filter(|it| ALGORITHMS.contains(&it.alg))?;
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
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        // `check_times` uses the clock of the service, which tests move.
        validation.validate_exp = false;
        let claims = decode::<Map<String, Value>>(token, key, &validation)
            .map_err(|_| Error::invalid_token())?
            .claims;
        check_times(&claims, now.millis().div_euclid(1000))?;
        self.subject(&claims)
    }

    fn subject(&self, claims: &Map<String, Value>) -> Result<Subject> {
        let OidcUser { field, claim, verified } = &self.provider.user;
        // An address that nobody verified may belong to anybody.
        let unverified = *verified
            && !claims.get("email_verified").is_some_and(|it| *it == true || *it == "true");
        let value = claims.get(claim).and_then(Value::as_str).filter(|it| !it.is_empty());
        match value {
            Some(value) if !unverified => Ok(Subject { field: *field, value: value.to_owned() }),
            _ => Err(Error::invalid_token()),
        }
    }
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
        && time("iat")?.is_none_or(|iat| iat <= now + LEEWAY);
    if good { Ok(()) } else { Err(Error::invalid_token()) }
}
