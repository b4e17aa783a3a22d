//! Access tokens of the company's own identity provider (OpenID Connect Discovery 1.0, RFC 7517,
//! RFC 9068): its keys are fetched when they are needed, and looked for anew when it has changed
//! them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig, TlsProvider},
};

use crate::{
    config::{OidcUser, Provider, UserField},
    domain::timestamp::Timestamp,
    error::{Error, Result},
};

/// What a provider may sign with: nothing that the one who checks could sign with too.
const ALGORITHMS: &[Algorithm] = &[Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// How far the provider's clock may be ahead of ours, in seconds.
const LEEWAY: i64 = 60;

/// After this time the keys are looked for anew.
const KEYS_FRESH: Duration = Duration::from_secs(10 * 60);

/// For so long the known keys are good while the provider can't be asked for newer ones. After that
/// nobody comes in by its tokens: one of the keys may have been withdrawn.
const KEYS_LAST: Duration = Duration::from_secs(60 * 60);

/// The least time between two looks: whoever sends tokens with made-up keys causes no more.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// The most that the provider has to answer within, and the largest answer that is read, in bytes.
const TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_MAX: u64 = 1024 * 1024;

/// An identity provider.
#[derive(Clone)]
pub struct IdentityProvider(Arc<Inner>);

struct Inner {
    provider: Provider,
    agent: Agent,
    keys: Mutex<Option<Keys>>,
    /// Held by whoever looks, so that one looks for all.
    looking: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Keys {
    set: Arc<JwkSet>,
    read: Instant,
}

/// Whom a token speaks of: a field of the user, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The field of the user.
    pub field: UserField,
    /// Its value.
    pub value: String,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl IdentityProvider {
    /// The provider of the settings. Nothing is asked of it yet.
    pub fn new(provider: Provider) -> Self {
        // What the company's machines trust, its own authority too.
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .tls_config(tls)
            .build()
            .into();
        let (keys, looking) = (Mutex::new(None), tokio::sync::Mutex::new(None));
        Self(Arc::new(Inner { provider, agent, keys, looking }))
    }

    /// Whom a token speaks of, if the provider issued it for this service.
    ///
    /// # Errors
    /// `invalid_token` where signature, form, issuer, audience or times are wrong, or where it says
    /// nothing of the user; `unavailable` where the provider can't be asked for its keys.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Subject> {
        let header = decode_header(token).map_err(|_| Error::invalid_token())?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Error::invalid_token());
        }
        let key = self.key(header.kid.as_deref(), header.alg).await?;
        self.check(token, &key, header.alg, now)
    }

    /// As [`Self::verify`], by the keys that are known already, so that nobody waits.
    pub fn verify_by_known_keys(&self, token: &str, now: Timestamp) -> Option<Subject> {
        let header = decode_header(token).ok().filter(|it| ALGORITHMS.contains(&it.alg))?;
        let keys = self.known()?;
        let key = find(&keys.set, header.kid.as_deref(), header.alg)?;
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
        validation.set_issuer(&[&self.0.provider.issuer]);
        validation.set_audience(&[&self.0.provider.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        // By the clock of the house, as our own tokens.
        validation.validate_exp = false;
        let claims = decode::<Map<String, Value>>(token, key, &validation)
            .map_err(|_| Error::invalid_token())?
            .claims;
        check_times(&claims, now.millis().div_euclid(1000))?;
        self.subject(&claims)
    }

    fn subject(&self, claims: &Map<String, Value>) -> Result<Subject> {
        let OidcUser { field, claim, verified } = &self.0.provider.user;
        // An address that nobody verified may be anybody's.
        let unverified = *verified
            && !claims.get("email_verified").is_some_and(|it| *it == true || *it == "true");
        let value = claims.get(claim).and_then(Value::as_str).filter(|it| !it.is_empty());
        match value {
            Some(value) if !unverified => Ok(Subject { field: *field, value: value.to_owned() }),
            _ => Err(Error::invalid_token()),
        }
    }

    async fn key(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey> {
        let known = self.known();
        let read = known.as_ref().map(|it| it.read);
        if let Some(keys) = known
            && let Some(key) = find(&keys.set, kid, algorithm)
        {
            // Of those who find the keys old, one looks for newer ones; the others do not wait.
            if keys.read.elapsed() < KEYS_FRESH || self.0.looking.try_lock().is_err() {
                return Ok(key);
            }
        }
        let keys = self.look(read).await?;
        find(&keys.set, kid, algorithm).ok_or_else(Error::invalid_token)
    }

    /// The keys that are good.
    fn known(&self) -> Option<Keys> {
        let keys = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        keys.filter(|it| it.read.elapsed() < KEYS_LAST)
    }

    /// The keys, looked for anew unless somebody else just did.
    async fn look(&self, read_before: Option<Instant>) -> Result<Keys> {
        let mut looked = self.0.looking.lock().await;
        let known = self.known();
        if let Some(keys) = &known
            && (read_before != Some(keys.read)
                || looked.is_some_and(|it| it.elapsed() < LOOK_INTERVAL))
        {
            return Ok(keys.clone());
        }
        if known.is_none() && looked.is_some_and(|it| it.elapsed() < LOOK_INTERVAL / 10) {
            return Err(Error::unavailable("the identity provider was asked a moment ago"));
        }
        let inner = self.0.clone();
        let fetched = tokio::task::spawn_blocking(move || inner.fetch()).await;
        *looked = Some(Instant::now());
        match fetched.map_err(Error::internal)? {
            Ok(set) => {
                let keys = Keys { set: Arc::new(set), read: Instant::now() };
                let mut place = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner);
                *place = Some(keys.clone());
                Ok(keys)
            }
            Err(error) => {
                log::warn!("the identity provider could not be asked for its keys: {error}");
                known.ok_or_else(|| Error::unavailable(format!("the identity provider: {error}")))
            }
        }
    }
}

impl Inner {
    fn fetch(&self) -> Result<JwkSet, String> {
        let issuer = &self.provider.issuer;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let discovery: Discovery = self.get(&address)?;
        if discovery.issuer != *issuer {
            return Err(format!("{address} is of another issuer: {}", discovery.issuer));
        }
        self.get(&discovery.jwks_uri)
    }

    fn get<T: serde::de::DeserializeOwned>(&self, address: &str) -> Result<T, String> {
        let told = |error: &dyn std::fmt::Display| format!("{address}: {error}");
        let mut answer = self.agent.get(address).call().map_err(|error| told(&error))?;
        let body = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec();
        let body = body.map_err(|error| told(&error))?;
        serde_json::from_slice(&body).map_err(|error| told(&error))
    }
}

/// The key of a name, or the only one that fits where the token names none.
fn find(set: &JwkSet, kid: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    let fits = |key: &&Jwk| {
        let signs =
            key.common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
        let named = key.common.key_algorithm.as_ref().map(ToString::to_string);
        signs && named.is_none_or(|it| it == format!("{algorithm:?}"))
    };
    let mut keys = set.keys.iter().filter(fits);
    let key = match kid {
        Some(kid) => keys.find(|key| key.common.key_id.as_deref() == Some(kid)),
        None => keys.next().filter(|_| keys.next().is_none()),
    };
    key.and_then(|key| DecodingKey::from_jwk(key).ok())
}

/// `exp`, `nbf` and `iat`, in seconds since 1970.
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
