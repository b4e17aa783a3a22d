//! The limit of log-ins and token requests: ten a minute for an address and for an account, across
//! all replicas.
//!
//! The database counts each attempt before a password is hashed; successful ones cost as much and
//! count too. After a log-in, the account has a bucket of its own at that address. So attempts from
//! elsewhere, or at other accounts from there, can't lock the owner out.

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};
use futures_util::future::{Ready, ready};

use super::{
    fixed_window::FixedWindow,
    quota::{LogInQuota, Quota},
    requests::Limits,
};
use crate::{
    auth::passwords::{Passwords, QueuePlace},
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

/// Counts the log-in attempts of a request.
pub struct LogInAttempts(HttpRequest);

impl FromRequest for LogInAttempts {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.clone())))
    }
}

impl LogInAttempts {
    /// Counts an attempt at an account of a kind, whether or not the account exists. Returns the
    /// attempt, for the log-in to remember with its success; none where nothing is limited.
    ///
    /// # Errors
    /// `rate_limited` after too many attempts.
    pub async fn count(&self, db: &Db, kind: &str, account: &str) -> Result<Option<Attempt>> {
        let attempt = self.attempt(db, kind, account).await?;
        self.add(db, attempt).await
    }

    /// Takes a place in the queue of passwords, and then counts an attempt at the account of a user,
    /// as [`Self::count`] does. So an attempt that nobody has time for is not counted. Where the queue
    /// is full, some places are left for those who logged in from here recently.
    ///
    /// # Errors
    /// `rate_limited` after too many attempts; `unavailable` where too many passwords wait.
    pub async fn count_password(
        &self,
        db: &Db,
        passwords: &Passwords,
        account: &str,
    ) -> Result<(QueuePlace, Option<Attempt>)> {
        let attempt = self.attempt(db, "user", account).await?;
        let place = match (passwords.enter(), &attempt) {
            (Err(full), Some((limits, attempt))) => {
                match is_known(db, attempt, limits.now()).await? {
                    true => passwords.enter_kept()?,
                    false => return Err(full),
                }
            }
            (place, _) => place?,
        };
        Ok((place, self.add(db, attempt).await?))
    }

    /// An attempt at an account, with the limits that it counts in; none where nothing is limited.
    ///
    /// # Errors
    /// `rate_limited` where it is known already that there were too many.
    async fn attempt(
        &self,
        db: &Db,
        kind: &str,
        account: &str,
    ) -> Result<Option<(&web::Data<Limits>, Attempt)>> {
        let Some(limits) = self.0.app_data::<web::Data<Limits>>() else { return Ok(None) };
        let Some(attempt) = limits.log_in_attempt(&self.0, kind, account) else { return Ok(None) };
        let now = limits.now();
        match full_window(limits, db, &attempt, now).await? {
            Some(full) => Err(self.refuse(full, now)),
            None => Ok(Some((limits, attempt))),
        }
    }

    /// Counts an attempt in the database.
    async fn add(
        &self,
        db: &Db,
        attempt: Option<(&web::Data<Limits>, Attempt)>,
    ) -> Result<Option<Attempt>> {
        let Some((limits, attempt)) = attempt else { return Ok(None) };
        let now = limits.now();
        let change = CountAttempt(attempt.clone());
        let counted = changes::apply(db, Credentials::None, change).await?;
        let used = u32::try_from(counted.attempts).unwrap_or(u32::MAX);
        let window = FixedWindow::new(used, counted.ends_at);
        if counted.is_admitted() {
            self.set_quota(window, now, false);
            return Ok(Some(attempt));
        }
        // No replica admits it until the window ends: this one need not ask the database again.
        limits.full_buckets.insert(counted.bucket, window, now);
        limits.full_buckets.insert(attempt.place, window, now);
        Err(self.refuse(window, now))
    }

    fn refuse(&self, window: FixedWindow, now: Timestamp) -> Error {
        self.set_quota(window, now, true);
        Error::rate_limited()
    }

    /// Leaves the quota with the request, for the headers of the response.
    fn set_quota(&self, window: FixedWindow, now: Timestamp, exceeded: bool) {
        let limit = ATTEMPTS as u32;
        let remaining = limit.saturating_sub(window.used);
        let seconds_left = window.seconds_left(now);
        let quota = Quota { policy: "login", limit, remaining, seconds_left, exceeded };
        self.0.extensions_mut().insert(LogInQuota(quota));
    }
}

/// The window of a bucket that is full for this attempt. Further attempts then cost the database no
/// write; it may have to read whether the account was used at the address.
async fn full_window(
    limits: &Limits,
    db: &Db,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<Option<FixedWindow>> {
    let full = |bucket: &String| limits.full_buckets.get(bucket, now);
    if let Some(window) = full(&attempt.place) {
        return Ok(Some(window));
    }
    let Some(window) = full(&attempt.address).or_else(|| full(&attempt.account)) else {
        return Ok(None);
    };
    Ok((!is_known(db, attempt, now).await?).then_some(window))
}

/// Whether the account logged in from the address recently.
async fn is_known(db: &Db, attempt: &Attempt, now: Timestamp) -> Result<bool> {
    let place = attempt.place.clone();
    db.read(move |conn| store::attempts::is_known(conn, &place, now)).await
}
