//! Requests that are made once, however often they are sent (`Idempotency-Key`, an IETF draft of
//! the HTTPAPI working group).

use super::{Change, run};
use crate::{
    access::caller::caller,
    db::database::Db,
    domain::policy::Credentials,
    error::{Code, Result},
    journal::recorded::{Recorded, Unlogged},
    store::{self, idempotency::Once},
};

/// The answer to a request that has a key.
pub enum Answered<A> {
    /// It was made now: the answer, or why there is none.
    Now(Result<A>),
    /// It was made before: this is what was answered, sealed.
    Before(Vec<u8>),
}

/// Makes a change, and keeps the answer, in one transaction; or finds the answer that was kept.
///
/// `answer` makes the answer of what the change came to, and `seal` makes what is kept of it:
/// nothing, if the request may be made anew.
///
/// # Errors
/// As [`super::apply`]; `idempotency_key_reused` and `idempotency_in_flight`.
pub async fn apply_once<C, A>(
    db: &Db,
    credentials: Credentials,
    once: Once,
    change: C,
    answer: impl Fn(C::Output) -> Result<A> + Send + 'static,
    seal: impl Fn(&A) -> Result<Option<Vec<u8>>> + Send + 'static,
) -> Result<Answered<A>>
where
    C: Change,
    A: Send + 'static,
{
    db.transact(move |tx| {
        let caller = match caller(tx.read(), credentials) {
            // Whoever logged out is out: the same request again gets the same answer all the same.
            Err(error) if C::ENDS_SESSION && error.code == Code::InvalidToken => {
                let before = store::idempotency::find(tx, &once)?.ok_or(error)?;
                return Ok(Recorded::unchanged(Answered::Before(before)));
            }
            caller => caller?,
        };
        if let Some(before) = store::idempotency::find(tx, &once)? {
            return Ok(Recorded::unchanged(Answered::Before(before)));
        }
        let recorded = run(tx, &caller, &change)?.map(&answer);
        // What changed nothing, or was refused, may be asked for anew. A refusal is no error of
        // the transaction: the log may tell of what was tried.
        if recorded.is_change()
            && let Ok(answer) = recorded.output()
            && let Some(kept) = seal(answer)?
        {
            store::idempotency::keep(tx, &once, kept)?;
        }
        Ok(recorded.map(Answered::Now))
    })
    .await
}

/// Begins a request of several transactions: it is running from now on, for every replica. Gives
/// the answer that was kept, if it was made before.
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

/// Ends a request that [`begin`] began: with the answer to be kept, or with nothing, so that it may
/// be made anew.
///
/// # Errors
/// Of the database.
pub async fn end(db: &Db, once: Once, answer: Option<Vec<u8>>) -> Result<()> {
    db.transact(move |tx| {
        match &answer {
            Some(answer) => store::idempotency::keep(tx, &once, answer.clone())?,
            None => store::idempotency::forget(tx, &once)?,
        }
        Ok(Recorded::unlogged(Unlogged::Housekeeping, ()))
    })
    .await
}

/// Forgets the answers that were kept long enough; says how many there were.
///
/// # Errors
/// Of the database.
pub async fn forget_expired(db: &Db) -> Result<usize> {
    db.transact(|tx| {
        Ok(Recorded::unlogged(Unlogged::Housekeeping, store::idempotency::forget_expired(tx)?))
    })
    .await
}
