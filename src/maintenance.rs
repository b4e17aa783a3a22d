//! Background work of the service: expiry of certifications, clean-up, heartbeats for read replicas.

use std::time::Duration;

use crate::{changes, db::database::Db};

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
