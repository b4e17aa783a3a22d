//! Extractors: they turn the outside into types, or into a clear error.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, web};
use futures_util::future::{Either, Ready, ready};
use serde::de::DeserializeOwned;

use super::{idempotency::Posted, reply::Answer};
use crate::{
    access::{caller::caller, users::caller_who_sees},
    api::session::authenticate::authenticate,
    changes::{self, Change},
    db::{
        database::Db,
        reader::Reader,
        replica::{Listed, Listing},
    },
    domain::{
        ids::UserId,
        policy::{Caller, Credentials},
    },
    error::{Error, Result},
};

/// Something that will be there, or an error.
pub type Boxed<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// A request with a valid access token: what it may do is asked when it does it.
pub struct Ctx {
    db: web::Data<Db>,
    credentials: Credentials,
    request: HttpRequest,
}

impl Ctx {
    /// Makes a change as the caller.
    ///
    /// # Errors
    /// `invalid_token` where the session has ended; whatever the change answers.
    pub async fn apply<C: Change>(&self, change: C) -> Result<C::Output> {
        changes::apply(&self.db, self.credentials, change).await
    }

    /// Makes a change as the caller and answers it: a `POST`, which may have an `Idempotency-Key`.
    ///
    /// # Errors
    /// As [`Self::apply`]; `idempotency_key_reused` and `idempotency_in_flight`.
    pub async fn post<C: Change>(
        &self,
        change: C,
        answer: impl Fn(C::Output) -> Result<Answer> + Send + 'static,
    ) -> Result<HttpResponse> {
        Posted::of(&self.request).apply(&self.db, self.credentials, change, answer).await
    }

    /// Does what is more than one change, and answers it: a `POST`, which may have an
    /// `Idempotency-Key`.
    ///
    /// # Errors
    /// Whatever `work` answers; `idempotency_key_reused` and `idempotency_in_flight`.
    pub async fn perform<F>(&self, work: impl FnOnce(Db, Credentials) -> F) -> Result<HttpResponse>
    where
        F: Future<Output = Result<Answer>>,
    {
        let work = work(self.db.get_ref().clone(), self.credentials);
        Posted::of(&self.request).perform(&self.db, self.credentials, work).await
    }

    /// Reads something small as the caller.
    ///
    /// # Errors
    /// `invalid_token` where the session has ended; whatever `work` answers.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>, &Caller) -> Result<T> + Send + 'static,
    {
        self.db.read(as_caller(self.credentials, work)).await
    }

    /// Reads a part of a list as the caller: `gate` lets him in, or says what of it he may see, and
    /// `work` reads. `work` may be done by a read replica, `gate` is not.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn list<G, T>(
        &self,
        how: Listing,
        gate: impl FnOnce(&mut Reader<'_>, &Caller) -> Result<G> + Send + 'static,
        work: impl Fn(&mut Reader<'_>, &G) -> Result<T> + Send + Sync + 'static,
    ) -> Result<Listed<T>>
    where
        G: Send + Sync + 'static,
        T: Send + 'static,
    {
        let gate = as_caller(self.credentials, move |reader, caller| {
            Ok((caller.id(), gate(reader, caller)?))
        });
        self.db.list(how, gate, work).await
    }

    /// The same, of a list of things of a user: whoever may see him is let in.
    ///
    /// # Errors
    /// As [`caller_who_sees`]; whatever `work` answers.
    pub async fn list_of_user<T>(
        &self,
        how: Listing,
        user: UserId,
        work: impl Fn(&mut Reader<'_>) -> Result<T> + Send + Sync + 'static,
    ) -> Result<Listed<T>>
    where
        T: Send + 'static,
    {
        let credentials = self.credentials;
        let gate = move |reader: &mut Reader<'_>| {
            let caller = caller_who_sees(reader, credentials, user)?;
            Ok((caller.id(), ()))
        };
        self.db.list(how, gate, move |reader, ()| work(reader)).await
    }
}

/// The same work, for a connection alone: it asks first who the caller is now.
fn as_caller<T>(
    credentials: Credentials,
    work: impl FnOnce(&mut Reader<'_>, &Caller) -> Result<T>,
) -> impl FnOnce(&mut Reader<'_>) -> Result<T> {
    move |conn| {
        let caller = caller(conn, credentials)?;
        work(conn, &caller)
    }
}

impl FromRequest for Ctx {
    type Error = Error;
    type Future = Authenticated;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let db = request.app_data::<web::Data<Db>>().cloned();
        let Some(db) = db else {
            return Either::Left(ready(Err(Error::internal("no database in the app"))));
        };
        let request = request.clone();
        match authenticate(&request, &db) {
            Either::Left(shown) => {
                let shown = shown.into_inner();
                Either::Left(ready(shown.map(|credentials| Self { db, credentials, request })))
            }
            Either::Right(shown) => Either::Right(Box::pin(async move {
                let credentials = shown.await?;
                Ok(Self { db, credentials, request })
            })),
        }
    }
}

/// A context, now or later.
type Authenticated = Either<Ready<Result<Ctx>>, Boxed<Ctx>>;

/// The parameters of the path. One that can't be an id is of nothing that there is.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parsed = web::Path::<T>::extract(request).into_inner();
        ready(parsed.map(|path| Self(path.into_inner())).map_err(|_| Error::not_found()))
    }
}

/// The query, as `T` reads it. Names that the operation does not have were refused before.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse_query(request.query_string()).map(Self))
    }
}

fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let deserializer = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let name = error.path().to_string();
        Error::invalid_parameter(&name, "invalid", format!("{name}: {}.", error.inner()))
    })
}

/// The pairs of a query, decoded as `application/x-www-form-urlencoded`.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}
