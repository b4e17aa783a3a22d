//! Who asks: the Bearer token of a request (RFC 6750), ours or the identity provider's.

use actix_web::{HttpMessage, HttpRequest, http::header, web};
use futures_util::future::{Either, Ready, ready};

use super::extract::Boxed;
use crate::{
    auth::{
        oidc::{IdentityProvider, Subject},
        tokens::{Tokens, is_own},
    },
    config::UserField,
    db::Db,
    domain::policy::{Credentials, Needs},
    error::{Code, Error, Result},
    store,
};

/// What a request shows. Our own tokens are told at once, because most are; for another one its
/// issuer's keys and the user have to be looked for.
pub type Shown = Either<Ready<Result<Credentials>>, Boxed<Credentials>>;

/// Reads and checks the token of a request. Whether its session or its user are still good, only
/// the database knows.
pub fn authenticate(request: &HttpRequest, db: &web::Data<Db>) -> Shown {
    let token = match bearer(request) {
        Ok(token) => token,
        Err(error) => return Either::Left(ready(Err(error))),
    };
    let provider = request.app_data::<web::Data<Option<IdentityProvider>>>();
    if let Some(provider) = provider.and_then(|it| it.as_ref().as_ref())
        && !is_own(token)
    {
        let (provider, db, token) = (provider.clone(), db.clone(), token.to_owned());
        return Either::Right(Box::pin(async move { external(&provider, &db, &token).await }));
    }
    let needs = request.extensions().get::<Needs>().copied().unwrap_or(Needs::Session);
    let tokens = request.app_data::<web::Data<Tokens>>();
    let tokens = tokens.ok_or_else(|| Error::internal("no keys in the app"));
    let now = db.clock().now();
    Either::Left(ready(tokens.and_then(|tokens| tokens.verify(token, now, needs))))
}

fn bearer(request: &HttpRequest) -> Result<&str> {
    let missing = || Error::new(Code::Unauthenticated, "Send an access token as Bearer.");
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let value = values.next().and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") || values.next().is_some() {
        return Err(missing());
    }
    Ok(token.trim())
}

/// The user whom the identity provider's token speaks of. That there is none is no different from
/// a token that is not good.
async fn external(provider: &IdentityProvider, db: &Db, token: &str) -> Result<Credentials> {
    let Subject { field, value } = provider.verify(token, db.clock().now()).await?;
    let found = db.read(move |conn| match field {
        UserField::Email => store::users::by_email(conn, &value),
        UserField::EmployeeId => store::users::by_employee_id(conn, &value),
    });
    let user = found.await?.ok_or_else(Error::invalid_token)?;
    Ok(Credentials::External(user.id))
}
