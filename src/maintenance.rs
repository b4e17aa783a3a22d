//! What runs in the background for as long as the service does.

use std::time::Duration;

use crate::{changes, db::database::Db};

/// Starts all of it, on the runtime of this thread.
pub fn start(db: &Db) {
    actix_web::rt::spawn(expire_certifications(db.clone()));
    actix_web::rt::spawn(delete_expired(db.clone()));
}

/// How often certifications that are due are looked for: well below the 60 s of the contract.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(15);

/// Expires certifications at their time, for as long as the service runs. The first look comes at
/// once, and catches up with what came due while the service was down.
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

/// How often the service shows that it is there: a read replica in which that stands still is not
/// asked any more.
const BEAT_INTERVAL: Duration = Duration::from_secs(15);

/// Beats, for as long as the service runs.
pub async fn beat(db: Db) {
    loop {
        actix_web::rt::time::sleep(BEAT_INTERVAL).await;
        if let Err(error) = db.heartbeat().await {
            log::warn!("what a read replica is known by could not be written: {error}");
        }
    }
}

/// How often is forgotten what nobody is held to any more: answers that were kept long enough, and
/// counts of log-ins that have ended. Whether it is forgotten yet makes no difference to anybody.
const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(60);

/// Forgets what is over, for as long as the service runs.
async fn delete_expired(db: Db) {
    loop {
        if let Err(error) = changes::idempotency::forget_expired(&db).await {
            log::warn!("old answers could not be forgotten: {error}");
        }
        if let Err(error) = changes::attempts::forget_ended(&db).await {
            log::warn!("ended counts of log-ins could not be forgotten: {error}");
        }
        actix_web::rt::time::sleep(CLEAN_UP_INTERVAL).await;
    }
}
