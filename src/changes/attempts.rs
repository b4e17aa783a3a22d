//! Counts log-in attempts, before their credentials are checked.

use super::Change;
use crate::{
    db::database::Db,
    domain::{
        attempt::{ATTEMPTS, Attempt, CROWD_ATTEMPTS},
        policy::{Caller, Credentials},
        timestamp::Timestamp,
    },
    error::Result,
    journal::{
        recorded::{Recorded, Unlogged},
        tx::Tx,
    },
    store,
};

/// Counts an attempt, in a transaction of its own: it stays counted whether or not it succeeds.
pub struct CountAttempt(pub Attempt);

/// The fullest of the buckets that an attempt was counted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The bucket.
    pub bucket: String,
    /// The attempts in its window, including this one.
    pub attempts: i64,
    /// The most attempts in a window.
    pub ceiling: i64,
    /// The end of the window.
    pub ends_at: Timestamp,
}

impl Counted {
    /// Whether the attempt may go on.
    pub fn is_admitted(&self) -> bool {
        self.attempts <= self.ceiling
    }
}

impl Change for CountAttempt {
    type Output = Counted;

    fn authorize(&self, _: &Caller, _: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<Counted>> {
        let Attempt { address, account, place } = &self.0;
        let now = tx.now();
        if store::attempts::is_known(tx.read(), place, now)? {
            let by_place = count(tx, place, ATTEMPTS)?;
            if !by_place.is_admitted() {
                return Ok(Recorded::unlogged(Unlogged::Housekeeping, by_place));
            }
            let crowd = count(tx, &format!("{address} known"), CROWD_ATTEMPTS)?;
            return Ok(Recorded::unlogged(
                Unlogged::Housekeeping,
                if crowd.is_admitted() { by_place } else { crowd },
            ));
        }
        // Always the address first, so that no deadlock arises. An attempt that its address stops
        // does not count for the account.
        let by_address = count(tx, address, ATTEMPTS)?;
        if !by_address.is_admitted() {
            return Ok(Recorded::unlogged(Unlogged::Housekeeping, by_address));
        }
        let by_account = count(tx, account, ATTEMPTS)?;
        let fuller = by_account.attempts >= by_address.attempts;
        Ok(Recorded::unlogged(Unlogged::Housekeeping, if fuller { by_account } else { by_address }))
    }
}

fn count(tx: &mut Tx<'_>, bucket: &str, ceiling: i64) -> Result<Counted> {
    let (attempts, ends_at) = store::attempts::count(tx, bucket)?;
    Ok(Counted { bucket: bucket.to_owned(), attempts, ceiling, ends_at })
}

/// Deletes the counts of windows that have ended.
struct ForgetEnded;

impl Change for ForgetEnded {
    type Output = usize;

    fn authorize(&self, _: &Caller, _: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    fn apply(&self, _: &Caller, tx: &mut Tx<'_>) -> Result<Recorded<usize>> {
        Ok(Recorded::unlogged(Unlogged::Housekeeping, store::attempts::forget_ended(tx)?))
    }
}

/// Deletes the counts of windows that have ended, and returns how many. Without any, it writes
/// nothing.
///
/// # Errors
/// `unavailable`.
pub async fn forget_ended(db: &Db) -> Result<usize> {
    let now = db.clock().now();
    if db.read(move |conn| store::attempts::any_ended(conn, now)).await? {
        super::apply(db, Credentials::Service, ForgetEnded).await
    } else {
        Ok(0)
    }
}
