//! The limit of log-ins and token requests: ten a minute for an address and for an account, across
//! all replicas.
//!
//! Each attempt is counted in the database, before a password is hashed. One that comes to a good
//! end counts as well: it costs as much. Where an account was logged in to from an address lately,
//! that address has a bucket of its own for it: whoever tries it from elsewhere, or tries others
//! from there, can't lock its owner out.

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};
use futures_util::future::{Ready, ready};

use super::{
    fixed_window::Window,
    requests::{Limits, OfAttempt, Standing},
};
use crate::{
    changes::{self, attempts::CountAttempt},
    db::database::Db,
    domain::{
        attempt::{ATTEMPTS, Attempt},
        policy::Credentials,
        timestamp::Timestamp,
    },
    error::{Error, Result},
    store,
};

/// Counts the attempts of a request.
pub struct Attempts(HttpRequest);

impl FromRequest for Attempts {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.clone())))
    }
}

impl Attempts {
    /// Counts an attempt at an account of a kind, whether or not there is such an account; nothing
    /// where nothing is limited. Whoever it turns out to be, the attempt is remembered with his
    /// success.
    ///
    /// # Errors
    /// `rate_limited` where there were too many.
    pub async fn admit(&self, db: &Db, kind: &str, account: &str) -> Result<Option<Attempt>> {
        let Some(limits) = self.0.app_data::<web::Data<Limits>>() else { return Ok(None) };
        let Some(attempt) = limits.attempt(&self.0, kind, account) else { return Ok(None) };
        let now = limits.now();
        if let Some(full) = known_to_be_full(limits, db, &attempt, now).await? {
            return Err(self.refuse(full, now));
        }
        let change = CountAttempt(attempt.clone());
        let counted = changes::apply(db, Credentials::None, change).await?;
        let used = u32::try_from(counted.attempts).unwrap_or(u32::MAX);
        let window = Window::new(used, counted.ends_at);
        if counted.is_admitted() {
            self.stand(window, now, false);
            return Ok(Some(attempt));
        }
        // Until the window ends, no replica will admit it: this one need not ask again.
        limits.full.put(counted.bucket, window, now);
        limits.full.put(attempt.place, window, now);
        Err(self.refuse(window, now))
    }

    fn refuse(&self, window: Window, now: Timestamp) -> Error {
        self.stand(window, now, true);
        Error::rate_limited()
    }

    fn stand(&self, window: Window, now: Timestamp, refused: bool) {
        let quota = ATTEMPTS as u32;
        let remaining = quota.saturating_sub(window.used);
        let seconds = window.seconds_left(now);
        let standing = Standing { policy: "login", quota, remaining, seconds, refused };
        self.0.extensions_mut().insert(OfAttempt(standing));
    }
}

/// The bucket that is known to have no room for an attempt. Nobody makes the database write by
/// going on; only whether the account is known at the address may have to be read.
async fn known_to_be_full(
    limits: &Limits,
    db: &Db,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<Option<Window>> {
    let full = |bucket: &String| limits.full.get(bucket, now);
    if let Some(window) = full(&attempt.place) {
        return Ok(Some(window));
    }
    let Some(window) = full(&attempt.address).or_else(|| full(&attempt.account)) else {
        return Ok(None);
    };
    let place = attempt.place.clone();
    let known = db.read(move |conn| store::attempts::is_known(conn, &place, now)).await?;
    Ok((!known).then_some(window))
}
