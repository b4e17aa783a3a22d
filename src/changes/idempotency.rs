//! Requests that take effect once, however often they are sent (`Idempotency-Key`, a draft of the
//! IETF's HTTPAPI working group).

use super::{Change, authorize_in};
use crate::{
    access::caller::caller,
    db::database::Db,
    domain::policy::Credentials,
    error::{Code, Result},
    journal::recorded::{Recorded, Unlogged},
    store::{self, idempotency::Once},
};

/// The reply to a request with a key.
pub enum Reply<A> {
    /// The request took effect now: the new reply, or its error.
    New(Result<A>),
    /// The request took effect before: the reply that was kept, sealed.
    Kept(Vec<u8>),
}

/// Makes a change and keeps the reply, in one transaction; or returns the reply that was kept.
///
/// Whether the caller may make the change is asked each time. `reply` makes the reply from the output
/// of the change. `seal` makes what is kept of it; `None` if the request may be repeated.
///
/// # Errors
/// As [`super::apply`]; `idempotency_key_reused` and `idempotency_in_flight`.
pub async fn apply_once<C, A>(
    db: &Db,
    credentials: Credentials,
    once: Once,
    change: C,
    reply: impl Fn(C::Output) -> Result<A> + Send + 'static,
    seal: impl Fn(&A) -> Result<Option<Vec<u8>>> + Send + 'static,
) -> Result<Reply<A>>
where
    C: Change,
    A: Send + 'static,
{
    db.transact(move |tx| {
        let caller = match caller(tx.read(), credentials) {
            // After a log-out the session is over, and the same request still gets the same reply.
            Err(error) if C::ENDS_SESSION && error.code == Code::InvalidToken => {
                let before = store::idempotency::find(tx, &once)?.ok_or(error)?;
                return Ok(Recorded::unchanged(Reply::Kept(before)));
            }
            caller => caller?,
        };
        authorize_in(tx, &caller, &change)?;
        // Only now: a caller who may no longer does not get the reply again.
        if let Some(before) = store::idempotency::find(tx, &once)? {
            return Ok(Recorded::unchanged(Reply::Kept(before)));
        }
        let recorded = change.apply(&caller, tx)?.map(&reply);
        // A request that changed nothing, or was refused, may be repeated. A refusal is no error of
        // the transaction, since the log may have an entry about the attempt.
        if recorded.is_change()
            && let Ok(reply) = recorded.output()
            && let Some(kept) = seal(reply)?
        {
            store::idempotency::keep(tx, &once, kept)?;
        }
        Ok(recorded.map(Reply::New))
    })
    .await
}

/// Starts a request of several transactions: every replica sees from now on that it is running. If
/// it took effect before, returns the reply that was kept.
///
/// # Errors
/// `invalid_token`, `idempotency_key_reused` and `idempotency_in_flight`.
pub async fn begin(db: &Db, credentials: Credentials, once: Once) -> Result<Option<Vec<u8>>> {
    db.transact(move |tx| {
        caller(tx.read(), credentials)?;
        if let Some(before) = store::idempotency::find(tx, &once)? {
            return Ok(Recorded::unchanged(Some(before)));
        }
        store::idempotency::claim(tx, &once)?;
        Ok(Recorded::unlogged(Unlogged::Housekeeping, None))
    })
    .await
}

/// Ends a request that [`begin`] started: with the reply to keep, or with `None`, so that it may be
/// repeated.
///
/// # Errors
/// `unavailable`.
pub async fn end(db: &Db, once: Once, reply: Option<Vec<u8>>) -> Result<()> {
    db.transact(move |tx| {
        match &reply {
            Some(reply) => store::idempotency::keep(tx, &once, reply.clone())?,
            None => store::idempotency::forget(tx, &once)?,
        }
        Ok(Recorded::unlogged(Unlogged::Housekeeping, ()))
    })
    .await
}

/// Deletes the replies whose time is over, and returns how many.
///
/// # Errors
/// `unavailable`.
pub async fn forget_expired(db: &Db) -> Result<usize> {
    db.transact(|tx| {
        Ok(Recorded::unlogged(Unlogged::Housekeeping, store::idempotency::forget_expired(tx)?))
    })
    .await
}
