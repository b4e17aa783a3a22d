//! Extractors: they turn a request into types, or into a clear error.

use std::{future::Future, time::Duration};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, web};
use futures_util::future::{Either, Ready, ready};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{
    authenticate::authenticate, box_future::BoxFuture, gates::Gate, idempotency::IdempotentPost,
    reply::Reply,
};
use crate::{
    access::caller::caller,
    changes::{self, Change},
    db::{
        database::Db,
        lists::{ListOptions, ListPart},
        reader::Reader,
        reads::ReadSize,
        turns::Turn,
    },
    domain::policy::{Caller, Credentials},
    error::{Error, Result},
};

/// A request with a valid access token. What its caller may do is checked when they do it.
pub struct Ctx {
    pub(super) db: web::Data<Db>,
    pub(super) credentials: Credentials,
    pub(super) request: HttpRequest,
}

impl Ctx {
    /// Makes a change as the caller.
    ///
    /// # Errors
    /// `invalid_token` where the session has ended; those of the change.
    pub async fn apply<C: Change>(&self, change: C) -> Result<C::Output> {
        changes::apply(&self.db, self.credentials, change).await
    }

    /// Asks whether the caller may make a change. [`Self::apply`] asks again.
    ///
    /// # Errors
    /// `invalid_token` where the session has ended; those of [`Change::authorize`].
    pub async fn authorize<C: Change>(&self, change: C) -> Result<()> {
        changes::authorize(&self.db, self.credentials, change).await
    }

    /// Makes a change as the caller and replies: a `POST`, which may have an `Idempotency-Key`.
    ///
    /// # Errors
    /// As [`Self::apply`]; `idempotency_key_reused` and `idempotency_in_flight`.
    pub async fn post<C: Change>(
        &self,
        change: C,
        reply: impl Fn(C::Output) -> Result<Reply> + Send + 'static,
    ) -> Result<HttpResponse> {
        IdempotentPost::new(&self.request).apply(&self.db, self.credentials, change, reply).await
    }

    /// Does work of several changes, and replies: a `POST`, which may have an `Idempotency-Key`.
    ///
    /// # Errors
    /// Those of `work`; `idempotency_key_reused` and `idempotency_in_flight`.
    pub async fn perform<F>(&self, work: impl FnOnce(Db, Credentials) -> F) -> Result<HttpResponse>
    where
        F: Future<Output = Result<Reply>>,
    {
        let work = work(self.db.get_ref().clone(), self.credentials);
        IdempotentPost::new(&self.request).perform(&self.db, self.credentials, work).await
    }

    /// Reads something small as the caller.
    ///
    /// # Errors
    /// `invalid_token` where the session has ended; those of `work`.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>, &Caller) -> Result<T> + Send + 'static,
    {
        self.db.read(as_caller(self.credentials, work)).await
    }

    /// Reads something larger as the caller, when it is their turn.
    ///
    /// # Errors
    /// As [`Self::read`]; `rate_limited` where too many of the caller's reads wait; `unavailable`
    /// where the read takes too long.
    pub async fn read_in_turn<T, F>(&self, size: ReadSize, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>, &Caller) -> Result<T> + Send + 'static,
    {
        self.db.read_in_turn(self.turn_key(), size, as_caller(self.credentials, work)).await
    }

    /// Waits until the ledger has more records than `size`, for a while at most.
    pub async fn ledger_grown(&self, size: i64, at_most: Duration) {
        self.db.ledger_grown(size, at_most).await;
    }

    /// Reads a part of a list past a gate. A read replica may do the work; the gate asks the
    /// primary.
    ///
    /// # Errors
    /// As [`Gate::admit`]; whatever `work` returns.
    pub async fn list<S, T>(
        &self,
        options: ListOptions,
        gate: impl Gate<S>,
        work: impl Fn(&mut Reader<'_>, &S) -> Result<T> + Send + Sync + 'static,
    ) -> Result<ListPart<T>>
    where
        S: Send + Sync + 'static,
        T: Send + 'static,
    {
        let credentials = self.credentials;
        let gate = move |reader: &mut Reader<'_>| {
            let (caller, scope) = gate.admit(reader, credentials)?;
            Ok((caller.id(), scope))
        };
        self.db.list(self.turn_key(), options, gate, work).await
    }

    /// The right to export, until it is dropped.
    ///
    /// # Errors
    /// `rate_limited` while another export of the caller runs; `unavailable` while too many of all
    /// callers run.
    pub async fn begin_export(&self) -> Result<Turn> {
        self.db.begin_export(self.turn_key()).await
    }

    /// Whose turn the caller's reads take: all sessions of a user take turns with each other.
    fn turn_key(&self) -> Uuid {
        match self.credentials {
            Credentials::Session(user, _) | Credentials::External(user) => user.uuid(),
            Credentials::Client(_, client, ..) => client.uuid(),
            Credentials::None | Credentials::Service => Uuid::nil(),
        }
    }
}

/// Wraps work for the caller as work for a connection, which first finds out who the caller is now.
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
    type Future = CtxFuture;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let db = request.app_data::<web::Data<Db>>().cloned();
        let Some(db) = db else {
            return Either::Left(ready(Err(Error::internal("no database in the app"))));
        };
        let request = request.clone();
        match authenticate(&request, &db) {
            Either::Left(credentials) => {
                let credentials = credentials.into_inner();
                Either::Left(ready(credentials.map(|credentials| Self {
                    db,
                    credentials,
                    request,
                })))
            }
            Either::Right(credentials) => Either::Right(Box::pin(async move {
                let credentials = credentials.await?;
                Ok(Self { db, credentials, request })
            })),
        }
    }
}

/// A context now or later.
type CtxFuture = Either<Ready<Result<Ctx>>, BoxFuture<Ctx>>;

/// The parameters of the path. A value that can't be an id is not found.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parsed = web::Path::<T>::extract(request).into_inner();
        ready(parsed.map(|path| Self(path.into_inner())).map_err(|_| Error::not_found()))
    }
}

/// The query, read as `T`. Unknown names are refused before, by the rules of the operation.
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
