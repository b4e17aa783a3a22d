//! Access tokens (JWT, RFC 7519, HS256) and refresh tokens (random, known by their hash).

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    domain::{
        ids::{SessionId, UserId},
        policy::Credentials,
        session::ACCESS_TOKEN_SECONDS,
        timestamp::Timestamp,
    },
    error::{Error, Result},
};

/// Who issues the tokens, and whom they are for.
const ISSUER: &str = "daybook";

/// What an access token says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    jti: String,
    iat: i64,
    exp: i64,
}

/// Signs and checks access tokens.
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Tokens {
    /// With the bytes of a secret as the key.
    pub fn new(secret: &[u8]) -> Self {
        // Nothing but HS256: a token can't choose its own algorithm.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // By the clock of the house, which tests move: see `verify`.
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// A new access token.
    ///
    /// # Errors
    /// `internal_error` where signing fails.
    pub fn issue(&self, user: UserId, session: SessionId, now: Timestamp) -> Result<String> {
        let iat = now.millis().div_euclid(1000);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: user,
            sid: session,
            jti: random_hex::<16>()?,
            iat,
            exp: iat + ACCESS_TOKEN_SECONDS,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map_err(Error::internal)
    }

    /// What a token proves. Whether its session still lives, only the database knows.
    ///
    /// # Errors
    /// `invalid_token` where signature, form, issuer, audience or time are wrong.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Credentials> {
        let claims = decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| Error::invalid_token())?
            .claims;
        if claims.exp <= now.millis().div_euclid(1000) {
            return Err(Error::invalid_token());
        }
        Ok(Credentials::Session(claims.sub, claims.sid))
    }
}

/// A new refresh token: 256 random bits.
///
/// # Errors
/// `internal_error` where the system gives no randomness.
pub fn new_refresh_token() -> Result<String> {
    random_hex::<32>()
}

/// The hash that a refresh token is stored as. It needs no salt: the token is random itself.
pub fn refresh_token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// `N` random bytes, as hexadecimal digits.
///
/// # Errors
/// `internal_error` where the system gives no randomness.
pub fn random_hex<const N: usize>() -> Result<String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
