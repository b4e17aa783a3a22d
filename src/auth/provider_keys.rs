//! The keys of an identity provider (OpenID Connect Discovery 1.0, RFC 7517), fetched when a token
//! needs them, and again when the provider may have changed them.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    error::{Error, Result},
    http_client::HttpClient,
};

/// Keys older than this are fetched again.
const REFRESH_AFTER: Duration = Duration::from_secs(10 * 60);

/// How long keys stay valid while the provider can't be reached. After that its tokens are refused:
/// it may have withdrawn one of the keys.
const VALID_FOR: Duration = Duration::from_secs(60 * 60);

/// The least time between two fetches, however many tokens name unknown keys.
const FETCH_INTERVAL: Duration = Duration::from_secs(10);

/// The longest that the provider may take to respond.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest response that is read, in bytes.
const RESPONSE_MAX: u64 = 1024 * 1024;

/// The keys of one provider. Clones share them.
#[derive(Clone)]
pub(super) struct ProviderKeys(Arc<Inner>);

struct Inner {
    issuer: String,
    client: HttpClient,
    cached: Mutex<Option<CachedKeys>>,
    /// When the last fetch ended; locked while one runs, so that one request fetches for all.
    fetched: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct CachedKeys {
    set: Arc<JwkSet>,
    read: Instant,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl ProviderKeys {
    pub(super) fn new(issuer: String) -> Self {
        let client = HttpClient::new(TIMEOUT, RESPONSE_MAX);
        let (cached, fetched) = (Mutex::new(None), tokio::sync::Mutex::new(None));
        Self(Arc::new(Inner { issuer, client, cached, fetched }))
    }

    /// The key that a token names, fetched if need be.
    ///
    /// # Errors
    /// `invalid_token` where the provider has no such key; `unavailable` where the keys can't be
    /// fetched.
    pub(super) async fn get(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey> {
        let cached = self.cached();
        let read = cached.as_ref().map(|it| it.read);
        if let Some(keys) = cached
            && let Some(key) = find(&keys.set, kid, algorithm)
        {
            // When the keys are old, one request fetches newer ones; the others don't wait.
            if keys.read.elapsed() < REFRESH_AFTER || self.0.fetched.try_lock().is_err() {
                return Ok(key);
            }
        }
        let keys = self.refresh(read).await?;
        find(&keys.set, kid, algorithm).ok_or_else(Error::invalid_token)
    }

    /// The key that a token names, if it is cached.
    pub(super) fn get_cached(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Option<DecodingKey> {
        find(&self.cached()?.set, kid, algorithm)
    }

    /// The cached keys, if they are valid.
    fn cached(&self) -> Option<CachedKeys> {
        let keys = self.0.cached.lock().unwrap_or_else(PoisonError::into_inner).clone();
        keys.filter(|it| it.read.elapsed() < VALID_FOR)
    }

    /// Fetches the keys, unless another request did so since `read_before`.
    async fn refresh(&self, read_before: Option<Instant>) -> Result<CachedKeys> {
        let mut fetched_at = self.0.fetched.lock().await;
        let cached = self.cached();
        if let Some(keys) = &cached
            && (read_before != Some(keys.read)
                || fetched_at.is_some_and(|it| it.elapsed() < FETCH_INTERVAL))
        {
            return Ok(keys.clone());
        }
        if cached.is_none() && fetched_at.is_some_and(|it| it.elapsed() < FETCH_INTERVAL / 10) {
            return Err(Error::unavailable("the identity provider was asked a moment ago"));
        }
        let inner = self.0.clone();
        let fetched = tokio::task::spawn_blocking(move || inner.fetch()).await;
        *fetched_at = Some(Instant::now());
        match fetched.map_err(Error::internal)? {
            Ok(set) => {
                let keys = CachedKeys { set: Arc::new(set), read: Instant::now() };
                let mut cached = self.0.cached.lock().unwrap_or_else(PoisonError::into_inner);
                *cached = Some(keys.clone());
                Ok(keys)
            }
            Err(error) => {
                log::warn!("the identity provider could not be asked for its keys: {error}");
                cached.ok_or_else(|| Error::unavailable(format!("the identity provider: {error}")))
            }
        }
    }
}

impl Inner {
    fn fetch(&self) -> Result<JwkSet, String> {
        let issuer = &self.issuer;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let discovery: Discovery = self.get(&address)?;
        if discovery.issuer != *issuer {
            return Err(format!("{address} is of another issuer: {}", discovery.issuer));
        }
        self.get(&discovery.jwks_uri)
    }

    fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, String> {
        let with_address = |error: &dyn Display| format!("{address}: {error}");
        let received = self.client.get(address).map_err(|error| with_address(&error))?;
        if !received.is_success() {
            return Err(with_address(&format!("http status: {}", received.status)));
        }
        serde_json::from_slice(&received.body).map_err(|error| with_address(&error))
    }
}

/// The key with an id; without an id, the key that fits, if only one does.
fn find(set: &JwkSet, kid: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    let fits = |key: &&Jwk| {
        let signs =
            key.common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
        let verifies = key.common.key_operations.as_ref();
        let verifies = verifies.is_none_or(|it| it.contains(&KeyOperations::Verify));
        let named = key.common.key_algorithm.as_ref().map(ToString::to_string);
        signs && verifies && named.is_none_or(|it| it == format!("{algorithm:?}"))
    };
    let mut keys = set.keys.iter().filter(fits);
    let key = match kid {
        Some(kid) => keys.find(|key| key.common.key_id.as_deref() == Some(kid)),
        None => keys.next().filter(|_| keys.next().is_none()),
    };
    key.and_then(|key| DecodingKey::from_jwk(key).ok())
}
