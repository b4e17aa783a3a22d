//! `/me/password`: users change their own password.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    api::{
        http::{
            body::Body,
            endpoint::{Endpoint, endpoint},
            extract::Ctx,
            new_password,
            problem::Problem,
        },
        limits::log_ins::LogInAttempts,
    },
    auth::{password_rules::Owner, passwords::Passwords},
    changes::passwords::{ChangeOwnPassword, wrong_password},
    db::database::Db,
    domain::limits::{PASSWORD_MAX, PASSWORD_MIN},
    error::{Error, Result},
    store,
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(change_own_password)]
}

/// The present password, and the new one.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "current_password": "a password of last year", "new_password": "correct horse battery staple"
}))]
pub struct PasswordChange {
    #[validate(length(min = 1, max = PASSWORD_MAX))]
    #[schema(min_length = 1, max_length = 128, format = "password")]
    current_password: String,
    /// None of the commonest, and without the user's e-mail address or name.
    #[validate(length(min = PASSWORD_MIN, max = PASSWORD_MAX))]
    #[schema(format = "new-password")]
    new_password: String,
}

/// Change your own password
///
/// Ends all other sessions of the caller. A wrong present password counts like a log-in, with the
/// same limit. API clients have no password.
#[utoipa::path(put, path = "/me/password", tag = "Session", request_body = PasswordChange,
    responses(
        (status = 204, description = "The password is changed."),
        (status = 409, description = "`conflict`: the caller has no password here.",
            body = Problem, content_type = "application/problem+json")))]
pub async fn change_own_password(
    ctx: Ctx,
    db: web::Data<Db>,
    passwords: web::Data<Passwords>,
    attempts: LogInAttempts,
    Body(body): Body<PasswordChange>,
) -> Result<HttpResponse> {
    let user = ctx.read(|conn, caller| {
        store::users::get(conn, caller.id().ok_or_else(Error::invalid_token)?)
    });
    let user = user.await?;
    let hash = user.password_hash.ok_or_else(|| {
        Error::conflict("You have no password here. An administrator can set the first one.")
    })?;
    // The same account as at log-in, so that nobody tries passwords here instead.
    let account = user.email_key.unwrap_or_else(|| user.id.to_string());
    let owner = Owner { email: user.email, given_name: user.given_name, surname: user.surname };
    new_password::check("/new_password", &body.new_password, &owner)?;
    let (place, _) = attempts.count_password(&db, &passwords, &account).await?;
    if !passwords.verify(place.clone(), body.current_password, Some(hash.clone())).await? {
        return Err(wrong_password());
    }
    let new_hash = passwords.hash_in(place, body.new_password).await?;
    ctx.apply(ChangeOwnPassword { verified: hash, new_hash }).await?;
    Ok(HttpResponse::NoContent().finish())
}
