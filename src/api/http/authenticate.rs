//! The credentials of a request, from its Bearer token (RFC 6750): one of ours, or one of the
//! identity provider.

use actix_web::{HttpMessage, HttpRequest, web};
use futures_util::future::{Either, Ready, ready};

use super::{bearer, box_future::BoxFuture, logged_caller::note_user};
use crate::{
    auth::{
        oidc::{IdentityProvider, Subject},
        tokens::is_own,
    },
    config::oidc::UserField,
    db::database::Db,
    domain::{
        ids::UserId,
        policy::{Credentials, Needs},
        timestamp::Timestamp,
    },
    error::{Error, Result},
    store,
};

/// Credentials now or later. Most tokens are ours and need no waiting; others need the keys of
/// their issuer, and a user from the database.
pub type CredentialsFuture = Either<Ready<Result<Credentials>>, BoxFuture<Credentials>>;

/// Reads and checks the token of a request. Whether its session or its user is still active, only
/// the database knows.
pub fn authenticate(request: &HttpRequest, db: &web::Data<Db>) -> CredentialsFuture {
    let now = db.clock().now();
    if let Some(provider) = provider(request)
        && let Ok(token) = bearer::token(request.headers())
        && !is_own(token)
    {
        let verified = request.extensions().get::<Subject>().cloned();
        let (provider, db, token) = (provider.clone(), db.clone(), token.to_owned());
        let request = request.clone();
        return Either::Right(Box::pin(async move {
            let subject = match verified {
                Some(subject) => subject,
                None => provider.verify(&token, now).await?,
            };
            let user = find_user(&db, subject).await?;
            note_user(&request, user);
            Ok(Credentials::External(user))
        }));
    }
    let needs = request.extensions().get::<Needs>().copied().unwrap_or(Needs::Session);
    Either::Left(ready(bearer::credentials(request, now).map(|it| it.needing(needs))))
}

/// The subject of the identity provider's token, if its keys are cached. The request keeps it, so
/// that the token is verified once.
pub fn subject_from_cached_keys(request: &HttpRequest, now: Timestamp) -> Option<Subject> {
    let token = bearer::token(request.headers()).ok().filter(|token| !is_own(token))?;
    let subject = provider(request)?.verify_with_cached_keys(token, now)?;
    request.extensions_mut().insert(subject.clone());
    Some(subject)
}

fn provider(request: &HttpRequest) -> Option<&IdentityProvider> {
    request.app_data::<web::Data<Option<IdentityProvider>>>()?.as_ref().as_ref()
}

/// The user that a subject stands for. An unknown one looks like an invalid token.
async fn find_user(db: &Db, Subject { field, value }: Subject) -> Result<UserId> {
    let found = db.read(move |conn| match field {
        UserField::Email => match value.parse() {
            Ok(address) => store::users::by_email(conn, &address),
            Err(_) => Ok(None),
        },
        UserField::EmployeeId => store::users::by_employee_id(conn, &value),
    });
    Ok(found.await?.ok_or_else(Error::invalid_token)?.id)
}
