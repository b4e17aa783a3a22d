//! Access tokens (JWT, RFC 7519, HS256), and refresh tokens (random, stored as a hash).

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    domain::{
        ids::{ApiClientId, SessionId, UserId},
        policy::{Credentials, Needs},
        scope::Scopes,
        session::{ACCESS_TOKEN_SECONDS, access_token_seconds},
        text::hex,
        timestamp::Timestamp,
    },
    error::{Error, Result},
};

/// The issuer and the audience of the tokens.
const ISSUER: &str = "daybook";

/// How far the clock of another replica may be ahead of this one's, in seconds.
const LEEWAY: i64 = 60;

/// The claims of an access token: a session, or an API client with its scopes (RFC 9068).
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<ApiClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    jti: String,
    iat: i64,
    exp: i64,
}

/// A key with its id: tokens name the key that signed them.
#[derive(Clone)]
struct Key {
    id: String,
    /// The encoded header of the tokens that it signs, with the dot: most tokens are recognized by
    /// it, without decoding.
    header: Option<String>,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Key {
    fn new(secret: &[u8]) -> Self {
        // A few bytes of a hash identify the secret without revealing it.
        let id = hex(&Sha256::new_with_prefix("daybook key ").chain_update(secret).finalize()[..8]);
        let encoding = EncodingKey::from_secret(secret);
        let sample = encode(&Self::header(&id), &(), &encoding).ok();
        let header = sample.and_then(|it| it.split_inclusive('.').next().map(str::to_owned));
        Self { id, header, encoding, decoding: DecodingKey::from_secret(secret) }
    }

    fn header(id: &str) -> Header {
        Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) }
    }

    fn signed(&self, token: &str) -> bool {
        self.header.as_deref().is_some_and(|header| token.starts_with(header))
    }
}

/// Signs and checks access tokens.
#[derive(Clone)]
pub struct Tokens {
    key: Key,
    /// The previous key: tokens signed with it are valid until they expire.
    previous: Option<Key>,
    validation: Validation,
}

impl Tokens {
    /// With the bytes of the secret as the key, and those of the previous secret, if there is one.
    pub fn new(secret: &[u8], previous: Option<&[u8]>) -> Self {
        // Only HS256: a token can't choose its algorithm.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // `verify` uses the clock of the service, which tests move.
        validation.validate_exp = false;
        Self { key: Key::new(secret), previous: previous.map(Key::new), validation }
    }

    /// A new access token of a session, which does not outlive the session.
    ///
    /// # Errors
    /// `internal_error` where signing fails.
    pub fn issue(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
        session_end: Timestamp,
    ) -> Result<String> {
        let claims = Self::claims(user, now)?;
        let exp = claims.iat + access_token_seconds(now, session_end);
        self.sign(&Claims { sid: Some(session), exp, ..claims })
    }

    /// A new access token of an API client.
    ///
    /// # Errors
    /// `internal_error` where signing fails.
    pub fn issue_to_client(
        &self,
        user: UserId,
        client: ApiClientId,
        scopes: Scopes,
        now: Timestamp,
    ) -> Result<String> {
        let scope = Some(scopes.to_string());
        self.sign(&Claims { client_id: Some(client), scope, ..Self::claims(user, now)? })
    }

    fn claims(user: UserId, now: Timestamp) -> Result<Claims> {
        let iat = now.millis().div_euclid(1000);
        Ok(Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: user,
            sid: None,
            client_id: None,
            scope: None,
            jti: random_hex::<16>()?,
            iat,
            exp: iat + ACCESS_TOKEN_SECONDS,
        })
    }

    fn sign(&self, claims: &Claims) -> Result<String> {
        encode(&Key::header(&self.key.id), claims, &self.key.encoding).map_err(Error::internal)
    }

    /// The key that a token names; the current key, if it names none.
    fn find_key(&self, token: &str) -> Result<&Key> {
        if self.key.signed(token) {
            return Ok(&self.key);
        }
        let kid = decode_header(token).map_err(|_| Error::invalid_token())?.kid;
        match (&kid, &self.previous) {
            (Some(kid), Some(previous)) if *kid == previous.id => Ok(previous),
            (Some(kid), _) if *kid != self.key.id => Err(Error::invalid_token()),
            _ => Ok(&self.key),
        }
    }

    /// The credentials that a token proves, for an operation with these needs. Whether its session or
    /// its client is still active, only the database knows.
    ///
    /// # Errors
    /// `invalid_token` where signature, form, issuer, audience or times are wrong.
    pub fn verify(&self, token: &str, now: Timestamp, needs: Needs) -> Result<Credentials> {
        let decoding = &self.find_key(token)?.decoding;
        let claims = decode::<Claims>(token, decoding, &self.validation)
            .map_err(|_| Error::invalid_token())?
            .claims;
        let now = now.millis().div_euclid(1000);
        if claims.exp <= now || claims.iat > now + LEEWAY || claims.jti.is_empty() {
            return Err(Error::invalid_token());
        }
        match (claims.sid, claims.client_id, claims.scope) {
            (Some(session), None, None) => Ok(Credentials::Session(claims.sub, session)),
            (None, Some(client), Some(scope)) => {
                let scopes = scope.parse().map_err(|_| Error::invalid_token())?;
                Ok(Credentials::Client(claims.sub, client, scopes, needs))
            }
            _ => Err(Error::invalid_token()),
        }
    }
}

/// Whether a token has the algorithm of our own tokens. [`Tokens::verify`] checks whether it is one.
pub fn is_own(token: &str) -> bool {
    decode_header(token).is_ok_and(|header| header.alg == Algorithm::HS256)
}

/// A new refresh token: 256 random bits.
///
/// # Errors
/// `internal_error` where the system has no randomness.
pub fn new_refresh_token() -> Result<String> {
    random_hex::<32>()
}

/// A new secret of an API client: 256 random bits, after a prefix that scanners for leaked secrets
/// can find.
///
/// # Errors
/// `internal_error` where the system has no randomness.
pub fn new_client_secret() -> Result<String> {
    Ok(format!("dbk_{}", random_hex::<32>()?))
}

/// The hash that is stored of a refresh token or a client's secret. Both are random, so that neither
/// a salt nor a slow hash is needed. An `Idempotency-Key` is found by its hash too.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// `N` random bytes, as hexadecimal digits.
///
/// # Errors
/// `internal_error` where the system has no randomness.
pub fn random_hex<const N: usize>() -> Result<String> {
    Ok(hex(&random_bytes::<N>()?))
}

/// `N` random bytes.
///
/// # Errors
/// `internal_error` where the system has no randomness.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}
