//! Background work of the service: expiry of certifications, clean-up, heartbeats for read replicas,
//! the order of the ledger, and what others get to know of its head.

use std::time::Duration;

use crate::{changes, db::database::Db, error::Result, store::ledger::heads::LedgerHeads};

pub mod witness;

/// Starts the work that every replica does, on the runtime of this thread.
pub fn start(db: &Db) {
    actix_web::rt::spawn(expire_certifications(db.clone()));
    actix_web::rt::spawn(delete_expired(db.clone()));
}

/// The time between two searches for due certifications: they expire within 60 s.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(15);

/// Expires due certifications. The first search comes at once, and includes what came due while the
/// service was down.
async fn expire_certifications(db: Db) {
    loop {
        match changes::certifications::expire_due(&db).await {
            Ok(0) => {}
            Ok(expired) => log::info!("{expired} certifications expired"),
            Err(error) => log::warn!("certifications could not be expired: {error}"),
        }
        actix_web::rt::time::sleep(EXPIRY_INTERVAL).await;
    }
}

/// The time between two heartbeats.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);

/// Writes heartbeats. The service stops reading from a read replica whose heartbeat is old.
pub async fn send_heartbeats(db: Db) {
    loop {
        actix_web::rt::time::sleep(HEARTBEAT_INTERVAL).await;
        if let Err(error) = db.heartbeat().await {
            log::warn!("the heartbeat for read replicas could not be written: {error}");
        }
    }
}

/// The time between two clean-ups. It makes no difference to a caller when they happen.
const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(60);

/// Deletes expired replies of idempotent requests, and ended counts of log-in attempts.
async fn delete_expired(db: Db) {
    loop {
        if let Err(error) = changes::idempotency::forget_expired(&db).await {
            log::warn!("expired replies could not be deleted: {error}");
        }
        if let Err(error) = changes::attempts::forget_ended(&db).await {
            log::warn!("ended counts of log-ins could not be deleted: {error}");
        }
        actix_web::rt::time::sleep(CLEAN_UP_INTERVAL).await;
    }
}

/// The longest time until records of other replicas, or of a killed one, are looked for.
const SEQUENCER_INTERVAL: Duration = Duration::from_millis(250);

/// How long records are gathered after one was written: many get their positions in one transaction.
const SEQUENCER_PAUSE: Duration = Duration::from_millis(20);

/// The pause after the sequencer failed.
const SEQUENCER_RETRY: Duration = Duration::from_secs(1);

/// Gives records of the ledger their positions, and tells those who follow the ledger that it has grown:
/// one look at it serves all of them.
pub async fn sequence_ledger(db: Db) {
    loop {
        db.records_written(SEQUENCER_INTERVAL).await;
        if !db.url().is_sqlite() {
            actix_web::rt::time::sleep(SEQUENCER_PAUSE).await;
        }
        loop {
            match db.sequence().await {
                Ok(sequenced) => {
                    if let Some(size) = sequenced.size {
                        db.tell_of_ledger_size(size);
                    }
                    if !sequenced.more {
                        break;
                    }
                }
                Err(error) => {
                    log::warn!("the records of the ledger could not be sequenced: {error}");
                    actix_web::rt::time::sleep(SEQUENCER_RETRY).await;
                    break;
                }
            }
        }
    }
}

/// The time between two lines about the head of the ledger, while it grows.
const HEAD_INTERVAL: Duration = Duration::from_secs(600);

/// Writes size and root of the ledger to the log at start, and then while it grows. The log is a copy
/// that the database's owner may not be able to change.
pub async fn log_ledger_heads(db: Db, heads: LedgerHeads) {
    let mut last = None;
    loop {
        match log_ledger_head(&db, &heads, last).await {
            Ok(size) => last = Some(size),
            Err(error) => log::warn!("the head of the ledger could not be read: {error}"),
        }
        actix_web::rt::time::sleep(HEAD_INTERVAL).await;
    }
}

/// Writes size and root of the ledger to the log, unless it has the `last` size still.
///
/// # Errors
/// `unavailable` where the database is away.
pub async fn log_ledger_head(db: &Db, heads: &LedgerHeads, last: Option<u64>) -> Result<u64> {
    let heads = heads.clone();
    let head = db.read_much(move |conn| heads.present(conn)).await?;
    if last != Some(head.size) {
        let root = head.root.to_base64();
        log::info!("ledger origin={} size={} root={root}", head.origin, head.size);
    }
    Ok(head.size)
}
