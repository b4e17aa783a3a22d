//! `/auth`: log-in, refresh, log-out.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::token_type::TokenType;
use crate::{
    api::{
        http::{
            body::{Body, Nothing},
            endpoint::{Endpoint, endpoint},
            extract::Ctx,
            idempotency::IdempotentPost,
            reply::Reply,
        },
        limits::log_ins::LogInAttempts,
    },
    auth::{
        passwords::Passwords,
        tokens::{Tokens, new_refresh_token, token_hash},
    },
    changes::sessions::{Live, LogIn, LogInUnknown, LogOut, Refresh},
    config::session::SessionDays,
    db::database::Db,
    domain::{
        email::EmailAddress,
        examples,
        limits::{EMAIL_MAX, PASSWORD_MAX, TOKEN_MAX},
        policy::Credentials,
        session::access_token_seconds,
    },
    error::{Code, Error, Result},
    store,
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(log_in), endpoint!(refresh_session), endpoint!(log_out)]
}

/// The credentials of a user.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "cristiano.ferreira@example.com", "password": "daybook-demo"
}))]
pub struct LogInRequest {
    #[validate(length(min = 1, max = EMAIL_MAX))]
    #[schema(min_length = 1, max_length = 254)]
    email: String,
    #[validate(length(min = 1, max = PASSWORD_MAX))]
    #[schema(min_length = 1, max_length = 128, format = "password")]
    password: String,
}

/// The refresh token of a session.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "refresh_token": examples::REFRESH_TOKEN
}))]
pub struct RefreshRequest {
    #[validate(length(min = 1, max = TOKEN_MAX))]
    #[schema(min_length = 1, max_length = 200)]
    refresh_token: String,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": examples::ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 900,
    "refresh_token": examples::REFRESH_TOKEN
}))]
pub struct SessionTokens {
    /// A JWT. Send it as `Authorization: Bearer …`.
    #[schema(format = "jwt")]
    access_token: String,
    token_type: TokenType,
    /// Seconds until the access token expires.
    #[schema(minimum = 1, examples(900))]
    expires_in: i64,
    /// Exchange it at `/auth/refresh` for new tokens, once: a second use ends the session.
    refresh_token: String,
}

/// Log in
///
/// A failed log-in to an existing account is an entry in the log of its user.
#[utoipa::path(post, path = "/auth/login", tag = "Session", request_body = LogInRequest,
    security(()),
    responses(
        (status = 200, description = "The tokens of the new session.", body = SessionTokens),
        (status = 401, description = "`unauthenticated`: the e-mail address or the password is wrong.",
            body = crate::api::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn log_in(
    posted: IdempotentPost,
    db: web::Data<Db>,
    passwords: web::Data<Passwords>,
    tokens: web::Data<Tokens>,
    days: web::Data<SessionDays>,
    attempts: LogInAttempts,
    Body(body): Body<LogInRequest>,
) -> Result<HttpResponse> {
    // All spellings of an address are one account; a text that is no address is one of its own.
    let address = body.email.parse::<EmailAddress>().ok();
    let account = address.as_ref().map_or(body.email.as_str(), EmailAddress::key);
    let (place, attempt) = attempts.count_password(&db, &passwords, account).await?;
    let wrong =
        || Error::new(Code::Unauthenticated, "The e-mail address or the password is wrong.");
    let user = db.read(move |conn| match address {
        Some(address) => store::users::by_email(conn, &address),
        None => Ok(None),
    });
    let user = user.await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let matches = passwords.verify(place, body.password, hash.clone()).await?;
    let refresh_token = new_refresh_token()?;
    let refresh_hash = token_hash(&refresh_token);
    let reply = tokens_reply(&db, &tokens, refresh_token, wrong);
    // From here on too, an unknown account costs as much as a known one.
    let Some(user) = user.map(|user| user.id) else {
        let change = LogInUnknown { name: refresh_hash };
        return posted.apply(&db, Credentials::None, change, reply).await;
    };
    let verified = hash.filter(|_| matches);
    let change = LogIn { user, days: **days, verified, refresh_hash, attempt };
    posted.apply(&db, Credentials::None, change, reply).await
}

/// Get new tokens for a session
///
/// A refresh token is valid once. Used again, it ends the session, because somebody has a copy of it.
#[utoipa::path(post, path = "/auth/refresh", tag = "Session", request_body = RefreshRequest,
    security(()),
    responses(
        (status = 200, description = "The new tokens of the session.", body = SessionTokens),
        (status = 401, description = "`invalid_token`: the refresh token is used, expired or unknown.",
            body = crate::api::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn refresh_session(
    posted: IdempotentPost,
    db: web::Data<Db>,
    tokens: web::Data<Tokens>,
    days: web::Data<SessionDays>,
    Body(body): Body<RefreshRequest>,
) -> Result<HttpResponse> {
    let refresh_token = new_refresh_token()?;
    let change = Refresh {
        old_hash: token_hash(&body.refresh_token),
        new_hash: token_hash(&refresh_token),
        days: **days,
    };
    let reused = || {
        let text = "The refresh token was used before. The session has ended; log in again.";
        Error::new(Code::InvalidToken, text)
    };
    let reply = tokens_reply(&db, &tokens, refresh_token, reused);
    posted.apply(&db, Credentials::None, change, reply).await
}

/// Makes the reply with the tokens of a session; where there is none, the error.
fn tokens_reply(
    db: &Db,
    tokens: &Tokens,
    refresh_token: String,
    none: impl Fn() -> Error + Send + 'static,
) -> impl Fn(Option<Live>) -> Result<Reply> + Send + 'static {
    let (clock, tokens) = (db.clock().clone(), tokens.clone());
    move |live| {
        let (live, now) = (live.ok_or_else(&none)?, clock.now());
        let tokens = SessionTokens {
            access_token: tokens.issue(live.user, live.session, now, live.ends_at)?,
            token_type: TokenType::Bearer,
            expires_in: access_token_seconds(now, live.ends_at),
            refresh_token: refresh_token.clone(),
        };
        Ok(Reply::ok(&tokens)?.secret())
    }
}

/// Log out
///
/// Ends the session of the token.
#[utoipa::path(post, path = "/auth/logout", tag = "Session",
    responses((status = 204, description = "The session has ended.")))]
pub async fn log_out(ctx: Ctx, _: Body<Nothing>) -> Result<HttpResponse> {
    ctx.post(LogOut, |()| Ok(Reply::no_content())).await
}
