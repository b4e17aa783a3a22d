//! Responses that are kept, to be sent again for the same `Idempotency-Key`.

use diesel::{dsl::sql, prelude::*, sql_types::Bool};

use crate::{
    db::{connection::AnyConnection, schema::idempotency_keys},
    domain::timestamp::Timestamp,
    error::{Code, Error, Result},
    journal::tx::Tx,
};

/// Seconds for which a response is kept.
const KEPT_SECONDS: i64 = 24 * 3600;

/// Seconds after which an unfinished request of several transactions counts as dead: its process was
/// killed.
const RUNNING_SECONDS: i64 = 15 * 60;

/// What makes a request the same as another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// A hash of the caller and the key that they chose.
    pub key: String,
    /// A mark of method, path and body.
    pub fingerprint: String,
    /// The mark that they had before the secret of the service was changed, if it was.
    pub earlier_fingerprint: Option<String>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = idempotency_keys)]
struct Row {
    key: String,
    fingerprint: String,
    response: Option<Vec<u8>>,
    expires_at: Timestamp,
}

/// The response to this request, sealed; none if it is the first one. The key is locked until the
/// transaction ends.
///
/// # Errors
/// `idempotency_key_reused` if the key was used for another request, `idempotency_in_flight`
/// if the first one is still running.
pub fn find(tx: &mut Tx<'_>, once: &Once) -> Result<Option<Vec<u8>>> {
    lock_exclusive(tx, &once.key)?;
    let now = tx.now();
    let row = idempotency_keys::table
        .find(&once.key)
        .filter(idempotency_keys::expires_at.gt(now))
        .first::<Row>(tx.read())
        .optional()?;
    match row {
        None => Ok(None),
        Some(row)
            if row.fingerprint != once.fingerprint
                && Some(&row.fingerprint) != once.earlier_fingerprint.as_ref() =>
        {
            let text = "This Idempotency-Key was used for another request. Take a new one.";
            Err(Error::new(Code::IdempotencyKeyReused, text))
        }
        Some(Row { response: None, .. }) => Err(in_flight()),
        Some(Row { response, .. }) => Ok(response),
    }
}

/// The first request with this key has not come to its end.
pub fn in_flight() -> Error {
    let text = "The first request with this Idempotency-Key is still running. Ask again shortly.";
    Error::new(Code::IdempotencyInFlight, text)
}

/// Locks the key until the transaction ends, on PostgreSQL. SQLite has one writer, so it needs no lock.
///
/// # Errors
/// `idempotency_in_flight` if another request with the key has the lock.
fn lock_exclusive(tx: &mut Tx<'_>, key: &str) -> Result<()> {
    let AnyConnection::Postgres(conn) = tx.read() else { return Ok(()) };
    // The key is a hash: sixteen of its digits are a number of 64 bits.
    let digits = key.get(..16).unwrap_or_default();
    let number = u64::from_str_radix(digits, 16).map_err(Error::internal)?.cast_signed();
    let lock = diesel::select(sql::<Bool>(&format!("pg_try_advisory_xact_lock({number})")));
    if lock.get_result::<bool>(conn)? { Ok(()) } else { Err(in_flight()) }
}

/// Keeps the response to a request for a day.
pub fn keep(tx: &mut Tx<'_>, once: &Once, response: Vec<u8>) -> Result<()> {
    put(tx, once, Some(response), KEPT_SECONDS)
}

/// Says that a request of several transactions is running.
pub fn claim(tx: &mut Tx<'_>, once: &Once) -> Result<()> {
    put(tx, once, None, RUNNING_SECONDS)
}

fn put(tx: &mut Tx<'_>, once: &Once, response: Option<Vec<u8>>, seconds: i64) -> Result<()> {
    let expires_at = tx.now().plus_seconds(seconds);
    let Once { key, fingerprint, .. } = once.clone();
    forget(tx, once)?;
    let row = Row { key, fingerprint, response, expires_at };
    diesel::insert_into(idempotency_keys::table).values(row).execute(tx.write())?;
    Ok(())
}

/// Forgets a request, so that it may be made anew.
pub fn forget(tx: &mut Tx<'_>, once: &Once) -> Result<()> {
    diesel::delete(idempotency_keys::table.find(&once.key)).execute(tx.write())?;
    Ok(())
}

/// Forgets what has been kept long enough; says how many there were.
pub fn forget_expired(tx: &mut Tx<'_>) -> Result<usize> {
    let now = tx.now();
    let over = idempotency_keys::table.filter(idempotency_keys::expires_at.le(now));
    Ok(diesel::delete(over).execute(tx.write())?)
}
