//! Who asks: the Bearer token of a request (RFC 6750), ours or the identity provider's.

use actix_web::{HttpMessage, HttpRequest, web};
use futures_util::future::{Either, Ready, ready};

use super::{bearer, box_future::BoxFuture};
use crate::{
    auth::{
        oidc::{IdentityProvider, Subject},
        tokens::is_own,
    },
    config::UserField,
    db::database::Db,
    domain::{
        policy::{Credentials, Needs},
        timestamp::Timestamp,
    },
    error::{Error, Result},
    store,
};

/// What a request shows. Our own tokens are told at once, because most are; for another one its
/// issuer's keys and the user have to be looked for.
pub type Shown = Either<Ready<Result<Credentials>>, BoxFuture<Credentials>>;

/// Reads and checks the token of a request. Whether its session or its user are still good, only
/// the database knows.
pub fn authenticate(request: &HttpRequest, db: &web::Data<Db>) -> Shown {
    let now = db.clock().now();
    if let Some(provider) = provider(request)
        && let Ok(token) = bearer::token(request.headers())
        && !is_own(token)
    {
        let known = request.extensions().get::<Subject>().cloned();
        let (provider, db, token) = (provider.clone(), db.clone(), token.to_owned());
        return Either::Right(Box::pin(async move {
            let subject = match known {
                Some(subject) => subject,
                None => provider.verify(&token, now).await?,
            };
            user_of(&db, subject).await
        }));
    }
    let needs = request.extensions().get::<Needs>().copied().unwrap_or(Needs::Session);
    Either::Left(ready(bearer::credentials(request, now).map(|it| it.needing(needs))))
}

/// Whom the identity provider's token of a request speaks of, if its keys are known: remembered, so
/// that it is looked at once.
pub fn known_subject(request: &HttpRequest, now: Timestamp) -> Option<Subject> {
    let token = bearer::token(request.headers()).ok().filter(|token| !is_own(token))?;
    let subject = provider(request)?.verify_by_known_keys(token, now)?;
    request.extensions_mut().insert(subject.clone());
    Some(subject)
}

fn provider(request: &HttpRequest) -> Option<&IdentityProvider> {
    request.app_data::<web::Data<Option<IdentityProvider>>>()?.as_ref().as_ref()
}

/// The user whom the identity provider's token speaks of. That there is none is no different from
/// a token that is not good.
async fn user_of(db: &Db, Subject { field, value }: Subject) -> Result<Credentials> {
    let found = db.read(move |conn| match field {
        UserField::Email => store::users::by_email(conn, &value),
        UserField::EmployeeId => store::users::by_employee_id(conn, &value),
    });
    let user = found.await?.ok_or_else(Error::invalid_token)?;
    Ok(Credentials::External(user.id))
}
