//! `/auth`, and `/me`.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    api::{
        http::{
            body::{Body, Nothing},
            endpoint::{Endpoint, endpoint},
            extract::Ctx,
            idempotency::Posted,
            reply::Answer,
        },
        limits::log_ins::Attempts,
    },
    auth::{
        passwords::Passwords,
        tokens::{Tokens, new_refresh_token, token_hash},
    },
    changes::sessions::{Live, LogIn, LogOut, Refresh},
    db::database::Db,
    domain::{
        examples,
        ids::UserId,
        limits::{EMAIL_MAX, PASSWORD_MAX, TOKEN_MAX},
        policy::{Act, Caller, Credentials, Identity, Relation},
        scope::{Scope, Scopes},
        session::ACCESS_TOKEN_SECONDS,
        text::{fold, words},
        user::{Role, UserKind},
    },
    error::{Code, Error, Result},
    store,
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(log_in), endpoint!(refresh_session), endpoint!(log_out), endpoint!(get_me)]
}

/// Who wants to log in.
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

/// Which session should go on.
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

words! {
    /// How the access token is sent.
    pub enum TokenType {
        /// As a Bearer token (RFC 6750).
        Bearer = "Bearer",
    }
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": examples::ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 900,
    "refresh_token": examples::REFRESH_TOKEN
}))]
pub struct SessionTokens {
    /// A JWT, to be sent as `Authorization: Bearer …`.
    #[schema(format = "jwt")]
    access_token: String,
    token_type: TokenType,
    /// Seconds until the access token expires.
    #[schema(minimum = 1, examples(900))]
    expires_in: i64,
    /// Exchange it at `/auth/refresh` for new tokens, once: a second use ends the session.
    refresh_token: String,
}

/// The caller.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": examples::ADMINISTRATOR, "name": "Cristiano Ferreira", "kind": "person",
    "role": "administrator", "scopes": null,
    "permissions": {
        "see_all_users": true, "change_all_users": true, "create_users": true,
        "change_roles": true, "add_notes": true, "edit_notes": true, "change_catalogue": true
    }
}))]
pub struct Me {
    id: UserId,
    #[schema(format = "full-name", examples("Cristiano Ferreira"))]
    name: String,
    kind: UserKind,
    role: Role,
    /// What the token is limited to; null where it is not limited.
    #[schema(required = true)]
    scopes: Option<Vec<Scope>>,
    permissions: Permissions,
}

/// What the caller may do to everybody and everything, whatever his relations add to it.
#[derive(Serialize, ToSchema)]
pub struct Permissions {
    /// See every profile and every log.
    see_all_users: bool,
    /// Change every profile, with its enrollments and plans.
    change_all_users: bool,
    create_users: bool,
    change_roles: bool,
    /// Add notes to every log.
    add_notes: bool,
    /// Edit every note.
    edit_notes: bool,
    /// Change courses and learning plans.
    change_catalogue: bool,
}

impl Permissions {
    fn of(caller: &Caller) -> Self {
        let relation = Relation::default();
        let scopes = caller.identity().and_then(Identity::scopes);
        let may = |scope, act| scopes.is_none_or(|it| it.contains(scope)) && caller.may(act);
        Self {
            see_all_users: may(Scope::UsersRead, Act::SeeUser(relation)),
            change_all_users: may(Scope::UsersWrite, Act::ChangeUser(relation)),
            create_users: may(Scope::UsersWrite, Act::CreateUser),
            change_roles: may(Scope::UsersWrite, Act::ChangeRole),
            add_notes: may(Scope::ActivityWrite, Act::AddNote(relation)),
            edit_notes: may(Scope::ActivityWrite, Act::EditNote { relation, own: false }),
            change_catalogue: may(Scope::LearningWrite, Act::ChangeCatalogue),
        }
    }
}

/// Log in
///
/// A failed log-in of a known account is an entry of its log.
#[utoipa::path(post, path = "/auth/login", tag = "Session", request_body = LogInRequest,
    security(()),
    responses(
        (status = 200, description = "The tokens of the new session.", body = SessionTokens),
        (status = 401, description = "`unauthenticated`: e-mail or password are wrong.",
            body = crate::api::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn log_in(
    posted: Posted,
    db: web::Data<Db>,
    passwords: web::Data<Passwords>,
    tokens: web::Data<Tokens>,
    attempts: Attempts,
    Body(body): Body<LogInRequest>,
) -> Result<HttpResponse> {
    let attempt = attempts.admit(&db, "user", &fold(&body.email)).await?;
    let wrong = || Error::new(Code::Unauthenticated, "E-mail or password are wrong.");
    let email = body.email;
    let user = db.read(move |conn| store::users::by_email(conn, &email)).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let matches = passwords.verify(body.password, hash.clone()).await?;
    let user = user.ok_or_else(wrong)?.id;
    let refresh_token = new_refresh_token()?;
    let refresh_hash = token_hash(&refresh_token);
    let change = LogIn { user, verified: hash.filter(|_| matches), refresh_hash, attempt };
    let answer = tokens_of(&db, &tokens, refresh_token, wrong);
    posted.apply(&db, Credentials::None, change, answer).await
}

/// Get new tokens for a session
///
/// The refresh token is used up. Used again, it ends the session: somebody has a copy of it.
#[utoipa::path(post, path = "/auth/refresh", tag = "Session", request_body = RefreshRequest,
    security(()),
    responses(
        (status = 200, description = "The new tokens of the session.", body = SessionTokens),
        (status = 401, description = "`invalid_token`: the token is used, expired or unknown.",
            body = crate::api::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn refresh_session(
    posted: Posted,
    db: web::Data<Db>,
    tokens: web::Data<Tokens>,
    Body(body): Body<RefreshRequest>,
) -> Result<HttpResponse> {
    let refresh_token = new_refresh_token()?;
    let change =
        Refresh { old_hash: token_hash(&body.refresh_token), new_hash: token_hash(&refresh_token) };
    let reused = || {
        let text = "The refresh token was used before. The session has ended; log in again.";
        Error::new(Code::InvalidToken, text)
    };
    let answer = tokens_of(&db, &tokens, refresh_token, reused);
    posted.apply(&db, Credentials::None, change, answer).await
}

/// Answers with the tokens of a session; where there is none, with an error.
fn tokens_of(
    db: &Db,
    tokens: &Tokens,
    refresh_token: String,
    none: impl Fn() -> Error + Send + 'static,
) -> impl Fn(Option<Live>) -> Result<Answer> + Send + 'static {
    let (clock, tokens) = (db.clock().clone(), tokens.clone());
    move |live| {
        let live = live.ok_or_else(&none)?;
        let answer = SessionTokens {
            access_token: tokens.issue(live.user, live.session, clock.now())?,
            token_type: TokenType::Bearer,
            expires_in: ACCESS_TOKEN_SECONDS,
            refresh_token: refresh_token.clone(),
        };
        Ok(Answer::ok(&answer)?.secret())
    }
}

/// Log out
///
/// Ends the session of the token.
#[utoipa::path(post, path = "/auth/logout", tag = "Session",
    responses((status = 204, description = "The session has ended.")))]
pub async fn log_out(ctx: Ctx, _: Body<Nothing>) -> Result<HttpResponse> {
    ctx.post(LogOut, |()| Ok(Answer::no_content())).await
}

/// Who am I?
///
/// The user of the token, with his role and what it allows on everybody and everything. Being a
/// supervisor, or a group permission, may allow more on single users.
#[utoipa::path(get, path = "/me", tag = "Session",
    responses((status = 200, description = "The caller.", body = Me)))]
pub async fn get_me(ctx: Ctx) -> Result<HttpResponse> {
    let me = ctx.read(|_, caller| {
        let identity = caller.identity().ok_or_else(Error::invalid_token)?;
        Ok(Me {
            id: identity.id,
            name: identity.name.clone(),
            kind: identity.kind,
            role: identity.role,
            scopes: identity.scopes().map(Scopes::to_vec),
            permissions: Permissions::of(caller),
        })
    });
    Ok(HttpResponse::Ok().json(me.await?))
}
